"""How fields are stored where a statement does not do: by constructors, and by ``replace``.

Protobuf takes more than it should: text for a list, 7 for True. What it is not given here is said
here, for both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, Literal, Protocol, TypeVar, overload

from google.protobuf.message import Message

K = TypeVar("K")
T = TypeVar("T")
P = TypeVar("P", bound=Message)
P_co = TypeVar("P_co", bound=Message, covariant=True)

#: What can be gone through, and is none the less no list of items.
_NO_ITEMS = (str, bytes, bytearray, memoryview, Mapping)


class Holder(Protocol[P_co]):
    """A model, as far as what it holds is asked for."""

    @property
    def _pb(self) -> P_co: ...


H = TypeVar("H", bound=Holder[Message])


def as_bool(value: bool) -> bool:
    """Refuse what is not a bool: protobuf would take 7 for True.

    Raises:
        TypeError: If ``value`` is not a bool.
    """
    if value is True or value is False:
        return value
    raise TypeError("must be a bool")


def as_bools(values: Iterable[bool]) -> list[bool]:
    """Refuse items that are no bools.

    Raises:
        TypeError: If one is not, or ``values`` are no items.
    """
    return [as_bool(value) for value in as_items(values)]


def as_bool_values(values: Mapping[T, bool]) -> dict[T, bool]:
    """Refuse values of a mapping that are no bools.

    Raises:
        TypeError: If one is not.
    """
    return {key: as_bool(value) for key, value in values.items()}


def as_items(values: Iterable[T]) -> Iterable[T]:
    """Refuse text and mappings where items are wanted: protobuf would take them apart.

    Raises:
        TypeError: If ``values`` is one of them.
    """
    if type(values) is not list and (values is None or isinstance(values, _NO_ITEMS)):
        raise TypeError("must be a sequence of items")
    return values


@overload
def as_one_or_more(models: H) -> Iterable[H]: ...
@overload
def as_one_or_more(models: Iterable[H]) -> Iterable[H]: ...
def as_one_or_more(models: Any) -> Any:
    """A list of one for a model.

    Raises:
        TypeError: If ``models`` are text or a mapping.
    """
    return [models] if hasattr(models, "_pb") else as_items(models)


def as_message(value: Holder[P] | P) -> P:
    """The message of a model, or the message that was given instead."""
    return value if isinstance(value, Message) else value._pb


def unless_zero(value: timedelta | Literal[0] | None) -> timedelta | None:
    """None for the number zero: so says who has no time to wait for."""
    return None if value == 0 else value


def yields(value: bool | None, message: Message, oneof: str) -> bool:
    """Whether a value is a False that may be given beside another member of its oneof."""
    return value is False and message.WhichOneof(oneof) is not None


def only_member(message: Message, oneof: str) -> None:
    """Refuse a second member of a oneof: protobuf would drop the first one.

    Raises:
        ValueError: If a member of ``oneof`` is set already.
    """
    if message.WhichOneof(oneof):
        raise ValueError(f"takes one member of {oneof}")


# Loops in the constructor would do as well, but for mypy: it gives one variable one type, and
# fields of several types follow each other there.


def add_each(target: Any, values: Iterable[T], write: Callable[[Any, T], None]) -> None:
    """Add a message to a repeated field for each native value."""
    for value in values:
        write(target.add(), value)


def set_items(target: Any, values: Mapping[Any, object]) -> None:
    """Set the scalars of a map field. Protobuf's own ``update`` would take a list of pairs."""
    for key, value in values.items():
        target[key] = value


def set_each(target: Any, values: Mapping[Any, T], write: Callable[[Any, T], None]) -> None:
    """Set a message in a map field for each native value."""
    for key, value in values.items():
        write(target[key], value)


def fill_map(target: Any, models: Mapping[Any, Holder[Message]]) -> None:
    """Copy models into a map field."""
    for key, model in models.items():
        target[key].CopyFrom(model._pb)


def add_pairs(target: Any, values: Mapping[Any, object], key_name: str, name: str) -> None:
    """Add a message to a repeated field for each key and scalar; the names are those in there."""
    for key, value in values.items():
        target.add(**{key_name: key, name: value})


def fill_pairs(
    target: Any, models: Mapping[Any, Holder[Message]], key_name: str, name: str
) -> None:
    """Add a message to a repeated field for each key and model."""
    for key, model in models.items():
        target.add(**{key_name: key, name: model._pb})


def box(wrapper: Any, value: object) -> None:
    """Write what a wrapper wraps."""
    wrapper.value = value
