"""Going through messages, whatever they are of."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message


def walk(message: Message) -> Iterator[Message]:
    """A message and all that is in it, at any depth."""
    yield message
    for field, value in message.ListFields():
        if field.type != FieldDescriptor.TYPE_MESSAGE:
            continue
        if isinstance(value, Message):
            yield from walk(value)
            continue
        # A map has its values by key; a list has them itself.
        for each in value.values() if hasattr(value, "values") else value:
            if isinstance(each, Message):
                yield from walk(each)
