"""The channel."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from flytebind._transfer.connect import protocol
from flytebind._transfer.connect.calls import Request, StreamCall, UnaryCall
from flytebind._transfer.http.client import HttpClient
from flytebind._transfer.http.trust import Settings
from flytebind._transfer.threads import Threads
from flytebind.runtime.grpcio import grpc

if TYPE_CHECKING:
    _UnaryUnaryCallable: TypeAlias = grpc.UnaryUnaryMultiCallable[Any, Any]
    _UnaryStreamCallable: TypeAlias = grpc.UnaryStreamMultiCallable[Any, Any]
else:
    _UnaryUnaryCallable = grpc.UnaryUnaryMultiCallable
    _UnaryStreamCallable = grpc.UnaryStreamMultiCallable

_MAX_MESSAGE = 4 << 20  # gRPC's own
#: Smaller requests gain nothing.
_WORTH_PACKING = 1 << 10


class ConnectChannel(grpc.Channel):
    """Makes calls over HTTP/1.1, by the Connect protocol: with one answer, or a stream of them.

    Generated clients and interceptors take it as any ``grpc.Channel``. ``wait_for_ready`` is for
    connections that last, and does nothing here: each call makes its own.

    Args:
        url: Where the server is, with ``http://`` or ``https://``; a path comes before each RPC's.
        config: For TLS and the proxy; None for what this system has.
        max_message_bytes: The most bytes of a message that is received or sent.
        compression: ``grpc.Compression.Gzip`` packs requests. Answers may be packed in any case.
    """

    def __init__(
        self,
        url: str,
        config: Settings | None = None,
        *,
        max_message_bytes: int = _MAX_MESSAGE,
        compression: grpc.Compression | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._http = HttpClient(config)
        self._most = max_message_bytes
        self._compression = compression
        self._threads = Threads()

    def unary_unary(
        self,
        method: str,
        request_serializer: Callable[[Any], bytes] | None = None,
        response_deserializer: Callable[[bytes], Any] | None = None,
        _registered_method: bool | None = False,
    ) -> _UnaryUnary:
        """Calls of an RPC with one request and one answer."""
        return _UnaryUnary(self, method, request_serializer, response_deserializer)

    def unary_stream(
        self,
        method: str,
        request_serializer: Callable[[Any], bytes] | None = None,
        response_deserializer: Callable[[bytes], Any] | None = None,
        _registered_method: bool | None = False,
    ) -> _UnaryStream:
        """Calls of an RPC with one request whose answers stream."""
        return _UnaryStream(self, method, request_serializer, response_deserializer)

    def stream_unary(self, method: str, *_: Any, **__: Any) -> NoReturn:
        """Not to be had: HTTP/1.1 sends a request as a whole."""
        raise _needs_grpc(method)

    def stream_stream(self, method: str, *_: Any, **__: Any) -> NoReturn:
        """Not to be had: HTTP/1.1 sends a request as a whole."""
        raise _needs_grpc(method)

    def subscribe(
        self, callback: Callable[[grpc.ChannelConnectivity], None], try_to_connect: bool = False
    ) -> None:
        """Tell that it is ready: what it connects for is a call, and not before."""
        callback(grpc.ChannelConnectivity.READY)

    def unsubscribe(self, callback: Callable[[grpc.ChannelConnectivity], None]) -> None:
        """Nothing is told a second time."""

    def close(self) -> None:
        """End all calls. Twice does no harm."""
        self._http.close()

    def __enter__(self) -> ConnectChannel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Method:
    """One RPC of a channel."""

    is_stream: bool

    def __init__(
        self,
        channel: ConnectChannel,
        path: str,
        write: Callable[[Any], bytes] | None,
        read: Callable[[bytes], Any] | None,
    ) -> None:
        self._channel = channel
        self._path = path
        self._write = write or bytes
        self._read = read or bytes

    def _request(
        self,
        message: Any,
        timeout: float | None,
        metadata: Sequence[tuple[str, str | bytes]] | None,
        compression: grpc.Compression | None,
    ) -> Request:
        since = time.monotonic()
        channel = self._channel
        data = self._write(message)
        if compression is None:
            compression = channel._compression
        is_packed = compression is not None and compression is not grpc.Compression.NoCompression
        is_packed = is_packed and len(data) >= _WORTH_PACKING
        body = protocol.packed(data) if is_packed else data
        if self.is_stream:
            body = protocol.enveloped(body, is_packed=is_packed)
        headers = protocol.request_headers(
            metadata or (), timeout, is_stream=self.is_stream, is_packed=is_packed
        )
        return Request(
            http=channel._http,
            url=f"{channel._url}{self._path}",
            headers=headers,
            body=body,
            timeout=timeout,
            since=since,
            most=channel._most,
            read=self._read,
        )


class _UnaryUnary(_Method, _UnaryUnaryCallable):
    is_stream = False

    def __call__(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Sequence[tuple[str, str | bytes]] | None = None,
        credentials: object = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> Any:
        return self._call(request, timeout, metadata, compression).run()

    def with_call(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Sequence[tuple[str, str | bytes]] | None = None,
        credentials: object = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> tuple[Any, UnaryCall]:
        call = self._call(request, timeout, metadata, compression)
        return call.run(), call

    def future(  # type: ignore[override]  # what the stubs want is in no grpc
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Sequence[tuple[str, str | bytes]] | None = None,
        credentials: object = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> UnaryCall:
        call = self._call(request, timeout, metadata, compression)
        return call.start(self._channel._threads)

    def _call(
        self,
        request: Any,
        timeout: float | None,
        metadata: Sequence[tuple[str, str | bytes]] | None,
        compression: grpc.Compression | None,
    ) -> UnaryCall:
        return UnaryCall(self._request(request, timeout, metadata, compression))


class _UnaryStream(_Method, _UnaryStreamCallable):
    is_stream = True

    def __call__(  # type: ignore[override]  # what the stubs want is in no grpc
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Sequence[tuple[str, str | bytes]] | None = None,
        credentials: object = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> StreamCall[Any]:
        return StreamCall(self._request(request, timeout, metadata, compression))


def _needs_grpc(method: str) -> NotImplementedError:
    return NotImplementedError(f"{method} streams requests, which takes gRPC (HTTP/2)")
