"""Protobuf's well-known types to and from native Python values.

``read_*`` makes a native value of a message; ``write_*`` stores one into a message that it changes
in place, so that the message counts as set even when the value is its default. They take such a
message, too, as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Protocol, TypeVar, cast

from google.protobuf.descriptor import Descriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import NULL_VALUE, ListValue, Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp

from flytebind.runtime.fields import LIMIT, too_deep
from flytebind.runtime.typing import (
    NULL,
    JsonInput,
    JsonMapping,
    JsonObject,
    JsonSequence,
    JsonValue,
)

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)
_EXACT_INTEGERS = 2**53


def read_timestamp(message: Timestamp) -> datetime:
    """An aware UTC datetime, cut to whole microseconds.

    Raises:
        OverflowError: If the time lies outside the years 1 to 9999.
    """
    # Timestamp.ToDatetime takes more than twice as long; a timedelta of seconds is slower, too.
    try:
        return _EPOCH + _MICROSECOND * (message.seconds * 1_000_000 + message.nanos // 1000)
    except OverflowError:
        raise OverflowError(
            f"a time {message.seconds} s from 1970 is outside of the years 1 to 9999, which Python"
            " has; the message itself has it: to_pb()"
        ) from None


def write_timestamp(message: Timestamp, value: datetime | Timestamp) -> None:
    """Store an aware datetime.

    Raises:
        TypeError: If ``value`` is not a datetime.
        ValueError: If ``value`` is naive: nobody can tell which moment it means.
    """
    if not isinstance(value, datetime):
        if isinstance(value, Timestamp):
            _copy(message, value)
            return
        raise TypeError(f"must be a datetime, not {type(value).__name__}")
    if value.tzinfo is None:
        raise ValueError(
            "must be an aware datetime; give it a time zone, such as tzinfo=timezone.utc"
        )
    since = value - _EPOCH
    message.seconds = since.days * 86_400 + since.seconds
    message.nanos = since.microseconds * 1000


def read_duration(message: Duration) -> timedelta:
    """A timedelta, cut to whole microseconds towards zero.

    Raises:
        OverflowError: If the duration does not fit a timedelta.
    """
    try:
        return _MICROSECOND * (message.seconds * 1_000_000 + int(message.nanos / 1000))
    except OverflowError:
        raise OverflowError(
            f"a duration of {message.seconds} s is longer than Python has one; the message itself"
            " has it: to_pb()"
        ) from None


def write_duration(message: Duration, value: timedelta | Duration) -> None:
    """Store a timedelta.

    Raises:
        TypeError: If ``value`` is not a timedelta.
    """
    if not isinstance(value, timedelta):
        if isinstance(value, Duration):
            _copy(message, value)
            return
        raise TypeError(f"must be a timedelta, not {type(value).__name__}")
    seconds = value.days * 86_400 + value.seconds
    nanos = value.microseconds * 1000
    if seconds < 0 < nanos:  # Both parts of a Duration have the same sign.
        seconds, nanos = seconds + 1, nanos - 1_000_000_000
    message.seconds = seconds
    message.nanos = nanos


def read_struct(message: Struct) -> JsonObject:
    """A plain dict. Whole numbers come back as ``int``, as in protobuf's own JSON."""
    fields = message.fields
    return {key: read_value(fields[key]) for key in fields}


def write_struct(message: Struct, value: JsonMapping, depth: int = 1) -> None:
    """Store a mapping of plain JSON values.

    Args:
        message: Where.
        value: The mapping.
        depth: How many messages this one is in, itself counted.

    Raises:
        TypeError: If a key is not a string, or a value is not plain JSON.
        ValueError: If it nests more deeply than protobuf reads.
    """
    if isinstance(value, Struct):
        _copy(message, value)
        return
    if not isinstance(value, Mapping):
        raise TypeError(f"must be a mapping of JSON values, not {type(value).__name__}")
    message.SetInParent()
    inner = depth + 2  # an entry of a map is a message, too
    if inner > LIMIT:
        _check_depth(inner if value else depth)
    for key, item in value.items():
        if not isinstance(key, str):
            raise TypeError(f"must have text keys, not {type(key).__name__} ({key!r})")
        write_value(message.fields[key], item, inner)


def read_value(message: Value) -> JsonValue:
    """A plain JSON value."""
    kind = message.WhichOneof("kind")
    if kind == "struct_value":
        return read_struct(message.struct_value)
    if kind == "list_value":
        return read_list(message.list_value)
    if kind == "string_value":
        return message.string_value
    if kind == "bool_value":
        return message.bool_value
    if kind == "number_value":
        return _read_number(message.number_value)
    return None


def write_value(message: Value, value: JsonInput, depth: int = 1) -> None:
    """Store a plain JSON value; ``depth`` as above.

    Raises:
        TypeError: If ``value`` is not plain JSON.
        ValueError: If it holds a whole number that a float does not hold for sure, or nests more
            deeply than protobuf reads.
    """
    if value is None or value is NULL:
        message.null_value = NULL_VALUE
    elif isinstance(value, bool):
        message.bool_value = value
    elif isinstance(value, str):
        message.string_value = value
    elif isinstance(value, (int, float)):
        if isinstance(value, int) and abs(value) > _EXACT_INTEGERS:
            shown = f": {value:d}" if value.bit_length() < 256 else ""
            raise ValueError(f"must hold no whole number beyond 2**53: it would be rounded{shown}")
        message.number_value = value
    elif isinstance(value, Mapping):
        write_struct(message.struct_value, value, depth + 1)
    elif isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        write_list(message.list_value, value, depth + 1)
    elif isinstance(value, Value):
        _copy(message, value)
    else:
        raise TypeError(f"must hold plain JSON values, not {type(value).__name__} ({value!r})")


def read_list(message: ListValue) -> list[JsonValue]:
    """A list of plain JSON values."""
    return [read_value(item) for item in message.values]


def write_list(message: ListValue, value: JsonSequence, depth: int = 1) -> None:
    """Store a sequence of plain JSON values; ``depth`` as above.

    Raises:
        TypeError: If ``value`` is text or holds what is not plain JSON.
        ValueError: If it nests more deeply than protobuf reads.
    """
    if isinstance(value, ListValue):
        _copy(message, value)
        return
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError(f"must be a list of JSON values, not {type(value).__name__}")
    message.SetInParent()
    inner = depth + 1
    if inner > LIMIT:
        _check_depth(inner if value else depth)
    for item in value:
        write_value(message.values.add(), item, inner)


def _check_depth(depth: int) -> None:
    if depth > LIMIT:
        raise ValueError(too_deep())


def _copy(message: Message, other: Message) -> None:
    message.SetInParent()
    message.CopyFrom(other)


class Box(Protocol[T_co]):
    """A message that boxes one scalar, such as ``StringValue``."""

    @property
    def value(self) -> T_co:
        """The scalar."""
        ...


def read_wrapper(message: Box[T]) -> T:
    """The scalar in a box, for the boxes in lists and maps."""
    return message.value


def read_choice(message: Message) -> Any:
    """The value of the member of the only oneof that is set; of the first member if none is."""
    oneof = message.DESCRIPTOR.oneofs[0]
    return getattr(message, message.WhichOneof(oneof.name) or oneof.fields[0].name)


def write_choice(message: Message, value: object) -> None:
    """Store a scalar in that member of the only oneof that takes it.

    Raises:
        TypeError: If no member takes it.
    """
    for member in message.DESCRIPTOR.oneofs[0].fields:
        if type(value) is type(member.default_value):
            setattr(message, member.name, value)
            return
    kinds = choices(cast("Descriptor", message.DESCRIPTOR))
    raise TypeError(f"must be {kinds}, not {type(value).__name__} ({value!r})")


def choices(descriptor: Descriptor) -> str:
    """What ``write_choice`` takes, in words."""
    return " or ".join(
        type(member.default_value).__name__ for member in descriptor.oneofs[0].fields
    )


def _read_number(number: float) -> int | float:
    is_whole = number.is_integer() and abs(number) <= _EXACT_INTEGERS
    is_minus_zero = number == 0 and math.copysign(1, number) < 0
    return int(number) if is_whole and not is_minus_zero else number


#: How the fields of each natively read message are written, by the message's full name.
WRITERS: dict[str, Callable[[Any, Any], None]] = {
    "google.protobuf.Timestamp": write_timestamp,
    "google.protobuf.Duration": write_duration,
    "google.protobuf.Struct": write_struct,
    "google.protobuf.Value": write_value,
    "google.protobuf.ListValue": write_list,
}

#: Messages that box one scalar in a field called ``value``.
WRAPPERS = frozenset(
    f"google.protobuf.{scalar}Value"
    for scalar in (
        "Double",
        "Float",
        "Int64",
        "UInt64",
        "Int32",
        "UInt32",
        "Bool",
        "String",
        "Bytes",
    )
)
