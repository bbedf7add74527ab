"""Python values on their way to an execution; the files among them go up first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

from flytebind.models.core.interface import Parameter, Variable
from flytebind.models.core.literals import LiteralMap
from flytebind.remote._io import Io
from flytebind.remote._operations import urls
from flytebind.remote._operations.folders import files_of, upload_folder
from flytebind.remote._operations.uploads import check, upload
from flytebind.remote._session import Session
from flytebind.remote.errors import FlyteDataError
from flytebind.values._handles import HANDLES
from flytebind.values._literal import literal_map
from flytebind.values._scratch import Scratch
from flytebind.values._stored import Uploads

T = TypeVar("T")


async def put_up(session: Session, path: Path, project: str, domain: str) -> str:
    """Upload a file or a folder; returns its URI."""
    if path.is_dir():
        return await upload_folder(session, path, project, domain)
    return await upload(session, path, project, domain, None)


async def to_literals(
    session: Session,
    inputs: Mapping[str, object],
    declared: Mapping[str, Variable] | Mapping[str, Parameter],
    project: str,
    domain: str,
) -> LiteralMap:
    """Python values as literals.

    Raises:
        FlyteValueError: If a value does not fit.
        FlyteDataError: If a file cannot be uploaded. Both say which input that is.
        FlyteCallError: If the server gives no place for it.
    """
    given = dict(inputs)
    return await uploading(session, partial(literal_map, given, declared), project, domain)


async def uploading(
    session: Session, convert: Callable[[Uploads], T], project: str, domain: str
) -> T:
    """What values become whose files have to go up first.

    Args:
        session: Where to.
        convert: Makes it, given what uploads files and follows links.
        project: The project of the files.
        domain: Their domain.

    Raises:
        FlyteValueError: If a value does not fit.
        FlyteDataError: If a file cannot be uploaded.
        FlyteCallError: If the server gives no place for it.
    """

    async def put(path: Path) -> str:
        return await put_up(session, path, project, domain)

    return await with_uploads(session.io, convert, put, partial(stored_at, session))


async def with_uploads(
    io: Io,
    convert: Callable[[Uploads], T],
    put_up: Callable[[Path], Awaitable[str]],
    stored_at: Callable[[str], Awaitable[str]],
) -> T:
    """What values become whose files have to go up first.

    No file goes up unless all values fit. Files go up side by side, from here and not from a thread
    that waits for other threads: those that wait could be all that there are.

    Args:
        io: How to wait.
        convert: Makes it, given what uploads files and follows links.
        put_up: Uploads a file or a folder, and returns its URI.
        stored_at: Tells where in a store it is what a Flyte URL leads to.

    Raises:
        FlyteValueError: If a value does not fit.
        FlyteDataError: If a file cannot be uploaded.
        FlyteCallError: If the server gives no place for it.
    """
    paths: dict[Path, None] = {}
    links: dict[str, None] = {}

    def note(path: Path) -> str:
        (files_of if path.is_dir() else check)(path)
        paths[path] = None
        return ""

    def note_link(link: str) -> str:
        links[link] = None
        return ""

    with Scratch() as scratch:
        noting = Uploads(note, scratch, note_link)
        made: T = await io.in_thread(partial(convert, noting))
        if not paths and not links:
            return made
        failed: dict[Path | str, FlyteDataError] = {}

        async def put(path: Path) -> str:
            try:
                return await put_up(path)
            except FlyteDataError as error:
                failed[path] = error
                raise

        async def follow(link: str) -> str:
            try:
                return await stored_at(link)
            except FlyteDataError as error:
                failed[link] = error
                raise

        try:
            targets = dict(zip(links, await io.gather(map(follow, links)), strict=True))
            uris = dict(zip(paths, await io.gather(map(put, paths)), strict=True))
        except FlyteDataError:

            def blame(what: Path | str) -> str:
                if what in failed:
                    raise failed[what]
                return ""

            convert(Uploads(blame, scratch, blame))
            raise
        ready = Uploads(uris.__getitem__, scratch, targets.__getitem__)
        return await io.in_thread(partial(convert, ready))


async def stored_at(session: Session, link: str) -> str:
    """Where in a store it is what a Flyte URL leads to.

    Raises:
        FlyteDataError: If it is no file, folder or table.
        FlyteCallError: If there is nothing.
    """
    found = await urls.get(session, link)
    if isinstance(found, HANDLES):
        return found.uri
    raise FlyteDataError(
        f"{link} is no file, folder or table, but {type(found).__name__}; give what"
        " remote.get(...) makes of it"
    )
