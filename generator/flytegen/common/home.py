"""Where a generated class lives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Home:
    """A module, and the name of a class in it."""

    module: str
    qualname: str
