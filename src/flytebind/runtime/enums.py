"""The base of generated enums."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, cast

from flytebind.runtime.spelling import name_of
from flytebind.runtime.typing import Self

_INT32 = range(-(2**31), 2**31)
#: What format specifications of numbers end with, without that of text and the empty one.
_NUMERIC = frozenset("bcdeEfFgGnoxX%")


class OpenEnum(IntEnum):
    """An enum that keeps numbers it does not know, as proto3 enums do.

    A newer server may send a value that this library was not generated with. It becomes a member
    called ``UNRECOGNIZED_<number>``: it compares, hashes, pickles and goes back on the wire like
    any other.
    """

    if TYPE_CHECKING:

        @classmethod
        def from_number(cls, number: int) -> Self:
            """The member of a wire number; much faster than calling the class.

            Raises:
                ValueError: If ``number`` does not fit the 32 bits of a protobuf enum.
            """
            ...

    else:

        def __init_subclass__(cls, **options: object) -> None:
            super().__init_subclass__(**options)
            # The bound method of a dict: every enum property goes through it.
            cls.from_number = _Members(cls).__getitem__

    @property
    def is_recognized(self) -> bool:
        """False for a number that this version of the library has no name for."""
        return self.name in type(self).__members__

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if type(value) is not int or value not in _INT32:
            return None
        member = int.__new__(cls, value)
        member._name_ = f"UNRECOGNIZED_{value}".replace("-", "MINUS_")
        member._value_ = value
        # setdefault is atomic, so that threads racing for one number end up with one object.
        return cast("Self", cls._value2member_map_.setdefault(value, member))

    def __reduce_ex__(self, protocol: object) -> tuple[type[Self], tuple[int]]:
        return type(self), (int(self),)

    def __repr__(self) -> str:
        name = name_of(type(self))
        return f"{name}.{self.name}" if self.is_recognized else f"{name}({int(self)})"

    # Python 3.10 prints an IntEnum by name, later ones by number. Text is for people: the name.
    def __str__(self) -> str:
        return self.name

    def __format__(self, format_spec: str) -> str:
        """The name, or the number where the format is one of numbers: ``f"{phase:d}"``."""
        if format_spec[-1:] in _NUMERIC:
            return int.__format__(self, format_spec)
        return str.__format__(self.name, format_spec)


class _Members(dict[int, OpenEnum]):
    """The members of an enum by number; those without a name join when they are asked for."""

    def __init__(self, enum: type[OpenEnum]) -> None:
        super().__init__()
        self._enum = enum

    def __missing__(self, number: int) -> OpenEnum:
        member = self[number] = self._enum(number)
        return member
