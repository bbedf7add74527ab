"""What `make release` refuses, short of the environments that it makes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import pytest

from flytebind.runtime import __version__
from tests.tools.small_release import write
from tools import release
from tools.environments import PROJECTS, CannotMakeError
from tools.release import (
    CHECKS,
    FIT,
    NOT_TRIED,
    README,
    UNFIT,
    Kind,
    built,
    compare,
    examples_fail,
    main,
    plan,
)

Made = Mapping[Kind, Mapping[str, Path]]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    stems = {
        name: f"{name.replace('-', '_')}-{project.get('version', __version__)}"
        for name, project in PROJECTS.items()
    }
    made: Made = {
        "wheel": {name: tmp_path / f"{stem}-py3-none-any.whl" for name, stem in stems.items()},
        "sdist": {name: tmp_path / f"{stem}.tar.gz" for name, stem in stems.items()},
    }
    for paths in made.values():
        for path in paths.values():
            path.touch()
    return made


@pytest.mark.parametrize("name", PROJECTS)
def test_each_distribution_of_this_version_is_wanted(name: str, made: Made, tmp_path: Path) -> None:
    assert built(tmp_path) == made
    made["sdist"][name].rename(tmp_path / "another-0.0.1.tar.gz")
    with pytest.raises(CannotMakeError, match=r"tar\.gz is missing; run `make build`"):
        built(tmp_path)


def test_nothing_built_is_no_failure_of_the_release(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--dist", str(tmp_path)]) == NOT_TRIED
    assert "run `make build`" in capsys.readouterr().err


def test_each_is_tried_on_the_oldest_and_the_newest_python(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {version: Path(f"/python{version}") for version in ("3.10", "3.12", "3.13")}
    monkeypatch.setattr(release, "find_interpreters", lambda: found)
    trials = plan(made, tmp_path)
    assert [(trial.python, trial.kind, trial.what) for trial in trials] == [
        *product(("3.10", "3.13"), ("wheel", "sdist"), CHECKS)
    ]
    assert len({trial.folder for trial in trials}) == len(trials)
    monkeypatch.setattr(release, "find_interpreters", lambda: {"3.12": found["3.12"]})
    assert {trial.python for trial in plan(made, tmp_path)} == {"3.12"}
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
    assert "No module named 'flytebind'" in examples_fail(without_flytebind, tmp_path, README)
