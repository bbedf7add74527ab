"""What runs, actions and tasks are called, and what a request must say of them.

The server's handlers break down over an identifier that lacks a part, and say nothing then. So what
has no name is never sent.
"""

from __future__ import annotations

import secrets

from flytebind.remote._arguments import named
from flytebind.runtime.screens import harmless
from flytebind.v2.models.common.identifier import (
    ActionIdentifier,
    ProjectIdentifier,
    RunIdentifier,
    TriggerName,
)
from flytebind.v2.models.common.phase import ActionPhase
from flytebind.v2.models.task.task_definition import TaskIdentifier, TaskName

#: The action that a run begins with.
ROOT = "a0"

_PREFIX = "ACTION_PHASE_"


def phase_of(name: str) -> ActionPhase | None:
    """The phase of a name, with or without the prefix that the IDL gives it; None for no phase."""
    wanted = name.strip().upper().removeprefix(_PREFIX)
    return next((each for each in ActionPhase if each.name == wanted), None)


def new_run_name() -> str:
    """A name that nobody else has: made here, so that creating it again does no harm."""
    return "r" + secrets.token_hex(10)[1:]


def label(
    id: RunIdentifier | ActionIdentifier | TaskIdentifier | TaskName | TriggerName,
) -> str:
    """An identifier as people write it: ``flytesnacks/development/r7a9c2/a0``.

    What a terminal would obey is written out: servers make names up.
    """
    return harmless(_label(id))


def _label(
    id: RunIdentifier | ActionIdentifier | TaskIdentifier | TaskName | TriggerName,
) -> str:
    match id:
        case ActionIdentifier():
            return "/".join(filter(None, (_label(id.run), id.name)))
        case TaskIdentifier():
            return "/".join(filter(None, (id.project, id.domain, id.name, id.version)))
        case TriggerName():
            return "/".join(filter(None, (id.project, id.domain, id.task_name, id.name)))
        case _:
            return "/".join(filter(None, (id.project, id.domain, id.name)))


def checked_run(id: RunIdentifier, call: str) -> RunIdentifier:
    """An identifier that has all of its parts.

    Raises:
        FlyteValueError: If it has not.
    """
    for part in ("project", "domain", "name"):
        named(getattr(id, part), f"{part} of the run that {call} is about")
    return id


def checked_action(id: ActionIdentifier, call: str) -> ActionIdentifier:
    """An identifier that has all of its parts.

    Raises:
        FlyteValueError: If it has not.
    """
    checked_run(id.run, call)
    named(id.name, f"name of the action that {call} is about")
    return id


def checked_task(id: TaskIdentifier, call: str) -> TaskIdentifier:
    """An identifier that has all of its parts.

    Raises:
        FlyteValueError: If it has not.
    """
    for part in ("project", "domain", "name", "version"):
        named(getattr(id, part), f"{part} of the task that {call} is about")
    return id


def project_of(id: RunIdentifier | TaskIdentifier | TaskName | TriggerName) -> ProjectIdentifier:
    """The project and domain that something is in."""
    return ProjectIdentifier(id.project, id.domain, organization=id.org or None)
