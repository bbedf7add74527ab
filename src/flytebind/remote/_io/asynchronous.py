"""Runs the remote layer's coroutines in the caller's event loop.

The calls are those of a plain gRPC channel: their ends are passed on to the loop that waits. So one
channel serves any number of loops, in any number of threads.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, ref

from flytebind._transfer.threads import GRACE, Threads
from flytebind.remote._io import AwaitableCall, Future, TimeIsUp
from flytebind.remote._io.interrupts import interrupts_held_back
from flytebind.remote._io.turns import Turns
from flytebind.runtime.grpcio import grpc

T = TypeVar("T")

_WAKING = 0.25

#: What goes on, at any depth, within a time that somebody has set.
_inside: ContextVar[set[asyncio.Task[Any]] | None] = ContextVar("flytebind_inside", default=None)


class AsyncIo:
    """Waits in the running event loop.

    Args:
        turns: How many calls may be in flight at once, whichever loop they are of.
    """

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._queues: WeakKeyDictionary[asyncio.AbstractEventLoop, _Queue] = WeakKeyDictionary()
        self._threads: WeakKeyDictionary[asyncio.AbstractEventLoop, Threads] = WeakKeyDictionary()

    async def call(self, start: Callable[[], Future[T] | AwaitableCall[T]]) -> T:
        """See ``Io``."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()

        def note(_: object) -> None:
            self._turns.give_back()
            _pass_on(loop, ended)

        await self._queue(loop).turn()
        try:
            with interrupts_held_back():
                started = start()
                started.add_done_callback(note)
        except Exception:  # it was not started
            self._turns.give_back()
            raise
        try:
            await ended
        except asyncio.CancelledError:
            started.cancel()
            raise
        if not isinstance(started, Awaitable):
            return started.result()
        if started.cancelled():  # by its channel: this task is not the one that is cancelled
            raise grpc.FutureCancelledError
        return await started

    async def sleep(self, seconds: float) -> None:
        """See ``Io``."""
        await asyncio.sleep(seconds)

    async def in_thread(self, function: Callable[[], T]) -> T:
        """See ``Io``."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()
        with interrupts_held_back():
            work = self._threads_of(loop).submit(function)
            work.add_done_callback(lambda _: _pass_on(loop, ended))
        try:
            await asyncio.wait([ended])  # who awaits it alone cancels it, too
        except asyncio.CancelledError:
            work.cancel()
            await _settled(ended, GRACE)
            raise
        return work.result()

    async def outside(self, begin: Callable[[], Future[T]]) -> T:
        """See ``Io``."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()
        begun = begin()
        begun.add_done_callback(lambda _: _pass_on(loop, ended))
        try:
            while not ended.done():
                # Ctrl-C in a notebook cancels the cell, and does not wake the loop to see it.
                await asyncio.wait([ended], timeout=_WAKING)
        finally:
            begun.cancel()
        return begun.result()

    async def gather(self, coroutines: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
        """See ``Io``."""
        queue = self._queue(asyncio.get_running_loop())
        tasks: list[asyncio.Task[T]] = []
        failed: list[asyncio.Task[T]] = []
        left = iter(coroutines)
        inside = _inside.get()

        def note(task: asyncio.Task[T]) -> None:
            if not task.cancelled() and task.exception() is not None:
                failed.append(task)

        try:
            for coroutine in left:
                tasks.append(asyncio.ensure_future(coroutine))
                tasks[-1].add_done_callback(note)
                if inside is not None:
                    inside.add(tasks[-1])
                    tasks[-1].add_done_callback(inside.discard)
                await queue.is_short()
                if failed:
                    break
            return await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            for coroutine in left:
                coroutine.close()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    async def within(self, seconds: float, coroutine: Coroutine[Any, Any, T]) -> T:
        """See ``Io``."""
        inside = set[asyncio.Task[Any]]()
        outer = _inside.set(inside)
        task = asyncio.ensure_future(coroutine)
        _inside.reset(outer)
        try:
            await asyncio.wait({task}, timeout=seconds)
            is_late = not task.done()
        finally:
            # All at once: level by level, the inner ones would start more in the meantime.
            for each in [task, *inside]:
                each.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if is_late and task.cancelled():
            raise TimeIsUp
        return task.result()

    def _queue(self, loop: asyncio.AbstractEventLoop) -> _Queue:
        queue = self._queues.get(loop)
        if queue is None:
            queue = self._queues[loop] = _Queue(self._turns, loop)
        return queue

    def _threads_of(self, loop: asyncio.AbstractEventLoop) -> Threads:
        threads = self._threads.get(loop)
        if threads is None:
            threads = self._threads[loop] = Threads()
        return threads


class _Queue:
    """Those in one loop that wait for their turn; tells when they are too many.

    Not asyncio's own semaphore: that keeps its loop alive, and the loop is what this is kept for.
    """

    def __init__(self, turns: Turns, loop: asyncio.AbstractEventLoop) -> None:
        self._turns = turns
        self._loop = ref(loop)
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._short: list[asyncio.Future[None]] = []

    async def turn(self) -> None:
        """Wait for a turn, which is to be given back."""
        if not self._waiting and self._turns.take(self._wake):
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                with suppress(ValueError):  # Those who passed turns on have left it out already.
                    self._waiting.remove(turn)
            else:
                self._turns.give_back()
            raise
        finally:
            self._tell_if_short()

    async def is_short(self) -> None:
        """Wait until there is room for more; at least until others have had their turn."""
        await asyncio.sleep(0)
        while len(self._waiting) >= self._turns.most:
            short = asyncio.get_running_loop().create_future()
            self._short.append(short)
            await short

    def _wake(self) -> None:
        """Have turns taken for those who wait; runs in any thread."""
        loop = self._loop()
        if loop is not None:
            with suppress(RuntimeError):  # The loop is closed: nobody waits any more.
                loop.call_soon_threadsafe(self._take)

    def _take(self) -> None:
        while self._waiting:
            if self._waiting[0].done():
                self._waiting.popleft()
            elif self._turns.take(self._wake):
                self._waiting.popleft().set_result(None)
            else:
                return

    def _tell_if_short(self) -> None:
        if len(self._waiting) < self._turns.most:
            for short in self._short:
                _wake(short)
            self._short.clear()


async def _settled(ended: asyncio.Future[None], seconds: float) -> None:
    """Wait for an end, though this task is cancelled again: ``asyncio.run`` does so at its own."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while not ended.done() and loop.time() < until:
        with suppress(asyncio.CancelledError):
            await asyncio.wait([ended], timeout=until - loop.time())


def _pass_on(loop: asyncio.AbstractEventLoop, ended: asyncio.Future[None]) -> None:
    """Wake the loop, from gRPC's thread."""
    with suppress(RuntimeError):  # The loop is closed: nobody waits any more.
        loop.call_soon_threadsafe(_wake, ended)


def _wake(ended: asyncio.Future[None]) -> None:
    if not ended.done():
        ended.set_result(None)
