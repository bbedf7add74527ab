"""Typing names that old Pythons lack, at no import cost.

``typing_extensions`` takes 8 ms to import, so only type checkers see it. At run time every name
still exists, which keeps ``typing.get_type_hints`` working on annotations that use it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from typing_extensions import Self as Self, deprecated as deprecated
else:
    if sys.version_info >= (3, 11):
        from typing import Self
    else:
        Self = TypeVar("Self")

    T = TypeVar("T")

    def deprecated(message: str) -> Callable[[T], T]:
        """Mark a class or function for type checkers (PEP 702); silent at run time.

        A library that only reads messages must not warn because the IDL retired a field that it
        never touched.
        """

        def mark(target: T) -> T:
            target.__deprecated__ = message
            return target

        return mark


class Null(Enum):
    """JSON's null, where None would leave a field unset."""

    NULL = None

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return self.name

    __str__ = __repr__


#: A ``google.protobuf.Value`` that is set, and is null. It is read as None.
NULL = Null.NULL

if TYPE_CHECKING:
    from typing import TypeAlias

    JsonValue: TypeAlias = (
        "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
    )
    JsonObject: TypeAlias = dict[str, JsonValue]
    JsonList: TypeAlias = list[JsonValue]
    # What a constructor takes is wider than what a property gives.
    JsonInput: TypeAlias = (
        "bool | int | float | str | Sequence[JsonInput] | Mapping[str, JsonInput] | Null | None"
    )
    JsonMapping: TypeAlias = Mapping[str, JsonInput]
    JsonSequence: TypeAlias = Sequence[JsonInput]
else:
    # Recursive names cannot be resolved at run time; one level of them can.
    JsonValue = bool | int | float | str | list[object] | dict[str, object] | None
    JsonObject = dict[str, JsonValue]
    JsonList = list[JsonValue]
    JsonInput = bool | int | float | str | Sequence[object] | Mapping[str, object] | Null | None
    JsonMapping = Mapping[str, JsonInput]
    JsonSequence = Sequence[JsonInput]
