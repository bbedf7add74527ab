"""What is good for a while."""

from __future__ import annotations

import secrets
import threading
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from flytebind.sandbox._clock import Clock

T = TypeVar("T")


class Expiring(Generic[T]):
    """What keys that nobody can guess stand for. Safe to use from any thread.

    Args:
        clock: What they expire by.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[str, tuple[T, datetime]] = {}

    def add(self, value: T, lifetime: timedelta, key: str = "") -> str:
        """Keep a value.

        Args:
            value: The value.
            lifetime: How long its key is good.
            key: The key; a new one by default.
        """
        key = key or secrets.token_urlsafe()
        now = self._clock.now()
        with self._lock:
            self._held = {old: held for old, held in self._held.items() if held[1] > now}
            self._held[key] = value, now + lifetime
        return key

    def get(self, key: str) -> T | None:
        """The value; None when there is no such key, or not any more."""
        with self._lock:
            held = self._held.get(key)
        return held[0] if held is not None and held[1] > self._clock.now() else None

    def remove(self, key: str) -> None:
        """Forget a value before its time."""
        with self._lock:
            self._held.pop(key, None)
