"""The reviewed table of differences: which of them are expected, and why."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from tests.parity.comparison import Difference

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PATH = Path(__file__).with_name("differences.toml")


@dataclass(frozen=True)
class Row:
    """Differences of some kinds at some places; ``where`` may have the wildcards of a shell."""

    flytekit: str
    kinds: tuple[str, ...]
    where: tuple[str, ...]

    def expects(self, found: Difference) -> bool:
        """Whether this row speaks of a difference."""
        return found.kind in self.kinds and any(
            fnmatchcase(found.where, pattern) for pattern in self.where
        )


@cache
def rows() -> tuple[Row, ...]:
    """The rows that say what to measure; the others are for people alone."""
    table = tomllib.loads(PATH.read_text(encoding="utf-8"))["difference"]
    return tuple(
        Row(row["flytekit"], tuple(row["kinds"]), tuple(row["where"]))
        for row in table
        if row.get("measured", True)
    )


def unexpected(found: Iterable[Difference]) -> list[Difference]:
    """The differences that no row speaks of, one for each place and kind."""
    first = {(item.where, item.kind): item for item in reversed([*found])}
    return [item for item in first.values() if not any(row.expects(item) for row in rows())]


def stale(found: Iterable[Difference]) -> list[str]:
    """The kinds and patterns in the table that nothing speaks for any more."""
    left = []
    known = [*found]
    for row in rows():
        seen = [item for item in known if row.expects(item)]
        unused = set(row.kinds) - {item.kind for item in seen}
        unused |= {p for p in row.where if not any(fnmatchcase(item.where, p) for item in seen)}
        left += [f"{name}: {row.flytekit}" for name in sorted(unused)]
    return left
