"""The store behind signed links: files below a folder, served as S3 serves objects.

It checks what S3 checks (the signature and the headers that it covers, length, digest, time), in
S3's order and with its answers, so that a client that gets by here gets by there.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from email.utils import formatdate
from html import escape
from io import BufferedIOBase
from urllib.parse import quote, unquote

from flytebind.sandbox._blobs import BlobStore
from flytebind.sandbox._clock import Clock
from flytebind.sandbox._reply import Reply
from flytebind.sandbox._sigv4 import Refusal, Signer

#: As in the sandbox that `flytectl demo start` runs.
BUCKET = "my-s3-bucket"
#: What S3 takes at once.
MAX_BYTES = 5 << 30

_CHUNK = 1 << 20
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class ObjectStore:
    """Takes and gives files for links that it has made.

    Args:
        blobs: The files.
        clock: What links expire by.
    """

    def __init__(self, blobs: BlobStore, clock: Clock) -> None:
        self._blobs = blobs
        self._clock = clock
        self._root = blobs.uri("").rstrip("/") + "/"
        # Links die with the store: nobody else knows the key.
        self._signer = Signer(secrets.token_hex(10).upper(), secrets.token_urlsafe(30))

    def link(
        self, server: str, method: str, uri: str, expires_at: datetime, content_md5: bytes
    ) -> str:
        """A link to a file.

        Args:
            server: Where the store is served.
            method: ``GET`` or ``PUT``; the link is good for nothing else.
            uri: The file's own, below the folder of the blobs; or one of any bucket, of which
                there is none but ours, as the link will tell.
            expires_at: Until when.
            content_md5: What has to be sent along as ``Content-MD5``; empty if nothing has.

        Raises:
            ValueError: If the URI is neither.
        """
        now = self._clock.now()
        encoded = base64.b64encode(content_md5).decode()
        url = f"{server}/{quote(self._place(uri), safe='/~')}"
        return self._signer.link(method, url, now, expires_at - now, encoded)

    def _place(self, uri: str) -> str:
        """The bucket and the key that a URI means."""
        path = uri.removeprefix(self._root)
        if path != uri and _is_sound(path):
            return f"{BUCKET}/{unquote(path)}"
        scheme, _, place = uri.partition("://")
        if not scheme or scheme == "file" or "/" not in place or not _is_sound(quote(place)):
            raise ValueError(f"{uri!r} is neither in the sandbox's folder nor in a bucket")
        return place

    def get(self, target: str, headers: Mapping[str, str]) -> Reply:
        """A file, or the part of it that ``Range`` names. Names of headers are in small letters."""
        refusal = self._refusal("GET", target, headers)
        if refusal is not None:
            return _refused(target, refusal)
        data = self._blobs.read(self._uri(target), limit=MAX_BYTES)
        if data is None:
            message = "The specified key does not exist."
            return _refused(target, Refusal(404, "NoSuchKey", message))
        digest = hashlib.md5(data, usedforsecurity=False)
        found = {
            "Accept-Ranges": "bytes",
            "Content-Type": "binary/octet-stream",
            "ETag": f'"{digest.hexdigest()}"',
        }
        wanted = _RANGE.fullmatch(headers.get("range", ""))
        if wanted is None or wanted[0] == "bytes=-":
            return Reply(200, found, data)
        first, last = _range(wanted[1], wanted[2], len(data))
        if first >= len(data):
            message = "The requested range is not satisfiable"
            return _refused(target, Refusal(416, "InvalidRange", message))
        found["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
        return Reply(206, found, data[first : last + 1])

    def put(self, target: str, headers: Mapping[str, str], content: BufferedIOBase) -> Reply:
        """Store a file. What is refused by its headers alone is not read."""
        refusal = self._refusal("PUT", target, headers) or _refusal_of_headers(headers)
        if refusal is not None:
            return _refused(target, refusal)
        length = int(headers["content-length"])
        digest = hashlib.md5(usedforsecurity=False)
        path = unquote(_key(target))
        try:
            with self._blobs.writing(path) as file:
                while length and (piece := content.read(min(length, _CHUNK))):
                    length -= len(piece)
                    digest.update(piece)
                    file.write(piece)
                if length:
                    message = "The request body terminated unexpectedly"
                    raise _Broken(Refusal(400, "IncompleteBody", message))
                expected = _decoded(headers.get("content-md5", ""))
                if expected and expected != digest.digest():
                    message = "The Content-Md5 you specified did not match what we received."
                    raise _Broken(Refusal(400, "BadDigest", message))
        except _Broken as broken:
            return _refused(target, broken.refusal)
        except OSError:
            message = "Object-prefix is already an object, please choose a different object-prefix"
            return _refused(target, Refusal(409, "ParentIsObject", message))
        return Reply(200, {"ETag": f'"{digest.hexdigest()}"', "Accept-Ranges": "bytes"})

    def _refusal(self, method: str, target: str, headers: Mapping[str, str]) -> Refusal | None:
        place = target.partition("?")[0].removeprefix("/")
        if not _is_sound(place):
            return Refusal(404, "NoSuchKey", "The specified key does not exist.")
        if not _key(target):
            return Refusal(404, "NoSuchBucket", "The specified bucket does not exist")
        return self._signer.refusal(method, target, headers, self._clock.now())

    def _uri(self, target: str) -> str:
        return self._root + _key(target)


class _Broken(Exception):
    """What has come is not to be kept."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def _key(target: str) -> str:
    """The quoted path of the file; empty if the target is in no bucket of ours."""
    path = target.partition("?")[0]
    prefix = f"/{BUCKET}/"
    return path.removeprefix(prefix) if path.startswith(prefix) else ""


def _is_sound(path: str) -> bool:
    """Whether a quoted path is one of a file, and does not lead anywhere else."""
    parts = unquote(path).split("/")
    return not {"", ".", ".."} & set(parts) and "\0" not in unquote(path)


def _refusal_of_headers(headers: Mapping[str, str]) -> Refusal | None:
    length = headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        message = "You must provide the Content-Length HTTP header."
        return Refusal(411, "MissingContentLength", message)
    if int(length[:20]) > MAX_BYTES:
        message = "Your proposed upload exceeds the maximum allowed object size."
        return Refusal(400, "EntityTooLarge", message)
    given = headers.get("content-md5")
    if given is not None and len(_decoded(given)) != hashlib.md5().digest_size:
        return Refusal(400, "InvalidDigest", "The Content-Md5 you specified is not valid.")
    return None


def _range(first: str, last: str, size: int) -> tuple[int, int]:
    """The first and the last byte that a range names."""
    if not first:  # so many from the end
        return max(size - int(last), 0), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


def _refused(target: str, refusal: Refusal) -> Reply:
    bucket, _, key = target.partition("?")[0].removeprefix("/").partition("/")
    details = {
        "Code": refusal.code,
        "Message": refusal.message,
        "Key": unquote(key),
        "BucketName": unquote(bucket),
        "Resource": unquote(target.partition("?")[0]),
        "RequestId": secrets.token_hex(8).upper(),
        "HostId": secrets.token_hex(32),
        "StringToSign": refusal.string_to_sign,
    }
    inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in details.items() if text)
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'.encode()
    headers = {"Content-Type": "application/xml", "Date": formatdate(usegmt=True)}
    return Reply(refusal.status, headers, body)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
