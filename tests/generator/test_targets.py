"""Targets: what ``pyproject.toml`` says is generated again and again."""

from __future__ import annotations

from pathlib import Path

import pytest

from flytegen.cli import main
from flytegen.comparison.sides import write_set
from flytegen.targets import configured
from tests.generator.protos import file

BOTH = """
[tool.flytegen.targets.one]
input = ["one.binpb"]
out = "made/one"

[tool.flytegen.targets.two]
input = ["two.binpb"]
out = "made/two"
formatter = "none"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two targets, and somebody in a folder below."""
    for name in ("one", "two"):
        proto = file(f"message {name.title()} {{ string a = 1; }}", f"{name}/x.proto", package=name)
        write_set(tmp_path / f"{name}.binpb", [proto])
    (tmp_path / "pyproject.toml").write_text(BOTH)
    below = tmp_path / "src" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    return tmp_path


def made(project: Path) -> set[str]:
    return {path.relative_to(project).as_posix() for path in (project / "made").glob("*/*_models")}


def test_a_command_that_is_told_nothing_goes_over_all_targets(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--quiet"]) == 1
    assert not (project / "made").exists()
    assert main(["generate"]) == 0
    assert made(project) == {"made/one/one_models", "made/two/two_models"}
    assert main(["check"]) == 0
    assert capsys.readouterr().out.count("are up to date") == 2
    assert main(["list", "--quiet"]) == 0
    assert ["one.One" in (out := capsys.readouterr().out), "two.Two" in out] == [True, True]


def test_a_target_is_taken_by_its_name(project: Path) -> None:
    assert main(["generate", "--quiet", "--target", "two"]) == 0
    assert made(project) == {"made/two/two_models"}
    assert main(["check", "--quiet", "--target", "two"]) == 0
    assert main(["check", "--quiet"]) == 1
    assert main(["generate", "--quiet", "--target", "one", "--out", "here"]) == 0
    assert (project / "src/deep/here/one_models").is_dir()


def test_the_target_that_fails_is_named_and_those_before_it_are_made(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "two.binpb").unlink()
    assert main(["generate", "--quiet"]) == 2
    assert made(project) == {"made/one/one_models"}
    assert "1 problem; nothing was written of two\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["generate", "--target", "tow"], "--target tow: is not there\n    Did you mean 'two'?"),
        (["generate", "--out", "x"], "--out: is one folder for 2 targets"),
        (["check", "--target", "one", "--package", "two"], "does not go with --package"),
    ],
)
def test_what_goes_together_with_no_target_is_told(
    arguments: list[str], told: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert told in capsys.readouterr().err
    assert not (project / "made").exists()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "[tool.flytegen.targets.a]\npakage = 'a'",
            "targets.a.pakage is not a key of tool.flytegen",
        ),
        ("[tool.flytegen.targets.a]\nbase = 'a'", "targets.a.base must be a list of names"),
        ("[tool.flytegen]\ntargets = 3", "targets must be a table"),
        ("[tool]\nflytegen = 3", "tool.flytegen must be a table"),
        ("[tool.flytegen", "is not TOML"),
    ],
)
def test_a_mistake_in_the_configuration_is_told_with_its_file(
    said: str, told: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pyproject.toml").write_text(said)
    assert main(["check"]) == 2
    shown = capsys.readouterr().err
    assert f"{project / 'pyproject.toml'}: {told}" in shown
    assert "Traceback" not in shown


def test_a_name_stays_text_on_the_screen(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pyproject.toml").write_text('[tool.flytegen.targets."a\\u001b[31m"]\nout = "x"\n')
    assert main(["check"]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_proto_files_of_a_target_are_called_alike_wherever_it_is_run(project: Path) -> None:
    (project / "acme").mkdir()
    (project / "acme/x.proto").write_text('syntax = "proto3"; package acme; message M {}')
    said = '[tool.flytegen.targets.a]\ninput = ["acme/x.proto"]\nout = "made"\n'
    (project / "pyproject.toml").write_text(said)
    assert main(["generate", "--quiet"]) == 0
    assert (project / "made/acme_models/x.py").is_file()
    assert (project / "made/acme_protos/acme/x_pb2.py").is_file()


def test_the_nearest_file_that_has_targets_says_them(project: Path) -> None:
    here = Path.cwd()
    (here / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert [target.name for target in configured(here)] == ["one", "two"]
    (here / "pyproject.toml").write_text("[tool.flytegen.targets.near]\nout = 'o'\n")
    (near,) = configured(here)
    assert (near.name, near.out) == ("near", here / "o")


def test_without_targets_one_has_to_be_named(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pyproject.toml").unlink()
    assert main(["generate"]) == 2
    told = capsys.readouterr().err
    for way in ("--package NAME", "--input FILE", "[tool.flytegen.targets.NAME]"):
        assert way in told


def test_diff_goes_by_the_target_whose_package_is_compared(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "words").mkdir()
    (project / "words/package.toml").write_text('[package]\nname = "two"\nroot = "near.models"\n')
    said = (project / "pyproject.toml").read_text()
    (project / "pyproject.toml").write_text(f'{said}overlay = "words"\n')
    text = "message Two { string a = 1; } message Later {}"
    write_set(project / "grown.binpb", [file(text, "two/x.proto", package="two")])
    assert main(["diff", str(project / "two.binpb"), str(project / "grown.binpb")]) == 1
    assert "near.models.x.Later can be used" in capsys.readouterr().out
