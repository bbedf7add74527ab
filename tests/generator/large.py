"""Messages with more fields, and more members of a oneof, than type checkers take one by one."""

from __future__ import annotations

from google.protobuf.descriptor_pb2 import FileDescriptorProto

from tests.generator.protos import file

_TYPES = (
    "Part",
    "bool",
    "google.protobuf.Timestamp",
    "map<string, Part>",
    "repeated string",
    "string",
)


def large_messages() -> FileDescriptorProto:
    """A file with a message of 200 fields."""
    members = (f"Part m{number} = {number};" for number in range(1, 61))
    others = (f"{_TYPES[number % len(_TYPES)]} f{number} = {number};" for number in range(61, 201))
    return file(
        f"""
        message Part {{ string name = 1; }}
        message Large {{ oneof choice {{ {" ".join(members)} }} {" ".join(others)} }}
        """,
        # And protoc makes a module of this, too.
        name="größe/riesig.proto",
        imports=["google/protobuf/timestamp.proto"],
    )
