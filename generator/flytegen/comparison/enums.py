"""What changed about enums and their values."""

from __future__ import annotations

from collections.abc import Iterator

from flytegen.comparison.changes import Change
from flytegen.comparison.compatibility import SAME, Meaning
from flytegen.comparison.context import Context, quoted
from flytegen.comparison.facts import EnumFacts, ValueFacts
from flytegen.comparison.pairs import match_numbered, outermost
from flytegen.comparison.renames import renamed_type


def enum_changes(context: Context) -> Iterator[Change]:
    """What changed about enums, whole ones and parts of those that both have."""
    for item in outermost(context.old.enums.values(), context.lost):
        yield context.change(
            item.file,
            "enum",
            item.name,
            "removed",
            python=context.api.removed_class(item.name),
            holds={"value": len(item.values)},
        )
    for item in outermost(context.new.enums.values(), context.found):
        yield context.change(
            item.file,
            "enum",
            item.name,
            "added",
            python=context.api.added_class(item.name),
            holds={"value": len(item.values)},
        )
    for old, new in context.pairs.enums:
        yield from _enum(context, old, new)


def _enum(context: Context, old: EnumFacts, new: EnumFacts) -> Iterator[Change]:
    yield from renamed_type(context, old, new, "enum")
    yield from context.deprecation(new.file, "enum", new.name, old.deprecated, new.deprecated)
    if old.is_closed != new.is_closed:
        if new.is_closed:
            meaning = Meaning("risky", "numbers that it does not know are put aside")
        else:
            meaning = Meaning("compatible", "it also takes numbers that it does not know")
        words = ("closed", "open")
        before, after = words if old.is_closed else reversed(words)
        yield context.change(
            new.file,
            "enum",
            new.name,
            "opened or closed",
            before=before,
            after=after,
            wire=meaning,
            json=meaning,
        )
    matched = match_numbered(old.values, new.values)
    for value in matched.gone:
        yield _removed_value(context, old, new, value)
    for value in matched.come:
        yield _added_value(context, old, new, value)
    for before_value, after_value in matched.pairs:
        yield from _value(context, old, new, before_value, after_value)


def _removed_value(context: Context, old: EnumFacts, new: EnumFacts, value: ValueFacts) -> Change:
    heirs = [item.name for item in new.values.values() if item.number == value.number]
    if heirs:
        wire = Meaning("compatible", f"it reads as {quoted(heirs)}")
    elif new.is_closed:
        wire = Meaning("risky", "it is put aside as an unknown field")
    else:
        told = "it reads as a number without a name"
        if not any(value.number in item for item in new.reserved):
            told += f"; number {value.number} is not reserved"
        wire = Meaning("compatible", told)
    name = f"{old.name}.{value.name}"
    return context.change(
        new.file,
        "value",
        name,
        "removed",
        before=str(value.number),
        wire=wire,
        json=Meaning("breaking", f'`"{value.name}"` is refused'),
        python=context.api.value(name, ""),
    )


def _added_value(context: Context, old: EnumFacts, new: EnumFacts, value: ValueFacts) -> Change:
    name = f"{new.name}.{value.name}"
    owners = [item.name for item in old.values.values() if item.number == value.number]
    is_alias = any(
        item.number == value.number and name in owners for name, item in new.values.items()
    )
    wire = SAME
    if any(value.number in item for item in old.reserved):
        wire = Meaning("risky", f"number {value.number} was reserved")
    if owners and not is_alias:
        wire = Meaning("breaking", f"its number was {quoted(owners)}'s, and reads as this now")
    return context.change(
        new.file,
        "value",
        name,
        "added",
        after=str(value.number),
        wire=wire,
        python=context.api.value("", name),
    )


def _value(
    context: Context, old: EnumFacts, new: EnumFacts, before: ValueFacts, after: ValueFacts
) -> Iterator[Change]:
    old_name, new_name = f"{old.name}.{before.name}", f"{new.name}.{after.name}"
    if before.name != after.name:
        yield context.change(
            new.file,
            "value",
            new_name,
            "renamed",
            before=before.name,
            after=after.name,
            json=Meaning("breaking", f'`"{before.name}"` is refused'),
            python=context.api.value(old_name, new_name),
        )
    if before.number != after.number:
        heirs = [item.name for item in new.values.values() if item.number == before.number]
        told = f"old values read as {quoted(heirs) if heirs else 'a number without a name'}"
        yield context.change(
            new.file,
            "value",
            new_name,
            "renumbered",
            before=str(before.number),
            after=str(after.number),
            wire=Meaning("breaking", told),
            python=context.api.silent(),
        )
    yield from context.deprecation(new.file, "value", new_name, before.deprecated, after.deprecated)
