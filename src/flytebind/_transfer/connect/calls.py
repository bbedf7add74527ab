"""One call over HTTP, in the shape of gRPC's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from flytebind._transfer.connect import protocol
from flytebind._transfer.connect.protocol import Malformed, Pairs, Status, TooLarge
from flytebind._transfer.http.client import Answer, HttpClient, whole
from flytebind._transfer.http.errors import HttpEnded, HttpError, HttpOversize, HttpTimeout
from flytebind._transfer.http.exchanges import Exchange
from flytebind._transfer.threads import GivenUp, Threads, Work
from flytebind.runtime.grpcio import grpc

if TYPE_CHECKING:
    _Future: TypeAlias = grpc.Future[Any]
else:
    _Future = grpc.Future

T = TypeVar("T")

_OK = Status(grpc.StatusCode.OK)
_GIVEN_UP = Status(grpc.StatusCode.CANCELLED, "the call was given up")
#: What is read of an answer that only says what is wrong.
_REFUSAL_BYTES = 1 << 20


class ConnectError(grpc.RpcError):
    """A call has failed.

    Args:
        status: How it has ended.
        initial: What the server sent ahead.
    """

    def __init__(self, status: Status, initial: Pairs = ()) -> None:
        super().__init__(status.code, status.details)
        self.status = status
        self._initial = initial

    def code(self) -> grpc.StatusCode:
        """The status code."""
        return self.status.code

    def details(self) -> str:
        """What the server said, or why there was no answer."""
        return self.status.details

    def initial_metadata(self) -> Pairs:
        """What the server sent ahead."""
        return self._initial

    def trailing_metadata(self) -> Pairs:  # type: ignore[override]  # the stubs' own is imagined
        """What the server sent last; ``status_details`` reads the error's details in it."""
        return self.status.trailing

    def debug_error_string(self) -> str:
        """As gRPC's errors have one."""
        return str(self)

    def __str__(self) -> str:
        return f"{self.status.code.name}: {self.status.details}"


@dataclass(frozen=True)
class Request:
    """What is sent, and how its answer is read."""

    http: HttpClient
    url: str
    headers: dict[str, str]
    body: bytes
    timeout: float | None
    """Seconds from the beginning of the call; None for no deadline."""
    since: float
    """When that was, on the monotonic clock."""
    most: int
    """How many bytes a message of the answer may have."""
    read: Callable[[bytes], Any]
    """Makes a message of its bytes."""

    def begin(self) -> Exchange:
        """Begin to count its time.

        Raises:
            ConnectError: If the channel is closed.
        """
        try:
            return self.http.begin(self.url, self.timeout, since=self.since)
        except HttpError as error:
            raise ConnectError(status_of(error)) from None

    def post(self, exchange: Exchange) -> Answer:
        """Send it, and take the head of the answer.

        Raises:
            HttpError: If there is none.
        """
        return self.http.post(exchange, self.headers, self.body)

    def message(self, data: bytes) -> Any:
        """Read a message.

        Raises:
            ConnectError: If it cannot be read, in gRPC's words.
        """
        try:
            return self.read(data)
        except Exception as error:
            status = Status(grpc.StatusCode.INTERNAL, "Exception deserializing response!")
            raise ConnectError(status) from error


def status_of(error: HttpError) -> Status:
    """What it means for a call that HTTP has failed."""
    if isinstance(error, HttpTimeout):
        return Status(grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded")
    if isinstance(error, HttpEnded):
        return _GIVEN_UP
    if isinstance(error, HttpOversize):
        return Status(grpc.StatusCode.RESOURCE_EXHAUSTED, str(TooLarge(error.most)))
    return Status(grpc.StatusCode.UNAVAILABLE, f"failed to connect: {error.reason}")


class Call(grpc.Call):
    """What can be asked of a call while it goes on and afterwards, from any thread.

    Args:
        request: What to send.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._headed = threading.Event()
        self._ended = threading.Event()
        self._initial: Pairs = ()
        self._status = _OK
        self._callbacks: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def initial_metadata(self) -> Pairs:
        """What the server sent ahead; waits for it."""
        self._headed.wait()
        return self._initial

    def trailing_metadata(self) -> Pairs:
        """What the server sent last; waits for the end of the call."""
        self._ended.wait()
        return self._status.trailing

    def code(self) -> grpc.StatusCode:
        """How the call has ended; waits for its end."""
        self._ended.wait()
        return self._status.code

    def details(self) -> str:
        """What the server said at the end; waits for it."""
        self._ended.wait()
        return self._status.details

    def is_active(self) -> bool:
        """Whether it goes on."""
        return not self._ended.is_set()

    def time_remaining(self) -> float | None:  # type: ignore[override]  # as gRPC's own
        """Seconds until its deadline; None if it has none."""
        request = self._request
        if request.timeout is None:
            return None
        return max(request.since + request.timeout - time.monotonic(), 0.0)

    def add_callback(self, callback: Callable[[], None]) -> bool:
        """Have something called at the end; False if that is over."""
        with self._lock:
            if self._ended.is_set():
                return False
            self._callbacks.append(callback)
            return True

    def _head(self, initial: Pairs) -> None:
        self._initial = initial
        self._headed.set()

    def _end(self, status: Status) -> None:
        """Note how it has ended; the first that says so is right."""
        with self._lock:
            if self._ended.is_set():
                return
            self._status = status
            self._ended.set()
            self._headed.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()


class UnaryCall(Call, _Future):
    """A call with one answer.

    Args:
        request: What to send.
    """

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self._work: Work[Any] | None = None
        self._outcome = _GIVEN_UP  # as long as nothing else is known: by Ctrl-C, for one

    def run(self) -> Any:
        """Make the call in this thread.

        Raises:
            ConnectError: If it fails.
        """
        try:
            return self._ask()
        finally:
            self._end(self._outcome)

    def start(self, threads: Threads) -> UnaryCall:
        """Make the call in a thread of its own."""
        self._work = threads.submit(self._ask)
        self._work.add_done_callback(lambda _: self._end(self._outcome))
        return self

    def cancel(self) -> bool:
        """Give it up, if it is not done."""
        if self._work is None or self._work.done():
            return False
        self._work.cancel()
        self._end(_GIVEN_UP)
        return True

    def cancelled(self) -> bool:
        """Whether it was given up."""
        return self._ended.is_set() and self._status.code is grpc.StatusCode.CANCELLED

    def running(self) -> bool:
        """Whether it goes on."""
        return not self.done()

    def done(self) -> bool:
        """Whether there is an answer, or an error."""
        return self._ended.is_set()

    def result(self, timeout: float | None = None) -> Any:
        """The answer; waits for it.

        Raises:
            ConnectError: If the call has failed.
            grpc.FutureTimeoutError: If it is not here within ``timeout`` seconds.
            grpc.FutureCancelledError: If it was given up.
        """
        error = self.exception(timeout)
        if error is not None:
            raise error
        assert self._work is not None
        return self._work.result()

    def exception(self, timeout: float | None = None) -> Exception | None:
        """What the call has failed with, if it has; waits for its end.

        Raises:
            grpc.FutureTimeoutError: If that is not here within ``timeout`` seconds.
            grpc.FutureCancelledError: If it was given up.
        """
        if not self._ended.wait(timeout):
            raise grpc.FutureTimeoutError
        if self.cancelled():
            raise grpc.FutureCancelledError
        assert self._work is not None
        error = self._work.exception()
        if error is not None and not isinstance(error, Exception):
            raise error
        return error

    def traceback(self, timeout: float | None = None) -> Any:
        """Where the call has failed, if it has; waits for its end."""
        error = self.exception(timeout)
        return None if error is None else error.__traceback__

    def add_done_callback(self, fn: Callable[[Any], None]) -> None:
        """Have something called with this at the end, at once if that is over."""
        if not self.add_callback(lambda: fn(self)):
            fn(self)

    def _ask(self) -> Any:
        try:
            message, trailing = self._exchanged(self._request.begin())
        except ConnectError as error:
            self._outcome = error.status
            raise
        except GivenUp:
            raise
        except Exception as error:  # whoever takes the result sees it as it is
            self._outcome = Status(grpc.StatusCode.UNKNOWN, str(error))
            raise
        self._outcome = Status(grpc.StatusCode.OK, "", trailing)
        return message

    def _exchanged(self, exchange: Exchange) -> tuple[Any, Pairs]:
        request = self._request
        try:
            with closing(request.post(exchange)) as answer:
                initial, trailing = protocol.metadata_of(answer.headers)
                self._head(initial)
                _check(answer, "application/proto", initial, trailing)
                return request.message(whole(answer, request.most).body), trailing
        except HttpError as error:
            raise ConnectError(status_of(error)) from None


class StreamCall(Call, Generic[T]):
    """A call with a stream of answers: an iterator. Reading it waits in the reading thread.

    Args:
        request: What to send.

    Raises:
        ConnectError: If the channel is closed.
    """

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self._exchange: Exchange | None = None
        self._messages = self._received()

    def __iter__(self) -> StreamCall[T]:
        return self

    def __next__(self) -> T:
        return next(self._messages)

    def __del__(self) -> None:
        self.cancel()

    def cancel(self) -> bool:
        """End the call, from whatever thread."""
        if self._ended.is_set():
            return False
        self._end(_GIVEN_UP)
        if self._exchange is not None:
            self._exchange.end(HttpEnded(self._exchange.url, _GIVEN_UP.details))
        with suppress(ValueError):  # another thread reads, and has just been told
            self._messages.close()
        return True

    def _received(self) -> Generator[T, None, None]:
        if self._ended.is_set():
            raise ConnectError(_GIVEN_UP)
        try:
            self._exchange = exchange = self._request.begin()
            yield from self._read(exchange)
        except ConnectError as error:
            self._end(error.status)
            # The first that says how a call has ended is right, and that may be who gave it up.
            raise ConnectError(self._status, self._initial) from error.__cause__
        finally:
            self._end(_GIVEN_UP)
            if self._exchange is not None:
                self._exchange.finish()

    def _read(self, exchange: Exchange) -> Iterator[T]:
        request = self._request
        try:
            if self._ended.is_set():  # between the look above and the beginning of the exchange
                raise ConnectError(_GIVEN_UP)
            with closing(request.post(exchange)) as answer:
                initial, trailing = protocol.metadata_of(answer.headers)
                self._head(initial)
                _check(answer, "application/connect+proto", initial, trailing)
                for message in protocol.messages(answer.pieces(), request.most):
                    if isinstance(message, bytes):
                        yield request.message(message)
                    elif message.code is not grpc.StatusCode.OK:
                        raise ConnectError(message, initial)
                    else:
                        exchange.check()  # servers end a stream well when its time is up
                        self._end(message)
        except HttpError as error:
            raise ConnectError(status_of(error)) from None
        except TooLarge as error:
            raise ConnectError(Status(grpc.StatusCode.RESOURCE_EXHAUSTED, str(error))) from None
        except Malformed as error:
            raise ConnectError(Status(grpc.StatusCode.INTERNAL, str(error))) from None


def _check(answer: Answer, wanted: str, initial: Pairs, trailing: Pairs) -> None:
    """Raise what an answer means that is none of the messages which were asked for."""
    if answer.status != 200:
        body = whole(answer, _REFUSAL_BYTES).body
        raise ConnectError(protocol.refusal(answer.status, body, trailing), initial)
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != wanted:
        what = f"the answer is {kind or 'of no kind'}, not {wanted}"
        raise ConnectError(Status(grpc.StatusCode.UNKNOWN, what), initial)
