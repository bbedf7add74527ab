"""Fetching literals that were too large to travel."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Any, TypeVar

from flytebind._transfer import storage
from flytebind._transfer.links import Links
from flytebind._transfer.uris import public
from flytebind.models.admin.common import UrlBlob
from flytebind.models.core.literals import Literal, LiteralMap, LiteralOffloadedMetadata
from flytebind.runtime.depth import unreadable
from flytebind.runtime.errors import FlyteDataError
from flytebind.runtime.model import Model

M = TypeVar("M", bound=Model[Any])

#: More than this is not read into memory, unless the caller says so.
MAX_BYTES = 256 * 2**20

#: Seconds that may pass without a byte that comes.
TIMEOUT = 60.0

#: Bytes in a second. A server that sends fewer on the whole is not waited for.
_SLOWEST = 10_000


def fetch_literal_map(
    blob: UrlBlob,
    *,
    what: str = "literals",
    max_bytes: int = MAX_BYTES,
    timeout: float = TIMEOUT,
    links: Links | None = None,
) -> LiteralMap:
    """The literals behind a signed link.

    Args:
        blob: The link, and how many bytes are behind it.
        what: What errors call it: ``the outputs of p:d:name``.
        max_bytes: More than that is refused.
        timeout: Seconds that may pass without a byte that comes.
        links: What signs links, which are tried before the credentials of this machine.

    Raises:
        FlyteDataError: If they cannot be read, are too many or not whole, or not literals.
    """
    data = _read(blob.url, blob.bytes, what, max_bytes, timeout, links)
    literal_map = _parsed(LiteralMap, data, what, blob.url)
    # Protobuf takes many other things for a message of unknown fields.
    if data and not literal_map.literals:
        raise FlyteDataError(f"{what}: what is at {public(blob.url)} is no LiteralMap")
    return literal_map


def fetch_literal(
    metadata: LiteralOffloadedMetadata,
    *,
    what: str = "a literal",
    max_bytes: int = MAX_BYTES,
    timeout: float = TIMEOUT,
    links: Links | None = None,
) -> Literal:
    """A literal that was stored because of its size.

    Args:
        metadata: Where it is.
        what: What errors call it.
        max_bytes: More than that is refused.
        timeout: Seconds that may pass without a byte that comes.
        links: What signs links, which are tried before the credentials of this machine.

    Raises:
        FlyteDataError: If it cannot be read, is too large or not whole, or not a literal.
    """
    data = _read(metadata.uri, metadata.size_bytes, what, max_bytes, timeout, links)
    literal = _parsed(Literal, data, what, metadata.uri)
    if literal.which_value is None:
        raise FlyteDataError(f"{what}: what is at {public(metadata.uri)} is no Literal")
    return literal


def _parsed(kind: type[M], data: bytes, what: str, uri: str) -> M:
    try:
        return kind.from_bytes(data)
    except ValueError:
        reason = unreadable(data, kind)
        raise FlyteDataError(f"{what}: what is at {public(uri)} {reason}") from None


def _read(
    uri: str, size: int, what: str, max_bytes: int, timeout: float, links: Links | None
) -> bytes:
    """All bytes of a file, which must be as many as was said."""
    where = public(uri)
    if not uri:
        raise FlyteDataError(f"{what}: nobody said where they are")
    if size > max_bytes:
        raise FlyteDataError(f"{what}: {where} has {size} bytes, more than {max_bytes}")
    started = time.monotonic()
    data = bytearray()
    try:
        # Where there is a remote, its server has named it.
        is_asked_for = links is None
        with closing(
            storage.chunks(
                uri, links, size=size or None, silence=timeout, is_asked_for=is_asked_for
            )
        ) as content:
            for chunk in content:
                data += chunk
                if len(data) > max_bytes:
                    raise FlyteDataError(f"{where}: has more than {max_bytes} bytes")
                if time.monotonic() > started + timeout + len(data) / _SLOWEST:
                    raise FlyteDataError(f"{where}: comes too slowly")
    except FlyteDataError as error:
        raise FlyteDataError(f"{what}: {error}") from error.__cause__
    # No size means that nobody knows it.
    if size > 0 and len(data) != size:
        raise FlyteDataError(f"{what}: {where} has {len(data)} bytes instead of {size}")
    return bytes(data)
