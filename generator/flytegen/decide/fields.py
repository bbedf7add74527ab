"""How one field becomes a parameter and a property."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from typing_extensions import assert_never

from flytegen.common.code import NOTHING, Call, Code, Text
from flytegen.common.home import Home
from flytegen.common.names import escape
from flytegen.common.problems import Problems
from flytegen.common.proto_fields import ProtoField, Scalar, proto_field
from flytegen.common.unwritable import is_unwritable
from flytegen.common.well_known import Native, Wrapper
from flytegen.decide import docstrings
from flytegen.decide.scope import Scope
from flytegen.decide.shown import as_it_is, shown
from flytegen.decide.values import Values
from flytegen.overlay.entries import FieldOverlay, MessageOverlay
from flytegen.schema import Field


def field_names(name: str, overlay: FieldOverlay) -> tuple[str, str]:
    """The Python name, and the alias that keeps the proto name where the overlay gives another."""
    escaped = escape(name, "attribute")
    chosen = overlay.name or escaped
    return chosen, escaped if escaped not in (chosen, overlay.raw) else ""


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
        self, descriptor: FieldDescriptor, message: MessageOverlay, scope: Scope, seen: set[str]
    ) -> Field:
        overlay = message.fields.get(descriptor.name, FieldOverlay())
        name, alias = field_names(descriptor.name, overlay)
        field = proto_field(descriptor)
        what = shown(field, overlay, message.where, self._problems)
        value = self._values.of(what, scope)

        is_required = field.name in message.required
        # A required model reads as the empty one when it is absent, as protobuf itself reads it.
        is_model = value.kind == "message" or what.reshape == "content"
        reads_empty = is_required and not field.oneof and is_model
        is_optional = field.can_be_absent and not reads_empty
        if field.can_be_absent and overlay.optional is not None:
            is_optional = overlay.optional
        takes_none = is_optional if overlay.nullable is None else overlay.nullable
        is_nullable = takes_none or not is_required

        deprecated = descriptor.GetOptions().deprecated
        built = Field(
            name=name,
            proto_name=field.name,
            number=descriptor.number,
            proto_type=field.type,
            kind=value.kind,
            shape=what.shape,
            type=value.type,
            given=value.given,
            model=value.model,
            wrap=value.wrap,
            write=value.write,
            check=value.check,
            is_required=is_required,
            is_nullable=is_nullable,
            is_optional=is_optional,
            is_text=value.is_text,
            oneof=field.oneof,
            is_later_member=bool(field.oneof) and field.oneof in seen,
            is_unwritable=is_unwritable(field),
            path=what.path,
            reshape=what.reshape,
            raw=None,
            default=NOTHING if overlay.default is None else self._default(field, message, scope),
            has_setter=overlay.setter,
            alias=alias,
            deprecated=docstrings.retired(deprecated, descriptor.full_name),
            doc=docstrings.field_doc(
                overlay.doc,
                field.declaration,
                zone=value.zone,
                oneof=field.oneof,
                is_optional=is_optional,
                zero=value.zero,
                raw=overlay.raw,
                deprecated=deprecated,
            ),
        )
        return replace(built, raw=self._raw(built, field, overlay, scope)) if overlay.raw else built

    def _raw(self, built: Field, field: ProtoField, overlay: FieldOverlay, scope: Scope) -> Field:
        """The field as the message has it, under the name that the overlay gives it."""
        what = as_it_is(field)
        value = self._values.of(what, scope)
        return replace(
            built,
            name=overlay.raw,
            kind=value.kind,
            shape=what.shape,
            type=value.type,
            model=value.model,
            wrap=value.wrap,
            path=what.path,
            reshape="",
            doc=docstrings.raw_doc(built.name, field.declaration),
        )

    def _default(self, field: ProtoField, message: MessageOverlay, scope: Scope) -> Code:
        """The default in a signature; nothing, and a problem, if it does not suit."""
        default = message.fields[field.name].default
        element = field.element
        if field.shape == "single":
            match element:
                case EnumDescriptor():
                    if isinstance(default, str) and default in element.values_by_name:
                        owner = scope.in_default(self._homes[element.full_name])
                        return owner.member(escape(default, "enum_value"))
                case Descriptor():
                    home = self._homes.get(element.full_name)
                    if isinstance(default, Mapping) and home is not None:
                        arguments = (Text(f"{name}={value!r}") for name, value in default.items())
                        return Call(scope.in_default(home), tuple(arguments))
                case Scalar() | Native() | Wrapper():
                    if not isinstance(default, Mapping):
                        return Text(repr(default))
                case _:
                    assert_never(element)
        name = field.descriptor.full_name
        what = f"{name} cannot have the default {default!r}: it is {field.declaration!r}"
        self._problems.add(message.where, what)
        return NOTHING
