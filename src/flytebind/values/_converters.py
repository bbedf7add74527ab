"""What makes a value of a type: functions, composed of those for the parts of the type.

Each takes plain values, and literals where a literal holds more of them. They are composed once for
a type, so that a value costs only what has to be done for it.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeGuard, get_origin

from flytebind.models.core.literals import Literal
from flytebind.values._leaves import member, number_of
from flytebind.values._load import Load
from flytebind.values._mismatch import Mismatch, described, expected
from flytebind.values._native import native, opened
from flytebind.values._records import Record, is_record, record_of

_MISSING = object()

Convert: TypeAlias = Callable[[object, Load | None], object]
"""Makes a value, or raises ``Mismatch``; the second argument fetches what was too large."""


class Converter(NamedTuple):
    """How values of a type are made.

    Attributes:
        convert: Makes one.
        exact: What is of this very class is one already. Containers look for that themselves:
            most of what they hold is, and a call costs more than the question.
    """

    convert: Convert
    exact: type | None = None


class Arm(NamedTuple):
    """One of the types of a union.

    Attributes:
        name: What errors call it.
        hint: The type.
        converter: How its values are made.
    """

    name: str
    hint: object
    converter: Converter

    @property
    def is_none(self) -> bool:
        """Whether it takes None alone."""
        return self.converter is NONE

    def is_exactly(self, value: object) -> bool:
        """Whether a value is of this very type, or a mapping that has all the fields of it."""
        if value is None:
            return self.is_none
        cls = get_origin(self.hint) or self.hint
        if isinstance(value, Mapping) and is_record(cls):
            known = record_of(self.hint)
            names = set(value)
            return names <= set(known.fields) and names >= set(known.required)
        return type(value) is cls


def single(convert: Callable[[object], object], exact: type | None = None) -> Converter:
    """Of values that hold no others."""

    def made(value: object, load: Load | None) -> object:
        if type(value) is exact:
            return value
        return convert(opened(value, load) if isinstance(value, Literal) else value)

    return Converter(made, exact)


def refusing(reason: str) -> Converter:
    """Of what is no type."""

    def refuse(value: object) -> object:
        raise Mismatch(reason)

    return single(refuse)


def delayed(find: Callable[[], Converter]) -> Converter:
    """Of a type that is looked at when a value is there: it may contain itself."""
    found: Converter | None = None

    def made(value: object, load: Load | None) -> object:
        nonlocal found
        found = found or find()
        return found.convert(value, load)

    return Converter(made)


def enumeration(cls: type[enum.Enum]) -> Converter:
    """Of the members of an enum, by their values."""
    texts = {known.value: known for known in cls if type(known.value) is str}

    def made(value: object, load: Load | None) -> object:
        if type(value) is str and value in texts:
            return texts[value]
        return member(opened(value, load), cls)

    return Converter(made)


def union(arms: Sequence[Arm]) -> Converter:
    """Of several types.

    What is of a type's very class goes there: 3 in ``float | int`` is an int. Else the first that
    fits is taken.
    """
    others = [arm for arm in arms if not arm.is_none]
    if len(others) == 1:
        return _optional(others[0].converter)

    def made(value: object, load: Load | None) -> object:
        value = opened(value, load)
        first = [arm for arm in arms if arm.is_exactly(value)]
        for arm in (*first, *(arm for arm in arms if arm not in first)):
            try:
                return arm.converter.convert(value, load)
            except Mismatch:
                pass
        raise expected(" | ".join(arm.name for arm in arms), value)

    return Converter(made)


def _optional(inner: Converter) -> Converter:
    convert, exact = inner

    def made(value: object, load: Load | None) -> object:
        if type(value) is exact:
            return value
        value = opened(value, load)
        return None if value is None else convert(value, load)

    def literal(value: object, load: Load | None) -> object:
        return None if opened(value, load) is None else convert(value, load)

    return Converter(literal if inner is LITERAL else made)


def sequence(make: Callable[[list[object]], object], item: Converter, name: str) -> Converter:
    """Of lists, sets and tuples of any length."""
    convert, exact = item

    def made(value: object, load: Load | None) -> object:
        given = value if type(value) is list else _items(value, name, load)
        items: list[object] = []
        try:
            for part in given:
                items.append(part if type(part) is exact else convert(part, load))  # noqa: PERF401
        except Mismatch as mismatch:
            mismatch.inside(f"[{len(items)}]")
            raise
        if make is list:
            return items
        try:
            return make(items)
        except Exception as error:
            raise _not_made(name, error) from error

    return Converter(made)


def fixed_tuple(items: Sequence[Converter], name: str) -> Converter:
    """Of tuples with a type for each place."""
    wanted = f"{name} of {len(items)} items"

    def made(value: object, load: Load | None) -> object:
        given = value if type(value) is list else _items(value, wanted, load)
        if len(given) != len(items):
            raise expected(wanted, given)
        parts: list[object] = []
        try:
            for part, (convert, exact) in zip(given, items, strict=True):
                parts.append(part if type(part) is exact else convert(part, load))
        except Mismatch as mismatch:
            mismatch.inside(f"[{len(parts)}]")
            raise
        return tuple(parts)

    return Converter(made)


def mapping(key: Converter, item: Converter) -> Converter:
    """Of dicts."""
    (convert_key, exact_key), (convert, exact) = key, item
    may_be_text = exact_key in (bool, float, int)

    def made(value: object, load: Load | None) -> object:
        entries: dict[object, object] = {}
        given = value if type(value) is dict else _entries(value, load)
        for name, part in given.items():
            step = "[{!r}] as a key"
            try:
                if type(name) is exact_key:
                    own = name
                elif may_be_text and type(name) is str:
                    own = convert_key(number_of(name), load)
                else:
                    own = convert_key(name, load)
                step = "[{!r}]"
                entries[own] = part if type(part) is exact else convert(part, load)
            except Mismatch as mismatch:
                mismatch.inside(step.format(name))
                raise
        return entries

    return Converter(made)


def model(validate: Callable[[object], object]) -> Converter:
    """Of pydantic models, which validate for themselves."""

    def made(value: object, load: Load | None) -> object:
        plain = _anything(opened(value, load), load)
        try:
            return validate(plain)
        except RecursionError:
            raise
        except Exception as error:
            raise _first_problem(error) from error

    return Converter(made)


def whole(cls: type, convert: Callable[[object], object]) -> Converter:
    """Of a class that is made of plain values with no literal left in them."""

    def made(value: object, load: Load | None) -> object:
        value = opened(value, load)
        return value if isinstance(value, cls) else convert(_anything(value, load))

    return Converter(made, cls)


def record(hint: object, converter: Callable[[object], Converter]) -> Converter:
    """Of dataclasses, NamedTuples and TypedDicts.

    Args:
        hint: The class, perhaps with arguments.
        converter: Finds what makes the fields, once there is a value: a class may contain itself.
    """
    known: Record | None = None
    fields: list[tuple[str, Convert, type | None]] = []

    def made(value: object, load: Load | None) -> object:
        nonlocal known, fields
        if known is None:
            found = record_of(hint)
            inner = {name: converter(part) for name, part in found.fields.items()}
            fields = [(name, each.convert, each.exact) for name, each in inner.items()]
            known = found
        if type(value) is not dict:
            value = opened(value, load)
        if type(value) is not dict:
            value = _named(value, known)
        get = value.get
        parts: list[object] = []
        lacks = False
        try:
            for name, convert, exact in fields:
                part = get(name, _MISSING)
                if part is _MISSING:
                    lacks = True
                elif type(part) is not exact:
                    part = convert(part, load)
                parts.append(part)
        except Mismatch as mismatch:
            _complete(value, known)
            mismatch.inside(f".{fields[len(parts)][0]}")
            raise
        if lacks:
            _complete(value, known)
        try:
            if known.positional and not lacks:
                return known.make(*parts)
            given = zip(known.fields, parts, strict=True)
            return known.make(**{name: part for name, part in given if part is not _MISSING})
        except Exception as error:
            raise _not_made(known.name, error) from error

    return Converter(made)


def _anything(value: object, load: Load | None) -> object:
    """A value without any literals in it."""
    if isinstance(value, Literal):
        return native(value, None, load)
    if isinstance(value, Mapping):
        return {key: _anything(item, load) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [_anything(item, load) for item in value]
    return value


def _none(value: object) -> None:
    if value is not None:
        raise expected("None", value)


def _literal(value: object, load: Load | None) -> object:
    if isinstance(value, Literal):
        return value
    raise expected("Literal", value)


ANYTHING = Converter(_anything)
NONE = single(_none)
LITERAL = Converter(_literal, Literal)


def _items(value: object, name: str, load: Load | None) -> Sequence[object]:
    value = opened(value, load)
    if _is_sequence(value):
        return value
    raise expected(name, value)


def _entries(value: object, load: Load | None) -> Mapping[object, object]:
    value = opened(value, load)
    if isinstance(value, Mapping):
        return value
    raise expected("dict", value)


def _is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _named(value: object, known: Record) -> Mapping[object, object]:
    """What a record is made of, by the names of the fields."""
    if known.ordered and _is_sequence(value):
        if len(value) > len(known.fields):
            raise expected(f"{known.name} of {len(known.fields)} fields", value)
        return dict(zip(known.fields, value, strict=False))
    if isinstance(value, Mapping):
        return value
    raise expected(known.name, value)


def _complete(value: Mapping[object, object], known: Record) -> None:
    """Refuse what lacks a field; nothing else is worth telling then."""
    missing = [name for name in known.required if name not in value]
    if missing:
        raise Mismatch(f"{known.name} needs {', '.join(map(repr, missing))}")


def _not_made(name: str, error: Exception) -> Mismatch:
    """What a class raises means that the value does not fit, unless it nests too deeply."""
    if isinstance(error, RecursionError):
        raise error
    return Mismatch(f"cannot be made a {name}: {type(error).__name__}: {error}")


def _first_problem(error: Any) -> Mismatch:
    """Where a value does not fit a pydantic model."""
    if type(error).__name__ != "ValidationError":
        return Mismatch(f"{type(error).__name__}: {error}")
    first, *others = error.errors()
    more = f" (and {len(others)} more)" if others else ""
    mismatch = Mismatch(f"{first['msg']}, got {described(first['input'])}{more}")
    for step in reversed(first["loc"]):
        mismatch.inside(f"[{step}]" if isinstance(step, int) else f".{step}")
    return mismatch
