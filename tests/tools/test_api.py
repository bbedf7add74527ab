"""A release that breaks users by accident is noticed, with the name of what is gone."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.tools.small_release import SOURCES, write
from tools.api import (
    Comparison,
    ComparisonError,
    compare,
    may_break,
    newest_tag,
    unpack,
    version_of,
)

ROOT = Path(__file__).parents[2]
NOTHING = Comparison((), ())


@pytest.mark.parametrize(
    ("where", "old", "new", "name"),
    [
        ("admin.py", "        QUEUED = 2\n", "", "models.admin.Execution.Phase.QUEUED"),
        ("admin.py", "def id(", "def identifier(", "models.admin.Execution.id"),
        ("model.py", "def to_dict(", "def as_dict(", "runtime.model.Model.to_dict"),
        ("checks.py", "def fail(", "def complain(", "runtime.checks.fail"),
    ],
)
def test_what_is_gone_is_named_once(
    where: str, old: str, new: str, name: str, tmp_path: Path
) -> None:
    found = compare(write(tmp_path / "old"), write(tmp_path / "new", (where, old, new)))
    assert list(map(str, found.breaks)) == [f"flytebind.{name}: public object was removed"]


@pytest.mark.parametrize(
    ("where", "old", "new", "told"),
    [
        (
            "admin.py",
            ", *, kind: str | None = None",
            "",
            "models.admin.Task.__init__(kind): parameter was removed",
        ),
        (
            "admin.py",
            "name: str,",
            "name: str, version: str,",
            "models.admin.Task.__init__(version): parameter was added as required",
        ),
        (
            "model.py",
            "indent: int = 2",
            "indent: int = 4",
            "runtime.model.Model.to_dict(indent): parameter default was changed: 2 -> 4",
        ),
    ],
)
def test_parameters_are_compared(where: str, old: str, new: str, told: str, tmp_path: Path) -> None:
    found = compare(write(tmp_path / "old"), write(tmp_path / "new", (where, old, new)))
    assert list(map(str, found.breaks)) == [f"flytebind.{told}"]


@pytest.mark.parametrize(
    ("where", "old", "new", "told"),
    [
        (
            "admin.py",
            "id(self) -> str",
            "id(self) -> bytes",
            "models.admin.Execution.id: str -> bytes",
        ),
        (
            "admin.py",
            "kind: str | None",
            "kind: int | None",
            "models.admin.Task.__init__(kind): str | None -> int | None",
        ),
        (
            "model.py",
            "-> dict[str, object]",
            "-> dict[str, int]",
            "runtime.model.Model.to_dict(): dict[str, object] -> dict[str, int]",
        ),
    ],
)
def test_another_type_is_told_apart_from_breaks(
    where: str, old: str, new: str, told: str, tmp_path: Path
) -> None:
    found = compare(write(tmp_path / "old"), write(tmp_path / "new", (where, old, new)))
    assert found.breaks == ()
    told = told.replace(": ", ": type was changed: ")
    assert list(map(str, found.retyped)) == [f"flytebind.{told}"]


def test_a_type_that_is_only_imported_in_another_way_is_the_same(tmp_path: Path) -> None:
    poll = ("io.py", "def poll() -> None: ...\n")
    ways = (
        ("from flytebind.models.admin import Task as _Task", "list[_Task] | None"),
        ("from flytebind.models import admin as _admin", "list[_admin.Task] | None"),
    )
    one, other = (
        write(tmp_path / way, (*poll, f'{way}\n__all__ = ["poll"]\ndef poll() -> {name}: ...\n'))
        for way, name in ways
    )
    assert compare(one, other) == NOTHING


def test_a_name_that_a_lazy_module_no_longer_hands_out_is_named(tmp_path: Path) -> None:
    gone = ("task.py", "    from flytebind.models.admin import Task\n", "    pass\n")
    found = compare(write(tmp_path / "old"), write(tmp_path / "new", gone))
    assert list(map(str, found.breaks)) == ["flytebind.models.task.Task: public object was removed"]


def test_what_is_new_and_what_is_nobody_s_business_break_nothing(tmp_path: Path) -> None:
    changes = (
        ("admin.py", "RUNNING = 1\n", "RUNNING = 1\n        DONE = 3\n"),
        ("admin.py", "kind: str | None = None", "kind: str | None = None, more: int = 1"),
        ("model.py", "def _touch", "def _poke"),
        ("io.py", "def poll()", "def ask()"),
    )
    assert compare(write(tmp_path / "old"), write(tmp_path / "new", *changes)) == NOTHING


def test_what_users_of_the_whole_library_can_name_is_seen(tmp_path: Path) -> None:
    for root in ("generated/flyteidl", "src"):
        shutil.copytree(ROOT / root / "flytebind", tmp_path / root / "flytebind")
    for name, old, new in (
        ("generated/flyteidl/flytebind/models/execution.py", "        ExecutionClosure,\n", ""),
        ("generated/flyteidl/flytebind/models/core/execution.py", "        QUEUED = 1\n", ""),
        (
            "generated/flyteidl/flytebind/services/admin.py",
            "    def get_task(\n",
            "    def find_task(\n",
        ),
        ("src/flytebind/remote/_verbs.py", "async def fetch_task(", "async def find_task("),
        ("src/flytebind/runtime/model.py", "def short_string(", "def brief_string("),
        ("src/flytebind/sandbox/_sandbox.py", "def play(", "def perform("),
    ):
        path = tmp_path / name
        text = path.read_text()
        assert old in text, name
        path.write_text(text.replace(old, new))
    assert {each.name.removeprefix("flytebind.") for each in compare(ROOT, tmp_path).breaks} == {
        "models.core.execution.NodeExecution.Phase.QUEUED",
        "models.core.execution.TaskExecution.Phase.QUEUED",
        "models.core.execution.WorkflowExecution.Phase.QUEUED",
        "models.execution.ExecutionClosure",
        "remote._verbs.Verbs.fetch_task",
        "runtime.model.Model.short_string",
        "sandbox._sandbox.Sandbox.play",
        "services.admin.AdminServiceClient.get_task",
        "services.admin.AdminServiceServicer.get_task",
    }


def test_the_last_release_is_the_newest_tag_but_for_the_version_s_own(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True)

    write(tmp_path)
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    assert newest_tag(tmp_path, but="v1.2.3") is None
    git("tag", "v1.2.3")
    git("tag", "vendored")
    git("commit", "-q", "--allow-empty", "-m", "second")
    assert newest_tag(tmp_path, but="v1.3.0") == "v1.2.3"
    git("tag", "v1.3.0")
    assert newest_tag(tmp_path, but="v1.3.0") == "v1.2.3"

    unpack("v1.2.3", tmp_path, tmp_path / "unpacked")
    assert version_of(tmp_path / "unpacked") == "1.2.3"
    assert compare(tmp_path / "unpacked", tmp_path) == NOTHING


def test_a_folder_of_wheels_can_be_compared_with_a_checkout(tmp_path: Path) -> None:
    checkout, wheels = write(tmp_path / "checkout"), tmp_path / "dist"
    wheels.mkdir()
    for name, source in SOURCES.items():
        place = name.partition("/")[2]
        wheel = "flytebind_runtime" if "/runtime/" in place else "flytebind"
        with ZipFile(wheels / f"{wheel}.whl", "a") as archive:
            archive.writestr(place, source)
    unpack(str(wheels), tmp_path, tmp_path / "unpacked")
    assert version_of(tmp_path / "unpacked") == "1.2.3"
    assert compare(tmp_path / "unpacked", checkout) == NOTHING


def test_what_has_a_version_of_its_own_breaks_nobody_here(tmp_path: Path) -> None:
    changed = write(tmp_path / "new", ("waits.py", "def wait(", "def follow("))
    assert compare(write(tmp_path / "old"), changed) == NOTHING


@pytest.mark.parametrize("version", ["v9.9", "missing", __file__])
def test_a_version_that_cannot_be_had_is_named(version: str, tmp_path: Path) -> None:
    with pytest.raises(ComparisonError, match=version.rpartition("/")[2]):
        unpack(version, tmp_path, tmp_path / "unpacked")


def test_a_folder_without_flytebind_is_named(tmp_path: Path) -> None:
    with pytest.raises(ComparisonError, match="holds no flytebind"):
        compare(tmp_path, tmp_path)
    with pytest.raises(ComparisonError, match="says a version"):
        version_of(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "may"),
    [
        ("0.1.0", "0.2.0", True),
        ("0.1.0", "0.1.1", False),
        ("0.9.0", "1.0.0", True),
        ("1.2.3", "1.3.0", False),
        ("1.9.0", "2.0.0", True),
        ("1.2.0", "1.2.0", False),
    ],
)
def test_only_the_versions_that_semantic_versioning_names_may_break(
    old: str, new: str, may: bool
) -> None:
    assert may_break(old, new) is may
