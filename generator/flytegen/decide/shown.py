"""What a class shows of a field, which the overlay may reshape."""

from __future__ import annotations

from dataclasses import dataclass, replace

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from typing_extensions import assert_never

from flytegen.common.problems import Problems
from flytegen.common.proto_fields import Element, ProtoField, Scalar, proto_field, proto_fields
from flytegen.common.unwritable import is_unwritable
from flytegen.common.well_known import Native
from flytegen.overlay.entries import FieldOverlay
from flytegen.overlay.words import DefaultValue
from flytegen.schema import Reshape, Shape, Takes

_FORMS = {
    "content": "That is for a single message with one field.",
    "pairs": "That is for a list of messages with two fields: a scalar, and a scalar or a message.",
    "choice": "That is for a list of messages whose fields are scalars in one oneof.",
}

_OTHERWISE = {
    "message": "That is for a message, or a list of messages.",
    "one": "That is for a list of messages.",
    "zero": "That is for a duration.",
    "false": "That is for a bool in a oneof.",
}


@dataclass(frozen=True)
class Choice:
    """A message that holds one of several scalars, and is shown as that."""

    options: tuple[Scalar, ...]


@dataclass(frozen=True)
class Shown:
    """What a class shows of a field."""

    field: ProtoField
    """What it shows: the field itself, or the one inside of it."""
    path: str
    """Where a message has that."""
    shape: Shape
    key: Scalar | None
    element: Element | Choice
    is_unwritable: bool = False
    """Whether the field cannot be written after a dot."""
    pair: tuple[str, str] | None = None
    """What the messages of a list call the key and the value that they are shown as."""
    reshape: Reshape = ""
    default: DefaultValue = None
    """What a constructor sets when it is told nothing, in the overlay's words."""
    takes: Takes = ""


def shown(
    descriptor: FieldDescriptor, overlay: FieldOverlay, where: str, problems: Problems
) -> tuple[ProtoField, Shown, Shown]:
    """A field, what the overlay shows of it, and what the message has.

    Args:
        descriptor: The field.
        overlay: What the overlay says about it.
        where: The file of the overlay.
        problems: One is that the field has not the form that the overlay shows it in.
    """
    field = proto_field(descriptor)
    inner = proto_fields(descriptor.message_type) if overlay.reshape else []
    # All at once, for who follows how a field is decided goes there but once.
    is_lost, *are_lost = map(is_unwritable, (field, *inner))
    plain = _as_it_is(field, is_lost)
    reshaped = _reshaped(plain, inner, are_lost, overlay.reshape)
    if overlay.raw and not overlay.reshape:
        problems.add(where, f"{descriptor.full_name} has a raw name but no reshape")
    if reshaped is None:
        what = f"{descriptor.full_name} is no {overlay.reshape!r}: it is {field.declaration!r}"
        problems.add(where, what, _FORMS[overlay.reshape])
    found = reshaped or plain
    if overlay.takes or overlay.default is not None:
        found = replace(found, default=overlay.default, takes=overlay.takes)
    if not _can_take(found):
        what = f"{descriptor.full_name} cannot take {overlay.takes!r}: it is {field.declaration!r}"
        problems.add(where, what, _OTHERWISE[overlay.takes])
    return field, found, plain


def _can_take(shown: Shown) -> bool:
    """Whether there is another way to give a field."""
    element, shape = shown.element, shown.shape
    match shown.takes:
        case "":
            return True
        case "message":
            is_message = isinstance(element, (Descriptor, Native))
            return is_message and shape in ("single", "repeated") and not shown.reshape
        case "one":
            return isinstance(element, Descriptor) and shape == "repeated"
        case "zero":
            return isinstance(element, Native) and element.type == "timedelta"
        case "false":
            is_bool = isinstance(element, Scalar) and element.type == "bool"
            return is_bool and bool(shown.field.oneof)
        case _:
            assert_never(shown.takes)


def _as_it_is(field: ProtoField, is_unwritable: bool) -> Shown:
    return Shown(field, field.name, field.shape, field.key, field.element, is_unwritable)


def _reshaped(
    plain: Shown, inner: list[ProtoField], are_lost: list[bool], reshape: Reshape
) -> Shown | None:
    scalars = {item.name: item.element for item in inner if isinstance(item.element, Scalar)}
    is_all = len(scalars) == len(inner) and all(item.shape == "single" for item in inner)
    match reshape:
        case "":
            return plain
        case "content":
            if plain.shape == "single" and len(inner) == 1:
                content = _as_it_is(inner[0], plain.is_unwritable)
                return replace(content, path=f"{plain.path}.{content.path}", reshape=reshape)
        case "pairs":
            return None if any(are_lost) else _as_pairs(plain, inner)
        case "choice":
            oneofs = {item.oneof for item in inner}
            if plain.shape == "repeated" and is_all and len(oneofs) == 1 and "" not in oneofs:
                choice = Choice(tuple(scalars.values()))
                return replace(plain, element=choice, reshape=reshape)
        case _:
            assert_never(reshape)
    return None


def _as_pairs(plain: Shown, inner: list[ProtoField]) -> Shown | None:
    """A list as a mapping; the key is the field with the lower number, whatever it is called."""
    if plain.shape != "repeated" or len(inner) != 2:
        return None
    key, value = sorted(inner, key=lambda item: item.descriptor.number)
    if any(item.shape != "single" or item.oneof for item in inner):
        return None
    if isinstance(key.element, Scalar) and isinstance(value.element, (Scalar, Descriptor)):
        pair = (key.name, value.name)
        return replace(
            plain, shape="pairs", key=key.element, element=value.element, pair=pair, reshape="pairs"
        )
    return None
