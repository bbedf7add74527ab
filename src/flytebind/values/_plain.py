"""From Python objects to the plain values that are packed."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence, Set as AbstractSet
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import PurePath
from types import NoneType
from typing import Any

from flytebind.values._flytekit import given, stored_kind
from flytebind.values._handles import HANDLES, RemoteDirectory, RemoteFile, RemoteTable
from flytebind.values._leaves import is_text
from flytebind.values._mismatch import Mismatch, described, expected

#: What MessagePack has room for. No range, which would look through all its numbers for a subclass
#: of int.
_MIN_INTEGER, _MAX_INTEGER = -(2**63), 2**64 - 1

#: By its own name, mypy thinks that what it gives has no hash.
_class_of: Callable[[object], Any] = type


def plain_record(value: object, wanted: str) -> dict[object, object]:
    """A mapping, or an object with named fields, as a dict of plain values.

    Times become ISO 8601 text and lengths of time seconds, as flytekit packs them.

    Args:
        value: The mapping or object.
        wanted: What errors say that was expected.

    Raises:
        Mismatch: If it is something else, or holds what cannot be packed.
    """
    plain = _record_packer(_class_of(value))
    if plain is None:
        raise expected(wanted, value)
    return plain(value)


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
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Mismatch(f"not Unicode text: {error.reason}") from None
    return text


def unboxed(value: Any) -> object:
    """Python's own number, flag or text in place of one of numpy's; anything else as it is."""
    if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0:
        own = value.item()
        return value if type(own) is type(value) else own  # Python has no long double
    return value


@lru_cache(maxsize=512)
def _packer(cls: Any) -> Callable[[Any], object]:
    """What makes plain values of those of a class."""
    if issubclass(cls, (NoneType, bool, bytes)):
        return _itself
    if issubclass(cls, enum.Enum):
        return lambda value: _plain(value.value)
    if issubclass(cls, str):
        return valid_text
    if issubclass(cls, int):
        return _plain_int
    if issubclass(cls, float):
        return _itself
    if issubclass(cls, Mapping):
        return _plain_entries
    # flytekit takes a NamedTuple inside something else for a list.
    if issubclass(cls, (Sequence, AbstractSet)):
        return _plain_items
    return _record_packer(cls) or _plain_leaf


@lru_cache(maxsize=512)
def _record_packer(cls: Any) -> Callable[[Any], dict[object, object]] | None:
    """The same for what has named fields; None for a class of anything else."""
    if issubclass(cls, Mapping):
        return _plain_entries
    if issubclass(cls, (type, *HANDLES)):
        return None
    if stored_kind(cls):
        return _plain_stored
    if callable(getattr(cls, "model_dump", None)):
        return _plain_model
    if hasattr(cls, "__dataclass_fields__"):
        from dataclasses import fields

        names = [field.name for field in fields(cls)]
        return lambda value: _plain_fields((name, getattr(value, name)) for name in names)
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return lambda value: _plain_fields(zip(value._fields, value, strict=True))
    return None


def _plain(value: object) -> object:
    return _packer(_class_of(value))(value)


def _itself(value: object) -> object:
    return value


def _plain_int(value: int) -> int:
    if not _MIN_INTEGER <= value <= _MAX_INTEGER:
        raise Mismatch(f"expected an int of 64 bits, got {described(value)}")
    return value


def _plain_leaf(value: object) -> object:
    if isinstance(value, datetime):
        return aware(value).isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, PurePath) or is_text(type(value)):
        return valid_text(str(value))
    # As flytekit packs its files and tables when they are part of a dataclass.
    if isinstance(value, (RemoteFile, RemoteDirectory)):
        return {"path": value.uri}
    if isinstance(value, RemoteTable):
        return {"uri": value.uri, "file_format": value.format}
    own = unboxed(value)
    if own is not value:
        return _plain(own)
    raise Mismatch(f"there is no way to pack {described(value)}")


def _plain_stored(value: object) -> dict[object, object]:
    """One of flytekit's files, folders and tables, as flytekit packs it."""
    stored = given(value)
    if isinstance(stored, RemoteTable):
        return {"uri": stored.uri, "file_format": stored.format}
    if isinstance(stored, str):
        return {"path": stored}
    raise Mismatch("a data frame inside something else is not uploaded; give RemoteTable(uri)")


def _plain_model(model: Any) -> dict[object, object]:
    """What pydantic makes of a model, where that has named fields."""
    try:
        dumped = model.model_dump(mode="json")
    except RecursionError:
        raise
    except Exception as error:  # a model may hold anybody's code
        raise Mismatch(f"the model cannot be dumped: {error}") from error
    if not isinstance(dumped, Mapping):
        raise expected("a model with named fields", model)
    return _plain_fields(dumped.items())


def _plain_entries(entries: Mapping[Any, object]) -> dict[object, object]:
    made: dict[object, object] = {}
    for key, item in entries.items():
        plain_key = _plain(key)
        if isinstance(plain_key, (dict, list)):
            raise expected("a plain key", key)
        if plain_key in made:
            raise Mismatch(f"two keys are packed as {described(plain_key)}")
        try:
            made[plain_key] = _packer(_class_of(item))(item)
        except Mismatch as mismatch:
            mismatch.inside(f"[{key!r}]")
            raise
    return made


def _plain_fields(fields: Iterable[tuple[str, object]]) -> dict[object, object]:
    made: dict[object, object] = {}
    for name, item in fields:
        try:
            made[name] = _packer(_class_of(item))(item)
        except Mismatch as mismatch:
            mismatch.inside(f".{name}")
            raise
    return made


def _plain_items(items: Iterable[object]) -> list[object]:
    made: list[object] = []
    try:
        for item in items:
            made.append(_packer(_class_of(item))(item))  # noqa: PERF401
    except Mismatch as mismatch:
        mismatch.inside(f"[{len(made)}]")
        raise
    return made
