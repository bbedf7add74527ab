"""Fields, messages and oneofs with every awkward name, of every kind."""

from __future__ import annotations

import keyword
from collections.abc import Iterator

from google.protobuf.descriptor_pb2 import FileDescriptorProto

from tests.generator.protos import file

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
    *("string", "int32", "bool", "bytes", ".{0}.Kind", ".{0}.Thing"),
    *("optional string", "optional bool", "optional .{0}.Kind", "optional int64"),
    *("repeated double", "repeated string", "repeated .{0}.Kind", "repeated .{0}.Thing"),
    *(".{1}.Timestamp", ".{1}.Struct", ".{1}.BoolValue", "repeated .{1}.StringValue"),
)
_IMPORTS = tuple(f"google/protobuf/{name}.proto" for name in ("struct", "timestamp", "wrappers"))

#: protobuf wants to know that JSON cannot tell such fields apart.
_ALIKE = "option deprecated_legacy_json_field_conflicts = true;"


def awkward_fields() -> FileDescriptorProto:
    """Each name on fields of several kinds, alone and in oneofs."""
    package = "acme.awkward_fields"
    kinds = [kind.format(package, "google.protobuf") for kind in _KINDS]

    def fields(turn: int) -> Iterator[str]:
        for number, name in enumerate(NAMES, 1):
            kind = kinds[(number + turn * 5) % len(kinds)]
            if f"_{name}" in NAMES:  # the name of the oneof behind an optional field
                kind = kind.removeprefix("optional ")
            yield f"{kind} {name} = {number};"

    def choices() -> Iterator[str]:
        members = [f"{kinds[n % 6]} {name} = {n};" for n, name in enumerate(NAMES, 1)]
        for start in range(0, len(members), 7):
            yield f"oneof choice{start // 7} {{ {' '.join(members[start : start + 7])} }}"

    turns = (f"message Turn{turn} {{ {_ALIKE} {' '.join(fields(turn))} }}" for turn in range(3))
    text = f"""
        enum Kind {{ UNKNOWN = 0; KNOWN = 1; }}
        message Thing {{ string name = 1; }}
        {" ".join(turns)}
        message Choices {{ {_ALIKE} {" ".join(choices())} }}
        message Maps {{ map<string, Thing> class = 1; map<int32, string> list = 2; }}
        message Oneofs {{
          oneof class {{ string a = 1; Thing b = 2; }}
          oneof property {{ bool c = 3; Kind d = 4; }}
          oneof self {{ int32 e = 5; int32 f = 6; }}
        }}
    """
    return file(text, "acme/awkward_fields.proto", package=package, imports=_IMPORTS)


def awkward_messages() -> FileDescriptorProto:
    """Each name on a message at the top and on one inside of it, which refer to each other."""
    package = "acme.awkward_messages"

    def made() -> Iterator[str]:
        for name, other in zip(CLASS_NAMES, (*CLASS_NAMES[1:], CLASS_NAMES[0]), strict=True):
            inner, top = f".{package}.{name}.Inner.{name}", f".{package}.{other}"
            yield f"""
                message {name} {{
                  repeated string texts = 1;
                  bool flag = 2;
                  {top} next = 3;
                  oneof choice {{ {top} one = 4; string two = 5; }}
                  repeated {inner} inner = 6;
                  message Inner {{ message {name} {{ {inner} again = 1; {top} top = 2; }} }}
                }}
            """

    return file("".join(made()), "acme/awkward_messages.proto", package=package)
