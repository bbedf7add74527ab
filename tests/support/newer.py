"""The IDLs as they may be one day: every message, oneof and enum has more than we were made for."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module

import flyteidl
import flyteidl2
from google.protobuf import text_format
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from tests.support.fill import Filler
from tests.support.messages import real_oneofs

#: Above all numbers that there are, so that new fields are written after known ones.
_NUMBER = 500_000
_ENUM_NUMBER = 77_777
_DEPTH = 2

_NEW = text_format.Parse(
    """
    name: "flyteidl/newer.proto" package: "flyteidl" syntax: "proto3"
    message_type {
      name: "Newer"
      field { name: "text" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
      field { name: "amounts" number: 2 label: LABEL_REPEATED type: TYPE_SINT64 }
      field {
        name: "inner" number: 3 label: LABEL_OPTIONAL
        type: TYPE_MESSAGE type_name: ".flyteidl.Newer"
      }
    }
    """,
    FileDescriptorProto(),
)


def newer_messages(full_name: str) -> Iterator[Message]:
    """Messages of the newer schema: one for each member of its oneofs, all else set beside it."""
    message_class = _newer_class(full_name)
    oneofs = real_oneofs(message_class.DESCRIPTOR)
    for turn in range(max((len(oneof.fields) for oneof in oneofs), default=1)):
        message = message_class()
        Filler(turn).fill(message, _DEPTH)
        yield message


@cache
def _newer_class(full_name: str) -> type[Message]:
    return GetMessageClass(_pool().FindMessageTypeByName(full_name))


@cache
def _pool() -> DescriptorPool:
    """All files of both IDLs, grown, in a pool of their own."""
    pool = DescriptorPool()
    added = {_NEW.name}
    pool.Add(_NEW)

    def add(file: FileDescriptor) -> None:
        if file.name in added:
            return
        added.add(file.name)
        for dependency in file.dependencies:
            add(dependency)
        proto = FileDescriptorProto.FromString(file.serialized_pb)
        if not file.name.startswith(("google/api/", "google/protobuf/", "buf/")):
            _grow(proto)
        pool.Add(proto)

    for package in (flyteidl, flyteidl2):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith("_pb2"):
                add(import_module(module.name).DESCRIPTOR)
    return pool


def _grow(file: FileDescriptorProto) -> None:
    file.dependency.append(_NEW.name)
    for message in file.message_type:
        _grow_message(message, f".{file.package}.{message.name}")
    for enum in file.enum_type:
        _grow_enum(enum)


def _grow_message(message: DescriptorProto, full_name: str) -> None:
    for inner in message.nested_type:
        if not inner.options.map_entry:
            _grow_message(inner, f"{full_name}.{inner.name}")
    for enum in message.enum_type:
        _grow_enum(enum)
    oneofs = [index for index, oneof in enumerate(message.oneof_decl) if oneof.name[0] != "_"]
    _add(message, "newer_text", "TYPE_STRING")
    _add(message, "newer_part", "TYPE_MESSAGE")
    _add(message, "newer_parts", "TYPE_MESSAGE").label = FieldDescriptorProto.LABEL_REPEATED
    for index in oneofs:
        name = f"newer_choice_{message.oneof_decl[index].name}"
        _add(message, name, "TYPE_MESSAGE").oneof_index = index
    by_name = _add(message, "newer_by_name", "TYPE_MESSAGE", f"{full_name}.NewerByNameEntry")
    by_name.label = FieldDescriptorProto.LABEL_REPEATED
    entry = message.nested_type.add(name="NewerByNameEntry")
    entry.options.map_entry = True
    _add(entry, "key", "TYPE_STRING").number = 1
    _add(entry, "value", "TYPE_MESSAGE").number = 2


def _add(
    message: DescriptorProto, name: str, kind: str, type_name: str = ".flyteidl.Newer"
) -> FieldDescriptorProto:
    field = message.field.add(name=name, number=_NUMBER + len(message.field))
    field.label = FieldDescriptorProto.LABEL_OPTIONAL
    field.type = FieldDescriptorProto.Type.Value(kind)
    if kind == "TYPE_MESSAGE":
        field.type_name = type_name
    return field


def _grow_enum(enum: EnumDescriptorProto) -> None:
    # Names of values are those of what holds the enum, so that each wants one of its own.
    enum.value.add(name=f"NEWER_{enum.name}", number=_ENUM_NUMBER)
