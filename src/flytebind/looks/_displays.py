"""The displays that show how far an execution is."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from flytebind.looks._rows import Row, row_of
from flytebind.looks._screen import screen
from flytebind.looks._snapshots import ExecutionSnapshot
from flytebind.looks._status import Status
from flytebind.looks._tree import LONG, rich_text
from flytebind.looks._words import harmless, spoken

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
else:  # rich may not be there; annotations can be resolved all the same
    Console = ConsoleOptions = RenderResult = object

_log = logging.getLogger("flytebind.looks")

_FRAME_SECONDS = 0.1


class Display(Protocol):
    """Something that shows how far an execution is, or a run of which it gets the row."""

    def update(self, execution: ExecutionSnapshot | Row) -> None:
        """Show how far it is."""
        ...

    def close(self) -> None:
        """Show nothing more."""
        ...


class Lines:
    """A line for each change, where nothing can be drawn: in a log, or without rich."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._seen: tuple[str, str] | None = None

    def update(self, execution: ExecutionSnapshot | Row) -> None:
        """Write a line if there is something new."""
        status = Status.of(execution)
        if self._seen is None and status.url:
            self._write(f"{status.name}: {status.url}")
        if self._seen != (status.phase, status.nodes):
            self._seen = status.phase, status.nodes
            parts = filter(None, (status.phase, status.nodes, spoken(status.elapsed)))
            self._write(f"{status.name}: {', '.join(parts)}")

    def close(self) -> None:
        """Nothing to be done: the last line is the last word."""

    def _write(self, line: str) -> None:
        self._stream.write(f"{harmless(line)}\n")
        self._stream.flush()


class Live:
    """A tree on a terminal that is drawn again and again, and leaves nothing behind.

    A thread draws all of it: Ctrl-C, which interrupts the main one, finds no frame half drawn.
    """

    def __init__(self, stream: TextIO | None = None, console: Console | None = None) -> None:
        self._stream = stream
        self._console = console
        self._frame: _Frame | None = None
        self._news = threading.Event()
        self._is_over = False
        self._thread = threading.Thread(target=self._draw, name="flytebind-progress", daemon=True)

    def update(self, execution: ExecutionSnapshot | Row) -> None:
        """Show how far it is."""
        self._frame = _Frame(execution)
        self._news.set()
        if self._thread.ident is None:
            self._thread.start()

    def close(self) -> None:
        """Give the terminal back. The thread is gone afterwards."""
        self._is_over = True
        self._news.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _draw(self) -> None:
        try:
            from rich.console import Console
            from rich.live import Live as RichLive

            console = self._console or Console(file=self._stream)
            # rich's own thread may outlive its display by a moment, and prints what goes wrong.
            with RichLive(console=console, auto_refresh=False, transient=True) as live:
                while True:
                    self._news.clear()
                    live.update(self._frame or "", refresh=True)
                    if self._is_over:
                        break
                    self._news.wait(_FRAME_SECONDS)
        except Exception:
            _log.debug("progress cannot be shown", exc_info=True)


class _Frame:
    """An execution as it was told last, and the time that has gone by since."""

    def __init__(self, execution: ExecutionSnapshot | Row) -> None:
        self._root = row_of(execution)
        self._status = Status.of(execution)
        self._told = time.monotonic()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        now = time.monotonic()
        spinner = "|/-\\" if options.ascii_only else "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
        lines = screen(
            self._root,
            self._status,
            timedelta(seconds=now - self._told),
            options.max_width,
            console.height,
            mark=spinner[int(now / _FRAME_SECONDS) % len(spinner)],
            ascii_only=options.ascii_only,
        )
        for line in lines:
            yield rich_text(line, overflow="ellipsis")


class Notebook:
    """An output of a cell that changes while it goes on."""

    def __init__(self, display: Callable[..., Any]) -> None:
        self._display = display
        self._handle: Any = None

    def update(self, execution: ExecutionSnapshot | Row) -> None:
        """Show how far it is."""
        page = _Html(execution)
        if self._handle is None:
            self._handle = self._display(page, display_id=True)
        else:
            self._handle.update(page)

    def close(self) -> None:
        """Nothing to be done: the notebook keeps how it ended."""


class _Html:
    """What a notebook shows: how far it is, and its nodes while they go on."""

    def __init__(self, execution: ExecutionSnapshot | Row) -> None:
        self._status = Status.of(execution)
        self._row = row_of(execution)

    def __repr__(self) -> str:
        status = self._status
        parts = (harmless(status.name), status.phase, status.nodes, spoken(status.elapsed))
        return "  ".join(filter(None, parts))

    def _repr_html_(self) -> str:
        from flytebind.looks._chart import chart_of
        from flytebind.looks._lanes_html import badge, lanes, title
        from flytebind.looks._markup import element
        from flytebind.looks._page import fragment

        status = self._status
        told = (status.nodes, spoken(status.elapsed))
        head = element(
            "div",
            title(status.name, status.url),
            badge(status.phase),
            *(element("span", words, class_="fb-remark") for words in told if words),
            class_="fb-head",
            style="padding-bottom:12px",
        )
        if status.is_done or not self._row.children:
            return fragment(head)
        return fragment(head, element("section", lanes(chart_of(self._row, None, LONG))))
