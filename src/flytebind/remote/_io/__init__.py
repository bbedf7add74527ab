"""How the remote layer waits: one kind of coroutine, and two drivers that run it.

What the remote layer does is written once, as coroutines that wait only through an ``Io``. On the
asyncio face the caller's event loop runs them; on the sync face ``blocking.run`` does, in the
caller's thread and without a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Iterable
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Future(Protocol[T_co]):
    """What gRPC's futures and those of ``concurrent.futures`` have in common."""

    def result(self) -> T_co:
        """The result, or the error, once it is done."""
        ...

    def cancel(self) -> bool:
        """Give it up, if that is still possible."""
        ...

    def add_done_callback(self, callback: Callable[[Any], None], /) -> None:
        """Call something when it is done, in whatever thread that is."""
        ...


class AwaitableCall(Protocol[T_co]):
    """A call of a ``grpc.aio`` channel, which its loop waits for."""

    def __await__(self) -> Generator[Any, None, T_co]: ...

    def cancel(self) -> bool:
        """Give it up, if that is still possible."""
        ...

    def cancelled(self) -> bool:
        """Whether it was given up, or its channel was closed."""
        ...

    def add_done_callback(self, callback: Callable[[Any], None], /) -> None:
        """Call something when it is done, in the loop's thread."""
        ...


class TimeIsUp(Exception):
    """What ``Io.within`` has given up was not done in time."""


class Io(Protocol):
    """What coroutines of the remote layer may wait for."""

    async def call(self, start: Callable[[], Future[T] | AwaitableCall[T]]) -> T:
        """Start a call once fewer than the allowed number are in flight, and wait for its end.

        A coroutine that is given up cancels the call.
        """
        ...

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        ...

    async def in_thread(self, function: Callable[[], T]) -> T:
        """Run something that blocks where it holds up nobody else."""
        ...

    async def outside(self, begin: Callable[[], Future[T]]) -> T:
        """Begin something that ends elsewhere, and wait for its end.

        A coroutine that is given up cancels the future.
        """
        ...

    async def gather(self, coroutines: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
        """Run all side by side; the results come in the order of the coroutines.

        The first that fails gives up the others, and its error is raised. They are taken from the
        iterable as calls can be made for them, so that thousands do not pile up.
        """
        ...

    async def within(self, seconds: float, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run something that has so long for all that it does.

        Raises:
            TimeIsUp: If it is not done by then; it is given up, and all its calls are cancelled.
        """
        ...
