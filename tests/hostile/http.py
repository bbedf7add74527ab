"""An HTTP server that means harm: it never comes to an end, or sends more than anybody can hold.

Each behaviour is a script for a ``Peer`` (see ``tests/transfer/http/peer.py``), so that it can be a
token endpoint or a store, with TLS or without.
"""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.transfer.http.peer import Peer, Script, deaf, silent

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

#: Seconds between two bytes that drip.
PAUSE = 0.05

#: How many bytes there are in what the bomb is unpacked to.
BOMB = 100_000_000


def drip(begin: bytes, forever: bytes, pause: float = PAUSE) -> Script:
    """Take a request, say this, and then the same again and again, until nobody listens."""

    def script(peer: Peer, connection: socket.socket) -> None:
        peer.read(connection)
        connection.sendall(begin)
        while not peer.over.wait(pause):
            connection.sendall(forever)

    return script


def flood(begin: bytes, forever: bytes) -> Script:
    """The same, as fast as it goes."""

    def script(peer: Peer, connection: socket.socket) -> None:
        peer.read(connection)
        connection.sendall(begin)
        much = forever * (65_536 // len(forever) or 1)
        while not peer.over.is_set():
            connection.sendall(much)

    return script


def bomb(peer: Peer, connection: socket.socket) -> None:
    """Send little, which is a lot once it is unpacked."""
    peer.read(connection)
    head = OK + b"Content-Encoding: gzip\r\nContent-Type: application/json\r\n"
    body = _packed()
    connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def redirects(peer: Peer, connection: socket.socket) -> None:
    """Lead to itself, for ever."""
    peer.read(connection)
    connection.sendall(_ONWARD)


def slow_redirects(peer: Peer, connection: socket.socket) -> None:
    """The same, and take its time for each."""
    peer.read(connection)
    peer.over.wait(4 * PAUSE)
    connection.sendall(_ONWARD)


def sip(peer: Peer, connection: socket.socket) -> None:
    """Take a request byte by byte."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    while not peer.over.wait(PAUSE) and connection.recv(1):
        pass


def continues(peer: Peer, connection: socket.socket) -> None:
    """Read no body, and say again and again that there should be one."""
    peer.read(connection, body=False)
    while not peer.over.wait(PAUSE):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def half_a_handshake(peer: Peer, connection: socket.socket) -> None:
    """Begin an answer to a TLS handshake, and drip the rest of it."""
    connection.recv(65_536)
    connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03")
    while not peer.over.wait(PAUSE):
        connection.sendall(b"\0")


def cut_short(peer: Peer, connection: socket.socket) -> None:
    """Send one byte more than is asked for, of very many, and hang up."""
    asked = peer.read(connection).header("Range")
    start = int(asked[0].removeprefix("bytes=").removesuffix("-")) if asked else 0
    status = b"HTTP/1.1 206 Partial Content\r\n" if asked else OK
    head = b"Content-Range: bytes %d-%d/%d\r\n" % (start, _MANY - 1, _MANY) if asked else b""
    connection.sendall(status + head + b"Content-Length: %d\r\n\r\nx" % (_MANY - start))


def busy(peer: Peer, connection: socket.socket) -> None:
    """Take everything, and say each time that this is not the moment."""
    peer.read(connection)
    connection.sendall(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nRetry-After: 0\r\n\r\n")


_MANY = 1 << 30
_ONWARD = b"HTTP/1.1 307 On\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"

#: What never comes to an end, however long one listens.
ENDLESS: Mapping[str, Script] = {
    "never answers": silent,
    "drips its head": drip(OK, b"x"),
    "drips headers": drip(OK, b"X-More: and more\r\n"),
    "drips headers after all that is needed": drip(
        OK + b"Content-Length: 0\r\n", b"X-More: and more\r\n"
    ),
    "drips 100 Continue": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "floods with 100 Continue": flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "drips a body": drip(OK + b"Content-Length: 1000\r\n\r\n", b"x"),
    "drips a body without end": drip(OK + b"\r\n", b"x"),
    "drips chunks": drip(CHUNKED, b"1\r\nx\r\n"),
    "drips a chunk extension": drip(CHUNKED + b"2;a=", b"x"),
    "drips trailers": drip(CHUNKED + b"2\r\n{}\r\n0\r\n", b"X-More: and more\r\n"),
    "floods with trailers": flood(CHUNKED + b"2\r\n{}\r\n0\r\n", b"X-More: and more\r\n"),
}

#: What is more than anybody can hold.
HUGE: Mapping[str, Script] = {
    "headers": flood(OK, b"X-More: and more\r\n"),
    "one header": flood(OK + b"X-More: ", b"x"),
    "a body": flood(OK + b"\r\n", b"x"),
    "chunks": flood(CHUNKED, b"1\r\nx\r\n"),
    "a chunk extension": flood(CHUNKED + b"2;a=", b"x"),
    "a bomb": bomb,
}

#: What nobody takes.
UNREAD: Mapping[str, Script] = {
    "reads nothing": deaf,
    "reads byte by byte": sip,
    "says to go on, and reads nothing": continues,
}


@contextmanager
def hostile(script: Script, *, receive_buffer: int = 0) -> Iterator[Peer]:
    """Such a server; its ``url`` tells where."""
    peer = Peer([script], receive_buffer=receive_buffer)
    try:
        yield peer
    finally:
        peer.close()


def _packed() -> bytes:
    global _bomb
    if not _bomb:
        _bomb = gzip.compress(bytes(BOMB), 1)
    return _bomb


_bomb = b""
