"""The terminal, where there is one."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import TextIO


def terminal() -> TextIO | None:
    """A terminal that somebody looks at; errors may go to a file while output is seen."""
    for stream in (sys.stderr, sys.stdout):
        if stream is not None and not stream.closed and stream.isatty():
            return stream
    return None


def can_draw() -> bool:
    """Whether rich is there, and terminals understand what it writes."""
    return os.environ.get("TERM") not in ("dumb", "unknown") and find_spec("rich") is not None
