"""Questions to protobuf's descriptors that protobuf itself does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, cast

from google.protobuf.descriptor import (
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    FileDescriptor,
    OneofDescriptor,
)
from google.protobuf.descriptor_pb2 import DescriptorProto

#: For each scalar type: what the .proto calls it, and Python's type.
SCALARS = {
    FieldDescriptor.TYPE_DOUBLE: ("double", "float"),
    FieldDescriptor.TYPE_FLOAT: ("float", "float"),
    FieldDescriptor.TYPE_INT64: ("int64", "int"),
    FieldDescriptor.TYPE_UINT64: ("uint64", "int"),
    FieldDescriptor.TYPE_INT32: ("int32", "int"),
    FieldDescriptor.TYPE_FIXED64: ("fixed64", "int"),
    FieldDescriptor.TYPE_FIXED32: ("fixed32", "int"),
    FieldDescriptor.TYPE_BOOL: ("bool", "bool"),
    FieldDescriptor.TYPE_STRING: ("string", "str"),
    FieldDescriptor.TYPE_BYTES: ("bytes", "bytes"),
    FieldDescriptor.TYPE_UINT32: ("uint32", "int"),
    FieldDescriptor.TYPE_SFIXED32: ("sfixed32", "int"),
    FieldDescriptor.TYPE_SFIXED64: ("sfixed64", "int"),
    FieldDescriptor.TYPE_SINT32: ("sint32", "int"),
    FieldDescriptor.TYPE_SINT64: ("sint64", "int"),
}


def top_level(file: FileDescriptor) -> list[Descriptor | EnumDescriptor]:
    """The messages and enums of a file that are not nested, in the order of the file."""
    return [*file.message_types_by_name.values(), *file.enum_types_by_name.values()]


def nested(message: Descriptor) -> list[Descriptor | EnumDescriptor]:
    """The enums and messages inside of a message, without the entries of its maps."""
    return [*nested_enums(message), *nested_messages(message)]


def nested_messages(message: Descriptor) -> list[Descriptor]:
    """The messages inside of a message, without the entries of its maps."""
    return [item for item in message.nested_types if not item.GetOptions().map_entry]


def nested_enums(message: Descriptor) -> list[EnumDescriptor]:
    """The enums inside of a message."""
    return list(message.enum_types)


def walk(file: FileDescriptor) -> Iterator[Descriptor | EnumDescriptor]:
    """Every message and enum of a file, nested ones after what holds them."""
    pending = top_level(file)
    while pending:
        item = pending.pop(0)
        yield item
        if isinstance(item, Descriptor):
            pending = [*nested(item), *pending]


def message_of(field: FieldDescriptor) -> Descriptor:
    """The message that a field of message type holds."""
    return cast("Descriptor", field.message_type)


def enum_of(field: FieldDescriptor) -> EnumDescriptor:
    """The enum that a field of enum type holds."""
    return cast("EnumDescriptor", field.enum_type)


def map_entry(field: FieldDescriptor) -> tuple[FieldDescriptor, FieldDescriptor]:
    """The key and the value of a map field."""
    fields = message_of(field).fields_by_name
    return fields["key"], fields["value"]


def shape_of(field: FieldDescriptor) -> Literal["single", "repeated", "map"]:
    """Whether a field holds one value, a list or a map."""
    if not field.is_repeated:
        return "single"
    is_map = field.message_type is not None and field.message_type.GetOptions().map_entry
    return "map" if is_map else "repeated"


def is_synthetic(oneof: OneofDescriptor) -> bool:
    """True for the oneof that stands behind an ``optional`` field."""
    # Its name tells nothing: people may call one like that, and protoc another if that is taken.
    return len(oneof.fields) == 1 and oneof.fields[0].name in _optional_fields(
        oneof.containing_type
    )


@lru_cache
def _optional_fields(message: Descriptor) -> frozenset[str]:
    proto = DescriptorProto()
    message.CopyToProto(proto)
    return frozenset(field.name for field in proto.field if field.proto3_optional)


def real_oneof(field: FieldDescriptor) -> OneofDescriptor | None:
    """The oneof that a field is a member of, as the .proto says it."""
    oneof = field.containing_oneof
    return None if oneof is None or is_synthetic(oneof) else oneof


def type_name(field: FieldDescriptor) -> str:
    """The type of a field with full names: ``map<string, flyteidl.core.Literal>``."""
    if shape_of(field) == "map":
        key, value = map_entry(field)
        return f"map<{SCALARS[key.type][0]}, {type_name(value)}>"
    if field.message_type is not None:
        return field.message_type.full_name
    if field.enum_type is not None:
        return field.enum_type.full_name
    return SCALARS[field.type][0]


def declaration(field: FieldDescriptor) -> str:
    """A field as its own .proto declares it, without the package that it is in."""
    package = f"{field.containing_type.file.package}." if field.containing_type else ""
    name = type_name(field).replace(f" {package}", " ").removeprefix(package)
    shape = shape_of(field)
    if shape == "repeated":
        name = f"repeated {name}"
    elif shape == "single" and (
        field.is_required or (field.has_presence and field.message_type is None)
    ):
        label = "required" if field.is_required else "optional"
        name = name if real_oneof(field) else f"{label} {name}"
    return f"{name} {field.name} = {field.number}"
