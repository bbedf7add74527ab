"""How a oneof becomes an accessor of its class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from google.protobuf.descriptor import Descriptor, OneofDescriptor

from flytegen.common.code import NONE, Code, Generic, Name, Text, Union
from flytegen.common.names import escape, snake_case
from flytegen.common.proto_fields import written_oneofs
from flytegen.decide import docstrings
from flytegen.decide.scope import Scope
from flytegen.overlay.entries import MessageOverlay, OneofOverlay
from flytegen.schema import Field, Oneof

# mypy narrows what is left after each case, which takes it the cube of their number: 34 s for a
# oneof with 300 members, and 0.3 s for one with 60. And pyright does not parse a | of 256 types.
_MANY_MEMBERS = 50


@dataclass(frozen=True)
class Accessor:
    """What a class has for a oneof."""

    name: str
    oneof: OneofDescriptor
    doc: str


def accessors(
    descriptor: Descriptor, message: MessageOverlay, words: Mapping[str, str]
) -> tuple[Accessor, ...]:
    """The accessors of a class: for oneofs with a choice, unless the overlay has it otherwise."""

    def found() -> Iterator[Accessor]:
        for oneof in written_oneofs(descriptor):
            overlay = message.oneofs.get(oneof.name, OneofOverlay())
            has_choice = len(oneof.fields) > 1
            if has_choice if overlay.accessor is None else overlay.accessor:
                name = overlay.name or escape(snake_case(oneof.name), "attribute")
                yield Accessor(name, oneof, words.get(oneof.full_name, ""))

    return tuple(found())


def make_oneof(accessor: Accessor, fields: tuple[Field, ...], scope: Scope) -> Oneof:
    """An accessor, over the fields that are members of its oneof."""
    proto_name = accessor.oneof.name
    members = sorted(
        (field for field in fields if field.oneof == proto_name), key=lambda field: field.number
    )
    literal, pair = Name("typing", "Literal"), scope.builtin("tuple")
    tagged = [
        Generic(pair, (Generic(literal, (Text.of(field.name),)), field.type)) for field in members
    ]
    is_unwritable = any(field.is_unwritable for field in members)
    is_large = len(members) > _MANY_MEMBERS

    def union(options: Iterable[Code]) -> Code:
        whole = (*options, NONE)
        return Generic(Name("typing", "Union"), whole) if is_large else Union(whole)

    return Oneof(
        name=accessor.name,
        proto_name=proto_name,
        members=tuple(members),
        is_unwritable=is_unwritable,
        is_untyped=is_unwritable or is_large,
        type=union(dict.fromkeys(field.type for field in members)),
        tagged_type=union(tagged),
        doc=docstrings.oneof_doc(accessor.doc, proto_name),
    )
