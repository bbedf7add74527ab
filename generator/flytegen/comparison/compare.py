"""Compare two versions of a package: two sets of facts go in, and plain data comes out."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import get_args

from flytegen.comparison.api import Api
from flytegen.comparison.changes import Change, Changes, Total
from flytegen.comparison.compatibility import LEVELS
from flytegen.comparison.context import Context
from flytegen.comparison.enums import enum_changes
from flytegen.comparison.facts import Facts, Thing
from flytegen.comparison.messages import message_changes, module_changes
from flytegen.comparison.services import service_changes


def compare(old: Facts, new: Facts, apis: tuple[Api, Api] | None = None) -> Changes:
    """Find out what changed.

    Args:
        old: What the old version says.
        new: What the new version says.
        apis: The Python names of both; without them, nothing is said about Python.
    """
    context = Context(old, new, apis)
    found = chain(
        module_changes(context),
        message_changes(context),
        enum_changes(context),
        service_changes(context),
    )
    changes = sorted(found, key=lambda item: (-LEVELS.index(item.level), item.module))
    return Changes(tuple(changes), _totals(old, new, changes))


def _totals(old: Facts, new: Facts, changes: Iterable[Change]) -> tuple[Total, ...]:
    came: dict[str, dict[Thing, int]] = {"added": {}, "removed": {}}
    for change in changes:
        if change.how in came:
            counts = came[change.how]
            counts[change.thing] = counts.get(change.thing, 0) + 1
            for thing, count in change.holds.items():
                counts[thing] = counts.get(thing, 0) + count
    before, after = old.count(), new.count()
    things: tuple[Thing, ...] = get_args(Thing)
    return tuple(
        Total(
            thing,
            before[thing],
            came["added"].get(thing, 0),
            came["removed"].get(thing, 0),
            after[thing],
        )
        for thing in things
    )
