"""Reading what a URI names: local files, links, and whatever fsspec knows.

What lies in a store is read through a link, if there is a remote whose server signs one; else with
the credentials of this machine.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar, cast

from flytebind._transfer import offered, stores
from flytebind._transfer.links import Links, Watch
from flytebind._transfer.parts import (
    NotWritten,
    Part,
    file_target,
    folder_target,
    on_this_machine,
)
from flytebind._transfer.threads import check_given_up, unless_given_up
from flytebind._transfer.uris import is_http, last_name, local_path, public
from flytebind.runtime.errors import FlyteDataError, FlyteError, FlyteValueError

if TYPE_CHECKING:
    from flytebind._transfer.linked import LinkedFile

T = TypeVar("T")

_CHUNK = 1 << 18

#: What the one file of a table is called, if flytekit wrote it.
_FIRST_FILE = "00000"


def open_binary(uri: str, links: Links | None = None) -> BinaryIO:
    """Open for reading.

    Args:
        uri: A local path, or a ``file``, ``http`` or ``https`` URL; others go to fsspec.
        links: What signs links, which are tried first.

    Raises:
        FlyteDataError: If that fails, or fsspec is needed and not installed.
    """
    return _read(uri, links, _buffered, _open_here)


def chunks(
    uri: str,
    links: Links | None = None,
    *,
    size: int | None = None,
    silence: float | None = None,
    is_asked_for: bool = True,
) -> Generator[bytes, None, None]:
    """The content, piece by piece.

    Args:
        uri: What to read.
        links: What signs links, which are tried first.
        size: How many bytes it should have, if that is known.
        silence: Seconds that may pass without a byte that comes; a minute by default.
        is_asked_for: Whether it may be a file of this machine; or else a server names it, whose
            own files alone are read.

    Raises:
        FlyteDataError: If it cannot be read, or ends early.
    """

    def as_it_comes(file: LinkedFile) -> io.RawIOBase | BinaryIO:
        return file  # what has come should not wait until there is more

    def open_offered(uri: str) -> BinaryIO:
        offered.check(uri)
        return _open_here(uri)

    here = _open_here if is_asked_for else open_offered
    stream: io.RawIOBase | BinaryIO = _read(uri, links, as_it_comes, here, size, silence)
    with _explained(uri), stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def save_file(
    uri: str, to: str | os.PathLike[str] | None = None, links: Links | None = None
) -> Path:
    """Download one file; it is at its place when it is complete, not before.

    Args:
        uri: Where it is.
        to: The file to write, or a folder to write it into; a new temporary folder by default. It
            is a folder if it is one already, or ends with a slash. Folders are made as needed.
        links: What signs links, which are tried first.

    Raises:
        FlyteDataError: If the source cannot be read, or the file cannot be written.
        FlyteValueError: If something is there that is no file.
    """
    with _part(file_target(to, last_name(uri)), uri) as part:

        def fill(stream: io.RawIOBase | BinaryIO, size: int | None) -> None:
            with (
                stream,
                on_this_machine(part.place),
                part.path.open("wb") as file,
                watch(size) as progress,
            ):
                while chunk := stream.read(_CHUNK):
                    file.write(chunk)
                    progress.moved(len(chunk))

        def fetch(uri: str) -> None:
            path = local_path(uri)
            if path is None:
                stores.fetch_file(uri, part.path, watch)
            else:
                fill(_open_file(path), None)

        watch = _watch(uri, links)
        _read(uri, links, lambda file: fill(file, file.size), fetch)
        return _committed(part)


def save_folder(
    uri: str, to: str | os.PathLike[str] | None = None, links: Links | None = None
) -> Path:
    """Download all files under a prefix; the folder is at its place when it is complete.

    Links lead to single files: the list of them takes credentials. Whoever has some needs no links,
    unless it is one file after all.

    Args:
        uri: Where they are.
        to: The folder to make; one in a new temporary folder by default.
        links: What signs links to single files.

    Raises:
        FlyteDataError: If the source cannot be read, or the folder cannot be written.
        FlyteValueError: If ``to`` exists already.
    """
    with _part(folder_target(to), uri, is_folder=True) as part:
        with _explained(uri, _hint(links)):
            source = local_path(uri)
            if source is None:
                stores.fetch_folder(uri, part.path, _watch(uri, links))
            else:
                _copy(source, part.path)
        return _committed(part)


def open_table(uri: str, links: Links | None = None) -> BinaryIO:
    """Open the one file that a table is.

    Args:
        uri: The file, or the folder that it is in.
        links: What signs links, which are tried first.

    Raises:
        FlyteDataError: If that fails, or the table has more files.
    """
    return open_binary(_file_of_table(uri, links), links)


def save_table(
    uri: str, to: str | os.PathLike[str] | None = None, links: Links | None = None
) -> Path:
    """Download the files of a table into a folder, as ``save_folder`` does.

    Raises:
        FlyteDataError: If the source cannot be read, or the folder cannot be written.
        FlyteValueError: If ``to`` exists already.
    """
    file = _one_file_by_link(uri, links) if links is not None else None
    if file is None:
        return save_folder(uri, to, links)
    with _part(folder_target(to), uri, is_folder=True) as part:
        save_file(file, part.path / last_name(file), links)
        return _committed(part)


def _file_of_table(uri: str, links: Links | None) -> str:
    found = _one_file_by_link(uri, links) if links is not None else None
    if found is not None:
        return found
    with _explained(uri, _hint(links)):
        source = local_path(uri)
        below = _names_here(source) if source is not None else stores.names(uri)
    if len(below) == 1:
        return uri.rstrip("/") + below[0]
    first = ", ".join(repr(name.lstrip("/")) for name in below[:3])
    raise FlyteDataError(
        f"{public(uri)}: it has {len(below)} files ({first}, ...); open one by its name, or"
        " download() all"
    )


def _one_file_by_link(uri: str, links: Links) -> str | None:
    """The only file of a table, as far as that shows without a list of its files.

    flytekit writes one, or some with numbers.
    """
    if local_path(uri) is not None or is_http(uri):
        return None
    base = uri.rstrip("/")
    try:
        if base == uri and _is_there(uri, links):
            return uri
        first, second = (f"{base}/{number:0{len(_FIRST_FILE)}}" for number in range(2))
        return first if _is_there(first, links) and not _is_there(second, links) else None
    except FlyteError:
        return None  # there may be another way


def _is_there(uri: str, links: Links) -> bool:
    from flytebind._transfer.linked import LinkedFile

    with LinkedFile(uri, links) as file:
        return file.exists() and file.size != 0  # which may stand for a folder


def _read(
    uri: str,
    links: Links | None,
    by_link: Callable[[LinkedFile], T],
    here: Callable[[str], T],
    size: int | None = None,
    silence: float | None = None,
) -> T:
    """Read by a link, or else with what this machine has."""
    if uri.endswith("/") and not is_http(uri) and local_path(uri) is None:
        # Where a console has made the folder, there would be an empty file.
        raise FlyteDataError(f"{public(uri)}: is a folder")
    if not is_http(uri) and (links is None or "://" not in uri):
        with _explained(uri):
            return here(uri)
    try:
        return by_link(_begun(uri, links, size, silence))
    except _NoLink as refusal:
        error = refusal.error
    if is_http(uri):
        raise error
    check_given_up()
    try:
        with _explained(uri):
            return here(uri)
    except NotWritten:
        raise
    except FlyteDataError as second:
        name = f"{public(uri)}: "
        first, also = (str(each).removeprefix(name) for each in (error, second))
        raise FlyteDataError(
            f"{name}{first} (nor with credentials of this machine: {also})"
        ) from error


class _NoLink(Exception):
    """Nothing is to be had by a link."""

    def __init__(self, error: FlyteError) -> None:
        self.error = error


def _begun(uri: str, links: Links | None, size: int | None, silence: float | None) -> LinkedFile:
    from flytebind._transfer.linked import LinkedFile

    file = None
    try:
        file = LinkedFile(uri, links, size=size, silence=silence)
        file.begin()
    except FlyteError as error:
        if file is not None:
            file.close()
        raise _NoLink(error) from None
    return file


def _buffered(file: LinkedFile) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(file, _CHUNK))


def _open_here(uri: str) -> BinaryIO:
    path = local_path(uri)
    return stores.open_binary(uri) if path is None else _open_file(path)


def _open_file(path: Path) -> BinaryIO:
    """Open a file of this machine; a pipe or a terminal might never say anything."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise FlyteDataError(f"{path}: is no file")
    return path.open("rb")


def _names_here(folder: Path) -> list[str]:
    """The files of a table on this machine, by what follows its own path."""
    if folder.is_file():
        return [""]
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(f"/{path.relative_to(folder).as_posix()}" for path in files)


@contextmanager
def _part(target: Path | None, uri: str, *, is_folder: bool = False) -> Iterator[Part]:
    part = Part(target, last_name(uri), is_folder=is_folder)
    try:
        yield part
    finally:
        part.discard()


class _Nobody:
    """Watches nothing."""

    def moved(self, count: int, /) -> None:
        pass


def _watch(uri: str, links: Links | None) -> Watch:
    if links is None:
        return lambda size: nullcontext(_Nobody())
    return partial(links.watch, f"downloading {last_name(uri)}")


def _committed(part: Part) -> Path:
    """Put something into its place, unless nobody waits for that any more."""
    with unless_given_up():
        return part.commit()


def _copy(source: Path, to: Path) -> None:
    import shutil

    if source.is_file():  # a table may be one file
        shutil.copy(source, to)
    else:
        if source.resolve() in to.resolve().parents:
            raise FlyteValueError(f"{source} cannot be copied into itself; name a folder elsewhere")
        shutil.copytree(source, to, dirs_exist_ok=True)


def _hint(links: Links | None) -> str:
    if links is None:
        return ""
    return (
        " (Flyte signs links to single files: to list a folder takes credentials of this machine)"
    )


@contextmanager
def _explained(uri: str, hint: str = "") -> Iterator[None]:
    """File systems and stores fail in many ways; say what was read, and keep links secret."""
    if not uri:  # which is the folder that this program is in, as a path
        raise FlyteDataError("nobody said where it lies")
    try:
        yield
    except FlyteError:
        raise
    except Exception as error:
        reason = _reason(error).replace(uri, public(uri))
        raise FlyteDataError(f"{public(uri)}: {reason}{hint}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}"
