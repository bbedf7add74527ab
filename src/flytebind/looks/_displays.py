"""The displays that show how far an execution is."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from flytebind.looks._snapshots import ExecutionSnapshot
from flytebind.looks._status import Status
from flytebind.looks._words import STYLES, spoken

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live as RichLive
else:  # rich may not be there; annotations can be resolved all the same
    Console = RenderableType = RichLive = object

_log = logging.getLogger("flytebind.looks")

_FRAME_SECONDS = 0.1


class Display(Protocol):
    """Something that shows how far an execution is, again and again."""

    def update(self, execution: ExecutionSnapshot) -> None:
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

    def update(self, execution: ExecutionSnapshot) -> None:
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
        self._stream.write(f"{line}\n")
        self._stream.flush()


class Live:
    """One line on a terminal that is drawn again and again, and leaves nothing behind."""

    def __init__(self, stream: TextIO | None = None, console: Console | None = None) -> None:
        self._stream = stream
        self._console = console
        self._status: Status | None = None
        self._updated = 0.0
        self._live: RichLive | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(
            target=self._animate, name="flytebind-progress", daemon=True
        )

    def update(self, execution: ExecutionSnapshot) -> None:
        """Show how far it is."""
        self._updated = time.monotonic()
        self._status = Status.of(execution)
        if self._live is None:
            self._live = self._open()
            self._live.start()
            self._thread.start()
        self._live.refresh()

    def close(self) -> None:
        """Give the terminal back. The thread is gone afterwards."""
        self._closing.set()
        try:
            if self._thread.ident is not None:
                self._thread.join()
        finally:
            if self._live is not None:
                self._live.stop()

    def _open(self) -> RichLive:
        from rich.console import Console
        from rich.live import Live as RichLive
        from rich.spinner import Spinner

        self._spinner = Spinner("dots")
        # rich's own thread may outlive its display by a moment, and prints what goes wrong in it.
        return RichLive(
            console=self._console or Console(file=self._stream),
            auto_refresh=False,
            transient=True,
            get_renderable=self._draw,
        )

    def _animate(self) -> None:
        try:
            while self._live is not None and not self._closing.wait(_FRAME_SECONDS):
                self._live.refresh()
        except Exception:
            _log.debug("progress cannot be shown", exc_info=True)

    def _draw(self) -> RenderableType:
        from rich.text import Text

        status = self._status
        if status is None:
            return Text()
        elapsed = status.elapsed
        if not status.is_done:
            elapsed += timedelta(seconds=time.monotonic() - self._updated)
        frame = self._spinner.render(time.monotonic())
        parts = [
            (f" {status.name} ", "bold"),
            (f" {status.phase} ", STYLES.get(status.phase, "")),
            *((f" {text} ", "") for text in (status.nodes, _clock(elapsed)) if text),
            (f" {status.url}", "dim"),
        ]
        spinner = frame if isinstance(frame, Text) else Text()
        return Text.assemble(spinner, *parts, no_wrap=True, overflow="ellipsis")


class Notebook:
    """An output of a cell that changes while it goes on."""

    def __init__(self, display: Callable[..., Any]) -> None:
        self._display = display
        self._handle: Any = None

    def update(self, execution: ExecutionSnapshot) -> None:
        """Show how far it is."""
        page = _Html(Status.of(execution))
        if self._handle is None:
            self._handle = self._display(page, display_id=True)
        else:
            self._handle.update(page)

    def close(self) -> None:
        """Nothing to be done: the notebook keeps how it ended."""


class _Html:
    """What a notebook shows."""

    def __init__(self, status: Status) -> None:
        self._status = status

    def __repr__(self) -> str:
        status = self._status
        return "  ".join(
            filter(None, (status.name, status.phase, status.nodes, spoken(status.elapsed)))
        )

    def _repr_html_(self) -> str:
        import html

        status = self._status
        name = f"<code>{html.escape(status.name)}</code>"
        if status.url:
            name = f'<a href="{html.escape(status.url)}" target="_blank">{name}</a>'
        rest = (f"<b>{status.phase}</b>", html.escape(status.nodes), spoken(status.elapsed))
        return " &middot; ".join(filter(None, (name, *rest)))


def _clock(elapsed: timedelta) -> str:
    """``0:03:05``, as a clock that runs."""
    return str(timedelta(seconds=int(elapsed.total_seconds())))
