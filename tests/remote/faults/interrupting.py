"""Ctrl-C without a keyboard."""

from __future__ import annotations

import signal
import threading

import pytest

CTRL_C = pytest.mark.skipif(
    not hasattr(signal, "pthread_kill"), reason="no signal can be sent to a thread here"
)
"""For tests that send themselves Ctrl-C."""


def ctrl_c() -> None:
    """What the main thread feels when somebody presses it."""
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGINT)
