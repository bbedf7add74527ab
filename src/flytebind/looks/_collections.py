"""Lists of executions, and nodes by their ids, which print as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Generic, Protocol, SupportsIndex, TypeVar, overload

from flytebind.looks._errors import in_brief
from flytebind.looks._layout import Cell
from flytebind.looks._rows import Row, level, row_of
from flytebind.looks._snapshots import ExecutionSnapshot, NodeSnapshot
from flytebind.looks._table import Table
from flytebind.looks._tree import remarks
from flytebind.looks._words import STYLES, address, moment, spoken
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
    """Executions in a list that prints as a table: ``ExecutionList(remote.list_executions())``.

    So do slices of it.
    """

    def rows(self) -> list[Row]:
        """All that is shown of each execution."""
        return [row_of(execution.snapshot()) for execution in self]

    def to_dicts(self) -> list[dict[str, object]]:
        """A flat dictionary for each execution, as ``pandas.DataFrame`` and polars take them."""
        return [row.flat() for row in self.rows()]

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> E: ...
    @overload
    def __getitem__(self, index: slice, /) -> ExecutionList[E]: ...
    def __getitem__(self, index: SupportsIndex | slice, /) -> E | ExecutionList[E]:
        if isinstance(index, slice):
            return ExecutionList(super().__getitem__(index))
        return super().__getitem__(index)

    def __repr__(self) -> str:
        return self._table().text() if self else "[]"

    def _repr_html_(self) -> str:
        from flytebind.looks._table_html import as_html

        return as_html(self._table())

    def _table(self) -> Table:
        return Table.of(self[:_MOST].rows(), _EXECUTIONS, len(self))


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
        table = self._table()
        return table.text() if table.lines else f"{{{', '.join(self)}}}"

    def _repr_html_(self) -> str:
        from flytebind.looks._table_html import as_html

        return as_html(self._table())

    def _table(self) -> Table:
        rows = self.rows()
        return Table.of(rows[:_MOST], _NODES, len(rows))
