"""Messages with every field set, made from descriptors: the same ones in every run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import count, cycle
from typing import Any

from flyteidl.core.identifier_pb2 import Identifier
from google.protobuf.any_pb2 import Any as AnyProto
from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor, OneofDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from flytebind.runtime.fields import is_map, is_repeated, map_entry
from tests.support.messages import (
    ModelClass,
    descriptor_of,
    element,
    new_message,
    plain_fields,
    real_oneofs,
    walk,
)

_DEPTH = 4  # Deeper messages are present but empty: recursive ones must end somewhere.

# A varint and a string, with field numbers that no message of flyteidl has.
_UNKNOWN = (b"\xf8\xff\xff\xff\x0f\x2a", b"\xf2\xff\xff\xff\x0f\x03new")
UNKNOWN_FIELDS = b"".join(_UNKNOWN)
UNKNOWN_FIELDS_REVERSED = b"".join(reversed(_UNKNOWN))

# Texts that constructors do not take as they come, by field.
_TEXTS = {"flyteidl.core.Secret.env_var": "ENV_VAR_{}"}


def fillings(model_class: ModelClass) -> Iterator[Message]:
    """A message for each member of its oneofs, with every field set that can be set beside it."""
    members = [len(oneof.fields) for oneof in real_oneofs(descriptor_of(model_class))]
    for turn in range(max(members, default=1)):
        message = new_message(model_class)
        Filler(turn).fill(message, _DEPTH)
        yield message


def add_unknown_fields(message: Message, fields: bytes = UNKNOWN_FIELDS) -> None:
    """Give a message, and each one inside of it, fields that its descriptor does not know."""
    for part in list(walk(message)):
        part.MergeFromString(fields)


def use_unknown_enum_numbers(message: Message) -> set[int]:
    """Give each enum in a message a number without a name; returns the numbers used.

    Closed enums, which take none, keep theirs.
    """
    numbers = cycle((12_345, -12_345))
    used: set[int] = set()
    for part in walk(message):
        for field, value in part.ListFields():
            enum = element(field).enum_type
            if enum is None or enum.is_closed or enum.full_name == "google.protobuf.NullValue":
                continue
            if is_map(field):
                for key in value:
                    value[key] = next(numbers)
                used.update(value.values())
            elif is_repeated(field):
                value[:] = [next(numbers) for _ in value]
                used.update(value)
            else:
                setattr(part, field.name, next(numbers))
                used.add(getattr(part, field.name))
    return used


class Filler:
    """Sets fields to values that tell where they are from, no two alike.

    A oneof gets its next member each time that it is met, beginning at ``turn``.
    """

    def __init__(self, turn: int) -> None:
        self._turn = turn
        self._met: Counter[str] = Counter()
        self._numbers = count(1)

    def fill(self, message: Message, depth: int) -> None:
        descriptor = message.DESCRIPTOR
        for oneof in real_oneofs(descriptor):
            self._set(message, self._member(oneof), depth)
        for field in plain_fields(descriptor):
            if self._is_wanted(field):
                self._set(message, field, depth)

    def _is_wanted(self, field: FieldDescriptor) -> bool:
        return True

    def _member(self, oneof: OneofDescriptor) -> FieldDescriptor:
        turn = self._turn + self._met[oneof.full_name]
        self._met[oneof.full_name] += 1
        return oneof.fields[turn % len(oneof.fields)]

    def _set(self, message: Message, field: FieldDescriptor, depth: int) -> None:
        slot = getattr(message, field.name)
        if is_map(field):
            key, value = map_entry(field)
            for _ in range(2):
                self._set_entry(slot, self._scalar(key), value, depth)
        elif is_repeated(field):
            for _ in range(2):
                if field.message_type is not None:
                    self._message(slot.add(), depth)
                else:
                    slot.append(self._scalar(field))
        elif field.message_type is not None:
            self._message(slot, depth)
        else:
            setattr(message, field.name, self._scalar(field))

    def _set_entry(self, entries: Any, key: object, value: FieldDescriptor, depth: int) -> None:
        if value.message_type is not None:
            self._message(entries[key], depth)
        else:
            entries[key] = self._scalar(value)

    def _message(self, message: Message, depth: int) -> None:
        message.SetInParent()  # A message counts as set even where nothing in it is.
        if isinstance(message, Timestamp):
            message.seconds = 1_700_000_000 + next(self._numbers)
            message.nanos = next(self._numbers) * 1000  # What a datetime can hold.
        elif isinstance(message, Duration):
            number = next(self._numbers)
            sign = 1 if number % 2 else -1
            message.seconds = sign * number
            message.nanos = sign * number * 1000
        elif isinstance(message, Struct):
            message.update(self._json())
        elif isinstance(message, AnyProto):
            message.Pack(Identifier(name=f"packed-{next(self._numbers)}"), deterministic=True)
        elif depth:
            self.fill(message, depth - 1)

    def _json(self) -> dict[str, Any]:
        number = next(self._numbers)
        leaves = {
            "text": f"{number}",
            "whole": number,
            "half": number / 2,
            "no": False,
            "none": None,
        }
        return {**leaves, "list": [number, [], {}, dict(leaves)], "struct": dict(leaves)}

    def _scalar(self, field: FieldDescriptor) -> Any:
        number = next(self._numbers)
        if field.enum_type is not None:
            return self._enum_number(field.enum_type, number)
        if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
            return True
        if field.type == FieldDescriptor.TYPE_BYTES:
            return bytes([0, 255, number % 256])
        if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
            return _TEXTS.get(field.full_name, f"{field.name}-{{}}").format(number)
        if field.cpp_type in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
            return number + 0.5
        return number

    def _enum_number(self, enum: EnumDescriptor, number: int) -> int:
        # Zero is not set. An enum that has nothing else is given a number without a name.
        numbers = [value.number for value in enum.values if value.number] or [1]
        return numbers[number % len(numbers)]
