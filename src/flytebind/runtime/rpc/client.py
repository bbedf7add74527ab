"""The base classes of generated clients."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar, cast

from flytebind.runtime.grpcio import aio, grpc
from flytebind.runtime.model import Model
from flytebind.runtime.rpc.method import Metadata, Method, Req, Res

T_co = TypeVar("T_co", covariant=True)


class ResponseStream(Iterator[T_co], Protocol[T_co]):
    """The messages that a server streams, as an iterator that can be given up.

    Iterating raises ``grpc.RpcError`` where the stream breaks.
    """

    def cancel(self) -> bool:
        """End the call. What has not been read is lost."""
        ...

    def initial_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """What the server sent ahead of its first message; waits for it."""
        ...

    def trailing_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """What the server sent after its last message; waits for the end of the call."""
        ...


class AsyncResponseStream(AsyncIterator[Res], Generic[Res]):
    """The messages that a server streams, as an async iterator that can be given up.

    Iterating raises ``grpc.RpcError`` where the stream breaks.
    """

    def __init__(
        self,
        call: aio.UnaryStreamCall[Any, Res] | aio.StreamStreamCall[Any, Res],
        requests: _Requests[Any] | None = None,
    ) -> None:
        self._call = call
        self._messages = call.__aiter__()
        self._requests = requests

    def __del__(self) -> None:
        # As the sync stream does. The call itself is part of a cycle, and would go on until some
        # garbage collection.
        self._call.cancel()

    def __aiter__(self) -> AsyncResponseStream[Res]:
        return self

    async def __anext__(self) -> Res:
        try:
            return await self._messages.__anext__()
        except asyncio.CancelledError:
            if self._requests is not None:
                self._requests.raise_error()
            raise

    def cancel(self) -> bool:
        """End the call. What has not been read is lost."""
        return self._call.cancel()

    async def initial_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """What the server sent ahead of its first message; waits for it."""
        return tuple(await self._call.initial_metadata() or ())

    async def trailing_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """What the server sent after its last message; waits for the end of the call."""
        return tuple(await self._call.trailing_metadata() or ())


class _Requests(Generic[Req]):
    """Checks what a caller streams, and keeps what breaks it off: grpcio would only cancel."""

    def __init__(
        self, method: Method[Req, Any], requests: AsyncIterable[Req] | Iterable[Req]
    ) -> None:
        self._method = method
        self._requests = requests if isinstance(requests, AsyncIterable) else iter(requests)
        self._error: Exception | None = None

    async def __aiter__(self) -> AsyncIterator[Req]:
        try:
            if isinstance(self._requests, AsyncIterable):
                async for request in self._requests:
                    yield self._method.check_request(request)
            else:
                for request in self._requests:
                    yield self._method.check_request(request)
        except Exception as error:
            self._error = error
            raise

    def raise_error(self) -> None:
        """Raise what has broken off the requests, if anything has."""
        if self._error is not None:
            raise self._error from None


class _Caller:
    """Opens each method of a channel once."""

    __slots__ = ("_calls", "_channel")

    def __init__(self, channel: grpc.Channel | aio.Channel) -> None:
        self._channel = channel
        self._calls: dict[Method[Any, Any], Any] = {}

    def _open(self, method: Method[Any, Any]) -> Any:
        # Two threads may both open a method; it does not matter whose stays.
        call = self._calls.get(method)
        if call is None:
            call = self._calls[method] = getattr(self._channel, method.cardinality)(
                method.path,
                request_serializer=Model.to_bytes,
                response_deserializer=self._reader(method),
            )
        return call

    def _reader(self, method: Method[Any, Any]) -> Callable[[bytes], Any]:
        """What makes an answer of its bytes."""
        reader: Callable[[bytes], Any] = method.response.from_bytes
        return reader


class Client(_Caller):
    """Calls the RPCs of one service over a channel, which stays the caller's to close.

    Cheap to make, and safe to share between threads.
    """

    __slots__ = ()

    def __init__(self, channel: grpc.Channel) -> None:
        super().__init__(channel)

    def _unary_unary(
        self,
        method: Method[Req, Res],
        request: Req,
        timeout: float | None,
        metadata: Metadata | None,
        wait_for_ready: bool | None,
    ) -> Res:
        method.check_request(request)
        call = self._open(method)
        response = call(request, timeout=timeout, metadata=metadata, wait_for_ready=wait_for_ready)
        return cast("Res", response)

    def _unary_stream(
        self,
        method: Method[Req, Res],
        request: Req,
        timeout: float | None,
        metadata: Metadata | None,
        wait_for_ready: bool | None,
    ) -> ResponseStream[Res]:
        method.check_request(request)
        call = self._open(method)
        stream = call(request, timeout=timeout, metadata=metadata, wait_for_ready=wait_for_ready)
        return cast("ResponseStream[Res]", stream)

    def _stream_unary(
        self,
        method: Method[Req, Res],
        requests: Iterable[Req],
        timeout: float | None,
        metadata: Metadata | None,
        wait_for_ready: bool | None,
    ) -> Res:
        call = self._open(method)
        checked = map(method.check_request, requests)
        response = call(checked, timeout=timeout, metadata=metadata, wait_for_ready=wait_for_ready)
        return cast("Res", response)

    def _stream_stream(
        self,
        method: Method[Req, Res],
        requests: Iterable[Req],
        timeout: float | None,
        metadata: Metadata | None,
        wait_for_ready: bool | None,
    ) -> ResponseStream[Res]:
        call = self._open(method)
        checked = map(method.check_request, requests)
        stream = call(checked, timeout=timeout, metadata=metadata, wait_for_ready=wait_for_ready)
        return cast("ResponseStream[Res]", stream)


class AsyncClient(_Caller):
    """Calls the RPCs of one service over an asyncio channel, which stays the caller's to close.

    Cheap to make, and safe to share between the tasks of the channel's event loop. A task that is
    cancelled cancels the call that it waits for.
    """

    __slots__ = ()

    def __init__(self, channel: aio.Channel) -> None:
        super().__init__(channel)

    async def _unary_unary(
        self,
        method: Method[Req, Res],
        request: Req,
        timeout: float | None,
        metadata: Metadata | None,
        wait_for_ready: bool | None,
    ) -> Res:
        method.check_request(request)
        response = await self._open(method)(
            request,
            timeout=timeout,
            metadata=_aio_metadata(metadata),
            wait_for_ready=wait_for_ready,
        )
        return cast("Res", response)

    def _unary_stream(
        self,
        method: Method[Req, Res],
        request: Req,
        timeout: float | None,
        metadata: Metadata | None,
        wait_for_ready: bool | None,
    ) -> AsyncResponseStream[Res]:
        method.check_request(request)
        call = self._open(method)(
            request,
            timeout=timeout,
            metadata=_aio_metadata(metadata),
            wait_for_ready=wait_for_ready,
        )
        return AsyncResponseStream(call)

    async def _stream_unary(
        self,
        method: Method[Req, Res],
        requests: AsyncIterable[Req] | Iterable[Req],
        timeout: float | None,
        metadata: Metadata | None,
        wait_for_ready: bool | None,
    ) -> Res:
        checked = _Requests(method, requests)
        call = self._open(method)(
            checked,
            timeout=timeout,
            metadata=_aio_metadata(metadata),
            wait_for_ready=wait_for_ready,
        )
        try:
            return cast("Res", await call)
        except asyncio.CancelledError:
            checked.raise_error()
            raise

    def _stream_stream(
        self,
        method: Method[Req, Res],
        requests: AsyncIterable[Req] | Iterable[Req],
        timeout: float | None,
        metadata: Metadata | None,
        wait_for_ready: bool | None,
    ) -> AsyncResponseStream[Res]:
        checked = _Requests(method, requests)
        call = self._open(method)(
            checked,
            timeout=timeout,
            metadata=_aio_metadata(metadata),
            wait_for_ready=wait_for_ready,
        )
        return AsyncResponseStream(call, checked)


def _aio_metadata(metadata: Metadata | None) -> aio.Metadata | None:
    # Old grpcios take no other sequence, and interceptors expect this type.
    return None if metadata is None else aio.Metadata(*metadata)
