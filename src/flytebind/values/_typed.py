"""From a literal, or plain values, to a type that the user names."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence, Set as AbstractSet
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal as LiteralHint,
    NewType,
    TypeVar,
    Union,
    get_args,
    get_origin,
    overload,
)

from flytebind.models.core.literals import Literal
from flytebind.values._handles import HANDLES
from flytebind.values._leaves import LEAVES, choice, handle, member
from flytebind.values._load import Load
from flytebind.values._mismatch import Mismatch, described, expected, reporting
from flytebind.values._native import native, peeled, scalar_value
from flytebind.values._records import Record, record_of

T = TypeVar("T")

_UNIONS = (Union, UnionType)
_LISTS = {list: list, Sequence: list, set: set, frozenset: frozenset, AbstractSet: frozenset}


@overload
def to_type(
    literal: Literal, as_type: type[T], *, path: str = ..., load: Load | None = ...
) -> T: ...
@overload
def to_type(
    literal: Literal, as_type: object, *, path: str = ..., load: Load | None = ...
) -> object: ...
def to_type(
    literal: Literal, as_type: object, *, path: str = "literal", load: Load | None = None
) -> object:
    """A literal as a value of a type.

    The type may be anything of these, nested in each other: ``None``, ``bool``, ``int``,
    ``float``, ``str``, ``bytes``, ``datetime``, ``date``, ``timedelta``, ``Path``, enums, unions,
    ``typing.Literal``, lists, sets, tuples, dicts, dataclasses, pydantic models, TypedDicts,
    NamedTuples, the handles of files and tables, and ``Literal`` for the literal itself. Fields
    that a class does not have are left out.

    Args:
        literal: The value.
        as_type: What to make of it.
        path: How errors name it: ``outputs['o0']``.
        load: Fetches the literals that were too large to travel.

    Raises:
        FlyteValueError: If it does not fit; the message says where.
        FlyteDataError: If a literal was too large to travel and cannot be fetched.
    """
    with reporting(path):
        return _Reader(load).read(literal, as_type)


class _Reader:
    """Makes values of named types.

    Args:
        load: Fetches the literals that were too large to travel.
    """

    def __init__(self, load: Load | None) -> None:
        self._load = load

    def read(self, value: object, hint: object) -> object:
        """A plain value, or a literal, as ``hint`` has it.

        Raises:
            Mismatch: If it does not fit.
        """
        hint = _bare(hint)
        if hint is Literal and isinstance(value, Literal):
            return value
        if hint is Any or hint is object or isinstance(hint, TypeVar):
            return self._plain(value)
        if isinstance(value, Literal):
            value = self._opened(value)
        if hint is None or hint is type(None):
            if value is not None:
                raise expected("None", value)
            return None
        origin = get_origin(hint)
        if origin in _UNIONS:
            return self._union(value, get_args(hint))
        if origin is LiteralHint:
            return choice(value, get_args(hint))
        return self._instance(value, hint, origin or hint, get_args(hint))

    def _opened(self, literal: Literal) -> object:
        """One level of a literal: its items, where it has some, are still literals."""
        literal, literal_type = peeled(literal, None, self._load)
        match literal.which_value:
            case "collection", collection:
                return collection.literals
            case "map", literal_map:
                return literal_map.literals
            case "scalar", scalar:
                return scalar_value(scalar, literal_type)
            case _:
                raise Mismatch("the literal is empty")

    def _plain(self, value: object) -> object:
        """A value without any literals in it."""
        if isinstance(value, Literal):
            return native(value, None, self._load)
        if isinstance(value, Mapping):
            return {key: self._plain(item) for key, item in value.items()}
        if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
            return [self._plain(item) for item in value]
        return value

    def _union(self, value: object, arms: Sequence[object]) -> object:
        # What is of an arm's very type goes there: 3 in `float | int` is an int.
        first = [arm for arm in arms if _is_exactly(value, arm)]
        problems: list[Mismatch] = []
        for arm in (*first, *(arm for arm in arms if arm not in first)):
            try:
                return self.read(value, arm)
            except Mismatch as mismatch:
                if not _is_none(arm):
                    problems.append(mismatch)
        if len({str(arm) for arm in arms if not _is_none(arm)}) == 1:
            raise problems[0]
        raise expected(" | ".join(map(_name, arms)), value)

    def _instance(
        self, value: object, hint: object, cls: object, arguments: tuple[object, ...]
    ) -> object:
        if not isinstance(cls, type):
            raise Mismatch(f"{_name(hint)} is not a type that values can be made of")
        if cls in LEAVES:
            return LEAVES[cls](value)
        if issubclass(cls, enum.Enum):
            return member(value, cls)
        if cls in _LISTS:
            items = self._items(value, arguments[0] if arguments else Any, hint)
            return _built(lambda: _LISTS[cls](items), _name(hint))
        if cls is tuple:
            return self._tuple(value, arguments, hint)
        if cls in (dict, Mapping):
            return self._dict(value, *(arguments or (Any, Any)))
        if cls in HANDLES:
            return handle(value, cls)
        validate = getattr(cls, "model_validate", None)
        if validate is not None:
            return _validated(validate, self._plain(value))
        if (record := record_of(hint)) is not None:
            return self._record(value, record)
        if isinstance(value, cls):
            return value
        raise expected(_name(hint), value)

    def _items(self, value: object, item_type: object, hint: object) -> list[object]:
        if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
            raise expected(_name(hint), value)
        made: list[object] = []
        try:
            for item in value:
                made.append(self.read(item, item_type))  # noqa: PERF401
        except Mismatch as mismatch:
            mismatch.inside(f"[{len(made)}]")
            raise
        return made

    def _tuple(self, value: object, arguments: tuple[object, ...], hint: object) -> object:
        if not arguments and hint is tuple:
            return tuple(self._items(value, Any, hint))
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(self._items(value, arguments[0], hint))
        if (
            not isinstance(value, Sequence)
            or isinstance(value, (str, bytes))
            or len(value) != len(arguments)
        ):
            raise expected(f"{_name(hint)} of {len(arguments)} items", value)
        return tuple(
            self._part(item, item_type, f"[{index}]")
            for index, (item, item_type) in enumerate(zip(value, arguments, strict=True))
        )

    def _dict(self, value: object, key_type: object, item_type: object) -> dict[object, object]:
        if not isinstance(value, Mapping):
            raise expected("dict", value)
        return {
            self._part(key, key_type, f"[{key!r}] as a key"): self._part(
                item, item_type, f"[{key!r}]"
            )
            for key, item in value.items()
        }

    def _record(self, value: object, record: Record) -> object:
        if isinstance(value, Sequence) and not isinstance(value, (str, bytes)) and record.ordered:
            if len(value) > len(record.fields):
                raise expected(f"{record.name} of {len(record.fields)} fields", value)
            value = dict(zip(record.fields, value, strict=False))
        if not isinstance(value, Mapping):
            raise expected(record.name, value)
        missing = [name for name in record.required if name not in value]
        if missing:
            raise Mismatch(f"{record.name} needs {', '.join(map(repr, missing))}")
        given = {
            name: self._part(value[name], hint, f".{name}")
            for name, hint in record.fields.items()
            if name in value
        }
        return _built(lambda: record.make(**given), record.name)

    def _part(self, value: object, hint: object, step: str) -> object:
        try:
            return self.read(value, hint)
        except Mismatch as mismatch:
            mismatch.inside(step)
            raise


def _bare(hint: object) -> object:
    """A hint without what says nothing about the value: Annotated, NewType, Required, aliases."""
    while True:
        origin = get_origin(hint)
        if origin is Annotated or getattr(origin, "_name", None) in (
            "Required",
            "NotRequired",
            "ReadOnly",
        ):
            hint = get_args(hint)[0]
        elif isinstance(hint, NewType):
            hint = hint.__supertype__
        elif type(hint).__name__ == "TypeAliasType":  # the `type` statement of Python 3.12
            hint = getattr(hint, "__value__")  # noqa: B009
        else:
            return hint


def _built(make: Callable[[], object], name: str) -> object:
    """Run what a class defines: whatever it raises means that the value does not fit."""
    try:
        return make()
    except RecursionError:
        raise
    except Exception as error:
        raise Mismatch(f"cannot be made a {name}: {type(error).__name__}: {error}") from error


def _validated(validate: Callable[[object], object], value: object) -> object:
    """Let a pydantic model take a value, and say where it does not fit."""
    try:
        return validate(value)
    except RecursionError:
        raise
    except Exception as error:
        raise _first_problem(error) from error


def _first_problem(error: Any) -> Mismatch:
    if type(error).__name__ != "ValidationError":
        return Mismatch(f"{type(error).__name__}: {error}")
    first, *others = error.errors()
    more = f" (and {len(others)} more)" if others else ""
    mismatch = Mismatch(f"{first['msg']}, got {described(first['input'])}{more}")
    for step in reversed(first["loc"]):
        mismatch.inside(f"[{step}]" if isinstance(step, int) else f".{step}")
    return mismatch


def _is_none(hint: object) -> bool:
    return hint is None or hint is type(None)


def _is_exactly(value: object, hint: object) -> bool:
    hint = _bare(hint)
    if value is None:
        return _is_none(hint)
    if isinstance(value, Mapping) and (record := record_of(hint)) is not None:
        names = set(value)
        return names <= set(record.fields) and names >= set(record.required)
    return type(value) is (get_origin(hint) or hint)


def _name(hint: object) -> str:
    if _is_none(hint):
        return "None"
    return hint.__qualname__ if isinstance(hint, type) and not get_args(hint) else str(hint)
