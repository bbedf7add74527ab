"""One call for all who ask for the same thing at the same time."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from flytebind.remote._io import Io, TimeIsUp

T = TypeVar("T")


class SingleFlight:
    """Lets those who ask at the same time, in whatever threads and loops, share one answer.

    Args:
        io: What they wait through.
        timeout: Seconds after which somebody who waits asks as well: who has asked first may be in
            a loop that has stopped.
    """

    def __init__(self, io: Io, timeout: float) -> None:
        self._io = io
        self._timeout = timeout
        self._lock = threading.Lock()
        self._asked: dict[Hashable, Future[Any]] = {}

    async def share(self, key: Hashable, fetch: Callable[[], Awaitable[T]]) -> T:
        """The answer, or the error, of whoever is asking for the same.

        Args:
            key: What is asked for.
            fetch: Asks for it, if nobody else does; also if who did so has been given up.
        """
        while True:
            with self._lock:
                asked: Future[T] | None = self._asked.get(key)
                if asked is None:
                    own = self._asked[key] = Future()
                    break
            waiting = self._io.outside(partial(_end_of, asked))
            try:
                await self._io.within(self._timeout, waiting)
            except TimeIsUp:
                self._drop(key, asked)
                continue
            if not asked.cancelled():
                return asked.result()
        try:
            answer = await fetch()
        except BaseException as error:
            self._drop(key, own)
            if isinstance(error, Exception):
                own.set_exception(error)
            else:  # it was given up: that is nothing to the others
                own.cancel()
            raise
        self._drop(key, own)
        own.set_result(answer)
        return answer

    def _drop(self, key: Hashable, asked: Future[Any]) -> None:
        with self._lock:
            if self._asked.get(key) is asked:
                del self._asked[key]


def _end_of(asked: Future[Any]) -> Future[None]:
    """Something to wait for, and to give up, without any harm to what others wait for."""
    ended: Future[None] = Future()

    def note(_: object) -> None:
        with suppress(InvalidStateError):  # nobody waits any more
            ended.set_result(None)

    asked.add_done_callback(note)
    return ended
