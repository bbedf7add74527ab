"""Identifiers, and what they identify, in words."""

from __future__ import annotations

from typing import TypeAlias

from flytebind.models.admin.common import NamedEntityIdentifier
from flytebind.models.admin.execution import Execution
from flytebind.models.admin.node_execution import NodeExecution
from flytebind.models.admin.task_execution import TaskExecution
from flytebind.models.core.identifier import (
    Identifier,
    NodeExecutionIdentifier,
    SignalIdentifier,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flytebind.runtime.screens import harmless

AnyIdentifier: TypeAlias = (
    Identifier
    | NamedEntityIdentifier
    | NodeExecutionIdentifier
    | SignalIdentifier
    | TaskExecutionIdentifier
    | WorkflowExecutionIdentifier
)


def label(id: AnyIdentifier) -> str:
    """An identifier as people write it: ``flytesnacks/development/f7a9c2/n0``.

    What a terminal would obey is written out: servers make names up.
    """
    return harmless(_label(id))


def _label(id: AnyIdentifier) -> str:
    match id:
        case Identifier():
            return "/".join(filter(None, (id.project, id.domain, id.name, id.version)))
        case NodeExecutionIdentifier():
            return f"{_label(id.execution_id)}/{id.node_id}"
        case SignalIdentifier():
            return f"{_label(id.execution_id)}/{id.signal_id}" if id.execution_id else id.signal_id
        case TaskExecutionIdentifier():
            return f"{_label(id.node_execution_id)}/{id.retry_attempt}"
        case _:
            return "/".join(filter(None, (id.project, id.domain, id.name)))


def title(execution: Execution | NodeExecution | TaskExecution) -> str:
    """What people call an execution: ``node execution flytesnacks/development/f7a9c2/n0``."""
    match execution:
        case NodeExecution():
            kind = "node execution"
        case TaskExecution():
            kind = "task execution"
        case _:
            kind = "execution"
    return f"{kind} {label(execution.id)}"
