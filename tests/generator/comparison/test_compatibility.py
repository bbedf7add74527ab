"""The rules about types, against protobuf itself: one version writes, the other reads."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from flytegen.comparison.compatibility import Form, Judge
from flytegen.comparison.facts import facts_of
from tests.generator.protos import file

INTEGERS = {
    "int32": (-(2**31), 2**31 - 1),
    "sint32": (-(2**31), 2**31 - 1),
    "sfixed32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
    "fixed32": (0, 2**32 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "sint64": (-(2**63), 2**63 - 1),
    "sfixed64": (-(2**63), 2**63 - 1),
    "uint64": (0, 2**64 - 1),
    "fixed64": (0, 2**64 - 1),
}
#: Values that a kind can hold, at its limits and in between. None is the default.
VALUES: dict[str, list[object]] = {
    "bool": [True],
    "E": [1, 7, -3],
    "float": [1.0, 1.5, -2.25],
    "double": [1.0, 1.5, -2.25, 0.1, 1e300],
    "string": ["RED", "7", "ab", "abcd"],
    "bytes": [b"RED", b"7", b"ab", b"\xff\xfe", b"i\xb7\x1d\x79"],
    **{kind: [low or 1, 1, 7, high - 2, high] for kind, (low, high) in INTEGERS.items()},
}
PAIRS = [(old, new) for old, new in product(VALUES, VALUES) if old != new]


def made(kind: str) -> FileDescriptorProto:
    return file(f"message M {{ {kind} a = 1; }} enum E {{ NONE = 0; RED = 1; }}")


def class_of(kind: str) -> type[Message]:
    pool = DescriptorPool()
    pool.Add(made(kind))
    return GetMessageClass(pool.FindMessageTypeByName("acme.M"))


CLASSES = {kind: class_of(kind) for kind in VALUES}


def over_the_wire(old: Message, new: type[Message]) -> Message:
    return new.FromString(old.SerializeToString())


def through_json(old: Message, new: type[Message]) -> Message:
    return json_format.Parse(json_format.MessageToJson(old), new())


def survivors(old: str, new: str, carry: Callable[[Message, type[Message]], Message]) -> list[bool]:
    """For each value, whether it comes out as the same one."""
    found = []
    for value in VALUES[old]:
        try:
            message = carry(CLASSES[old](a=value), CLASSES[new])
        except (DecodeError, UnicodeDecodeError, json_format.ParseError):
            found.append(False)
        else:
            (field,) = message.DESCRIPTOR.fields
            found.append(is_same(value, getattr(message, field.name)))
    return found


def is_same(value: object, read: object) -> bool:
    if isinstance(value, str) and isinstance(read, bytes):
        return value.encode() == read
    if isinstance(value, bytes) and isinstance(read, str):
        return value == read.encode()
    if isinstance(value, str) and isinstance(read, (int, float)):
        return (value, read) == ("RED", 1) or (value.isdigit() and float(value) == read)
    if isinstance(value, (int, float)) and isinstance(read, str):
        return str(value) == read or (value, read) == (1, "RED")
    return value == read


def judged(form: Form, old: str, new: str) -> str:
    facts = facts_of([made(old)]), facts_of([made(new)])
    fields = [item.messages["acme.M"].fields["a"] for item in facts]
    return Judge(*facts, {"acme.E": "acme.E"}).type_change(form, fields[0], fields[1]).level


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_bytes_are_read_as_it_is_said(old: str, new: str) -> None:
    survived = survivors(old, new, over_the_wire)
    level = judged("wire", old, new)
    assert (level == "compatible") == all(survived)
    assert level != "risky" or any(survived)


#: Python takes these for numbers. Other languages refuse them, as the rules of protobuf's JSON do.
TAKEN_BY_PYTHON = {("bool", "float"), ("bool", "double"), ("bool", "E")}


@pytest.mark.parametrize(("old", "new"), [pair for pair in PAIRS if pair not in TAKEN_BY_PYTHON])
def test_json_is_read_as_it_is_said(old: str, new: str) -> None:
    survived = survivors(old, new, through_json)
    level = judged("json", old, new)
    assert (level == "compatible") == all(survived)
    assert level != "risky" or any(survived)
    assert level != "breaking" or not all(survived)
