"""What an execution is made of: a launch plan, or one that is made up around a single task."""

from __future__ import annotations

import re
from typing import NamedTuple

import grpc
from flyteidl.admin.launch_plan_pb2 import LaunchPlan, LaunchPlanCreateRequest as CreateLaunchPlan
from flyteidl.admin.task_pb2 import Task
from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest as CreateWorkflow
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.core.interface_pb2 import ParameterMap
from flyteidl.core.literals_pb2 import Binding, LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from flytebind.models.admin.launch_plan import LaunchPlanCreateRequest
from flytebind.models.admin.workflow import WorkflowCreateRequest
from flytebind.models.core.identifier import Identifier as IdentifierModel
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._admin.checks import invalid
from flytebind.sandbox._admin.lookup import describe_entity, entity_key
from flytebind.sandbox._admin.named_entities import GENERATED, mark_generated
from flytebind.sandbox._admin.part import Part
from flytebind.sandbox._literal_types import castable, type_name, type_of
from flytebind.sandbox._store import Row, Store, Table, tables

_DEFAULT_RETRIES = 3
_MAX_NODE_ID = 63


class Launch(NamedTuple):
    """What to execute."""

    plan: LaunchPlan
    workflow_id: int
    """The row of the launch plan's workflow."""
    launch_plan_id: int | None
    """The row of the launch plan that was asked for; None for a task."""
    task_id: int | None
    """The row of the task that was asked for; None for a launch plan."""

    @property
    def asked(self) -> LaunchPlan | None:
        """The launch plan, where one was asked for."""
        return self.plan if self.task_id is None else None


def resolve_launch(part: Part, id: Identifier, context: grpc.ServicerContext) -> Launch:
    """Find what ``spec.launch_plan`` names.

    Raises:
        StatusError: INVALID_ARGUMENT for an incomplete id and that of another kind of entity;
            NOT_FOUND.
    """
    entity_key(id, "spec.launch_plan")
    if id.resource_type == ResourceType.TASK:
        return _launch_task(part, id, context)
    if id.resource_type != ResourceType.LAUNCH_PLAN:
        invalid("spec.launch_plan.resource_type must be LAUNCH_PLAN or TASK")
    row = _get(part.store, tables.LAUNCH_PLANS, "launch plan", id)
    return Launch(LaunchPlan.FromString(row["model"]), row["workflow_id"], row["id"], None)


def execution_inputs(given: LiteralMap, plan: LaunchPlan) -> LiteralMap:
    """The inputs of an execution: those given, the launch plan's defaults and its fixed ones.

    Raises:
        StatusError: INVALID_ARGUMENT, naming an input that is unknown, missing, fixed or of the
            wrong type.
    """
    expected: ParameterMap = plan.closure.expected_inputs
    fixed: LiteralMap = plan.spec.fixed_inputs
    inputs = LiteralMap()
    for name in sorted(given.literals):
        if name in fixed.literals:
            invalid(f"input {name} is fixed by the launch plan")
        if name not in expected.parameters:
            invalid(f"there is no input {name}")
    for name, parameter in sorted(expected.parameters.items()):
        if name in given.literals:
            wanted = parameter.var.type
            found = type_of(given.literals[name])
            if found is None or not castable(found, wanted):
                invalid(f"input {name} is {type_name(found)}, not {type_name(wanted)}")
            inputs.literals[name].CopyFrom(given.literals[name])
        elif parameter.required:
            invalid(f"input {name} is missing")
        elif parameter.HasField("default"):
            inputs.literals[name].CopyFrom(parameter.default)
    for name, literal in fixed.literals.items():
        inputs.literals[name].CopyFrom(literal)
    return inputs


def _get(store: Store, table: Table, kind: str, id: Identifier) -> Row:
    row = store.find(table, **entity_key(id, "spec.launch_plan"))
    if row is None:
        message = f"{kind} {describe_entity(id)} not found"
        raise StatusError(grpc.StatusCode.NOT_FOUND, message)
    return row


def _launch_task(part: Part, id: Identifier, context: grpc.ServicerContext) -> Launch:
    """Find the workflow and launch plan around a task, made at its first execution."""
    store = part.store
    task = _get(store, tables.TASKS, "task", id)
    workflow_id = _named(id, ResourceType.WORKFLOW)
    plan_id = _named(id, ResourceType.LAUNCH_PLAN)
    if store.find(tables.WORKFLOWS, **entity_key(workflow_id, "id")) is None:
        template = Task.FromString(task["model"]).closure.compiled_task.template
        workflow = _workflow_around(template, id, workflow_id)
        part.create_workflow(WorkflowCreateRequest.from_pb(workflow), context)
        mark_generated(store, IdentifierModel.from_pb(workflow_id))
    if store.find(tables.LAUNCH_PLANS, **entity_key(plan_id, "id")) is None:
        create = CreateLaunchPlan(id=plan_id)
        create.spec.workflow_id.CopyFrom(workflow_id)
        for field in ("entity_metadata", "fixed_inputs", "labels", "annotations"):
            getattr(create.spec, field).SetInParent()
        part.create_launch_plan(LaunchPlanCreateRequest.from_pb(create), context)
        mark_generated(store, IdentifierModel.from_pb(plan_id))
        # flyteadmin says the task's own name where it means the workflow around it.
        made = _get(store, tables.LAUNCH_PLANS, "launch plan", plan_id)
        plan = LaunchPlan.FromString(made["model"])
        plan.spec.workflow_id.name = id.name
        store.update(tables.LAUNCH_PLANS, made["id"], {"model": plan.SerializeToString()})
    row = _get(store, tables.LAUNCH_PLANS, "launch plan", plan_id)
    plan = LaunchPlan.FromString(row["model"])
    plan.spec.workflow_id.CopyFrom(workflow_id)
    return Launch(plan, row["workflow_id"], None, task["id"])


def _named(task: Identifier, kind: ResourceType.ValueType) -> Identifier:
    id = Identifier()
    id.CopyFrom(task)
    id.resource_type = kind
    id.name = f"{GENERATED}{task.name}"
    return id


def _workflow_around(task: TaskTemplate, id: Identifier, workflow_id: Identifier) -> CreateWorkflow:
    workflow = CreateWorkflow(id=workflow_id)
    template = workflow.spec.template
    template.id.CopyFrom(workflow_id)
    template.interface.CopyFrom(task.interface)
    node = template.nodes.add(id=re.sub(r"[^\w-]|_", "", id.name)[-_MAX_NODE_ID:] or "task")
    node.metadata.name = node.id
    if task.metadata.HasField("retries"):
        node.metadata.retries.CopyFrom(task.metadata.retries)
    else:
        node.metadata.retries.retries = _DEFAULT_RETRIES
    node.task_node.reference_id.CopyFrom(id)
    for name in sorted(task.interface.inputs.variables):
        node.inputs.append(_promise(name, ""))
    for name in sorted(task.interface.outputs.variables):
        template.outputs.append(_promise(name, node.id))
    return workflow


def _promise(name: str, node_id: str) -> Binding:
    binding = Binding(var=name)
    binding.binding.promise.node_id = node_id
    binding.binding.promise.var = name
    return binding
