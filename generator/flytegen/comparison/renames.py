"""What changed about the name and the place of a message or enum."""

from __future__ import annotations

from collections.abc import Iterator

from flytegen.comparison.changes import Change
from flytegen.comparison.compatibility import Meaning
from flytegen.comparison.context import Context
from flytegen.comparison.facts import EnumFacts, MessageFacts, Thing


def renamed_type(
    context: Context, old: MessageFacts | EnumFacts, new: MessageFacts | EnumFacts, thing: Thing
) -> Iterator[Change]:
    """One that has another name, or lives in another file. Nested ones go with theirs."""
    is_inside = bool(old.parent) and context.judge.renamed(old.parent) == new.parent
    if old.own_name != new.own_name or (old.name != new.name and not is_inside):
        in_any = Meaning("risky", "inside of an `Any`, the old name is not known")
        nothing = Meaning("compatible", "values do not carry its name")
        yield context.change(
            new.file,
            thing,
            new.name,
            "renamed",
            before=old.name,
            after=new.name,
            wire=in_any if thing == "message" else nothing,
            json=in_any if thing == "message" else nothing,
            python=context.api.renamed_class(old.name, new.name),
        )
    elif old.file != new.file and not new.parent:
        yield context.change(
            new.file,
            thing,
            new.name,
            "moved",
            before=old.file,
            after=new.file,
            python=context.api.renamed_class(old.name, new.name),
        )
