"""Read-only views of repeated and map fields.

A view holds protobuf's own container and wraps an element when it is touched, not before.
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, Mapping, Sequence, ValuesView
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from flytebind.runtime.typing import Self

K = TypeVar("K")
T = TypeVar("T")
V = TypeVar("V")
Raw = TypeVar("Raw")


class NotShown:
    """Stands for a value that Python cannot hold, or cannot go through."""

    def __init__(self, message: object, error: OverflowError | RecursionError) -> None:
        is_deep = isinstance(error, RecursionError)
        self._words = "nests too deeply" if is_deep else f"out of range: {message}"

    def __repr__(self) -> str:
        return f"<{' '.join(self._words.split())}>"


def _to_show(wrap: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(item: Any) -> Any:
        try:
            return wrap(item)
        except (OverflowError, RecursionError) as error:
            return NotShown(item, error)

    return read


class RepeatedView(Sequence[T]):
    """The elements of a repeated field: equals a list or tuple of them, hashes like the tuple."""

    __slots__ = ("_items", "_wrap")

    _items: Sequence[Any]
    _wrap: Callable[[Any], T] | None

    @overload
    def __init__(self, items: Sequence[T], wrap: None = None, /) -> None: ...
    @overload
    def __init__(self, items: Sequence[Raw], wrap: Callable[[Raw], T], /) -> None: ...
    def __init__(self, items: Sequence[Any], wrap: Callable[[Any], T] | None = None, /) -> None:
        self._items = items
        self._wrap = wrap

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> T | Self:
        wrap = self._wrap
        if isinstance(index, slice):
            return type(self)(self._items[index], wrap) if wrap else type(self)(self._items[index])
        item: T = wrap(self._items[index]) if wrap else self._items[index]
        return item

    def __iter__(self) -> Iterator[T]:
        return map(self._wrap, self._items) if self._wrap else iter(self._items)

    def __reversed__(self) -> Iterator[T]:
        items = reversed(self._items)
        return map(self._wrap, items) if self._wrap else iter(items)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (RepeatedView, list, tuple)):
            return len(self) == len(other) and all(
                mine == theirs for mine, theirs in zip(self, other, strict=True)
            )
        return NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def _to_show(self) -> RepeatedView[Any]:
        """A view for people to look at, which shows what Python cannot hold, too."""
        return RepeatedView(self._items, _to_show(self._wrap)) if self._wrap else self

    def __repr__(self) -> str:
        return repr(list(self._to_show()))

    def __reduce__(self) -> tuple[type[tuple[T, ...]], tuple[list[T]]]:
        # A view cannot leave its message; what is pickled or copied is the tuple that equals it.
        return tuple, (list(self),)


class MapView(Mapping[K, V]):
    """The entries of a map field: equals a dict of them, and like a dict does not hash."""

    __slots__ = ("_items", "_wrap")

    _items: Mapping[K, Any]
    _wrap: Callable[[Any], V] | None

    @overload
    def __init__(self, items: Mapping[K, V], wrap: None = None, /) -> None: ...
    @overload
    def __init__(self, items: Mapping[K, Raw], wrap: Callable[[Raw], V], /) -> None: ...
    def __init__(self, items: Mapping[K, Any], wrap: Callable[[Any], V] | None = None, /) -> None:
        self._items = items
        self._wrap = wrap

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[K]:
        return iter(self._items)

    def __contains__(self, key: object) -> bool:
        try:
            return key in self._items
        except TypeError:  # protobuf refuses to look for a key of another type
            return False

    def __getitem__(self, key: K) -> V:
        # Ask first: reading a missing key of a protobuf map would insert it.
        if key not in self:
            raise KeyError(key)
        item: V = self._wrap(self._items[key]) if self._wrap else self._items[key]
        return item

    def items(self) -> ItemsView[K, V]:
        """The entries, as pairs."""
        return _Items(self)

    def values(self) -> ValuesView[V]:
        """The values, in the order of the keys."""
        return _Values(self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (MapView, dict)):
            return dict(self) == dict(other)
        return NotImplemented

    def _to_show(self) -> MapView[K, Any]:
        """A view for people to look at, which shows what Python cannot hold, too."""
        return MapView(self._items, _to_show(self._wrap)) if self._wrap else self

    def __repr__(self) -> str:
        return repr(dict(self._to_show()))

    def __reduce__(self) -> tuple[type[dict[K, V]], tuple[dict[K, V]]]:
        return dict, (dict(self),)


class _Items(ItemsView[K, V]):
    """Asks protobuf for each entry once; the inherited one looks up each key, twice."""

    _mapping: MapView[K, V]

    def __iter__(self) -> Iterator[tuple[K, V]]:
        items, wrap = self._mapping._items.items(), self._mapping._wrap
        return ((key, wrap(item)) for key, item in items) if wrap else iter(items)


class _Values(ValuesView[V]):
    """As with the entries."""

    _mapping: MapView[object, V]

    def __iter__(self) -> Iterator[V]:
        values, wrap = self._mapping._items.values(), self._mapping._wrap
        return map(wrap, values) if wrap else iter(values)
