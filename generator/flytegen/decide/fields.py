"""How one field becomes a parameter and a property."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from flytegen.common.code import NOTHING, Call, Code, Generic, Name, Text, or_none
from flytegen.common.descriptors import (
    SCALARS,
    declaration,
    enum_of,
    map_entry,
    message_of,
    real_oneof,
    shape_of,
    type_name,
)
from flytegen.common.home import Home
from flytegen.common.names import escape
from flytegen.common.problems import Problems
from flytegen.common.unwritable import is_hidden
from flytegen.decide import docstrings
from flytegen.decide.scope import Scope
from flytegen.decide.values import Value, Values
from flytegen.overlay.entries import FieldOverlay, MessageOverlay
from flytegen.schema import Field, Reshape, Shape

_FORMS = {
    "content": "That is for a single message with one field.",
    "pairs": "That is for a list of messages whose fields are the scalars key and value.",
    "choice": "That is for a list of messages whose fields are scalars in one oneof.",
}


def field_names(field: FieldDescriptor, overlay: MessageOverlay) -> tuple[str, str]:
    """The Python name, and the alias that keeps the proto name where the overlay gives another."""
    escaped = escape(field.name, "attribute")
    said = overlay.fields.get(field.name, FieldOverlay())
    name = said.name or escaped
    return name, escaped if escaped not in (name, said.raw) else ""


class Fields:
    """Decides about fields; knows where every generated class lives."""

    def __init__(self, homes: Mapping[str, Home], problems: Problems) -> None:
        self._homes = homes
        self._problems = problems
        self._values = Values(homes, problems)

    def of(
        self, descriptor: Descriptor, overlay: MessageOverlay, scope: Scope
    ) -> tuple[Field, ...]:
        """The fields as the constructor takes them: positional ones, then the rest by number."""
        rest = sorted(descriptor.fields, key=lambda field: field.number)
        names = dict.fromkeys((*overlay.positional, *(field.name for field in rest)))
        fields: list[Field] = []
        for name in names:
            oneofs = {field.oneof for field in fields}
            fields.append(self._field(descriptor.fields_by_name[name], overlay, scope, oneofs))
        return tuple(fields)

    def _field(
        self, field: FieldDescriptor, message: MessageOverlay, scope: Scope, seen: set[str]
    ) -> Field:
        overlay = message.fields.get(field.name, FieldOverlay())
        name, alias = field_names(field, message)
        reshape = self._reshape(field, overlay, message.where)
        shown = message_of(field).fields[0] if reshape == "content" else field
        shape: Shape = "pairs" if reshape == "pairs" else shape_of(shown)
        value = self._value(shown, reshape, scope)
        oneof = real_oneof(field)
        oneof_name = oneof.name if oneof else ""
        is_required = field.name in message.required
        default = self._default(field, message, scope)

        # A required model reads as the empty one when it is absent, as protobuf itself reads it.
        can_be_none = shape_of(field) == "single" and field.has_presence
        # What must be there, and what has a value of its own while it is not, is never None.
        if field.is_required or (field.has_default_value and not oneof_name):
            can_be_none = False
        is_model = value.kind == "message" or reshape == "content"
        is_optional = can_be_none and (not is_required or bool(oneof_name) or not is_model)
        if overlay.optional is not None and can_be_none:
            is_optional = overlay.optional
        takes_none = is_optional if overlay.nullable is None else overlay.nullable
        is_nullable = takes_none or not is_required

        deprecated = field.GetOptions().deprecated
        built = Field(
            name=name,
            proto_name=field.name,
            number=field.number,
            proto_type=type_name(field),
            kind=value.kind,
            shape=shape,
            type=_collection(shown, value.type, shape, scope),
            parameter_type=or_none(_collection(shown, value.given, shape, scope), is_nullable),
            model=value.model,
            wrap=value.wrap,
            write=value.write,
            is_required=is_required,
            is_nullable=is_nullable,
            is_optional=is_optional,
            is_text=value.is_text,
            oneof=oneof_name,
            is_later_member=bool(oneof_name) and oneof_name in seen,
            is_hidden=is_hidden(field.name) or _is_closed_to_ours(field),
            path=f"{field.name}.{shown.name}" if reshape == "content" else field.name,
            reshape=reshape,
            raw=None,
            default=default,
            has_setter=overlay.setter,
            alias=alias,
            deprecated=docstrings.retired(deprecated, field.full_name),
            doc=docstrings.field_doc(
                overlay.doc,
                declaration(field),
                is_time=type_name(field) == "google.protobuf.Timestamp",
                oneof=oneof_name,
                is_optional=is_optional,
                zero=value.zero if shape == "single" else "empty",
                raw=overlay.raw,
                deprecated=deprecated,
            ),
        )
        return replace(built, raw=self._raw(field, overlay, built, scope))

    def _value(self, field: FieldDescriptor, reshape: Reshape, scope: Scope) -> Value:
        if reshape == "choice":
            return self._values.choice(field, scope)
        if reshape == "pairs" or shape_of(field) == "map":
            return self._values.of(map_entry(field)[1], scope, is_element=True)
        return self._values.of(field, scope, is_element=shape_of(field) == "repeated")

    def _raw(
        self, field: FieldDescriptor, overlay: FieldOverlay, built: Field, scope: Scope
    ) -> Field | None:
        """The field as the message has it, if the overlay names it."""
        if not overlay.raw:
            return None
        value = self._values.of(field, scope, is_element=shape_of(field) == "repeated")
        return replace(
            built,
            name=overlay.raw,
            kind=value.kind,
            shape=shape_of(field),
            type=_collection(field, value.type, shape_of(field), scope),
            model=value.model,
            wrap=value.wrap,
            path=field.name,
            reshape="",
            doc=docstrings.raw_doc(built.name, declaration(field)),
        )

    def _reshape(self, field: FieldDescriptor, overlay: FieldOverlay, where: str) -> Reshape:
        """How the field is reshaped; a problem if it has not the form for it."""
        if not overlay.reshape:
            if overlay.raw:
                self._problems.add(where, f"{field.full_name} has a raw name but no reshape")
            return ""
        inner = list(field.message_type.fields) if field.message_type is not None else []
        is_list = shape_of(field) == "repeated"
        fits = {
            "content": shape_of(field) == "single" and len(inner) == 1,
            "pairs": is_list
            and sorted(item.name for item in inner) == ["key", "value"]
            and all(item.message_type is None for item in inner),
            "choice": is_list
            and len({oneof.name for oneof in map(real_oneof, inner) if oneof}) == 1
            and all(real_oneof(item) and item.message_type is None for item in inner),
        }
        if fits[overlay.reshape]:
            return overlay.reshape
        what = f"{field.full_name} is no {overlay.reshape!r}: it is {declaration(field)!r}"
        self._problems.add(where, what, _FORMS[overlay.reshape])
        return ""

    def _default(self, field: FieldDescriptor, message: MessageOverlay, scope: Scope) -> Code:
        """The default in a signature; nothing where the overlay says nothing."""
        default = message.fields.get(field.name, FieldOverlay()).default
        if default is None:
            return NOTHING
        is_single = shape_of(field) == "single"
        if isinstance(default, Mapping):
            home = self._homes.get(field.message_type.full_name) if field.message_type else None
            if is_single and home is not None:
                arguments = (Text(f"{name}={value!r}") for name, value in default.items())
                return Call(scope.in_default(home), tuple(arguments))
        elif field.enum_type is not None and default in field.enum_type.values_by_name:
            owner = scope.in_default(self._homes[enum_of(field).full_name])
            return owner.member(escape(str(default), "enum_value"))
        elif field.enum_type is None and is_single:
            return Text(repr(default))
        what = (
            f"{field.full_name} cannot have the default {default!r}: it is {declaration(field)!r}"
        )
        self._problems.add(message.where, what)
        return NOTHING


def _is_closed_to_ours(field: FieldDescriptor) -> bool:
    """Whether a field wants an enum of protobuf's own, whose stub takes no members of ours."""
    value = map_entry(field)[1] if shape_of(field) == "map" else field
    return value.enum_type is not None and value.enum_type.file.name.startswith("google/protobuf/")


def _collection(field: FieldDescriptor, element: Code, shape: Shape, scope: Scope) -> Code:
    if shape == "repeated":
        return Generic(Name("collections.abc", "Sequence"), (element,))
    if shape in ("map", "pairs"):
        key = scope.builtin(SCALARS[map_entry(field)[0].type][1])
        return Generic(Name("collections.abc", "Mapping"), (key, element))
    return element
