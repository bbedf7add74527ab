"""What the fields and oneofs of a message are, found out once and in one place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from google.protobuf.descriptor import (
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    FileDescriptor,
    OneofDescriptor,
)
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto

from flytegen.common.well_known import NATIVES, WRAPPERS, Native, Wrapper


@dataclass(frozen=True)
class Scalar:
    """A type without a descriptor."""

    proto: str
    """What the .proto calls it."""
    type: str
    """Python's type."""


Element: TypeAlias = Scalar | EnumDescriptor | Native | Wrapper | Descriptor
"""One value of a field. Whoever asks which, asks for all of them by ``match``."""

_F = FieldDescriptor
_SCALARS = {
    _F.TYPE_DOUBLE: Scalar("double", "float"),
    _F.TYPE_FLOAT: Scalar("float", "float"),
    _F.TYPE_INT64: Scalar("int64", "int"),
    _F.TYPE_UINT64: Scalar("uint64", "int"),
    _F.TYPE_INT32: Scalar("int32", "int"),
    _F.TYPE_FIXED64: Scalar("fixed64", "int"),
    _F.TYPE_FIXED32: Scalar("fixed32", "int"),
    _F.TYPE_BOOL: Scalar("bool", "bool"),
    _F.TYPE_STRING: Scalar("string", "str"),
    _F.TYPE_BYTES: Scalar("bytes", "bytes"),
    _F.TYPE_UINT32: Scalar("uint32", "int"),
    _F.TYPE_SFIXED32: Scalar("sfixed32", "int"),
    _F.TYPE_SFIXED64: Scalar("sfixed64", "int"),
    _F.TYPE_SINT32: Scalar("sint32", "int"),
    _F.TYPE_SINT64: Scalar("sint64", "int"),
}


@dataclass(frozen=True)
class ProtoField:
    """A field of a message."""

    descriptor: FieldDescriptor
    name: str
    shape: Literal["single", "repeated", "map"]
    """Whether it holds one value, a list or a map."""
    key: Scalar | None
    """What a map's keys are."""
    element: Element
    """What it holds: its value, each value of its list, or each value of its map."""
    oneof: str
    """The oneof that the .proto has it in; empty outside of one."""
    can_be_absent: bool
    """Protobuf tells an unset value from any other, and has none to show in its place."""
    type: str
    """With full names: ``map<string, acme.core.Thing>``."""
    declaration: str
    """As its own .proto declares it, without the package that it is in."""


def proto_field(descriptor: FieldDescriptor) -> ProtoField:
    """What a field is, as its descriptor has it."""
    key, element, name = _held(descriptor)
    oneof = _oneof_of(descriptor)
    is_single = not descriptor.is_repeated
    # What must be there, and what has a value of its own while it is not, is never absent.
    is_given = descriptor.is_required or (descriptor.has_default_value and not oneof)
    word = "" if key or is_single else "repeated "
    if descriptor.is_required:
        word = "required "
    elif descriptor.has_presence and descriptor.message_type is None and not oneof:
        word = "optional "
    package = f"{descriptor.containing_type.file.package}." if descriptor.containing_type else ""
    local = _in_map(key, name.removeprefix(package))
    return ProtoField(
        descriptor=descriptor,
        name=descriptor.name,
        shape="single" if is_single else "map" if key else "repeated",
        key=key,
        element=element,
        oneof=oneof,
        can_be_absent=is_single and descriptor.has_presence and not is_given,
        type=_in_map(key, name),
        declaration=f"{word}{local} {descriptor.name} = {descriptor.number}",
    )


def element_of(descriptor: FieldDescriptor) -> Element:
    """What a field holds: its value, or each value of its list or map."""
    _, element, _ = _held(descriptor)
    return element


def proto_fields(message: Descriptor | None) -> list[ProtoField]:
    """What the fields of a message are; those of none are none."""
    return [] if message is None else [proto_field(field) for field in message.fields]


def written_oneofs(message: Descriptor) -> list[OneofDescriptor]:
    """The oneofs that people wrote, without those that protoc puts behind ``optional`` fields."""
    return [oneof for oneof in message.oneofs if not _is_synthetic(oneof)]


def _oneof_of(field: FieldDescriptor) -> str:
    oneof = field.containing_oneof
    return "" if oneof is None or _is_synthetic(oneof) else oneof.name


def _is_synthetic(oneof: OneofDescriptor) -> bool:
    # Its name tells nothing: people may call one like that, and protoc another if that is taken.
    optional = _optional_fields(oneof.containing_type.file)
    return len(oneof.fields) == 1 and oneof.fields[0].full_name in optional


@lru_cache
def _optional_fields(file: FileDescriptor) -> frozenset[str]:
    # Not every implementation of protobuf can make the message form of a part of a file.
    proto = FileDescriptorProto.FromString(file.serialized_pb)
    return frozenset(_optional_in(proto.message_type, f"{proto.package}." if proto.package else ""))


def _optional_in(messages: Iterable[DescriptorProto], scope: str) -> Iterator[str]:
    for message in messages:
        inside = f"{scope}{message.name}."
        yield from (f"{inside}{field.name}" for field in message.field if field.proto3_optional)
        yield from _optional_in(message.nested_type, inside)


def _held(field: FieldDescriptor) -> tuple[Scalar | None, Element, str]:
    """The key if it is a map, the element, and what the .proto calls that."""
    message = field.message_type
    if message is not None and message.GetOptions().map_entry:
        key = _SCALARS[message.fields_by_name["key"].type]
        _, element, name = _held(message.fields_by_name["value"])
        return key, element, name
    if message is not None:
        name = message.full_name
        return None, NATIVES.get(name) or WRAPPERS.get(name) or message, name
    if field.enum_type is not None:
        return None, field.enum_type, field.enum_type.full_name
    scalar = _SCALARS[field.type]
    return None, scalar, scalar.proto


def _in_map(key: Scalar | None, name: str) -> str:
    return f"map<{key.proto}, {name}>" if key else name
