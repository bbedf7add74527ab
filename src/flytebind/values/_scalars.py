"""Single Python values into the messages of scalars."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import PurePath
from types import NoneType

from flyteidl.core import literals_pb2

from flytebind.models.core.types import (
    EnumType,
    Error,
    SimpleType,
)
from flytebind.runtime.convert import write_duration, write_timestamp
from flytebind.runtime.fields import did_you_mean
from flytebind.values._leaves import is_text
from flytebind.values._mismatch import Mismatch, expected
from flytebind.values._names import simple_name
from flytebind.values._plain import aware, unboxed, valid_text

# A range would look through all its numbers for a subclass of int.
_MIN_INT64, _MAX_INT64 = -(2**63), 2**63 - 1
_FITTING: Mapping[SimpleType, type] = {
    SimpleType.INTEGER: int,
    SimpleType.FLOAT: float,
    SimpleType.STRING: str,
}
_TIMESTAMP_SECONDS = range(-62_135_596_800, 253_402_300_800)  # the years 1 to 9999
_DURATION_SECONDS = range(-315_576_000_000, 315_576_000_001)  # 10,000 years, says protobuf


def write_simple(pb: literals_pb2.Scalar, value: object, simple: SimpleType) -> None:
    """Store a value of a type without parameters.

    Raises:
        Mismatch: If it does not fit.
    """
    primitive = pb.primitive
    match simple, value:
        case SimpleType.NONE, None:
            pb.none_type.SetInParent()
        case SimpleType.BOOLEAN, bool():
            primitive.boolean = value
        case SimpleType.INTEGER, int() if not isinstance(value, bool):
            if not _MIN_INT64 <= value <= _MAX_INT64:
                raise expected("an int of 64 bits", value)
            primitive.integer = value
        case SimpleType.FLOAT, float() | int() if not isinstance(value, bool):
            primitive.float_value = _exact_float(value)
        case SimpleType.STRING, str():
            primitive.string_value = valid_text(value)
        case SimpleType.DATETIME, date():
            _write_time(pb, value)
        case SimpleType.DURATION, timedelta():
            write_duration(primitive.duration, value)
            if primitive.duration.seconds not in _DURATION_SECONDS:
                raise expected("less than 10,000 years", value)
        case SimpleType.BINARY, bytes():
            pb.binary.value = value
        case SimpleType.ERROR, Error():
            pb.error.CopyFrom(value.to_pb())
        case _:
            own = unboxed(value)
            if own is value:
                raise expected(simple_name(simple), value, _hint(value, simple))
            write_simple(pb, own, simple)


def _hint(value: object, simple: SimpleType) -> str:
    """What to give in place of what does not fit, where that is plain to see."""
    if isinstance(value, enum.Enum):
        fits = isinstance(value.value, _FITTING.get(simple, NoneType))
        return "; give its .value" if fits else ""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    match simple:
        case SimpleType.STRING if is_text(type(value)) or isinstance(value, PurePath):
            return "; give str(it)"
        case SimpleType.INTEGER if isinstance(value, float) and value.is_integer():
            return "; give int(it)"
        case SimpleType.DURATION if is_number:
            return "; give timedelta(seconds=it)"
        case SimpleType.DATETIME if isinstance(value, str):
            return "; give datetime.fromisoformat(it), with a time zone"
        case SimpleType.BINARY if isinstance(value, str):
            return "; give it.encode()"
        case _:
            return ""


def _write_time(pb: literals_pb2.Scalar, value: date) -> None:
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=timezone.utc)
    write_timestamp(pb.primitive.datetime, aware(value))
    if pb.primitive.datetime.seconds not in _TIMESTAMP_SECONDS:
        raise expected("a time in the years 1 to 9999 of UTC", value)


def _exact_float(value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        raise expected("float", value) from None
    if isinstance(value, int) and number != value:
        raise Mismatch(f"{value} is no float without losing digits")
    return number


def enum_text(value: object, enum_type: EnumType) -> str:
    """The text of a member, given as such or as the member.

    Raises:
        Mismatch: If it is none.
    """
    text = value.value if isinstance(value, enum.Enum) else value
    if isinstance(text, str) and text in enum_type.values:
        return text
    near = did_you_mean(text, enum_type.values) if isinstance(text, str) else ""
    raise expected(f"one of {', '.join(map(repr, enum_type.values))}", value, near)
