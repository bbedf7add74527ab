"""The table of docs/migrating-client.md, as data."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parents[2] / "docs" / "migrating-client.md"


class Row(NamedTuple):
    """What a method of flytekit's client is here."""

    theirs: str
    verb: str
    rpc: str


def rows() -> list[Row]:
    """All rows of the table."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    begin = lines.index("|---|---|---|") + 1
    table = lines[begin : lines.index("", begin)]
    cells = ([cell.strip() for cell in line.strip("|").split("|")] for line in table)
    return [
        Row(theirs.strip("`"), verb.strip("`"), rpc if " " in rpc else rpc.strip("`"))
        for theirs, verb, rpc in cells
    ]
