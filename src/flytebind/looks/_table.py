"""Rows below each other, in columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flytebind.looks._layout import Cell
from flytebind.looks._rows import Row
from flytebind.looks._words import harmless


@dataclass(frozen=True)
class Table:
    """Rows in columns, of which those that say nothing are left out."""

    names: tuple[str, ...]
    """What columns are called."""
    lines: tuple[tuple[Cell, ...], ...]
    """A cell for each column."""
    left_out: int
    """How many rows more there are."""

    @classmethod
    def of(
        cls, rows: Sequence[Row], columns: Mapping[str, Callable[[Row], Cell]], count: int
    ) -> Table:
        """The table of some rows.

        Args:
            rows: The rows.
            columns: By name, what is told of each.
            count: How many rows there are, with those that are not shown.
        """
        lines = [[make(row) for make in columns.values()] for row in rows]
        used = [
            index
            for index in range(len(columns))
            if index == 0 or any(line[index].text for line in lines)
        ]
        names = [*columns]
        return cls(
            tuple(names[index] for index in used),
            tuple(tuple(line[index] for index in used) for line in lines),
            count - len(rows),
        )

    def text(self) -> str:
        """One line for each row."""
        lines = [[harmless(cell.text) for cell in line] for line in self.lines]
        table = [[name.upper() for name in self.names], *lines]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        printed = [
            "  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in table
        ]
        if self.left_out:
            printed.append(f"... {self.left_out:,} more")
        return "\n".join(printed)
