"""How far an execution is, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from flytebind.looks._nodes import is_boundary
from flytebind.looks._phases import DONE, RUNNING
from flytebind.looks._rows import Row
from flytebind.looks._snapshots import ExecutionSnapshot, NodeSnapshot
from flytebind.looks._words import Times, has_failed, time_taken


@dataclass(frozen=True)
class Status:
    """How far an execution is, in words."""

    name: str
    phase: str
    nodes: str
    """``3 of 7 nodes done, 2 running``; of a run, actions. Empty while none are known."""
    url: str
    elapsed: timedelta
    is_done: bool

    @classmethod
    def of(cls, execution: ExecutionSnapshot | Row) -> Status:
        """That of an execution, and of those of its nodes that have been loaded; or of a run."""
        if isinstance(execution, Row):
            return cls(
                execution.name,
                execution.phase,
                _count([row.phase for row in _actions(execution)], "actions"),
                execution.url,
                execution.time or timedelta(),
                execution.phase in DONE,
            )
        return cls(
            execution.model.id.name,
            execution.phase.name,
            _count_nodes(execution),
            execution.url,
            _elapsed(execution),
            execution.is_done,
        )


def _elapsed(execution: ExecutionSnapshot) -> timedelta:
    """Since it was asked for, or else it would begin again when it comes to run."""
    times = Times.of(execution.model.closure)
    if not execution.is_done and times.created_at is not None:
        return max(datetime.now(timezone.utc) - times.created_at, timedelta())
    return time_taken(times, execution.is_done) or timedelta()


def _count_nodes(execution: ExecutionSnapshot) -> str:
    if execution.is_done and not execution.nodes_are_final:
        return ""  # they were counted before its end
    nodes = [node for node in _walk(execution.nodes) if not is_boundary(node.model)]
    return _count([node.phase.name for node in nodes], "nodes")


def _actions(run: Row) -> Iterator[Row]:
    """Those below a run; a group does nothing itself."""
    for row in run.children:
        yield from (each for each in row.walk() if each.kind != "group")


def _count(phases: Sequence[str], what: str) -> str:
    if not phases:
        return ""
    done = sum(phase in DONE for phase in phases)
    running = sum(phase in RUNNING for phase in phases)
    failed = sum(map(has_failed, phases))
    text = f"{done:,} of {len(phases):,} {what} done"
    if running:
        text += f", {running:,} running"
    return f"{text}, {failed:,} failed" if failed else text


def _walk(nodes: Sequence[NodeSnapshot]) -> Iterator[NodeSnapshot]:
    for node in nodes:
        yield node
        yield from _walk(node.children)
        for execution in node.launched:
            yield from _walk(execution.nodes)
