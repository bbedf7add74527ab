"""Installed packages: which of their modules are read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from flytegen.cli import main
from flytegen.common.problems import GenerationError, Problem
from flytegen.comparison.sides import installed
from flytegen.read.package import load_package
from tests.generator.foreign import generate, importable, write_modules
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
        " Or leave it out: --exclude MODULE, or --skip-broken for all of them.\n"
    )


@pytest.mark.usefixtures("broken")
def test_what_is_broken_is_skipped_and_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    said = ["list", "--quiet", "--package", "partly", "--skip-broken"]
    assert main(said) == 0
    out, err = capsys.readouterr()
    assert out == "partly/good.proto -> partly_models.good\n  partly.Good\n"
    assert err == (
        "flytegen: 2 modules are left out\n"
        "  partly.bad_pb2: cannot be imported (No module named 'no_such_library')\n"
        "  partly.v2.worse_pb2: cannot be imported (No module named 'no_such_library')\n"
        "    It needs 'no_such_library'; install what brings that.\n"
    )


@pytest.mark.usefixtures("broken")
def test_a_package_of_which_nothing_is_left_is_a_problem(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["list", "--package", "partly.v2", "--skip-broken"]) == 2
    assert (
        "flytegen: 1 problem; nothing was written\n  partly.v2.worse_pb2: cannot be imported"
        in (capsys.readouterr().err)
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


def test_modules_are_found_whatever_they_are_called(tmp_path: Path) -> None:
    a, b, c = (file(f"message {name.upper()} {{}}", f"odd/{name}.proto") for name in "abc")
    user = file(
        "message U { A a = 1; B b = 2; C c = 3; }",
        "odd/user.proto",
        imports=[item.name for item in (a, b, c)],
        known=[a, b, c],
    )
    site, out = tmp_path / "site", tmp_path / "out"
    write_modules(site, a, b, c, user)
    package = site / "odd"
    (package / "inner").mkdir()
    (package / "a_pb2.py").rename(package / "wire.py")
    (package / "b_pb2.py").rename(package / "inner/__init__.py")
    imports = "from odd.wire import *\nimport odd.inner\n"
    text = (package / "user_pb2.py").read_text()
    for name, module in (("a", "wire"), ("b", "inner")):
        text = text.replace(f"odd.{name}_pb2", f"odd.{module}")
    (package / "user_pb2.py").write_text(text)
    (package / "hands_on.py").write_text(imports)
    (package / "other.py").write_text("raise ValueError('nobody asked for this')")
    with importable(site):
        modules = load_package("odd").modules
        generate(out, "odd")
        compared = installed("odd").files
    assert modules == {
        "odd/a.proto": "odd.wire",
        "odd/b.proto": "odd.inner",
        "odd/c.proto": "odd.c_pb2",
        "odd/user.proto": "odd.user_pb2",
    }
    assert [item.name for item in compared] == sorted(modules)
    assert "class A(" in (out / "odd_protos/odd/wire_pb2.pyi").read_text()
    with importable(site, out):
        models = import_module("odd_models")
        user_model = models.user.U(a=models.wire.A(), b=models.inner.B(), c=models.c.C())
        assert type(user_model.to_pb().a) is import_module("odd.wire").A
        assert models.user.U.from_bytes(user_model.to_bytes()) == user_model


def test_the_version_is_that_of_the_distribution_which_has_the_modules(tmp_path: Path) -> None:
    files = [file("message M {}", f"shared/{name}/x.proto", package=name) for name in "abc"]
    write_modules(tmp_path, *files)
    for name, held in (("a", "shared/a/x_pb2.py"), ("b", "shared/b/x_pb2.py")):
        record = tmp_path / f"shared_{name}-1.{ord(name)}.dist-info"
        record.mkdir()
        (record / "METADATA").write_text(f"Name: shared-{name}\nVersion: 1.{ord(name)}\n")
        (record / "RECORD").write_text(f"{held},,\n")
        (record / "top_level.txt").write_text("shared\n")
    with importable(tmp_path):
        versions = {name: installed(f"shared.{name}").version for name in "abc"}
        assert versions == {"a": "1.97", "b": "1.98", "c": ""}
        assert load_package("shared.b").version == "1.98"


def test_the_version_is_that_of_the_copy_that_is_imported(tmp_path: Path) -> None:
    """An older release that lies first on the path, and has fewer modules than the other."""
    for version, names in (("1.0", "a"), ("2.0", "ab")):
        site = tmp_path / version
        write_modules(site, *(file("message M {}", f"twice/{name}.proto") for name in names))
        (site / "twice" / "__init__.py").touch()
        record = site / f"twice-{version}.dist-info"
        record.mkdir()
        (record / "METADATA").write_text(f"Name: twice\nVersion: {version}\n")
        (record / "RECORD").write_text("".join(f"twice/{name}_pb2.py,,\n" for name in names))
    with importable(tmp_path / "1.0", tmp_path / "2.0"):
        assert load_package("twice").version == "1.0"
