"""How long something may take, with all that it does."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, Final, TypeVar

from flytebind.remote._arguments import seconds
from flytebind.remote._io import Io, TimeIsUp

T = TypeVar("T")

#: What is there at once comes even when no time is left.
MOMENT: Final = 0.05


class Time:
    """How much there is for all that is done, from now on.

    Args:
        given: How much, in seconds or as a timedelta; None for as much as it takes.

    Raises:
        ValueError: If it is less than nothing, or no number.
    """

    def __init__(self, given: timedelta | float | None) -> None:
        self._began = time.monotonic()
        self.given: float | None = seconds(given, "timeout")

    def left(self) -> float | None:
        """How many seconds are left; None for as many as it takes."""
        return None if self.given is None else self.given - (time.monotonic() - self._began)

    @property
    def is_up(self) -> bool:
        """Whether nothing is left."""
        left = self.left()
        return left is not None and left <= 0

    async def within(
        self, io: Io, do: Callable[[], Coroutine[Any, Any, T]], too_late: Callable[[], Exception]
    ) -> T:
        """Do something in what is left.

        Raises:
            Exception: What ``too_late`` makes, if it is not done by then; it is given up.
        """
        left = self.left()
        if left is None:
            return await do()
        try:
            return await io.within(max(left, MOMENT), do())
        except TimeIsUp:
            raise too_late() from None
