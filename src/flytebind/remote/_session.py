"""What all operations of a remote share."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from flytebind.remote._arguments import named, seconds
from flytebind.remote._calls import Caller, CallPolicy
from flytebind.remote._clients import async_client
from flytebind.remote._connection import Connection
from flytebind.remote._io import Io, TimeIsUp
from flytebind.remote._io.turns import Turns
from flytebind.remote._single_flight import SingleFlight
from flytebind.remote.errors import FlyteAssertion, FlyteTimeout
from flytebind.remote.executions import Remote
from flytebind.runtime.model import Model
from flytebind.services.admin import AdminServiceAsyncClient

M = TypeVar("M", bound=Model[Any])
T = TypeVar("T")

_MAX_CACHED = 256


class Session:
    """The clients of one connection, what they wait through, and what need not be asked twice.

    Args:
        remote: The face that results are attached to.
        connection: Where calls go.
        io: What coroutines wait through.
        turns: How many calls may be in flight.
        policy: Deadlines and retries.
        project: The project of calls that name none.
        domain: The domain of calls that name none.
    """

    def __init__(
        self,
        remote: Remote,
        connection: Connection,
        io: Io,
        turns: Turns,
        policy: CallPolicy,
        *,
        project: str | None,
        domain: str | None,
    ) -> None:
        self.remote = remote
        self.can_load_later: bool = remote.can_load_later
        """Whether executions may load what they lack when they are touched."""
        self.connection = connection
        self.io = io
        self.turns = turns
        self.policy = policy
        self.project = project
        self.domain = domain
        self.caller: Caller = Caller(connection, io, policy)
        self.admin: AdminServiceAsyncClient = async_client(AdminServiceAsyncClient, self.caller)
        self._entities: OrderedDict[tuple[type, bytes], Any] = OrderedDict()
        self._flights = SingleFlight(io, policy.timeout)
        self.signs = True
        """Whether the server has signed a link when it was asked last."""
        self._lock = threading.Lock()

    async def cached(self, kind: type[M], id: Model[Any], fetch: Callable[[], Awaitable[M]]) -> M:
        """Something that never changes on the server, such as a version of a task or workflow.

        Args:
            kind: What it is.
            id: Which one.
            fetch: Gets it when it is not known; once for all who want it at the same time.
        """
        key = (kind, id.to_bytes())

        async def known_or_fetched() -> M:
            found: M | None = self._known(key)
            if found is None:
                found = await fetch()
                self.keep(id, found)
            return found

        found: M | None = self._known(key)
        return await self._flights.share(key, known_or_fetched) if found is None else found

    def keep(self, id: Model[Any], fetched: Model[Any]) -> None:
        """Know something that has come for another reason."""
        with self._lock:
            self._entities[type(fetched), id.to_bytes()] = fetched
            while len(self._entities) > _MAX_CACHED:
                self._entities.popitem(last=False)

    def _known(self, key: tuple[type, bytes]) -> Any:
        with self._lock:
            if key in self._entities:
                self._entities.move_to_end(key)
            return self._entities.get(key)

    async def within(
        self,
        timeout: timedelta | float | None,
        what: str,
        work: Callable[[], Coroutine[Any, Any, T]],
    ) -> T:
        """Do something that has so long for all of it: calls, pauses and transfers.

        Args:
            timeout: How long, in seconds or as a timedelta; None for as long as it takes.
            what: What is done, for people.
            work: Does it.

        Raises:
            FlyteTimeout: If it is not done by then; it is given up.
            ValueError: If the timeout is none.
        """
        left = seconds(timeout, "timeout")
        if left is None:
            return await work()
        try:
            return await self.io.within(left, work())
        except TimeIsUp:
            raise _too_late(what, left) from None

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
                raise _too_late(what, most) from None
            left -= time.monotonic() - began
            yield item

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


async def _next(items: AsyncIterator[T]) -> T:
    return await anext(items)


def _too_late(what: str, timeout: float) -> FlyteTimeout:
    return FlyteTimeout(f"{what} took longer than the {timeout:g} s that were allowed")
