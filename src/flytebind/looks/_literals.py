"""Literals in words, as far as a line has room."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from flytebind.models.core.literals import Literal
from flytebind.values._brief import brief


def worded(literal: Literal, longest: int = 400) -> str:
    """A literal in one line: collections with what is in them, as far as there is room.

    Args:
        literal: The literal; nothing is fetched for it.
        longest: How long the line may get, about.
    """
    match literal.which_value:
        case "collection", collection:
            items = (worded(item, longest) for item in collection.literals)
            return f"[{_listed(items, len(collection.literals), longest)}]"
        case "map", found:
            pairs = (
                f"{name!r}: {worded(found.literals[name], longest)}"
                for name in sorted(found.literals)
            )
            return f"{{{_listed(pairs, len(found.literals), longest)}}}"
        case "scalar", scalar if scalar._pb.HasField("generic"):
            made = json.dumps(scalar.generic, ensure_ascii=False)
            return made if len(made) <= longest else f"{made[: longest - 1]}…"
        case _:
            return brief(literal, longest)


def _listed(items: Iterable[str], count: int, longest: int) -> str:
    return ", ".join(_fitting(items, count, longest))


def _fitting(items: Iterable[str], count: int, longest: int) -> Iterator[str]:
    used = 0
    for index, item in enumerate(items):
        used += len(item) + 2
        if used > longest:
            yield f"… {count - index:,} more"
            return
        yield item
