"""The base classes of generated clients."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar, cast

import grpc
from grpc import aio

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

    def __init__(self, call: aio.UnaryStreamCall[Any, Res] | aio.StreamStreamCall[Any, Res]):
        self._call = call
        self._messages = call.__aiter__()

    def __aiter__(self) -> AsyncResponseStream[Res]:
        return self

    async def __anext__(self) -> Res:
        return await self._messages.__anext__()

    def cancel(self) -> bool:
        """End the call. What has not been read is lost."""
        return self._call.cancel()

    async def initial_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """What the server sent ahead of its first message; waits for it."""
        return tuple(await self._call.initial_metadata() or ())

    async def trailing_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """What the server sent after its last message; waits for the end of the call."""
        return tuple(await self._call.trailing_metadata() or ())


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
            call = self._calls[method] = getattr(self._channel, method.shape)(
                method.path,
                request_serializer=Model.to_bytes,
                response_deserializer=method.response.from_bytes,
            )
        return call


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
        response = call(
            iter(requests), timeout=timeout, metadata=metadata, wait_for_ready=wait_for_ready
        )
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
        stream = call(
            iter(requests), timeout=timeout, metadata=metadata, wait_for_ready=wait_for_ready
        )
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
        response = await self._open(method)(
            requests,
            timeout=timeout,
            metadata=_aio_metadata(metadata),
            wait_for_ready=wait_for_ready,
        )
        return cast("Res", response)

    def _stream_stream(
        self,
        method: Method[Req, Res],
        requests: AsyncIterable[Req] | Iterable[Req],
        timeout: float | None,
        metadata: Metadata | None,
        wait_for_ready: bool | None,
    ) -> AsyncResponseStream[Res]:
        call = self._open(method)(
            requests,
            timeout=timeout,
            metadata=_aio_metadata(metadata),
            wait_for_ready=wait_for_ready,
        )
        return AsyncResponseStream(call)


def _aio_metadata(metadata: Metadata | None) -> aio.Metadata | None:
    # Old grpcios take no other sequence, and interceptors expect this type.
    return None if metadata is None else aio.Metadata(*metadata)
