"""Files that go up."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from flytebind.models.service.dataproxy import (
    CreateUploadLocationRequest,
)
from flytebind.remote.calls import RoutedClient
from flytebind.remote.errors import FlyteAssertion, FlyteDataError
from flytebind.remote.session import Session
from flytebind.remote.values.uris import public
from flytebind.services.dataproxy import DataProxyServiceAsyncClient

_CHUNK = 1 << 20
#: Seconds that a server may stay silent while it takes a file.
_SILENCE = 60.0


class _DataProxy(RoutedClient, DataProxyServiceAsyncClient):
    __slots__ = ()


async def upload(
    session: Session, path: Path, project: str, domain: str, filename: str | None
) -> str:
    """Put a local file where tasks can read it; returns its URI there."""
    if not path.is_file():
        raise FlyteAssertion(f"{path} is no file; only single files can be uploaded")
    digest = await session.io.in_thread(partial(_md5_of, path))
    location = await _DataProxy(session.caller).create_upload_location(
        CreateUploadLocationRequest(
            project=project,
            domain=domain,
            filename=filename or path.name,
            content_md5=digest,
        )
    )
    await session.io.in_thread(partial(_send, path, location.signed_url, dict(location.headers)))
    return location.native_url


def _md5_of(path: Path) -> bytes:
    import hashlib

    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.digest()


def _send(path: Path, url: str, headers: dict[str, str]) -> None:
    """Put a file behind a signed link, which is a secret and no part of any message."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    with path.open("rb") as file:
        headers = {"Content-Length": str(path.stat().st_size), **headers}
        try:
            urlopen(Request(url, file, headers, method="PUT"), timeout=_SILENCE).close()
        except HTTPError as error:
            error.close()
            reason = f"HTTP {error.code} {error.reason}"
        except HTTPException as error:
            reason = type(error).__name__
        except OSError as error:
            reason = str(getattr(error, "reason", None) or error.strerror or error)
        else:
            return
    raise FlyteDataError(f"{path} cannot be uploaded to {public(url)}: {reason}")
