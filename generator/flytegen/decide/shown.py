"""What a class shows of a field, which the overlay may reshape."""

from __future__ import annotations

from dataclasses import dataclass, replace

from typing_extensions import assert_never

from flytegen.common.problems import Problems
from flytegen.common.proto_fields import Element, ProtoField, Scalar, proto_field
from flytegen.overlay.entries import FieldOverlay
from flytegen.schema import Reshape, Shape

_FORMS = {
    "content": "That is for a single message with one field.",
    "pairs": "That is for a list of messages whose fields are the scalars key and value.",
    "choice": "That is for a list of messages whose fields are scalars in one oneof.",
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
    reshape: Reshape = ""


def as_it_is(field: ProtoField) -> Shown:
    """A field as the message has it."""
    return Shown(field, field.name, field.shape, field.key, field.element)


def shown(field: ProtoField, overlay: FieldOverlay, where: str, problems: Problems) -> Shown:
    """A field as the overlay has it; a problem if it has not the form for that."""
    plain = as_it_is(field)
    if not overlay.reshape:
        if overlay.raw:
            what = f"{field.descriptor.full_name} has a raw name but no reshape"
            problems.add(where, what)
        return plain
    reshaped = _reshaped(plain, overlay.reshape)
    if reshaped is None:
        what = (
            f"{field.descriptor.full_name} is no {overlay.reshape!r}: it is {field.declaration!r}"
        )
        problems.add(where, what, _FORMS[overlay.reshape])
        return plain
    return replace(reshaped, reshape=overlay.reshape)


def _reshaped(plain: Shown, reshape: Reshape) -> Shown | None:
    message = plain.field.descriptor.message_type
    inner = [proto_field(item) for item in message.fields] if message is not None else []
    scalars = {item.name: item.element for item in inner if isinstance(item.element, Scalar)}
    is_all = len(scalars) == len(inner) and all(item.shape == "single" for item in inner)
    match reshape:
        case "":
            return plain
        case "content":
            if plain.shape == "single" and len(inner) == 1:
                content = as_it_is(inner[0])
                return replace(content, path=f"{plain.path}.{content.path}")
        case "pairs":
            if plain.shape == "repeated" and is_all and scalars.keys() == {"key", "value"}:
                key, value = scalars["key"], scalars["value"]
                return replace(plain, shape="pairs", key=key, element=value)
        case "choice":
            oneofs = {item.oneof for item in inner}
            if plain.shape == "repeated" and is_all and len(oneofs) == 1 and "" not in oneofs:
                return replace(plain, element=Choice(tuple(scalars.values())))
        case _:
            assert_never(reshape)
    return None
