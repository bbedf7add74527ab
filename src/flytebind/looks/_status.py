"""How far an execution is, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from flytebind.looks._nodes import is_boundary
from flytebind.looks._phases import RUNNING
from flytebind.looks._snapshots import ExecutionSnapshot, NodeSnapshot
from flytebind.looks._words import Times, has_failed, time_taken


@dataclass(frozen=True)
class Status:
    """How far an execution is, in words."""

    name: str
    phase: str
    nodes: str
    """``3 of 7 nodes done, 2 running``; empty while none are known."""
    url: str
    elapsed: timedelta
    is_done: bool

    @classmethod
    def of(cls, execution: ExecutionSnapshot) -> Status:
        """That of an execution, and of those of its nodes that have been loaded."""
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
    if not nodes:
        return ""
    done = sum(node.is_done for node in nodes)
    running = sum(node.phase.name in RUNNING for node in nodes)
    failed = sum(has_failed(node.phase.name) for node in nodes)
    text = f"{done:,} of {len(nodes):,} nodes done"
    if running:
        text += f", {running:,} running"
    return f"{text}, {failed:,} failed" if failed else text


def _walk(nodes: Sequence[NodeSnapshot]) -> Iterator[NodeSnapshot]:
    for node in nodes:
        yield node
        yield from _walk(node.children)
        for execution in node.launched:
            yield from _walk(execution.nodes)
