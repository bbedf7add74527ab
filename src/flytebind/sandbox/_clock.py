"""The sandbox's own time."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

from flytebind.runtime.homes import public_in


@public_in("flytebind.sandbox")
class Clock:
    """The clock of everything in the sandbox. Tests can move it instead of waiting.

    It starts at the machine's time and runs with it. All methods are safe to call from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset = timedelta()
        self._frozen: datetime | None = None

    def now(self) -> datetime:
        """The time in UTC, aware."""
        with self._lock:
            return self._frozen or datetime.now(timezone.utc) + self._offset

    def advance(self, delta: timedelta) -> datetime:
        """Move the time, forwards or (with a negative delta) backwards; returns the new time."""
        with self._lock:
            if self._frozen is not None:
                self._frozen += delta
                return self._frozen
            self._offset += delta
            return datetime.now(timezone.utc) + self._offset

    def freeze(self, at: datetime | None = None) -> datetime:
        """Stop the time, now or at a given one; returns it.

        Raises:
            ValueError: If ``at`` is naive.
        """
        if at is not None and at.tzinfo is None:
            raise ValueError(f"the clock takes an aware datetime, not the naive {at.isoformat()}")
        at = self.now() if at is None else at.astimezone(timezone.utc)
        with self._lock:
            self._frozen = at
        return at

    def resume(self) -> None:
        """Let the time run again, on from where it stands."""
        with self._lock:
            if self._frozen is not None:
                self._offset = self._frozen - datetime.now(timezone.utc)
                self._frozen = None
