"""Installed packages: which of their modules are read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from flytegen.cli import main
from flytegen.common.problems import GenerationError, Problem
from flytegen.read.package import load_package
from tests.generator.foreign import importable, write_modules
from tests.generator.protos import file


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[None]:
    """A package with a module that is whole, and two that are not."""
    good = file("message Good {}", "partly/good.proto", package="partly")
    write_modules(tmp_path / "site", good)
    (tmp_path / "site/partly/bad_pb2.py").write_text("import no_such_library")
    (tmp_path / "site/partly/v2").mkdir()
    (tmp_path / "site/partly/v2/worse_pb2.py").write_text("import no_such_library")
    with importable(tmp_path / "site"):
        yield


@pytest.mark.usefixtures("broken")
def test_what_is_broken_can_be_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = ["list", "--quiet", "--package", "partly", "--exclude", "partly.bad_pb2"]
    assert main([*said, "--exclude", "partly.v2"]) == 0
    assert capsys.readouterr().out == "partly/good.proto -> partly_models.good\n  partly.Good\n"


@pytest.mark.usefixtures("broken")
def test_one_way_out_of_several_problems_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--package", "partly"]) == 2
    assert capsys.readouterr().err == (
        "flytegen: 2 problems; nothing was written\n"
        "  partly.bad_pb2: cannot be imported (No module named 'no_such_library')\n"
        "  partly.v2.worse_pb2: cannot be imported (No module named 'no_such_library')\n"
        "    It needs 'no_such_library'; install what brings that."
        " Or leave it out: --exclude MODULE.\n"
    )


@pytest.mark.usefixtures("broken")
def test_what_is_not_there_cannot_be_left_out() -> None:
    with pytest.raises(GenerationError) as refused:
        load_package("partly", exclude=["partly.bad_pb2", "partly.v2", "partly.god_pb2"])
    (problem,) = refused.value.problems
    assert problem == Problem(
        "partly.god_pb2",
        "cannot be excluded: it is none of the modules",
        "Did you mean 'partly.good_pb2'?",
    )


def test_nothing_can_be_left_out_of_a_descriptor_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.binpb").write_bytes(b"")
    said = ["list", "--descriptor-set", str(tmp_path / "x.binpb"), "--exclude", "acme.x_pb2"]
    assert main(said) == 2
    assert "--exclude: is for modules of a package" in capsys.readouterr().err


def test_problems_with_one_way_out_stand_together() -> None:
    problems = [Problem("a", "is", "Go."), Problem("b", "is"), Problem("c", "is", "Go.")]
    assert str(GenerationError(*problems)) == "a: is\nc: is\n    Go.\nb: is"


@pytest.mark.parametrize("name", ["versions/v6/x.proto", "v6/x.proto"])
def test_of_several_modules_of_a_file_the_one_that_is_named_after_it_is_taken(
    tmp_path: Path, name: str
) -> None:
    made = file("message A {}", name, package=f"named{len(name)}")
    write_modules(tmp_path / "made", made)
    (module,) = (tmp_path / "made").rglob("x_pb2.py")
    top = f"several{len(name)}"
    for version in ("v5", "v6", "v7"):
        folder = tmp_path / top / top / Path(name).parent.with_name(version)
        folder.mkdir(parents=True)
        shutil.copy(module, folder)
    with importable(tmp_path / top):
        (found,) = load_package(top).modules.values()
    assert found == f"{top}.{name.replace('/', '.').replace('.proto', '_pb2')}"
