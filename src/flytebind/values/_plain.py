"""From Python objects to the plain values that are packed."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence, Set as AbstractSet
from datetime import date, datetime, timedelta
from pathlib import PurePath
from typing import Any

from flytebind.values._handles import HANDLES, RemoteDirectory, RemoteFile, RemoteTable
from flytebind.values._mismatch import Mismatch, described, expected

#: What MessagePack has room for. No range, which would look through all its numbers for a subclass
#: of int.
_MIN_INTEGER, _MAX_INTEGER = -(2**63), 2**64 - 1


def plain_record(value: object) -> dict[object, object]:
    """A mapping, or an object with named fields, as a dict of plain values.

    Times become ISO 8601 text and lengths of time seconds, as flytekit packs them.

    Raises:
        Mismatch: If it is something else, or holds what cannot be packed.
    """
    if isinstance(value, Mapping):
        return _plain_entries(value)
    fields = _fields(value)
    if fields is None:
        raise expected("a mapping, a dataclass or a model", value)
    return _plain_fields(fields)


def aware(value: datetime) -> datetime:
    """Refuse a datetime without a time zone.

    Raises:
        Mismatch: If it has none.
    """
    if value.utcoffset() is None:
        raise Mismatch(
            f"{value.isoformat()} has no time zone, so nobody can tell which moment it means; "
            "give it one, such as tzinfo=timezone.utc"
        )
    return value


def valid_text(text: str) -> str:
    """Refuse text that is not Unicode.

    Raises:
        Mismatch: If it holds half of a surrogate pair.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Mismatch(f"not Unicode text: {error.reason}") from None
    return text


def _plain(value: object) -> object:
    if value is None or isinstance(value, (bool, bytes)):
        return value
    if isinstance(value, enum.Enum):
        return _plain(value.value)
    if isinstance(value, str):
        return valid_text(value)
    if isinstance(value, int):
        if not _MIN_INTEGER <= value <= _MAX_INTEGER:
            raise Mismatch(f"expected an int of 64 bits, got {described(value)}")
        return value
    if isinstance(value, float):
        return value
    if isinstance(value, Mapping):
        return _plain_entries(value)
    # flytekit takes a NamedTuple inside something else for a list.
    if isinstance(value, (Sequence, AbstractSet)):
        return _plain_items(value)
    if (fields := _fields(value)) is not None:
        return _plain_fields(fields)
    return _plain_leaf(value)


def _plain_leaf(value: object) -> object:
    if isinstance(value, datetime):
        return aware(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, PurePath):
        return valid_text(str(value))
    # As flytekit packs its files and tables when they are part of a dataclass.
    if isinstance(value, (RemoteFile, RemoteDirectory)):
        return {"path": value.uri}
    if isinstance(value, RemoteTable):
        return {"uri": value.uri, "file_format": value.format}
    raise Mismatch(f"there is no way to pack {described(value)}")


def _fields(value: Any) -> Mapping[str, object] | None:
    """What a pydantic model, dataclass or NamedTuple holds by name; None for anything else."""
    if isinstance(value, (type, *HANDLES)):
        return None
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        dumped = _dumped(dump)
        return dumped if isinstance(dumped, Mapping) else None
    if hasattr(value, "__dataclass_fields__"):
        from dataclasses import fields

        return {field.name: getattr(value, field.name) for field in fields(value)}
    names: Iterable[str] | None = getattr(value, "_fields", None)
    if isinstance(value, tuple) and names is not None:
        return dict(zip(names, value, strict=True))
    return None


def _dumped(dump: Callable[..., object]) -> object:
    try:
        return dump(mode="json")
    except RecursionError:
        raise
    except Exception as error:  # a model may hold anybody's code
        raise Mismatch(f"the model cannot be dumped: {error}") from error


def _plain_entries(entries: Mapping[Any, object]) -> dict[object, object]:
    made: dict[object, object] = {}
    for key, item in entries.items():
        plain_key = _plain(key)
        if isinstance(plain_key, (dict, list)):
            raise expected("a plain key", key)
        if plain_key in made:
            raise Mismatch(f"two keys are packed as {described(plain_key)}")
        try:
            made[plain_key] = _plain(item)
        except Mismatch as mismatch:
            mismatch.inside(f"[{key!r}]")
            raise
    return made


def _plain_fields(fields: Mapping[str, object]) -> dict[object, object]:
    made: dict[object, object] = {}
    for name, item in fields.items():
        try:
            made[name] = _plain(item)
        except Mismatch as mismatch:
            mismatch.inside(f".{name}")
            raise
    return made


def _plain_items(items: Iterable[object]) -> list[object]:
    made: list[object] = []
    try:
        for item in items:
            made.append(_plain(item))  # noqa: PERF401
    except Mismatch as mismatch:
        mismatch.inside(f"[{len(made)}]")
        raise
    return made
