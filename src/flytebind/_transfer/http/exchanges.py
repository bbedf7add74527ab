"""Requests that are under way, and whoever ends them before their time.

A thread that waits for a server can be reached in one way alone: its socket is shut down. So each
exchange knows its socket; when its time is up, when the remote is closed and when nobody waits any
more, that is what happens.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, InvalidStateError, wait
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any, NoReturn, TypeVar

from flytebind._transfer.http.errors import HttpEnded, HttpError, HttpTimeout, reason_of
from flytebind._transfer.patience import Patience
from flytebind._transfer.threads import Threads, current_work

try:
    import fcntl
    import termios
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

T = TypeVar("T")

_RESTLESS = 0.1  # seconds between looks at one whose time is up, until its thread has noticed


class Exchange:
    """One request and its answer.

    Args:
        url: Where it goes.
        patience: How long it may take. Others may share it: whoever asks once more elsewhere.
    """

    def __init__(self, url: str, patience: Patience) -> None:
        self.url = url
        self.until_end: ExitStack[bool | None] = ExitStack()
        """What is undone at the end."""
        self._patience = patience
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._end: Future[HttpError] = Future()
        self._unsent = 0

    def left(self) -> float:
        """Seconds until its time is up."""
        return self._patience.left()

    def moved(self, count: int) -> None:
        """Note that so many bytes were sent or have come."""
        self._patience.moved(count)
        if not self._patience.is_deadline and self._socket is not None:
            self._unsent = _unsent(self._socket)

    def hold(self, connected: socket.socket) -> None:
        """Know the socket, by a handle of its own: TLS takes the other one over."""
        self._let_go()
        with self._lock:
            self._socket = connected.dup()
        self.check()

    def answered(self) -> bool:
        """Whether something has come that is not read yet."""
        from urllib3.util import wait_for_read

        return self._socket is not None and wait_for_read(self._socket, timeout=0)

    def wait_for(self, function: Callable[[], T]) -> T:
        """Run what cannot be ended otherwise in a thread that nobody waits for."""
        work = Threads().submit(function)
        either: list[Future[Any]] = [work, self._end]
        wait(either, timeout=max(self.left(), 0), return_when=FIRST_COMPLETED)
        self.check()
        return work.result()

    def rest(self, seconds: float) -> None:
        """Let time pass, unless it is ended meanwhile."""
        wait([self._end], timeout=seconds)
        self.check()

    def end(self, why: HttpError) -> None:
        """End it, from whatever thread. The first that does so says why."""
        with suppress(InvalidStateError):
            self._end.set_result(why)
        with self._lock:
            if self._socket is not None:
                with suppress(OSError):  # the other side may have gone
                    self._socket.shutdown(socket.SHUT_RDWR)

    def end_if_late(self) -> None:
        """End it when its time is up, unless what was sent still moves."""
        if self.left() <= 0:
            self._note_what_has_left()
        if self.left() <= 0:
            what = "no answer within" if self._patience.is_deadline else "hardly anything moved for"
            self.end(HttpTimeout(self.url, f"{what} {self._patience.seconds:g} s"))

    def is_ended(self) -> bool:
        """Whether it was ended."""
        return self._end.done()

    def check(self) -> None:
        """Raise why it was ended, if it was."""
        self.end_if_late()
        if self._end.done():
            raise self._end.result()

    def fail(self, error: Exception) -> NoReturn:
        """Raise what an error means. If the exchange was ended, that is what it comes from."""
        if self._end.done():
            raise self._end.result() from None
        if isinstance(error, HttpError):
            raise error
        reason, passing = reason_of(error, self.url)
        raise HttpError(self.url, reason, passing=passing) from None

    def finish(self) -> None:
        """Nothing is to come any more."""
        self._let_go()
        self.until_end.close()

    def _note_what_has_left(self) -> None:
        """Let count what the other side has taken of what the system holds for it.

        On a slow line the last megabytes leave long after they were sent.
        """
        with self._lock:
            unsent = 0 if self._socket is None else _unsent(self._socket)
        gone, self._unsent = self._unsent - unsent, unsent
        if gone > 0:
            self._patience.moved(gone)

    def _let_go(self) -> None:
        with self._lock:
            held, self._socket = self._socket, None
        if held is not None:
            held.close()


class Exchanges:
    """All that are under way. One thread sees to it that none outlives its time."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running: set[Exchange] = set()
        self._watch: threading.Thread | None = None
        self._closed = False

    def begin(self, url: str, patience: Patience) -> Exchange:
        """Begin one that is to be finished; see ``Exchange``.

        Raises:
            HttpEnded: If the remote is closed.
            GivenUp: If this thread works on something that nobody waits for any more.
        """
        exchange = Exchange(url, patience)
        with exchange.until_end as until_end:
            until_end.enter_context(self._watched(exchange))
            work = current_work()
            if work is not None:
                given_up = HttpEnded(url, "nobody waits for the answer any more")
                until_end.enter_context(work.ended_by(partial(exchange.end, given_up)))
            exchange.until_end = until_end.pop_all()
        return exchange

    def close(self) -> None:
        """End all, and begin no more."""
        with self._changed:
            self._closed = True
            running = list(self._running)
        for exchange in running:
            exchange.end(_closed(exchange.url))

    @contextmanager
    def _watched(self, exchange: Exchange) -> Iterator[None]:
        with self._changed:
            if self._closed:
                raise _closed(exchange.url)
            self._running.add(exchange)
            if self._watch is None:
                self._watch = threading.Thread(
                    target=self._end_late_ones, name="flytebind-http", daemon=True
                )
                self._watch.start()
            else:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._running.discard(exchange)
                if not self._running:
                    self._changed.notify()  # so that the watch ends

    def _end_late_ones(self) -> None:
        with self._changed:
            while self._running:
                for exchange in self._running:
                    exchange.end_if_late()
                nearest = min(exchange.left() for exchange in self._running)
                self._changed.wait(max(nearest, _RESTLESS))
            self._watch = None


def connect(host: str, port: int, exchange: Exchange) -> socket.socket:
    """A connection to a host, at the first of its addresses where there is somebody.

    Raises:
        HttpError: If the exchange is ended meanwhile.
        OSError: If there is nobody.
    """
    addresses = exchange.wait_for(
        partial(socket.getaddrinfo, host, port, socket.AF_UNSPEC, socket.SOCK_STREAM)
    )
    failure = OSError("the name has no address")
    for number, (family, kind, protocol, _, address) in enumerate(addresses):
        connected = socket.socket(family, kind, protocol)
        try:
            exchange.hold(connected)
            # An address that swallows everything leaves time for the others; the last has it all.
            others = len(addresses) - number - 1
            connected.settimeout(max(exchange.left(), 0.001) / (others + 1) if others else None)
            connected.connect(address)
            exchange.check()
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connected.settimeout(None)
            return connected
        except OSError as error:
            connected.close()
            failure = error
        except BaseException:
            connected.close()
            raise
    raise failure


def _unsent(held: socket.socket) -> int:
    """How many bytes wait to be sent or to be confirmed; 0 where the system does not tell."""
    if fcntl is None:
        return 0
    count = bytearray(4)
    try:
        fcntl.ioctl(held, termios.TIOCOUTQ, count)
    except OSError:
        return 0
    return int.from_bytes(count, sys.byteorder)


def _closed(url: str) -> HttpEnded:
    return HttpEnded(url, "the remote is closed")
