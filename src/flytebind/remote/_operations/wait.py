"""Waiting for executions, and watching them."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from flytebind.looks._labels import title
from flytebind.looks._phases import Phase
from flytebind.models.admin.execution import WorkflowExecutionGetRequest
from flytebind.remote._arguments import seconds
from flytebind.remote._io import TimeIsUp
from flytebind.remote._operations.sync import sync_execution
from flytebind.remote._progress import Progress, progress_for
from flytebind.remote._session import Session
from flytebind.remote._time import MOMENT, Time
from flytebind.remote.errors import (
    FlyteCallError,
    FlyteCallTimeout,
    FlyteExecutionTimeout,
    FlyteTimeout,
    may_pass,
)
from flytebind.remote.executions import (
    FlyteNodeExecution,
    FlyteWorkflowExecution,
    ShowProgress,
    adopt,
    is_partly_open,
    walk,
)
from flytebind.runtime.homes import public_in

E = TypeVar("E", bound=FlyteWorkflowExecution)

_log = logging.getLogger("flytebind.remote")

_SHORTEST, _LONGEST = 0.5, 30.0
#: By default polls are so far apart, as a share of the time that has gone by.
_SHARE = 0.1
#: How long a server may be away before that is an error of its own.
_OUTAGE = 900.0
#: Seconds after the end at which parts of an execution are asked for that seem to go on.
_LATER = (0.2, 0.8)
#: A display that shows nodes may spend so much of the time on asking for them.
_NODES_SHARE = 0.2


@public_in("flytebind.remote")
@dataclass(frozen=True)
class Change:
    """An execution, or one of its nodes, has come to another phase."""

    execution: FlyteWorkflowExecution
    """The execution that is watched, as it is now."""
    node: FlyteNodeExecution | None
    """The node that has changed; None when it is the execution itself."""
    before: Phase | None
    """The phase that was seen last; None for what is seen for the first time."""
    phase: Phase
    """The phase now."""

    def __str__(self) -> str:
        part = self.execution if self.node is None else self.node
        before = "" if self.before is None else f"{self.before} -> "
        return f"{title(part)}: {before}{self.phase}"


async def wait(
    session: Session,
    execution: E,
    timeout: Time | timedelta | float | None,
    poll_interval: timedelta | float | None,
    sync_nodes: bool,
    show: ShowProgress,
) -> E:
    """Poll the execution alone until it is done, then sync it.

    Raises:
        FlyteTimeout: If it is not done, and here, in time.
    """
    progress = None if execution.is_done else progress_for(show)
    pace = _Pace(timeout, poll_interval)
    phase = execution.phase
    _log.info("%s is %s: waiting", title(execution), phase.name)
    try:
        while not execution.is_done:
            await _poll(session, execution, pace, alone=True)
            if execution.phase is not phase:
                phase = execution.phase
                _log.info("%s is %s", title(execution), phase.name)
            if progress is not None:
                await _show(session, execution, pace, progress)
            if not execution.is_done:
                await session.io.sleep(pace.pause(execution))
        while not await _poll(session, execution, pace, nodes=sync_nodes, data=True):
            await session.io.sleep(pace.pause(execution))
        if sync_nodes:
            await _hear_the_rest(session, execution, pace)
        _log.info("%s is %s: all of it is here", title(execution), execution.phase.name)
        if progress is not None:
            progress.update(execution)
    finally:
        if progress is not None:
            progress.close()
    return execution


async def _hear_the_rest(session: Session, execution: FlyteWorkflowExecution, pace: _Pace) -> None:
    """Ask again for parts that have not been seen at their end, as far as time allows.

    A server may tell of it a moment later. What has been left behind for ever is not waited for.
    """
    for pause in _LATER:
        left = pace.time.left()
        if not is_partly_open(execution) or (left is not None and left < pause):
            return
        await session.io.sleep(pause)
        with suppress(FlyteTimeout):  # what matters is here
            await _poll(session, execution, pace, nodes=True, data=True)


def watch(
    session: Session,
    execution: FlyteWorkflowExecution,
    timeout: timedelta | float | None,
    poll_interval: timedelta | float | None,
    nodes: bool,
) -> AsyncIterator[Change]:
    """Every change of phase, until the execution is done.

    Raises:
        FlyteTimeout: If it is not done in time; once somebody goes on.
        ValueError: If one of the times is none; at once.
    """
    _Pace(timeout, poll_interval)
    return _watch(session, execution, timeout, poll_interval, nodes)


async def _watch(
    session: Session,
    execution: FlyteWorkflowExecution,
    timeout: timedelta | float | None,
    poll_interval: timedelta | float | None,
    nodes: bool,
) -> AsyncIterator[Change]:
    pace = _Pace(timeout, poll_interval)
    seen: dict[str, Phase] = {}
    while True:
        was_done = execution.is_done
        answered = await _poll(session, execution, pace, nodes=nodes)
        for change in _changes(execution, seen):
            yield change
        if answered and (was_done or (execution.is_done and not nodes)):
            return
        if not (answered and execution.is_done):
            await session.io.sleep(pace.pause(execution))


def _changes(execution: FlyteWorkflowExecution, seen: dict[str, Phase]) -> Iterator[Change]:
    """What is not as it was; the execution itself comes last, since it ends last."""
    parts: list[FlyteNodeExecution | None] = [*walk(execution), None]
    for node in parts:
        part = execution if node is None else node
        before, phase = seen.get(title(part)), part.phase
        if before is not phase:
            seen[title(part)] = phase
            _log.info("%s is %s", title(part), phase.name)
            yield Change(execution, node, before, phase)


async def _poll(
    session: Session,
    execution: FlyteWorkflowExecution,
    pace: _Pace,
    *,
    alone: bool = False,
    nodes: bool = False,
    data: bool = False,
) -> bool:
    """Ask once. A server that is away, or in trouble, for a while is no reason to give up.

    Returns:
        Whether there was an answer.

    Raises:
        FlyteTimeout: If there is none in the time that is left for all.
    """
    pace.poll()
    asking = (
        _bring_state(session, execution)
        if alone
        else sync_execution(session, execution, nodes=nodes, data=data)
    )
    left = pace.time.left()
    try:
        if left is None:
            await asking
        else:
            await session.io.within(max(left, MOMENT), asking)
    except TimeIsUp:
        raise pace.too_late(execution) from None
    except FlyteCallError as error:
        helps = isinstance(error, FlyteCallTimeout) or may_pass(error.code, error.details)
        if not helps or pace.seconds_since_answer() > _OUTAGE:
            raise
        _log.warning("%s: no answer, asking again: %s", title(execution), error)
        return False
    pace.answered()
    return True


async def _bring_state(session: Session, execution: FlyteWorkflowExecution) -> None:
    request = WorkflowExecutionGetRequest(id=execution.id)
    adopt(execution, await session.admin.get_execution(request))


async def _show(
    session: Session,
    execution: FlyteWorkflowExecution,
    pace: _Pace,
    progress: Progress[FlyteWorkflowExecution],
) -> None:
    if progress.shows_nodes and pace.is_time_for_nodes():
        began = time.monotonic()
        await _poll(session, execution, pace, nodes=True)
        pace.nodes_took(time.monotonic() - began)
    progress.update(execution)


class _Pace:
    """When to ask again, and when to give up."""

    def __init__(
        self, timeout: Time | timedelta | float | None, poll_interval: timedelta | float | None
    ) -> None:
        self._began = self._answered = self.polled = time.monotonic()
        """When the last poll began."""
        self._next_nodes = self._began
        self.time: Time = timeout if isinstance(timeout, Time) else Time(timeout)
        """Until the end of all waiting."""
        self._interval = seconds(poll_interval, "poll_interval")

    def pause(self, execution: FlyteWorkflowExecution) -> float:
        """Seconds until the next poll.

        Raises:
            FlyteTimeout: If there is no time left for one.
        """
        left = self.time.left()
        if left is not None and left <= 0:
            raise self.too_late(execution)
        # From the beginning of one poll to that of the next.
        pause = max(0.0, self.polled + self.interval() - time.monotonic())
        return pause if left is None else min(pause, left)

    def interval(self) -> float:
        """Seconds from one poll to the next."""
        if self._interval is not None:
            return self._interval
        return min(max(_SHORTEST, _SHARE * self._gone()), _LONGEST)

    def poll(self) -> None:
        """A poll begins."""
        self.polled = time.monotonic()

    def too_late(self, execution: FlyteWorkflowExecution) -> FlyteExecutionTimeout:
        """The error for an execution that is not done, or not here, in time."""
        what, phase = title(execution), execution.phase.name
        said = f"{what} is still {phase} after {self.time.given:g} s"
        if execution.is_done:
            said = f"{what} is {phase}, but not all of it came in {self.time.given:g} s"
        return FlyteExecutionTimeout(said, execution.id)

    def answered(self) -> None:
        """The server is there."""
        self._answered = time.monotonic()

    def seconds_since_answer(self) -> float:
        """How long the server has been away."""
        return time.monotonic() - self._answered

    def is_time_for_nodes(self) -> bool:
        """Whether to ask for nodes, too."""
        return time.monotonic() >= self._next_nodes

    def nodes_took(self, seconds: float) -> None:
        """Nodes have been asked for; those of large workflows on slow servers less often."""
        self._next_nodes = time.monotonic() + seconds * (1 / _NODES_SHARE - 1)

    def _gone(self) -> float:
        return time.monotonic() - self._began
