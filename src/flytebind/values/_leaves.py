"""Single values of types that the user names."""

from __future__ import annotations

import base64
import enum
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

from flytebind._transfer.uris import local_path, public
from flytebind.values._handles import RemoteDirectory, RemoteFile, RemoteTable
from flytebind.values._mismatch import Mismatch, expected
from flytebind.values._refine import exact_int, read_datetime, read_timedelta


def _bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise expected("bool", value)


def _int(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():  # Structs hold no other numbers
        return exact_int(value)
    raise expected("int", value)


def _float(value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    raise expected("float", value)


def _str(value: object) -> str:
    if isinstance(value, str):
        return value
    raise expected("str", value)


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    # In a Struct they are lines of base64; no other text ends so by chance.
    if isinstance(value, str) and (not value or value.endswith("\n")):
        try:
            return base64.b64decode(value.replace("\n", ""), validate=True)
        except ValueError:
            pass
    raise expected("bytes", value)


def _datetime(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, str):
        return read_datetime(value)
    raise expected("datetime", value)


def _date(value: object) -> date:
    """Days travel as their midnight in UTC, or as text."""
    if isinstance(value, str):
        value = read_datetime(value)
    if isinstance(value, datetime):
        value = value.astimezone(timezone.utc)
        if value.time() == datetime.min.time():
            return value.date()
    raise expected("date", value)


def _time(value: object) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str):
        try:
            # Before Python 3.11, fromisoformat does not know Z.
            return time.fromisoformat(value[:-1] + "+00:00" if value.endswith("Z") else value)
        except ValueError:
            pass
    raise expected("time in ISO 8601", value)


def _timedelta(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return read_timedelta(value)
    raise expected("timedelta", value)


def _path(value: object) -> Path:
    if isinstance(value, str):
        return Path(value)
    if isinstance(value, (RemoteFile, RemoteDirectory)):
        path = local_path(value.uri)
        if path is not None:
            return path
        raise Mismatch(
            f"{public(value.uri)} is elsewhere; take it as {type(value).__name__} and download()"
        )
    raise expected("Path", value)


#: What makes each of the simple types of a plain value.
LEAVES: Mapping[object, Callable[[object], object]] = {
    bool: _bool,
    int: _int,
    float: _float,
    str: _str,
    bytes: _bytes,
    datetime: _datetime,
    date: _date,
    time: _time,
    timedelta: _timedelta,
    Path: _path,
}

#: Classes that are written as their text, and made of it. By name: few programs import them.
_TEXTS = frozenset(
    {
        "decimal.Decimal",
        "fractions.Fraction",
        "ipaddress.IPv4Address",
        "ipaddress.IPv4Interface",
        "ipaddress.IPv4Network",
        "ipaddress.IPv6Address",
        "ipaddress.IPv6Interface",
        "ipaddress.IPv6Network",
        "uuid.UUID",
        "zoneinfo.ZoneInfo",
    }
)


def is_text(cls: type) -> bool:
    """Whether values of a class are written as their text."""
    return any(f"{base.__module__}.{base.__qualname__}" in _TEXTS for base in cls.__mro__)


def of_text(value: object, cls: type) -> object:
    """A value of a class that is written as its text.

    Raises:
        Mismatch: If it is no such text.
    """
    if isinstance(value, cls):
        return value
    if isinstance(value, str):
        make: Callable[[str], object] = cls
        try:
            return make(value)
        except (ArithmeticError, LookupError, ValueError):
            pass
    raise expected(f"text of {cls.__name__}", value)


def simple_base(cls: type) -> type | None:
    """The number, text or bytes that a class of somebody's own is a kind of."""
    return next((base for base in (int, float, str, bytes) if issubclass(cls, base)), None)


def of_base(value: object, cls: type, base: type) -> object:
    """A value of somebody's own class of numbers, text or bytes.

    Raises:
        Mismatch: If it is no number, text or bytes, or the class does not take it.
    """
    plain = LEAVES[base](value)
    make: Callable[[object], object] = cls
    try:
        return make(plain)
    except Exception:  # anybody's code
        raise expected(cls.__name__, value) from None


def number_of(text: str) -> object:
    """The number or flag that a key of a Struct stands for; the text itself if it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def choice(value: object, choices: Sequence[object]) -> object:
    """One of the values of a ``typing.Literal``.

    Raises:
        Mismatch: If it is none of them.
    """
    for known in choices:
        plain = known.value if isinstance(known, enum.Enum) else known
        if type(plain) is type(value) and plain == value:
            return known
    raise expected(f"one of {', '.join(map(repr, choices))}", value)


def member(value: object, cls: type[enum.Enum]) -> enum.Enum:
    """A member of an enum, by its value.

    Raises:
        Mismatch: If there is no such member.
    """
    for known in cls:
        if type(known.value) is type(value) and known.value == value:
            return known
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        # Enums may know values that are not listed: flags, and those with a _missing_.
        try:
            return cls(value)
        except Exception:  # anybody's code
            pass
    values = ", ".join(repr(known.value) for known in cls)
    raise expected(f"a value of {cls.__name__} ({values})", value)


def handle(value: object, cls: type) -> object:
    """A handle, as such or from the dict that flytekit packs it as inside dataclasses.

    Raises:
        Mismatch: If it is neither.
    """
    if isinstance(value, cls):
        return value
    if isinstance(value, Mapping):
        uri = value.get("uri" if cls is RemoteTable else "path")
        if cls is RemoteTable and isinstance(uri, str):
            return RemoteTable(uri, str(value.get("file_format") or ""))
        if cls in (RemoteFile, RemoteDirectory) and isinstance(uri, str):
            return cls(uri)
    raise expected(cls.__name__, value)
