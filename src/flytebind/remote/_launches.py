"""What is being started, for whoever gives up on that: what was made must not be lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from flytebind.remote.errors import FlyteTimeout

N = TypeVar("N")


class Launch(Generic[N]):
    """Something that is to be started, and how far that has come.

    Args:
        id: What it is to be called.
        title: The same in words: ``execution flytesnacks/development/f7a9c2``.
        is_chosen: Whether somebody has chosen its name, so that another may have it.
        error: Makes the error of a message, and of what may be there.
    """

    def __init__(
        self,
        id: N,
        title: str,
        *,
        is_chosen: bool,
        error: Callable[[str, N | None], FlyteTimeout],
    ) -> None:
        self.id = id
        self.is_chosen = is_chosen
        self.is_asked_for = False
        """Whether a server may have heard of it."""
        self.is_made = False
        """Whether a server has said that it is there."""
        self._title = title
        self._error = error

    def too_late(self, said: str) -> FlyteTimeout:
        """The error for a time that is over, which says what has happened until then."""
        if not self.is_asked_for:
            return self._error(f"{said}; nothing was started", None)
        how = "was started, and goes on" if self.is_made else "may have been started all the same"
        return self._error(f"{said}; {self._title} {how}", self.id)
