"""Where an execution failed first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from flytebind.looks._phases import SUCCESSFUL
from flytebind.looks._rows import Row
from flytebind.looks._snapshots import ExecutionSnapshot, NodeSnapshot
from flytebind.looks._words import Times, has_failed

_NEVER = datetime.max.replace(tzinfo=timezone.utc)


def first_failure(execution: ExecutionSnapshot) -> NodeSnapshot | None:
    """Where the trouble began: of the innermost nodes that failed, the earliest.

    None for a success, and no node below one: what failed there was put up with.
    """
    innermost = [node for node in _blamed(execution) if not any(_blamed(node))]
    return min(innermost, key=_failed_at, default=None)


def _blamed(part: ExecutionSnapshot | NodeSnapshot) -> Iterator[NodeSnapshot]:
    """The nodes below that failed, at any depth, except for those below a success."""
    if part.phase.name in SUCCESSFUL:
        return
    if isinstance(part, ExecutionSnapshot):
        nodes = part.nodes
    else:
        nodes = part.children
        for execution in part.launched:
            yield from _blamed(execution)
    for node in nodes:
        if has_failed(node.phase.name):
            yield node
        yield from _blamed(node)


def _failed_at(node: NodeSnapshot) -> datetime:
    times = Times.of(node.model.closure)
    return times.updated_at or times.started_at or _NEVER


def first_failed_row(root: Row) -> Row | None:
    """The innermost row that failed first below another; None below a success, as above."""
    if root.phase in SUCCESSFUL:
        return None
    failed = [
        row
        for row in list(root.walk())[1:]
        if row.has_failed and not any(child.has_failed for child in row.children)
    ]
    return min(failed, key=lambda row: row.ended_at or _NEVER, default=None)
