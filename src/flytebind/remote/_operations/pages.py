"""Reading lists whose order nobody guarantees from one page to the next.

A token is an offset. PostgreSQL orders rows that a sort takes for equal as it likes, anew for each
query, and a row that leaves a list moves all behind it on: what is read from an offset lacks rows,
and nothing tells. So a list is read from its beginning, and longer each time. The last answer is
the whole of it, and all answers together have little more than twice its rows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from typing import TypeAlias, TypeVar

R = TypeVar("R")

Ask: TypeAlias = Callable[[int, str], Awaitable[tuple[Sequence[R], str]]]
"""Asks for so many rows from a token on; gives them, and the token of the next page."""

GROWTH = 4
"""How many times as much each answer has as the one before."""


async def growing(ask: Ask[R], size: int) -> AsyncIterator[Sequence[R]]:
    """The first rows of a list, then more of them, up to all.

    Args:
        ask: Asks for rows.
        size: How many to ask for at first.
    """
    token = ""
    while True:
        rows, following = await ask(size, token)
        yield rows
        if not following:
            return
        if len(rows) < size:
            token = following  # A server may have a largest page of its own.
        else:
            size *= GROWTH


async def by_tokens(ask: Ask[R], size: int) -> AsyncIterator[Sequence[R]]:
    """All rows of a list in which nothing ever changes its place, page by page.

    Args:
        ask: Asks for rows.
        size: How many to ask for at a time.
    """
    token = ""
    while True:
        rows, token = await ask(size, token)
        yield rows
        if not token:
            return


async def each_once(
    pages: AsyncIterator[Sequence[R]], name: Callable[[R], Hashable], most: int | None
) -> AsyncIterator[R]:
    """The rows of pages that may overlap.

    Args:
        pages: The pages.
        name: What tells rows apart.
        most: How many at most; None for all.
    """
    seen = set[Hashable]()
    if most == 0:
        return
    async for rows in pages:
        for row in rows:
            if (its := name(row)) in seen:
                continue
            seen.add(its)
            yield row
            if len(seen) == most:
                return


async def all_rows(ask: Ask[R], size: int, name: Callable[[R], str]) -> list[R]:
    """All rows of a list, each once.

    Args:
        ask: Asks for rows.
        size: How many to ask for at first.
        name: What tells rows apart.
    """
    found: dict[str, R] = {}
    async for rows in growing(ask, size):
        for row in rows:
            found.setdefault(name(row), row)
    return list(found.values())
