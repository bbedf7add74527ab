"""Showing that a run is alive: a bar on a terminal, lines in a log, nothing if quiet."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress as Bar,
    SpinnerColumn,
    TaskID,
    TextColumn,
)

from flytegen.common.texts import counted
from flytegen.run import Progress


@contextmanager
def show_progress(*, quiet: bool) -> Iterator[Progress]:
    """The display that suits where standard error goes."""
    if quiet:
        yield _Silent()
    elif sys.stderr.isatty():
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
        )
        with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
            yield _Bar(bar)
    else:
        yield _Lines()


class _Silent:
    def step(self, title: str, total: int = 0) -> None:
        pass

    def advance(self) -> None:
        pass


class _Lines(_Silent):
    def step(self, title: str, total: int = 0) -> None:
        print(f"{title}: {counted(total, 'file')}" if total else title, file=sys.stderr, flush=True)


class _Bar:
    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task: TaskID | None = None

    def step(self, title: str, total: int = 0) -> None:
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(title, total=total or None)

    def advance(self) -> None:
        if self._task is not None:
            self._bar.advance(self._task)
