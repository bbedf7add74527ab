"""Enums as text and back, with the helpers that flytekit gives to some of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeVar, cast

from flyteidl.admin import matchable_resource_pb2

from flytebind import models
from flytebind.runtime.entity import FlyteIdlEntity
from flytebind.runtime.typing import Self

_UNKNOWN: Final = "<UNKNOWN>"

T = TypeVar("T")


class EnumText:
    """For enums whose unknown numbers are printed as numbers."""

    __slots__ = ()

    @classmethod
    def enum_to_string(cls, value: int) -> str:
        """The name of a number, or the number as text where it has none."""
        return _name(cls, value, str(int(value)))

    @classmethod
    def string_to_enum(cls, text: str) -> Self | Literal["<UNKNOWN>"]:
        """The member of this name, or the text ``<UNKNOWN>``, as in flytekit."""
        return _member(cls, text)


class EnumTextOrUnknown(EnumText):
    """For enums whose unknown numbers are printed as ``<UNKNOWN>``."""

    __slots__ = ()

    @classmethod
    def enum_to_string(cls, value: int) -> str:
        """The name of a number, or ``<UNKNOWN>`` where it has none."""
        return _name(cls, value, _UNKNOWN)


class OverrideText(FlyteIdlEntity[matchable_resource_pb2.PluginOverride]):
    """For ``PluginOverride``, which has these helpers for its ``MissingPluginBehavior``."""

    __slots__ = ()

    @staticmethod
    def enum_to_string(value: int) -> str:
        """The name of a number, or ``<UNKNOWN>`` where it has none."""
        behavior = models.admin.matchable_resource.PluginOverride.MissingPluginBehavior
        return _name(behavior, value, _UNKNOWN)

    @staticmethod
    def string_to_enum(
        text: str,
    ) -> (
        models.admin.matchable_resource.PluginOverride.MissingPluginBehavior | Literal["<UNKNOWN>"]
    ):
        """The member of this name, or the text ``<UNKNOWN>``, as in flytekit."""
        return _member(models.admin.matchable_resource.PluginOverride.MissingPluginBehavior, text)


def _name(enum: type[object], value: int, otherwise: str) -> str:
    names = [name for name, member in _members(enum).items() if member == value]
    # A second name comes after the first; it is flytekit's, so it is the one to use.
    return names[-1] if names else otherwise


def _member(enum: type[T], text: str) -> T | Literal["<UNKNOWN>"]:
    return _members(enum).get(text, _UNKNOWN)


def _members(enum: type[T]) -> Mapping[str, T]:
    """The members by all their names. Type checkers do not see that a mixin is for enums."""
    members: Mapping[str, T] = cast("Any", enum).__members__
    return members
