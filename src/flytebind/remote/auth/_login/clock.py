"""The clock of an interactive login, which takes as long as a person takes."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

from flytebind.remote.auth._tokens import refused
from flytebind.runtime.screens import harmless


class CancellableClock:
    """A monotonic clock whose waits end when the login is cancelled.

    Args:
        stop: Set when no call waits for the token any more.
        take_long: Called once it is up to a person; until then deadlines of calls count.
    """

    def __init__(self, stop: threading.Event, take_long: Callable[[], None] = lambda: None) -> None:
        self._stop = stop
        self.take_long = take_long

    def now(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Wait, or raise as soon as the login is cancelled.

        Args:
            seconds: How long to wait.

        Raises:
            FlyteAuthenticationError: If no call waits for the token any more.
        """
        if self._stop.wait(seconds):
            raise refused("the login was given up, since nobody waits for it any more")


def notify(message: str) -> None:
    """Print a message for the user to stderr; providers have a say in what it is."""
    print(harmless(message), file=sys.stderr, flush=True)
