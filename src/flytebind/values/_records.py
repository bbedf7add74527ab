"""What dataclasses, NamedTuples and TypedDicts have in common: named, typed fields."""

from __future__ import annotations

import functools
import typing
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from flytebind.values._mismatch import Mismatch


class Record(NamedTuple):
    """A class with named fields.

    Attributes:
        name: Its name.
        fields: The types of the fields that can be given, by name and in order.
        required: The fields that must be given.
        make: Makes one.
        ordered: Whether a sequence of its fields is one as well.
    """

    name: str
    fields: Mapping[str, object]
    required: Collection[str]
    make: Callable[..., object]
    ordered: bool = False


def record_of(hint: object) -> Record | None:
    """The record that a class is; None for another type.

    Raises:
        Mismatch: If the annotations of the class cannot be resolved.
    """
    cls = typing.get_origin(hint) or hint
    record = _record(cls) if isinstance(cls, type) else None
    if record is None or not (arguments := typing.get_args(hint)):
        return record
    known: dict[object, object] = dict(
        zip(getattr(cls, "__parameters__", ()), arguments, strict=False)
    )
    fields = {name: _substituted(hint, known) for name, hint in record.fields.items()}
    return record._replace(fields=fields)


@functools.lru_cache(maxsize=256)
def _record(cls: type) -> Record | None:
    if hasattr(cls, "__dataclass_fields__"):
        return _dataclass(cls)
    names: Sequence[str] | None = getattr(cls, "_fields", None)
    if issubclass(cls, tuple) and names is not None:
        hints = _hints(cls)
        fields = {name: hints.get(name, Any) for name in names}
        defaults = getattr(cls, "_field_defaults", {})
        required = [name for name in fields if name not in defaults]
        return Record(cls.__qualname__, fields, required, cls, ordered=True)
    keys: Collection[str] | None = getattr(cls, "__required_keys__", None)
    if issubclass(cls, dict) and keys is not None:
        return Record(cls.__qualname__, _hints(cls), keys, dict)
    return None


def _dataclass(cls: type) -> Record:
    from dataclasses import MISSING, fields

    hints = _hints(cls)
    given = [field for field in fields(cls) if field.init]
    required = [
        field.name
        for field in given
        if field.default is MISSING and field.default_factory is MISSING
    ]
    types = {field.name: hints.get(field.name, Any) for field in given}
    return Record(cls.__qualname__, types, required, cls)


def _substituted(hint: Any, known: Mapping[object, object]) -> object:
    """A type with its parameters replaced: ``list[int]`` for ``list[T]``."""
    if isinstance(hint, typing.TypeVar):
        return known.get(hint, hint)
    parameters = getattr(hint, "__parameters__", ())
    if not parameters or isinstance(hint, type):
        return hint
    return hint[tuple(known.get(parameter, parameter) for parameter in parameters)]


def _hints(cls: type) -> dict[str, Any]:
    try:
        return typing.get_type_hints(cls)
    except Exception as error:  # annotations are anybody's code
        raise Mismatch(
            f"the annotations of {cls.__qualname__} cannot be resolved: {error}"
        ) from error
