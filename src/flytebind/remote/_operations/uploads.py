"""Files that go up: behind a link that the server signs, to whatever store that leads to."""

from __future__ import annotations

import base64
import hashlib
import os
import random
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol
from urllib.parse import parse_qs, urlsplit

from flytebind._transfer.http.errors import HttpEnded, HttpError
from flytebind._transfer.http.refusal import PASSING, in_words
from flytebind._transfer.patience import SLOWEST, Patience
from flytebind._transfer.threads import check_given_up
from flytebind._transfer.uris import public
from flytebind.models.service.dataproxy import CreateUploadLocationRequest
from flytebind.remote._clients import async_client
from flytebind.remote._io import Io
from flytebind.remote._session import Session
from flytebind.remote._transfers import Transfer
from flytebind.remote.errors import FlyteAssertion, FlyteDataError
from flytebind.services.dataproxy import DataProxyServiceAsyncClient

if TYPE_CHECKING:
    from flytebind._transfer.http.client import HttpClient, Response

#: Seconds in which hardly anything may go, however often that is tried; see ``Patience``.
SILENCE = 60.0

#: What stores take at once; more takes several requests, for which there are no links.
MAX_BYTES = 5 << 30

_CHUNK = 1 << 20
_MAX_PAUSE = 10.0
_DENIED = frozenset({401, 403})
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_ILLEGAL = re.compile(r"[^A-Za-z0-9._-]")
#: Headers that are the client's own, whatever a server says.
_OWN = frozenset({"content-length", "host", "transfer-encoding", "connection"})
_MD5 = re.compile(r'"?([0-9a-f]{32})"?')


@dataclass(frozen=True)
class Content:
    """A file as it was when it was read first."""

    path: Path
    size: int
    md5: bytes


async def upload(
    session: Session, path: Path, project: str, domain: str, filename: str | None
) -> str:
    """Put a local file where tasks can read it; returns its URI there."""
    check(path)
    content = await session.io.in_thread(partial(read_through, path))
    ask = CreateUploadLocationRequest(
        project=project,
        domain=domain,
        filename=legal_name(filename or path.name),
        content_md5=content.md5,
    )
    return await send(session, content, ask)


class Location(Protocol):
    """Where a server wants a file."""

    @property
    def signed_url(self) -> str:
        """The link to put it behind."""
        ...

    @property
    def native_url(self) -> str:
        """Its URI there."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """What the link is signed for."""
        ...


async def send(session: Session, content: Content, ask: CreateUploadLocationRequest) -> str:
    """Put a file where a request wants it; returns its URI there."""
    proxy = async_client(DataProxyServiceAsyncClient, session.caller)
    locate = partial(proxy.create_upload_location, ask)
    return await send_to(locate, session.io, session.connection.http, content)


async def send_to(
    locate: Callable[[], Awaitable[Location]], io: Io, http: HttpClient, content: Content
) -> str:
    """Put a file where a server wants it; returns its URI there.

    What fails for a while (the store is busy, the connection breaks, the link has expired) is tried
    again, until nothing has moved for a minute.

    Args:
        locate: Gets a new link.
        io: How to wait.
        http: Sends it.
        content: The file.
    """
    with Transfer(f"uploading {content.path.name}", content.size) as transfer:
        sending = _Sending(http, content, transfer)
        location = await locate()
        while True:
            try:
                await io.in_thread(partial(sending.send, location))
                return location.native_url
            except HttpEnded:
                raise
            except HttpError as error:
                pause = sending.pause_after(error)
                if isinstance(error, _Refused) and error.wants_new_link:
                    location = await locate()
            await io.in_thread(partial(sending.pause, location, pause))


def legal_name(name: str) -> str:
    """A name for a file that means the same to the server, to stores and to tasks.

    Some of them quote what others take as it is, so that tasks look for another file; and a server
    takes ``..`` for the way up.
    """
    legal = _ILLEGAL.sub("_", name)
    return legal if legal.strip(".") else "_" * len(legal)


def check(path: Path) -> None:
    """Refuse what cannot be uploaded, before it is read.

    Raises:
        FlyteAssertion: If it is no file.
        FlyteDataError: If it is too large.
    """
    if not path.is_file():
        raise FlyteAssertion(f"{path} is no file")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise FlyteDataError(
            f"{path} has {size} bytes, and stores take no more than {MAX_BYTES} (5 GiB) at once;"
            " put it into the store by other means, and give its URI"
        )


def read_through(path: Path) -> Content:
    """Read a file for its digest.

    Raises:
        FlyteDataError: If it cannot be read.
    """
    digest = hashlib.md5(usedforsecurity=False)
    size = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                check_given_up()
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise FlyteDataError(f"{path} cannot be read: {error.strerror}") from error
    return Content(path, size, digest.digest())


class _Refused(HttpError):
    """A store has answered, and has not taken the file.

    Args:
        url: The link.
        response: The answer.
    """

    def __init__(self, url: str, response: Response) -> None:
        reason = in_words(response.status, response.body)
        if "BadDigest" in reason:
            reason += " (was the file changed while it was uploaded?)"
        super().__init__(url, reason, passing=response.status in PASSING)
        self.wants_new_link = response.status in _DENIED or "expired" in reason.lower()
        asked = response.headers.get("Retry-After", "")
        self.pause = float(asked) if asked.isascii() and asked.isdigit() else 0.0


class _Sending:
    """One file on its way, however many attempts that takes.

    Args:
        http: Sends it.
        content: The file.
        transfer: Shows how far it is.
    """

    def __init__(self, http: HttpClient, content: Content, transfer: Transfer) -> None:
        self._http = http
        self._content = content
        self._transfer = transfer
        self._patience = Patience(SILENCE, SLOWEST)
        self._sent = self._furthest = 0
        self._tries = 0
        self._has_new_link = False

    def send(self, location: Location) -> None:
        """Send it once. Blocks.

        Raises:
            HttpError: If the store did not take it.
            FlyteDataError: If that is because the file has changed.
        """
        content, url = self._content, location.signed_url
        self._transfer.begin()
        self._sent = 0
        with self._open() as file:
            if os.fstat(file.fileno()).st_size < content.size:
                raise self._changed()
            response = self._http.upload(
                url,
                file,
                content.size,
                headers=headers_for(url, location.headers, content.md5),
                silence=SILENCE,
                moved=self._moved,
            )
        if not response.is_success:
            raise _Refused(url, response)
        if _is_page(response):
            raise HttpError(url, "a web page came in place of the store's answer")
        if not _arrived(response, content.md5):
            raise FlyteDataError(
                f"{content.path}: what has come to {public(url, is_url=True)} is not what was sent"
            )

    def pause_after(self, error: HttpError) -> float:
        """Seconds to wait for before the next attempt.

        Raises:
            FlyteDataError: If there is to be none.
        """
        self._tries += 1
        refused = error if isinstance(error, _Refused) else None
        if refused is not None and refused.wants_new_link and not self._has_new_link:
            self._has_new_link = True
            return 0
        pause: float = min(0.1 * 2**self._tries, _MAX_PAUSE) * random.uniform(0.5, 1)
        pause = max(pause, min(refused.pause if refused is not None else 0, _MAX_PAUSE))
        if not error.passing or pause > self._patience.left():
            raise FlyteDataError(f"{self._content.path} cannot be uploaded to {error}") from None
        return pause

    def pause(self, location: Location, seconds: float) -> None:
        """Let time pass before the next attempt. Blocks.

        Raises:
            HttpEnded: If the remote is closed meanwhile.
        """
        self._http.pause(location.signed_url, seconds)

    def _moved(self, count: int) -> None:
        self._sent += count
        self._transfer.moved(count)
        # What goes a second time brings the end no nearer.
        self._patience.moved(max(self._sent - self._furthest, 0))
        self._furthest = max(self._sent, self._furthest)

    def _open(self) -> BinaryIO:
        try:
            return self._content.path.open("rb")
        except OSError as error:
            raise FlyteDataError(
                f"{self._content.path} cannot be read: {error.strerror}"
            ) from error

    def _changed(self) -> FlyteDataError:
        return FlyteDataError(f"{self._content.path} was changed while it was uploaded")


def headers_for(url: str, given: Mapping[str, str], md5: bytes) -> dict[str, str]:
    """What to send with a file.

    Servers say which headers a link is signed for, and add a wrong ``Content-Length`` (that of the
    digest); those before 1.11 say nothing.

    Args:
        url: The link.
        given: The headers that the server names.
        md5: The file's digest.

    Raises:
        HttpError: If the link or a header is none.
    """
    headers = {name: value for name, value in given.items() if value and name.lower() not in _OWN}
    for name, value in headers.items():
        if not (_NAME.fullmatch(name) and value.isprintable()):
            raise HttpError(url, f"the server names a header that cannot be sent: {name!r}")
    try:
        query_text = urlsplit(url).query
    except ValueError:
        raise HttpError(url, "this is no HTTP URL") from None
    named = {name.lower() for name in headers}
    query = {name.lower(): values[-1] for name, values in parse_qs(query_text).items()}
    signed = query.get("x-amz-signedheaders") or query.get("x-goog-signedheaders") or ""
    # Google's older signature covers the digest, and does not say so.
    is_for_md5 = "content-md5" in signed.split(";") or ("googleaccessid" in query and not named)
    if is_for_md5 and "content-md5" not in named:
        headers["Content-MD5"] = base64.b64encode(md5).decode()
    is_azure = {"sv", "sig", "sp"} <= query.keys()
    if is_azure and "x-ms-blob-type" not in named:
        headers["x-ms-blob-type"] = "BlockBlob"
    return headers


def _arrived(response: Response, md5: bytes) -> bool:
    """Whether the store's own digests, where it tells some, are those of what was sent."""
    headers = response.headers
    encoded = base64.b64encode(md5).decode()
    if headers.get("Content-MD5", encoded) != encoded:
        return False
    for each in headers.get("x-goog-hash", "").split(","):
        name, _, value = each.strip().partition("=")
        if name == "md5" and value != encoded:
            return False
    encryption = headers.get("x-amz-server-side-encryption", "AES256")
    if encryption != "AES256" or "x-amz-server-side-encryption-customer-algorithm" in headers:
        return True  # an ETag is something else then
    etag = _MD5.fullmatch(headers.get("ETag", ""))
    return etag is None or etag[1] == md5.hex()


def _is_page(response: Response) -> bool:
    """Whether somebody on the way (a captive portal, a proxy's login) has answered."""
    kind = response.headers.get("Content-Type", "")
    return bool(response.body) and (
        kind.startswith("text/html") or response.body.lstrip()[:5].lower() in (b"<html", b"<!doc")
    )
