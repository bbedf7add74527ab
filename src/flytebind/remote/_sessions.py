"""What all operations of a remote share, whichever Flyte it is of."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from flytebind.remote._arguments import named, seconds
from flytebind.remote._calls import CallPolicy
from flytebind.remote._io import Io, TimeIsUp
from flytebind.remote._io.turns import Turns
from flytebind.remote._time import Time
from flytebind.remote.errors import FlyteAssertion, FlyteTimeout

T = TypeVar("T")


class SessionBase:
    """What operations wait through, how long, and where they are when nobody says so.

    Args:
        io: What coroutines wait through.
        turns: How many calls may be in flight.
        policy: Deadlines and retries.
        project: The project of calls that name none.
        domain: The domain of calls that name none.
    """

    def __init__(
        self, io: Io, turns: Turns, policy: CallPolicy, project: str | None, domain: str | None
    ) -> None:
        self.io = io
        self.turns = turns
        self.policy = policy
        self.project = project
        self.domain = domain

    def close(self) -> None:
        """End all calls and close all connections. Twice does no harm."""
        raise NotImplementedError

    def place(self, project: str | None, domain: str | None) -> tuple[str, str]:
        """The project and the domain of a call: those given, or else the configured ones.

        Raises:
            FlyteAssertion: If one is neither given nor configured.
            FlyteValueError: If one is nothing but space.
        """
        found = (project or self.project, domain or self.domain)
        for name, value in zip(("project", "domain"), found, strict=True):
            if not value:
                raise FlyteAssertion(f"which {name}? Give {name}=..., here or to the remote")
            named(value, name)
        return str(found[0]), str(found[1])

    async def within(
        self,
        timeout: Time | timedelta | float | None,
        what: str,
        work: Callable[[], Coroutine[Any, Any, T]],
        error: Callable[[str], FlyteTimeout] = FlyteTimeout,
    ) -> T:
        """Do something that has so long for all of it: calls, pauses and transfers.

        Args:
            timeout: How long, in seconds or as a timedelta; None for as long as it takes.
            what: What is done, for people.
            work: Does it.
            error: Makes the error of its message.

        Raises:
            FlyteTimeout: If it is not done by then; it is given up.
            ValueError: If the timeout is none.
        """
        limit = timeout if isinstance(timeout, Time) else Time(timeout)
        return await limit.within(self.io, work, lambda: error(_too_late(what, limit.given)))

    def each_within(
        self, timeout: timedelta | float | None, what: str, items: AsyncIterator[T]
    ) -> AsyncIterator[T]:
        """Items, which have so long to come, all of them together.

        What the reader does between them takes none of this time.

        Args:
            timeout: How long, in seconds or as a timedelta; None for as long as it takes.
            what: What they are, for people.
            items: Brings them.

        Raises:
            FlyteTimeout: If they are not here by then; once one goes on.
            ValueError: If the timeout is none; at once.
        """
        most = seconds(timeout, "timeout")
        return items if most is None else self._each_within(most, what, items)

    async def _each_within(
        self, most: float, what: str, items: AsyncIterator[T]
    ) -> AsyncIterator[T]:
        left = most
        while True:
            began = time.monotonic()
            try:
                item = await self.io.within(max(left, 0), _next(items))
            except StopAsyncIteration:
                return
            except TimeIsUp:
                raise FlyteTimeout(_too_late(what, most)) from None
            left -= time.monotonic() - began
            yield item


async def _next(items: AsyncIterator[T]) -> T:
    return await anext(items)


def _too_late(what: str, timeout: float | None) -> str:
    return f"{what} took longer than the {timeout:g} s that were allowed"
