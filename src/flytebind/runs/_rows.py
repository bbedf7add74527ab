"""Runs and actions as rows, which trees, timelines and cards are drawn from; makes no call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Protocol

from flytebind.looks import Row, Span
from flytebind.looks._phases import DONE, RUNNING, SUCCESSFUL
from flytebind.looks._words import readable
from flytebind.models.core.execution import TaskLog
from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.runs import _translate as translate
from flytebind.runs._names import ROOT, label
from flytebind.v2.models.common.identifier import ActionIdentifier, RunIdentifier
from flytebind.v2.models.common.phase import ActionPhase
from flytebind.v2.models.task.task_definition import TaskIdentifier
from flytebind.v2.models.workflow.run_definition import ActionAttempt, ActionDetails

#: The worst comes first: what a group has come to is what the worst of its actions has.
_WORST = ("FAILED", "TIMED_OUT", "ABORTED")

#: How many levels of actions are shown one below the other.
_MOST_LEVELS = 64


class Shown(Protocol):
    """An action, or a run, as far as it is shown."""

    @property
    def id(self) -> ActionIdentifier: ...
    @property
    def run_id(self) -> RunIdentifier: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def task_id(self) -> TaskIdentifier | None: ...
    @property
    def parent(self) -> str | None: ...
    @property
    def group(self) -> str: ...
    @property
    def phase(self) -> ActionPhase: ...
    @property
    def is_done(self) -> bool: ...
    @property
    def url(self) -> str | None: ...
    @property
    def _now(self) -> ActionDetails: ...


def row_of(action: Shown) -> Row:
    """What an action has come to."""
    return _row(action, ())


def row_of_run(run: Shown, actions: Iterable[Shown]) -> Row:
    """What a run has come to, with those of its actions that have been synced.

    Args:
        run: The run, which is the action that it begins with, too.
        actions: Its actions, in the order that they began in.
    """
    below: dict[str, list[Shown]] = {}
    known = {each.name: each for each in actions if each.name != ROOT}
    for name, parent in _parents(known).items():
        below.setdefault(parent, []).append(known[name])
    return _row(run, _level(ROOT, below, run.is_done), kind="run")


def _parents(actions: Mapping[str, Shown]) -> Mapping[str, str]:
    """Below what each action is shown, in the order of the actions.

    A server may name parents that are not there, or in a circle, or one below the other without
    end. What no way leads to is shown below the run, and so is what is too deep.
    """
    shown: dict[str, str] = dict.fromkeys(actions, ROOT)
    depths = {ROOT: 0}
    for name in actions:
        way: dict[str, None] = {}
        while name in actions and name not in depths and name not in way:
            way[name] = None
            name = actions[name].parent or ROOT
        depth = depths.get(name, _MOST_LEVELS)
        for each in reversed(way):
            if depth >= _MOST_LEVELS:
                name, depth = ROOT, 0
            shown[each] = name
            name, depth = each, depth + 1
            depths[each] = depth
    return shown


def _level(parent: str, below: Mapping[str, Sequence[Shown]], is_over: bool) -> Iterator[Row]:
    """The actions that another has started, in the order that they began in; groups together."""
    grouped: dict[str, list[Shown]] = {}
    for action in below.get(parent, ()):
        # One without a group is a group of its own, by a name that no group has.
        grouped.setdefault(action.group or f"\0{action.name}", []).append(action)
    for group, actions in grouped.items():
        rows = [
            _row(each, _level(each.name, below, is_over or each.is_done), is_over=is_over)
            for each in actions
        ]
        if group.startswith("\0"):
            yield from rows
        else:
            yield _group(group, actions[0], rows)


def _row(action: Shown, children: Iterable[Row], *, kind: str = "", is_over: bool = False) -> Row:
    details = action._now
    status = details.status
    start, end = readable(status, "start_time"), readable(status, "end_time")
    attempts = tuple(details.attempts)
    error = details.error_info
    task = action.task_id
    is_condition = action.kind == "condition"
    return Row(
        label(action.run_id if kind else action.id),
        action.name,
        kind or action.kind,
        action.phase.name,
        None if task is None else _identifier(task),
        f"signal {action.title}" if is_condition else "",
        start,
        start,
        end,
        _time(start, end, action.is_done or is_over),
        status.attempts if status is not None else 0,
        cache="" if status is None else status.cache_status.name,
        error=None if error is None else translate.execution_error(error),
        logs=_logs(attempts),
        spans=tuple(_spans(attempts)) or _running(action, start, end),
        children=tuple(children),
        url=action.url or "",
        called="" if is_condition else action.title,
    )


def _group(name: str, first: Shown, rows: Sequence[Row]) -> Row:
    phases = [row.phase for row in rows]
    starts = [row.created_at for row in rows if row.created_at is not None]
    ends = [row.ended_at for row in rows if row.ended_at is not None]
    start = min(starts, default=None)
    end = max(ends, default=None) if all(phase in DONE for phase in phases) else None
    return Row(
        f"{label(first.run_id)}/{first.parent}/{name}",
        name,
        "group",
        _together(phases),
        created_at=start,
        started_at=start,
        ended_at=end,
        time=_time(start, end, end is not None),
        items=(sum(phase in SUCCESSFUL for phase in phases), len(rows)),
        children=tuple(rows),
    )


def _together(phases: Sequence[str]) -> str:
    """What several have come to: what goes on in any, or else the worst."""
    for phase in phases:
        if phase in RUNNING:
            return phase
    for phase in phases:
        if phase not in DONE:
            return phase
    return next((phase for phase in _WORST if phase in phases), "SUCCEEDED")


def _identifier(task: TaskIdentifier) -> Identifier:
    return Identifier(ResourceType.TASK, task.project, task.domain, task.name, task.version)


def _time(start: datetime | None, end: datetime | None, is_over: bool) -> timedelta | None:
    if start is None or (end is None and is_over):
        return None
    # The server's clock is not ours.
    return max((end or datetime.now(timezone.utc)) - start, timedelta())


def _logs(attempts: Sequence[ActionAttempt]) -> tuple[TaskLog, ...]:
    last = attempts[-1:]
    return tuple(
        TaskLog(each.uri, each.name, TaskLog.MessageFormat.UNKNOWN, None)
        for attempt in last
        for each in attempt.log_info
    )


def _spans(attempts: Sequence[ActionAttempt]) -> Iterator[Span]:
    for number, attempt in enumerate(attempts, 1):
        began, end = readable(attempt, "start_time"), readable(attempt, "end_time")
        if began is None:
            continue
        phase = attempt.phase.name
        runs_from = next(
            (
                readable(each, "start_time")
                for each in attempt.phase_transitions
                if each.phase.name in RUNNING
            ),
            None,
        )
        if runs_from is not None and runs_from > began:
            yield Span("queued", "QUEUED", began, runs_from)
        yield Span(f"attempt {number}", phase, runs_from or began, end)


def _running(action: Shown, start: datetime | None, end: datetime | None) -> tuple[Span, ...]:
    phase = action.phase.name
    return () if start is None else (Span("running", phase, start, end),)
