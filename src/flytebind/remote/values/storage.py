"""Reading what a URI names: local files, HTTP, and whatever fsspec knows."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from flytebind.remote.errors import FlyteDataError, FlyteError
from flytebind.remote.values import stores
from flytebind.remote.values.parts import Part, file_target, folder_target, on_this_machine
from flytebind.remote.values.uris import is_http, last_name, local_path, public

#: Seconds that a server may stay silent.
TIMEOUT = 60.0

_CHUNK = 1 << 18


def open_binary(uri: str, timeout: float = TIMEOUT) -> BinaryIO:
    """Open for reading.

    Args:
        uri: A local path, or a ``file``, ``http`` or ``https`` URL; others go to fsspec.
        timeout: Seconds that an HTTP server may stay silent.

    Raises:
        FlyteDataError: If that fails, or fsspec is needed and not installed.
    """
    with _explained(uri):
        path = local_path(uri)
        if path is not None:
            return path.open("rb")
        if is_http(uri):
            from urllib.request import urlopen

            return cast("BinaryIO", urlopen(uri, timeout=timeout))
        return stores.open_binary(uri)


def chunks(uri: str, timeout: float = TIMEOUT) -> Generator[bytes, None, None]:
    """The content, piece by piece.

    Raises:
        FlyteDataError: If it cannot be read, or ends early.
    """
    with _explained(uri), open_binary(uri, timeout) as stream:
        # An HTTP response knows its Content-Length, yet may end early without an error.
        size: int | None = getattr(stream, "length", None) if is_http(uri) else None
        # Where there is read1, a server that sends drop by drop cannot hold us in one call.
        read = getattr(stream, "read1", stream.read)
        received = 0
        while chunk := read(_CHUNK):
            received += len(chunk)
            yield chunk
        if size is not None and received != size:
            raise FlyteDataError(f"{public(uri)}: ended after {received} of {size} bytes")


def save_file(uri: str, to: str | os.PathLike[str] | None = None) -> Path:
    """Download one file; it is at its place when it is complete, not before.

    Args:
        uri: Where it is.
        to: The file to write, or a folder to write it into; a new temporary folder by default. It
            is a folder if it is one already, or ends with a slash. Folders are made as needed.

    Raises:
        FlyteDataError: If the source cannot be read, or the file cannot be written.
        FlyteValueError: If something is there that is no file.
    """
    part = Part(file_target(to, last_name(uri)), last_name(uri))
    try:
        with _explained(uri):
            if local_path(uri) is not None or is_http(uri):
                with (
                    on_this_machine(part.place),
                    part.path.open("wb") as file,
                    closing(chunks(uri)) as content,
                ):
                    file.writelines(content)
            else:
                stores.fetch_file(uri, part.path)
        return part.commit()
    finally:
        part.discard()


def save_folder(uri: str, to: str | os.PathLike[str] | None = None) -> Path:
    """Download all files under a prefix; the folder is at its place when it is complete.

    Args:
        uri: Where they are.
        to: The folder to make; one in a new temporary folder by default.

    Raises:
        FlyteDataError: If the source cannot be read, or the folder cannot be written.
        FlyteValueError: If ``to`` exists already.
    """
    part = Part(folder_target(to), last_name(uri), is_folder=True)
    try:
        with _explained(uri):
            source = local_path(uri)
            if source is None:
                stores.fetch_folder(uri, part.path)
            else:
                _copy(source, part.path)
        return part.commit()
    finally:
        part.discard()


def _copy(source: Path, to: Path) -> None:
    import shutil

    if source.is_file():  # a table may be one file
        shutil.copy(source, to)
    else:
        shutil.copytree(source, to, dirs_exist_ok=True)


@contextmanager
def _explained(uri: str) -> Iterator[None]:
    """File systems and servers fail in many ways; say what was read, and keep links secret."""
    try:
        yield
    except FlyteError:
        raise
    except Exception as error:
        reason = _reason(error).replace(uri, public(uri))
        # What went wrong with a signed link may show the link.
        cause = None if is_http(uri) else error
        raise FlyteDataError(f"{public(uri)}: {reason}") from cause


def _reason(error: Exception) -> str:
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError

    if isinstance(error, HTTPError):
        error.close()
        return f"HTTP {error.code} {error.reason}"
    if isinstance(error, URLError):
        return str(error.reason)
    if isinstance(error, HTTPException):  # some quote the address
        return type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}"
