"""How long to wait for somebody who may mean harm, or has only a slow line."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

#: Bytes in a second. Who moves fewer on the whole is not waited for: a line of any kind does better
#: than that even if 64 files share it, and a server that sends a byte now and then does not.
SLOWEST = 1_000.0


class Patience:
    """Seconds that are left, which bytes that move may add to.

    Args:
        seconds: How long to wait for the first byte, and never longer than that for nothing.
        slowest: Bytes that are worth a second. By default none is: then it is a deadline.
        since: From when on it counts, on the monotonic clock; by default from now on.
    """

    def __init__(
        self, seconds: float, slowest: float = float("inf"), since: float | None = None
    ) -> None:
        self.seconds = seconds
        self.is_deadline: bool = slowest == float("inf")
        self._slowest = slowest
        self._stopped = time.monotonic() if since is None else since
        self._end = self._stopped + seconds

    def left(self) -> float:
        """Seconds until it is over."""
        return self._end - time.monotonic()

    def moved(self, count: int) -> None:
        """Note that so many bytes have moved."""
        self._end = min(self._end + count / self._slowest, time.monotonic() + self.seconds)

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Let time count in the block alone; what was left before is left at its beginning."""
        self._end += time.monotonic() - self._stopped
        try:
            yield
        finally:
            self._stopped = time.monotonic()
