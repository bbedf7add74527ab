"""A server that passes calls by Connect on to one of gRPC, so that tests run over both."""

from __future__ import annotations

import gzip
import json
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import grpc

#: What the protocol says of statuses beside the words.
_HTTP = {
    "CANCELLED": 499,
    "INVALID_ARGUMENT": 400,
    "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "PERMISSION_DENIED": 403,
    "RESOURCE_EXHAUSTED": 429,
    "FAILED_PRECONDITION": 400,
    "ABORTED": 409,
    "OUT_OF_RANGE": 400,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "UNAUTHENTICATED": 401,
}
_OWN = ("accept", "connect-", "connection", "content-", "host", "user-agent")


@contextmanager
def bridge(target: str) -> Iterator[str]:
    """Serve on a port of this machine.

    Args:
        target: The address of the gRPC server.

    Yields:
        ``127.0.0.1:port``
    """
    with channel_to(target) as channel, serving(channel) as endpoint:
        yield endpoint


def channel_to(target: str) -> grpc.Channel:
    """A channel to a gRPC server, for messages of any size."""
    return grpc.insecure_channel(target, [("grpc.max_receive_message_length", -1)])


@contextmanager
def serving(channel: grpc.Channel, port: int = 0) -> Iterator[str]:
    """Pass calls on to a channel. Afterwards the port is closed, and streams go on.

    Args:
        channel: Where to.
        port: A port of this machine; 0 for any.

    Yields:
        ``127.0.0.1:port``
    """
    kind = type("Bridge", (_Bridge,), {"channel": channel})
    server = ThreadingHTTPServer(("127.0.0.1", port), kind)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Bridge(BaseHTTPRequestHandler):
    channel: ClassVar[grpc.Channel]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with suppress(OSError):  # who calls may hang up
            if self.headers["Content-Type"] == "application/connect+proto":
                self._stream(body)
            else:
                self._unary(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests print nothing."""

    def _options(self) -> dict[str, Any]:
        timeout = self.headers.get("Connect-Timeout-Ms")
        metadata = [
            (name.lower(), value)
            for name, value in self.headers.items()
            if not name.lower().startswith(_OWN)
        ]
        return {"timeout": None if timeout is None else int(timeout) / 1000, "metadata": metadata}

    def _unary(self, body: bytes) -> None:
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self.channel.unary_unary(self.path)
        try:
            answer = call(body, **self._options())
        except grpc.RpcError as error:
            status = _HTTP.get(error.code().name, 500)
            self._send(status, "application/json", json.dumps(_said(error)).encode())
        else:
            self._send(200, "application/proto", answer)

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/connect+proto")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        open_stream: grpc.UnaryStreamMultiCallable[bytes, bytes]
        open_stream = self.channel.unary_stream(self.path)
        stream = open_stream(body[5:], **self._options())
        end: dict[str, Any] = {}
        try:
            for message in stream:
                self._chunk(0, message)
        except grpc.RpcError as error:
            end = {"error": _said(error)}
        except OSError:
            stream.cancel()
            raise
        self._chunk(2, json.dumps(end).encode())
        self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def _chunk(self, flags: int, data: bytes) -> None:
        envelope = struct.pack(">BI", flags, len(data)) + data
        self.wfile.write(f"{len(envelope):x}\r\n".encode() + envelope + b"\r\n")
        self.wfile.flush()


def _said(error: grpc.RpcError) -> dict[str, str]:
    code = error.code().name.lower()
    return {
        "code": "canceled" if code == "cancelled" else code,
        "message": error.details() or "",
    }
