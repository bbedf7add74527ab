"""Fields, messages and oneofs with every awkward name, of every kind."""

from __future__ import annotations

import keyword
from collections.abc import Iterator

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
)

from tests.generator.protos import enum, file, message

#: What Python, protobuf, our runtime or the text of a template could take for something else, and
#: names that differ in case or in underscores alone.
NAMES = (
    *keyword.kwlist,
    *("match", "case", "type", "_", "property", "list", "dict", "str", "int", "bool", "float"),
    *("bytes", "tuple", "object", "len", "id", "map", "hash", "format", "set", "super", "print"),
    *("locals", "globals", "getattr", "setattr", "classmethod", "staticmethod", "Exception"),
    *("self", "cls", "pb", "model", "found", "which", "value", "values", "error", "message"),
    *("is_empty", "from_pb", "to_pb", "from_bytes", "to_bytes", "to_json", "replace"),
    *("_pb", "_pb_type", "_wrap", "_renamed", "_item", "_key", "_error", "_builtins", "_pb2"),
    *("__init__", "__slots__", "__class__", "__eq__", "__private", "__match_args__"),
    *("Extensions", "UnknownFields", "Clear", "MergeFrom", "ParseFromString", "FromString"),
    *("datetime", "Sequence", "Mapping", "Literal", "Self", "TYPE_CHECKING", "annotations"),
    *("Thing", "foo", "Foo", "FOO", "fOO", "foo_", "foo__", "_foo", "__foo", "f_oo"),
)

#: For messages, at the top and inside of others.
CLASS_NAMES = (
    *("None", "True", "class", "import", "lambda", "match", "_", "property", "str", "int", "bool"),
    *(
        "list",
        "dict",
        "tuple",
        "type",
        "object",
        "super",
        "Exception",
        "locals",
        "globals",
        "getattr",
    ),
    *("self", "pb", "model", "found", "which", "value", "message", "is_empty", "replace"),
    *("Sequence", "Mapping", "Literal", "Self", "TYPE_CHECKING", "annotations", "__private"),
    *("foo", "Foo", "FOO", "foo_"),
)

_KINDS = (
    *("string", "int32", "bool", "bytes", "enum {0}.Kind", "{0}.Thing"),
    *("optional string", "optional bool", "optional enum {0}.Kind", "optional int64"),
    *("repeated double", "repeated string", "repeated enum {0}.Kind", "repeated {0}.Thing"),
    *("{1}.Timestamp", "{1}.Struct", "{1}.BoolValue", "repeated {1}.StringValue"),
)
_IMPORTS = tuple(f"google/protobuf/{name}.proto" for name in ("struct", "timestamp", "wrappers"))


def awkward_fields() -> FileDescriptorProto:
    """Each name on fields of several kinds, alone and in oneofs."""
    package = "acme.awkward_fields"
    kinds = [kind.format(package, "google.protobuf") for kind in _KINDS]

    def fields(turn: int) -> Iterator[str]:
        for number, name in enumerate(NAMES, 1):
            kind = kinds[(number + turn * 5) % len(kinds)]
            if f"_{name}" in NAMES:  # the name of the oneof behind an optional field
                kind = kind.removeprefix("optional ")
            yield f"{kind} {name} = {number}"

    # Seven to a oneof.
    choices = (
        f"choice{number // 7}: {kinds[number % 6]} {name} = {number}"
        for number, name in enumerate(NAMES, 1)
    )
    return _file(
        package,
        enum("Kind", "UNKNOWN = 0", "KNOWN = 1"),
        message("Thing", "string name = 1"),
        *(message(f"Turn{turn}", *fields(turn)) for turn in range(3)),
        message("Choices", *choices),
        message("Maps", f"map<string, {package}.Thing> class = 1", "map<int32, string> list = 2"),
        message(
            "Oneofs",
            "class: string a = 1",
            f"class: {package}.Thing b = 2",
            "property: bool c = 3",
            f"property: enum {package}.Kind d = 4",
            "self: int32 e = 5",
            "self: int32 f = 6",
        ),
    )


def awkward_messages() -> FileDescriptorProto:
    """Each name on a message at the top and on one inside of it, which refer to each other."""
    package = "acme.awkward_messages"

    def made() -> Iterator[DescriptorProto]:
        for name, other in zip(CLASS_NAMES, (*CLASS_NAMES[1:], CLASS_NAMES[0]), strict=True):
            top = f"{package}.{other}"
            inner = message(name, f"{package}.{name}.Inner.{name} again = 1", f"{top} top = 2")
            yield message(
                name,
                *("repeated string texts = 1", "bool flag = 2", f"{top} next = 3"),
                *(f"choice: {top} one = 4", "choice: string two = 5"),
                f"repeated {package}.{name}.Inner.{name} inner = 6",
                holds=[message("Inner", holds=[inner])],
            )

    return _file(package, *made())


def _file(package: str, *items: DescriptorProto | EnumDescriptorProto) -> FileDescriptorProto:
    made = file(*items, name=f"{package.replace('.', '/')}.proto", imports=_IMPORTS)
    made.package = package
    for item in made.message_type:
        # protobuf wants to know that JSON cannot tell such fields apart.
        item.options.deprecated_legacy_json_field_conflicts = True
        for field in item.field:
            if field.type_name.startswith(f".acme.{item.name}."):  # the entry of a map
                field.type_name = field.type_name.replace(".acme.", f".{package}.", 1)
    return made
