"""Reading and building executions, identifiers and what hangs on them."""

from collections.abc import KeysView, Mapping, Sequence
from datetime import datetime, timedelta

from typing_extensions import assert_type

from flytebind.models.admin.common import Notification
from flytebind.models.admin.execution import ExecutionState
from flytebind.models.admin.launch_plan import LaunchPlan, LaunchPlanSpec
from flytebind.models.admin.node_execution import NodeExecutionList
from flytebind.models.admin.task_execution import TaskExecution
from flytebind.models.common import Envs
from flytebind.models.core.execution import (
    ExecutionError,
    QualityOfService,
    TaskLog,
    WorkflowExecution,
    WorkflowExecutionPhase,
)
from flytebind.models.core.identifier import (
    Identifier,
    NodeExecutionIdentifier,
    ResourceType,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flytebind.models.core.literals import KeyValuePair, LiteralMap
from flytebind.models.execution import (
    AbortMetadata,
    Execution,
    ExecutionClosure,
    ExecutionMetadata,
    ExecutionSpec,
    SystemMetadata,
    WorkflowExecutionGetDataResponse,
)
from flytebind.models.node_execution import NodeExecution, NodeExecutionClosure


def an_execution(execution: Execution) -> None:
    assert_type(execution.id, WorkflowExecutionIdentifier)
    assert_type(execution.id.name, str)
    assert_type(execution.spec, ExecutionSpec)
    assert_type(execution.closure, ExecutionClosure)
    assert_type(execution.is_empty, bool)


def a_closure(closure: ExecutionClosure) -> None:
    assert_type(closure.phase, WorkflowExecution.Phase)
    assert_type(closure.phase, WorkflowExecutionPhase)
    assert_type(closure.phase.is_recognized, bool)
    assert_type(closure.phase == WorkflowExecution.Phase.SUCCEEDED, bool)
    assert_type(closure.started_at, datetime | None)
    assert_type(closure.duration, timedelta | None)
    assert_type(closure.notifications, Sequence[Notification])
    assert_type(closure.error, ExecutionError | None)
    assert_type(closure.abort_metadata, AbortMetadata | None)
    assert_type(closure.workflow_id, Identifier | None)
    if closure.started_at is not None and closure.updated_at is not None:
        assert_type(closure.updated_at - closure.started_at, timedelta)
    if closure.error is not None:
        assert_type(closure.error.message, str)
        assert_type(closure.error.kind, ExecutionError.ErrorKind)
    if closure.state_change_details:
        assert_type(closure.state_change_details.state, ExecutionState)


def a_spec(spec: ExecutionSpec) -> None:
    assert_type(spec.launch_plan, Identifier)
    assert_type(spec.launch_plan.name, str)
    assert_type(spec.launch_plan.resource_type, ResourceType)
    assert_type(spec.tags, Sequence[str])
    assert_type([tag.upper() for tag in spec.tags], list[str])
    assert_type(spec.max_parallelism, int)
    assert_type(spec.interruptible, bool | None)
    assert_type(spec.metadata.mode, ExecutionMetadata.ExecutionMode)
    assert_type(spec.metadata.nesting, int)
    assert_type(spec.metadata.parent_node_execution, NodeExecutionIdentifier | None)
    assert_type(spec.metadata.system_metadata, SystemMetadata | None)
    assert_type(spec.labels.values if spec.labels else None, Mapping[str, str] | None)
    assert_type(spec.envs, Envs | None)
    assert_type(Envs({}).envs, Mapping[str, str])
    assert_type(Envs({}).values, Sequence[KeyValuePair])
    assert_type(spec.quality_of_service, QualityOfService | None)


def data_of(response: WorkflowExecutionGetDataResponse) -> None:
    assert_type(response.full_outputs, LiteralMap)
    assert_type(response.full_inputs.literals.keys(), KeysView[str])


def nodes_and_tasks(node: NodeExecution, nodes: NodeExecutionList, task: TaskExecution) -> None:
    assert_type(nodes.node_executions, Sequence[NodeExecution])
    assert_type([node.id.node_id for node in nodes.node_executions], list[str])
    assert_type(nodes.token, str)
    assert_type(node.closure, NodeExecutionClosure)
    assert_type(node.closure.deck_uri, str)
    assert_type(node.metadata.is_parent_node, bool)
    assert_type(task.id, TaskExecutionIdentifier)
    assert_type(task.id.retry_attempt, int)
    assert_type(task.closure.logs, Sequence[TaskLog])
    for log in task.closure.logs:
        assert_type(log.ttl, timedelta | None)
        assert_type(log.message_format, TaskLog.MessageFormat)


def a_launch_plan(plan: LaunchPlan) -> None:
    assert_type(plan.spec, LaunchPlanSpec)
    if plan.spec.entity_metadata.schedule:
        assert_type(plan.spec.entity_metadata.schedule.kickoff_time_input_arg, str)
    # flytekit has no such field: what a message lacks reads as None here.
    assert_type(plan.spec.quality_of_service, QualityOfService | None)
