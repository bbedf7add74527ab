"""Blocking work in threads of its own, which can be given up.

Not ``concurrent.futures``' pool: the program would wait for its threads in the end, and nothing
tells a function that runs in one that nobody wants its result any more.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import Any, Generic, TypeVar

T = TypeVar("T")

#: Seconds that work which was given up has to clear up, before nobody waits for that either.
GRACE = 0.5

_MAX_THREADS = 64

_current: ContextVar[Work[Any] | None] = ContextVar("flytebind_work", default=None)


class GivenUp(Exception):
    """Nobody waits for this any more."""


class Work(Future[T], Generic[T]):
    """A function that runs in a thread: a future that can be cancelled while it runs, too.

    Args:
        function: What to run.
    """

    def __init__(self, function: Callable[[], T]) -> None:
        super().__init__()
        self._function = function
        self._context = copy_context()
        self._given_up = False
        self._ends: list[Callable[[], object]] = []
        self._keeping = threading.RLock()

    def run(self) -> None:
        """Run it, in the thread that calls this."""
        if self.set_running_or_notify_cancel():
            self._context.run(self._run)

    def cancel(self) -> bool:
        """Give it up: what it waits for is ended, and nothing is kept of what it does then."""
        with self._keeping:
            self._given_up = True
            ends, self._ends = self._ends, []
        for end in ends:
            end()
        return super().cancel()

    def check(self) -> None:
        """Raise ``GivenUp`` if nobody waits any more."""
        if self._given_up:
            raise GivenUp("nobody waits for this any more")

    @contextmanager
    def ended_by(self, end: Callable[[], object]) -> Iterator[None]:
        """Have something called when this is given up during the block, from another thread.

        Raises:
            GivenUp: If that has happened already.
        """
        with self._keeping:
            self.check()
            self._ends.append(end)
        try:
            yield
        finally:
            with self._keeping:
                if end in self._ends:
                    self._ends.remove(end)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Let this be given up before or after the block, but not while it runs.

        Raises:
            GivenUp: If that has happened already.
        """
        with self._keeping:
            self.check()
            yield

    def _run(self) -> None:
        _current.set(self)
        try:
            result = self._function()
        except BaseException as error:
            self.set_exception(error)
        else:
            self.set_result(result)


def current_work() -> Work[Any] | None:
    """What this thread works on; None in a thread that is the caller's own."""
    return _current.get()


def check_given_up() -> None:
    """For loops that wait for nothing: raise ``GivenUp`` once nobody wants the result."""
    work = _current.get()
    if work is not None:
        work.check()


@contextmanager
def unless_given_up() -> Iterator[None]:
    """For steps that change something for good, such as putting a file in its place.

    Whoever gives the work up comes before the block, which then does not run, or after it.

    Raises:
        GivenUp: If nobody waits any more.
    """
    work = _current.get()
    if work is None:
        yield
        return
    with work.kept():
        yield


@contextmanager
def never_given_up() -> Iterator[None]:
    """For steps that are to come to their end, whoever waits for it."""
    before = _current.set(None)
    try:
        yield
    finally:
        _current.reset(before)


class Threads:
    """Runs functions in threads that do not hold up the end of the program.

    Args:
        most: How many run at once; others wait for their turn.
    """

    def __init__(self, most: int = _MAX_THREADS) -> None:
        self._most = most
        self._running = 0
        self._waiting: deque[Work[Any]] = deque()
        self._lock = threading.Lock()

    def submit(self, function: Callable[[], T]) -> Work[T]:
        """Run a function as soon as there is a thread for it."""
        work = Work(function)
        with self._lock:
            self._waiting.append(work)
            if self._running >= self._most:
                return work
            self._running += 1
        threading.Thread(target=self._work_off, name="flytebind", daemon=True).start()
        return work

    def _work_off(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._running -= 1
                    return
                work = self._waiting.popleft()
            work.run()
            del work  # its result may be large
