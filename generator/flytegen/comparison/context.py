"""What all parts of a comparison share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flytegen.comparison.api import Api, ApiJudge
from flytegen.comparison.changes import Change, How
from flytegen.comparison.compatibility import SAME, Judge, Meaning
from flytegen.comparison.facts import Facts, Thing
from flytegen.comparison.pairs import pair, types


class Context:
    """What all parts of a comparison share, and how they tell what they found."""

    def __init__(self, old: Facts, new: Facts, apis: tuple[Api, Api] | None) -> None:
        self.old = old
        self.new = new
        self.pairs = pair(old, new)
        names = self.pairs.names()
        self.lost = types(old) - names.keys()
        self.found = types(new) - set(names.values())
        self.judge = Judge(old, new, names)
        self.has_api = apis is not None
        self.api = ApiJudge(*(apis or (Api(), Api())))

    def change(
        self,
        module: str,
        thing: Thing,
        name: str,
        how: How,
        *,
        before: str = "",
        after: str = "",
        wire: Meaning = SAME,
        json: Meaning = SAME,
        python: Meaning = SAME,
        holds: Mapping[Thing, int] | None = None,
    ) -> Change:
        """One thing that is not as it was; silent about Python where nothing is known of it."""
        python = python if self.has_api else SAME
        held: dict[Thing, int] = {item: count for item, count in (holds or {}).items() if count}
        return Change(module, thing, name, how, before, after, wire, json, python, held)

    def deprecation(
        self, module: str, thing: Thing, name: str, was: bool, is_now: bool
    ) -> Iterator[Change]:
        """That something is deprecated now, or no longer, if so."""
        if was != is_now:
            yield self.change(
                module,
                thing,
                name,
                "deprecated" if is_now else "no longer deprecated",
                python=self.api.deprecated(is_now),
            )


def quoted(names: Iterable[str]) -> str:
    """Names as a page has them."""
    return ", ".join(f"`{name}`" for name in names)
