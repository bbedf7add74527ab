"""Runs coroutines by either driver."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from flytebind.remote._io import Io
from flytebind.remote._io.asynchronous import AsyncIo
from flytebind.remote._io.blocking import BlockingIo, run
from flytebind.remote._io.turns import Turns
from tests.remote.io.held import HeldServer

T = TypeVar("T")


class Driver:
    """One of the two.

    Args:
        kind: ``blocking`` or ``asyncio``.
        max_calls: How many calls may be in flight.
    """

    def __init__(self, kind: str, max_calls: int = 64) -> None:
        self.kind = kind
        self._turns = Turns(max_calls)
        self.io: Io = BlockingIo() if kind == "blocking" else AsyncIo(self._turns)

    def with_limit(self, max_calls: int) -> Driver:
        """The same kind of driver, with another limit."""
        return Driver(self.kind, max_calls)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end; on asyncio in a loop of its own."""
        if self.kind == "blocking":
            return run(coroutine, self._turns)
        return asyncio.run(_alone(coroutine))

    def call(self, server: HeldServer, request: bytes) -> Coroutine[Any, Any, bytes]:
        """Call a server."""
        return self.io.call(lambda: server.call(request))


async def _alone(work: Awaitable[T]) -> T:
    try:
        return await work
    finally:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not others, f"tasks are left behind: {others}"


def when(true: Callable[[], object], act: Callable[[], object]) -> threading.Thread:
    """Do something in another thread once that is true; join the thread in the end."""
    from tests.remote.faults.leftovers import until

    def watch() -> None:
        until(lambda: bool(true()), "what the test waits for")
        act()

    thread = threading.Thread(target=watch, name="when")
    thread.start()
    return thread
