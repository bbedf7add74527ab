"""Progress while an execution is waited for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Protocol, TextIO, TypeAlias

from flytebind.remote.executions import FlyteWorkflowExecution

ShowProgress: TypeAlias = bool | Callable[[FlyteWorkflowExecution], None] | None


class Display(Protocol):
    """Something that shows an execution again and again."""

    counts_nodes: bool
    """Whether it wants nodes to be synced now and then."""

    def update(self, execution: FlyteWorkflowExecution) -> None:
        """Show how far it is."""
        ...

    def close(self) -> None:
        """Show nothing more."""
        ...


def display_for(progress: ShowProgress) -> Display | None:
    """The display that somebody asked for, or None for silence.

    Args:
        progress: None shows something where it can be live: in a notebook, or on a terminal if
            rich is installed. True insists: elsewhere it writes lines to stderr. False is silent.
            A function is called with the execution after each poll; what it raises ends the wait.
    """
    if progress is False:
        return None
    if callable(progress):
        return _Callback(progress)
    # Nobody who does not see a display pays for loading it.
    notebook = _notebook()
    terminal = None if notebook is not None else terminal_to_draw_on()
    if notebook is None and terminal is None and progress is None:
        return None
    from flytebind.remote.looks import displays

    if notebook is not None:
        return displays.Guarded(displays.Notebook(notebook))
    if terminal is not None:
        return displays.Guarded(displays.Live(terminal))
    return displays.Guarded(displays.Lines(sys.stderr))


class _Callback:
    """A user's own function."""

    counts_nodes = False

    def __init__(self, function: Callable[[FlyteWorkflowExecution], None]) -> None:
        self._function = function

    def update(self, execution: FlyteWorkflowExecution) -> None:
        self._function(execution)

    def close(self) -> None:
        pass


def _notebook() -> Callable[..., Any] | None:
    """The ``display`` of the Jupyter kernel that this is, if it is one."""
    # A kernel has imported IPython long ago; nobody else needs it for this.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if not hasattr(shell, "kernel"):
        return None
    from importlib import import_module

    display: Callable[..., Any] = import_module("IPython.display").display
    return display


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
