"""How one value is annotated, read and written: the part of a field that its type decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf.descriptor import FieldDescriptor

from flytegen.common.code import NOTHING, Code, Name, Union
from flytegen.common.descriptors import SCALARS, enum_of, message_of
from flytegen.common.home import Home
from flytegen.common.names import escape
from flytegen.common.problems import Problems
from flytegen.common.well_known import BUILT_IN, NATIVES, WRAPPERS, Native
from flytegen.decide.scope import Scope
from flytegen.schema import Kind

_CONVERT = "flytebind.runtime.convert"


@dataclass(frozen=True)
class Value:
    """A field's value, or one element of it."""

    kind: Kind
    type: Code
    """The annotation of what a property gives."""
    given: Code
    """The annotation of what a constructor takes."""
    wrap: Code
    """What turns protobuf's value into ours; nothing where nothing needs turning."""
    write: Code
    """What stores a native value; nothing for other kinds."""
    zero: str
    """What an unset value reads as where protobuf does not know that it is unset."""
    is_text: bool = False
    model: Code = NOTHING
    """The class of a message, in the body of a method."""


class Values:
    """Finds out about values; knows where every generated class lives."""

    def __init__(self, homes: Mapping[str, Home], problems: Problems) -> None:
        self._homes = homes
        self._problems = problems

    def of(self, field: FieldDescriptor, scope: Scope, *, is_element: bool = False) -> Value:
        """The value of a field, or the element of a repeated one or of a map."""
        if field.enum_type is not None:
            return self._enum(field, scope)
        if field.message_type is None:
            return self._scalar(field, scope)
        full_name = message_of(field).full_name
        if full_name in NATIVES:
            return self._native(NATIVES[full_name])
        if full_name in WRAPPERS:
            type_ = scope.builtin(WRAPPERS[full_name])
            kind: Kind = "bool_wrapper" if WRAPPERS[full_name] == "bool" else "wrapper"
            # A single one is opened on the spot.
            wrap = Name(_CONVERT, "read_wrapper") if is_element else NOTHING
            return Value(kind, type_, type_, wrap, NOTHING, "the default")
        return self._message(field, scope)

    def choice(self, field: FieldDescriptor, scope: Scope) -> Value:
        """The element of a repeated message that holds one of several scalars."""
        members = message_of(field).fields
        types = dict.fromkeys(self._scalar(item, scope).type for item in members)
        type_ = Union(tuple(types))
        read, write = (Name(_CONVERT, f"{verb}_choice") for verb in ("read", "write"))
        is_text = any(item.type == FieldDescriptor.TYPE_STRING for item in members)
        return Value("native", type_, type_, read, write, "empty", is_text)

    def _scalar(self, field: FieldDescriptor, scope: Scope) -> Value:
        type_ = scope.builtin(SCALARS[field.type][1])
        kind: Kind = "bool" if field.type == FieldDescriptor.TYPE_BOOL else "scalar"
        is_text = field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES)
        zero = "empty" if is_text else "False" if kind == "bool" else "0"
        if field.has_default_value:
            zero = f"``{field.default_value!r}``"
        return Value(kind, type_, type_, NOTHING, NOTHING, zero, is_text)

    def _enum(self, field: FieldDescriptor, scope: Scope) -> Value:
        home = self._home(field, enum_of(field).full_name)
        type_ = scope.of_class(home)
        values = enum_of(field).values
        named = [value.name for value in values if value.number == field.default_value]
        zero = f"``{escape((named or [values[0].name])[0], 'enum_value')}``"
        wrap = scope.in_body(home).member("from_number")
        return Value("enum", type_, type_, wrap, NOTHING, zero)

    def _native(self, native: Native) -> Value:
        type_ = Name(native.module, native.type)
        given = Name(native.module, native.given) if native.given else type_
        read, write = (Name(_CONVERT, f"{verb}_{native.function}") for verb in ("read", "write"))
        return Value("native", type_, given, read, write, "the default")

    def _message(self, field: FieldDescriptor, scope: Scope) -> Value:
        full_name = message_of(field).full_name
        if full_name in BUILT_IN:
            type_ = body = BUILT_IN[full_name]
        else:
            home = self._home(field, full_name)
            type_, body = scope.of_class(home), scope.in_body(home)
        wrap = body.member("_wrap")
        return Value("message", type_, type_, wrap, NOTHING, "empty", model=body)

    def _home(self, field: FieldDescriptor, full_name: str) -> Home:
        home = self._homes.get(full_name)
        if home is None:
            hint = "Only messages of the package and protobuf's well-known types can be used."
            what = f"refers to {full_name}, which is not part of the package"
            self._problems.add(field.full_name, what, hint)
            return Home("", full_name)
        return home
