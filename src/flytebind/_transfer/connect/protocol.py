"""The Connect protocol as data: headers, envelopes and errors. Nothing here waits or connects."""

from __future__ import annotations

import base64
import binascii
import json
import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from flytebind.runtime.grpcio import grpc

Pairs: TypeAlias = tuple[tuple[str, "str | bytes"], ...]
"""Metadata as gRPC has it."""

#: What is HTTP's or this protocol's own, and no metadata.
_OWN = re.compile(r"(connect|content|accept)-.*|connection|date|host|trailer|transfer-encoding|te")
_TRAILER = "trailer-"
_KEY = re.compile(r"(?!grpc-)[0-9a-z_.-]+")

_CODES = {
    "canceled": grpc.StatusCode.CANCELLED,
    **{
        code.name.lower(): code
        for code in grpc.StatusCode
        if code not in (grpc.StatusCode.OK, grpc.StatusCode.CANCELLED)
    },
}
#: What a status means that comes from something in front of the server, or without its words.
_STATUSES = {
    400: grpc.StatusCode.INTERNAL,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.UNIMPLEMENTED,
    408: grpc.StatusCode.UNAVAILABLE,
    429: grpc.StatusCode.UNAVAILABLE,
    502: grpc.StatusCode.UNAVAILABLE,
    503: grpc.StatusCode.UNAVAILABLE,
    504: grpc.StatusCode.UNAVAILABLE,
}
_MOST_WORDS = 300

_PREFIX = struct.Struct(">BI")
_COMPRESSED, _END = 1, 2
_LONGEST_TIMEOUT = 9_999_999_999  # milliseconds: ten digits are what the protocol has
_DETAILS_KEY = "grpc-status-details-bin"


class Status(NamedTuple):
    """How a call has ended."""

    code: grpc.StatusCode
    details: str = ""
    trailing: Pairs = ()


class Malformed(Exception):
    """What came is not what the protocol has. The message says why."""


class TooLarge(Exception):
    """A message has more bytes than are allowed."""

    def __init__(self, most: int) -> None:
        super().__init__(f"Received message larger than max ({most} bytes)")


def request_headers(
    metadata: Iterable[tuple[str, str | bytes]],
    timeout: float | None,
    *,
    is_stream: bool,
    is_packed: bool,
) -> dict[str, str]:
    """The headers of a request.

    Args:
        metadata: The caller's.
        timeout: Seconds until its deadline; None for no deadline.
        is_stream: Whether messages travel in envelopes.
        is_packed: Whether the request is packed with gzip.

    Raises:
        ValueError: If metadata cannot be sent; the value stays out of the message.
    """
    headers: dict[str, str] = {}
    for key, value in metadata:
        name = "-".join(part.capitalize() for part in key.split("-"))
        sent = _header(key, value)
        headers[name] = f"{headers[name]}, {sent}" if name in headers else sent
    encoding = "Connect-Content-Encoding" if is_stream else "Content-Encoding"
    headers["Content-Type"] = "application/connect+proto" if is_stream else "application/proto"
    headers["Connect-Protocol-Version"] = "1"
    headers["Connect-Accept-Encoding" if is_stream else "Accept-Encoding"] = "gzip"
    if is_packed:
        headers[encoding] = "gzip"
    if timeout is not None:
        headers["Connect-Timeout-Ms"] = str(min(int(timeout * 1000), _LONGEST_TIMEOUT))
    return headers


def metadata_of(headers: Mapping[str, str]) -> tuple[Pairs, Pairs]:
    """The initial and the trailing metadata that the headers of an answer hold."""
    initial: list[tuple[str, str | bytes]] = []
    trailing: list[tuple[str, str | bytes]] = []
    for name, value in headers.items():
        key = name.lower()
        if key.startswith(_TRAILER):
            trailing += _pairs(key.removeprefix(_TRAILER), [value])
        elif not _OWN.fullmatch(key):
            initial += _pairs(key, [value])
    return tuple(initial), tuple(trailing)


def packed(data: bytes) -> bytes:
    """The bytes, packed with gzip."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    return packer.compress(data) + packer.flush()


def unpacked(data: bytes, most: int) -> bytes:
    """The bytes as they were before gzip packed them.

    Raises:
        TooLarge: If they are more than allowed.
        Malformed: If they are not packed, or not whole.
    """
    if not data:  # servers pack nothing into nothing
        return data
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        whole = unpacker.decompress(data, most + 1)
    except zlib.error:
        raise Malformed("a message cannot be unpacked") from None
    if len(whole) > most:
        raise TooLarge(most)
    if not unpacker.eof:
        raise Malformed("a message cannot be unpacked: its end is missing")
    return whole


def enveloped(data: bytes, *, is_packed: bool) -> bytes:
    """A message of a stream, as it is sent."""
    return _PREFIX.pack(_COMPRESSED if is_packed else 0, len(data)) + data


def messages(pieces: Iterable[bytes], most: int) -> Iterator[bytes | Status]:
    """The messages of a stream as they come, and last of all its end.

    Args:
        pieces: The bytes, cut as they come.
        most: How many bytes a message may have.

    Raises:
        TooLarge: If a message has more.
        Malformed: If this is no stream, or its end is missing.
    """
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        while len(buffer) >= _PREFIX.size:
            flags, length = _PREFIX.unpack_from(buffer)
            if length > most:
                raise TooLarge(most)
            if len(buffer) < _PREFIX.size + length:
                break
            data = bytes(buffer[_PREFIX.size : _PREFIX.size + length])
            del buffer[: _PREFIX.size + length]
            if flags & _COMPRESSED:
                data = unpacked(data, most)
            if flags & _END:
                yield _end(data)
                return
            yield data
    raise Malformed("the stream has no end" if not buffer else "the stream ends within a message")


def refusal(status: int, body: bytes, trailing: Pairs = ()) -> Status:
    """What an answer means that is no success: the server's words, or those of a proxy."""
    said = _object(body)
    code = _CODES.get(str(said.get("code", "")))
    if code is None:
        code = _STATUSES.get(status, grpc.StatusCode.UNKNOWN)
    elif said:
        return _status(code, said, trailing)
    return Status(code, f"HTTP {status}{_words(body)}", trailing)


def _end(data: bytes) -> Status:
    said = _object(data)
    metadata = said.get("metadata")
    trailing: list[tuple[str, str | bytes]] = []
    if isinstance(metadata, dict):
        for key, values in metadata.items():
            trailing += _pairs(str(key).lower(), values if isinstance(values, list) else [])
    error = said.get("error")
    if error is None:
        return Status(grpc.StatusCode.OK, "", tuple(trailing))
    if not isinstance(error, dict):
        raise Malformed("the end of the stream cannot be read")
    code = _CODES.get(str(error.get("code", "")), grpc.StatusCode.UNKNOWN)
    return _status(code, error, tuple(trailing))


def _status(code: grpc.StatusCode, said: Mapping[str, object], trailing: Pairs) -> Status:
    words = said.get("message")
    message = words if isinstance(words, str) else ""
    details = said.get("details")
    if isinstance(details, list) and details:
        trailing = (*trailing, (_DETAILS_KEY, _status_bytes(code, message, details)))
    return Status(code, message, trailing)


def _status_bytes(code: grpc.StatusCode, message: str, details: Sequence[object]) -> bytes:
    """The details as gRPC carries them, so that one function reads those of both."""
    from google.rpc.status_pb2 import Status as StatusMessage

    status = StatusMessage(code=code.value[0], message=message)
    for detail in details:
        kind, value = (
            (detail.get("type"), detail.get("value")) if isinstance(detail, dict) else (None, None)
        )
        if isinstance(kind, str) and isinstance(value, str):
            type_url = f"type.googleapis.com/{kind}"
            status.details.add(type_url=type_url, value=_from_base64(value))
    data: bytes = status.SerializeToString()
    return data


def _object(data: bytes) -> dict[str, object]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _words(body: bytes) -> str:
    text = " ".join(body.decode(errors="replace").split())
    return f": {text[:_MOST_WORDS]}" if text else ""


def _header(key: str, value: str | bytes) -> str:
    if not _KEY.fullmatch(key) or _OWN.fullmatch(key):
        raise ValueError(f"{key!r} is no metadata key")
    if isinstance(value, bytes):
        if key.endswith("-bin"):
            return base64.b64encode(value).rstrip(b"=").decode()
        value = value.decode(errors="replace")
    if not (value.isascii() and value.isprintable()):
        raise ValueError(f"the value of metadata {key!r} has characters other than ASCII's")
    return value


def _pairs(key: str, values: Iterable[object]) -> Iterator[tuple[str, str | bytes]]:
    for value in values:
        if not key.endswith("-bin"):
            yield key, str(value)
            continue
        for part in str(value).split(","):
            yield key, _from_base64(part.strip())


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except (binascii.Error, ValueError):
        return b""
