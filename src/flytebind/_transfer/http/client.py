"""The HTTP client of a connection."""

from __future__ import annotations

import io
import json
import logging
import ssl
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import BinaryIO, Protocol, cast
from urllib.parse import urlencode, urljoin, urlsplit

from flytebind._transfer.http.errors import HttpError, HttpOversize
from flytebind._transfer.http.exchanges import Exchange, Exchanges
from flytebind._transfer.http.trust import Settings, Trust
from flytebind._transfer.patience import SLOWEST, Patience
from flytebind._transfer.uris import public
from flytebind.runtime import __version__
from flytebind.runtime.errors import FlyteDataError, FlyteError
from flytebind.runtime.extras import explained

_log = logging.getLogger("flytebind.remote")

#: Seconds for a request and its answer.
TIMEOUT = 30.0
#: Seconds that may pass in a transfer in which hardly anything moves; see ``Patience``.
SILENCE = 60.0
#: The most bytes of an answer that is read into memory.
MAX_BYTES = 1 << 20

_NEVER = 30 * 86400.0  # seconds; sockets and locks take no infinite time
_PIECE = 1 << 16
_MAX_REDIRECTS = 5
#: Those after which the same thing is asked of another place, and those that are good for data.
_KEEPING_REDIRECTS = (307, 308)
_REDIRECTS = (301, 302, 303, *_KEEPING_REDIRECTS)
#: What is for one server alone.
_PERSONAL = ("authorization", "cookie", "proxy-authorization")
_USUAL = {
    "User-Agent": f"flytebind/{__version__}",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


@dataclass(frozen=True)
class Response:
    """A whole answer.

    Args:
        status: The status code.
        headers: Names are found in any spelling.
        body: Unpacked.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300

    def json(self) -> object:
        """What the body says as JSON; None if it is none."""
        try:
            value: object = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return value


class Incoming(Protocol):
    """What an answer needs of urllib3's, which is not imported before there is one."""

    status: int
    chunked: bool
    length_remaining: int | None

    @property
    def headers(self) -> Mapping[str, str]:
        """Names are found in any spelling."""
        ...

    def read1(self, amt: int, /) -> bytes:
        """What has come, or comes next."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class Answer(io.RawIOBase):
    """An answer whose body is still to be read, as it comes over the wire. To be closed.

    Reading raises ``HttpError``, also for a body that ends too early.
    """

    def __init__(self, exchange: Exchange, response: Incoming) -> None:
        self._exchange = exchange
        self._response = response
        self.url: str = exchange.url
        """Where it has come from, after redirects. A secret, if it is a signed link."""
        self.status: int = response.status
        """The status code."""
        self.headers: Mapping[str, str] = response.headers
        """Names are found in any spelling."""
        self.length: int | None = response.length_remaining
        """How many bytes the body has; None if the server does not say."""
        self.says_end: bool = self.length is not None or response.chunked
        """Whether the end can be told from a connection that broke. HTTP/1.0 may not tell."""

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: object) -> int:
        """Read what has come, or wait for something."""
        view = memoryview(cast("bytearray", buffer)).cast("B")
        try:
            data = self._response.read1(len(view)) if len(view) else b""
        except Exception as error:
            self._exchange.fail(error)
        if data:
            self._exchange.moved(len(data))
        elif len(view) and self.length is None:
            self._exchange.check()  # a connection that was shut down looks like the end
        view[: len(data)] = data
        return len(data)

    def pieces(self) -> Iterator[bytes]:
        """The body, piece by piece."""
        buffer = bytearray(_PIECE)
        while count := self.readinto(buffer):
            yield bytes(buffer[:count])

    def close(self) -> None:
        """Hang up, if there is more to come."""
        if not self.closed:
            super().close()
            self._response.close()
            self._exchange.finish()


class HttpClient:
    """Speaks HTTP with the settings of a connection. Safe to share between threads.

    What blocks here is ended by the end of its time, by ``close``, by Ctrl-C in the thread that
    waits, and by giving up the ``Work`` that it is a part of (see ``Io.in_thread``).

    Args:
        config: For TLS and the proxy; None for what this system has.
    """

    def __init__(self, config: Settings | None = None) -> None:
        self._config = config
        self._trust = Trust(config)
        self._exchanges = Exchanges()

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT,
        max_bytes: int = MAX_BYTES,
        redirects: bool = False,
    ) -> Response:
        """Ask a server, and read all of its answer, whatever its status.

        Args:
            method: ``GET``, ``POST``, ...
            url: Where.
            headers: What to send besides the usual ones.
            form: Fields to post.
            timeout: Seconds for all of it, redirects included.
            max_bytes: More than that is not read, nor unpacked.
            redirects: Whether to go where the server sends us. A ``GET`` alone does.

        Raises:
            HttpError: If there is no answer, or it is too large.
            HttpTimeout: If it was not here in time.
            FlyteConfigError: If the settings for TLS make no sense.
        """
        sent = dict(headers or {})
        body = None
        if form is not None:
            body = urlencode(form).encode()
            sent = {"Content-Type": "application/x-www-form-urlencoded", **sent}
        deadline = Patience(timeout)

        def send(url: str, headers: Mapping[str, str]) -> Answer:
            exchange = self._exchanges.begin(url, deadline)
            return self._send(exchange, method, headers, body, is_data=False)

        with closing(_follow(send, url, sent, _REDIRECTS if redirects else ())) as answer:
            return whole(answer, max_bytes)

    def begin(self, url: str, timeout: float | None, *, since: float) -> Exchange:
        """Begin what ``post`` goes on with, and what can be ended from another thread.

        Args:
            url: Where to post.
            timeout: Seconds for all of it; None for no end.
            since: From when on they count, on the monotonic clock.

        Raises:
            HttpEnded: If this client is closed.
        """
        deadline = Patience(_NEVER if timeout is None else timeout, since=since)
        return self._exchanges.begin(url, deadline)

    def post(self, exchange: Exchange, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post bytes; redirects are not followed.

        Args:
            exchange: What ``begin`` has begun.
            headers: What to send besides the usual ones.
            body: What to send.

        Returns:
            The answer, whatever its status, before its body is read.

        Raises:
            HttpError: If there is none; ``HttpTimeout`` if it was not here in time.
            FlyteConfigError: If the settings for TLS make no sense.
        """
        return self._send(exchange, "POST", headers, body, is_data=False)

    def open(
        self, url: str, *, headers: Mapping[str, str] | None = None, silence: float = SILENCE
    ) -> Answer:
        """Ask for data; redirects are followed.

        Args:
            url: Where it is.
            headers: What to send besides the usual ones.
            silence: Seconds in which something must come: redirects and heads, and of a body a
                thousand bytes for each second on the whole.

        Returns:
            The answer, whatever its status, before its body is read.

        Raises:
            HttpError: If there is no answer; ``HttpTimeout`` after too much silence.
            FlyteConfigError: If the settings for TLS make no sense.
        """
        patience = Patience(silence, SLOWEST)

        def send(url: str, headers: Mapping[str, str]) -> Answer:
            exchange = self._exchanges.begin(url, patience)
            return self._send(exchange, "GET", headers, None, is_data=True)

        return _follow(send, url, headers or {}, _REDIRECTS)

    def upload(
        self,
        url: str,
        file: BinaryIO,
        length: int,
        *,
        headers: Mapping[str, str] | None = None,
        silence: float = SILENCE,
        moved: Callable[[int], object] = lambda _: None,
    ) -> Response:
        """Put the rest of a file at a place; 307 and 308 are followed.

        Args:
            url: The place.
            file: What to read, from where it stands.
            length: How many bytes to send.
            headers: What to send besides the usual ones; no ``Content-Length``.
            silence: Seconds in which something must go: a thousand bytes for each on the whole.
            moved: Told how many bytes have just gone.

        Returns:
            The answer, whatever its status. It may come before the end of the file.

        Raises:
            HttpError: If there is no answer; ``HttpTimeout`` after too much silence.
            FlyteDataError: If the file cannot be read, or has become shorter.
            FlyteConfigError: If the settings for TLS make no sense.
        """
        start, patience = file.tell(), Patience(silence, SLOWEST)

        def send(url: str, headers: Mapping[str, str]) -> Answer:
            file.seek(start)
            exchange = self._exchanges.begin(url, patience)
            body = _Body(exchange, file, length, moved)
            return self._send(exchange, "PUT", headers, body, is_data=True)

        sent = {**(headers or {}), "Content-Length": str(length)}
        with closing(_follow(send, url, sent, _KEEPING_REDIRECTS)) as answer:
            return whole(answer, MAX_BYTES)

    def pause(self, url: str, seconds: float) -> None:
        """Let time pass before another try; it is ended as a request would be.

        Args:
            url: What is to be tried.
            seconds: How long.

        Raises:
            HttpError: If it is ended.
        """
        exchange = self._exchanges.begin(url, Patience(seconds + TIMEOUT))
        try:
            exchange.rest(seconds)
        finally:
            exchange.finish()

    def close(self) -> None:
        """End whatever is under way. Twice does no harm."""
        self._exchanges.close()

    def _send(
        self,
        exchange: Exchange,
        method: str,
        headers: Mapping[str, str],
        body: bytes | _Body | None,
        *,
        is_data: bool,
    ) -> Answer:
        """Send a request and take the head of its answer."""
        began, outcome = time.monotonic(), "no answer"
        try:
            with explained("HTTP"):
                from flytebind._transfer.http.connections import TlsConnection, route_of, unlogged

            connection, target, own = route_of(exchange, self._config, self._trust, is_data=is_data)
            exchange.until_end.callback(connection.close)
            connection.connect()
            if isinstance(body, _Body):
                body.stops_at_answer = not isinstance(connection, TlsConnection)
            sent = {**_USUAL, **own, **headers}
            # Who has read enough to answer may hang up; the answer is here all the same.
            with suppress(BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
                connection.request(
                    method, target, body, sent, preload_content=False, decode_content=False
                )
            was_ended = exchange.is_ended()  # while it sent; the answer may be here all the same
            with unlogged():
                response = connection.getresponse()
            exchange.until_end.callback(response.close)
            if not was_ended:
                exchange.check()  # a head that was cut looks like a whole one
            outcome = str(response.status)
            return Answer(exchange, response)
        except (FlyteError, ImportError):
            exchange.finish()
            raise
        except Exception as error:
            exchange.finish()
            exchange.fail(error)
        except BaseException:
            exchange.finish()
            raise
        finally:
            seconds = time.monotonic() - began
            _log.debug(
                "%s %s: %s, %.3f s", method, public(exchange.url, is_url=True), outcome, seconds
            )


class _Body:
    """A file on its way out.

    Args:
        exchange: Learns of each byte that moves.
        file: What to read.
        length: How many bytes to send.
        moved: Told the same.
    """

    def __init__(
        self, exchange: Exchange, file: BinaryIO, length: int, moved: Callable[[int], object]
    ) -> None:
        self.stops_at_answer: bool = False
        """Whether to look for an answer. TLS has things to say that are none."""
        self._exchange = exchange
        self._file = file
        self._length = length
        self._moved = moved

    def __iter__(self) -> Iterator[bytes]:
        left = self._length
        while left and not (self.stops_at_answer and self._exchange.answered()):
            piece = self._read(min(left, _PIECE))
            yield piece
            left -= len(piece)
            self._exchange.moved(len(piece))
            self._moved(len(piece))

    def _read(self, size: int) -> bytes:
        try:
            piece = self._file.read(size)
        except OSError as error:
            raise FlyteDataError(f"the file cannot be read: {error.strerror}") from error
        if not piece:
            raise FlyteDataError("the file became shorter while it was sent")
        return piece


def _follow(
    send: Callable[[str, Mapping[str, str]], Answer],
    url: str,
    headers: Mapping[str, str],
    statuses: Collection[int],
) -> Answer:
    """Send a request, and again to where the answers lead."""
    for _ in range(_MAX_REDIRECTS + 1):
        answer = send(url, headers)
        location = answer.headers.get("Location")
        if answer.status not in statuses or not location:
            return answer
        answer.close()
        try:
            onward = urljoin(url, location)
            before, after = urlsplit(url), urlsplit(onward)
        except ValueError:
            raise HttpError(url, "it leads on to what is no URL") from None
        if before.scheme == "https" and after.scheme != "https":
            raise HttpError(url, f"it leads away from TLS, to {public(onward, is_url=True)}")
        if before.netloc != after.netloc:
            headers = {name: headers[name] for name in headers if name.lower() not in _PERSONAL}
        url = onward
    raise HttpError(url, "it leads on and on")


def whole(answer: Answer, max_bytes: int) -> Response:
    """Read an answer to its end.

    Args:
        answer: What to read; it stays the caller's to close.
        max_bytes: More than that is not read, nor unpacked.

    Raises:
        HttpError: If it does not come as a whole; ``HttpOversize`` if it is too large.
    """
    body = bytearray()
    for piece in answer.pieces():
        body += piece
        if len(body) > max_bytes:
            raise HttpOversize(answer.url, max_bytes)
    return Response(answer.status, answer.headers, _unpacked(bytes(body), answer, max_bytes))


def _unpacked(body: bytes, answer: Answer, max_bytes: int) -> bytes:
    """The body as it was before the server packed it, which nobody has asked for."""
    if answer.headers.get("Content-Encoding", "").lower() not in ("gzip", "x-gzip", "deflate"):
        return body
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # tells by itself which of them it is
    try:
        unpacked = unpacker.decompress(body, max_bytes)
    except zlib.error:
        raise HttpError(answer.url, "the answer cannot be unpacked") from None
    if unpacker.unconsumed_tail:
        raise HttpOversize(answer.url, max_bytes)
    return unpacked
