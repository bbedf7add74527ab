"""Whether a message or an enum is the same here and there, as far as models can tell."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.descriptor import Descriptor, EnumDescriptor

from flytegen.common.digest import digest
from flytegen.common.proto_fields import proto_field


def fingerprint(item: Descriptor | EnumDescriptor) -> str:
    """A digest of what a class is made from.

    Comments, options and the way in which a file was written down have no part in it.
    """
    lines = _fields(item) if isinstance(item, Descriptor) else _values(item)
    return digest(item.full_name, *lines)[:16]


def _fields(message: Descriptor) -> Iterator[str]:
    for descriptor in sorted(message.fields, key=lambda field: field.number):
        field = proto_field(descriptor)
        default = descriptor.default_value if descriptor.has_default_value else ""
        facts = (descriptor.type, descriptor.has_presence, field.oneof, default)
        yield f"{field.declaration} {facts}"


def _values(enum: EnumDescriptor) -> Iterator[str]:
    yield str(enum.is_closed)
    for value in enum.values:
        yield f"{value.name} = {value.number}"
