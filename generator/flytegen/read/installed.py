"""Modules that protoc made of files which a set has as well, and that are installed."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Mapping

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto

from flytegen.common.names import can_be_imported, json_name
from flytegen.read.source import protoc_module


def agreeing(names: Collection[str], files: Mapping[str, FileDescriptorProto]) -> frozenset[str]:
    """The files whose installed modules say what the set says, and so does all they import.

    Args:
        names: The files to look for.
        files: All files of the set.
    """
    found = frozenset(name for name in names if _agrees(files[name]))
    while True:
        kept = frozenset(
            name
            for name in found
            if all(item in found or item not in files for item in files[name].dependency)
        )
        if kept == found:
            return found
        found = kept


def without_defaults(file: FileDescriptorProto) -> FileDescriptorProto:
    """A file as modules of protoc have it: without names for JSON that go without saying.

    Protobuf takes one file from two modules only if both say the same in the same way.
    """
    plain = FileDescriptorProto()
    plain.CopyFrom(file)
    _drop_default_names(plain)
    return plain


def _agrees(file: FileDescriptorProto) -> bool:
    name = protoc_module(file.name)
    if not can_be_imported(name):
        return False
    try:
        found = getattr(importlib.import_module(name), "DESCRIPTOR", None)
    except (Exception, SystemExit):  # whatever a foreign module does when imported
        return False
    if not isinstance(found, FileDescriptor):
        return False
    return _bare(file) == _bare(FileDescriptorProto.FromString(found.serialized_pb))


def _bare(file: FileDescriptorProto) -> bytes:
    bare = without_defaults(file)
    bare.ClearField("source_code_info")
    return bare.SerializeToString(deterministic=True)


def _drop_default_names(holder: FileDescriptorProto | DescriptorProto) -> None:
    fields = holder.field if isinstance(holder, DescriptorProto) else ()
    for field in (*fields, *holder.extension):
        if field.json_name == json_name(field.name):
            field.ClearField("json_name")
    messages = holder.nested_type if isinstance(holder, DescriptorProto) else holder.message_type
    for message in messages:
        _drop_default_names(message)
