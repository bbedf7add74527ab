"""How deep messages nest, and whether protobuf reads them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, cast

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError, Message

from flytebind.runtime.fields import LIMIT, too_deep

_LONGEST = 63
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


def refuse_unreadable(message: Message, data: bytes | None = None) -> None:
    """Refuse a message whose bytes protobuf would write, and not read.

    Args:
        message: The message.
        data: Its bytes, if they are there.

    Raises:
        ValueError: If it nests too deeply.
    """
    descriptor = cast("Descriptor", message.DESCRIPTOR)
    if not _is_endless(descriptor):
        return
    if data is None:
        data = message.SerializePartialToString()
    try:
        type(message)().MergeFromString(data)  # much faster than to count
    except DecodeError:
        raise ValueError(too_deep(_counted(data, descriptor))) from None


def _counted(data: bytes, descriptor: Descriptor) -> int | str:
    try:
        found = depth_of(data, descriptor)
    except (IndexError, ValueError):  # of groups, which are not gone into
        found = 0
    return found if found > LIMIT else "too many"


@cache
def _is_endless(descriptor: Descriptor) -> bool:
    """Whether such a message can nest as deeply as one likes: one of its parts may be in itself."""
    outside = [(descriptor, _parts(descriptor))]
    known = {descriptor.full_name}
    while outside:
        _, parts = outside[-1]
        part = next(parts, None)
        if part is None:
            outside.pop()
        elif part.is_extendable or any(part.full_name == other.full_name for other, _ in outside):
            return True  # what extends a message may be anything
        elif part.full_name not in known:
            known.add(part.full_name)
            outside.append((part, _parts(part)))
    return descriptor.is_extendable or len(known) > LIMIT


def _parts(descriptor: Descriptor) -> Iterator[Descriptor]:
    kinds = (field.message_type for field in descriptor.fields)
    return (kind for kind in kinds if kind is not None)


def depth_of(data: bytes, descriptor: Any) -> int:
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
