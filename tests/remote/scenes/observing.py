"""Reads an execution with the plain generated clients, one call after the other."""

from __future__ import annotations

from collections.abc import Callable

from flytebind.models.admin.execution import (
    WorkflowExecutionGetDataRequest,
    WorkflowExecutionGetRequest,
)
from flytebind.models.admin.node_execution import (
    NodeExecution,
    NodeExecutionGetDataRequest,
    NodeExecutionGetRequest,
    NodeExecutionListRequest,
)
from flytebind.models.admin.task_execution import TaskExecution, TaskExecutionListRequest
from flytebind.models.core.identifier import (
    NodeExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flytebind.models.core.literals import LiteralMap
from flytebind.sandbox._admin.compiler import END, START
from flytebind.sandbox.play._values import to_native
from flytebind.services.admin import AdminServiceClient
from tests.remote.scenes.scene import Kind, Node, Scene

_LIMIT = 100_000
_TIMEOUT = 60


def observe(
    client: AdminServiceClient,
    id: WorkflowExecutionIdentifier,
    kind_of: Callable[[NodeExecutionIdentifier], Kind],
) -> Scene:
    """What a server says of an execution, all of it.

    Args:
        client: To the server.
        id: Of the execution.
        kind_of: Tells the kind of a node, other than a start or an end, for no single answer of
            the server does.
    """
    closure = client.get_execution(WorkflowExecutionGetRequest(id=id), timeout=_TIMEOUT).closure
    data = client.get_execution_data(WorkflowExecutionGetDataRequest(id=id), timeout=_TIMEOUT)
    return Scene(
        id,
        closure.phase,
        _nodes(client, id, "", kind_of),
        _natives(data.full_inputs),
        _natives(data.full_outputs),
        "" if closure.error is None else closure.error.message,
        "" if closure.abort_metadata is None else closure.abort_metadata.cause,
    )


def list_nodes(
    client: AdminServiceClient, id: WorkflowExecutionIdentifier, parent: str = ""
) -> dict[str, NodeExecution]:
    """The node executions of one level, by id."""
    request = NodeExecutionListRequest(
        workflow_execution_id=id, limit=_LIMIT, unique_parent_id=parent
    )
    answer = client.list_node_executions(request, timeout=_TIMEOUT)
    return {node.id.node_id: node for node in answer.node_executions}


def list_attempts(client: AdminServiceClient, id: NodeExecutionIdentifier) -> list[TaskExecution]:
    """The task executions of a node, in the order of attempts."""
    request = TaskExecutionListRequest(node_execution_id=id, limit=_LIMIT)
    answer = client.list_task_executions(request, timeout=_TIMEOUT)
    return sorted(answer.task_executions, key=lambda task: task.id.retry_attempt)


def _nodes(
    client: AdminServiceClient,
    id: WorkflowExecutionIdentifier,
    parent: str,
    kind_of: Callable[[NodeExecutionIdentifier], Kind],
) -> dict[str, Node]:
    return {
        name: _node(client, node, kind_of) for name, node in list_nodes(client, id, parent).items()
    }


def _node(
    client: AdminServiceClient,
    node: NodeExecution,
    kind_of: Callable[[NodeExecutionIdentifier], Kind],
) -> Node:
    data = client.get_node_execution_data(NodeExecutionGetDataRequest(id=node.id), timeout=_TIMEOUT)
    error = ""
    if node.closure.error is not None:  # cut here, whole there
        request = NodeExecutionGetRequest(id=node.id)
        whole = client.get_node_execution(request, timeout=_TIMEOUT).closure.error
        error = "" if whole is None else whole.message
    attempts = list_attempts(client, node.id)
    spec_id = node.metadata.spec_node_id
    return Node(
        node.id.node_id,
        spec_id,
        {START: Kind.START, END: Kind.END}.get(spec_id) or kind_of(node.id),
        node.closure.phase,
        _natives(data.full_inputs),
        _natives(data.full_outputs),
        error,
        tuple(attempt.closure.phase for attempt in attempts),
        _nodes(client, node.id.execution_id, node.id.node_id, kind_of),
        tuple(observe(client, child, kind_of) for child in _children(node, attempts)),
    )


def _children(
    node: NodeExecution, attempts: list[TaskExecution]
) -> list[WorkflowExecutionIdentifier]:
    """The executions that a node, or an item of its array, has started."""
    items = [
        item
        for attempt in attempts
        for item in attempt.to_pb().closure.metadata.external_resources
        if item.HasField("workflow_node_metadata")
    ]
    found = [item.workflow_node_metadata.execution_id for item in items]
    closure = node.to_pb().closure
    if closure.HasField("workflow_node_metadata"):
        found.append(closure.workflow_node_metadata.executionId)
    return [WorkflowExecutionIdentifier.from_pb(id) for id in found]


def _natives(literals: LiteralMap | None) -> dict[str, object]:
    if literals is None:
        return {}
    return {name: to_native(literal) for name, literal in literals.to_pb().literals.items()}
