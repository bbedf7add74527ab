"""The terminal, where there is one."""

from __future__ import annotations

import sys
from typing import TextIO


def terminal_to_draw_on() -> TextIO | None:
    """A terminal that rich can draw on; errors may go to a file while output is seen."""
    import os
    from importlib.util import find_spec

    if os.environ.get("TERM") in ("dumb", "unknown"):
        return None
    for stream in (sys.stderr, sys.stdout):
        if stream is not None and not stream.closed and stream.isatty():
            return stream if find_spec("rich") is not None else None
    return None
