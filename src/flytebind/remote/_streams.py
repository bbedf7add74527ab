"""The messages of one call's stream, for coroutines that wait through an ``Io``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from flytebind._transfer.threads import current_work
from flytebind.remote._causes import CallFailure
from flytebind.remote._reading import Unreadable
from flytebind.remote.auth._passing_on import with_passed_on
from flytebind.remote.errors import FlyteDataError
from flytebind.runtime.grpcio import grpc
from flytebind.runtime.rpc import AsyncResponseStream, Metadata, Method
from flytebind.runtime.rpc.method import Req, Res

if TYPE_CHECKING:
    from flytebind.remote._connection import Connection
    from flytebind.remote._io import Io
    from flytebind.remote.auth import Credentials, Token
    from flytebind.remote.errors import FlyteCallError
    from flytebind.runtime.model import Model

_END = object()


class Caller(Protocol):
    """What begins the calls of streams, and knows what their ends mean."""

    _connection: Connection
    _io: Io

    def start_stream(
        self, method: Method[Req, Res], request: Req, timeout: float | None, metadata: Metadata
    ) -> Any:
        """Begin a call; what comes back is the channel's own."""
        ...

    def hear(self) -> None:
        """Know that the server is there."""
        ...

    def notice_end(self, code: grpc.StatusCode, silent_since: float | None) -> None:
        """What the end of a stream says of the connection."""
        ...

    def notice_giving_up(self, began: float) -> None:
        """What it says of the connection that nobody waits any longer."""
        ...

    def failure(
        self, error: grpc.RpcError, method: Method[Any, Any], request: Model[Any]
    ) -> FlyteCallError:
        """What to raise for the error of a stream."""
        ...

    async def token_of_stream(
        self,
        credentials: Credentials,
        rejected: Token | None,
        timeout: float | None,
        method: Method[Any, Any],
        request: Model[Any],
    ) -> Token:
        """A token, within the deadline of a call."""
        ...


def headers(
    metadata: Metadata, credentials: Sequence[Credentials], tokens: Sequence[Token | None]
) -> Metadata:
    """What to send along with a request, and what to show with it."""
    shown = [
        each.header(token)
        for each, token in zip(credentials, tokens, strict=True)
        if token is not None
    ]
    return with_passed_on(metadata, shown)


class RoutedStream(AsyncResponseStream[Res]):
    """What a server streams, through a ``Caller``: with its tokens, and with its errors.

    Nothing is asked again when it breaks: only who reads knows where to go on. It has no deadline
    unless it is given one, but its token has that of a call. The call begins with the first message
    that somebody wants; who wants no more has to cancel it.

    Args:
        caller: Makes the call.
        method: The RPC.
        request: What it is asked.
        timeout: Seconds until it is ended; None for as long as it goes on.
        metadata: What to send along.
    """

    def __init__(
        self,
        caller: Caller,
        method: Method[Req, Res],
        request: Req,
        timeout: float | None,
        metadata: Metadata,
    ) -> None:
        self._caller = caller
        self._method: Method[Any, Res] = method
        self._request = method.check_request(request)
        self._timeout = timeout
        self._metadata_sent = metadata
        self._credentials: tuple[Credentials, ...] = ()
        self._tokens: list[Token | None] = []
        self._began = 0.0
        self._started: Any = None
        self._cancelled = False
        self._renewed = False
        self._came = False

    def __del__(self) -> None:
        self.cancel()

    async def __anext__(self) -> Res:
        caller = self._caller
        while not self._cancelled:
            if self._started is None:
                await self._start()
            try:
                message = await self._next()
            except grpc.RpcError as error:
                if self._cancelled:
                    break
                if self._may_renew(error):
                    self._renewed, self._started = True, None
                    await self._renew(self._credentials[0], self._tokens[0])
                    continue
                self.cancel()
                caller.notice_end(error.code(), None if self._came else self._began)
                failed = caller.failure(error, self._method, self._request)
                raise failed from CallFailure(error)
            except BaseException:
                if not self._came:
                    caller.notice_giving_up(self._began)
                raise
            if message is _END:
                break
            self._came = True
            caller.hear()
            if isinstance(message, Unreadable):
                raise FlyteDataError(f"{self._method.name}: a message {message.reason()}")
            answer: Res = message
            return answer
        self.cancel()
        raise StopAsyncIteration

    def cancel(self) -> bool:
        """End the call. What has not been read is lost."""
        self._cancelled = True
        return self._started is not None and bool(self._started.cancel())

    async def initial_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """Not to be had of a stream that a remote reads."""
        return ()

    async def trailing_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """Not to be had of a stream that a remote reads."""
        return ()

    async def _start(self) -> None:
        caller = self._caller
        self._credentials = caller._connection.open()
        self._tokens = [await self._token(each) for each in self._credentials]
        self._began = time.monotonic()
        self._started = caller.start_stream(
            self._method,
            self._request,
            self._timeout,
            headers(self._metadata_sent, self._credentials, self._tokens),
        )

    async def _token(self, credentials: Credentials) -> Token | None:
        token = credentials.fresh()
        return await self._renew(credentials, None) if token is None and credentials.due else token

    async def _renew(self, credentials: Credentials, rejected: Token | None) -> Token:
        return await self._caller.token_of_stream(
            credentials, rejected, self._timeout, self._method, self._request
        )

    def _may_renew(self, error: grpc.RpcError) -> bool:
        is_refused = error.code() is grpc.StatusCode.UNAUTHENTICATED
        return is_refused and bool(self._credentials) and not self._renewed and not self._came

    async def _next(self) -> Any:
        """The next message, or the end.

        A plain channel tells nobody that a message has come: somebody has to wait for it. So each
        is waited for in a thread, which ends with the call.
        """
        started = self._started
        if hasattr(started, "__aiter__"):  # of a ``grpc.aio.Channel``, in its own loop
            return await anext(aiter(started), _END)
        return await self._caller._io.in_thread(lambda: _wait_for_next(started))


def _wait_for_next(started: Any) -> Any:
    work = current_work()
    assert work is not None  # only threads of an ``Io`` come here
    with work.ended_by(started.cancel):
        return next(started, _END)
