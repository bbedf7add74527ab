"""As much of an execution as a screen has room for, while it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from flytebind.looks._layout import Cell, Line, fit
from flytebind.looks._phases import DONE, RUNNING
from flytebind.looks._rows import Row
from flytebind.looks._status import Status
from flytebind.looks._tree import branches, header, spaced
from flytebind.looks._words import address, harmless, has_failed

#: Fewer lines than these show no nodes.
_LEAST = 2


def screen(
    root: Row,
    status: Status,
    gone_by: timedelta,
    width: int,
    height: int,
    *,
    mark: str,
    ascii_only: bool,
) -> Iterator[Line]:
    """An execution in as many lines as there are, but for one.

    Args:
        root: The execution.
        status: How far it is.
        gone_by: Since that was told.
        width: How long lines may be.
        height: How many lines the screen has.
        mark: What stands before it, one character.
        ascii_only: Whether to draw with ASCII alone.
    """
    alone = _aged(replace(root, children=()), gone_by)
    top = [[Cell("  "), *line] for line in header(alone, width - 2)]
    top[0][0] = Cell(f"{mark} ")
    url = Cell(harmless(status.url), "dim", address(status.url))
    fits = len(status.nodes) + len(url.text) + 4 <= width
    if facts := spaced([Cell(status.nodes), *([url] if fits else [])]):
        top.append([Cell("  "), *facts])
    yield from top[: max(height - 1, 1)]
    room = height - 1 - len(top)
    if room >= _LEAST:
        shown, hidden = fit_in(root, room)
        rows = list(branches(_aged(shown, gone_by), None, more=hidden))
        yield from fit(rows, width, ascii_only)


def fit_in(root: Row, most: int) -> tuple[Row, list[Row]]:
    """An execution with the rows for which there is room, and those for which there is none.

    What goes on is kept first and stands on top; then come what has failed, what waits, and what
    has ended last. Where all have room they keep their order.

    Args:
        root: The execution.
        most: How many lines there are below it; one of them tells of those without room.
    """
    _, *rows = root.walk()
    if len(rows) <= most:
        return root, []
    above = {id(child): row for row in root.walk() for child in row.children}
    kept: set[int] = set()
    for row in sorted(rows, key=_urgency):
        needed = set()
        while row is not root and id(row) not in kept:
            needed.add(id(row))
            row = above[id(row)]
        if len(kept) + len(needed) < most:
            kept |= needed
    return _only(root, kept), [row for row in rows if id(row) not in kept]


def _aged(row: Row, by: timedelta) -> Row:
    """The same a moment later: the time of what goes on has gone on."""
    time = row.time if row.time is None or row.phase in DONE else row.time + by
    return replace(row, time=time, children=tuple(_aged(child, by) for child in row.children))


def _only(row: Row, kept: set[int]) -> Row:
    """A row with those below it that are kept, the most urgent ones first."""
    children = sorted((child for child in row.children if id(child) in kept), key=_most_urgent)
    return replace(row, children=tuple(_only(child, kept) for child in children))


def _most_urgent(row: Row) -> int:
    return min(_urgency(each)[0] for each in row.walk())


def _urgency(row: Row) -> tuple[int, float]:
    """What is to be shown before others comes first."""
    if row.phase in RUNNING:
        return 0, bool(row.children)  # whatever goes on below brings it along
    if has_failed(row.phase):
        return 1, 0
    if row.phase in DONE:
        return 3, 0 if row.ended_at is None else -row.ended_at.timestamp()
    return 2, 0
