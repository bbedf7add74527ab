"""Strategies that make descriptor sets: whatever protobuf allows, under awkward names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from google.protobuf import (
    any_pb2,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from hypothesis import strategies as st

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]

_F = FieldDescriptorProto

#: What a name may collide with: Python, the models, generated code, protobuf, and one another.
_WORDS = """
    a b c A B C x X foo Foo foo_ _foo __foo Foo_Bar FooBar foo_bar fooBar FOO_BAR foo__bar f1 F_1
    None True False class def import from async await match type lambda is not yield self cls pb
    property str int bool float bytes list dict map tuple object set id hash super locals globals
    isinstance len Exception builtins typing datetime Literal Sequence Mapping Self TYPE_CHECKING
    TypeAlias Iterator OpenEnum Model Message Any Timestamp Struct Value Union Optional model_for
    is_empty to_pb from_pb to_dict from_dict to_bytes from_bytes replace which which_kind kind new
    _pb _pb2 _this _pb_type _renamed _wrap _item _key _pair _error _new __init__ __class__ found
    __match_args__ __replace__ name value values mro key keys items update pop _missing_ _value_
    timeout metadata wait_for_ready request requests context close channel add_to_server exit
    KeyEntry ValueEntry MapEntry Client Servicer AsyncClient annotations flytebind acme models
    __dict__ __module__ __doc__
"""
NAMES = _WORDS.split()
#: Those that no message class of protobuf's can do without; seldom, since nothing comes of them.
_FATAL = "DESCRIPTOR CopyFrom HasField SerializeToString ListFields Extensions Clear __slots__"
_FATAL_NAMES = _FATAL.split()

_PACKAGES = ("", "acme", "acme.v1", "acme.class", "acme.Foo", "foo", "None.self", "google.acme")
_PATHS = """
    acme/x acme/x/y acme/v1/x x acme/class None acme acme/my-file acme/my_file acme/a.b acme/X
    acme/import/x acme/__init__ acme/typing acme/_index acme/Foo 1/2 flytebind/x
"""
_FILES = [f"{path}.proto" for path in _PATHS.split()]

_WELL_KNOWN = {
    f".google.protobuf.{name}": module.DESCRIPTOR.name
    for module, names in (
        (timestamp_pb2, ["Timestamp"]),
        (duration_pb2, ["Duration"]),
        (struct_pb2, ["Struct", "Value", "ListValue", "NullValue"]),
        (any_pb2, ["Any"]),
        (empty_pb2, ["Empty"]),
        (field_mask_pb2, ["FieldMask"]),
        (wrappers_pb2, ["StringValue", "BoolValue", "Int64Value", "DoubleValue", "BytesValue"]),
    )
    for name in names
}
_SCALARS = [
    number
    for number in _F.Type.values()
    if number not in (_F.TYPE_MESSAGE, _F.TYPE_GROUP, _F.TYPE_ENUM)
]
_KEYS = [
    number for number in _SCALARS if number not in (_F.TYPE_FLOAT, _F.TYPE_DOUBLE, _F.TYPE_BYTES)
]
_DEFAULTS = {
    _F.TYPE_STRING: ["", 'it\'s "quoted"', "back\\slash", "line\nbreak", "\u202e", '"""', "``"],
    _F.TYPE_BYTES: ["", "\\001\\377", "abc"],
    _F.TYPE_BOOL: ["true", "false"],
    _F.TYPE_FLOAT: ["1.5", "inf", "nan", "-inf"],
    _F.TYPE_DOUBLE: ["1e+300", "inf", "nan"],
    _F.TYPE_INT64: ["-9223372036854775808"],
}


@st.composite
def descriptor_sets(draw: Draw) -> FileDescriptorSet:
    """Sets of one to three files, each of which may import those before it."""
    made, known = FileDescriptorSet(), _Known()
    for name in draw(st.lists(st.sampled_from(_FILES), min_size=1, max_size=3, unique=True)):
        made.file.append(_File(draw, known, name, [file.name for file in made.file]).made)
    return made


def message_names(made: FileDescriptorSet) -> Iterator[str]:
    """The full names of the messages of a set."""

    def visit(messages: Iterable[DescriptorProto], scope: str) -> Iterator[str]:
        for message in messages:
            if not message.options.map_entry:
                yield f"{scope}{message.name}"
                yield from visit(message.nested_type, f"{scope}{message.name}.")

    for file in made.file:
        yield from visit(file.message_type, f"{file.package}." if file.package else "")


def _claims(scope: str, name: str) -> set[str]:
    """What nothing else in a scope may be called: fields have a name for JSON, too."""
    first, *rest = name.split("_")
    json_name = first + "".join(part[:1].upper() + part[1:] for part in rest)
    return {f"{scope}.{name}", f"{scope}.{json_name}"}


@dataclass
class _Known:
    """What there is so far, by full name with a dot before it."""

    messages: dict[str, str] = field(default_factory=dict)
    """And the file that each is in."""
    enums: dict[str, _KnownEnum] = field(default_factory=dict)
    symbols: set[str] = field(default_factory=set)
    """All names, of packages, fields and values too: protobuf has one scope for all."""


@dataclass(frozen=True)
class _KnownEnum:
    file: str
    values: Sequence[str]
    is_closed: bool
    """Then proto3 cannot refer to it."""


class _File:
    """One file; made where it is asked for, so that names and references fit."""

    def __init__(self, draw: Draw, known: _Known, name: str, others: list[str]) -> None:
        self._draw = draw
        self._known = known
        self._others = others
        self._needs: set[str] = set()
        self._is_proto3 = self._one_of([True, False])
        self.made = FileDescriptorProto(name=name, syntax="proto3" if self._is_proto3 else "proto2")
        self.made.package = self._package()
        scope = f".{self.made.package}" if self.made.package else ""
        # All are declared before any is filled, so that fields can refer to what comes later.
        messages = [self._declare(scope, 0) for _ in range(self._one_of([0, 1, 2, 3]))]
        self.made.enum_type.extend(self._enum(scope) for _ in range(self._one_of([0, 1, 2])))
        for message in messages:
            self._fill(message, f"{scope}.{message.name}")
        self.made.message_type.extend(messages)
        if known.messages and self._one_of([False, True]):
            self._service(scope)
        if not self._is_proto3:
            self._extend(scope, messages)
        self._import()

    def _one_of(self, choices: Sequence[Any]) -> Any:
        return self._draw(st.sampled_from(choices))

    def _name(self, scope: str, pool: Sequence[str] = NAMES) -> str:
        """A name that is new in its scope."""
        name: str = self._one_of(pool)
        if self._one_of([False] * 199 + [True]):
            name = self._one_of(_FATAL_NAMES)
        while not self._known.symbols.isdisjoint(_claims(scope, name)):
            name += self._one_of(["_1", "1", "x"])
        self._known.symbols.update(_claims(scope, name))
        return name

    def _package(self) -> str:
        package: str = self._one_of(_PACKAGES)
        parts = package.split(".") if package else []
        prefixes = [f".{'.'.join(parts[: end + 1])}" for end in range(len(parts))]
        if not self._known.symbols.isdisjoint(prefixes) and self._others:
            return "spare"  # something else may have that name
        self._known.symbols.update(prefixes)
        return package

    # ---- What there is -------------------------------------------------------------------------

    def _declare(self, scope: str, depth: int) -> DescriptorProto:
        message = DescriptorProto(name=self._name(scope))
        full_name = f"{scope}.{message.name}"
        self._known.messages[full_name] = self.made.name
        for _ in range(self._one_of([0, 0, 0, 1, 2]) if depth < 3 else 0):
            message.nested_type.append(self._declare(full_name, depth + 1))
        message.enum_type.extend(self._enum(full_name) for _ in range(self._one_of([0, 0, 1])))
        if self._one_of([False, False, True]):
            message.options.deprecated = True
        return message

    def _enum(self, scope: str) -> EnumDescriptorProto:
        enum = EnumDescriptorProto(name=self._name(scope))
        numbers = st.sampled_from((0, 1, 2, 3, -1, -(2**31), 2**31 - 1))
        drawn = self._draw(st.lists(numbers, min_size=1, max_size=4))
        drawn = [0, *drawn] if self._is_proto3 else drawn
        if len(set(drawn)) < len(drawn):
            enum.options.allow_alias = True
        for number in drawn:
            enum.value.add(name=self._name(scope), number=number)
        values = [value.name for value in enum.value]
        known = _KnownEnum(self.made.name, values, not self._is_proto3)
        self._known.enums[f"{scope}.{enum.name}"] = known
        return enum

    # ---- Fields --------------------------------------------------------------------------------

    def _fill(self, message: DescriptorProto, full_name: str) -> None:
        for nested in list(message.nested_type):
            self._fill(nested, f"{full_name}.{nested.name}")
        for number in (1, 15, 18_999, 2**29 - 1)[: self._one_of([0, 1, 2, 3, 4])]:
            self._field(message, full_name, number)
        for index in range(self._one_of([0, 0, 1, 2])):
            message.oneof_decl.add(name=self._name(full_name))
            first = 100 * (index + 1)
            for number in range(first, first + self._one_of([1, 2, 3])):
                made = self._plain(message, full_name, number)
                made.label = _F.LABEL_OPTIONAL
                made.oneof_index = index
        if self._is_proto3:
            self._presence(message, full_name)
        elif self._one_of([False, True]):
            message.extension_range.add(start=1000, end=2000)

    def _field(self, message: DescriptorProto, full_name: str, number: int) -> None:
        kind = self._one_of(["plain", "plain", "repeated", "map", "group"])
        if kind == "map":
            self._map(message, full_name, number)
        elif kind == "group" and not self._is_proto3:
            self._group(message, full_name, number)
        else:
            made = self._plain(message, full_name, number)
            made.label = _F.LABEL_REPEATED if kind == "repeated" else _F.LABEL_OPTIONAL
            if kind != "repeated" and not self._is_proto3:
                self._proto2(made)

    def _plain(self, message: DescriptorProto, full_name: str, number: int) -> FieldDescriptorProto:
        made = message.field.add(name=self._name(full_name), number=number)
        self._type(made)
        if self._one_of([False, False, True]):
            made.options.deprecated = True
        return made

    def _type(self, made: FieldDescriptorProto) -> None:
        enums = [
            name
            for name, enum in self._known.enums.items()
            if not (enum.is_closed and self._is_proto3)
        ]
        kinds = ["scalar", "scalar", "well_known"]
        kinds += ["message"] * 2 * bool(self._known.messages) + ["enum"] * bool(enums)
        kind = self._one_of(kinds)
        if kind == "scalar":
            made.type = self._one_of(_SCALARS)
        elif kind == "enum":
            made.type = _F.TYPE_ENUM
            made.type_name = self._one_of(enums)
            self._needs.add(self._known.enums[made.type_name].file)
        else:
            known = list(_WELL_KNOWN if kind == "well_known" else self._known.messages)
            made.type_name = self._one_of(known)
            is_enum = made.type_name.endswith("NullValue")
            made.type = _F.TYPE_ENUM if is_enum and kind == "well_known" else _F.TYPE_MESSAGE
            self._need(made.type_name)

    def _proto2(self, made: FieldDescriptorProto) -> None:
        """A default, or that it is required; no message is, since it could then never be whole."""
        if self._one_of([False, True]):
            if made.type in _DEFAULTS:
                made.default_value = self._one_of(_DEFAULTS[made.type])
            elif made.type_name in self._known.enums:
                made.default_value = self._one_of(self._known.enums[made.type_name].values)
        elif made.type != _F.TYPE_MESSAGE and self._one_of([False, True]):
            made.label = _F.LABEL_REQUIRED

    def _group(self, message: DescriptorProto, full_name: str, number: int) -> None:
        group = message.nested_type.add(name=self._name(full_name, ["Group", "List", "A"]))
        type_name = f"{full_name}.{group.name}"
        self._known.messages[type_name] = self.made.name
        self._plain(group, type_name, 1).label = _F.LABEL_OPTIONAL
        message.field.add(
            name=self._name(full_name),
            number=number,
            type=_F.TYPE_GROUP,
            type_name=type_name,
            label=self._one_of([_F.LABEL_OPTIONAL, _F.LABEL_REPEATED]),
        )

    def _map(self, message: DescriptorProto, full_name: str, number: int) -> None:
        name = self._name(full_name)
        entry_name = "".join(part[:1].upper() + part[1:] for part in name.split("_")) + "Entry"
        if f"{full_name}.{entry_name}" in self._known.symbols:
            name, entry_name = f"spare{number}", f"Spare{number}Entry"
        self._known.symbols.add(f"{full_name}.{entry_name}")
        entry = message.nested_type.add(name=entry_name)
        entry.options.map_entry = True
        key = entry.field.add(name="key", number=1, label=_F.LABEL_OPTIONAL)
        key.type = self._one_of(_KEYS)
        value = entry.field.add(name="value", number=2, label=_F.LABEL_OPTIONAL)
        self._type(value)
        if value.type == _F.TYPE_ENUM and not self._is_proto3:
            value.ClearField("type_name")  # its first value would have to be zero
            value.type = _F.TYPE_STRING
        message.field.add(
            name=name,
            number=number,
            type=_F.TYPE_MESSAGE,
            type_name=f"{full_name}.{entry_name}",
            label=_F.LABEL_REPEATED,
        )

    def _presence(self, message: DescriptorProto, full_name: str) -> None:
        """The `optional` of proto3, whose oneofs stand behind the real ones."""
        for made in message.field:
            is_plain = made.label == _F.LABEL_OPTIONAL and not made.HasField("oneof_index")
            if is_plain and self._one_of([False, True]):
                oneof = f"_{made.name}"
                while f"{full_name}.{oneof}" in self._known.symbols:
                    oneof = f"X{oneof}"
                self._known.symbols.add(f"{full_name}.{oneof}")
                made.proto3_optional = True
                made.oneof_index = len(message.oneof_decl)
                message.oneof_decl.add(name=oneof)

    # ---- The rest ------------------------------------------------------------------------------

    def _service(self, scope: str) -> None:
        service = self.made.service.add(name=self._name(scope))
        types = [*self._known.messages, ".google.protobuf.Empty", ".google.protobuf.Any"]
        for _ in range(self._one_of([0, 1, 2, 3])):
            method = service.method.add(name=self._name(f"{scope}.{service.name}"))
            method.input_type, method.output_type = self._one_of(types), self._one_of(types)
            method.client_streaming = self._one_of([False, True])
            method.server_streaming = self._one_of([False, True])
            self._need(method.input_type)
            self._need(method.output_type)

    def _extend(self, scope: str, messages: list[DescriptorProto]) -> None:
        for number, message in enumerate(messages):
            if message.extension_range and self._one_of([False, True]):
                self.made.extension.add(
                    name=self._name(scope),
                    number=1000 + number,
                    label=_F.LABEL_OPTIONAL,
                    type=self._one_of(_SCALARS),
                    extendee=f"{scope}.{message.name}",
                )

    def _need(self, full_name: str) -> None:
        self._needs.add(_WELL_KNOWN.get(full_name) or self._known.messages[full_name])

    def _import(self) -> None:
        spare = [name for name in self._others if self._one_of([False, True])]
        needs = sorted((self._needs | set(spare)) - {self.made.name})
        self.made.dependency.extend(needs)
        for index, name in enumerate(needs):
            if name in self._others and self._one_of([False, True]):
                self.made.public_dependency.append(index)
