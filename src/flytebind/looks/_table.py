"""Lists of executions, and nodes by their ids, which print as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Generic, Protocol, TypeVar

from flytebind.looks._errors import in_brief
from flytebind.looks._layout import Cell
from flytebind.looks._markup import Markup, element, link
from flytebind.looks._page import fragment
from flytebind.looks._palette import tone_of_style
from flytebind.looks._rows import Row, level, row_of
from flytebind.looks._snapshots import ExecutionSnapshot, NodeSnapshot
from flytebind.looks._tree import remarks
from flytebind.looks._words import STYLES, address, harmless, moment, spoken
from flytebind.runtime.homes import public_in


class AnExecution(Protocol):
    """What is handed over as a snapshot."""

    def snapshot(self) -> ExecutionSnapshot:
        """What has been loaded of it."""
        ...


class ANode(Protocol):
    """What is handed over as a snapshot."""

    def snapshot(self) -> NodeSnapshot:
        """What has been loaded of it."""
        ...


E = TypeVar("E", bound=AnExecution)
N = TypeVar("N", bound=ANode)

#: So many lines are shown of long ones.
_MOST: Final = 100

_EXECUTIONS: Mapping[str, Callable[[Row], Cell]] = {
    "execution": lambda row: Cell(row.name, "bold", address(row.url)),
    "phase": lambda row: Cell(row.phase, STYLES.get(row.phase, "")),
    "created": lambda row: Cell(moment(row.created_at)),
    "time": lambda row: Cell(spoken(row.time)),
    "launch plan": lambda row: Cell(row.what),
    # Lists cut errors, and with them what a traceback ends with.
    "error": lambda row: Cell("" if row.error is None else row.error.code, "dim"),
}
_NODES: Mapping[str, Callable[[Row], Cell]] = {
    "node": lambda row: Cell(row.name, "bold"),
    "kind": lambda row: Cell(row.kind, "dim"),
    "runs": lambda row: Cell(row.what),
    "phase": lambda row: Cell(row.phase, STYLES.get(row.phase, "")),
    "started": lambda row: Cell(moment(row.started_at)),
    "time": lambda row: Cell(spoken(row.time)),
    "remarks": lambda row: Cell(", ".join(remarks(row)), "dim"),
    "error": lambda row: Cell(in_brief(row.error), "dim"),
}


@public_in("flytebind.looks")
class ExecutionList(list[E], Generic[E]):
    """Executions in a list that prints as a table: ``ExecutionList(remote.list_executions())``."""

    def rows(self) -> list[Row]:
        """All that is shown of each execution."""
        return [row_of(execution.snapshot()) for execution in self]

    def to_dicts(self) -> list[dict[str, object]]:
        """A flat dictionary for each execution, as ``pandas.DataFrame`` and polars take them."""
        return [row.flat() for row in self.rows()]

    def __repr__(self) -> str:
        return _text(self._first(), _EXECUTIONS, len(self)) if self else "[]"

    def _repr_html_(self) -> str:
        return _html(self._first(), _EXECUTIONS, len(self))

    def _first(self) -> list[Row]:
        return [row_of(execution.snapshot()) for execution in self[:_MOST]]


@public_in("flytebind.looks")
class NodeMapping(dict[str, N], Generic[N]):
    """Nodes by their ids, in a dictionary that prints as a table.

    Tables and rows leave out starts and ends of workflows, which run nothing.
    """

    def rows(self) -> list[Row]:
        """All that is shown of each node, in the order of the workflow."""
        return level([node.snapshot() for node in self.values()])

    def to_dicts(self) -> list[dict[str, object]]:
        """A flat dictionary for each node, as ``pandas.DataFrame`` and polars take them."""
        return [row.flat() for row in self.rows()]

    def __repr__(self) -> str:
        rows = self.rows()
        return _text(rows[:_MOST], _NODES, len(rows)) if rows else f"{{{', '.join(self)}}}"

    def _repr_html_(self) -> str:
        rows = self.rows()
        return _html(rows[:_MOST], _NODES, len(rows))


def _text(rows: Sequence[Row], columns: Mapping[str, Callable[[Row], Cell]], count: int) -> str:
    lines = [[harmless(make(row).text) for make in columns.values()] for row in rows]
    table = [[name.upper() for name in columns], *lines]
    # What nothing is said in is left out.
    used = [column for column in zip(*table, strict=True) if any(column[1:])]
    widths = [max(map(len, column)) for column in used]
    printed = [
        "  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in zip(*used, strict=True)
    ]
    if count > len(rows):
        printed.append(f"... {count - len(rows):,} more")
    return "\n".join(printed)


def _html(rows: Sequence[Row], columns: Mapping[str, Callable[[Row], Cell]], count: int) -> Markup:
    cells = [[make(row) for make in columns.values()] for row in rows]
    used = [
        index
        for index in range(len(columns))
        if index == 0 or any(line[index].text for line in cells)
    ]
    names = [*columns]
    body = [element("tr", *(_cell(names[index], line[index]) for index in used)) for line in cells]
    heads = element("tr", *(element("th", names[index]) for index in used))
    table = element("table", element("thead", heads), element("tbody", *body))
    return fragment(
        element(
            "section",
            element("div", table, class_="fb-scroll"),
            _more(count, len(rows)),
            style="border:0",
        )
    )


def _more(count: int, shown: int) -> Markup | None:
    if not count:
        return element("p", "There are none.", class_="fb-hint")
    return element("p", f"… {count - shown:,} more", class_="fb-hint") if count > shown else None


def _cell(name: str, cell: Cell) -> Markup:
    if name == "phase":
        badge = element("span", cell.text, class_=f"fb-badge fb-{tone_of_style(cell.style)}")
        return element("td", badge)
    if name in ("execution", "node"):
        return element("td", link(cell.link, element("b", cell.text, class_="fb-mono")))
    if name in ("runs", "launch plan"):
        return element("td", element("span", cell.text, class_="fb-mono"))
    kinds = {"time": "fb-number", "error": "fb-wide"}
    shown = element("span", cell.text, class_="fb-what") if cell.style == "dim" else cell.text
    return element("td", shown, class_=kinds.get(name))
