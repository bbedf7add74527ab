"""Waiting for runs and actions, and watching them.

The server streams what changes. A stream may end at any time, cleanly or not, and means nothing by
it: the end of a run is what its phase says. So streams are opened again, each for a while only, and
what one says first is how things are then.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final, TypeVar

from flytebind.remote._operations.pages import MOST_ROWS
from flytebind.remote._progress import progress_for
from flytebind.remote._time import Time
from flytebind.remote.errors import (
    FlyteCallError,
    FlyteCallTimeout,
    FlyteDataError,
    FlyteNotFoundError,
    may_pass,
)
from flytebind.runs._actions import FlyteAction, FlyteRun, ShowProgress, adopt
from flytebind.runs._answers import check_answer
from flytebind.runs._errors import FlyteRunTimeout
from flytebind.runs._reading import bring_data, bring_details, sync_actions
from flytebind.runs._session import Session
from flytebind.runtime.homes import public_in
from flytebind.runtime.model import Model
from flytebind.runtime.rpc import AsyncResponseStream
from flytebind.v2.models.common.identifier import ProjectIdentifier
from flytebind.v2.models.common.phase import ActionPhase
from flytebind.v2.models.workflow.run_definition import Action, Run
from flytebind.v2.models.workflow.run_service import (
    WatchActionDetailsRequest,
    WatchActionsRequest,
    WatchRunsRequest,
)

A = TypeVar("A", bound=FlyteAction)
T = TypeVar("T")
M = TypeVar("M", bound=Model[Any])


_log = logging.getLogger("flytebind.remote")

#: Seconds that a stream goes on before another takes its place: so long may a connection be dead
#: without anybody having noticed.
STREAM: Final = 30.0
#: How long a server may be away before that is an error of its own.
_OUTAGE: Final = 900.0
#: The first pause before a stream is opened again, which doubles, and the longest one.
_SHORTEST, _LONGEST = 0.1, 5.0
#: Seconds after the end at which actions are asked for that seem to go on.
_LATER: Final = (0.2, 0.8)


@public_in("flytebind.runs")
@dataclass(frozen=True)
class RunChange:
    """A run, or one of its actions, has come to another phase."""

    run: FlyteRun
    """The run that is watched, as it is now."""
    action: FlyteAction | None
    """The action that has changed; None when it is the run itself."""
    before: ActionPhase | None
    """The phase that was seen last; None for what is seen for the first time."""
    phase: ActionPhase
    """The phase now."""

    def __str__(self) -> str:
        part = self.run if self.action is None else self.action
        before = "" if self.before is None else f"{self.before.name} -> "
        return f"{part._label}: {before}{self.phase.name}"


async def wait(
    session: Session,
    action: A,
    timeout: timedelta | float | None,
    actions: bool,
    show: ShowProgress[A],
) -> None:
    """Watch an action, or a run, until it is done; then bring all of it.

    Raises:
        FlyteTimeout: If it is not done, and here, in time.
    """
    time_left = Time(timeout)
    progress = None if action.is_done else progress_for(show)

    async def bring() -> None:
        if not action.loaded.is_whole or isinstance(action, FlyteRun):
            await bring_details(session, action)
        with suppress(FlyteDataError, FlyteNotFoundError):  # touching them will say so
            await bring_data(session, action)
        if actions and isinstance(action, FlyteRun):
            await _sync_whole(session, action, time_left)

    try:
        if not action.is_done:
            _log.info("%s is %s: waiting", action._label, action.phase.name)
            shows_all = progress is not None and progress.shows_nodes
            news = (
                _news_of_all(session, action, time_left)
                if shows_all and isinstance(action, FlyteRun)
                else _news(session, action, time_left)
            )
            async with aclosing(news):
                async for _ in news:
                    if progress is not None:
                        progress.update(action)
            _log.info("%s is %s", action._label, action.phase.name)
        too_late = partial(_too_late, action, time_left)
        await _patiently(session, bring, too_late, time_left, action._label)
        if progress is not None:
            progress.update(action)
    finally:
        if progress is not None:
            progress.close()


async def _news(
    session: Session, action: FlyteAction, time_left: Time
) -> AsyncGenerator[None, None]:
    """Keep an action, or a run, up to date until it is done; each time that something has come."""
    request = WatchActionDetailsRequest(action_id=action.id)
    watching = _following(
        session,
        lambda seconds: session.runs.watch_action_details(request, timeout=seconds),
        partial(_too_late, action, time_left),
        time_left,
        action._label,
    )
    async with aclosing(watching):
        async for message in watching:
            if message.details is not None:
                check_answer(action.id, message.details.id)
                adopt(action, message.details)
            yield
            if action.is_done:
                return


async def _news_of_all(
    session: Session, run: FlyteRun, time_left: Time
) -> AsyncGenerator[None, None]:
    """The same of a run and all of its actions."""
    too_late = partial(_too_late, run, time_left)
    # Of a run that is not there, a server would never say anything.
    look = partial(bring_details, session, run)
    await _patiently(session, look, too_late, time_left, run._label)
    request = WatchActionsRequest(run_id=run.run_id)
    watching = _following(
        session,
        lambda seconds: session.runs.watch_actions(request, timeout=seconds),
        too_late,
        time_left,
        run._label,
    )
    async with aclosing(watching):
        async for message in watching:
            for each in message.enriched_actions:
                _take(session, run, Action.from_pb(each.action._pb))
            yield
            if run.is_done:
                return


async def _sync_whole(session: Session, run: FlyteRun, time_left: Time) -> None:
    """Bring all actions; again, within a second, if some seem to go on after the end."""
    await sync_actions(session, run)
    for pause in _LATER:
        left = time_left.left()
        if all(each.is_done for each in run._actions.values()) or (
            left is not None and left < pause
        ):
            return
        await session.io.sleep(pause)
        await sync_actions(session, run)


def watch(
    session: Session, run: FlyteRun, timeout: timedelta | float | None
) -> AsyncIterator[RunChange]:
    """Every change of phase, until the run is done.

    Raises:
        FlyteTimeout: If it is not done in time; once somebody goes on.
        ValueError: If the time is none; at once.
    """
    Time(timeout)
    return _watch(session, run, timeout)


async def _watch(
    session: Session, run: FlyteRun, timeout: timedelta | float | None
) -> AsyncIterator[RunChange]:
    time_left = Time(timeout)
    seen: dict[str, ActionPhase] = {}
    if not run.is_done:
        async with aclosing(_news_of_all(session, run, time_left)) as news:
            async for _ in news:
                if not run.is_done:  # what else has changed is told when all of it is here
                    for change in _changes(run, seen):
                        yield change

    async def bring() -> None:
        await bring_details(session, run)
        await _sync_whole(session, run, time_left)

    await _patiently(session, bring, partial(_too_late, run, time_left), time_left, run._label)
    for change in _changes(run, seen):
        yield change


def _take(session: Session, run: FlyteRun, newer: Action) -> None:
    """What a stream says of one action.

    Raises:
        FlyteDataError: If it is one of another run, or there are too many.
    """
    check_answer(run.run_id, newer.id)
    name = newer.id.name
    if name == run.id.name:
        adopt(run, newer)
    known = run._actions.get(name)
    if known is None:
        if len(run._actions) >= MOST_ROWS:
            raise FlyteDataError(f"{run._label} has more than {MOST_ROWS:,} actions, too many")
        run._actions[name] = FlyteAction(newer, session.remote)
    elif not (known.is_done and known.loaded.is_whole and known._status == newer.status):
        adopt(known, newer)


def _changes(run: FlyteRun, seen: dict[str, ActionPhase]) -> Iterator[RunChange]:
    """What is not as it was; the run itself comes last, since it ends last."""
    parts: list[FlyteAction | None] = [
        each for each in run._actions.values() if each.name != run.id.name
    ]
    for action in [*parts, None]:
        part = run if action is None else action
        key = "" if action is None else action.name
        before, phase = seen.get(key), part.phase
        if before is not phase:
            seen[key] = phase
            _log.info("%s is %s", part._label, phase.name)
            yield RunChange(run, action, before, phase)


def watch_runs(
    session: Session, place: ProjectIdentifier, timeout: timedelta | float | None
) -> AsyncIterator[FlyteRun]:
    """Runs of a project as they come to another phase; at first those that are there.

    Raises:
        ValueError: If the time is none; at once.
    """
    Time(timeout)
    return _watch_runs(session, place, timeout)


async def _watch_runs(
    session: Session, place: ProjectIdentifier, timeout: timedelta | float | None
) -> AsyncIterator[FlyteRun]:
    request = WatchRunsRequest(project_id=place)
    seen: dict[str, ActionPhase] = {}
    watching = _following(
        session,
        lambda seconds: session.runs.watch_runs(request, timeout=seconds),
        _Enough,
        Time(timeout),
        "runs",
    )
    try:
        async for message in watching:
            for each in message.runs:
                run = FlyteRun(Run.from_pb(each._pb), session.remote)
                check_answer(place, run.run_id)
                if seen.get(run.name) is not run.phase:
                    seen[run.name] = run.phase
                    yield run
    except _Enough:
        return
    finally:
        await watching.aclose()


class _Enough(Exception):
    """The time is up of something that has no end of its own."""


async def _following(
    session: Session,
    begin: Callable[[float], AsyncResponseStream[M]],
    too_late: Callable[[], Exception],
    time_left: Time,
    label: str,
) -> AsyncGenerator[M, None]:
    """What a stream says, and the streams that take its place; it never ends by itself.

    A server that is away for a while is no reason to give up.

    Args:
        session: Whom to ask.
        begin: Opens a stream that goes on for so many seconds.
        too_late: What to raise when no time is left.
        time_left: How much there is for all of it.
        label: What it is about, for the log.
    """
    pauses = _Pauses()
    heard = False
    while True:
        stream = begin(STREAM)
        pauses.begin()
        try:
            while True:
                if heard and time_left.is_up:  # a server may have something to say at any time
                    raise too_late()
                message = await time_left.within(session.io, partial(_next, stream), too_late)
                if message is None:
                    break
                heard = True
                pauses.answered()
                yield message
            pause = pauses.next()
        except FlyteCallError as error:
            pause = pauses.after(error, label)
        finally:
            stream.cancel()
        await time_left.within(session.io, partial(session.io.sleep, pause), too_late)


async def _next(stream: AsyncResponseStream[M]) -> M | None:
    try:
        return await anext(stream)
    except StopAsyncIteration:
        return None


async def _patiently(
    session: Session,
    ask: Callable[[], Coroutine[Any, Any, T]],
    too_late: Callable[[], Exception],
    time_left: Time,
    label: str,
) -> T:
    """Ask until there is an answer. A server that is away for a while is no reason to give up."""
    pauses = _Pauses()
    while True:
        try:
            return await time_left.within(session.io, ask, too_late)
        except FlyteCallError as error:
            pause = pauses.after(error, label)
        await time_left.within(session.io, partial(session.io.sleep, pause), too_late)


def _too_late(action: FlyteAction, time_left: Time) -> FlyteRunTimeout:
    """The error for what is not done, or not here, in time."""
    phase = action.phase.name
    said = f"{action._label} is still {phase} after {time_left.given:g} s"
    if action.is_done:
        said = f"{action._label} is {phase}, but not all of it came in {time_left.given:g} s"
    return FlyteRunTimeout(said, action.run_id)


class _Pauses:
    """When to ask again, and when to give up."""

    def __init__(self) -> None:
        self._began = self._answered = time.monotonic()
        self._pause = _SHORTEST

    def begin(self) -> None:
        """It is asked."""
        self._began = time.monotonic()

    def answered(self) -> None:
        """The server is there."""
        self._answered = time.monotonic()

    def next(self) -> float:
        """Seconds until it is asked again: more, if that has happened soon."""
        if time.monotonic() - self._began > 2 * _LONGEST:
            self._pause = _SHORTEST
        pause = self._pause
        self._pause = min(2 * pause, _LONGEST)
        return pause

    def after(self, error: FlyteCallError, label: str) -> float:
        """Seconds until it is asked again after an error.

        Raises:
            FlyteCallError: If that does not help, or has not helped for long.
        """
        helps = isinstance(error, FlyteCallTimeout) or may_pass(error.code, error.details)
        if not helps or time.monotonic() - self._answered > _OUTAGE:
            raise error
        # With its time is how a stream ends that has begun.
        if not isinstance(error, FlyteCallTimeout) or not error.attempts:
            _log.warning("%s: no answer, asking again: %s", label, error)
        return self.next()
