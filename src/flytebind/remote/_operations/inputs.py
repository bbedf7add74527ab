"""Python values on their way to an execution; the files among them go up first."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from flytebind.models.core.interface import Parameter, Variable
from flytebind.models.core.literals import LiteralMap
from flytebind.remote._operations.folders import files_of, upload_folder
from flytebind.remote._operations.uploads import check, upload
from flytebind.remote._session import Session
from flytebind.remote.errors import FlyteDataError
from flytebind.values._literal import literal_map
from flytebind.values._scratch import Scratch


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

    No file goes up unless all values fit. Files go up side by side, from here and not from a thread
    that waits for other threads: those that wait could be all that there are.

    Raises:
        FlyteValueError: If a value does not fit.
        FlyteDataError: If a file cannot be uploaded. Both say which input that is.
        FlyteCallError: If the server gives no place for it.
    """
    found: dict[Path, None] = {}

    def note(path: Path) -> str:
        (files_of if path.is_dir() else check)(path)
        found[path] = None
        return ""

    with Scratch() as scratch:
        convert = partial(literal_map, dict(inputs), declared, scratch=scratch)
        literals: LiteralMap = await session.io.in_thread(partial(convert, upload=note))
        if not found:
            return literals
        failed: dict[Path, FlyteDataError] = {}

        async def put(path: Path) -> str:
            try:
                return await put_up(session, path, project, domain)
            except FlyteDataError as error:
                failed[path] = error
                raise

        try:
            uris = dict(zip(found, await session.io.gather(map(put, found)), strict=True))
        except FlyteDataError:

            def blame(path: Path) -> str:
                if path in failed:
                    raise failed[path]
                return ""

            convert(upload=blame)
            raise
        return await session.io.in_thread(partial(convert, upload=uris.__getitem__))
