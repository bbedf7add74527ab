"""Waits for people, who take their time."""

from __future__ import annotations

import sys
import threading
import time

from flytebind.remote.auth._tokens import refused


class Patience:
    """Waits until nobody is interested any more.

    Args:
        stop: Set when nobody waits any more.
    """

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def now(self) -> float:
        """Seconds that pass evenly."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            FlyteAuthenticationError: If nobody waits any more.
        """
        if self._stop.wait(seconds):
            raise refused("the login was given up, since nobody waits for it any more")


def tell(message: str) -> None:
    """Show something to the person at the terminal or notebook."""
    print(message, file=sys.stderr, flush=True)
