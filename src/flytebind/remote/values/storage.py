"""Reading what a URI names: local files, HTTP, and whatever fsspec knows."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from flytebind.remote.errors import FlyteDataError, FlyteError, FlyteValueError
from flytebind.remote.values.optional import optional_module

if TYPE_CHECKING:
    from types import ModuleType

#: Seconds that a server may stay silent.
TIMEOUT = 60.0

_CHUNK = 1 << 18


def public(uri: str) -> str:
    """A URI for messages: without query and password, which make a signed link a secret."""
    bare = uri.partition("?")[0].partition("#")[0]
    scheme, separator, rest = bare.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}" if separator else bare


def local_path(uri: str) -> Path | None:
    """The file on this machine that a URI names, if it names one."""
    scheme, separator, rest = uri.partition("://")
    if not separator:
        return Path(uri)
    if scheme.lower() != "file":
        return None
    from urllib.request import url2pathname

    return Path(url2pathname(rest.removeprefix("localhost")))


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
        if _is_http(uri):
            from urllib.request import urlopen

            return cast("BinaryIO", urlopen(uri, timeout=timeout))
        return cast("BinaryIO", _fsspec().open(uri, "rb").open())


def chunks(uri: str, timeout: float = TIMEOUT) -> Generator[bytes, None, None]:
    """The content, piece by piece.

    Raises:
        FlyteDataError: If it cannot be read, or ends early.
    """
    with _explained(uri), open_binary(uri, timeout) as stream:
        # An HTTP response knows its Content-Length, yet may end early without an error.
        size: int | None = getattr(stream, "length", None) if _is_http(uri) else None
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
        to: The file to write, or a folder to write it into; a new temporary folder by default.

    Raises:
        FlyteDataError: If the source cannot be read.
    """
    with _place(uri, to) as target:
        if target.is_dir():
            target /= _name(uri)
        part = _part(target)
        try:
            with part.open("xb") as file, closing(chunks(uri)) as content:
                file.writelines(content)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return target


def save_folder(uri: str, to: str | os.PathLike[str] | None = None) -> Path:
    """Download all files under a prefix; the folder is at its place when it is complete.

    Args:
        uri: Where they are.
        to: The folder to make; one in a new temporary folder by default.

    Raises:
        FlyteDataError: If the source cannot be read.
        FlyteValueError: If ``to`` exists already.
    """
    import shutil

    with _place(uri, to) as target:
        if target.exists():
            raise FlyteValueError(f"{target} exists already; name a folder to make")
        part = _part(target)
        try:
            with _explained(uri):
                source = local_path(uri)
                if source is None:
                    _copy_prefix(uri, part)
                elif source.is_file():  # a table may be one file
                    part.mkdir()
                    shutil.copy(source, part)
                else:
                    shutil.copytree(source, part)
            part.rename(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return target


def _copy_prefix(uri: str, target: Path) -> None:
    files, root = _fsspec().core.url_to_fs(uri)
    root = str(root).rstrip("/")
    found: list[str] = files.find(root)
    if not found:
        raise FlyteDataError(f"{public(uri)}: there is nothing")
    for name in found:
        # Names are data: one with a `..` must not lead out of the folder.
        inner = name.removeprefix(root).lstrip("/") or name.rpartition("/")[2]
        if ".." in inner.replace("\\", "/").split("/") or Path(inner).is_absolute():
            raise FlyteDataError(f"{public(uri)}: {inner!r} leads out of the folder")
        local = target / inner
        local.parent.mkdir(parents=True, exist_ok=True)
        files.get_file(name, str(local))


@contextmanager
def _place(uri: str, to: str | os.PathLike[str] | None) -> Iterator[Path]:
    """Where to write: ``to``, or a place of its own, which does not outlive a failure."""
    if to is not None:
        yield Path(to)
        return
    import shutil
    import tempfile

    folder = tempfile.mkdtemp(prefix="flytebind-")
    try:
        yield Path(folder, _name(uri))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _part(target: Path) -> Path:
    """A name beside the target that nobody else uses."""
    import secrets

    return target.with_name(f".{secrets.token_hex(8)}.part")


def _name(uri: str) -> str:
    name = public(uri).replace("\\", "/").rstrip("/").rpartition("/")[2].replace("\0", "")
    return "data" if name in ("", ".", "..") else name


def _is_http(uri: str) -> bool:
    return uri.partition("://")[0].lower() in ("http", "https")


def _fsspec() -> ModuleType:
    return optional_module("fsspec", "storage", "to read from object stores")


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
        cause = None if _is_http(uri) else error
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
