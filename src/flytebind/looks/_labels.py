"""Identifiers in words."""

from __future__ import annotations

from typing import TypeAlias

from flytebind.models.admin.common import NamedEntityIdentifier
from flytebind.models.core.identifier import (
    Identifier,
    NodeExecutionIdentifier,
    SignalIdentifier,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)

AnyIdentifier: TypeAlias = (
    Identifier
    | NamedEntityIdentifier
    | NodeExecutionIdentifier
    | SignalIdentifier
    | TaskExecutionIdentifier
    | WorkflowExecutionIdentifier
)


def label(id: AnyIdentifier) -> str:
    """An identifier as people write it: ``flytesnacks/development/f7a9c2/n0``."""
    match id:
        case Identifier():
            return "/".join(filter(None, (id.project, id.domain, id.name, id.version)))
        case NodeExecutionIdentifier():
            return f"{label(id.execution_id)}/{id.node_id}"
        case SignalIdentifier():
            return f"{label(id.execution_id)}/{id.signal_id}" if id.execution_id else id.signal_id
        case TaskExecutionIdentifier():
            return f"{label(id.node_execution_id)}/{id.retry_attempt}"
        case _:
            return "/".join(filter(None, (id.project, id.domain, id.name)))
