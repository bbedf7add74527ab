"""The command at a terminal: what somebody sees who sits before it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("has no pseudo-terminals", allow_module_level=True)

from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.sandbox import Sandbox
from tests.remote.scenes import parents
from tests.remote.scenes.scene import Scene
from tests.support.terminals import Terminal, seen

COMMAND = (sys.executable, "-m", "flytebind.cli")


def about(sandbox: Sandbox, verb: str, id: WorkflowExecutionIdentifier) -> tuple[str, ...]:
    server = ("--endpoint", sandbox.endpoint, "--insecure")
    return (*COMMAND, *server, "execution", verb, f"{id.project}/{id.domain}/{id.name}")


def interrupted_at(word: str, shown: list[list[str]]) -> Callable[..., None]:
    """Ctrl-C as soon as a word is to be seen; notes what is shown then."""

    def look(terminal: Terminal, process: subprocess.Popen[bytes]) -> None:
        if any(word in line for line in terminal.screen) and not shown:
            shown.append(terminal.screen)
            process.send_signal(signal.SIGINT)

    return look


@pytest.mark.parametrize(
    ("verb", "columns", "lines"), [("wait", 60, 7), ("watch", 80, 24), ("wait", 120, 40)]
)
def test_whoever_waits_sees_a_tree_and_gets_the_terminal_back(
    sandbox: Sandbox, verb: str, columns: int, lines: int
) -> None:
    id = parents.subworkflow_running(sandbox).id
    frames: list[list[str]] = []
    terminal = seen(
        about(sandbox, verb, id), columns, lines, on_frame=interrupted_at(" task ", frames)
    )
    (shown,) = frames
    assert id.name in shown[0]
    below = [line.split() for line in shown if "n0 " in line]
    assert all("RUNNING" in words for words in below)
    assert len(below) == 3
    assert len(shown) < lines
    assert terminal.code == 130
    assert terminal.all.lstrip().startswith("no longer waiting; the execution goes on:\n")
    assert "Traceback" not in terminal.all
    assert not terminal.cursor_is_hidden


def test_the_demo_is_live_fits_and_says_what_is_next() -> None:
    demo = (*COMMAND, "demo", "--script", "fan_out", "--speed", "4")
    terminal = seen(demo, 60, 12, {"NO_COLOR": "1"})
    assert terminal.code == 0, terminal.all
    assert max(map(len, terminal.frames)) <= 12
    live = [frame for frame in terminal.frames if any(" more: " in line for line in frame)]
    assert live
    for frame in live:
        phases = [line.split()[4] for line in frame if "play.probe" in line]
        assert phases == sorted(phases, key="RUNNING".__ne__), frame
    assert "python -m flytebind.sandbox --demo" in terminal.all
    assert b"\x1b[3" not in terminal.written
    assert not terminal.cursor_is_hidden


def test_the_end_of_waiting_is_what_came_out(sandbox: Sandbox, dynamic: Scene) -> None:
    terminal = seen(about(sandbox, "watch", dynamic.id), 80, 24)
    assert terminal.code == 0
    assert terminal.screen[-1] == "outputs       summary = 'the result is 14'"


def test_the_end_of_waiting_is_the_whole_error(sandbox: Sandbox, failure: Scene) -> None:
    terminal = seen(about(sandbox, "wait", failure.id), 80, 24)
    assert terminal.code == 1
    assert "'n/a' in row 101 and '' in row 102" in " ".join(terminal.all.split())


def test_results_that_go_elsewhere_leave_the_tree_on_the_terminal(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    file = tmp_path / "out.json"
    with file.open("wb") as out:
        demo = (*COMMAND, "demo", "--script", "chain", "--speed", "10", "--json")
        terminal = seen(demo, stdout=out.fileno())
    (result,) = json.loads(file.read_text())
    assert result["outputs"] == {"summary": "the result is 15"}
    assert any("├── n0" in line for frame in terminal.frames for line in frame)
    assert terminal.screen == []


@pytest.mark.parametrize("variables", [{}, {"TERM": "dumb"}])
def test_a_terminal_on_which_nothing_can_be_drawn_gets_lines(variables: dict[str, str]) -> None:
    hide = "" if variables else "sys.modules['rich'] = None"
    arguments = ["demo", "--script", "chain", "--speed", "10"]
    program = f"import sys; {hide}\nfrom flytebind.cli import main; sys.exit(main({arguments}))"
    terminal = seen((sys.executable, "-c", program), 200, 50, variables)
    assert terminal.code == 0
    assert ": RUNNING, " in terminal.all
    assert ": SUCCEEDED, 3 of 3 nodes done, " in terminal.all
    assert "summary = 'the result is 15'" in terminal.all
    assert b"\x1b" not in terminal.written


def test_colours_can_be_insisted_on_in_a_pipe() -> None:
    done = subprocess.run(
        [*COMMAND, "demo", "--script", "chain", "--speed", "1000"],
        env={**os.environ, "FORCE_COLOR": "1", "TERM": "xterm"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0
    assert "\x1b[32mSUCCEEDED" in done.stdout
    assert "\x1b" not in done.stderr  # where lines are told


def test_nowhere_to_tell_progress_is_no_reason_to_fail(sandbox: Sandbox, dynamic: Scene) -> None:
    script = f"{sys.executable} -m flytebind.cli demo --script chain --speed 1000 2>&-"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "summary = 'the result is 15'" in done.stdout
