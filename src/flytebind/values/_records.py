"""What dataclasses, NamedTuples and TypedDicts have in common: named, typed fields."""

from __future__ import annotations

import functools
import typing
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple, TypeGuard

from flytebind.values._mismatch import Mismatch


class Record(NamedTuple):
    """A class with named fields.

    Attributes:
        name: Its name.
        fields: The types of the fields that can be given, by name and in order.
        required: The fields that must be given.
        make: Makes one.
        positional: Whether ``make`` takes all fields in their order, too, which is much faster.
        ordered: Whether a sequence of its fields is one as well.
    """

    name: str
    fields: Mapping[str, object]
    required: Collection[str]
    make: Callable[..., object]
    positional: bool
    ordered: bool = False


def is_record(cls: object) -> TypeGuard[type]:
    """Whether it is such a class."""
    return isinstance(cls, type) and (
        hasattr(cls, "__dataclass_fields__")
        or (issubclass(cls, tuple) and hasattr(cls, "_fields"))
        or (issubclass(cls, dict) and hasattr(cls, "__required_keys__"))
    )


def record_of(hint: object) -> Record:
    """The record that a class is, perhaps one with arguments.

    Raises:
        Mismatch: If the annotations of the class cannot be resolved.
    """
    cls = typing.get_origin(hint) or hint
    record = _record(cls)
    arguments = typing.get_args(hint)
    if not arguments:
        return record
    known: dict[object, object] = dict(
        zip(getattr(cls, "__parameters__", ()), arguments, strict=False)
    )
    fields = {name: _substituted(hint, known) for name, hint in record.fields.items()}
    return record._replace(fields=fields)


@functools.lru_cache(maxsize=256)
def _record(cls: Any) -> Record:
    if hasattr(cls, "__dataclass_fields__"):
        return _dataclass(cls)
    hints = _hints(cls)
    keys: Collection[str] | None = getattr(cls, "__required_keys__", None)
    if keys is not None:
        return Record(cls.__qualname__, hints, keys, dict, False)
    fields = {name: hints.get(name, Any) for name in cls._fields}
    required = [name for name in fields if name not in cls._field_defaults]
    return Record(
        cls.__qualname__, fields, required, cls, _is_positional(cls, fields), ordered=True
    )


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
    return Record(cls.__qualname__, types, required, cls, _is_positional(cls, types))


def _is_positional(cls: type, names: Iterable[str]) -> bool:
    """Whether a class takes its fields by their places, and nothing else."""
    from inspect import Parameter, signature

    try:
        parameters = signature(cls).parameters.values()
    except (TypeError, ValueError):
        return False
    return [(each.name, each.kind) for each in parameters] == [
        (name, Parameter.POSITIONAL_OR_KEYWORD) for name in names
    ]


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
