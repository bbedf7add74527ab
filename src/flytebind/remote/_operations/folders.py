"""Folders that go up: file by file, below one prefix."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

from flytebind._transfer.threads import check_given_up
from flytebind._transfer.uris import public
from flytebind.models.service.dataproxy import CreateUploadLocationRequest
from flytebind.remote._io import Io
from flytebind.remote._operations.uploads import Content, check, legal_name, read_through, send
from flytebind.remote._session import Session
from flytebind.remote.errors import FlyteAssertion, FlyteDataError


async def upload_folder(session: Session, folder: Path, project: str, domain: str) -> str:
    """Put all files of a local folder where tasks can read them; returns the URI of them all."""

    async def put(name: str, root: str, content: Content) -> str:
        ask = CreateUploadLocationRequest(
            project=project,
            domain=domain,
            filename=name,
            filename_root=root,
            content_md5=content.md5,
        )
        return await send(session, content, ask)

    return await send_folder(put, session.io, folder)


async def send_folder(
    put_below: Callable[[str, str, Content], Awaitable[str]], io: Io, folder: Path
) -> str:
    """Put all files of a local folder below one prefix; returns its URI.

    The prefix is made of their names and contents, so that the same folder has the same place, and
    nothing else is there.

    Args:
        put_below: Puts a file of a name below a prefix, and returns its URI.
        io: How to wait.
        folder: The folder.
    """
    files = await io.in_thread(partial(files_of, folder))
    contents = await io.gather(io.in_thread(partial(read_through, path)) for path in files.values())
    named = dict(zip(files, contents, strict=True))
    root = _root(named)

    async def put(name: str) -> str:
        uri = await put_below(name, root, named[name])
        if not uri.endswith(f"/{name}"):
            raise FlyteDataError(
                f"{folder}: {name} has come to {public(uri)}, not below one prefix"
            )
        return uri.removesuffix(f"/{name}")

    prefixes = set(await io.gather(map(put, named)))
    if len(prefixes) > 1:
        raise FlyteDataError(
            f"{folder}: its files have come to several places, as servers do that know no"
            " filename_root; put it into a store by other means, and give its URI"
        )
    return prefixes.pop()


def files_of(folder: Path) -> Mapping[str, Path]:
    """The files below a folder, by what they are to be called below its prefix.

    Raises:
        FlyteAssertion: If it is no folder, has no files, or two would be called the same.
        FlyteDataError: If it cannot be read, or a file is too large.
    """
    if not folder.is_dir():
        raise FlyteAssertion(f"{folder} is no folder")
    found: dict[str, Path] = {}
    for parent, folders, names in os.walk(folder, onerror=_unreadable):
        check_given_up()
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            check(path)
            legal = "/".join(map(legal_name, path.relative_to(folder).parts))
            if legal in found:
                raise FlyteAssertion(
                    f"{found[legal]} and {path} would both be called {legal}; rename one of them"
                )
            found[legal] = path
    if not found:
        raise FlyteAssertion(f"{folder} has no files, and stores have no folders without any")
    return found


def _root(contents: Mapping[str, Content]) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(contents):
        digest.update(name.encode() + b"\0" + contents[name].md5)
    return base64.b32encode(digest.digest()).decode()


def _unreadable(error: OSError) -> None:
    raise FlyteDataError(f"{error.filename} cannot be read: {error.strerror}") from error
