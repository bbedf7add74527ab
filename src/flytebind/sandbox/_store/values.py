"""Values as Python has them, as the database stores them, and as filters write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TypeAlias

from flytebind.sandbox._store.errors import unknown
from flytebind.sandbox._store.tables import Kind

Value: TypeAlias = str | int | bytes | datetime | timedelta | None
"""What a column takes."""
Stored: TypeAlias = str | int | bytes | None
"""What the database keeps."""

_INT64 = range(-(2**63), 2**63)
_MICROSECOND = timedelta(microseconds=1)


def stored(value: Value) -> Stored:
    """A value as the database keeps it.

    Raises:
        ValueError: If it is a naive ``datetime``.
        StatusError: UNKNOWN for a text with a NUL, as PostgreSQL has it.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"the store takes aware times, not the naive {value.isoformat()}")
        in_utc = value.astimezone(timezone.utc).replace(tzinfo=None)
        return in_utc.isoformat(timespec="microseconds") + "Z"
    if isinstance(value, str) and "\0" in value:
        raise unknown("a text with a NUL is none for a database")
    if isinstance(value, timedelta):
        return value // _MICROSECOND * 1000
    return value


def parse(kind: Kind, text: str) -> Stored:
    """A value from the text of a filter, as a column of this kind stores it.

    Raises:
        ValueError: If the text does not fit; the message says what would.
    """
    return _PARSERS[kind](text)


def _text(text: str) -> str:
    if "\0" in text:
        raise ValueError("there is a NUL in it")
    return text


def _integer(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,19}", text) or int(text) not in _INT64:
        raise ValueError("an integer of 64 bits is wanted")
    return int(text)


_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|(-[0-9]{2}:[0-9]{2}))?)?"
)


def _time(text: str) -> Stored:
    form = _TIME.fullmatch(text)
    if form is None:
        raise ValueError("a time as in RFC 3339 is wanted, such as 2026-01-02T03:04:05.678Z")
    day, clock, fraction, offset = form.groups()
    # Cut to microseconds, as stored times are: a time that was stored equals its own text.
    fraction = (fraction or "").ljust(6, "0")[:6]
    try:
        whole = f"{day}T{clock or '00:00:00'}.{fraction}{offset or '+00:00'}"
        return stored(datetime.fromisoformat(whole))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"there is no such time: {error}") from None


_NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,  # the micro sign
    "μs": 10**3,  # the Greek letter; people type either
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_NUMBER = r"[0-9]{1,19}(?:\.[0-9]*)?|\.[0-9]+"
_SECONDS = re.compile(rf"-?(?:{_NUMBER})")
_STEP = re.compile(rf"({_NUMBER})({'|'.join(sorted(_NANOSECONDS, key=len, reverse=True))})")
_STEPS = re.compile(rf"(-?)((?:(?:{_NUMBER})(?:{'|'.join(_NANOSECONDS)}))+)")


def _duration(text: str) -> int:
    if _SECONDS.fullmatch(text):
        nanoseconds = Decimal(text) * 10**9
    elif form := _STEPS.fullmatch(text):
        steps = _STEP.findall(form[2])
        nanoseconds = sum(
            (Decimal(number) * _NANOSECONDS[unit] for number, unit in steps), Decimal()
        )
        nanoseconds = -nanoseconds if form[1] else nanoseconds
    else:
        raise ValueError("a duration is wanted: seconds such as 90 or 1.5, or 1h30m, 250ms")
    if int(nanoseconds) not in _INT64:
        raise ValueError("the duration is too long")
    return int(nanoseconds)


def _blob(text: str) -> Stored:
    return text.encode()


_PARSERS: Mapping[Kind, Callable[[str], Stored]] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.TIME: _time,
    Kind.DURATION: _duration,
    Kind.BLOB: _blob,
}
