"""Rows as lines of a width: what fits, and what is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap as _wrap
from typing import NamedTuple, TypeAlias


class Cell(NamedTuple):
    """A piece of text."""

    text: str
    style: str = ""
    """A style of rich's."""
    link: str = ""
    """An address that it leads to."""


Line: TypeAlias = list[Cell]


class Columns(NamedTuple):
    """What is told of a row beside its name; phase and time are told at any width."""

    kind: Cell
    what: Cell
    phase: Cell
    time: Cell
    remarks: Cell


@dataclass(frozen=True)
class Branch:
    """One line of a tree."""

    stems: tuple[bool, ...]
    """Of each level down to its own, whether something follows there."""
    name: Cell
    columns: Columns | None = None
    spills: bool = False
    """Whether its name may take the place of its kind, where there is little space."""


class _Plan(NamedTuple):
    """A way to save space."""

    indent: int
    """How much further in each level begins."""
    least: int
    """The least width of what nodes run, if that is longer; 0 leaves it out."""
    has_remarks: bool
    has_kind: bool


#: The first that fits is taken: columns go from the right.
_PLANS = (
    _Plan(4, 30, True, True),
    _Plan(2, 20, True, True),
    _Plan(4, 20, False, True),
    _Plan(2, 12, False, True),
    _Plan(2, 0, False, True),
    _Plan(2, 0, False, False),
)
_SHORTEST_NAME = 8


def fit(rows: Sequence[Branch], width: int | None, ascii_only: bool) -> Iterator[Line]:
    """Rows as lines whose columns begin below each other.

    Args:
        rows: The rows.
        width: How long lines may be; None for as long as they get.
        ascii_only: Whether to draw with ASCII alone.
    """
    natural = [
        max((len(row.columns[index].text) for row in rows if row.columns is not None), default=0)
        for index in range(len(Columns._fields))
    ]
    for plan in _PLANS:
        name, widths = _widths(rows, natural, plan, width)
        if width is None or name + sum(each + 2 for each in widths if each) <= width:
            break
    if width is not None:  # or not even names and phases may have room
        name = min(name, max(width - sum(each + 2 for each in widths if each), _SHORTEST_NAME))
    for row in rows:
        before = guides(row.stems, plan.indent, ascii_only)
        line = [Cell(before, "dim")]
        if row.columns is None:
            line.append(cut(row.name, None if width is None else width - len(before), ascii_only))
        else:
            spills = row.spills and len(before) + len(row.name.text) > name
            space = name - len(before) + (widths[0] + 2 if spills and widths[0] else 0)
            shown = cut(row.name, space, ascii_only)
            line += [shown, Cell(" " * (space - len(shown.text)))]
            for index, each in enumerate(widths):
                if each and not (spills and index == 0):
                    # The end of a dotted name tells more than its beginning.
                    cell = cut(row.columns[index], each, ascii_only, from_left=index == 1)
                    line += [Cell("  "), cell, Cell(" " * (each - len(cell.text)))]
        yield line


def wrap(cell: Cell, width: int | None, indent: str) -> Iterator[Line]:
    """A text in as many lines as it needs, all of them indented."""
    if width is None or cell.link or len(indent) + len(cell.text) <= width:
        yield [Cell(indent), cell]
        return
    # What is copied stays whole: paths and addresses are not broken.
    space = max(width - len(indent), _SHORTEST_NAME)
    for line in _wrap(cell.text, space, break_long_words=False, break_on_hyphens=False):
        yield [Cell(indent), cell._replace(text=line)]


def _widths(
    rows: Sequence[Branch], natural: Sequence[int], plan: _Plan, width: int | None
) -> tuple[int, list[int]]:
    """How wide names and columns are."""
    kind, what, phase, time, remarks = natural
    kind = kind if plan.has_kind else 0
    spare = kind + 2 if kind and plan is not _PLANS[0] else 0
    name = max(
        (
            len(row.stems) * plan.indent + len(row.name.text) - (spare if row.spills else 0)
            for row in rows
            if row.columns is not None
        ),
        default=0,
    )
    remarks = remarks if plan.has_remarks else 0
    if not plan.least:
        what = 0
    elif width is not None:
        others = name + sum(each + 2 for each in (kind, phase, time, remarks) if each)
        what = max(min(what, plan.least), min(what, width - others - 2))
    return name, [kind, what, phase, time, remarks]


def guides(stems: tuple[bool, ...], indent: int, ascii_only: bool) -> str:
    """The lines of a tree before a name."""
    fork, corner, through, dash = ("|", "`", "|", "-") if ascii_only else ("├", "└", "│", "─")
    *above, follows = stems
    outer = "".join((through if each else " ").ljust(indent) for each in above)
    return outer + (fork if follows else corner).ljust(indent - 1, dash) + " "


def cut(cell: Cell, width: int | None, ascii_only: bool, from_left: bool = False) -> Cell:
    """As much of a piece of text as has room."""
    if width is None or len(cell.text) <= width:
        return cell
    mark = "..." if ascii_only else "…"
    kept = max(width - len(mark), 0)
    text = mark + cell.text[len(cell.text) - kept :] if from_left else cell.text[:kept] + mark
    return cell._replace(text=text)
