"""What the models, clients and servicers of a file refer to."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FileDescriptor

from flytegen.common.descriptors import walk
from flytegen.common.proto_fields import element_of
from flytegen.common.well_known import BUILT_IN

#: The full name of a field or an RPC, and a message or an enum that it refers to.
Use = tuple[str, Descriptor | EnumDescriptor]


def uses_of_file(file: FileDescriptor) -> Iterator[Use]:
    """All that a file refers to, and that needs a class of its own."""
    for item in walk(file):
        if isinstance(item, Descriptor):
            yield from uses_of_message(item)
    for service in file.services_by_name.values():
        for method in service.methods:
            for message in (method.input_type, method.output_type):
                if message.full_name not in BUILT_IN:
                    yield method.full_name, message


def uses_of_message(message: Descriptor) -> Iterator[Use]:
    """What the fields of a message refer to."""
    for field in message.fields:
        used = element_of(field)
        if isinstance(used, (Descriptor, EnumDescriptor)) and used.full_name not in BUILT_IN:
            yield field.full_name, used
