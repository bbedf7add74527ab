"""Ends what nobody else will end."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
from flyteidl.admin.node_execution_pb2 import NodeExecution as NodeExecutionPb
from flyteidl.core.execution_pb2 import NodeExecution, TaskExecution
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier

from flytebind.models.admin.execution import ExecutionTerminateRequest
from flytebind.models.admin.node_execution import NodeExecutionListRequest
from flytebind.models.admin.task_execution import TaskExecutionListRequest
from flytebind.models.core.identifier import (
    NodeExecutionIdentifier,
    WorkflowExecutionIdentifier as WorkflowExecutionIdentifierModel,
)
from flytebind.sandbox._admin.phases import TERMINAL_NODE, TERMINAL_TASK
from flytebind.sandbox.play._events import Attempt, Events, NodeFacts
from flytebind.services.admin import AdminServiceClient

#: More than there will be: admin has no upper limit for a page.
ALL = 1_000_000
_OPEN_NODES = f"value_not_in(phase,{';'.join(map(NodeExecution.Phase.Name, TERMINAL_NODE))})"
_OPEN_TASKS = f"value_not_in(phase,{';'.join(map(TaskExecution.Phase.Name, TERMINAL_TASK))})"


def abort_open_nodes(
    client: AdminServiceClient, events: Events, execution: WorkflowExecutionIdentifier
) -> None:
    """Abort the nodes of an execution that have not ended, with all that goes on in them."""
    for node in _open_nodes(client, WorkflowExecutionIdentifierModel.from_pb(execution)):
        _abort_tasks(client, events, node)
        child = node.closure.workflow_node_metadata
        if child.HasField("executionId"):
            _terminate(client, child.executionId, f"{execution.name} has been aborted")
        facts = NodeFacts(node.id.node_id, node.metadata.spec_node_id, "")
        events.node(facts, NodeExecution.ABORTED)


def _open_nodes(
    client: AdminServiceClient, execution: WorkflowExecutionIdentifierModel, parent: str = ""
) -> Iterator[NodeExecutionPb]:
    """Children come before their parents."""
    request = NodeExecutionListRequest(
        workflow_execution_id=execution, limit=ALL, filters=_OPEN_NODES, unique_parent_id=parent
    )
    for node in client.list_node_executions(request).to_pb().node_executions:
        if node.metadata.is_parent_node:
            yield from _open_nodes(client, execution, node.id.node_id)
        yield node


def _abort_tasks(client: AdminServiceClient, events: Events, node: NodeExecutionPb) -> None:
    request = TaskExecutionListRequest(
        node_execution_id=NodeExecutionIdentifier.from_pb(node.id), limit=ALL, filters=_OPEN_TASKS
    )
    for task in client.list_task_executions(request).to_pb().task_executions:
        attempt = Attempt(
            node.id.node_id, task.id.task_id, task.id.retry_attempt, task.closure.task_type
        )
        events.task(attempt, TaskExecution.ABORTED)


def _terminate(client: AdminServiceClient, id: WorkflowExecutionIdentifier, cause: str) -> None:
    request = ExecutionTerminateRequest(
        id=WorkflowExecutionIdentifierModel.from_pb(id), cause=cause
    )
    try:
        client.terminate_execution(request)
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.FAILED_PRECONDITION:  # it has ended by itself
            raise
