"""Object stores, read through fsspec with the credentials of this machine."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TypeVar, cast

from flytebind._transfer.links import Moved, Watch
from flytebind._transfer.optional import optional_module
from flytebind._transfer.parts import NotWritten, on_this_machine
from flytebind._transfer.threads import check_given_up, current_work
from flytebind._transfer.uris import public, safe_name
from flytebind.runtime.errors import FlyteDataError

if TYPE_CHECKING:
    from types import ModuleType

T = TypeVar("T")

#: How many files of a folder come at once; what waits for one holds up none of the others.
_AT_ONCE = 64

#: Seconds that what was given up may take to notice.
_PATIENCE = 2.0

#: What Hadoop calls the empty object that stands for a folder.
_HADOOP_MARKER = "_$folder$"

_S3 = ("s3", "s3a")
_AZURE = ("abfs", "abfss", "az")


def open_binary(uri: str) -> BinaryIO:
    """Open one file.

    Raises:
        FlyteDataError: If fsspec is not installed, or there is a folder.
        Exception: Whatever fsspec and the store's driver raise.
    """

    def opened(files: Any, path: str) -> BinaryIO:
        _must_be_file(files, path, uri)
        return cast("BinaryIO", files.open(path, "rb"))

    return _with_credentials(uri, opened)


def fetch_file(uri: str, to: Path, watch: Watch) -> None:
    """Copy one file to a path of this machine.

    Args:
        uri: Where it is.
        to: The file to write.
        watch: Shows how far it has come.

    Raises:
        FlyteDataError: If fsspec is not installed, or there is a folder.
        Exception: Whatever fsspec and the store's driver raise.
    """

    def fetched(files: Any, path: str) -> None:
        size = _must_be_file(files, path, uri)
        with watch(size) as progress:
            _get(files, [(path, to)], progress)

    _with_credentials(uri, fetched)


def fetch_folder(uri: str, to: Path, watch: Watch) -> None:
    """Copy all files under a prefix into an empty folder, side by side.

    Args:
        uri: Where they are.
        to: The folder.
        watch: Shows how far they have come.

    Raises:
        FlyteDataError: If fsspec is not installed, there is nothing, or a name leads elsewhere.
        Exception: Whatever fsspec and the store's driver raise.
    """

    def fetched(files: Any, path: str) -> None:
        listing = _list(files, path, uri)
        with on_this_machine(to):
            for folder in listing.folders:
                to.joinpath(folder).mkdir(parents=True, exist_ok=True)
            for name in listing.files:
                to.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
        with watch(listing.size) as progress:
            wanted = [(source, to / name) for name, source in listing.files.items()]
            _get(files, wanted, progress)

    _with_credentials(uri, fetched)


def names(uri: str) -> list[str]:
    """The files under a prefix, by what follows it; nothing does if it is a file itself.

    Raises:
        FlyteDataError: If fsspec is not installed, there is nothing, or a name leads elsewhere.
        Exception: Whatever fsspec and the store's driver raise.
    """

    def found(files: Any, path: str) -> list[str]:
        sources = _list(files, path, uri).files.values()
        return sorted(source.removeprefix(path.rstrip("/")) for source in sources)

    return _with_credentials(uri, found)


def options(protocol: str, env: Mapping[str, str]) -> dict[str, Any]:
    """How to open a kind of store, by the variables that flytekit takes.

    What is not among them is up to the store's driver, which knows the variables and files of its
    own cloud.

    Args:
        protocol: What its URIs begin with.
        env: The variables.
    """

    def given(**names: str) -> dict[str, Any]:
        return {name: env[variable] for name, variable in names.items() if env.get(variable)}

    if protocol in _S3:
        found = given(key="FLYTE_AWS_ACCESS_KEY_ID", secret="FLYTE_AWS_SECRET_ACCESS_KEY")
        if endpoint := env.get("FLYTE_AWS_ENDPOINT"):
            found["client_kwargs"] = {"endpoint_url": endpoint}
        config: dict[str, Any] = {"max_pool_connections": _AT_ONCE}
        if style := env.get("FLYTE_AWS_ADDRESSING_STYLE"):
            config["s3"] = {"addressing_style": style}
        return {**found, "config_kwargs": config}
    if protocol in _AZURE:
        return given(
            account_name="FLYTE_AZURE_STORAGE_ACCOUNT_NAME",
            account_key="FLYTE_AZURE_STORAGE_ACCOUNT_KEY",
            tenant_id="FLYTE_AZURE_TENANT_ID",
            client_id="FLYTE_AZURE_CLIENT_ID",
            client_secret="FLYTE_AZURE_CLIENT_SECRET",
        )
    return {}


def _anonymous(protocol: str, env: Mapping[str, str]) -> dict[str, Any] | None:
    """How to open a store as anybody may; None where that is not known."""
    if protocol in _S3:
        theirs = options(protocol, env)
        return {"anon": True, **{k: theirs[k] for k in theirs if k not in ("key", "secret")}}
    if protocol in _AZURE:
        return {"anon": True, **{k: v for k, v in options(protocol, env).items() if "name" in k}}
    return {"token": "anon"} if protocol in ("gs", "gcs") else None


def _with_credentials(uri: str, use: Callable[[Any, str], T]) -> T:
    """Read with the credentials that there are, or else without any."""
    protocol = uri.partition("://")[0].lower()
    try:
        return use(*_opened(uri, protocol, options(protocol, os.environ)))
    except Exception as error:
        anonymous = _anonymous(protocol, os.environ)
        if anonymous is None or not _is_refusal(error):
            raise
        try:
            return use(*_opened(uri, protocol, anonymous))
        except Exception:
            raise error from None


def _opened(uri: str, protocol: str, settings: Mapping[str, Any]) -> tuple[Any, str]:
    """The store, and the path in it. Not fsspec's own way: to that, ``::`` in a name is a chain."""
    cls = _fsspec().get_filesystem_class(protocol)
    files = cls(**{**cls._get_kwargs_from_urls(uri), **settings})
    files.invalidate_cache()  # others may have written since
    return files, str(cls._strip_protocol(uri))


def _is_refusal(error: Exception) -> bool:
    """Whether the store might answer somebody without credentials."""
    kind = type(error).__name__
    return isinstance(error, PermissionError) or "Credential" in kind or "Authentication" in kind


def _must_be_file(files: Any, path: str, uri: str) -> int | None:
    """Refuse a folder, which drivers open as an empty file; returns the size."""
    info = files.info(path)
    if info["type"] == "directory":
        raise FlyteDataError(f"{public(uri)}: is a folder")
    size: int | None = info.get("size")
    return size


class _Listing(NamedTuple):
    folders: set[str]
    files: dict[str, str]
    """By their name below the folder, what they are called in the store."""
    size: int
    """Of all files."""


def _list(files: Any, path: str, uri: str) -> _Listing:
    """What there is under a prefix.

    Stores have no folders. Consoles, Hadoop and drivers make empty objects in their stead, which
    must not become files.
    """
    root = path.rstrip("/")
    found: Mapping[str, Mapping[str, Any]] = files.find(root, detail=True)
    size = sum(info.get("size") or 0 for info in found.values())
    listing = _Listing(set(), {}, size)
    for name, info in found.items():
        inner = _inner(name.removeprefix(root), uri)
        is_empty = not info.get("size")
        if info["type"] == "directory" or (is_empty and name.endswith("/")):
            listing.folders.add(inner)
        elif is_empty and name.endswith(_HADOOP_MARKER):
            listing.folders.add(inner.removesuffix(_HADOOP_MARKER))
        elif listing.files.setdefault(inner, name) != name:
            raise FlyteDataError(f"{public(uri)}: two files would be {inner!r} here")
    parents = {str(parent) for name in listing.files for parent in _parents(name)}
    for name in parents & listing.files.keys():
        if found[listing.files[name]].get("size"):
            raise FlyteDataError(f"{public(uri)}: {name!r} is a file and a folder")
        del listing.files[name]
    if "" in listing.files and len(listing.files) == 1:  # a table may be one file
        source = listing.files.pop("")
        listing.files[source.rpartition("/")[2]] = source
    if not (listing.files or listing.folders):
        raise FlyteDataError(f"{public(uri)}: there is nothing")
    return listing


def _inner(name: str, uri: str) -> str:
    """A name below the folder. Names are data: one with a ``..`` must not lead out of it."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    inner = "/".join(parts)
    if ".." in inner.replace("\\", "/").split("/") or Path(inner).is_absolute() or "\0" in inner:
        raise FlyteDataError(f"{public(uri)}: {inner!r} leads out of the folder")
    return "/".join(map(safe_name, parts))


def _parents(name: str) -> Iterator[str]:
    while name:
        name = name.rpartition("/")[0]
        yield name


def _get(files: Any, wanted: Sequence[tuple[str, Path]], progress: Moved) -> None:
    """Copy files to where they are wanted."""
    callback = _callback(progress)
    if not files.async_impl:  # such drivers need not be fit for threads
        for name, to in wanted:
            with _not_the_source(to):
                files.get_file(name, str(to), callback=callback)
        return
    import asyncio

    ended = threading.Event()
    work = current_work()
    check_given_up()
    copying = asyncio.run_coroutine_threadsafe(
        _get_at_once(files, wanted, callback, ended), files.loop
    )
    try:
        with nullcontext() if work is None else work.ended_by(copying.cancel):
            copying.result()
    except BaseException:  # Ctrl-C, too
        copying.cancel()
        ended.wait(_PATIENCE)
        raise


async def _get_at_once(
    files: Any, wanted: Sequence[tuple[str, Path]], callback: object, ended: threading.Event
) -> None:
    import asyncio

    turns = asyncio.Semaphore(_AT_ONCE)

    async def get(name: str, to: Path) -> None:
        async with turns:
            with _not_the_source(to):
                await files._get_file(name, str(to), callback=callback)

    tasks = [asyncio.ensure_future(get(name, to)) for name, to in wanted]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        ended.set()


def _callback(progress: Moved) -> object:
    """Whom drivers tell how far they have come."""
    from fsspec.callbacks import Callback

    callback: Any = Callback()
    callback.relative_update = progress.moved
    return callback


@contextmanager
def _not_the_source(to: Path) -> Iterator[None]:
    """Blame a full disk on this machine, and not on what was read."""
    import errno

    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS):
            raise NotWritten(f"{to.parent}: {error.strerror}") from error
        raise


def _fsspec() -> ModuleType:
    return optional_module("fsspec", "storage", "to read from object stores")
