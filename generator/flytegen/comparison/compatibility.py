"""What protobuf makes of old data: bytes and JSON written by the old version, read by the new one.

Only differences of two fields or messages are judged here; whether something came or went is for
``changes`` to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from flytegen.comparison.facts import EnumFacts, Facts, FieldFacts, MessageFacts

Level = Literal["same", "compatible", "risky", "breaking"]
"""How bad it is. ``risky`` is what goes on working, but gives something else for some values."""

LEVELS: tuple[Level, ...] = ("same", "compatible", "risky", "breaking")

Form = Literal["wire", "json"]


@dataclass(frozen=True)
class Meaning:
    """What a change means to somebody."""

    level: Level = "same"
    text: str = ""
    """Why, as a clause without a full stop. Names of code are in backquotes."""


SAME = Meaning()


def worst_of(levels: Iterable[Level]) -> Level:
    """The worst level; ``same`` if there is none."""
    found: Level = "same"
    for level in levels:
        if LEVELS.index(level) > LEVELS.index(found):
            found = level
    return found


def worst(*meanings: Meaning) -> Meaning:
    """The worst level of all, with the texts of those that have something to say."""
    level = worst_of(item.level for item in meanings)
    return Meaning(level, "; ".join(dict.fromkeys(item.text for item in meanings if item.text)))


# ---- Values ------------------------------------------------------------------------------------

_SIGNED_32, _UNSIGNED_32 = (-(2**31), 2**31 - 1), (0, 2**32 - 1)
_SIGNED_64, _UNSIGNED_64 = (-(2**63), 2**63 - 1), (0, 2**64 - 1)

#: The numbers that a kind can hold, smallest and largest.
_RANGES = {
    "bool": (0, 1),
    "enum": _SIGNED_32,
    **dict.fromkeys(("int32", "sint32", "sfixed32"), _SIGNED_32),
    **dict.fromkeys(("uint32", "fixed32"), _UNSIGNED_32),
    **dict.fromkeys(("int64", "sint64", "sfixed64"), _SIGNED_64),
    **dict.fromkeys(("uint64", "fixed64"), _UNSIGNED_64),
}

#: Kinds that read each other's bytes as the same numbers, as far as these fit.
_WIRE_FAMILIES = (
    {"bool", "enum", "int32", "int64", "uint32", "uint64"},
    {"sint32", "sint64"},
    {"fixed32", "sfixed32"},
    {"fixed64", "sfixed64"},
)

#: How bytes tell where a value ends. Of another sort, it is put aside as an unknown field.
_WIRE_TYPES = {
    **dict.fromkeys(_WIRE_FAMILIES[0] | _WIRE_FAMILIES[1], "varint"),
    **dict.fromkeys(("fixed32", "sfixed32", "float"), "32 bits"),
    **dict.fromkeys(("fixed64", "sfixed64", "double"), "64 bits"),
    **dict.fromkeys(("string", "bytes", "message"), "length-delimited"),
    "group": "group",
}

_INTEGERS = frozenset(_RANGES) - {"bool", "enum"}
_LONG_INTEGERS = frozenset(kind for kind in _INTEGERS if kind.endswith("64"))
_FLOATS = frozenset({"float", "double"})


def _fits(old: str, new: str) -> Meaning:
    """Whether all numbers of a kind are numbers of another."""
    (old_low, old_high), (new_low, new_high) = _RANGES[old], _RANGES[new]
    if new_low <= old_low and old_high <= new_high:
        return Meaning("compatible", f"{new} holds every {old}")
    return Meaning("risky", f"numbers that are no {new} come out as others")


def _kind_on_wire(old: str, new: str) -> Meaning:
    """Bytes of one kind, read as another."""
    if any(old in family and new in family for family in _WIRE_FAMILIES):
        return _fits(old, new)
    if (old, new) in (("string", "bytes"), ("message", "bytes")):
        return Meaning("compatible", f"bytes hold any {old}")
    if (old, new) == ("bytes", "string"):
        return Meaning("risky", "bytes that are not UTF-8 are refused")
    if (old, new) == ("bytes", "message"):
        return Meaning("risky", "bytes that are no such message are refused")
    if _WIRE_TYPES[old] != _WIRE_TYPES[new]:
        return Meaning("breaking", "old values are put aside as unknown fields")
    return Meaning("breaking", "old values are read as others, or refused")


def _kind_in_json(old: str, new: str) -> Meaning | None:
    """JSON of one kind, read as another; None if it is refused."""
    if old == new:
        return Meaning("compatible", "both are written alike")
    if {old, new} <= _INTEGERS:
        fits = _fits(old, new)
        return fits if fits.level == "compatible" else Meaning("risky", f"{new} has its limits")
    if {old, new} == _FLOATS:
        narrows = new == "float"
        return Meaning("risky" if narrows else "compatible", "digits are cut" if narrows else "")
    if old in _INTEGERS and new in _FLOATS:
        is_exact = new == "double" and old not in _LONG_INTEGERS
        return Meaning("compatible") if is_exact else Meaning("risky", "digits are cut")
    if old in _FLOATS and new in _INTEGERS:
        return Meaning("risky", "only whole numbers are taken")
    if old in _INTEGERS and new == "enum":
        fits = _fits(old, new)
        quoted = Meaning("risky", "64-bit numbers are written as text")
        return quoted if old in _LONG_INTEGERS else fits
    if (old, new) == ("enum", "string"):
        return Meaning("risky", "names of values are taken, numbers without a name are refused")
    if (old, new) == ("string", "enum"):
        return Meaning("risky", "only names of values are taken")
    if old in _LONG_INTEGERS and new == "string":
        return Meaning("compatible", "64-bit numbers are written as text")
    if old == "string" and new in _INTEGERS | _FLOATS:
        return Meaning("risky", "only text that is a number is taken")
    return None


#: Messages that box a scalar, which JSON writes without the box.
_BOXED = {
    f"google.protobuf.{name}Value": name.lower()
    for name in (
        "Bool", "Bytes", "Double", "Float", "Int32", "Int64", "String", "UInt32", "UInt64",
    )
}  # fmt: skip


def _written_as(field: FieldFacts) -> str:
    return _BOXED.get(field.type_name, field.kind)


# ---- Fields ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Judge:
    """Judges how the new version reads what the old one wrote."""

    old: Facts
    new: Facts
    renames: Mapping[str, str]
    """The new full names of messages and enums that stayed, renamed or not."""

    def is_same_type(self, old: FieldFacts, new: FieldFacts) -> bool:
        """Whether two fields have one type, looking into maps and through renames."""
        old_entry, new_entry = self.old.entry(old), self.new.entry(new)
        if old_entry and new_entry:
            pairs = zip(old_entry.fields.values(), new_entry.fields.values(), strict=True)
            return all(self.is_same_type(*pair) for pair in pairs)
        if old_entry or new_entry:
            return False
        return old.kind == new.kind and self.renamed(old.type_name) == new.type_name

    def renamed(self, name: str) -> str:
        """What an old full name is called now."""
        return self.renames.get(name, name)

    def type_change(self, form: Form, old: FieldFacts, new: FieldFacts) -> Meaning:
        """The element of a field, whatever their number."""
        return self._element(form, old, new, frozenset())

    def label_change(self, form: Form, old: FieldFacts, new: FieldFacts) -> Meaning:
        """From one to many, from many to one, and to and from required."""
        before, after = old.cardinality, new.cardinality
        if before == after:
            return SAME
        if "repeated" not in (before, after):
            if after == "required":
                return Meaning("breaking", "messages without it are refused")
            return Meaning("compatible", "it may be absent")
        if form == "json":
            is_list = before == "repeated"
            was, wanted = ("a list", "one value") if is_list else ("one value", "a list")
            return Meaning("breaking", f"{was} is refused where {wanted} is wanted")
        if after == "repeated":
            return Meaning("compatible", "one value is read as a list of it")
        if old.is_packed:
            return Meaning("breaking", "packed lists are put aside as unknown fields")
        merged = "all are merged" if old.kind in ("message", "group") else "the last one counts"
        return Meaning("risky", f"of many values {merged}")

    def message(self, form: Form, old: str, new: str) -> Meaning:
        """A message read as another."""
        return self._message(form, old, new, frozenset())

    def _element(
        self, form: Form, old: FieldFacts, new: FieldFacts, seen: frozenset[tuple[str, str]]
    ) -> Meaning:
        if self.is_same_type(old, new):
            return SAME
        if form == "json" and (self.old.entry(old) is None) != (self.new.entry(new) is None):
            return Meaning("breaking", "maps are written as objects, everything else is not")
        judged = self._kind(form, old, new)
        if judged.level == "compatible" and self._is_newly_closed(old, new):
            return Meaning("risky", f"numbers that {_last(new.type_name)} has not are put aside")
        if judged != SAME:
            return judged
        if old.kind == "enum":
            return self._enum(form, old.type_name, new.type_name)
        old_entry, new_entry = self.old.entry(old), self.new.entry(new)
        if old_entry and new_entry:
            pairs = zip(old_entry.fields.values(), new_entry.fields.values(), strict=True)
            return worst(*(self._element(form, *pair, seen) for pair in pairs))
        return self._message(form, old.type_name, new.type_name, seen)

    def _is_newly_closed(self, old: FieldFacts, new: FieldFacts) -> bool:
        """Whether numbers become values of an enum that takes only those that it knows."""
        enum = self.new.enums.get(new.type_name)
        return old.kind != "enum" and enum is not None and enum.is_closed

    def _kind(self, form: Form, old: FieldFacts, new: FieldFacts) -> Meaning:
        """What the kinds alone decide; nothing if they are the same."""
        is_boxed = old.type_name in _BOXED or new.type_name in _BOXED
        if form == "json" and (is_boxed or old.kind != new.kind):
            names = [_last(field.type_name) or field.kind for field in (old, new)]
            refused = Meaning("breaking", f"JSON of {names[0]} is refused by {names[1]}")
            return _kind_in_json(_written_as(old), _written_as(new)) or refused
        if old.kind != new.kind:
            return _kind_on_wire(old.kind, new.kind)
        return SAME

    def _message(
        self, form: Form, old_name: str, new_name: str, seen: frozenset[tuple[str, str]]
    ) -> Meaning:
        is_foreign = old_name not in self.old.messages
        if (old_name, new_name) in seen or (is_foreign and old_name == new_name):
            return SAME
        old, new = self.old.messages.get(old_name), self.new.messages.get(new_name)
        if old is None or new is None:
            return Meaning("breaking", f"{new_name} is not known to read {old_name}")
        # What changed inside of one message is told there; but nobody tells of a map's entry.
        if self.renamed(old_name) == new_name and old.is_map_entry == new.is_map_entry:
            return SAME
        seen |= {(old_name, new_name)}
        found = [self._field(form, field, new, seen) for field in old.fields.values()]
        judged = worst(*found)
        if judged.level in ("same", "compatible"):
            return Meaning("compatible", "the new message has all fields of the old one")
        return Meaning(judged.level, f"as {_last(new_name)}: {judged.text}")

    def _field(
        self,
        form: Form,
        field: FieldFacts,
        message: MessageFacts,
        seen: frozenset[tuple[str, str]],
    ) -> Meaning:
        """A field of one message, read by another that may not have it."""
        for other in message.fields.values():
            if form == "wire" and other.number == field.number:
                break
            if form == "json" and field.json_name in (other.json_name, other.name):
                break
        else:
            how = "put aside as unknown" if form == "wire" else "refused"
            return Meaning("breaking", f"`{field.name}` is {how}")
        return worst(self._element(form, field, other, seen), self.label_change(form, field, other))

    def _enum(self, form: Form, old_name: str, new_name: str) -> Meaning:
        if self.renamed(old_name) == new_name:
            return SAME
        old, new = self.old.enums.get(old_name), self.new.enums.get(new_name)
        if old is None or new is None:
            return Meaning("breaking", f"{new_name} is not known to read {old_name}")
        lost = _lost_names(old, new) if form == "json" else _lost_numbers(old, new)
        if not lost:
            return Meaning("compatible", "the new enum has all values of the old one")
        return Meaning("breaking" if form == "json" else "risky", f"it has not {', '.join(lost)}")


def _lost_names(old: EnumFacts, new: EnumFacts) -> list[str]:
    return [f"`{name}`" for name in old.values if name not in new.values]


def _lost_numbers(old: EnumFacts, new: EnumFacts) -> list[str]:
    """The numbers that have no name, or that have another one and so mean something else."""
    names: dict[int, set[str]] = {}
    for value in new.values.values():
        names.setdefault(value.number, set()).add(value.name)
    return [
        f"`{value.name} = {value.number}`"
        for value in old.values.values()
        if value.name not in names.get(value.number, ())
    ]


def _last(name: str) -> str:
    return name.rpartition(".")[2]
