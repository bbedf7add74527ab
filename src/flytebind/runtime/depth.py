"""How deep messages nest that protobuf refuses to read for it."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

from flytebind.runtime.model import Model

#: How many messages protobuf reads inside each other.
LIMIT = 100

_LONGEST = 63
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


def unreadable(data: bytes, kind: type[Model[Any]]) -> str:
    """Why bytes cannot be read, in words: ``is no LiteralMap``.

    Args:
        data: What was to be read.
        kind: The model of the message.
    """
    name = kind.__qualname__
    try:
        found = _depth(data, kind._pb_type().DESCRIPTOR)
    except (IndexError, ValueError):
        return f"is no {name}"
    if found <= LIMIT:
        return f"is no {name}"
    return f"nests {found} messages inside each other, and protobuf reads at most {LIMIT}"


def depth(message: Message) -> int:
    """How many messages a message has inside each other."""
    return _depth(message.SerializeToString(), message.DESCRIPTOR)


def _depth(data: bytes, descriptor: Any) -> int:
    """How many messages are inside each other at the deepest place, without the outermost one.

    Raises:
        IndexError, ValueError: If it is no message of this kind.
    """
    deepest = 0
    waiting = [(0, len(data), descriptor, 0)]
    while waiting:
        at, end, kind, depth = waiting.pop()
        deepest = max(deepest, depth)
        while at < end:
            tag, at = _varint(data, at)
            number, wire_type = tag >> 3, tag & 7
            if wire_type == _VARINT:
                _, at = _varint(data, at)
            elif wire_type == _FIXED64:
                at += 8
            elif wire_type == _FIXED32:
                at += 4
            elif wire_type == _LENGTH:
                size, at = _varint(data, at)
                field = kind.fields_by_number.get(number)
                if field is not None and field.message_type is not None:
                    waiting.append((at, at + size, field.message_type, depth + 1))
                at += size
            else:
                raise ValueError(f"there is no wire type {wire_type} here")
        if at > end:
            raise ValueError("a message ends in the middle of a field")
    return deepest


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at a place, and the place behind it."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > _LONGEST:
            raise ValueError("a number does not end")
