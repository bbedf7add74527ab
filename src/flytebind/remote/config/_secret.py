"""Text that must not be seen."""

from __future__ import annotations

from typing import NoReturn

from flytebind.runtime.homes import public_in
from flytebind.runtime.typing import Self


@public_in("flytebind.remote.config")
class Secret:
    """Keeps a text out of representations, logs and pickles; whoever uses it asks ``reveal``."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself."""
        return self._value

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: hidden>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} is not pickled: it would be there to read")
