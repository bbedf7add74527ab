"""What the provider sends back with the browser, and who listens for it."""

from __future__ import annotations

import errno
import secrets
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from socketserver import TCPServer
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, urlsplit, urlunsplit

from flytebind.remote.auth._login.clock import CancellableClock
from flytebind.remote.auth._tokens import refused

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_MAX_WORDS = 200
_STEP = 0.1


class Callback(NamedTuple):
    """What has come back."""

    code: str
    error: str
    """Why there is no code; empty if there is one."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    # Elsewhere it lets us listen where a connection of the last login is still winding up. On
    # Windows it would let anybody listen where we do, and get the code.
    allow_reuse_address = sys.platform != "win32"

    def server_bind(self) -> None:
        if sys.platform == "win32":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        TCPServer.server_bind(self)  # that of HTTP asks the network for this machine's name

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # browsers hang up as they like


class _ServerV6(_Server):
    address_family = socket.AF_INET6


@contextmanager
def listening(
    redirect_uri: str,
    state: str,
    clock: CancellableClock,
    seconds: float,
    show: Callable[[str], None],
) -> Iterator[tuple[str, SimpleQueue[Callback]]]:
    """Listen at the redirect URI for what comes back with our state.

    Args:
        redirect_uri: Where the server has browsers sent. Without a port any will do (RFC 8252).
        state: What tells our login from others.
        clock: How to wait for the port, if it is taken.
        seconds: How long.
        show: Takes what the person should read.

    Returns:
        The redirect URI with its port, and what will have the answer.

    Raises:
        FlyteAuthenticationError: If that is no place on this machine, or the port stays taken.
    """
    redirect = urlsplit(redirect_uri)
    host = redirect.hostname or ""
    if redirect.scheme != "http" or host not in _LOOPBACK:
        raise refused(
            f"the server sends browsers back to {redirect_uri!r}, which is not on this "
            "machine: use auth_mode DeviceFlow (admin.authType)"
        )
    answers: SimpleQueue[Callback] = SimpleQueue()
    handler = _handler(redirect.path or "/", state, answers)
    server = _listen(redirect, handler, clock, seconds, show)
    shown = f"[{host}]" if ":" in host else host
    address = redirect._replace(netloc=f"{shown}:{server.server_address[1]}")
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    )
    thread.start()
    try:
        yield urlunsplit(address), answers
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _listen(
    redirect: SplitResult,
    handler: type[BaseHTTPRequestHandler],
    clock: CancellableClock,
    seconds: float,
    show: Callable[[str], None],
) -> _Server:
    host = redirect.hostname or ""
    kind = _ServerV6 if ":" in host else _Server
    end = clock.now() + seconds
    told = False
    while True:
        try:
            return kind((host, redirect.port or 0), handler)
        except (OSError, ValueError) as error:
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            if not taken or clock.now() >= end:
                raise refused(f"cannot listen at {urlunsplit(redirect)}: {error}") from error
        if not told:
            show(f"Waiting for port {redirect.port}: maybe another program is logging in")
            told = True
        clock.wait(_STEP)


def _handler(path: str, state: str, answers: SimpleQueue[Callback]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10.0  # browsers open connections that they may never use

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            given = dict(parse_qsl(asked.query))
            code, error = given.get("code", ""), given.get("error", "")
            # Any page can send a browser here: without our state it is none of our business.
            if asked.path != path:
                self._answer(HTTPStatus.NOT_FOUND, "There is nothing here.")
            elif not secrets.compare_digest(given.get("state", "").encode(), state.encode()):
                self._answer(HTTPStatus.BAD_REQUEST, "This is not the login that was begun.")
            elif error or not code:
                words = [error or "there is no code", given.get("error_description", "")]
                reason = ": ".join(filter(None, words))[:_MAX_WORDS]
                self._answer(HTTPStatus.OK, f"The login failed: {reason}\nYou may close this page.")
                answers.put(Callback("", reason))
            else:
                self._answer(HTTPStatus.OK, "You may close this page and return to your program.")
                answers.put(Callback(code, ""))

        def _answer(self, status: HTTPStatus, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass  # it would show the code

    return Handler
