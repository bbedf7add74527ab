"""A proxy that answers by itself instead of passing calls on."""

from __future__ import annotations

import socket
import threading
from types import TracebackType

from flytebind.runtime.typing import Self

_PREFACE = 24
_HEADERS, _RST_STREAM, _SETTINGS = 1, 3, 4
_ACK, _END = 0x1, 0x5


class BrokenProxy:
    """Speaks just enough HTTP/2 to end each call as proxies do; a context manager.

    Args:
        status: The HTTP status that it answers with.
        reset: The error code by which it breaks calls off, where there is no status.
    """

    def __init__(self, status: int | None = None, reset: int = 0) -> None:
        self._status = status
        self._reset = reset
        self.calls = 0
        """How many there have been."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._connections: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, name="broken-proxy")
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            with connection, connection.makefile("rb") as incoming:
                connection.sendall(_frame(_SETTINGS, 0, 0) + _frame(_SETTINGS, _ACK, 0))
                incoming.read(_PREFACE)
                while len(head := incoming.read(9)) == 9:
                    incoming.read(int.from_bytes(head[:3], "big"))
                    if head[3] == _HEADERS:
                        self.calls += 1
                        connection.sendall(self._end(int.from_bytes(head[5:], "big")))

    def _end(self, stream: int) -> bytes:
        if self._status is None:
            return _frame(_RST_STREAM, 0, stream, self._reset.to_bytes(4, "big"))
        # The name ":status" from HPACK's table, and its value as it is.
        return _frame(_HEADERS, _END, stream, b"\x08\x03%d" % self._status)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return b"".join(
        (
            len(payload).to_bytes(3, "big"),
            bytes((kind, flags)),
            stream.to_bytes(4, "big"),
            payload,
        )
    )
