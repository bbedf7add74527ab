"""Why an execution did not succeed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone

from flytebind.looks._phases import SUCCESSFUL, is_in
from flytebind.looks._snapshots import ExecutionSnapshot, NodeSnapshot
from flytebind.looks._words import first_line, has_failed
from flytebind.models.core.execution import ExecutionError

#: What begins the error of another item of an array.
_ITEM = re.compile(r"\n(?=\[\d+\]: )")

_NEVER = datetime.max.replace(tzinfo=timezone.utc)


def first_failure(execution: ExecutionSnapshot) -> NodeSnapshot | None:
    """Where the trouble began: of the innermost nodes that failed, the earliest.

    None for a success, and no node below one: what failed there was put up with.
    """
    innermost = [node for node in _blamed(execution) if not any(_blamed(node))]
    return min(innermost, key=_failed_at, default=None)


def in_brief(error: ExecutionError | None, limit: int = 100) -> str:
    """An error in one line: its code, and what went wrong; empty for none.

    Args:
        error: The error. Flytekit writes a traceback before what went wrong, and arrays have an
            error for each item, of which the first is told.
        limit: How long the line may be, in characters.
    """
    if error is None:
        return ""
    first = _ITEM.split(error.message.strip())[0]
    message = first.rpartition("\nMessage:\n")[2].strip()
    return first_line(": ".join(filter(None, (error.code, message))), limit)


def _blamed(part: ExecutionSnapshot | NodeSnapshot) -> Iterator[NodeSnapshot]:
    """The nodes below that failed, at any depth, except for those below a success."""
    if is_in(part.phase, SUCCESSFUL):
        return
    if isinstance(part, ExecutionSnapshot):
        nodes = part.nodes
    else:
        nodes = part.children
        for execution in part.launched:
            yield from _blamed(execution)
    for node in nodes:
        if has_failed(node.phase):
            yield node
        yield from _blamed(node)


def _failed_at(node: NodeSnapshot) -> datetime:
    closure = node.model.closure
    return closure.updated_at or closure.started_at or _NEVER
