"""A server that does to each connection what a test tells it to."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import trustme

Script = Callable[["Peer", socket.socket], object]

#: What an object has in it.
DATA = os.urandom(300_000)


@dataclass
class Seen:
    """A request as it came."""

    line: str
    headers: list[tuple[str, str]]
    body: bytes = b""

    def header(self, name: str) -> list[str]:
        """All values under a name, in whatever spelling."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass
class Peer:
    """Listens on this machine until it is closed; each connection has a thread.

    Args:
        scripts: Called with one connection after the other; the last one with all that follow.
        certificate: With it, TLS is spoken.
        clients: Whose certificates clients must show.
        receive_buffer: How many bytes the system takes that no script has read; 0 for the usual.
    """

    scripts: list[Script]
    certificate: trustme.LeafCert | None = None
    clients: trustme.CA | None = None
    receive_buffer: int = 0
    seen: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.over = threading.Event()
        """Set at the end; scripts that keep silent wait for it."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        if self.receive_buffer:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        self.port = self._listener.getsockname()[1]
        scheme = "http" if self.certificate is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self._context: ssl.SSLContext | None = None
        if self.certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.certificate.configure_cert(self._context)
            if self.clients is not None:
                self._context.verify_mode = ssl.CERT_REQUIRED
                self.clients.configure_trust(self._context)
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, name="peer")]
        self._threads[0].start()

    def close(self) -> None:
        """Stop, whatever goes on."""
        self.over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def read(self, connection: socket.socket, *, body: bool = True) -> Seen:
        """Take a request; it is noted."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(1 if not body else 65536)
            if not piece:
                raise ConnectionError("no request")
            data += piece
        head, _, rest = data.partition(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        headers = [
            (name, value.strip()) for name, _, value in (each.partition(":") for each in lines)
        ]
        seen = Seen(line, headers)
        self.seen.append(seen)
        if body:
            length = int((seen.header("Content-Length") or ["0"])[0])
            while len(rest) < length and (piece := connection.recv(65536)):
                rest += piece
            seen.body = rest
        return seen

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
            thread = threading.Thread(target=self._serve, args=(connection, script), name="peer")
            self._threads.append(thread)
            self._open.add(connection)
            thread.start()

    def _serve(self, plain: socket.socket, script: Script) -> None:
        # What a client that hangs up does to a script is the client's business.
        with plain, suppress(OSError):
            if self._context is None:
                script(self, plain)
                return
            with self._context.wrap_socket(plain, server_side=True) as encrypted:
                script(self, encrypted)


def answer(
    body: bytes = b"", status: str = "200 OK", headers: str = "", *, length: bool = True
) -> Script:
    """Take a whole request, and answer."""

    def script(peer: Peer, connection: socket.socket) -> None:
        peer.read(connection)
        said = f"Content-Length: {len(body)}\r\n" if length else ""
        connection.sendall(f"HTTP/1.1 {status}\r\n{said}{headers}\r\n".encode() + body)

    return script


def raw(data: bytes) -> Script:
    """Take a whole request, say exactly this, and hang up."""

    def script(peer: Peer, connection: socket.socket) -> None:
        peer.read(connection)
        connection.sendall(data)

    return script


def drip(begin: bytes, pause: float, forever: bytes) -> Script:
    """Take a request, say this, and then go on byte by byte, until the other side has enough."""

    def script(peer: Peer, connection: socket.socket) -> None:
        peer.read(connection)
        connection.sendall(begin)
        while not peer.over.wait(pause):
            connection.sendall(forever)

    return script


def silent(peer: Peer, connection: socket.socket) -> None:
    """Take a request, and say nothing."""
    peer.read(connection)
    peer.over.wait()


def deaf(peer: Peer, connection: socket.socket) -> None:
    """Take the head of a request, and read nothing of its body."""
    peer.read(connection, body=False)
    peer.over.wait()


def whole(
    data: bytes = DATA,
    after: int | None = None,
    *,
    version: str = "1",
    http10: bool = False,
    reset: bool = False,
) -> Script:
    """Answer with an object, or the range that is asked for; hang up after some bytes of it."""

    def script(peer: Peer, connection: socket.socket) -> None:
        asked = peer.read(connection).header("Range")
        start = int(asked[0].removeprefix("bytes=").removesuffix("-")) if asked else 0
        if asked and start >= len(data):
            head = f"416 Range Not Satisfiable\r\nContent-Range: bytes */{len(data)}"
            connection.sendall(f"HTTP/1.1 {head}\r\nContent-Length: 3\r\n\r\nbad".encode())
            return
        rest = data[start:]
        status = "206 Partial Content" if asked else "200 OK"
        head = f'HTTP/1.{0 if http10 else 1} {status}\r\nETag: "{version}"\r\n'
        if not http10:
            head += f"Content-Length: {len(rest)}\r\n"
        if asked:
            head += f"Content-Range: bytes {start}-{len(data) - 1}/{len(data)}\r\n"
        connection.sendall(f"{head}\r\n".encode() + rest[:after])
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return script
