"""What a set of .proto files says, flat and by full name: the ground on which two are compared.

It is made of the message form of descriptors, so it needs no pool, and nothing that is imported
from elsewhere has to be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FeatureSet,
    FieldDescriptorProto,
    FileDescriptorProto,
    ServiceDescriptorProto,
)

from flytegen.common.names import json_name

Cardinality = Literal["optional", "required", "repeated"]

Thing = Literal["module", "message", "field", "oneof", "enum", "value", "service", "RPC"]
"""What can come and go."""

_SCALARS = {
    number: name.removeprefix("TYPE_").lower() for name, number in FieldDescriptorProto.Type.items()
}


@dataclass(frozen=True)
class FieldFacts:
    """One field, with everything resolved that the file leaves to its syntax."""

    name: str
    number: int
    json_name: str
    kind: str
    """``int32``, ``string``; ``message``, ``group`` or ``enum`` where there is a type to name."""
    type_name: str
    """The full name of the message or the enum; empty for scalars."""
    cardinality: Cardinality
    has_presence: bool
    """Unset and zero are two things."""
    is_packed: bool
    oneof: str
    """As the .proto says it; empty outside of one."""
    default: str
    deprecated: bool


@dataclass(frozen=True)
class MessageFacts:
    """One message, or the entry of a map."""

    name: str
    """The full name, as everywhere here."""
    own_name: str
    """The part of it that no message around it, and no package, accounts for."""
    package: str
    parent: str
    """The message that it is nested in; empty at the top."""
    file: str
    fields: Mapping[str, FieldFacts]
    oneofs: tuple[str, ...]
    reserved: tuple[range, ...]
    is_map_entry: bool
    deprecated: bool


@dataclass(frozen=True)
class ValueFacts:
    """One value of an enum."""

    name: str
    number: int
    deprecated: bool


@dataclass(frozen=True)
class EnumFacts:
    """One enum."""

    name: str
    own_name: str
    package: str
    parent: str
    file: str
    values: Mapping[str, ValueFacts]
    reserved: tuple[range, ...]
    is_closed: bool
    """A number that it does not know is no value of it."""
    deprecated: bool


@dataclass(frozen=True)
class RpcFacts:
    """One RPC."""

    name: str
    request: str
    response: str
    client_streaming: bool
    server_streaming: bool
    deprecated: bool


@dataclass(frozen=True)
class ServiceFacts:
    """One service."""

    name: str
    file: str
    rpcs: Mapping[str, RpcFacts]
    deprecated: bool


@dataclass(frozen=True)
class Facts:
    """All of it. Mappings keep the order of the files."""

    files: tuple[str, ...]
    messages: Mapping[str, MessageFacts]
    """Nested ones and entries of maps included."""
    enums: Mapping[str, EnumFacts]
    services: Mapping[str, ServiceFacts]

    def count(self) -> dict[Thing, int]:
        """How many there are of each, without the entries of maps and what is in them."""
        messages = [item for item in self.messages.values() if not item.is_map_entry]
        return {
            "module": len(self.files),
            "message": len(messages),
            "field": sum(len(item.fields) for item in messages),
            "oneof": sum(len(item.oneofs) for item in messages),
            "enum": len(self.enums),
            "value": sum(len(item.values) for item in self.enums.values()),
            "service": len(self.services),
            "RPC": sum(len(item.rpcs) for item in self.services.values()),
        }

    def inside(self, message: MessageFacts) -> Facts:
        """What a message holds, without the message itself."""
        own = f"{message.name}."
        return Facts(
            files=(),
            messages={name: item for name, item in self.messages.items() if name.startswith(own)},
            enums={name: item for name, item in self.enums.items() if name.startswith(own)},
            services={},
        )

    def entry(self, field: FieldFacts) -> MessageFacts | None:
        """The entry of a map field; None for any other field."""
        message = self.messages.get(field.type_name)
        is_map = message is not None and message.is_map_entry
        return message if is_map and field.cardinality == "repeated" else None

    def type_of(self, field: FieldFacts) -> str:
        """The type as a .proto writes it, with full names: ``map<string, acme.Part>``."""
        entry = self.entry(field)
        if entry:
            key, value = (self.type_of(item) for item in entry.fields.values())
            return f"map<{key}, {value}>"
        return field.type_name or field.kind

    def label_of(self, field: FieldFacts) -> str:
        """What a .proto writes before the type; may be empty."""
        if self.entry(field):
            return ""
        if field.cardinality != "optional":
            return field.cardinality
        is_said = field.has_presence and not field.oneof and field.kind not in ("message", "group")
        return "optional" if is_said else ""

    def declaration(self, field: FieldFacts) -> str:
        """The type with its label: ``repeated string``."""
        return f"{self.label_of(field)} {self.type_of(field)}".lstrip()


def facts_of(files: Iterable[FileDescriptorProto]) -> Facts:
    """Flatten files.

    Args:
        files: The message form of descriptors, in any order. What is imported may be missing.
    """
    reader = _Reader()
    names = tuple(sorted(reader.file(file) for file in files))
    return Facts(names, reader.messages, reader.enums, reader.services)


class _Reader:
    def __init__(self) -> None:
        self.messages: dict[str, MessageFacts] = {}
        self.enums: dict[str, EnumFacts] = {}
        self.services: dict[str, ServiceFacts] = {}

    def file(self, file: FileDescriptorProto) -> str:
        features = _file_features(file)
        for enum in file.enum_type:
            self._enum(enum, "", file, features)
        for message in file.message_type:
            self._message(message, "", file, features)
        for service in file.service:
            self._service(service, file)
        return file.name

    def _message(
        self, message: DescriptorProto, parent: str, file: FileDescriptorProto, features: FeatureSet
    ) -> None:
        features = _within(features, message.options.features)
        name = _full_name(parent or file.package, message.name)
        fields = [self._field(field, message, features) for field in message.field]
        used = {field.oneof for field in fields}
        self.messages[name] = MessageFacts(
            name=name,
            own_name=message.name,
            package=file.package,
            parent=parent,
            file=file.name,
            fields={field.name: field for field in fields},
            oneofs=tuple(oneof.name for oneof in message.oneof_decl if oneof.name in used),
            reserved=tuple(range(item.start, item.end) for item in message.reserved_range),
            is_map_entry=message.options.map_entry,
            deprecated=message.options.deprecated,
        )
        for enum in message.enum_type:
            self._enum(enum, name, file, features)
        for nested in message.nested_type:
            self._message(nested, name, file, features)

    def _field(
        self, field: FieldDescriptorProto, message: DescriptorProto, features: FeatureSet
    ) -> FieldFacts:
        features = _within(features, field.options.features)
        kind = _SCALARS[field.type]
        if kind == "message" and features.message_encoding == FeatureSet.DELIMITED:
            kind = "group"
        is_repeated = field.label == FieldDescriptorProto.LABEL_REPEATED
        is_required = (
            field.label == FieldDescriptorProto.LABEL_REQUIRED
            or features.field_presence == FeatureSet.LEGACY_REQUIRED
        )
        is_member = field.HasField("oneof_index")
        has_presence = not is_repeated and (
            kind in ("message", "group")
            or is_member
            or features.field_presence != FeatureSet.IMPLICIT
        )
        can_be_packed = is_repeated and kind not in ("string", "bytes", "message", "group")
        is_packed = (
            field.options.packed
            if field.options.HasField("packed")
            else features.repeated_field_encoding == FeatureSet.PACKED
        )
        is_own_oneof = is_member and not field.proto3_optional
        return FieldFacts(
            name=field.name,
            number=field.number,
            json_name=field.json_name or json_name(field.name),
            kind=kind,
            type_name=field.type_name.removeprefix("."),
            cardinality="repeated" if is_repeated else "required" if is_required else "optional",
            has_presence=has_presence,
            is_packed=can_be_packed and is_packed,
            oneof=message.oneof_decl[field.oneof_index].name if is_own_oneof else "",
            default=field.default_value,
            deprecated=field.options.deprecated,
        )

    def _enum(
        self,
        enum: EnumDescriptorProto,
        parent: str,
        file: FileDescriptorProto,
        features: FeatureSet,
    ) -> None:
        features = _within(features, enum.options.features)
        name = _full_name(parent or file.package, enum.name)
        self.enums[name] = EnumFacts(
            name=name,
            own_name=enum.name,
            package=file.package,
            parent=parent,
            file=file.name,
            values={
                value.name: ValueFacts(value.name, value.number, value.options.deprecated)
                for value in enum.value
            },
            # Unlike a message's, these ranges include their end.
            reserved=tuple(range(item.start, item.end + 1) for item in enum.reserved_range),
            is_closed=features.enum_type == FeatureSet.CLOSED,
            deprecated=enum.options.deprecated,
        )

    def _service(self, service: ServiceDescriptorProto, file: FileDescriptorProto) -> None:
        name = _full_name(file.package, service.name)
        rpcs = [
            RpcFacts(
                name=rpc.name,
                request=rpc.input_type.removeprefix("."),
                response=rpc.output_type.removeprefix("."),
                client_streaming=rpc.client_streaming,
                server_streaming=rpc.server_streaming,
                deprecated=rpc.options.deprecated,
            )
            for rpc in service.method
        ]
        self.services[name] = ServiceFacts(
            name, file.name, {rpc.name: rpc for rpc in rpcs}, service.options.deprecated
        )


def _full_name(outer: str, name: str) -> str:
    return f"{outer}.{name}" if outer else name


def _file_features(file: FileDescriptorProto) -> FeatureSet:
    """What the syntax of a file stands for, in the words that editions have for it."""
    is_old = file.syntax in ("", "proto2")
    features = FeatureSet(
        field_presence=FeatureSet.IMPLICIT if file.syntax == "proto3" else FeatureSet.EXPLICIT,
        enum_type=FeatureSet.CLOSED if is_old else FeatureSet.OPEN,
        repeated_field_encoding=FeatureSet.EXPANDED if is_old else FeatureSet.PACKED,
    )
    return _within(features, file.options.features)


def _within(outer: FeatureSet, own: FeatureSet) -> FeatureSet:
    """The features of something inside: its own, and what it inherits for the rest."""
    if not own.ByteSize():
        return outer
    features = FeatureSet()
    features.CopyFrom(outer)
    features.MergeFrom(own)
    return features
