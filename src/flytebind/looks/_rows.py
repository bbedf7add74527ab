"""Executions as rows: all that is shown of them, as data without any look."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flytebind.looks._errors import in_brief
from flytebind.looks._items import ArrayItem
from flytebind.looks._kinds import kind_of
from flytebind.looks._labels import label
from flytebind.looks._nodes import is_boundary, spec_id
from flytebind.looks._phases import DONE, RUNNING, SUCCESSFUL
from flytebind.looks._snapshots import ExecutionSnapshot, NodeSnapshot
from flytebind.looks._words import Times, has_failed, readable, spoken, time_taken
from flytebind.models.admin.task_execution import TaskExecution
from flytebind.models.core.execution import ExecutionError, TaskLog
from flytebind.models.core.identifier import Identifier
from flytebind.models.core.workflow import Node
from flytebind.runtime.homes import public_in


@public_in("flytebind.looks")
@dataclass(frozen=True)
class Span:
    """A stretch of time in which one thing went on."""

    name: str
    """``queued``, ``running``, or the attempt at a task: ``attempt 2``."""
    phase: str
    """The name of the phase that it was in, or ended with."""
    start: datetime
    end: datetime | None
    """None while it goes on."""

    def to_dict(self) -> dict[str, object]:
        """With the types of JSON."""
        return {
            "name": self.name,
            "phase": self.phase,
            "start": _iso(self.start),
            "end": _iso(self.end),
        }


@public_in("flytebind.looks")
@dataclass(frozen=True)
class Row:
    """An execution, a node or an item of an array, and what ran for it."""

    id: str
    """As people write it: ``flytesnacks/development/f7a9c2/n0-0-n1``."""
    name: str
    """A node's id in its workflow, an item's index (``[3]``), or the execution's name."""
    kind: str
    """``execution``, ``task``, ``array``, ``item``, ``dynamic``, ``subworkflow``, ``branch``,
    ``gate``, ``launch plan`` or ``unknown``; or ``attempt``, where that is shown by itself. Of
    Flyte 2: ``run``, ``task``, ``trace``, ``condition`` or ``group``."""
    phase: str
    """The name of the phase."""
    runs: Identifier | None = None
    """The task, workflow or launch plan that it runs, as far as that is known."""
    waits_for: str = ""
    """Of a gate: its signal, or how long it sleeps."""
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    time: timedelta | None = None
    """How long it took, or has taken so far; None if nobody says."""
    attempts: int = 0
    """How often its task was tried, as far as that has been loaded."""
    items: tuple[int, int] | None = None
    """How many items of an array have succeeded, and how many there are."""
    cache: str = ""
    """The name of the cache's status, where there is one."""
    error: ExecutionError | None = None
    """Why it failed."""
    problem: str = ""
    """What kept it from being loaded whole."""
    logs: tuple[TaskLog, ...] = ()
    """Where the logs of its last attempt are."""
    spans: tuple[Span, ...] = ()
    """What it has spent its time with, as far as that has been loaded."""
    children: tuple[Row, ...] = ()
    """What ran for it, in the order of the workflow."""
    url: str = ""
    """Where people look at it; empty where nobody knows."""
    called: str = ""
    """What people call it, where it runs nothing that is registered: the function of a trace."""

    @property
    def what(self) -> str:
        """What it runs or waits for, in words."""
        if self.runs is None:
            return self.waits_for or self.called
        return name_of(self.runs)

    @property
    def is_cached(self) -> bool:
        """Whether its outputs were found in the cache."""
        return self.cache == "CACHE_HIT"

    @property
    def has_failed(self) -> bool:
        """Whether something went wrong there, or is just going wrong."""
        return has_failed(self.phase)

    def walk(self) -> Iterator[Row]:
        """This one, and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def flat(self) -> dict[str, object]:
        """It alone, in a dictionary of plain values: text, numbers, times, and None."""
        return {
            "id": self.id,
            "name": self.name,
            "kind": self.kind,
            "phase": self.phase,
            "what": self.what,
            "created_at": self.created_at,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "seconds": None if self.time is None else self.time.total_seconds(),
            "attempts": self.attempts,
            "cached": self.is_cached,
            "error": None if self.error is None else in_brief(self.error, None),
            "url": self.url or None,
        }

    def to_dict(self) -> dict[str, object]:
        """All of it, with the types of JSON."""
        done, total = self.items or (0, 0)
        return {
            "id": self.id,
            "name": self.name,
            "kind": self.kind,
            "phase": self.phase,
            "runs": None if self.runs is None else self.runs.to_dict(),
            "waitsFor": self.waits_for,
            "called": self.called,
            "createdAt": _iso(self.created_at),
            "startedAt": _iso(self.started_at),
            "endedAt": _iso(self.ended_at),
            "time": None if self.time is None else self.time.total_seconds(),
            "attempts": self.attempts,
            "items": None if self.items is None else {"succeeded": done, "all": total},
            "cached": self.is_cached,
            "cacheStatus": self.cache,
            "error": None if self.error is None else _as_json(self.error),
            "problem": self.problem,
            "logs": [{"name": log.name, "uri": log.uri} for log in self.logs],
            "spans": [span.to_dict() for span in self.spans],
            "url": self.url,
            "children": [child.to_dict() for child in self.children],
        }


_MAP_TASK = re.compile(r"(?<=.)_[0-9a-f]{32}(-arraynode)?$")


def row_of(part: ExecutionSnapshot | NodeSnapshot | TaskExecution | Row) -> Row:
    """What an execution, a node or an attempt has come to, with all nodes that have been loaded.

    What is a row already stays as it is.
    """
    if isinstance(part, Row):
        return part
    if isinstance(part, TaskExecution):
        return _attempt(part)
    if isinstance(part, NodeSnapshot):
        return _node(part, part.is_done)
    return _execution(part, part.is_done)


def level(nodes: Sequence[NodeSnapshot]) -> list[Row]:
    """Nodes of one level, in the order of their workflow; starts and ends run nothing."""
    return list(_nodes(nodes, False))


def name_of(entity: Identifier) -> str:
    """What something is called; a map task without what flytekit adds to make it unique."""
    return _MAP_TASK.sub("", entity.name)


def what_runs(node: NodeSnapshot) -> Identifier | None:
    """The task, workflow or launch plan that a node runs, as far as that is known."""
    spec = node.spec
    if spec is not None and spec.array_node is not None:
        spec = spec.array_node.node
    told = None if spec is None else _reference(spec)
    if told is not None:
        return told
    if node.attempts:
        return node.attempts[-1].id.task_id
    return node.launched[0].model.spec.launch_plan if node.launched else None


def named(node: NodeSnapshot) -> str:
    """A node, and what it runs, in words: ``n0 (flows.double)``."""
    runs = what_runs(node)
    what = _waits_for(node.spec) if runs is None else name_of(runs)
    return f"{node.model.id.node_id} ({what})" if what else node.model.id.node_id


def telling(root: Row) -> list[Row]:
    """The rows whose logs matter: what failed, or is running; or else the only node there is."""
    below = list(root.walk())[1:]
    found = [row for row in below if row.logs and (row.has_failed or row.phase in RUNNING)]
    return found or (below if len(below) == 1 else [])


def _execution(execution: ExecutionSnapshot, is_over: bool) -> Row:
    """The row of an execution.

    Args:
        execution: The execution.
        is_over: Whether what it is part of is done, so that its own time goes on no more.
    """
    id, is_done = execution.model.id, execution.is_done
    times = Times.of(execution.model.closure)
    ended_at = times.ended_at(is_done)
    return Row(
        label(id),
        id.name,
        "execution",
        execution.phase.name,
        execution.model.spec.launch_plan,
        created_at=times.created_at,
        started_at=times.started_at,
        ended_at=ended_at,
        time=time_taken(times, is_done) if is_done or not is_over else None,
        error=execution.error,
        spans=(*_queued(times), *_running(times, ended_at, execution.phase.name)),
        children=tuple(_nodes(execution.nodes, is_over or is_done)),
        url=execution.url,
    )


def _node(node: NodeSnapshot, is_over: bool) -> Row:
    id, closure, is_done = node.model.id, node.model.closure, node.is_done
    cache, times = closure.task_node_metadata, Times.of(closure)
    ended_at = times.ended_at(is_done)
    nodes = list(_nodes(node.children, is_over or is_done))
    launched = [_execution(each, is_over or is_done) for each in node.launched]
    items = node.items
    succeeded = sum(item.phase.name in SUCCESSFUL for item in items)
    return Row(
        label(id),
        spec_id(node.model),
        kind_of(node),
        node.phase.name,
        what_runs(node),
        _waits_for(node.spec),
        times.created_at,
        times.started_at,
        ended_at,
        time_taken(times, is_done) if is_done or not is_over else None,
        len(node.attempts),
        (succeeded, len(items)) if items else None,
        "" if cache is None else cache.cache_status.name,
        node.error,
        node.problem,
        tuple(node.attempts[-1].closure.logs) if node.attempts else (),
        (*_queued(times), *(_tries(node) or _running(times, ended_at, node.phase.name))),
        (*nodes, *launched, *(() if nodes else _items_alone(node, items))),
    )


def _attempt(attempt: TaskExecution) -> Row:
    id, closure = attempt.id, attempt.closure
    is_done, times = closure.phase.name in DONE, Times.of(closure)
    ended_at = times.ended_at(is_done)
    return Row(
        label(id),
        f"attempt {id.retry_attempt + 1}",
        "attempt",
        closure.phase.name,
        id.task_id,
        created_at=times.created_at,
        started_at=times.started_at,
        ended_at=ended_at,
        time=time_taken(times, is_done),
        error=closure.error,
        logs=tuple(closure.logs),
        spans=(*_queued(times), *_running(times, ended_at, closure.phase.name)),
    )


def _items_alone(node: NodeSnapshot, items: Sequence[ArrayItem]) -> Iterator[Row]:
    """The items of an array node that are nothing else that is shown."""
    launched = {execution.model.id for execution in node.launched}
    for item in items:
        if item.execution_id not in launched:
            yield Row(
                f"{label(node.model.id)}/[{item.index}]",
                f"[{item.index}]",
                "item",
                item.phase.name,
                attempts=item.attempts,
                cache="CACHE_HIT" if item.is_cached else "",
                error=item.error,
                logs=item.logs,
            )


def _nodes(nodes: Sequence[NodeSnapshot], is_over: bool) -> Iterator[Row]:
    """One level, in the order of its workflow; starts and ends run nothing."""
    for node in sorted(nodes, key=_order):
        if not is_boundary(node.model) or has_failed(node.phase.name):
            yield _node(node, is_over)


def _order(node: NodeSnapshot) -> tuple[float, list[tuple[int, str]]]:
    place = float("inf") if node.place is None else node.place
    # n2 before n10
    steps = re.findall(r"\d+|\D+", spec_id(node.model))
    return place, [(int(step), "") if step.isdecimal() else (-1, step) for step in steps]


def _reference(spec: Node) -> Identifier | None:
    if spec.task_node is not None:
        return spec.task_node.reference_id
    if spec.workflow_node is not None:
        return spec.workflow_node.launchplan_ref or spec.workflow_node.sub_workflow_ref
    return None


def _waits_for(spec: Node | None) -> str:
    gate = None if spec is None else spec.gate_node
    if gate is None:
        return ""
    if gate.approve is not None:
        return f"approval {gate.approve.signal_id}"
    if gate.signal is not None:
        return f"signal {gate.signal.signal_id}"
    return "" if gate.sleep is None else f"sleep {spoken(readable(gate.sleep, 'duration'))}"


def _queued(times: Times) -> Iterator[Span]:
    if times.created_at is not None and times.started_at is not None:
        yield Span("queued", "QUEUED", times.created_at, times.started_at)


def _running(times: Times, ended_at: datetime | None, phase: str) -> Iterator[Span]:
    if times.started_at is not None:
        yield Span("running", phase, times.started_at, ended_at)


def _tries(node: NodeSnapshot) -> list[Span]:
    spans = []
    for number, attempt in enumerate(node.attempts, 1):
        closure = attempt.closure
        times = Times.of(closure)
        start = times.started_at or times.created_at
        if start is not None:
            is_done = node.is_done or number < len(node.attempts)
            end = times.ended_at(is_done)
            spans.append(Span(f"attempt {number}", closure.phase.name, start, end))
    return spans


def _as_json(error: ExecutionError) -> dict[str, object]:
    try:
        return dict(error.to_dict())
    except ValueError:  # JSON has no words for such a time
        return dict(error.replace(timestamp=None).to_dict())


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
