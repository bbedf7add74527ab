"""What protoc sees to in a file of descriptors, and not every implementation of protobuf.

A set may come from anywhere, and what is generated has its names in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.message import Message

from flytegen.common.problems import Problems

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HINT = "Make the descriptors with protoc or buf."

_Field = FieldDescriptorProto
_NO_KEYS = (
    _Field.TYPE_MESSAGE,
    _Field.TYPE_GROUP,
    _Field.TYPE_ENUM,
    _Field.TYPE_BYTES,
    _Field.TYPE_FLOAT,
    _Field.TYPE_DOUBLE,
)


def has_readable_names(file: FileDescriptorProto) -> bool:
    """Whether all names are text. Protobuf hands out what is not UTF-8 as bytes."""
    names = (file.name, file.package, *file.dependency)
    return all(isinstance(name, str) for name in names) and all(
        isinstance(item.name, str) for item, _ in _items(file, "")
    )


def check_form(file: FileDescriptorProto, problems: Problems) -> None:
    """Add a problem for each name that is none, and each entry of a map that is none."""
    for name in (file.name, *file.dependency):
        if not name.isprintable():
            what = f"{name!r} is no name of a file: it has control characters"
            problems.add(file.name, what, "Rename the file.")
    for part in file.package.split(".") if file.package else ():
        _check_name(part, f"{file.name}, package", problems)
    for item, owner in _items(file, ""):
        where = f"{file.name}, {owner}" if owner else file.name
        _check_name(item.name, where, problems)
        if isinstance(item, DescriptorProto) and item.options.map_entry and not _is_entry(item):
            problems.add(where, f"{item.name} is called an entry of a map, and is none", _HINT)


def _check_name(name: str, where: str, problems: Problems) -> None:
    if not _IDENTIFIER.fullmatch(name):
        hint = f"Names have letters, digits and underscores. {_HINT}"
        problems.add(where, f"{name!r} is no name", hint)


def _is_entry(message: DescriptorProto) -> bool:
    fields = [(field.name, field.number, field.label) for field in message.field]
    optional = _Field.LABEL_OPTIONAL
    return (
        fields == [("key", 1, optional), ("value", 2, optional)]
        and message.field[0].type not in _NO_KEYS
    )


def _items(holder: Message, scope: str) -> Iterator[tuple[DescriptorProto, str]]:
    """Messages, fields, enums, RPCs ..., and what each is in."""
    for field, value in holder.ListFields():
        if field.message_type is not None and "name" in field.message_type.fields_by_name:
            for item in value:
                yield item, scope
                yield from _items(item, f"{scope}.{item.name}".lstrip("."))
