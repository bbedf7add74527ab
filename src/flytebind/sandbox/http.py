"""The HTTP side of the sandbox: files behind signed links, and the authorization server."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import secrets
import sys
import threading
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from flytebind.sandbox.auth.answers import Answer
from flytebind.sandbox.auth.oauth import AuthorizationServer
from flytebind.sandbox.blobs import BlobStore
from flytebind.sandbox.clock import Clock

_log = logging.getLogger(__name__)

_DATA_PATH = "/data/"
_IDLE_SECONDS = 30.0
_MAX_BYTES = 1 << 30


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

    def __init__(
        self,
        blobs: BlobStore,
        clock: Clock,
        provider: AuthorizationServer | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        # Links die with the server: nobody else knows the key.
        self._key = secrets.token_bytes(32)
        self._clock = clock
        self._root = blobs.uri("").rstrip("/") + "/"

        class Handler(_Handler):
            """Knows what it serves; the base class only gets a request."""

        Handler.blobs, Handler.provider, Handler.links = blobs, provider, self
        self._server = _Server((host, port), Handler)
        self.url = f"http://{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

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
            content_md5: What the file must hash to; empty to take anything.

        Raises:
            ValueError: If the URI is not one of a file below the folder.
        """
        path = uri.removeprefix(self._root)
        if path == uri or self.uri_of(path) is None:
            raise ValueError(f"{uri!r} is not in the sandbox's folder")
        query = {"exp": f"{expires_at.timestamp():.6f}"}
        if content_md5:
            query["md5"] = base64.b64encode(content_md5).decode()
        query["sig"] = self._signature(method, path, query)
        return f"{self.url}{_DATA_PATH}{path}?{urlencode(query)}"

    def refusal(self, method: str, path: str, query: dict[str, str]) -> str | None:
        """Why a link is not good for a request; None when it is."""
        signature = self._signature(method, path, query)
        if not hmac.compare_digest(signature.encode(), query.get("sig", "").encode()):
            return "the signature does not match"
        if self._clock.now().timestamp() >= float(query["exp"]):
            return "the link has expired"
        return None

    def uri_of(self, path: str) -> str | None:
        """The URI of the file at a quoted path, if it is below the folder."""
        parts = unquote(path).split("/")
        return None if {"", ".", ".."} & set(parts) or "\0" in path else self._root + path

    def _signature(self, method: str, path: str, query: dict[str, str]) -> str:
        # Clients may quote the path in another way than we do.
        signed = "\n".join((method, unquote(path), query.get("exp", ""), query.get("md5", "")))
        return hmac.new(self._key, signed.encode(), hashlib.sha256).hexdigest()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        # Mostly clients that hang up; a test's output is no place for their tracebacks.
        _log.debug("the request of %s failed", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    blobs: BlobStore
    provider: AuthorizationServer | None
    links: HttpServer
    timeout = _IDLE_SECONDS

    def do_GET(self) -> None:
        if self.provider is not None:
            path, query = urlsplit(self.path).path, self._query()
            if self._answer_with(self.provider.get(self.links.url, path, query)):
                return
        if (uri := self._signed_uri()) is None:
            return
        data = self.blobs.read(uri, limit=sys.maxsize)
        if data is None:
            self._answer(HTTPStatus.NOT_FOUND, b"no such file")
        else:
            self._answer(HTTPStatus.OK, data, "application/octet-stream")

    def do_PUT(self) -> None:
        # Read before any answer: a client that still writes would see a reset instead of it.
        body = self._body()
        if body is None or (uri := self._signed_uri()) is None:
            return
        md5 = hashlib.md5(body, usedforsecurity=False).digest()
        for expected in (self._query().get("md5"), self.headers.get("Content-MD5")):
            if expected is not None and _decoded(expected) != md5:
                self._answer(HTTPStatus.BAD_REQUEST, b"the content does not match its MD5")
                return
        try:
            self.blobs.write(unquote(uri.removeprefix(self.blobs.uri(""))).lstrip("/"), body)
        except OSError:
            self._answer(HTTPStatus.CONFLICT, b"there is a folder where the file should be")
        else:
            self._answer(HTTPStatus.OK, b"")

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        if self.provider is not None:
            path, form = urlsplit(self.path).path, _first(body.decode(errors="replace"))
            authorization = self.headers.get("Authorization", "")
            if self._answer_with(self.provider.post(self.links.url, path, form, authorization)):
                return
        self._answer(HTTPStatus.NOT_FOUND, b"no such path")

    def _answer_with(self, answer: Answer | None) -> bool:
        """Send an answer of the authorization server, if there is one."""
        if answer is not None:
            self._answer(answer.status, answer.body, answer.kind, answer.location)
        return answer is not None

    def _signed_uri(self) -> str | None:
        """The file that the link is good for; answers when there is none."""
        path = urlsplit(self.path).path
        relative = path.removeprefix(_DATA_PATH)
        uri = self.links.uri_of(relative) if relative != path else None
        if uri is None:
            self._answer(HTTPStatus.NOT_FOUND, b"no such path")
            return None
        refusal = self.links.refusal(self.command, relative, self._query())
        if refusal is not None:
            self._answer(HTTPStatus.FORBIDDEN, refusal.encode())
            return None
        return uri

    def _query(self) -> dict[str, str]:
        return _first(urlsplit(self.path).query)

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


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
