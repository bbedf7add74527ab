"""The checks that protobuf leaves out, for generated constructors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from google.protobuf.message import Message

from flytebind.runtime.assign import assign, explain
from flytebind.runtime.fields import fields_by_name
from flytebind.runtime.model import Model

T = TypeVar("T")

#: What goes wrong when a constructor is given something else than it asks for.
MISTAKES = (AttributeError, OverflowError, TypeError, ValueError)


def fail(model: Model[Any], arguments: Mapping[str, object], error: Exception) -> NoReturn:
    """Explain a constructor's failure: protobuf raised first, and knows neither class nor field.

    Raises:
        TypeError: If an argument has the wrong type.
        ValueError: If one is out of range, or two members of one oneof are given.
    """
    raise explain(type(model), arguments, error) from None


def fill(model: Model[Any], message: Message, arguments: Mapping[str, object]) -> None:
    """Store the arguments of a constructor that has too many of them for a line each.

    Raises:
        TypeError: If an argument has the wrong type.
        ValueError: If one is out of range, or two members of one oneof are given.
    """
    fields = fields_by_name(type(model))
    given = {name: arguments[name] for name in fields if arguments[name] is not None}
    assign(type(model), message, given)


def as_bool(value: bool) -> bool:
    """Refuse what is not a bool: protobuf would take 7 for True.

    Raises:
        TypeError: If ``value`` is not a bool.
    """
    if value is True or value is False:
        return value
    raise TypeError("must be a bool")


def as_bools(values: Sequence[bool]) -> list[bool]:
    """Refuse items that are no bools.

    Raises:
        TypeError: If one is not.
    """
    return [as_bool(value) for value in values]


def as_bool_values(values: Mapping[T, bool]) -> dict[T, bool]:
    """Refuse values of a mapping that are no bools.

    Raises:
        TypeError: If one is not.
    """
    return {key: as_bool(value) for key, value in values.items()}


def as_items(values: Sequence[T]) -> Sequence[T]:
    """Refuse text where a sequence of items is wanted: protobuf would take it apart.

    Raises:
        TypeError: If ``values`` is text or bytes.
    """
    if isinstance(values, (str, bytes)):
        raise TypeError("must be a sequence of items")
    return values


def only_member(message: Message, oneof: str) -> None:
    """Refuse a second member of a oneof: protobuf would drop the first one.

    Raises:
        ValueError: If a member of ``oneof`` is set already.
    """
    if message.WhichOneof(oneof):
        raise ValueError(f"takes one member of {oneof}")


def fill_map(target: Any, models: Mapping[Any, Model[Any]]) -> None:
    """Copy models into a map field."""
    for key, model in models.items():
        target[key].CopyFrom(model._pb)


# A loop in the constructor would do as well, but for mypy: it gives one variable one type, and
# fields of several types follow each other there.


def add_each(target: Any, values: Iterable[T], write: Callable[[Any, T], None]) -> None:
    """Add a message to a repeated field for each native value."""
    for value in values:
        write(target.add(), value)


def set_each(target: Any, values: Mapping[Any, T], write: Callable[[Any, T], None]) -> None:
    """Set a message in a map field for each native value."""
    for key, value in values.items():
        write(target[key], value)


def box(wrapper: Any, value: object) -> None:
    """Write what a wrapper wraps."""
    wrapper.value = value
