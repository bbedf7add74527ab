"""What changed about the fields of a message."""

from __future__ import annotations

from collections.abc import Iterator

from flytegen.comparison.changes import Change, How
from flytegen.comparison.compatibility import SAME, Meaning, worst
from flytegen.comparison.context import Context, quoted
from flytegen.comparison.facts import Facts, FieldFacts, MessageFacts
from flytegen.comparison.pairs import match_numbered, renamed_oneofs


def field_changes(context: Context, old: MessageFacts, new: MessageFacts) -> Iterator[Change]:
    """What changed about the fields of a message that both have."""
    matched = match_numbered(old.fields, new.fields)
    for field in matched.gone:
        yield _removed_field(context, old, new, field)
    for field in matched.come:
        yield _added_field(context, old, new, field)
    for before, after in matched.pairs:
        yield from _field(context, old, new, before, after)


def _removed_field(
    context: Context, old: MessageFacts, new: MessageFacts, field: FieldFacts
) -> Change:
    kept = "old values are kept as unknown fields"
    if not _is_reserved(field.number, new):
        kept += f"; number {field.number} is not reserved"
    return context.change(
        new.file,
        "field",
        f"{old.name}.{field.name}",
        "removed",
        before=_numbered(context.old.declaration(field), field),
        wire=Meaning("compatible", kept),
        json=Meaning("breaking", f"`{field.json_name}` is refused"),
        python=context.api.removed_field(f"{old.name}.{field.name}"),
    )


def _added_field(
    context: Context, old: MessageFacts, new: MessageFacts, field: FieldFacts
) -> Change:
    owners = [item for item in old.fields.values() if item.number == field.number]
    if field.cardinality == "required":
        wire = json = Meaning("breaking", "messages without it are refused")
    else:
        wire = json = Meaning("compatible", "it reads as unset")
    if owners:
        told = f"its number was `{owners[0].name}`'s, whose old values it reads as its own"
        wire = Meaning("breaking", told)
    elif _is_reserved(field.number, old):
        wire = worst(wire, Meaning("risky", f"number {field.number} was reserved"))
    return context.change(
        new.file,
        "field",
        f"{new.name}.{field.name}",
        "added",
        after=_numbered(context.new.declaration(field), field),
        wire=wire,
        json=json,
        python=context.api.added_field(f"{new.name}.{field.name}"),
    )


def _field(
    context: Context, old: MessageFacts, new: MessageFacts, before: FieldFacts, after: FieldFacts
) -> Iterator[Change]:
    old_name, new_name = f"{old.name}.{before.name}", f"{new.name}.{after.name}"
    type_names = (_held(context.old, before), _held(context.new, after))
    # The annotation changes once, however many reasons there are for it.
    retyped = [context.api.retyped_field(old_name, new_name, type_names)]

    if before.name != after.name:
        yield context.change(
            new.file,
            "field",
            new_name,
            "renamed",
            before=before.name,
            after=after.name,
            json=_json_rename(before, after),
            python=context.api.renamed_field(old_name, new_name),
        )
    elif before.json_name != after.json_name:
        yield context.change(
            new.file,
            "field",
            new_name,
            "JSON name changed",
            before=before.json_name,
            after=after.json_name,
            json=_json_rename(before, after),
        )
    if before.number != after.number:
        yield context.change(
            new.file,
            "field",
            new_name,
            "renumbered",
            before=str(before.number),
            after=str(after.number),
            wire=_renumbered(new, before),
            python=context.api.silent(),
        )
    for how, wire, json in _shape_changes(context, old, new, before, after):
        shown = _shown(context, how, before, after)
        yield context.change(
            new.file,
            "field",
            new_name,
            how,
            before=shown[0],
            after=shown[1],
            wire=wire,
            json=json,
            python=retyped.pop() if retyped else SAME,
        )
    if before.default != after.default:
        other = Meaning("risky", "unset reads as another value")
        yield context.change(
            new.file,
            "field",
            new_name,
            "default changed",
            before=before.default,
            after=after.default,
            wire=other,
            json=other,
            python=context.api.silent(),
        )
    moved = context.api.moved_parameter(old_name, new_name)
    if moved != SAME and context.has_api:
        yield context.change(new.file, "field", new_name, "changed in Python", python=moved)
    yield from context.deprecation(new.file, "field", new_name, before.deprecated, after.deprecated)


def _shape_changes(
    context: Context, old: MessageFacts, new: MessageFacts, before: FieldFacts, after: FieldFacts
) -> Iterator[tuple[How, Meaning, Meaning]]:
    """What is not as it was about the form of a field, on the wire and in JSON."""
    judge = context.judge
    is_retyped = not judge.is_same_type(before, after)
    if is_retyped:
        wire, json = (judge.type_change(form, before, after) for form in ("wire", "json"))
        yield "retyped", wire, json
    is_relabelled = before.cardinality != after.cardinality
    if is_relabelled:
        wire, json = (judge.label_change(form, before, after) for form in ("wire", "json"))
        yield "label changed", wire, json
    if before.oneof != after.oneof:
        yield from _oneof_change(context, old, new, before, after)
    elif before.has_presence != after.has_presence and not is_retyped and not is_relabelled:
        if after.has_presence:
            meaning = Meaning("compatible", "zeros that were not written read as unset")
        else:
            meaning = Meaning("risky", "unset reads as zero")
        yield "presence changed", meaning, meaning


def _oneof_change(
    context: Context, old: MessageFacts, new: MessageFacts, before: FieldFacts, after: FieldFacts
) -> Iterator[tuple[How, Meaning, Meaning]]:
    """A field that is a member of another oneof, or of one at all."""
    names = {field.name: field.oneof for field in old.fields.values()}
    if after.oneof and renamed_oneofs(old, new).get(before.oneof) == after.oneof:
        return
    others = [
        field.name
        for field in new.fields.values()
        if field.oneof == after.oneof
        and field.name not in (after.name, before.name)
        and field.name in names
        and (not names[field.name] or names[field.name] != before.oneof)
    ]
    if not after.oneof:
        kept = Meaning("compatible", "set or not, it reads as before")
        yield "moved out of a oneof", kept, kept
        return
    how: How = "moved to another oneof" if before.oneof else "moved into a oneof"
    if others:
        with_others = f"together with {quoted(others)}"
        yield (
            how,
            Meaning("risky", f"of values set {with_others}, only the last is kept"),
            Meaning("risky", f"values set {with_others} are refused"),
        )
    else:
        alone = Meaning("compatible", "nothing that was there before excludes it")
        yield how, alone, alone


def _shown(context: Context, how: How, before: FieldFacts, after: FieldFacts) -> tuple[str, str]:
    """What a .proto says before and after, as far as it is about this change."""
    if "oneof" in how:
        return before.oneof, after.oneof
    if how == "presence changed":
        known = ("not known when unset", "known when unset")
        return known[before.has_presence], known[after.has_presence]
    return context.old.declaration(before), context.new.declaration(after)


def _held(facts: Facts, field: FieldFacts) -> str:
    """The full name of what a field, or the value of a map, holds; empty for scalars."""
    entry = facts.entry(field)
    return list(entry.fields.values())[-1].type_name if entry else field.type_name


def _json_rename(before: FieldFacts, after: FieldFacts) -> Meaning:
    """Readers of JSON take a field's JSON name and its own."""
    if before.json_name in (after.json_name, after.name):
        return SAME
    return Meaning("breaking", f"`{before.json_name}` is refused")


def _renumbered(message: MessageFacts, before: FieldFacts) -> Meaning:
    told = "old values are put aside as unknown fields"
    for field in message.fields.values():
        if field.number == before.number:
            told = f"old values are read as those of `{field.name}`"
    return Meaning("breaking", told)


def _is_reserved(number: int, message: MessageFacts) -> bool:
    return any(number in numbers for numbers in message.reserved)


def _numbered(declaration: str, field: FieldFacts) -> str:
    return f"{declaration} {field.name} = {field.number}"
