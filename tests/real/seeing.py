"""What a reader sees of an execution, written as ``plain.json`` writes what it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flytebind.looks._phases import SUCCESSFUL
from flytebind.models.core.execution import ExecutionError
from flytebind.models.core.types import Error
from flytebind.remote import (
    ArrayItem,
    FlyteDataError,
    FlyteNodeExecution,
    FlyteTaskExecution,
    FlyteWorkflowExecution,
)
from flytebind.remote.executions import RemoteExecutionBase
from flytebind.values import LiteralsResolver
from flytebind.values._handles import (
    RemoteDirectory,
    RemoteFile,
    RemotePickle,
    RemoteTable,
)


def seen(execution: FlyteWorkflowExecution) -> dict[str, Any]:
    """An execution whose nodes have been synced; nothing is loaded for it on purpose."""
    return {
        "launch_plan": execution.spec.launch_plan.name,
        **_common(execution),
        "nodes": _nodes(execution.node_executions),
    }


def values_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Python values as ``expected.json`` writes them."""
    return {name: _value(value) for name, value in sorted(values.items())}


def _nodes(nodes: Mapping[str, FlyteNodeExecution]) -> dict[str, Any]:
    return {id: _node(node) for id, node in nodes.items()}


def _node(node: FlyteNodeExecution) -> dict[str, Any]:
    return {
        **_common(node),
        "attempts": [_attempt(attempt) for attempt in node.task_executions],
        "nodes": _nodes(node.subworkflow_node_executions),
        "executions": {child.id.name: seen(child) for child in node.workflow_executions},
        "items": [_item(item) for item in node.array_items],
    }


def _item(item: ArrayItem) -> dict[str, Any]:
    return {
        "index": item.index,
        "phase": item.phase.name,
        "attempts": item.attempts,
        "error": _error(item.error),
        "logs": [log.uri for log in item.logs],
    }


def _error(error: ExecutionError | None) -> list[str] | None:
    return None if error is None else [error.code, error.message]


def _attempt(attempt: FlyteTaskExecution) -> dict[str, Any]:
    return {
        "name": attempt.id.task_id.name,
        "attempt": attempt.id.retry_attempt,
        **_common(attempt),
    }


def _common(part: RemoteExecutionBase) -> dict[str, Any]:
    return {
        "phase": part.phase.name,
        "error": _error(part.error) if part.is_done else None,
        "inputs": _side(part, "inputs"),
        "outputs": _side(part, "outputs") if part.phase.name in SUCCESSFUL else {},
    }


def _side(part: RemoteExecutionBase, side: str) -> dict[str, Any] | None:
    try:
        resolver: LiteralsResolver = getattr(part, side)
    except FlyteDataError:
        return None
    # What is offloaded lies where nobody recorded it.
    return {
        name: (
            {"offloaded": literal.offloaded_metadata.uri}
            if literal.offloaded_metadata is not None
            else _value(resolver[name])
        )
        for name, literal in sorted(resolver.literals.items())
    }


def _value(value: object) -> Any:
    match value:
        case Error():
            return {"failed_node_id": value.failed_node_id, "message": value.message}
        case datetime():
            return {"datetime": value.isoformat()}
        case timedelta():
            return {"seconds": value.total_seconds()}
        case float() if not math.isfinite(value):
            return {"float": str(value)}
        case RemoteTable():
            return {"uri": value.uri}
        case RemoteFile() | RemoteDirectory() | RemotePickle():
            return {"blob": value.uri}
        case Mapping():
            return {str(key): _value(item) for key, item in value.items()}
        case list() | tuple():
            return [_value(item) for item in value]
        case None | bool() | int() | float() | str():
            return value
    raise AssertionError(f"no value of a recorded execution is a {type(value).__name__}")
