"""Whether a message or an enum is the same here and there, as far as models can tell."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.descriptor import Descriptor, EnumDescriptor

from flytegen.common.descriptors import declaration, real_oneof
from flytegen.common.digest import digest


def fingerprint(item: Descriptor | EnumDescriptor) -> str:
    """A digest of what a class is made from.

    Comments, options and the way in which a file was written down have no part in it.
    """
    lines = _fields(item) if isinstance(item, Descriptor) else _values(item)
    return digest(item.full_name, *lines)[:16]


def _fields(message: Descriptor) -> Iterator[str]:
    for field in sorted(message.fields, key=lambda field: field.number):
        oneof = real_oneof(field)
        default = field.default_value if field.has_default_value else ""
        facts = (field.type, field.has_presence, oneof.name if oneof else "", default)
        yield f"{declaration(field)} {facts}"


def _values(enum: EnumDescriptor) -> Iterator[str]:
    yield str(enum.is_closed)
    for value in enum.values:
        yield f"{value.name} = {value.number}"
