"""Whenever a run is ended, each file is whole, and the next run has no trouble with the rest."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks import acme
from flytegen.write.files import RECORD
from tests.support.folders import snapshot

Snapshot = dict[str, bytes]


def start(folder: Path) -> subprocess.Popen[str]:
    """A run in a process group of its own, as a shell starts it."""
    return subprocess.Popen(
        [sys.executable, "-m", "flytegen", "generate", "--package", "acme", "--out", "out"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "lib"), "PYTHONDONTWRITEBYTECODE": "1"},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def generate(folder: Path) -> None:
    with start(folder) as run:
        _, err = run.communicate()
    assert run.returncode == 0, err


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of two versions of a package, `before` and `after`; the second lies in `lib`.

    From one to the other, files come, change and go.
    """
    folder = tmp_path_factory.mktemp("stages")
    lib = folder / "lib"
    acme.write(lib, messages=8, files=2)
    (lib / "acme/old").mkdir()
    text = (lib / "acme/file0_pb2.py").read_text()
    renamed = text.replace("acme/file0.proto", "acme/fileX.proto").replace("part0", "partX")
    (lib / "acme/old/x_pb2.py").write_text(renamed)
    generate(folder)
    shutil.copytree(folder / "out", folder / "before")
    shutil.rmtree(lib)
    acme.write(lib, messages=14, files=3)
    generate(folder)
    shutil.move(folder / "out", folder / "after")
    return folder


@pytest.fixture
def ended(stages: Path, tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Path, int]:
    """What is left by a signal at the first step of writing, at the second ...; and how many."""
    for stage in ("before", "after"):
        shutil.copytree(stages / stage, tmp_path / stage)
    command = [sys.executable, "-m", "tests.generator.interrupted", request.param, str(tmp_path)]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[3])
    return tmp_path, len(list(tmp_path.glob("left*")))


def is_part_of(found: Snapshot, before: Snapshot, after: Snapshot) -> bool:
    """Whether each file, but for the record, is that of the one or of the other; none is lost."""
    return before.keys() & after.keys() <= found.keys() and all(
        found[path] in (before.get(path), after.get(path)) for path in found if path != RECORD
    )


@pytest.mark.parametrize("ended", ["SIGKILL"], indirect=True)
def test_killed_at_any_step_of_writing_each_file_is_old_or_new_and_the_next_run_mends_it(
    ended: tuple[Path, int],
) -> None:
    folder, steps = ended
    before, after = snapshot(folder / "before"), snapshot(folder / "after")
    assert steps > 30
    for step in range(1, steps + 1):
        left = snapshot(folder / f"left{step}")
        found = {path: data for path, data in left.items() if not path.startswith(".flytegen")}
        assert is_part_of(found, before, after), step
        assert snapshot(folder / f"mended{step}") == after, step


@pytest.mark.parametrize("ended", ["SIGINT"], indirect=True)
def test_interrupted_at_any_step_of_writing_the_output_is_all_old_or_all_new(
    ended: tuple[Path, int],
) -> None:
    folder, steps = ended
    before, after = snapshot(folder / "before"), snapshot(folder / "after")
    left = [snapshot(folder / f"left{step}") for step in range(1, steps + 1)]
    assert [step for step, found in enumerate(left, 1) if found not in (before, after)] == []
    assert (left[0], left[-1]) == (before, after)
    stages = [folders_in(folder / stage) for stage in ("before", "after")]
    assert all(folders_in(folder / f"left{step}") in stages for step in range(1, steps + 1))


def folders_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_dir()}


@pytest.mark.parametrize("delay", [0, 0.1])
@pytest.mark.parametrize("step", ["Reading", "Printing", "Writing"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_process_that_is_ended_at_any_time_leaves_whole_files_and_no_processes(
    stages: Path, tmp_path: Path, number: signal.Signals, step: str, delay: float
) -> None:
    shutil.copytree(stages / "before", tmp_path / "out")
    (tmp_path / "lib").symlink_to(stages / "lib")
    before, after = snapshot(stages / "before"), snapshot(stages / "after")
    with start(tmp_path) as run:
        assert run.stderr is not None
        assert any(line.startswith(step) for line in run.stderr)
        time.sleep(delay)
        # Ctrl-C goes to the whole group; who kills a process means only that one.
        (os.killpg if number == signal.SIGINT else os.kill)(run.pid, number)
        _, err = run.communicate()
    assert "Traceback" not in err
    wait_for_end_of_group(run.pid)
    assert run.returncode in (0, 130, -number)
    left = snapshot(tmp_path / "out")
    found = {path: data for path, data in left.items() if not path.startswith(".flytegen")}
    assert is_part_of(found, before, after)
    if number == signal.SIGINT:
        assert left in (before, after)
    generate(tmp_path)
    assert snapshot(tmp_path / "out") == after


def wait_for_end_of_group(group: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    raise AssertionError("processes are left")


def test_an_interrupt_while_the_command_is_being_imported_is_as_quiet() -> None:
    program = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "jinja2":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
from flytegen.__main__ import main
sys.exit(main())
"""
    run = subprocess.run([sys.executable, "-c", program, "check"], capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (130, "")
    assert run.stderr == "flytegen: interrupted; the output is whole\n"
