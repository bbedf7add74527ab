"""Reading lists whose order nobody guarantees from one page to the next.

A token is an offset. PostgreSQL orders rows that a sort takes for equal as it likes, anew for each
query, and a row that leaves a list moves all behind it on: what is read from an offset lacks rows,
and nothing tells. So a list is read from its beginning, and longer each time. The last answer is
the whole of it, and all answers together have little more than twice its rows.

Nor does anybody guarantee that a list ends: a proxy may drop the token, and a server may always
send one. What does not go on is an error.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from typing import TypeAlias, TypeVar

from flytebind.remote.errors import FlyteDataError

R = TypeVar("R")

Page: TypeAlias = tuple[Sequence[R], str]
"""Some rows, and the token of the page that follows; an empty one after the last."""

Ask: TypeAlias = Callable[[int, str], Awaitable[Page[R]]]
"""Asks for so many rows from a token on."""

GROWTH = 4
"""How many times as much each answer has as the one before."""

MOST_ROWS = 100_000
"""How many rows are kept at once of a list that is read as a whole."""

#: Pages in a row that may bring nothing new. Two come from a server with a largest page of its own.
_PATIENCE = 3


async def growing(ask: Ask[R], size: int) -> AsyncIterator[Page[R]]:
    """The first rows of a list, then more of them, up to all.

    Args:
        ask: Asks for rows.
        size: How many to ask for at first.

    Raises:
        FlyteDataError: If a token comes twice.
    """
    tokens = _Tokens()
    token = ""
    while True:
        page = rows, following = await ask(size, token)
        yield page
        if not following:
            return
        if len(rows) < size:
            token = tokens.add(following)  # A server may have a largest page of its own.
        else:
            size *= GROWTH


async def by_tokens(ask: Ask[R], size: int) -> AsyncIterator[Page[R]]:
    """All rows of a list in which nothing ever changes its place, page by page.

    Args:
        ask: Asks for rows.
        size: How many to ask for at a time.

    Raises:
        FlyteDataError: If a token comes twice.
    """
    tokens = _Tokens()
    token = ""
    while True:
        page = _, token = await ask(size, token)
        yield page
        if not token:
            return
        tokens.add(token)


async def each_once(
    pages: AsyncIterator[Page[R]], name: Callable[[R], Hashable], most: int | None
) -> AsyncIterator[R]:
    """The rows of pages that may overlap.

    Args:
        pages: The pages.
        name: What tells rows apart.
        most: How many at most; None for all.

    Raises:
        FlyteDataError: If page after page brings nothing new.
    """
    seen = set[Hashable]()
    if most == 0:
        return
    idle = 0
    async for rows, token in pages:
        known = len(seen)
        for row in rows:
            if (its := name(row)) in seen:
                continue
            seen.add(its)
            yield row
            if len(seen) == most:
                return
        idle = idle + 1 if len(seen) == known else 0
        if token and idle == _PATIENCE:
            raise endless(f"{idle} pages in a row bring nothing new, and the last one leads", token)


async def all_rows(
    ask: Ask[R],
    size: int,
    name: Callable[[R], Hashable],
    read: Callable[[Ask[R], int], AsyncIterator[Page[R]]] = growing,
) -> list[R]:
    """All rows of a list, each once.

    Args:
        ask: Asks for rows.
        size: How many to ask for at first.
        name: What tells rows apart.
        read: How pages follow on each other.

    Raises:
        FlyteDataError: If the list has no end, or more than ``MOST_ROWS``.
    """
    found = [row async for row in each_once(read(ask, size), name, MOST_ROWS + 1)]
    if len(found) > MOST_ROWS:
        raise FlyteDataError(f"a list has more than {MOST_ROWS:,} rows, too many to keep at once")
    return found


def endless(what: str, token: str) -> FlyteDataError:
    """The error for a list that does not end.

    Args:
        what: What is wrong with it.
        token: The token that leads on.
    """
    shown = token if len(token) <= _SHOWN else f"{token[:_SHOWN]}..."
    return FlyteDataError(
        f"a list of the server has no end: {what} to page {shown!r}; "
        "a proxy on the way may ignore page tokens"
    )


_SHOWN = 60


class _Tokens:
    """Those that have led on. A list that comes back to one has no end."""

    def __init__(self) -> None:
        self._seen = set[str]()

    def add(self, token: str) -> str:
        if token in self._seen:
            raise endless("it leads once more", token)
        self._seen.add(token)
        return token
