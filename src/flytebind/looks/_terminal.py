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


def stdout_speaks_unicode() -> bool:
    """Whether what is drawn with can be printed."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        "├└│─…╷·░█▚▁".encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def width_of_stdout() -> int | None:
    """That of the terminal; None where nobody would have to turn their head."""
    import shutil

    if sys.stdout is None or sys.stdout.closed or not sys.stdout.isatty():
        return None
    return shutil.get_terminal_size().columns
