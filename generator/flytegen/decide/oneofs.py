"""How a oneof becomes an accessor of its class."""

from __future__ import annotations

from collections.abc import Iterable

from google.protobuf.descriptor import OneofDescriptor

from flytegen.common.code import NONE, Code, Generic, Name, Text, Union
from flytegen.common.descriptors import is_synthetic
from flytegen.common.names import escape, snake_case
from flytegen.decide import docstrings
from flytegen.decide.scope import Scope
from flytegen.overlay.entries import MessageOverlay, OneofOverlay
from flytegen.schema import Field, Oneof

# mypy narrows what is left after each case, which takes it the cube of their number: 34 s for a
# oneof with 300 members, and 0.3 s for one with 60. And pyright does not parse a | of 256 types.
_MANY_MEMBERS = 50


def has_accessor(oneof: OneofDescriptor, message: MessageOverlay) -> bool:
    """Whether a class gets an accessor for a oneof."""
    if is_synthetic(oneof):
        return False
    wanted = _overlay(oneof, message).accessor
    return len(oneof.fields) > 1 if wanted is None else wanted


def oneof_name(oneof: OneofDescriptor, message: MessageOverlay) -> str:
    """The name of the accessor."""
    return _overlay(oneof, message).name or escape(snake_case(oneof.name), "attribute")


def make_oneof(
    oneof: OneofDescriptor, message: MessageOverlay, fields: tuple[Field, ...], scope: Scope
) -> Oneof:
    """The accessor of a oneof, over the fields that are its members."""
    members = sorted(
        (field for field in fields if field.oneof == oneof.name), key=lambda field: field.number
    )
    literal, pair = Name("typing", "Literal"), scope.builtin("tuple")
    tagged = [
        Generic(pair, (Generic(literal, (Text(f'"{field.name}"'),)), field.type))
        for field in members
    ]
    is_hidden = any(field.is_hidden for field in members)
    is_large = len(members) > _MANY_MEMBERS

    def union(options: Iterable[Code]) -> Code:
        whole = (*options, NONE)
        return Generic(Name("typing", "Union"), whole) if is_large else Union(whole)

    return Oneof(
        name=oneof_name(oneof, message),
        proto_name=oneof.name,
        members=tuple(members),
        is_hidden=is_hidden,
        is_untyped=is_hidden or is_large,
        type=union(dict.fromkeys(field.type for field in members)),
        tagged_type=union(tagged),
        doc=docstrings.oneof_doc(_overlay(oneof, message).doc, oneof.name),
    )


def _overlay(oneof: OneofDescriptor, message: MessageOverlay) -> OneofOverlay:
    return message.oneofs.get(oneof.name, OneofOverlay())
