"""Execution ids: checked, turned into the columns that hold them, and looked up."""

from __future__ import annotations

from typing import NoReturn

import grpc
from flyteidl.core.identifier_pb2 import (
    Identifier,
    NodeExecutionIdentifier,
    ResourceType,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)

from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._admin.checks import invalid
from flytebind.sandbox._store import Row, Store, tables


def missing(field: str) -> NoReturn:
    """End the call with INVALID_ARGUMENT for a required field that is absent."""
    invalid(f"missing {field}")


def describe_execution(id: WorkflowExecutionIdentifier) -> str:
    """An execution's id for people."""
    return f"{id.project}/{id.domain}/{id.name}"


def describe_node(id: NodeExecutionIdentifier) -> str:
    """A node execution's id for people."""
    return f"{describe_execution(id.execution_id)}/{id.node_id}"


def describe_entity(id: Identifier) -> str:
    """A registered entity's id for people."""
    return f"{id.project}/{id.domain}/{id.name}@{id.version}"


def describe_task(id: TaskExecutionIdentifier) -> str:
    """A task execution's id for people."""
    node = describe_node(id.node_execution_id)
    return f"{node}, task {describe_entity(id.task_id)}, attempt {id.retry_attempt}"


def execution_key(id: WorkflowExecutionIdentifier, field: str) -> dict[str, str]:
    """The columns of an execution's id.

    Args:
        id: The id in the request.
        field: Where in the request it is, for the error.

    Raises:
        StatusError: INVALID_ARGUMENT when a part is missing; it names the part.
    """
    project, domain, name = id.project, id.domain, id.name
    if not project:
        missing(f"{field}.project" if domain or name else field)
    if not domain:
        missing(f"{field}.domain")
    if not name:
        missing(f"{field}.name")
    return {"execution_project": project, "execution_domain": domain, "execution_name": name}


def node_key(id: NodeExecutionIdentifier, field: str) -> dict[str, str]:
    """The columns of a node execution's id; see ``execution_key``."""
    if not id.node_id and not id.HasField("execution_id"):
        missing(field)
    key = execution_key(id.execution_id, f"{field}.execution_id")
    if not id.node_id:
        missing(f"{field}.node_id")
    key["node_id"] = id.node_id
    return key


def entity_key(id: Identifier, field: str) -> dict[str, str]:
    """The columns of a registered entity's id; see ``execution_key``."""
    key = {
        "project": id.project,
        "domain": id.domain,
        "name": id.name,
        "version": id.version,
    }
    for part, value in key.items():
        if not value:
            missing(f"{field}.{part}" if any(key.values()) else field)
    return key


def task_key(id: TaskExecutionIdentifier, field: str) -> dict[str, str | int]:
    """The columns of a task execution's id; see ``execution_key``."""
    if not id.HasField("task_id") and not id.HasField("node_execution_id"):
        missing(field)
    key: dict[str, str | int] = {**node_key(id.node_execution_id, f"{field}.node_execution_id")}
    key.update(entity_key(id.task_id, f"{field}.task_id"))
    if id.task_id.resource_type not in (ResourceType.UNSPECIFIED, ResourceType.TASK):
        invalid(f"{field}.task_id.resource_type must be TASK")
    key["retry_attempt"] = id.retry_attempt
    return key


def get_execution(
    store: Store, id: WorkflowExecutionIdentifier, field: str = "id", *, checks: bool = True
) -> Row:
    """The row of an execution.

    Args:
        store: Where it is.
        id: The id in the request.
        field: Where in the request it is, for the error.
        checks: Whether the request's id is looked at before, as most are.

    Raises:
        StatusError: INVALID_ARGUMENT when a part of the id is missing, NOT_FOUND.
    """
    if not checks and not (id.project and id.domain and id.name):
        raise _not_found("execution", describe_execution(id))
    row = store.find(tables.EXECUTIONS, **execution_key(id, field))
    if row is None:
        raise _not_found("execution", describe_execution(id))
    return row


def get_cluster(store: Store, id: WorkflowExecutionIdentifier, field: str) -> str:
    """The cluster that runs an execution; raises as ``get_execution`` does."""
    # Every event asks, and the whole row may hold megabytes of inputs.
    row = store.find(tables.EXECUTIONS, "cluster", **execution_key(id, field))
    if row is None:
        raise _not_found("execution", describe_execution(id))
    return str(row["cluster"])


def get_node_execution(
    store: Store, id: NodeExecutionIdentifier, field: str = "id", *, checks: bool = True
) -> Row:
    """The row of a node execution; takes and raises what ``get_execution`` does."""
    execution = id.execution_id
    if not checks and not (
        id.node_id and execution.project and execution.domain and execution.name
    ):
        raise _not_found("node execution", describe_node(id))
    row = store.find(tables.NODE_EXECUTIONS, **node_key(id, field))
    if row is None:
        raise _not_found("node execution", describe_node(id))
    return row


def get_task_execution(store: Store, id: TaskExecutionIdentifier, field: str = "id") -> Row:
    """The row of a task execution; raises as ``get_execution`` does."""
    row = store.find(tables.TASK_EXECUTIONS, **task_key(id, field))
    if row is None:
        raise _not_found("task execution", describe_task(id))
    return row


def _not_found(kind: str, id: str) -> StatusError:
    return StatusError(grpc.StatusCode.NOT_FOUND, f"{kind} {id} not found")
