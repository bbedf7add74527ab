"""Programs that run where some libraries are not installed."""

from __future__ import annotations

import subprocess
import sys

WITHOUT = "import sys; sys.modules.update(dict.fromkeys({missing!r}.split())); "


def ending(missing: str, program: str) -> tuple[int, list[str]]:
    """The exit code of a program without some modules, and the lines that it has printed."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(missing=missing) + program],
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, (done.stderr or done.stdout).strip().splitlines()
