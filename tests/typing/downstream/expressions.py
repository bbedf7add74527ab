"""Expressions of code that reads models, all of them Any to its checker under flytekit.

The names and paths are flytekit's: with ``flytekit`` in the imports, this is that code.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from google.protobuf.struct_pb2 import Struct
from typing_extensions import assert_type

from flytebind.models.admin.common import Sort
from flytebind.models.admin.schedule import FixedRateUnit
from flytebind.models.admin.task_execution import TaskExecutionClosure
from flytebind.models.array_job import ArrayJob
from flytebind.models.common import Envs
from flytebind.models.core.execution import (
    ExecutionError,
    NodeExecutionPhase,
    TaskExecutionPhase,
    TaskLog,
    WorkflowExecutionPhase,
)
from flytebind.models.core.identifier import Identifier, ResourceType, WorkflowExecutionIdentifier
from flytebind.models.core.workflow import GateNode, Node
from flytebind.models.execution import Execution, ExecutionClosure, ExecutionSpec
from flytebind.models.filters import Equal
from flytebind.models.interface import TypedInterface, Variable
from flytebind.models.launch_plan import LaunchPlanSpec
from flytebind.models.literals import Binding, Literal as Literal_, LiteralMap
from flytebind.models.node_execution import NodeExecution
from flytebind.models.project import Project
from flytebind.models.schedule import Schedule
from flytebind.models.security import Secret, SecurityContext
from flytebind.models.task import Container, Resources, TaskTemplate
from flytebind.models.types import LiteralType, OutputReference, SimpleType


def an_execution(execution: Execution) -> None:
    assert_type(execution.id, WorkflowExecutionIdentifier)
    assert_type(execution.closure, ExecutionClosure)
    assert_type(execution.closure.phase, WorkflowExecutionPhase)
    assert_type(execution.is_empty, bool)
    assert_type(execution.serialize_to_string(), bytes)
    assert_type(WorkflowExecutionPhase.SUCCEEDED, Literal[WorkflowExecutionPhase.SUCCEEDED])


def its_closure(closure: ExecutionClosure) -> None:
    assert_type(closure.started_at, datetime | None)
    assert_type(closure.duration, timedelta | None)
    assert_type(closure.error, ExecutionError | None)
    outputs = closure.outputs
    if outputs and outputs.values:
        assert_type(outputs.values.literals["a"].metadata, Mapping[str, str])
    if (
        outputs
        and outputs.values
        and outputs.values.literals["a"].scalar
        and outputs.values.literals["a"].scalar.primitive
    ):
        assert_type(outputs.values.literals["a"].scalar.primitive.integer, int | None)


def its_spec(spec: ExecutionSpec) -> None:
    assert_type(spec.launch_plan.name, str)
    assert_type(spec.launch_plan.resource_type, ResourceType)
    assert_type(spec.tags, Sequence[str])
    assert_type(spec.metadata.principal, str)
    if spec.labels:
        assert_type(spec.labels.values, Mapping[str, str])


def nodes_and_attempts(execution: NodeExecution, attempt: TaskExecutionClosure) -> None:
    assert_type(execution.closure.phase, NodeExecutionPhase)
    assert_type(execution.id.execution_id.name, str)
    assert_type(attempt.phase, TaskExecutionPhase)
    assert_type(attempt.logs, Sequence[TaskLog])
    assert_type(attempt.logs[0].uri, str)


def what_runs(node: Node, task: TaskTemplate, plan: LaunchPlanSpec, secret: Secret) -> None:
    assert_type(node.gate_node, GateNode | None)
    assert_type(node.inputs, Sequence[Binding])
    assert_type(task.metadata.timeout, timedelta | None)
    assert_type(task.security_context, SecurityContext | None)
    if task.container:
        assert_type(task.container.resources, Resources)
    assert_type(plan.fixed_inputs, LiteralMap)
    assert_type(secret.mount_requirement, Secret.MountType)


def types(literal_type: LiteralType) -> None:
    assert_type(literal_type.simple, SimpleType | None)
    assert_type(literal_type.collection_type, LiteralType | None)


def other_forms(
    interface: TypedInterface, envs: Envs, container: Container, reference: OutputReference
) -> None:
    assert_type(interface.inputs, Mapping[str, Variable])
    assert_type(interface.outputs["o0"].type, LiteralType)
    assert_type(envs.envs, Mapping[str, str])
    assert_type(container.env, Mapping[str, str])
    assert_type(container.config["key"], str)
    assert_type(container.env_pairs[0].key, str)
    assert_type(reference.attr_path, Sequence[str | int])
    assert_type(reference.attributes[0].value, str | int | None)


def what_flytekit_adds(literal: Literal_, identifier: Identifier) -> None:
    literal.hash = "abc"
    assert_type(literal.hash, str)
    assert_type(WorkflowExecutionPhase.enum_to_string(4), str)
    assert_type(identifier.resource_type_name(), str)
    assert_type(Project.archived_project("p"), Project)
    assert_type(Sort.from_python_std("asc(key)"), Sort)
    assert_type(Equal("phase", "FAILED").to_flyte_idl(), str)
    assert_type(ArrayJob(size=3).to_flyte_idl(), Struct)
    assert_type(Schedule.FixedRate(3, Schedule.FixedRateUnit.DAY).unit, FixedRateUnit)
