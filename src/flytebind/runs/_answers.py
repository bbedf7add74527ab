"""Seeing that an answer is about what was asked for: what it names may be ended next, or run."""

from __future__ import annotations

from typing import TypeAlias

from flytebind.remote.errors import FlyteDataError
from flytebind.runs._names import label
from flytebind.v2.models.common.identifier import (
    ActionIdentifier,
    ProjectIdentifier,
    RunIdentifier,
    TriggerName,
)
from flytebind.v2.models.task.task_definition import TaskIdentifier, TaskName

_Named: TypeAlias = RunIdentifier | ActionIdentifier | TaskIdentifier | TaskName | TriggerName


def check_answer(asked: _Named | ProjectIdentifier, told: _Named | None) -> None:
    """See that an answer is about what was asked for, or about a part of it.

    Organizations are not compared: open-source servers name none.

    Args:
        asked: What was asked for; the project, or the run, of a row of a list.
        told: What the answer is about.

    Raises:
        FlyteDataError: If it is about something else.
    """
    wanted = _parts(asked)
    if told is not None and _parts(told)[: len(wanted)] == wanted:
        return
    of = "/".join(wanted[:2]) if isinstance(asked, ProjectIdentifier) else label(asked)
    about = "" if told is None else label(told)
    raise FlyteDataError(
        f"the server was asked for {_KINDS[type(asked)]} {of}, and tells of {about or 'nothing'}"
    )


_KINDS: dict[type, str] = {
    ProjectIdentifier: "project",
    RunIdentifier: "run",
    ActionIdentifier: "action",
    TaskIdentifier: "task",
    TaskName: "task",
    TriggerName: "trigger",
}


def _parts(id: _Named | ProjectIdentifier) -> tuple[str, ...]:
    match id:
        case ProjectIdentifier():
            return (id.name, id.domain)
        case ActionIdentifier():
            return (*_parts(id.run), id.name)
        case TaskIdentifier():
            return (id.project, id.domain, id.name, id.version)
        case TriggerName():
            return (id.project, id.domain, id.task_name, id.name)
        case _:
            return (id.project, id.domain, id.name)
