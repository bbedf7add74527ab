"""The targets of this repository, as tools see them: which of their releases count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from flytegen.overlay.entries import Overlay
from flytegen.targets import Target, configured
from tools.registry import last_of_minors, parts
from tools.written import ROOT


@dataclass(frozen=True)
class Followed:
    """A target whose releases are followed."""

    target: Target
    since: str = ""
    """The minor release that its history begins with. Without one, the models are made from the
    oldest release that is supported, and history is what came after that; until something has,
    it is the step that led there."""

    @cached_property
    def overlay(self) -> Overlay:
        """What is said about it."""
        return self.target.load_overlay()

    @property
    def package(self) -> str:
        """What it is called, as a package and as a distribution."""
        return self.overlay.package.name

    @property
    def made_from(self) -> str:
        """The release that its models are made from."""
        return self.overlay.package.version

    @property
    def pages(self) -> Path:
        """Where its history is."""
        return ROOT / "tests" / "generator" / "comparison" / "history" / self.package

    def counted(self, found: Sequence[str]) -> list[str]:
        """Those of its releases that its history is made of, oldest first."""
        present = parts(self.made_from)
        if not self.since:
            ordered = sorted(found, key=parts)
            older = [one for one in ordered if parts(one) < present]
            others = ordered[len(older) :]
            return others if len(others) > 1 else [*older[-1:], *others]
        return last_of_minors([one for one in found if parts(one) <= present], self.since)


#: Where the history of a target begins that is made from the newest release.
_SINCE = {"flyteidl": "1.5"}

FOLLOWED = {
    target.name: Followed(target, _SINCE.get(target.name, "")) for target in configured(ROOT)
}
