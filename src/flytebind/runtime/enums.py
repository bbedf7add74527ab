"""The base of generated enums."""

from __future__ import annotations

from enum import IntEnum
from typing import cast

from flytebind.runtime.typing import Self

_INT32 = range(-(2**31), 2**31)


class OpenEnum(IntEnum):
    """An enum that keeps numbers it does not know, as proto3 enums do.

    A newer server may send a value that this library was not generated with. It becomes a member
    called ``UNRECOGNIZED_<number>``: it compares, hashes, pickles and goes back on the wire like
    any other.
    """

    @classmethod
    def from_number(cls, number: int) -> Self:
        """The member of a wire number; faster than calling the class.

        Raises:
            ValueError: If ``number`` does not fit the 32 bits of a protobuf enum.
        """
        member = cls._value2member_map_.get(number)
        return cls(number) if member is None else cast("Self", member)

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
        name = type(self).__qualname__
        return f"{name}.{self.name}" if self.is_recognized else f"{name}({int(self)})"

    # Python 3.10 prints an IntEnum by name, later ones by number: be the same on all.
    __str__ = int.__repr__

    def __format__(self, format_spec: str) -> str:
        return int.__format__(self, format_spec)
