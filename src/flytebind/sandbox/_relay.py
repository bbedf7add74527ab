"""A relay in front of the server: its connections can be broken, and browsers find pages behind it.

gRPC itself has no way to end a call as a failing network does, in the middle of a byte stream. The
relay passes bytes on until it is told to stop. What speaks HTTP as browsers do is handed on whole,
so that gRPC and pages have one address, as those of a real server have.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from functools import partial

_CHUNK = 65_536
# Close with a reset instead of a farewell: the peer must see a broken connection.
_RESET = struct.pack("ii", 1, 0)
#: What gRPC begins with, where browsers have a method.
_HTTP_2 = b"PRI"


class Link:
    """One connection through the relay."""

    def __init__(
        self, client: socket.socket, server: socket.socket, on_close: Callable[[], None]
    ) -> None:
        self._client = client
        self._server = server
        self._on_close = on_close
        self._lock = threading.Lock()
        self._left: int | None = None
        for source, target, counts in ((client, server, False), (server, client, True)):
            threading.Thread(
                target=self._pump, args=(source, target, counts), name="sandbox-relay", daemon=True
            ).start()

    def cut(self, after: int = 0) -> None:
        """Let this many bytes more through to the client, then break the connection."""
        with self._lock:
            self._left = after
        if after <= 0:
            self.close()

    def close(self) -> None:
        """Break the connection now."""
        for end in (self._client, self._server):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads from it
            end.close()
        self._on_close()

    def _pump(self, source: socket.socket, target: socket.socket, counts: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                allowed = self._allow(len(data)) if counts else len(data)
                target.sendall(data[:allowed])
                if allowed < len(data):
                    break
        self.close()

    def _allow(self, size: int) -> int:
        with self._lock:
            if self._left is None:
                return size
            allowed = min(size, self._left)
            self._left -= allowed
            return allowed


class Relay:
    """Listens on a port of its own, and passes everything on to another.

    Args:
        host: Where to listen.
        port: Where to listen; 0 takes a free one.
        target: The address of the server.
        take_http: Is given connections that do not begin as gRPC's do, and where they come from.
    """

    def __init__(
        self,
        host: str,
        port: int,
        target: tuple[str, int],
        take_http: Callable[[socket.socket, tuple[str, int]], None],
    ) -> None:
        self._target = target
        self._take_http = take_http
        self._links: dict[str, Link] = {}
        self._silent: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server((host, port))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, name="sandbox-relay", daemon=True)
        self._thread.start()

    def link_of(self, peer: str) -> Link | None:
        """The connection that the server knows as this peer: ``ipv4:127.0.0.1:4711``."""
        with self._lock:
            return self._links.get(peer.rpartition(":")[2])

    def drop_all(self) -> int:
        """Break every connection; new ones are taken. Returns how many there were."""
        with self._lock:
            links = list(self._links.values())
            self._links.clear()
        for link in links:
            link.close()
        return len(links)

    def close(self) -> None:
        """Break every connection and listen no more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        with self._lock:
            silent = list(self._silent)
        for client in silent:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads from it
        self.drop_all()

    def _accept(self) -> None:
        while True:
            try:
                client, address = self._listener.accept()
            except OSError:
                return  # closed
            with self._lock:
                self._silent.add(client)
            threading.Thread(
                target=self._receive, args=(client, address), name="sandbox-relay", daemon=True
            ).start()

    def _receive(self, client: socket.socket, address: tuple[str, int]) -> None:
        """Wait for the first word of a client, which tells whom it means."""
        try:
            first = client.recv(len(_HTTP_2), socket.MSG_PEEK)
        except OSError:
            first = b""
        with self._lock:
            self._silent.discard(client)
        if not first:
            client.close()
            return
        if first.isalpha() and not _HTTP_2.startswith(first):
            self._take_http(client, address)
            return
        try:
            server = socket.create_connection(self._target)
        except OSError:
            client.close()
            return
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        own_port = str(server.getsockname()[1])
        with self._lock:
            self._links[own_port] = Link(client, server, partial(self._forget, own_port))

    def _forget(self, own_port: str) -> None:
        with self._lock:
            self._links.pop(own_port, None)
