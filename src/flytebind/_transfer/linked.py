"""Files behind links, read to their end whatever happens on the way."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import NoReturn, cast

from flytebind._transfer.http.client import Answer, HttpClient
from flytebind._transfer.http.errors import HttpEnded, HttpError
from flytebind._transfer.http.refusal import PASSING, in_words
from flytebind._transfer.links import Links
from flytebind._transfer.patience import SLOWEST, Patience
from flytebind._transfer.uris import is_http, public
from flytebind.runtime.errors import FlyteAssertion, FlyteDataError

#: Seconds in which hardly anything may come, however often that is tried; see ``Patience``.
SILENCE = 60.0

#: How often to try a server that has never answered: the reader may know another way.
_FIRST_TRIES = 3

_MAX_PAUSE = 10.0
_MAX_REFUSAL = 1 << 16
_PIECE = 1 << 16

#: What stores answer to a link that has expired, among other things.
_DENIED = frozenset({400, 401, 403})

_RANGE = re.compile(r"bytes (\d+)-\d+/(?:(\d+)|\*)")


class Refused(HttpError):
    """A store has answered, and not with the file.

    Args:
        url: The link.
        reason: What the store says.
        status: The status code.
        pause: Seconds that the store asks to wait; 0 if it does not say.
    """

    def __init__(self, url: str, reason: str, status: int, pause: float) -> None:
        super().__init__(url, reason, passing=status in PASSING)
        self.status = status
        self.pause = pause


class LinkedFile(io.RawIOBase):
    """A file behind a link, which can be read from anywhere in it.

    Where the connection breaks, the store is too busy or the link has expired, reading goes on from
    there with a new request. Reading raises ``FlyteDataError``.

    Args:
        uri: What messages call it, and what links are asked for.
        links: Where links come from, unless the URI is one, and what speaks HTTP.
        silence: Seconds in which hardly anything may come; a minute by default.
        size: How many bytes it should have, if that is known.

    Raises:
        FlyteAssertion: If the remote is closed.
    """

    def __init__(
        self,
        uri: str,
        links: Links | None = None,
        *,
        silence: float | None = None,
        size: int | None = None,
    ) -> None:
        self.uri = uri
        self.size: int | None = None
        """How many bytes it has, by what the server says; None as long as it does not."""
        self._expected_size = size
        self._links = None if is_http(uri) else links
        self._http = _client(uri, links)
        self._silence = SILENCE if silence is None else silence
        self._link = uri if is_http(uri) else ""
        self._is_renewed = False
        self._version: str | None = None
        self._position = 0
        self._answer: Answer | None = None
        self._is_answered = False
        self._refusal = 0
        self._tries = 0
        self._patience = Patience(self._silence, SLOWEST)
        self._furthest = 0

    def begin(self) -> None:
        """See that there is something to read.

        Raises:
            FlyteDataError: If there is not.
            FlyteError: If there is no link to it.
        """
        self._persist(lambda: bool(self._open()))

    def exists(self) -> bool:
        """Whether there is such a file.

        Stores deny what is not there to those who may not list what is.

        Raises:
            FlyteError: If nobody can say.
        """
        try:
            self.begin()
        except FlyteDataError:
            if self._refusal in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
                return False
            raise
        return True

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always, though some servers must send all that is before the place once more."""
        return True

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to another place."""
        if whence == io.SEEK_END:
            if self.size is None:
                self.begin()
            if self.size is None:
                raise io.UnsupportedOperation(f"{public(self.uri)}: nobody says how long it is")
            offset += self.size
        elif whence == io.SEEK_CUR:
            offset += self._position
        if offset < 0:
            raise ValueError(f"there is nothing before the beginning: {offset}")
        if offset != self._position:
            self._hang_up()
            self._position = offset
        return offset

    def readinto(self, buffer: object) -> int:
        """Read what has come, or wait for something."""
        view = memoryview(cast("bytearray", buffer)).cast("B")
        if not len(view) or (self.size is not None and self._position >= self.size):
            return 0
        return self._persist(lambda: self._read(view))

    def close(self) -> None:
        """Hang up."""
        self._hang_up()
        super().close()

    def _read(self, view: memoryview) -> int:
        answer = self._open()
        count = 0 if answer is None else answer.readinto(view)
        if count:
            self._position += count
            self._is_renewed, self._tries = False, 0
            self._patience.moved(max(self._position - self._furthest, 0))
            self._furthest = max(self._position, self._furthest)
        elif answer is not None and not answer.says_end and self._position != self._expected_size:
            # HTTP/1.0 may end like a connection that breaks: ask for what follows.
            self._hang_up()
            if self._open(must_be_rest=True) is not None:
                return self._read(view)
        return count

    def _persist(self, act: Callable[[], int]) -> int:
        """Try until it is done, or there is no hope left."""
        with self._patience.counting():  # and not while nobody reads
            while True:
                try:
                    return act()
                except HttpEnded:
                    raise
                except HttpError as error:
                    self._hang_up()
                    self._recover(error)

    def _recover(self, error: HttpError) -> None:
        """Get ready for another try, or give up."""
        refused = error if isinstance(error, Refused) else None
        self._refusal = refused.status if refused else 0
        if refused and refused.status in _DENIED and self._links and not self._is_renewed:
            self._link, self._is_renewed = "", True
            return
        self._tries += 1
        pause = min(0.1 * 2**self._tries, _MAX_PAUSE) * random.uniform(0.5, 1)
        pause = max(pause, refused.pause if refused else 0)
        is_late = pause > self._patience.left()
        is_hopeless = not self._is_answered and self._tries >= _FIRST_TRIES
        if not error.passing or is_late or is_hopeless:
            of = f"after {self._position} of {self.size} bytes: " if self._position else ""
            self._fail(of + error.reason)
        self._http.pause(self._link or self.uri, pause)

    def _open(self, *, must_be_rest: bool = False) -> Answer | None:
        """The answer with the next byte in it; None if the store says that there is none."""
        if self._answer is not None:
            return self._answer
        if not self._link:
            assert self._links is not None  # or the link would be the URI
            self._link = self._links.link(self.uri)
        is_part = must_be_rest or self._position > 0
        headers = {"Range": f"bytes={self._position}-"} if is_part else {}
        answer = self._http.open(self._link, headers=headers, silence=self._silence)
        try:
            self._is_answered = True
            if is_part and answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                answer.close()
                return None
            self._check(answer)
            if answer.status == HTTPStatus.PARTIAL_CONTENT:
                self._check_range(answer)
            elif must_be_rest:
                end = f"ended after {self._position} bytes"
                self._fail(f"{end}, and the server does not say whether that is all")
            else:
                self._skip(answer)
        except BaseException:
            answer.close()
            raise
        self._answer = answer
        return answer

    def _check(self, answer: Answer) -> None:
        """Refuse whatever is not the file, or not the same as before."""
        if answer.status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            body = b""
            for piece in answer.pieces():
                body += piece
                if len(body) >= _MAX_REFUSAL:
                    break
            reason = in_words(answer.status, body)
            raise Refused(self._link, reason, answer.status, _pause_of(answer))
        version = answer.headers.get("ETag")
        if self._version and version and version != self._version:
            self._fail("it was replaced while it was read")
        self._version = version or self._version

    def _check_range(self, answer: Answer) -> None:
        found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if found is None or int(found[1]) != self._position:
            self._fail("the server answers with another part than it was asked for")
        self.size = int(found[2]) if found[2] else self.size

    def _skip(self, answer: Answer) -> None:
        """Go to the position in an answer that begins at the beginning."""
        self.size = answer.length
        left = self._position
        while left and (skipped := answer.read(min(left, _PIECE))):
            left -= len(skipped)

    def _fail(self, reason: str) -> NoReturn:
        raise FlyteDataError(f"{public(self.uri)}: {reason}")

    def _hang_up(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.close()


def _client(uri: str, links: Links | None) -> HttpClient:
    if links is not None:
        try:
            return links.http
        except FlyteAssertion:
            if not is_http(uri):
                raise
    return HttpClient()  # a link needs no remote, nor one that is still open


def _pause_of(answer: Answer) -> float:
    asked = answer.headers.get("Retry-After", "")
    return min(float(asked), _MAX_PAUSE) if asked.isascii() and asked.isdigit() else 0
