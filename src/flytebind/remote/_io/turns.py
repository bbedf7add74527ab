"""How many calls of one remote are in flight, in whatever threads and loops they are waited for."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable


class Turns:
    """So many calls may be in flight at once.

    Who finds no turn free is told when there may be one, and asks again. A turn is never given to
    somebody who may not come for it: a loop that has stopped, or a thread that is busy.

    Args:
        most: How many.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._begin()

    def take(self, wake: Callable[[], object]) -> bool:
        """Take a turn if one is free.

        Args:
            wake: Called once, in another thread, when that may have become so.
        """
        if self._process != os.getpid():
            self._begin()  # what is in flight in the parent of a fork does not end in its child
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            self._wakers[wake] = None
            return False

    def give_back(self) -> None:
        """A call has ended."""
        with self._lock:
            self._free += 1
            wakers = list(self._wakers)
            self._wakers.clear()
        for wake in wakers:
            wake()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._free = self.most
        self._wakers: dict[Callable[[], object], None] = {}
        self._process = os.getpid()
