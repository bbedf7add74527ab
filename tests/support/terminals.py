"""A terminal for commands to run in, and what somebody sees who sits before it."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyte


@dataclass
class Terminal:
    """What a command has written to a terminal, and what there is to see of it."""

    columns: int
    lines: int
    written: bytes = b""
    frames: list[list[str]] = field(default_factory=list)
    """What could be seen after each piece that was written."""
    code: int | None = None

    def __post_init__(self) -> None:
        self._screen = pyte.HistoryScreen(self.columns, self.lines, history=10_000)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def screen(self) -> list[str]:
        """What is to be seen now, without empty lines at the end."""
        shown = [line.rstrip() for line in self._screen.display]
        while shown and not shown[-1]:
            shown.pop()
        return shown

    @property
    def above(self) -> list[str]:
        """What has left the screen at its top."""
        return [
            "".join(line[column].data for column in range(self.columns)).rstrip()
            for line in self._screen.history.top
        ]

    @property
    def all(self) -> str:
        """Whatever can be seen by scrolling back."""
        return "\n".join([*self.above, *self.screen])

    @property
    def cursor_is_hidden(self) -> bool:
        return bool(self._screen.cursor.hidden)

    def write(self, piece: bytes) -> None:
        self.written += piece
        self._stream.feed(piece)
        self.frames.append(self.screen)


def seen(
    command: Sequence[str],
    columns: int = 80,
    lines: int = 24,
    environment: Mapping[str, str] | None = None,
    on_frame: Callable[[Terminal, subprocess.Popen[bytes]], None] | None = None,
    stdout: int | None = None,
    timeout: float = 60,
) -> Terminal:
    """Run a command in a terminal until it ends.

    Args:
        command: The command.
        columns: How wide the terminal is.
        lines: How high it is.
        environment: Variables; by default those of this process, without what says how to draw.
        on_frame: Called after each piece that the command has written.
        stdout: Where results go, if not to the terminal.
        timeout: Seconds after which the command is killed.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR") and "FLYTE" not in name
    }
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    terminal = Terminal(columns, lines)
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs if stdout is None else stdout,
        stderr=theirs,
        env={**kept, "TERM": "xterm-256color", **(environment or {})},
    )
    os.close(theirs)
    with process, os.fdopen(ours, "rb", buffering=0) as reading:
        try:
            while piece := _read(reading.fileno()):
                terminal.write(piece)
                if on_frame is not None:
                    on_frame(terminal, process)
            terminal.code = process.wait(timeout)
        finally:
            process.kill()
    return terminal


def _read(file: int) -> bytes:
    """What has been written; nothing once nobody holds the other end, an error on Linux."""
    try:
        return os.read(file, 65536)
    except OSError:
        return b""
