"""What `make release` refuses, short of the environments that it makes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from flytebind.runtime import __version__
from tests.tools.small_release import write
from tools import release
from tools.environments import CannotMakeError
from tools.release import FIT, NOT_TRIED, UNFIT, built, compare, examples_fail, main, plan


@pytest.fixture
def made(tmp_path: Path) -> list[Path]:
    paths = [
        tmp_path / f"flytebind-{__version__}-py3-none-any.whl",
        tmp_path / f"flytebind-{__version__}.tar.gz",
    ]
    for path in paths:
        path.touch()
    return paths


def test_both_distributions_of_this_version_are_wanted(made: list[Path], tmp_path: Path) -> None:
    assert built(tmp_path) == made
    made[1].rename(tmp_path / "flytebind-0.0.1.tar.gz")
    with pytest.raises(CannotMakeError, match=r"tar\.gz is missing; run `make build`"):
        built(tmp_path)


def test_nothing_built_is_no_failure_of_the_release(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--dist", str(tmp_path)]) == NOT_TRIED
    assert "run `make build`" in capsys.readouterr().err


def test_each_is_tried_on_the_oldest_and_the_newest_python(
    made: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {version: Path(f"/python{version}") for version in ("3.10", "3.12", "3.13")}
    monkeypatch.setattr(release, "find_interpreters", lambda: found)
    trials = plan(made, tmp_path)
    assert [(trial.python, trial.kind) for trial in trials] == [
        ("3.10", "wheel"),
        ("3.10", "sdist"),
        ("3.13", "wheel"),
        ("3.13", "sdist"),
    ]
    assert len({trial.folder for trial in trials}) == 4
    monkeypatch.setattr(release, "find_interpreters", lambda: {"3.12": found["3.12"]})
    assert [trial.kind for trial in plan(made, tmp_path)] == ["wheel", "sdist"]
    monkeypatch.setattr(release, "find_interpreters", dict)
    with pytest.raises(CannotMakeError, match=r"found no Python of 3\.10, "):
        plan(made, tmp_path)


@pytest.mark.parametrize(("version", "code"), [("1.2.4", UNFIT), ("2.0.0", FIT)])
def test_a_break_is_named_and_fails_a_version_that_may_not_break(
    version: str,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def unpack(version: str, root: Path, folder: Path) -> None:
        write(folder)

    new = write(tmp_path, ("model.py", "def to_dict(", "def as_dict("))
    monkeypatch.setattr(release, "ROOT", new)
    monkeypatch.setattr(release, "__version__", version)
    monkeypatch.setattr(release, "unpack", unpack)
    assert compare("v1.2.3") == code
    said = capsys.readouterr()
    assert "API: 1 break since v1.2.3" in said.out
    assert "flytebind.runtime.model.Model.to_dict: public object was removed" in said.out
    assert ("1.2.4 may not break users of 1.2.3" in said.err) == (code == UNFIT)


def test_a_first_release_says_that_there_is_nothing_to_compare_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(release, "ROOT", tmp_path)
    assert compare(None) == FIT
    assert "no release to compare with" in capsys.readouterr().out


def test_examples_that_fail_are_told_with_the_reason(tmp_path: Path) -> None:
    without_flytebind = Path(sys.base_prefix, "bin", "python3")
    assert "No module named 'flytebind'" in examples_fail(without_flytebind, tmp_path)
