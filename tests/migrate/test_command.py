"""``python -m flytebind.migrate``: what it finds, and what it changes."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from flytebind.migrate import changed, check
from flytebind.migrate.__main__ import main

HEAD = "from flytebind.remote import FlyteRemote\nremote = FlyteRemote('localhost:1')\n"


def found(program: str, head: str = HEAD) -> list[str]:
    return [each.what for each in check(head + program)]


def mended(program: str) -> str:
    source = HEAD + program
    return changed(source, check(source)).removeprefix(HEAD)


@pytest.mark.parametrize(
    "program",
    [
        "remote.fetch_execution('name', project='p')",
        "remote.fetch_execution(project='p', domain='d', name='n')",
        "remote.fetch_workflow_execution('p', 'd', 'n')",
        "remote.execute(lp, {'x': 1}, execution_name='n', wait=True, overwrite_cache=True)",
        "remote.sync(execution, sync_nodes=True)",
        "remote.wait(execution, 3, 1)",
        "remote.approve('go', 'name', 'p', 'd')",
        "remote.recent_executions('p', 'd', 10, [])",
        "execution.outputs.get('x', 3)",
        "execution.outputs.get('x', as_type=int)",
        "FlyteRemote.auto(default_project='p', default_domain='d')",
        "something.register_workflow(wf)",
        "cache.fetch_execution('p', 'd', 'n')",
    ],
)
def test_what_works_as_it_is_is_not_listed(program: str) -> None:
    assert found(program) == []


@pytest.mark.parametrize(
    ("program", "after"),
    [
        (
            "remote.fetch_execution('p', 'd', 'n')",
            "remote.fetch_execution(project='p', domain='d', name='n')",
        ),
        (
            "remote.fetch_task( ('p'),\n  d(), name='é' , version=v)",
            "remote.fetch_task( project=('p'),\n  domain=d(), name='é' , version=v)",
        ),
        ("remote.approve('go', execution_name=n)", "remote.approve('go', execution=n)"),
        ("execution.outputs.get('x', int)", "execution.outputs.get('x', as_type=int)"),
        ("e.inputs.get('x', List[Model])", "e.inputs.get('x', as_type=List[Model])"),
        (
            "from flytekit.remote import FlyteRemote as R, FlyteTask",
            "from flytebind.remote import FlyteRemote as R, FlyteTask",
        ),
        (
            "def f():\n    from flytekit.remote.remote import MOST_RECENT_FIRST",
            "def f():\n    from flytebind.remote.remote import MOST_RECENT_FIRST",
        ),
        (
            "from flytekit.configuration import Config, PlatformConfig",
            "from flytebind.remote import Config, PlatformConfig",
        ),
        ("from flytekit.core.options import Options", "from flytebind.remote import Options"),
        ("from flytekit.models import literals", "from flytebind.models import literals"),
        (
            "from flytekit.models.core.identifier import (\n    Identifier,\n)",
            "from flytebind.models.core.identifier import (\n    Identifier,\n)",
        ),
    ],
)
def test_what_is_safe_is_changed_and_then_found_no_more(program: str, after: str) -> None:
    assert mended(program) == after
    assert found(after) == []


@pytest.mark.parametrize(
    ("program", "what"),
    [
        ("remote.execute(lp, {}, name='entity')", "FlyteRemote.execute"),
        ("remote.execute(lp, {}, version='v')", "FlyteRemote.execute"),
        ("remote.sync(execution, entity)", "FlyteRemote.sync"),
        ("remote.fetch_execution(*where)", "FlyteRemote.fetch_execution"),
        ("remote.execute(lp, **options)", "FlyteRemote.execute"),
        ("remote.register_workflow(wf)", "FlyteRemote.register_workflow"),
        ("run = remote.launch_backfill", "FlyteRemote.launch_backfill"),
        ("remote.client.list_executions_paginated('p')", "FlyteRemote.client"),
        ("remote.download(execution.outputs, 'here')", "FlyteRemote.download"),
        ("remote.get(uri)", "FlyteRemote.get"),
        ("FlyteRemote(c, data_upload_location='s3://x')", "FlyteRemote.__init__"),
        ("FlyteRemote.for_endpoint('x', config_file='f')", "FlyteRemote.for_endpoint"),
        ("from flytekit.exceptions.user import FlyteTimeout", "flytekit.exceptions.user"),
        (
            "from flytekit.clients.friendly import SynchronousFlyteClient",
            "flytekit.clients.friendly",
        ),
        ("from flytekit.remote import FlyteBranchNode", "flytekit.remote"),
        ("from flytekit.configuration import Config, Image", "flytekit.configuration"),
        ("import flytekit.remote", "flytekit.remote"),
    ],
)
def test_what_needs_a_hand_is_listed_and_left(program: str, what: str) -> None:
    assert what in found(program)
    assert mended(program) == program


@pytest.mark.parametrize(
    "program",
    [
        "def f(it: FlyteRemote): it.client",
        "def f(it: 'FlyteRemote | None'): it.client",
        "with FlyteRemote('x') as it: it.client",
        "it: FlyteRemote = make()\nit.client",
        "class A:\n  def f(self): self.it = FlyteRemote.auto()\n  def g(self): self.it.client",
        "if (it := FlyteRemote('x')): it.client",
        "FlyteRemote('x').client",
        "get_remote().client",
        "self._flyte_remote.client",
    ],
)
def test_a_remote_is_known_by_how_it_is_made_or_called(program: str) -> None:
    assert found(program) == ["FlyteRemote.client"]


def test_imports_of_tasks_and_of_others_are_none_of_ours() -> None:
    program = (
        "import flytekit\nfrom flytekit import task, workflow\nfrom . import remote\n"
        "from flytekit.configuration import Image\n"
        "from flytekit.core.type_engine import TypeEngine\n"
    )
    assert found(program, head="") == []


def write(folder: Path, **programs: str) -> list[Path]:
    paths = []
    for name, text in programs.items():
        path = folder / f"{name}.py"
        path.write_bytes(text.encode())
        paths.append(path)
    return paths


def run(*arguments: object) -> int:
    return main([str(each) for each in arguments])


def read(paths: Sequence[Path]) -> list[bytes]:
    return [path.read_bytes() for path in paths]


def test_what_is_listed_says_where_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = write(tmp_path, a=HEAD + "if remote:\n    remote.sync(execution, entity)\n")
    assert run(tmp_path) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{path}:4:5: FlyteRemote.sync: write sync(execution, sync_nodes=True)")
    assert last == "1 to change in 1 of 1 files"


def test_files_are_changed_byte_for_byte_but_for_what_is_safe(tmp_path: Path) -> None:
    old = "# -*- coding: latin-1 -*-\r\nfrom flytekit.remote import FlyteRemote # é\r\n"
    path = tmp_path / "a.py"
    path.write_bytes(old.encode("latin-1"))
    path.chmod(0o750)
    assert run("--write", path) == 0
    assert path.read_bytes() == old.replace("flytekit", "flytebind").encode("latin-1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o750
    assert run(path) == 0


def test_what_is_left_after_writing_is_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = write(
        tmp_path, a="from flytekit.remote import FlyteRemote\nFlyteRemote('x').client\n"
    )
    assert run("--write", tmp_path) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{path}: changed"
    assert lines[1].startswith(f"{path}:2:1: FlyteRemote.client: ")
    assert path.read_text().startswith("from flytebind.remote")


def test_one_file_that_is_no_python_keeps_all_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    safe = "from flytekit.remote import FlyteRemote\n"
    paths = write(tmp_path, a=safe, b="from flytekit import (\n", c=safe)
    before = read(paths)
    assert run("--write", tmp_path) == 2
    assert read(paths) == before
    assert f"{paths[1]}: it is no Python" in capsys.readouterr().err


def test_one_file_that_cannot_be_written_keeps_all_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    safe = "from flytekit.remote import FlyteRemote\n"
    paths = write(tmp_path, a=safe, b=safe)
    before, replace = read(paths), os.replace

    def refuse(source: str, target: Path) -> None:
        if target.name == "b.py":
            raise PermissionError(13, "Permission denied", str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    assert run("--write", tmp_path) == 2
    assert read(paths) == before
    assert sorted(tmp_path.iterdir()) == paths  # nothing is left beside them
    assert "cannot write" in capsys.readouterr().err


def test_environments_and_hidden_folders_are_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in (".git", "env", "node_modules"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder, a="from flytekit.remote import FlyteRemote\n")
    (tmp_path / "env" / "pyvenv.cfg").touch()
    assert run(tmp_path) == 0
    assert capsys.readouterr().out == "0 to change in 0 of 0 files\n"


def test_a_path_that_is_not_there_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "no\x1b[31m") == 2
    said = capsys.readouterr().err
    assert said.startswith("error: there is no ")
    assert "\x1b" not in said


def test_the_help_says_what_exit_codes_mean(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run("--help")
    assert caught.value.code == 0
    said = capsys.readouterr().out
    assert all(word in said for word in ("--write", "exit codes:", "examples:"))
