"""The HTTP side of the sandbox: files behind signed links, an authorization server, the console."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from flytebind.sandbox._blobs import BlobStore
from flytebind.sandbox._clock import Clock
from flytebind.sandbox._object_store import ObjectStore
from flytebind.sandbox._reply import Reply
from flytebind.sandbox.auth._answers import Answer
from flytebind.sandbox.auth._oauth import AuthorizationServer

_log = logging.getLogger("flytebind.sandbox")

_IDLE_SECONDS = 30.0
_MAX_BYTES = 1 << 20
_LINGER_SECONDS = 2.0
_LINGER_BYTES = 1 << 24
_CHUNK = 1 << 16


class Site(Protocol):
    """Pages for people."""

    def has(self, path: str) -> bool:
        """Whether a path is one of its own."""
        ...

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Reply:
        """Answer a request; names of headers are in small letters."""
        ...


class HttpServer:
    """Serves on a port of this machine until it is closed.

    ``GET`` and ``PUT`` of files need a link that ``signed_url`` made, and that is not too old;
    with ``provider``, there are the pages of an authorization server.

    Args:
        blobs: The files.
        clock: What links expire by.
        provider: Gives out tokens; None when authentication is off.
        host: The address to listen on.
        port: 0 for any that is free.
    """

    url: str
    """Where it serves: ``http://127.0.0.1:41233``."""

    def __init__(
        self,
        blobs: BlobStore,
        clock: Clock,
        provider: AuthorizationServer | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._store = store = ObjectStore(blobs, clock)

        class Handler(_Handler):
            """Knows what it serves; the base class only gets a request."""

        Handler.store, Handler.provider = store, provider
        self._handler = Handler
        self._server = _Server((host, port), Handler)
        self.url = Handler.url = f"http://{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    def use_site(self, site: Site) -> None:
        """Serve pages, too."""
        self._handler.site = site

    def take(self, connection: socket.socket, address: tuple[str, int]) -> None:
        """Serve on a connection that has been made elsewhere."""
        self._server.process_request(connection, address)

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def signed_url(
        self, method: str, uri: str, expires_at: datetime, content_md5: bytes = b""
    ) -> str:
        """A link to a file.

        Args:
            method: ``GET`` or ``PUT``; the link is good for nothing else.
            uri: The file's own, below the folder of the blobs.
            expires_at: Until when.
            content_md5: What has to be sent along as ``Content-MD5``; empty if nothing has.

        Raises:
            ValueError: If the URI is not one of a file below the folder.
        """
        return self._store.link(self.url, method, uri, expires_at, content_md5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        # Mostly clients that hang up; a test's output is no place for their tracebacks.
        _log.debug("the request of %s failed", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    store: ObjectStore
    provider: AuthorizationServer | None
    site: Site | None = None
    url: str
    timeout = _IDLE_SECONDS

    def do_HEAD(self) -> None:
        if not self._answer_with_page():
            self.send_error(HTTPStatus.NOT_IMPLEMENTED, "Unsupported method ('HEAD')")

    def do_GET(self) -> None:
        if self._answer_with_page():
            return
        if self.provider is not None:
            path, query = urlsplit(self.path).path, _first(urlsplit(self.path).query)
            if self._answer_with(self.provider.get(self.url, path, query)):
                return
        self._reply(self.store.get(self.path, self._headers()))

    def do_PUT(self) -> None:
        if self._answer_with_page():
            return
        reply = self.store.put(self.path, self._headers(), self.rfile)
        self._reply(reply)
        if reply.status >= HTTPStatus.BAD_REQUEST:
            self.close_connection = True
            self._linger()

    def do_POST(self) -> None:
        if self._answer_with_page():
            return
        body = self._body()
        if body is None:
            return
        if self.provider is not None:
            path, form = urlsplit(self.path).path, _first(body.decode(errors="replace"))
            authorization = self.headers.get("Authorization", "")
            if self._answer_with(self.provider.post(self.url, path, form, authorization)):
                return
        self._answer(HTTPStatus.NOT_FOUND, b"no such path")

    def _answer_with_page(self) -> bool:
        """Send a page for people, if the path is one's."""
        if self.site is None or not self.site.has(self.path.partition("?")[0]):
            return False
        self._reply(self.site.answer(self.command, self.path, self._headers()))
        return True

    def _answer_with(self, answer: Answer | None) -> bool:
        """Send an answer of the authorization server, if there is one."""
        if answer is not None:
            self._answer(answer.status, answer.body, answer.kind, answer.location)
        return answer is not None

    def _body(self) -> bytes | None:
        """All that was sent; answers when its length is not known, or not what was said."""
        given = self.headers.get("Content-Length", "")
        if not (given.isascii() and given.isdigit()):
            self._answer(HTTPStatus.LENGTH_REQUIRED, b"Content-Length is missing")
            return None
        length = int(given[:20])
        if length > _MAX_BYTES:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"the content is too large")
            return None
        body = self.rfile.read(length)
        if len(body) < length:
            self._answer(HTTPStatus.BAD_REQUEST, b"the content is not complete")
            return None
        return body

    def _headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _reply(self, reply: Reply) -> None:
        """Send an answer of the store or of a page."""
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def _linger(self) -> None:
        """Take some of what was not read: a client that still writes would lose the answer."""
        self.wfile.flush()
        end, left = time.monotonic() + _LINGER_SECONDS, _LINGER_BYTES
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            while left > 0 and (seconds := end - time.monotonic()) > 0:
                self.connection.settimeout(seconds)
                piece = self.connection.recv(_CHUNK)
                if not piece:
                    break
                left -= len(piece)

    def _answer(
        self, status: int, data: bytes, kind: str = "text/plain", location: str = ""
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        if location:
            self.send_header("Location", location)
        if status == HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", 'Basic realm="flytebind"')
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        # Not the query: whoever reads the log could use the link.
        _log.debug("%s %s %s", self.address_string(), self.command, urlsplit(self.path).path)


def _first(query: str) -> dict[str, str]:
    """The first value of each name."""
    return {name: values[0] for name, values in parse_qs(query).items()}
