"""Where a generated class lives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Home:
    """A module, and the name of a class in it."""

    module: str
    qualname: str

    @classmethod
    def said(cls, place: str) -> Home:
        """The home that people and records call ``module:Class``."""
        module, _, qualname = place.partition(":")
        return cls(module, qualname)

    @property
    def name(self) -> str:
        """The class's own name."""
        return self.qualname.rpartition(".")[2]

    @property
    def outer(self) -> str:
        """The class that it is nested in, with those that this is nested in; may be empty."""
        return self.qualname.rpartition(".")[0]

    @property
    def inner(self) -> str:
        """The name without the class at the top of the module; empty for that one."""
        return self.qualname.partition(".")[2]
