"""A hash of a message that agrees with protobuf's equality."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

from flytebind.runtime.fields import LIMIT, is_map, is_repeated


def hash_message(message: Message, room: int = LIMIT) -> int:
    """Hash what is set in a message, and in as many messages inside each other as are read.

    Two messages that are equal may differ in their bytes: unknown fields come in any order, and
    -0.0 equals 0.0. So unknown fields stay out of the hash, and floats go in by value.
    """
    parts: list[object] = [message.DESCRIPTOR.full_name]
    if not room:
        return hash(tuple(parts))
    for field, value in message.ListFields():
        if is_map(field):
            parts.append(
                (field.number, frozenset((key, _hashable(value[key], room)) for key in value))
            )
        elif is_repeated(field):
            parts.append((field.number, tuple(_hashable(item, room) for item in value)))
        elif value != 0 or field.has_presence:  # -0.0 is set where 0.0 is not
            parts.append((field.number, _hashable(value, room)))
    return hash(tuple(parts))


def _hashable(value: Any, room: int) -> object:
    if isinstance(value, Message):
        return hash_message(value, room - 1)
    if value != value:  # NaN hashes by identity, and protobuf makes a new object for each read
        return "nan"
    return value
