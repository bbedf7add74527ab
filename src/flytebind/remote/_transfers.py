"""Progress of files that take a while, on a terminal."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from flytebind.looks._terminal import can_draw, terminal
from flytebind.runtime.screens import harmless
from flytebind.runtime.typing import Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_log = logging.getLogger("flytebind.remote")

#: Seconds after which a transfer is worth a line.
PATIENCE = 2.0

_FRAME_SECONDS = 0.1


class Transfer:
    """A file on its way; it has a line on the terminal if it takes long.

    Nothing is shown where there is no terminal, or rich is not installed. To be used from one
    thread at a time.

    Args:
        what: What is done: ``uploading rows.csv``.
        size: How many bytes there are; None if nobody knows.
    """

    def __init__(self, what: str, size: int | None) -> None:
        self._what = harmless(what)
        self._size = size
        self._done = 0
        self._since = time.monotonic()
        self._line: TaskID | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._line is not None:
            _board.remove(self._line)

    def begin(self) -> None:
        """It begins, or begins anew."""
        self._done = 0

    def moved(self, count: int) -> None:
        """So many bytes have moved."""
        self._done += count
        if self._line is not None:
            _board.update(self._line, self._done)
        elif time.monotonic() - self._since > PATIENCE:
            self._since = float("inf")  # it is asked for once
            self._line = _board.add(self._what, self._size, self._done)


class _Board:
    """The lines of all transfers: a terminal has room for one display."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._lines = 0
        self._drawn = 0.0

    def add(self, what: str, size: int | None, done: int) -> TaskID | None:
        """Show one more, if there is a place for it."""
        with self._lock:
            with _shown_if_possible():
                if self._progress is None:
                    self._progress = _open()
                if self._progress is not None:
                    line = self._progress.add_task(what, total=size, completed=done)
                    self._lines += 1
                    return line
            return None

    def update(self, line: TaskID, done: int) -> None:
        """Show how far it is."""
        with self._lock, _shown_if_possible():
            if self._progress is not None:
                self._progress.update(line, completed=done)
                if time.monotonic() - self._drawn > _FRAME_SECONDS:
                    self._drawn = time.monotonic()
                    self._progress.refresh()

    def remove(self, line: TaskID) -> None:
        """Show it no more."""
        with self._lock, _shown_if_possible():
            self._lines -= 1
            progress = self._progress
            if not self._lines:
                self._progress = None
            if progress is not None:
                progress.remove_task(line)
                progress.refresh()
                if self._progress is None:
                    progress.stop()


@contextmanager
def _shown_if_possible() -> Iterator[None]:
    """A terminal that has gone ends no transfer."""
    try:
        yield
    except Exception:
        _log.debug("progress cannot be shown", exc_info=True)


def _open() -> Progress | None:
    stream = terminal()
    if stream is None or not can_draw():
        return None
    from rich import progress
    from rich.console import Console

    # rich's own thread may outlive its display by a moment, and prints what goes wrong in it.
    opened = progress.Progress(
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
        console=Console(file=stream),
        auto_refresh=False,
        transient=True,
    )
    opened.start()
    return opened


_board = _Board()
