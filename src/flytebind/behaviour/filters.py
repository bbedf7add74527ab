"""Conditions for lists, in the notation of Flyte's admin: ``eq(phase,RUNNING)``.

The notation has no escapes. A value that would be read as something else is refused when the filter
is made, and not silently sent as another question.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import ClassVar, TypeAlias, overload

from flytebind.runtime.enums import OpenEnum
from flytebind.runtime.typing import Self

FilterValue: TypeAlias = str | int | float | datetime | timedelta
"""What can be compared with; enum members are ints."""

_FORM = re.compile(r"\s*(\w+)\(([^,]*),(.*)\)\s*", re.DOTALL)
_JOIN = "+"
_ITEM = ";"
_MEANINGFUL = {
    _JOIN: "joins filters",
    _ITEM: "separates the values of a list",
    ",": "separates key and value",
    "\n": "ends a filter",
}

#: Columns in which admin keeps the names of enum members; in all others it keeps their numbers.
_NAMED = frozenset({"cache_status", "phase"})


class Filter:
    """One condition that a row must meet. Filters compare, hash and pickle by their text.

    ``Filter`` itself compares nothing: make one of its subclasses, or read one with
    ``Filter.from_python_std``. A subclass of your own names another ``function`` of admin.

    Args:
        key: The column, perhaps of a joined table: ``phase``, ``launch_plan.name``.
        value: What to compare with. Times become RFC 3339 in UTC, durations seconds; members of an
            enum become names in the columns ``phase`` and ``cache_status``, numbers elsewhere.

    Raises:
        TypeError: If the value is of another type.
        ValueError: If admin would read key or value as something else, or the time is naive.
    """

    __slots__ = ("_key", "_value")

    function: ClassVar[str] = ""
    """What admin calls the comparison."""

    def __init__(self, key: str, value: FilterValue) -> None:
        self._set(key, self._text(key, value))

    def _set(self, key: str, value: str) -> None:
        name = type(self).__name__
        if not self.function:
            raise TypeError(f"{name} compares nothing; make one of its subclasses, such as Equal")
        if not re.fullmatch(r"[^\s(),;+]+", key):
            raise ValueError(f"{name}.key must be the name of a column, not {key!r}")
        if not value:
            raise ValueError(f"{name}({key!r}): admin's filters cannot hold an empty value")
        self._key = key
        self._value = value

    @classmethod
    def _text(cls, key: str, value: FilterValue) -> str:
        where = f"{cls.__name__}({key!r})"
        text = _as_text(where, key, value)
        for sign, meaning in _MEANINGFUL.items():
            if sign in text:
                raise ValueError(
                    f"{where}: {sign!r} {meaning} in admin's notation, which has no way to escape"
                    f" it; {text!r} cannot be asked for"
                )
        return text

    @property
    def key(self) -> str:
        """The column."""
        return self._key

    @property
    def value(self) -> str:
        """What it is compared with, as text."""
        return self._value

    def to_flyte_idl(self) -> str:
        """The text that goes into ``filters`` of a request."""
        # Admin drops one space after the comma, so a value that begins with space needs one more.
        space = " " if self._value[0].isspace() else ""
        return f"{self.function}({self._key},{space}{self._value})"

    @classmethod
    def from_python_std(cls, text: str) -> Self:
        """Read a filter as people type it; space around key and value does not count.

        Raises:
            ValueError: If it is not a filter, or one of another class.
        """
        form = _FORM.fullmatch(text)
        if form is None:
            raise ValueError(f"{text!r} is not a filter; the form is eq(key,value)")
        function, key, value = form.groups()
        kind = _kinds().get(function) if function != cls.function else cls
        if kind is None:
            known = ", ".join(_kinds())
            raise ValueError(f"{text!r}: no filter is called {function!r}; there are: {known}")
        if not issubclass(kind, cls):
            raise ValueError(f"{text!r} is a filter of class {kind.__name__}, not {cls.__name__}")
        return kind._read(key.strip(), value.strip())

    @classmethod
    def _read(cls, key: str, text: str) -> Self:
        return cls(key, text)

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, Filter) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        return self.to_flyte_idl()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._key!r}, {self._value!r})"


class Equal(Filter):
    """The column equals the value."""

    __slots__ = ()
    function = "eq"


class NotEqual(Filter):
    """The column is another than the value."""

    __slots__ = ()
    function = "ne"


class GreaterThan(Filter):
    """The column is greater, or later, than the value."""

    __slots__ = ()
    function = "gt"


class GreaterThanOrEqual(Filter):
    """The column is no smaller, or earlier, than the value."""

    __slots__ = ()
    function = "gte"


class LessThan(Filter):
    """The column is smaller, or earlier, than the value."""

    __slots__ = ()
    function = "lt"


class LessThanOrEqual(Filter):
    """The column is no greater, or later, than the value."""

    __slots__ = ()
    function = "lte"


class SetFilter(Filter):
    """A condition about several values.

    Args:
        key: The column.
        values: What to compare with, as in ``Filter``.

    Raises:
        TypeError: If ``values`` is a single text, or holds values of other types.
        ValueError: If admin would read key or values as something else.
    """

    __slots__ = ()

    def __init__(self, key: str, values: Sequence[FilterValue]) -> None:
        if isinstance(values, (str, bytes)) or not isinstance(values, Sequence):
            name = type(self).__name__
            raise TypeError(f"{name}.values must be a list of values, not {type(values).__name__}")
        self._set(key, _ITEM.join([self._text(key, value) for value in values]))

    @property
    def values(self) -> tuple[str, ...]:
        """What it is compared with, as texts."""
        return tuple(self._value.split(_ITEM))

    @classmethod
    def _read(cls, key: str, text: str) -> Self:
        return cls(key, text.split(_ITEM))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._key!r}, {list(self.values)!r})"


class Contains(SetFilter):
    """The column has the text somewhere in it.

    It takes a list, as in flytekit, but admin looks for one text only: give one, and make a filter
    for each of several.
    """

    __slots__ = ()
    function = "contains"

    def __init__(self, key: str, values: Sequence[FilterValue]) -> None:
        super().__init__(key, values)
        if len(values) > 1:
            raise ValueError(
                f"Contains({key!r}): admin looks for one text, not for {len(values)}; make a filter"
                " for each"
            )


class ValueIn(SetFilter):
    """The column is one of the values."""

    __slots__ = ()
    function = "value_in"


class ValueNotIn(SetFilter):
    """The column is none of the values."""

    __slots__ = ()
    function = "value_not_in"


class FilterList(Sequence[Filter]):
    """Filters that must all be met.

    Args:
        filter_list: The filters. An empty list lets everything pass.

    Raises:
        TypeError: If an item is no filter; ``Filter.from_python_std`` reads text.
    """

    __slots__ = ("_filters",)

    def __init__(self, filter_list: Sequence[Filter]) -> None:
        self._filters = tuple(filter_list)
        for item in self._filters:
            if not isinstance(item, Filter):
                raise TypeError(
                    f"FilterList must hold filters, not {type(item).__name__} ({item!r})"
                )

    def to_flyte_idl(self) -> str:
        """The text that goes into ``filters`` of a request; empty for no filters."""
        return _JOIN.join(map(str, self._filters))

    @classmethod
    def from_python_std(cls, text: str) -> Self:
        """Read filters joined by ``+``; there are none in an empty text.

        Raises:
            ValueError: If a part of it is not a filter.
        """
        parts = text.split(_JOIN) if text.strip() else []
        return cls([Filter.from_python_std(part) for part in parts])

    @overload
    def __getitem__(self, index: int) -> Filter: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Filter | Self:
        if isinstance(index, slice):
            return type(self)(self._filters[index])
        return self._filters[index]

    def __len__(self) -> int:
        return len(self._filters)

    def __iter__(self) -> Iterator[Filter]:
        return iter(self._filters)

    def __eq__(self, other: object) -> bool:
        return self._filters == other._filters if isinstance(other, FilterList) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._filters)

    def __str__(self) -> str:
        return self.to_flyte_idl()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self._filters)!r})"


def _kinds() -> dict[str, type[Filter]]:
    kinds = (
        *(Equal, NotEqual, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual),
        *(Contains, ValueIn, ValueNotIn),
    )
    return {kind.function: kind for kind in kinds}


def _as_text(where: str, key: str, value: FilterValue) -> str:
    if isinstance(value, datetime):
        return _time(where, value)
    if isinstance(value, timedelta):
        return _plain(Decimal(value // timedelta(microseconds=1)) / 1_000_000)
    if isinstance(value, OpenEnum):
        is_named = key.rpartition(".")[2] in _NAMED and value.is_recognized
        return value.name if is_named else str(int(value))
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{where} must be compared with a finite number, not {value}")
        return _plain(Decimal(repr(value)))
    if isinstance(value, (str, int)):
        return str(value)
    raise TypeError(
        f"{where} must be compared with text, a number, a datetime or a timedelta,"
        f" not {type(value).__name__} ({value!r})"
    )


def _time(where: str, value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(
            f"{where} must be compared with an aware datetime; give it a time zone, such as"
            " tzinfo=timezone.utc"
        )
    # An offset would not do even where it is right: the "+" of "+00:00" joins filters.
    return value.astimezone(timezone.utc).replace(tzinfo=None).isoformat() + "Z"


def _plain(number: Decimal) -> str:
    """Without an exponent, whose ``+`` would join filters."""
    return f"{number:f}"
