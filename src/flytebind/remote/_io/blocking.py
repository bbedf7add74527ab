"""Runs the remote layer's coroutines in the calling thread, without an event loop.

A coroutine hands out what it waits for, and is resumed when that has come. Calls in flight finish
on gRPC's own thread and leave a word in a queue; the caller's thread reads the queue, which Ctrl-C
interrupts at any time. So this works in a thread that has an event loop running, too.
"""

from __future__ import annotations

import inspect
import time
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Coroutine,
    Generator,
    Iterable,
    Iterator,
)
from concurrent.futures import wait as wait_for_work
from contextlib import suppress
from functools import partial, wraps
from heapq import heappop, heappush
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

from flytebind._transfer.threads import GRACE, Threads, Work
from flytebind.remote._advice import explained
from flytebind.remote._io import AwaitableCall, Future, TimeIsUp
from flytebind.remote._io.interrupts import interrupts_held_back
from flytebind.remote._io.turns import Turns
from flytebind.runtime.errors import FlyteTimeout

P = ParamSpec("P")
S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)
T = TypeVar("T")

_WAKING = 0.25


class BlockingIo:
    """Hands each wait to the ``run`` that drives the coroutine."""

    async def call(self, start: Callable[[], Future[T] | AwaitableCall[T]]) -> T:
        """See ``Io``."""
        return cast("T", await _Call(start))

    async def sleep(self, seconds: float) -> None:
        """See ``Io``."""
        await _Sleep(seconds)

    async def in_thread(self, function: Callable[[], T]) -> T:
        """See ``Io``."""
        return cast("T", await _InThread(function))

    async def outside(self, begin: Callable[[], Future[T]]) -> T:
        """See ``Io``."""
        return cast("T", await _Outside(begin))

    async def gather(self, coroutines: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
        """See ``Io``."""
        return cast("list[T]", await _Gather(coroutines))

    async def within(self, seconds: float, coroutine: Coroutine[Any, Any, T]) -> T:
        """See ``Io``."""
        return cast("T", await _Within(seconds, coroutine))


def run(coroutine: Coroutine[Any, Any, T], turns: Turns) -> T:
    """Run a coroutine that waits through ``BlockingIo`` to its end.

    Args:
        coroutine: What to run.
        turns: How many calls may be in flight at once, together with those of others.

    Raises:
        BaseException: Whatever the coroutine raises, or interrupts this thread. Nothing goes on
            afterwards: calls in flight are cancelled.
    """
    driver = _Driver(turns)
    try:
        return cast("T", driver.run(coroutine))
    finally:
        driver.close()


class Driven(Protocol[S_co]):
    """Something whose coroutines are run here."""

    @property
    def _coroutines(self) -> S_co: ...

    @property
    def _turns(self) -> Turns: ...


class Touched(Driven[S_co], Protocol[S_co]):
    """Something that is loaded because somebody touches it, which says no timeout."""

    @property
    def _most_time(self) -> float | None: ...


# These decorate declarations, in place of being assigned: type checkers need not infer what comes
# of it, and whoever inherits it may do it in another way.
def blocking(
    operation: Callable[Concatenate[S, P], Coroutine[Any, Any, T]],
) -> Callable[[Callable[..., None]], Callable[Concatenate[Driven[S], P], T]]:
    """A method that does the same as an operation, and returns when it is done."""

    @wraps(operation)
    def call(self: Driven[S], /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            doing = operation(self._coroutines, *args, **kwargs)
        except TypeError as error:
            raise explained(error, call.__qualname__, operation.__qualname__) from None
        return run(doing, self._turns)

    return lambda declaration: call


def touching(
    operation: Callable[Concatenate[S, P], Coroutine[Any, Any, T]],
) -> Callable[[Callable[..., None]], Callable[Concatenate[Touched[S], P], T]]:
    """The same, of which all must be done in the time that a touch may take."""

    @wraps(operation)
    def call(self: Touched[S], /, *args: P.args, **kwargs: P.kwargs) -> T:
        doing = operation(self._coroutines, *args, **kwargs)
        if self._most_time is None:
            return run(doing, self._turns)
        try:
            return run(BlockingIo().within(self._most_time, doing), self._turns)
        except TimeIsUp:
            raise FlyteTimeout(
                "what was touched did not come within CallPolicy.touch_timeout"
                f" ({self._most_time:g} s)"
            ) from None

    return lambda declaration: call


def iterating(
    operation: Callable[Concatenate[S, P], AsyncIterator[T]],
) -> Callable[[Callable[..., None]], Callable[Concatenate[Driven[S], P], Iterator[T]]]:
    """A method that does the same as an operation, as a plain iterator."""

    @wraps(operation)
    def call(self: Driven[S], /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        try:
            items = operation(self._coroutines, *args, **kwargs)
        except TypeError as error:
            raise explained(error, call.__qualname__, operation.__qualname__) from None
        return _plain(items, self._turns)

    returned = operation.__annotations__["return"].removeprefix("Async")
    call.__annotations__ = {**operation.__annotations__, "return": returned}
    call.__dict__["__signature__"] = inspect.signature(operation).replace(
        return_annotation=returned
    )
    return lambda declaration: call


def _plain(items: AsyncIterator[T], turns: Turns) -> Iterator[T]:
    try:
        while True:
            try:
                yield run(_next(items), turns)
            except StopAsyncIteration:
                return
    finally:
        run(_close(items), turns)


async def _next(items: AsyncIterator[T]) -> T:
    return await anext(items)


async def _close(items: AsyncIterator[Any]) -> None:
    await cast("AsyncGenerator[Any, None]", items).aclose()


class _GivenUp(BaseException):
    """Raised in a coroutine that nobody waits for any more."""


class _Wait:
    """What a coroutine waits for. It hands out itself, and is asked for the result afterwards."""

    __slots__ = ()

    def __await__(self) -> Generator[_Wait, None, Any]:
        yield self
        return self.result()

    def result(self) -> Any:
        return None


class _Sleep(_Wait):
    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class _Outside(_Wait):
    """Something that ends in another thread."""

    __slots__ = ("future", "start")

    def __init__(self, start: Callable[[], Any]) -> None:
        self.start = start
        self.future: Future[Any] | None = None

    def result(self) -> Any:
        assert self.future is not None
        return self.future.result()


class _Call(_Outside):
    __slots__ = ()


class _InThread(_Outside):
    __slots__ = ()


class _Gather(_Wait):
    __slots__ = ("children", "coroutines", "error", "left")

    def __init__(self, coroutines: Iterable[Coroutine[Any, Any, Any]]) -> None:
        self.coroutines = iter(coroutines)
        self.children: list[_Task] = []
        self.left = 1  # the coroutines that are not started yet count as one
        self.error: BaseException | None = None

    def result(self) -> list[Any]:
        if self.error is not None:
            raise self.error
        return [child.value for child in self.children]


class _Within(_Gather):
    """A single coroutine, which is given up when its time is over."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float, coroutine: Coroutine[Any, Any, Any]) -> None:
        super().__init__([coroutine])
        self.seconds = seconds

    def result(self) -> Any:
        return super().result()[0]


class _Task:
    """A coroutine on its way."""

    __slots__ = ("coroutine", "done", "parent", "value", "wait")

    def __init__(self, coroutine: Coroutine[Any, Any, Any], parent: _Task | None = None) -> None:
        self.coroutine = coroutine
        self.parent = parent
        self.wait: _Wait | None = None
        self.done = False
        self.value: Any = None


class _Driver:
    """Resumes one coroutine, and those that it gathers, until it is done."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._ready: deque[_Task] = deque()
        self._queued: deque[_Task] = deque()  # for a free call
        # Those with children to start, innermost last.
        self._gathering: list[tuple[_Task, _Gather]] = []
        #: What goes on; None says that there may be a turn for a call.
        self._ended: SimpleQueue[_Task | None] = SimpleQueue()
        self._timers: list[tuple[float, int, _Task, _Wait]] = []
        self._count = count()
        self._threads: Threads | None = None
        self._given_up: list[Work[Any]] = []
        self._main: _Task | None = None

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        self._main = main = _Task(coroutine)
        self._ready.append(main)
        while not main.done:
            if self._ready:
                self._resume(self._ready.popleft())
            elif self._gathering and len(self._queued) < self._turns.most:
                self._start_child(*self._gathering[-1])
            else:
                self._await_event()
        return main.value

    def close(self) -> None:
        """Give up whatever has not ended."""
        if self._main is not None:
            self._give_up(self._main)
        if self._given_up:
            wait_for_work(self._given_up, GRACE)

    def _resume(self, task: _Task, refusal: Exception | None = None) -> None:
        if task.done:
            return
        task.wait = None  # it holds the call, and all that gRPC keeps of it
        coroutine = task.coroutine
        try:
            wait = coroutine.send(None) if refusal is None else coroutine.throw(refusal)
        except StopIteration as end:
            self._end(task, end.value, None)
        except Exception as error:
            self._end(task, None, error)
        except BaseException:
            task.done = True
            raise
        else:
            task.wait = wait
            self._begin(task, wait)

    def _begin(self, task: _Task, wait: _Wait) -> None:
        match wait:
            case _Call():
                self._queued.append(task)
                self._start_calls()
            case _InThread():
                with interrupts_held_back():
                    self._threads = self._threads or Threads()
                    wait.future = self._threads.submit(wait.start)
                    wait.future.add_done_callback(lambda _: self._ended.put(task))
            case _Outside():
                with interrupts_held_back():
                    wait.future = cast("Future[Any]", wait.start())
                    wait.future.add_done_callback(lambda _: self._ended.put(task))
            case _Sleep():
                self._set_timer(task, wait, wait.seconds)
            case _Gather():
                self._gathering.append((task, wait))
                if isinstance(wait, _Within):
                    self._set_timer(task, wait, wait.seconds)
            case _:  # nobody would ever resume it
                task.wait = None
                what = type(wait).__name__ if wait is not None else "an event loop"
                problem = f"waiting for {what} takes asyncio; without it, only this remote's own"
                self._resume(task, TypeError(f"{problem} calls can be awaited"))

    def _start_child(self, task: _Task, gather: _Gather) -> None:
        if task.wait is gather and gather.error is None:
            for coroutine in gather.coroutines:
                child = _Task(coroutine, task)
                gather.children.append(child)
                gather.left += 1
                self._ready.append(child)
                return
            self._child_ended(task)
        self._gathering.pop()

    def _child_ended(self, task: _Task) -> None:
        gather = cast("_Gather", task.wait)
        gather.left -= 1
        if not gather.left:
            self._ready.append(task)

    def _start_calls(self) -> None:
        while self._queued:
            if self._queued[0].done:
                self._queued.popleft()
                continue
            with interrupts_held_back():
                if not self._turns.take(self._wake):
                    return
                task = self._queued.popleft()
                wait = cast("_Call", task.wait)
                try:
                    wait.future = cast("Future[Any]", wait.start())
                except Exception as error:  # a closed channel refuses at once
                    wait.future = _Failed(error)
                    self._turns.give_back()
                    self._ready.append(task)
                    continue
                wait.future.add_done_callback(partial(self._call_ended, task))

    def _call_ended(self, task: _Task, _: object) -> None:
        """Runs in gRPC's thread."""
        self._turns.give_back()
        self._ended.put(task)

    def _wake(self) -> None:
        self._ended.put(None)

    def _await_event(self) -> None:
        """Wait for the end of something outside, or for the next timer."""
        timeout = None
        while self._timers and _is_over(*self._timers[0][2:]):
            heappop(self._timers)
        if self._timers:
            timeout = self._timers[0][0] - time.monotonic()
        # What is due does not wait for the end of thousands of calls, nor do these for it.
        is_due = timeout is not None and timeout <= 0
        if is_due:
            self._ring(*heappop(self._timers)[2:])
        # Ctrl-C that comes in the last moment before a wait does not end it: so none is long.
        longest = _WAKING if timeout is None else min(timeout, _WAKING)
        try:
            task = self._ended.get(not is_due, longest)
        except Empty:
            return  # what is due by now rings in the next round
        self._start_calls()
        if task is not None:
            self._ready.append(task)

    def _set_timer(self, task: _Task, wait: _Wait, seconds: float) -> None:
        heappush(self._timers, (time.monotonic() + seconds, next(self._count), task, wait))

    def _ring(self, task: _Task, wait: _Wait) -> None:
        """The time of a timer has come."""
        if isinstance(wait, _Within):
            wait.error = TimeIsUp()
            self._give_up_children(wait)
        self._ready.append(task)

    def _end(self, task: _Task, value: Any, error: Exception | None) -> None:
        task.done = True
        task.value = value
        parent, task.parent = task.parent, None
        if parent is None:
            if error is not None:
                raise error
            return
        if error is None:
            self._child_ended(parent)
            return
        gather = cast("_Gather", parent.wait)
        if gather.error is None:
            gather.error = error
            self._give_up_children(gather)
            self._ready.append(parent)

    def _give_up(self, task: _Task) -> None:
        if task.done:
            return
        task.done = True
        wait = task.wait
        if isinstance(wait, _Gather):
            self._give_up_children(wait)
        elif isinstance(wait, _Outside) and wait.future is not None:
            with interrupts_held_back():
                wait.future.cancel()
            if isinstance(wait.future, Work):
                self._given_up.append(wait.future)
        if inspect.getcoroutinestate(task.coroutine) == inspect.CORO_CLOSED:
            return  # Ctrl-C came after its end, before that could be noted.
        # Not `close`: an async generator that is closed while it waits stays "running" for ever.
        with suppress(_GivenUp, StopIteration):
            task.coroutine.throw(_GivenUp())
        task.coroutine.close()

    def _give_up_children(self, gather: _Gather) -> None:
        for child in gather.children:
            self._give_up(child)
        for coroutine in gather.coroutines:  # those that were never started
            coroutine.close()


def _is_over(task: _Task, wait: _Wait) -> bool:
    return task.done or task.wait is not wait


class _Failed:
    """A call that could not even be started."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def result(self) -> Any:
        raise self._error

    def cancel(self) -> bool:
        return False

    def add_done_callback(self, callback: Callable[[Any], None], /) -> None:
        callback(self)
