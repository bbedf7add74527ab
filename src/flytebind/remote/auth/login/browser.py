"""Logs in with a browser on this machine (authorization code with PKCE, RFC 7636 and 8252)."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from urllib.parse import SplitResult, parse_qs, urlsplit, urlunsplit

from flytebind.remote.auth.login.patience import Patience, tell
from flytebind.remote.auth.login.provider import Login, Provider
from flytebind.remote.auth.tokens import refused

_TIMEOUT = 300.0
_STEP = 0.1
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class BrowserLogin:
    """Opens a browser, and listens for what the provider sends back with it.

    Args:
        provider: The identity provider.
        show: Takes what the person should read.
        open_browser: Opens a URL; by default in the standard browser.
        timeout: How many seconds the person has.
    """

    def __init__(
        self,
        provider: Provider,
        show: Callable[[str], None] = tell,
        open_browser: Callable[[str], object] | None = None,
        timeout: float = _TIMEOUT,
    ) -> None:
        self._provider = provider
        self._show = show
        self._open_browser = open_browser or _open_browser
        self._timeout = timeout

    def __call__(self, patience: Patience) -> Login:
        """Log in.

        Args:
            patience: How to wait.

        Raises:
            FlyteAuthenticationError: If nobody does, or the provider says no.
        """
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
        redirect = urlsplit(self._provider.discovery.client.redirect_uri)
        with _listening(redirect, state) as (redirect_uri, answers):
            url = self._provider.authorization_url(redirect_uri, state, verifier)
            self._show(f"To log in to Flyte, open {url}")
            self._open_browser(url)
            query = self._await(answers, patience)
        parameters = parse_qs(query)
        if "error" in parameters:
            words = [*parameters["error"], *parameters.get("error_description", [])]
            raise refused(f"the login failed: {': '.join(words)[:200]}")
        return self._provider.exchange(redirect_uri, query, state, verifier)

    def _await(self, answers: SimpleQueue[str], patience: Patience) -> str:
        end = patience.now() + self._timeout
        while patience.now() < end:
            try:
                return answers.get_nowait()
            except Empty:
                patience.wait(_STEP)
        raise refused(f"nobody has logged in within {self._timeout:g} seconds")


@contextmanager
def _listening(redirect: SplitResult, state: str) -> Iterator[tuple[str, SimpleQueue[str]]]:
    """A server at the redirect URI. Its answers are queries whose state is ours."""
    host = redirect.hostname or ""
    if redirect.scheme != "http" or host not in _LOOPBACK:
        raise refused(
            f"the server sends browsers back to {urlunsplit(redirect)!r}, which is not on this "
            "machine: use auth_mode DeviceFlow"
        )
    answers: SimpleQueue[str] = SimpleQueue()

    class Handler(BaseHTTPRequestHandler):
        timeout = 10.0  # browsers open connections that they may never use

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            given = parse_qs(asked.query).get("state", [""])[0]
            # Any page can send a browser here: without our state it is none of our business.
            if asked.path != (redirect.path or "/"):
                self._answer(HTTPStatus.NOT_FOUND, "There is nothing here.")
            elif not secrets.compare_digest(given.encode(), state.encode()):
                self._answer(HTTPStatus.BAD_REQUEST, "This is not the login that was begun.")
            else:
                self._answer(HTTPStatus.OK, "You may close this page and return to your program.")
                answers.put(asked.query)

        def _answer(self, status: HTTPStatus, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass  # it would show the code

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        allow_reuse_address = False  # whoever listens there would get the code
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # browsers hang up as they like

    try:
        # Without a port any will do (RFC 8252).
        server = Server((host, redirect.port or 0), Handler)
    except (OSError, ValueError) as error:
        raise refused(f"cannot listen at {urlunsplit(redirect)}: {error}") from error
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


def _open_browser(url: str) -> None:
    import webbrowser

    webbrowser.open(url)
