"""Progress while an execution is waited for."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from flytebind.looks._terminal import can_draw, terminal

if TYPE_CHECKING:
    from flytebind.looks import ExecutionSnapshot, Row
    from flytebind.looks._displays import Display

_log = logging.getLogger("flytebind.remote")


class _Seen(Protocol):
    """An execution, or a run of Flyte 2."""

    def snapshot(self) -> ExecutionSnapshot | Row:
        """What has been loaded of it."""
        ...


S = TypeVar("S", bound=_Seen)
S_contra = TypeVar("S_contra", bound=_Seen, contravariant=True)


class Progress(Protocol[S_contra]):
    """What is told how far an execution is, after each poll, or a run, when something has come."""

    shows_nodes: bool
    """Whether it wants nodes, or actions, to be there, too."""

    def update(self, execution: S_contra, /) -> None:
        """Tell how far it is."""
        ...

    def close(self) -> None:
        """Tell nothing more."""
        ...


def progress_for(asked: bool | Callable[[S], None] | None) -> Progress[S] | None:
    """The progress that somebody asked for, or None for silence.

    Args:
        asked: None shows something where somebody looks: in a notebook, or on a terminal. True
            insists: elsewhere it writes lines to stderr. False is silent. A function is called
            with the execution each time; what it raises ends the wait.
    """
    return _Callback(asked) if callable(asked) else shown_for(asked)


def shown_for(asked: bool | None) -> Shown | None:
    """A display where there is one to be had, or None for silence.

    Args:
        asked: None shows something where somebody looks, True insists, False is silent.
    """
    if asked is False:
        return None
    # Nobody who does not see a display pays for loading it.
    notebook = _notebook()
    seen = terminal()
    if notebook is None and seen is None and asked is None:
        return None
    from flytebind.looks import _displays as displays

    if notebook is not None:
        return Shown(displays.Notebook(notebook))
    if seen is not None and can_draw():
        return Shown(displays.Live(seen))
    return Shown(displays.Lines(seen or sys.stderr))


class Shown:
    """On a display, whose trouble it keeps to itself: to wait is more important than to show."""

    shows_nodes = True

    def __init__(self, display: Display) -> None:
        self._display = display

    def update(self, execution: _Seen) -> None:
        """Show how far it is, if that works."""
        try:
            self._display.update(execution.snapshot())
        except Exception:
            _log.debug("progress cannot be shown", exc_info=True)

    def close(self) -> None:
        """Show nothing more."""
        try:
            self._display.close()
        except Exception:
            _log.debug("progress cannot be closed", exc_info=True)


class _Callback(Generic[S]):
    """A user's own function."""

    shows_nodes = False

    def __init__(self, function: Callable[[S], None]) -> None:
        self._function = function

    def update(self, execution: S) -> None:
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
