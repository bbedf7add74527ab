"""``flytegen init``, and what a run says at its end about type checkers."""

from __future__ import annotations

import io
import re
import shlex
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

import flytebind.models
import flytebind.runtime
from flytegen.cli import main
from flytegen.common.toml import parse_toml
from tests.generator.foreign import importable
from tests.generator.protos import compiled
from tests.support.folders import snapshot
from tests.typing.checkers import mypy, pyright


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.proto").write_text(
        'syntax = "proto3"; package small; message M { int32 a = 1; }'
    )
    return tmp_path


def environment(folder: Path) -> Path:
    """The Python of an environment that has what we have."""
    venv.create(folder, symlinks=True, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    roots = [Path(part.__path__[0]).parents[1] for part in (flytebind.models, flytebind.runtime)]
    paths = (sysconfig.get_path("purelib"), *roots)
    (packages / "ours.pth").write_text("\n".join(map(str, paths)))
    return folder / "bin/python"


def test_the_line_at_the_end_of_a_run_makes_type_checkers_see_all_of_it(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", "--package", "google.transit", "--out", "made"]) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    init = "flytegen init made --package google.transit"
    assert line == f"  for type checkers: {init} && pip install -e made"
    (here / "made/mypy.ini").write_text(
        "[mypy]\nstrict = true\nfiles = google_transit_models\nexclude = stubs\n"
    )
    (here / "made/pyrightconfig.json").write_text(
        '{"typeCheckingMode": "basic", "include": ["google_transit_models"]}'
    )
    python = environment(here / "environment")
    assert any(item.is_error for item in mypy(here / "made", python)), "else nobody needs the line"
    _, said = line.split(": ")
    init, install = said.split(" && ")
    assert main(shlex.split(init)[1:]) == 0
    pip = [sys.executable, "-m", "pip", "--python", str(python), *shlex.split(install)[1:]]
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    subprocess.run([*pip, *offline], check=True)
    found = mypy(here / "made", python) + pyright(here / "made", python)
    assert "\n".join(map(str, found)) == ""


@pytest.mark.usefixtures("here")
def test_below_a_root_a_path_is_all_that_type_checkers_need(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = ["generate", "--input", "x.proto", "--package-root", "myapp.gen", "--out", "src"]
    assert main(said) == 0
    expected = '  for type checkers: MYPYPATH=src mypy, extraPaths = ["src"] for pyright\n'
    assert capsys.readouterr().out.endswith(expected)


def test_what_is_on_the_path_is_seen_already(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ["generate", "--input", "x.proto", "--out", "made"]
    assert main(said) == 0
    with importable(here / "made"):
        assert main(said) == 0
    assert capsys.readouterr().out.count("for type checkers") == 1


def test_a_new_folder_knows_what_it_is_generated_from(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = ["--input", "x.proto", "--base", "flytebind.models", "--package", "small"]
    assert main(["init", "own", *said]) == 0
    assert "cd own && flytegen generate && pip install -e ." in capsys.readouterr().out
    project = parse_toml((here / "own/pyproject.toml").read_text())
    assert project["project"]["name"] == "small-models"
    needed = "|".join(project["project"]["dependencies"])
    assert re.fullmatch(r"flytebind-runtime~=[\d.]+\|flytebind>=[\d.]+", needed)
    monkeypatch.chdir(here / "own")
    assert main(["generate", "--quiet"]) == 0
    assert "small_models/x.py" in snapshot(here / "own")
    assert main(["check", "--quiet"]) == 0


def told(folder: Path) -> list[str]:
    """The commands that a project's README names."""
    block = (folder / "README.md").read_text().split("```")[1]
    return [line.partition("  ")[0] for line in block.splitlines()[1:]]


def advised(output: str) -> list[str]:
    """The arguments of the ``flytegen init`` that a run ends with."""
    return shlex.split(output.splitlines()[-1].partition("flytegen ")[2].partition(" && ")[0])


@pytest.mark.parametrize(
    "said",
    [
        ["--input", "protos"],
        ["--input", "protos/y.proto", "-I", "protos", "--formatter", "none"],
        ["--input", "x.proto", "protos/y.proto", "-I", ".", "-I", "protos", "--package", "other"],
        ["--input", "x.proto", "--templates", "looks", "--base", "flytebind.models"],
        ["--package", "google.transit", "--skip-broken"],
    ],
)
def test_what_a_project_tells_people_to_do_makes_the_same_again(
    said: list[str], here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "looks").mkdir()
    (here / "protos").mkdir()
    (here / "protos/y.proto").write_text('syntax = "proto3"; package small; message N {}')
    assert main(["generate", *said, "--out", "made"]) == 0
    made = snapshot(here / "made")
    assert main(advised(capsys.readouterr().out)) == 0
    monkeypatch.chdir(here / "made")
    assert told(Path()) == ["flytegen generate", "flytegen check", "pip install -e ."]
    assert main(["check", "--quiet"]) == 0
    assert main(["generate", "--quiet"]) == 0
    assert made.items() <= snapshot(Path()).items()


def test_a_folder_of_a_target_is_generated_to_from_above(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    above = '[tool.flytegen.targets.tiny]\ninput = ["x.proto"]\nout = "made"\n'
    (here / "pyproject.toml").write_text(above)
    assert main(["generate"]) == 0
    assert advised(capsys.readouterr().out) == ["init", "made"]
    assert main(["init", "made"]) == 0
    assert "flytegen" not in parse_toml((here / "made/pyproject.toml").read_text())["tool"]
    monkeypatch.chdir(here / "made")
    _, check, _ = told(Path())
    assert check == "flytegen check --target tiny"
    assert main(shlex.split(check)[1:]) == 0


def test_what_nobody_can_read_again_is_not_told_to_be(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = FileDescriptorSet(file=compiled({"x.proto": (here / "x.proto").read_text()}))
    given = io.TextIOWrapper(io.BytesIO(data.SerializeToString()))
    monkeypatch.setattr("sys.stdin", given)
    assert main(["generate", "--input", "-", "--out", "made"]) == 0
    assert advised(capsys.readouterr().out) == ["init", "made"]
    assert main(["init", "made", "--input", "-"]) == 2
    assert "--input: is standard input" in capsys.readouterr().err
    assert main(["init", "made"]) == 0
    assert told(here / "made") == ["pip install -e ."]


def test_paths_stay_text_on_the_screen(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    red = "\x1b[31m"
    (here / red).mkdir()
    (here / "x.proto").rename(here / red / "x.proto")
    for command in (["generate", "--out", f"{red}/made"], ["check", "--out", f"{red}/made"]):
        assert main([*command, "--input", red]) == 0
    assert main(["init", f"{red}/made", "--input", red]) == 0
    assert main(["diff", f"./{red}", f"./{red}"]) == 0
    shown = "".join(capsys.readouterr())
    assert r"\x1b[31m" in shown
    assert red not in shown


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("said", "named"), [(["x.proto"], "small"), (["x.proto", "--package", "acme.idl"], "acme.idl")]
)
def test_a_project_is_called_after_the_package_and_not_after_where_its_protos_are(
    said: list[str], named: str
) -> None:
    assert main(["init", "own", "--input", *said]) == 0
    project = parse_toml(Path("own/pyproject.toml").read_text())["project"]
    assert project["name"] == f"{named.replace('.', '-')}-models"
    assert project["description"] == f"Typed Python models of {named}."


@pytest.mark.usefixtures("here")
def test_what_is_there_is_not_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "own"]) == 2
    assert "own: has nothing that says what it is for" in capsys.readouterr().err
    assert main(["init", "own", "--package", "google.transit"]) == 0
    before = snapshot(Path("own"))
    assert main(["init", "own", "--package", "other"]) == 2
    said = capsys.readouterr().err
    for name in ("pyproject.toml", "README.md"):
        assert f"own/{name}: is there already" in said
    assert snapshot(Path("own")) == before
