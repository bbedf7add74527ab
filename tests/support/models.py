"""Reading and building models by their properties and parameters."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import methodcaller
from typing import Any, TypeVar

from flytebind.runtime import Model

M = TypeVar("M", bound=Model[Any])
T = TypeVar("T")
C = TypeVar("C", bound="type[Model[Any]]")


def once(ask: Callable[[C], T]) -> Callable[[C], T]:
    """Ask once for each class: reflection is slow. To mypy, functools.cache takes no models."""
    known: dict[C, T] = {}

    def answer(model_class: C) -> T:
        if model_class not in known:
            known[model_class] = ask(model_class)
        return known[model_class]

    return answer


@once
def properties(model_class: type[Model[Any]]) -> Mapping[str, object]:
    """The annotation of each property of a model, those of aliases and oneofs among them."""
    members = inspect.getmembers(model_class, lambda member: isinstance(member, property))
    return {name: typing.get_type_hints(member.fget)["return"] for name, member in members}


@once
def parameters(model_class: type[Model[Any]]) -> Mapping[str, inspect.Parameter]:
    """What the constructor of a model takes, by name: one parameter for each field."""
    return inspect.signature(model_class).parameters


def takes_none(model_class: type[Model[Any]], name: str) -> bool:
    """Whether the constructor of a model takes None for a field."""
    return str(parameters(model_class)[name].annotation).endswith("None")


def rebuild(model: M) -> M:
    """The model that its constructor makes of its own properties."""
    return type(model)(**{name: getattr(model, name) for name in parameters(type(model))})


def replace(model: M, name: str, value: object) -> M:
    """A copy of a model with one field changed; only generated classes show mypy the method."""
    changed: M = methodcaller("replace", **{name: value})(model)
    return changed


def models_in(value: object) -> Iterator[Model[Any]]:
    """The models that can be reached through the fields of a model, itself first."""
    if isinstance(value, Model):
        yield value
        # An absent part may read as empty, and so may the parts of that: it would never end.
        for name in () if value.is_empty else parameters(type(value)):
            yield from models_in(getattr(value, name))
    elif isinstance(value, Mapping):
        for key in value:
            yield from models_in(value[key])
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        for item in value:
            yield from models_in(item)
