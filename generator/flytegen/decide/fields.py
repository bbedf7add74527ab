"""How one field becomes a parameter and a property."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from flytegen.common.code import NOTHING
from flytegen.common.home import Home
from flytegen.common.names import escape
from flytegen.common.problems import Problems
from flytegen.decide import docstrings
from flytegen.decide.scope import Scope
from flytegen.decide.shown import shown
from flytegen.decide.values import Values
from flytegen.overlay.entries import NO_WORDS, EnumOverlay, FieldOverlay, MessageOverlay
from flytegen.read.source import Source
from flytegen.schema import Field


def field_names(name: str, overlay: FieldOverlay) -> tuple[str, str]:
    """The Python name, and the alias that keeps the proto name where the overlay gives another."""
    escaped = escape(name, "attribute")
    chosen = overlay.name or escaped
    return chosen, escaped if escaped not in (chosen, overlay.raw) else ""


class Fields:
    """Decides about fields; knows where every generated class lives."""

    def __init__(
        self,
        homes: Mapping[str, Home],
        source: Source,
        enums: Mapping[str, EnumOverlay],
        words: Mapping[str, str],
        problems: Problems,
    ) -> None:
        self._words = words
        self._problems = problems
        self._values = Values(homes, source, enums, problems)

    def of(
        self, descriptor: Descriptor, overlay: MessageOverlay, scope: Scope
    ) -> tuple[Field, ...]:
        """The fields as the constructor takes them: positional ones, then the rest by number."""
        rest = sorted(descriptor.fields, key=lambda field: field.number)
        names = dict.fromkeys((*overlay.positional, *(field.name for field in rest)))
        fields: list[Field] = []
        oneofs: set[str] = set()
        for name in names:
            fields.append(self._field(descriptor.fields_by_name[name], overlay, scope, oneofs))
            oneofs.add(fields[-1].oneof)
        return tuple(fields)

    def _field(
        self, descriptor: FieldDescriptor, message: MessageOverlay, scope: Scope, seen: set[str]
    ) -> Field:
        overlay = message.fields.get(descriptor.name, NO_WORDS)
        name, alias = field_names(descriptor.name, overlay)
        field, what, plain = shown(descriptor, overlay, message.where, self._problems)
        value = self._values.of(what, scope)
        raw_value = self._values.of(plain, scope) if overlay.raw else value
        if overlay.default is not None and value.default == NOTHING:
            said = f"cannot have the default {overlay.default!r}: it is {field.declaration!r}"
            self._problems.add(message.where, f"{descriptor.full_name} {said}")

        is_required = field.name in message.required
        # A required model reads as the empty one when it is absent, as protobuf itself reads it.
        is_model = value.kind == "message" or what.reshape == "content"
        reads_empty = is_required and not field.oneof and is_model
        is_optional = field.can_be_absent and not reads_empty
        if field.can_be_absent and overlay.optional is not None:
            is_optional = overlay.optional
        takes_none = is_optional if overlay.nullable is None else overlay.nullable
        is_nullable = takes_none or not is_required

        yields = overlay.takes == "false"
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
            is_later_member=bool(field.oneof) and (field.oneof in seen or yields),
            is_unwritable=plain.is_unwritable,
            path=what.path,
            pair=what.pair,
            reshape=what.reshape,
            takes=overlay.takes,
            raw=None,
            default=value.default,
            has_setter=overlay.setter,
            alias=alias,
            deprecated=docstrings.retired(deprecated, descriptor.full_name),
            doc=docstrings.field_doc(
                self._words.get(descriptor.full_name, ""),
                field.declaration,
                zone=value.zone,
                oneof=field.oneof,
                is_optional=is_optional,
                zero=value.zero,
                raw=overlay.raw,
                deprecated=deprecated,
            ),
        )
        if not overlay.raw:
            return built
        raw = replace(
            built,
            name=overlay.raw,
            kind=raw_value.kind,
            shape=plain.shape,
            type=raw_value.type,
            model=raw_value.model,
            wrap=raw_value.wrap,
            path=plain.path,
            pair=None,
            reshape="",
            takes="",
            doc=docstrings.raw_doc(name, field.declaration),
        )
        return replace(built, raw=raw)
