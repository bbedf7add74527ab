"""Python values on their way to an execution; the files among them go up first."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from flytebind import values
from flytebind.models.core.interface import Parameter, Variable
from flytebind.models.core.literals import LiteralMap
from flytebind.remote._operations.uploads import check, upload
from flytebind.remote._session import Session
from flytebind.remote.errors import FlyteDataError


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
        check(path)
        found[path] = None
        return ""

    convert = partial(values.to_literal_map, inputs, declared)
    literals: LiteralMap = await session.io.in_thread(partial(convert, upload=note))
    if not found:
        return literals
    failed: dict[Path, FlyteDataError] = {}

    async def put(path: Path) -> str:
        try:
            return await upload(session, path, project, domain, None)
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
