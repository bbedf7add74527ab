"""Enums as text and back, with the helpers that flytekit gives to some of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeVar, cast

from flytebind.runtime.typing import Self

UNKNOWN: Final = "<UNKNOWN>"

T = TypeVar("T")


class EnumText:
    """For enums whose unknown numbers are printed as numbers."""

    __slots__ = ()

    @classmethod
    def enum_to_string(cls, value: int) -> str:
        """The name of a number, or the number as text where it has none."""
        return name_of(cls, value, str(int(value)))

    @classmethod
    def string_to_enum(cls, text: str) -> Self | Literal["<UNKNOWN>"]:
        """The member of this name, or the text ``<UNKNOWN>``, as in flytekit."""
        return member_of(cls, text)


class EnumTextOrUnknown(EnumText):
    """For enums whose unknown numbers are printed as ``<UNKNOWN>``."""

    __slots__ = ()

    @classmethod
    def enum_to_string(cls, value: int) -> str:
        """The name of a number, or ``<UNKNOWN>`` where it has none."""
        return name_of(cls, value, UNKNOWN)


def name_of(enum: type[object], value: int, otherwise: str) -> str:
    """The name of a number; of two, the second. ``otherwise`` if it has none."""
    names = [name for name, member in _members(enum).items() if member == value]
    # The second names are flytekit's.
    return names[-1] if names else otherwise


def member_of(enum: type[T], text: str) -> T | Literal["<UNKNOWN>"]:
    """The member of this name, or the text ``<UNKNOWN>``."""
    return _members(enum).get(text, UNKNOWN)


def _members(enum: type[T]) -> Mapping[str, T]:
    """The members by all their names. Type checkers do not see that a mixin is for enums."""
    members: Mapping[str, T] = cast("Any", enum).__members__
    return members
