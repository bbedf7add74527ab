"""Seeing that an answer is about what was asked for: what it names may be ended next, or run."""

from __future__ import annotations

from typing import TypeAlias

from flytebind.looks._labels import label
from flytebind.models.admin.common import NamedEntityIdentifier
from flytebind.models.core.identifier import (
    Identifier,
    NodeExecutionIdentifier,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flytebind.remote.errors import FlyteDataError

Identified: TypeAlias = (
    WorkflowExecutionIdentifier
    | NodeExecutionIdentifier
    | TaskExecutionIdentifier
    | Identifier
    | NamedEntityIdentifier
)


def check_answer(asked: Identified, told: Identified | None) -> None:
    """See that an answer is about what was asked for, or about a part of it.

    Organizations are not compared: servers fill them in.

    Args:
        asked: What was asked for. Where lists are, it has no name, or is what their rows are of.
        told: What the answer is about.

    Raises:
        FlyteDataError: If it is about something else.
    """
    wanted = _parts(asked)
    while wanted and wanted[-1] == "":
        wanted = wanted[:-1]
    if told is not None and _parts(told)[: len(wanted)] == wanted:
        return
    about = "nothing" if told is None else _title(told)
    raise FlyteDataError(f"the server was asked for {_title(asked)}, and tells of {about}")


def _title(id: Identified) -> str:
    """An identifier in words: ``launch plan flytesnacks/development/chain/v1``."""
    kind = _KINDS.get(type(id), "")
    if isinstance(id, Identifier):
        kind = id.resource_type.name.lower().replace("_", " ")
    return f"{kind} {label(id) or 'without a name'}".lstrip()


_KINDS: dict[type, str] = {
    WorkflowExecutionIdentifier: "execution",
    NodeExecutionIdentifier: "node execution",
    TaskExecutionIdentifier: "task execution",
}


def _parts(id: Identified) -> tuple[str | int, ...]:
    match id:
        case NodeExecutionIdentifier():
            return (*_parts(id.execution_id), id.node_id)
        case TaskExecutionIdentifier():
            return (*_parts(id.node_execution_id), id.retry_attempt)
        case Identifier():
            return (id.project, id.domain, id.name, id.version, id.resource_type)
        case _:
            return (id.project, id.domain, id.name)
