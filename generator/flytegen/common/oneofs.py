"""The oneofs that people wrote into a .proto, told from those that protoc adds."""

from __future__ import annotations

from functools import lru_cache

from google.protobuf.descriptor import Descriptor, FieldDescriptor, OneofDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto


def written_oneofs(message: Descriptor) -> list[OneofDescriptor]:
    """The oneofs of a message, without those that stand behind ``optional`` fields."""
    return [oneof for oneof in message.oneofs if not _is_synthetic(oneof)]


def oneof_of(field: FieldDescriptor) -> str:
    """The name of the oneof that the .proto has a field in; empty outside of one."""
    oneof = field.containing_oneof
    return "" if oneof is None or _is_synthetic(oneof) else oneof.name


def _is_synthetic(oneof: OneofDescriptor) -> bool:
    # Its name tells nothing: people may call one like that, and protoc another if that is taken.
    return len(oneof.fields) == 1 and oneof.fields[0].name in _optional_fields(
        oneof.containing_type
    )


@lru_cache
def _optional_fields(message: Descriptor) -> frozenset[str]:
    proto = DescriptorProto()
    message.CopyToProto(proto)
    return frozenset(field.name for field in proto.field if field.proto3_optional)
