"""Descriptors written as short as a .proto would be."""

from __future__ import annotations

import re
from collections.abc import Sequence

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)

from flytegen.comparison.sides import Side

_FIELD = re.compile(
    r"(?:(?P<oneof>\w+): )?(?:(?P<label>optional|required|repeated) )?(?P<enum>enum )?"
    r"(?P<type>map<.+>|[\w.]+) (?P<name>\w+) = (?P<number>\d+)(?P<options>.*)"
)
_LABELS = {
    "required": FieldDescriptorProto.LABEL_REQUIRED,
    "repeated": FieldDescriptorProto.LABEL_REPEATED,
}


def message(
    name: str,
    *fields: str,
    holds: Sequence[DescriptorProto | EnumDescriptorProto] = (),
    reserved: Sequence[int] = (),
    deprecated: bool = False,
) -> DescriptorProto:
    """A message of ``acme``.

    Fields are as in a .proto, except that a member of a oneof begins with the oneof (``choice:
    string a = 1``) and that enums are told from messages by ``enum`` before the type.
    """
    made = DescriptorProto(name=name)
    for text in fields:
        _add_field(made, text)
    # Those of optional fields come last, as protoc puts them.
    for field in made.field:
        if field.proto3_optional:
            field.oneof_index = len(made.oneof_decl)
            made.oneof_decl.add(name=f"_{field.name}")
    for item in holds:
        if isinstance(item, DescriptorProto):
            made.nested_type.append(item)
        else:
            made.enum_type.append(item)
    for number in reserved:
        made.reserved_range.add(start=number, end=number + 1)
    if deprecated:
        made.options.deprecated = True
    return made


def enum(name: str, *values: str, reserved: Sequence[int] = ()) -> EnumDescriptorProto:
    """An enum with values such as ``RED = 1``."""
    made = EnumDescriptorProto(name=name)
    for text in values:
        value, _, number = text.removesuffix(" [deprecated]").partition(" = ")
        added = made.value.add(name=value, number=int(number))
        if "[deprecated]" in text:
            added.options.deprecated = True
    if len({value.number for value in made.value}) < len(made.value):
        made.options.allow_alias = True
    for reserved_number in reserved:
        made.reserved_range.add(start=reserved_number, end=reserved_number)
    return made


def service(name: str, *rpcs: str) -> ServiceDescriptorProto:
    """A service with RPCs such as ``Get: A -> stream B``."""
    made = ServiceDescriptorProto(name=name)
    for text in rpcs:
        rpc, takes, answers = re.split(r": | -> ", text.removesuffix(" [deprecated]"))
        added = MethodDescriptorProto(
            name=rpc,
            input_type=f".acme.{takes.removeprefix('stream ')}",
            output_type=f".acme.{answers.removeprefix('stream ')}",
            # Unset, and not False, as protoc has it: such a file can be loaded twice.
            client_streaming=takes.startswith("stream ") or None,
            server_streaming=answers.startswith("stream ") or None,
        )
        if text.endswith("[deprecated]"):
            added.options.deprecated = True
        made.method.append(added)
    return made


def file(
    *items: DescriptorProto | EnumDescriptorProto | ServiceDescriptorProto,
    name: str = "acme/x.proto",
    syntax: str = "proto3",
    imports: Sequence[str] = (),
) -> FileDescriptorProto:
    """A file of the package ``acme``."""
    made = FileDescriptorProto(name=name, package="acme", syntax=syntax, dependency=imports)
    for item in items:
        if isinstance(item, DescriptorProto):
            made.message_type.append(item)
        elif isinstance(item, EnumDescriptorProto):
            made.enum_type.append(item)
        else:
            made.service.append(item)
    if syntax == "proto2":
        for message in made.message_type:
            _leave_presence_to_proto2(message)
    return made


def side(*files: FileDescriptorProto, version: str = "1.0") -> Side:
    """Files as a version of the package ``acme``."""
    return Side("acme", version, "acme", files)


def _add_field(owner: DescriptorProto, text: str) -> None:
    match = _FIELD.fullmatch(text)
    assert match, text
    field = owner.field.add(name=match["name"], number=int(match["number"]))
    field.label = _LABELS.get(match["label"], FieldDescriptorProto.LABEL_OPTIONAL)
    entry = re.fullmatch(r"map<(.+), (.+)>", match["type"])
    if entry:
        name = "".join(part.title() for part in match["name"].split("_")) + "Entry"
        nested = message(name, f"{entry[1]} key = 1", f"{entry[2]} value = 2")
        nested.options.map_entry = True
        owner.nested_type.append(nested)
        field.label = FieldDescriptorProto.LABEL_REPEATED
        field.type = FieldDescriptorProto.TYPE_MESSAGE
        field.type_name = f".acme.{owner.name}.{name}"
    elif hasattr(FieldDescriptorProto, f"TYPE_{match['type'].upper()}"):
        field.type = FieldDescriptorProto.Type.Value(f"TYPE_{match['type'].upper()}")
    else:
        kind = "ENUM" if match["enum"] else "MESSAGE"
        field.type = FieldDescriptorProto.Type.Value(f"TYPE_{kind}")
        is_full = "." in match["type"]
        field.type_name = f".{match['type']}" if is_full else f".acme.{match['type']}"
    if match["oneof"]:
        names = [oneof.name for oneof in owner.oneof_decl]
        if match["oneof"] not in names:
            owner.oneof_decl.add(name=match["oneof"])
            names.append(match["oneof"])
        field.oneof_index = names.index(match["oneof"])
    field.proto3_optional = match["label"] == "optional"
    if not field.proto3_optional:
        field.ClearField("proto3_optional")
    options = match["options"]
    if "[deprecated]" in options:
        field.options.deprecated = True
    if json_name := re.search(r"\[json_name (\w+)\]", options):
        field.json_name = json_name[1]
    if default := re.search(r"\[default (\w+)\]", options):
        field.default_value = default[1]


def _leave_presence_to_proto2(owner: DescriptorProto) -> None:
    for field in owner.field:
        if field.proto3_optional:
            field.ClearField("proto3_optional")
            field.ClearField("oneof_index")
    kept = [oneof for oneof in owner.oneof_decl if not oneof.name.startswith("_")]
    del owner.oneof_decl[:]
    owner.oneof_decl.extend(kept)
