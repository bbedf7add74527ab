"""What is shown while somebody waits."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import types
from typing import Any

import pytest
from rich.console import Console

from flytebind.looks import ExecutionSnapshot, Row, _terminal
from flytebind.looks._displays import Lines, Live, Notebook
from flytebind.remote import FlyteRemote, FlyteTimeout, FlyteWorkflowExecution
from flytebind.remote._progress import Progress, Shown, progress_for, shown_for
from flytebind.remote.executions import adopt
from flytebind.sandbox import Sandbox
from tests.remote.conftest import synced
from tests.remote.scenes import executions, parents, scripted
from tests.remote.scenes.scene import WorkflowPhase
from tests.support.markup import Page

THREAD = "flytebind-progress"


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == THREAD]


@pytest.fixture
def running(sandbox: Sandbox, remote: FlyteRemote) -> FlyteWorkflowExecution:
    """Running, with three nodes that run."""
    return synced(remote, parents.subworkflow_running(sandbox), data=False)


@pytest.fixture
def failed(sandbox: Sandbox, remote: FlyteRemote) -> FlyteWorkflowExecution:
    """Failed, with three nodes that are done and one that failed."""
    return synced(remote, scripted.played(sandbox, "failure"), data=False)


class Broken:
    """A display that cannot show anything."""

    def update(self, execution: ExecutionSnapshot | Row) -> None:
        raise OSError("the terminal is gone")

    def close(self) -> None:
        raise OSError("the terminal is gone")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nothing_is_shown_unasked_where_it_could_not_be_live() -> None:
    assert not sys.stderr.isatty()
    assert progress_for(None) is None


def test_false_is_silent_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert progress_for(False) is None


def test_true_writes_lines_where_nothing_can_be_drawn(
    running: FlyteWorkflowExecution,
    failed: FlyteWorkflowExecution,
    capsys: pytest.CaptureFixture[str],
) -> None:
    display = shown_for(True)
    assert display is not None
    assert display.shows_nodes
    display.update(running)
    display.update(running)  # nothing new
    display.update(failed)
    display.close()
    out, err = capsys.readouterr()
    assert out == ""
    where, first, second = err.splitlines()
    assert where == f"{running.id.name}: {running.execution_url}"
    assert first.startswith(f"{running.id.name}: RUNNING, 0 of 3 nodes done, 3 running, ")
    assert second.startswith(f"{failed.id.name}: FAILED, 4 of 4 nodes done, 1 failed, ")


def test_nodes_that_were_counted_too_early_are_not_told_at_the_end(
    sandbox: Sandbox, remote: FlyteRemote, capsys: pytest.CaptureFixture[str]
) -> None:
    execution = synced(remote, parents.subworkflow_running(sandbox), data=False)
    message = execution.to_pb()
    message.closure.phase = WorkflowPhase.SUCCEEDED
    adopt(execution, execution.from_pb(message))
    Lines(sys.stderr).update(execution.snapshot())
    assert "SUCCEEDED" in (err := capsys.readouterr().err)
    assert "nodes" not in err


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys, "stderr", Terminal())
    display = shown_for(None)
    assert isinstance(display, Shown)
    assert isinstance(display._display, Lines)


def test_a_terminal_without_rich_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(_terminal, "find_spec", lambda name: None)
    display = shown_for(None)
    assert isinstance(display, Shown)
    assert isinstance(display._display, Lines)


@pytest.mark.parametrize("stream", ["stderr", "stdout"])
def test_a_terminal_gets_a_live_display(monkeypatch: pytest.MonkeyPatch, stream: str) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, stream, Terminal())
    display = shown_for(None)
    assert isinstance(display, Shown)
    assert isinstance(display._display, Live)


def test_the_live_display_shows_all_of_it_and_leaves_nothing_behind(
    running: FlyteWorkflowExecution,
) -> None:
    stream = io.StringIO()
    display = Live(console=Console(file=stream, force_terminal=True, width=300, color_system=None))
    display.update(running.snapshot())
    assert threads() == [THREAD]
    display.close()
    shown = stream.getvalue()
    for part in (running.id.name, "RUNNING", "0 of 3 nodes done, 3 running", running.execution_url):
        assert str(part) in shown
    assert threads() == []
    # The cursor is there again, and the line is wiped.
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")
    assert shown.endswith("\x1b[2K")


def test_a_live_display_that_has_shown_nothing_closes() -> None:
    stream = io.StringIO()
    Live(console=Console(file=stream, force_terminal=True)).close()
    assert "\x1b[?25l" not in stream.getvalue()


def test_a_stream_that_breaks_ends_the_animation_and_nothing_else(
    running: FlyteWorkflowExecution,
) -> None:
    stream = io.StringIO()
    display = Shown(Live(console=Console(file=stream, force_terminal=True)))
    display.update(running)
    stream.close()
    display.update(running)
    display.close()
    assert threads() == []


@pytest.mark.parametrize("phase", WorkflowPhase)
def test_every_phase_can_be_shown(
    sandbox: Sandbox, remote: FlyteRemote, phase: WorkflowPhase
) -> None:
    execution = synced(remote, executions.in_phase(sandbox, phase))
    stream = io.StringIO()
    display = Live(console=Console(file=stream, force_terminal=True, width=300, color_system=None))
    display.update(execution.snapshot())
    display.close()
    assert phase.name in stream.getvalue()


def test_a_display_in_trouble_does_not_end_a_wait(
    running: FlyteWorkflowExecution, caplog: pytest.LogCaptureFixture
) -> None:
    display: Progress[FlyteWorkflowExecution] = Shown(Broken())
    with caplog.at_level("DEBUG", "flytebind.remote"):
        display.update(running)
        display.close()
    assert display.shows_nodes
    assert len(caplog.records) == 2


def test_a_function_is_called_after_each_poll(sandbox: Sandbox, remote: FlyteRemote) -> None:
    seen: list[FlyteWorkflowExecution] = []
    execution = remote.fetch_execution(scripted.live_gate(sandbox).id.name)
    sandbox.calls.clear()
    with pytest.raises(FlyteTimeout):
        remote.wait(execution, 0.2, 0.01, progress=seen.append)
    assert set(seen) == {execution}
    assert sandbox.calls.counts() == {"GetExecution": len(seen)}


def test_what_a_function_raises_ends_the_wait(sandbox: Sandbox, remote: FlyteRemote) -> None:
    def enough(execution: FlyteWorkflowExecution) -> None:
        raise RuntimeError("enough")

    execution = remote.fetch_execution(scripted.live_gate(sandbox).id.name)
    with pytest.raises(RuntimeError, match="enough"):
        remote.wait(execution, 60, 0.01, progress=enough)


def test_a_function_wants_no_nodes() -> None:
    display: Progress[FlyteWorkflowExecution] | None = progress_for(lambda execution: None)
    assert display is not None
    assert not display.shows_nodes


def test_a_wait_that_times_out_leaves_no_thread(
    sandbox: Sandbox, remote: FlyteRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    execution = remote.fetch_execution(scripted.live_gate(sandbox).id.name)
    with pytest.raises(FlyteTimeout):
        remote.wait(execution, 0.1, 0.01)
    assert "RUNNING" in terminal.getvalue()
    assert threads() == []


class Handle:
    def __init__(self, pages: list[Any]) -> None:
        self._pages = pages

    def update(self, page: Any) -> None:
        self._pages.append(page)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """As much of IPython as a kernel offers to us; the pages that it has been given."""
    pages: list[Any] = []

    def display(page: Any, *, display_id: bool) -> Handle:
        assert display_id
        pages.append(page)
        return Handle(pages)

    ipython: Any = types.ModuleType("IPython")
    ipython.get_ipython = lambda: types.SimpleNamespace(kernel=object())
    module: Any = types.ModuleType("IPython.display")
    module.display = display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    return pages


def test_a_notebook_has_one_output_that_changes(
    notebook: list[Any], running: FlyteWorkflowExecution, failed: FlyteWorkflowExecution
) -> None:
    display = shown_for(None)
    assert isinstance(display, Shown)
    assert isinstance(display._display, Notebook)
    display.update(running)
    display.update(failed)
    display.close()
    first, last = notebook
    page = Page(first._repr_html_())
    assert running.execution_url in page.links
    assert page.text[1:3] == ["RUNNING", "0 of 3 nodes done, 3 running"]
    assert page.text.count("RUNNING") == 4  # its nodes, too
    assert Page(last._repr_html_()).text.count("FAILED") == 1
    assert "FAILED  4 of 4 nodes done, 1 failed" in repr(last)


def test_an_ipython_shell_is_no_notebook(
    notebook: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: types.SimpleNamespace())
    assert progress_for(None) is None


PROGRAM = """
import sys
from flytebind.remote import Config, FlyteRemote
config = Config.for_endpoint(sys.argv[1], insecure=True)
with FlyteRemote(config, "flytesnacks", "development") as remote:
    execution = remote.fetch_execution(sys.argv[2])
    try:
        execution.wait(timeout=120, poll_interval=0.05)
    except KeyboardInterrupt:
        sys.exit(42)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no pty")
def test_on_a_real_terminal_it_appears_by_itself_and_goes_when_interrupted(
    sandbox: Sandbox,
) -> None:
    import pty

    id = scripted.live_gate(sandbox).id
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, sandbox.endpoint, id.name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "200"},
    )
    os.close(theirs)
    with process, os.fdopen(ours, "rb", buffering=0) as terminal:
        shown = b""
        while b"RUNNING" not in shown:
            shown += terminal.read(1000)
        process.send_signal(signal.SIGINT)
        shown += _rest(terminal)
        assert process.wait(timeout=60) == 42
    assert id.name.encode() in shown
    assert shown.rindex(b"\x1b[?25h") > shown.rindex(b"\x1b[?25l")
    assert b"Traceback" not in shown


def _rest(terminal: io.RawIOBase | Any) -> bytes:
    """What there is until nobody holds the other end, which Linux calls an error."""
    shown = b""
    try:
        while chunk := terminal.read(1000):
            shown += chunk
    except OSError:
        pass
    return shown
