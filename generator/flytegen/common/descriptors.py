"""Questions to protobuf's descriptors that protobuf itself does not answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FileDescriptor


def top_level(file: FileDescriptor) -> list[Descriptor | EnumDescriptor]:
    """The messages and enums of a file that are not nested, in the order of the file."""
    return [*file.message_types_by_name.values(), *file.enum_types_by_name.values()]


def nested(message: Descriptor) -> list[Descriptor | EnumDescriptor]:
    """The enums and messages inside of a message, without the entries of its maps."""
    return [*nested_enums(message), *nested_messages(message)]


def nested_messages(message: Descriptor) -> list[Descriptor]:
    """The messages inside of a message, without the entries of its maps."""
    return [item for item in message.nested_types if not item.GetOptions().map_entry]


def nested_enums(message: Descriptor) -> list[EnumDescriptor]:
    """The enums inside of a message."""
    return list(message.enum_types)


def walk(file: FileDescriptor) -> Iterator[Descriptor | EnumDescriptor]:
    """Every message and enum of a file, nested ones after what holds them."""
    pending = deque(top_level(file))
    while pending:
        item = pending.popleft()
        yield item
        if isinstance(item, Descriptor):
            pending.extendleft(reversed(nested(item)))
