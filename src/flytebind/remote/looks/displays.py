"""The displays that show how far an execution is."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, TextIO

from flytebind.remote._operations.sync import walk
from flytebind.remote.executions import FlyteWorkflowExecution
from flytebind.remote.looks.progress import Display
from flytebind.remote.looks.words import STYLES, has_failed, spoken, time_taken

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live as RichLive
else:  # rich may not be there; annotations can be resolved all the same
    Console = RenderableType = RichLive = object

_log = logging.getLogger("flytebind.remote")

_FRAME_SECONDS = 0.1


@dataclass(frozen=True)
class Status:
    """How far an execution is, in words."""

    name: str
    phase: str
    nodes: str
    """``3 of 7 nodes done, 2 running``; empty while none are known."""
    url: str
    elapsed: timedelta
    is_done: bool

    @classmethod
    def of(cls, execution: FlyteWorkflowExecution) -> Status:
        """That of an execution, and of those of its nodes that have been synced."""
        return cls(
            execution.id.name,
            execution.phase.name,
            _count_nodes(execution),
            execution.execution_url or "",
            _elapsed(execution),
            execution.is_done,
        )


def _elapsed(execution: FlyteWorkflowExecution) -> timedelta:
    """Since it was asked for, or else it would begin again when it comes to run."""
    closure = execution.closure
    if not execution.is_done and closure.created_at is not None:
        return max(datetime.now(timezone.utc) - closure.created_at, timedelta())
    return time_taken(closure, execution.is_done) or timedelta()


def _count_nodes(execution: FlyteWorkflowExecution) -> str:
    if execution.is_done and not execution._nodes_are_final:
        return ""  # they were counted before its end
    nodes = [node for node in walk(execution) if not node.is_boundary]
    if not nodes:
        return ""
    done = sum(node.is_done for node in nodes)
    running = sum(node.phase.name in ("RUNNING", "DYNAMIC_RUNNING") for node in nodes)
    failed = sum(has_failed(node.phase) for node in nodes)
    text = f"{done:,} of {len(nodes):,} nodes done"
    if running:
        text += f", {running:,} running"
    return f"{text}, {failed:,} failed" if failed else text


class Guarded:
    """Keeps a display's trouble to itself: to wait is more important than to show that."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self.counts_nodes = display.counts_nodes

    def update(self, execution: FlyteWorkflowExecution) -> None:
        """Show how far it is, if that works."""
        try:
            self._display.update(execution)
        except Exception:
            _log.debug("progress cannot be shown", exc_info=True)

    def close(self) -> None:
        """Show nothing more."""
        try:
            self._display.close()
        except Exception:
            _log.debug("progress cannot be closed", exc_info=True)


class Lines:
    """A line for each change, where nothing can be drawn: in a log, or without rich."""

    counts_nodes = True

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._seen: tuple[str, str] | None = None

    def update(self, execution: FlyteWorkflowExecution) -> None:
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

    counts_nodes = True

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

    def update(self, execution: FlyteWorkflowExecution) -> None:
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

    counts_nodes = True

    def __init__(self, display: Callable[..., Any]) -> None:
        self._display = display
        self._handle: Any = None

    def update(self, execution: FlyteWorkflowExecution) -> None:
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
