"""What a comparison says.

Each change has a meaning on three levels: on the wire and in JSON, for what the old version wrote
and the new one reads; and in the Python API, for code that was written for the old one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from flytegen.comparison.compatibility import Level, Meaning, worst, worst_of
from flytegen.comparison.facts import Thing

How = Literal[
    "added",
    "removed",
    "renamed",
    "renumbered",
    "retyped",
    "label changed",
    "moved",
    "moved into a oneof",
    "moved out of a oneof",
    "moved to another oneof",
    "presence changed",
    "default changed",
    "JSON name changed",
    "opened or closed",
    "streaming changed",
    "deprecated",
    "no longer deprecated",
    "changed in Python",
]

T = TypeVar("T")


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was."""

    module: str
    """The .proto file, as the new version has it; the old one's for what is gone."""
    thing: Thing
    name: str
    """The full proto name, by the same rule."""
    how: How
    before: str
    """What is changed, as a .proto would say it; empty for what was not there."""
    after: str
    wire: Meaning
    json: Meaning
    python: Meaning
    holds: Mapping[Thing, int]
    """What came or went with it, and is told by no change of its own."""

    @property
    def level(self) -> Level:
        """The worst of the three."""
        return worst(self.wire, self.json, self.python).level


@dataclass(frozen=True)
class Total:
    """How many there were, came, went and are, of one sort of thing."""

    thing: Thing
    old: int
    added: int
    removed: int
    new: int


@dataclass(frozen=True)
class Changes:
    """All changes, the worst first, then by module."""

    changes: tuple[Change, ...]
    totals: tuple[Total, ...]

    @property
    def level(self) -> Level:
        """The worst of all."""
        return worst_of(item.level for item in self.changes)

    def of(self, level: Level) -> tuple[Change, ...]:
        """The changes of one level."""
        return tuple(item for item in self.changes if item.level == level)
