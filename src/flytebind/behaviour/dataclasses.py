"""What answers ``dataclasses`` for the models that are dataclasses in flytekit."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from dataclasses import Field


class _Asked:
    """An attribute that ``dataclasses`` gives to the classes that it makes."""

    def __set_name__(self, owner: type[object], name: str) -> None:
        self._name = name

    def __get__(self, model: object, owner: Any) -> Any:
        return getattr(_twin(owner), self._name)


class AsDataclass:
    """For models: ``dataclasses.fields``, ``asdict`` and ``replace`` take them.

    ``asdict`` looks into single models; those of a list stay what they are, as in a tuple.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    else:
        __dataclass_fields__ = _Asked()
        __dataclass_params__ = _Asked()


@cache
def _twin(cls: Any) -> Any:
    """A dataclass with the fields that a model is made of."""
    from dataclasses import field, make_dataclass
    from inspect import Parameter, signature

    taken = signature(cls).parameters.values()
    return make_dataclass(
        cls.__name__,
        [
            (
                (item.name, item.annotation)
                if item.default is Parameter.empty
                else (item.name, item.annotation, field(default=item.default))
            )
            for item in taken
        ],
        repr=False,
        eq=False,
    )
