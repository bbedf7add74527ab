"""The messages that come with protobuf, and what Python has for them."""

from __future__ import annotations

from dataclasses import dataclass

from flytegen.common.code import Name

_TYPING = "flytebind.runtime.typing"


@dataclass(frozen=True)
class Native:
    """A message that Python has a type of its own for."""

    module: str
    type: str
    function: str
    """The part of ``read_*`` and ``write_*`` after the underscore."""
    given: str = ""
    """What a constructor takes, where that is more than what a property gives."""
    takes_text: bool = False
    """A constructor takes text for it."""
    zone: str = ""
    """The time zone of what a property gives, where it gives a time."""


@dataclass(frozen=True)
class Wrapper:
    """A message that boxes a scalar."""

    type: str
    """Python's type of what is in the box."""


#: By full name.
NATIVES = {
    "google.protobuf.Timestamp": Native("datetime", "datetime", "timestamp", zone="UTC"),
    "google.protobuf.Duration": Native("datetime", "timedelta", "duration"),
    "google.protobuf.Struct": Native(_TYPING, "JsonObject", "struct", "JsonMapping"),
    "google.protobuf.Value": Native(_TYPING, "JsonValue", "value", "JsonInput", takes_text=True),
    "google.protobuf.ListValue": Native(_TYPING, "JsonList", "list", "JsonSequence"),
}

#: By full name.
WRAPPERS = {
    f"google.protobuf.{name}Value": Wrapper(type_)
    for type_, names in {
        "float": ("Double", "Float"),
        "int": ("Int64", "UInt64", "Int32", "UInt32"),
        "bool": ("Bool",),
        "str": ("String",),
        "bytes": ("Bytes",),
    }.items()
    for name in names
}

#: Messages that need no model of the package, and the one that the runtime has.
BUILT_IN = {"google.protobuf.Any": Name("flytebind.runtime.any", "AnyMessage")}
