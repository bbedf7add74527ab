"""A server that answers on a socket, byte for byte as a real Flyte 2 backend once did."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parents[2] / "real" / "recorded" / "flyte2" / "http"


@dataclass(frozen=True)
class Exchange:
    """What was sent on a connection, and what came back."""

    kind: str
    case: str
    sent: bytes
    received: bytes
    end: str

    @property
    def path(self) -> str:
        return self.sent.split(b" ", 2)[1].decode()

    @property
    def body(self) -> bytes:
        return self.sent.partition(b"\r\n\r\n")[2]

    @property
    def headers(self) -> dict[str, str]:
        return headers_of(self.sent)


@cache
def exchanges() -> tuple[Exchange, ...]:
    return tuple(
        Exchange(
            row["kind"],
            row["case"],
            base64.b64decode(row["sent"]),
            base64.b64decode(row["received"]),
            row["end"],
        )
        for row in _rows("connect_http1")
        if "sent" in row
    )


def exchange(kind: str, case: str) -> Exchange:
    [found] = [each for each in exchanges() if (each.kind, each.case) == (kind, case)]
    return found


def grpc_rows() -> list[dict[str, Any]]:
    """What grpcio got for the same requests."""
    return [row for row in _rows("grpc_h2c") if row.get("kind") == "grpcio"]


def headers_of(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


@dataclass
class Served:
    """A running server, and the requests that it has had."""

    url: str
    requests: list[bytes] = field(default_factory=list)


@contextmanager
def serving(answer: bytes, *, stays: bool = False) -> Iterator[Served]:
    """Serve one answer to each connection.

    Args:
        answer: The bytes; none at all hangs up on the request.
        stays: Whether the connection stays open when all is sent, as of a stream that goes on.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    served = Served(f"http://127.0.0.1:{listener.getsockname()[1]}")
    open_ones: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            open_ones.append(connection)
            with suppress(OSError):  # who calls may give up at any time
                served.requests.append(_read(connection))
                connection.sendall(answer)
            if not stays:
                connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for each in open_ones:
            each.close()
        thread.join(5)


def _read(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    length = int(headers_of(data).get("content-length", 0))
    while len(data.partition(b"\r\n\r\n")[2]) < length:
        data += _more(connection)
    return data


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(1 << 16)
    if not data:
        raise ConnectionError
    return data


@cache
def _rows(name: str) -> list[dict[str, Any]]:
    with gzip.open(RECORDED / f"{name}.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]
