"""Protobuf's names that generated code cannot write after a dot.

Protobuf takes any identifier for a name, Python does not: ``pb.class`` is no expression, ``pb.__x``
in a class body means another attribute, and ``pb.Extensions`` is somebody else's.
"""

from __future__ import annotations

import keyword

from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.message import Message

from flytegen.common.proto_fields import Element, ProtoField

_MEMBERS_OF_CLASS = frozenset(name for name in (*dir(type), *dir(Message)) if name.startswith("__"))
_MEMBERS_OF_MODULE = frozenset(
    (
        "__annotations__", "__builtins__", "__class__", "__dict__", "__file__", "__getattr__",
        "__loader__", "__name__", "__package__", "__path__", "__spec__",
    )
)  # fmt: skip
_MEMBERS = frozenset(dir(Message)) | {"Extensions"}

#: What models call on messages.
_NEEDED = frozenset(
    (
        "ByteSize", "ClearField", "CopyFrom", "DESCRIPTOR", "FindInitializationErrors", "HasField",
        "IsInitialized", "ListFields", "MergeFromString", "SerializePartialToString",
        "SerializeToString", "SetInParent", "WhichOneof",
    )
)  # fmt: skip


def is_fatal(name: str, is_nested: bool = False) -> bool:
    """Whether a message class cannot work with a field, or a nested message, of this name.

    Protobuf finds a field before a method; a nested class takes the method's place altogether.
    """
    return name in _NEEDED or (is_nested and name in _MEMBERS_OF_CLASS)


def is_lost(class_name: str) -> bool:
    """Whether a message class of this name cannot be had from its module.

    Python finds what a module is, and where it comes from, before what is in it.
    """
    return class_name in _MEMBERS_OF_MODULE


def is_unwritable(field: ProtoField) -> bool:
    """Whether a field cannot be written after a dot."""
    return keyword.iskeyword(field.name) or has_no_stub(field.name) or _is_closed(field.element)


def _is_closed(element: Element) -> bool:
    """Whether it is an enum of protobuf's own, whose stub takes no members of ours."""
    return isinstance(element, EnumDescriptor) and element.file.name.startswith("google/protobuf/")


def has_no_stub(field_name: str) -> bool:
    """Whether a field is at odds with its own class in a stub."""
    # A stub imports what it needs under names with an underscore, and a field would replace it.
    return field_name.startswith("_") or field_name in _MEMBERS
