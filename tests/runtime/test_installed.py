"""Models look whether the package that is installed is old."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import flyteidl
import pytest

from flytebind.runtime import installed as module
from flytebind.runtime.installed import (
    IncompatibleRuntimeError,
    OutdatedPackageError,
    require,
    require_runtime,
)

MADE_FROM = version("flyteidl")
ERROR = "flytebind.runtime.installed.OutdatedPackageError"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to import from."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def put(site: Path, package: str, *versions: str) -> None:
    """A package with the metadata of these versions."""
    folder = site.joinpath(*package.split("."))
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    for item in versions:
        put_metadata(site, package, item)


def put_metadata(site: Path, distribution: str, item: str) -> None:
    metadata = site / f"{distribution.replace('.', '_')}-{item}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {item}\n")


@pytest.mark.parametrize("installed", ["1.15.3", "1.16.7", "1.16.8rc1", "1.16", "0.9"])
def test_an_older_one_is_an_error_with_both_versions_and_the_way_out(
    site: Path, installed: str
) -> None:
    name = f"older_{installed.replace('.', '_')}"
    put(site, name, installed)
    with pytest.raises(OutdatedPackageError) as caught:
        require("acme.models", name, name, "1.16.8")
    assert str(caught.value) == (
        f"acme.models was generated from {name} 1.16.8, and {name} {installed} is installed,"
        f" which is older; run: pip install -U '{name}>=1.16.8'"
    )
    assert (caught.value.name, caught.value.path) == (name, str(site))


@pytest.mark.parametrize("installed", ["1.16.8", "1.16.8.post1", "1.16.10", "1.17.0b1", "2.0"])
def test_the_same_and_newer_ones_are_welcome(site: Path, installed: str) -> None:
    name = f"newer_{installed.replace('.', '_')}"
    put(site, name, installed)
    require("acme.models", name, name, "1.16.8")


def test_what_pip_left_behind_of_an_older_one_does_not_count(site: Path) -> None:
    put(site, "upgraded", "1.15.3", "1.16.8", "1.9")
    require("acme.models", "upgraded", "upgraded", "1.16.8")


@pytest.mark.parametrize("installed", ["0.0.0", "0.0.0+develop"])
def test_one_that_was_built_from_a_checkout_is_taken(site: Path, installed: str) -> None:
    name = f"checkout_{len(installed)}"
    put(site, name, installed)
    require("acme.models", name, name, "1.16.8")


def test_one_without_metadata_is_taken(site: Path) -> None:
    put(site, "vendored")
    require("acme.models", "vendored", "vendored", "1.16.8")


def test_metadata_may_lie_elsewhere(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = site / "elsewhere"
    elsewhere.mkdir()
    put(site, "editable_one")
    put_metadata(elsewhere, "editable_one", "1.0")
    monkeypatch.syspath_prepend(elsewhere)
    with pytest.raises(OutdatedPackageError, match=r"editable_one 1.0 is installed"):
        require("acme.models", "editable_one", "editable_one", "1.16.8")


def test_an_installed_package_may_be_in_an_archive(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = site / "all.zip"
    put(site, "zipped", "1.0")
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("zipped/__init__.py", "")
        file.writestr("zipped-1.0.dist-info/METADATA", "Name: zipped\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(archive)
    with pytest.raises(OutdatedPackageError, match=r"zipped 1.0 is installed"):
        require("acme.models", "zipped", "zipped", "1.16.8")


def test_a_package_in_a_namespace_is_found_where_it_is_installed(site: Path) -> None:
    folder = site / "acme_space" / "idl"
    folder.mkdir(parents=True)
    (folder / "types_pb2.py").touch()
    put_metadata(site, "acme_space.idl", "1.0")
    with pytest.raises(OutdatedPackageError, match=r"acme_space-idl>=1.16.8"):
        require("acme.models", "acme_space.idl", "acme_space-idl", "1.16.8")


class TestFlyteidl:
    """The check as the models make it, with doctored copies of the installed package."""

    @pytest.fixture
    def copy(self, tmp_path: Path) -> Path:
        """A folder with the installed flyteidl and no metadata."""
        (tmp_path / "flyteidl").symlink_to(Path(flyteidl.__file__).parent)
        return tmp_path

    @pytest.mark.parametrize(
        "statement",
        [
            "import flytebind.models",
            "from flytebind.models.execution import Execution",
            "import flytebind.models.admin.execution",
            "import flytebind.services.admin",
            "from flytebind.remote import FlyteRemote",
            "from flytebind.sandbox import Sandbox",
            "import flytebind.behaviour.literals",
        ],
    )
    def test_an_older_one_is_refused_by_whatever_is_imported_first(
        self, copy: Path, statement: str
    ) -> None:
        put_metadata(copy, "flyteidl", "1.15.3")
        last = self.run(copy, statement).stderr.strip().splitlines()[-1]
        assert last == (
            f"{ERROR}: flytebind.models was generated from flyteidl {MADE_FROM}, and flyteidl"
            f" 1.15.3 is installed, which is older; run: pip install -U 'flyteidl>={MADE_FROM}'"
        )

    def test_one_that_lacks_a_whole_module_is_refused_in_the_same_words(
        self, tmp_path: Path
    ) -> None:
        put(tmp_path, "flyteidl", "1.15.3")
        done = self.run(tmp_path, "from flytebind.models.execution import Execution")
        assert f"{ERROR}: flytebind.models was generated from" in done.stderr
        assert "ModuleNotFoundError" not in done.stderr

    @pytest.mark.parametrize("installed", [MADE_FROM, "1.99.0"])
    def test_the_good_way_reads_no_metadata_and_loads_no_descriptors(
        self, copy: Path, installed: str
    ) -> None:
        put_metadata(copy, "flyteidl", installed)
        program = """
import sys
before = set(sys.modules)
import flytebind.models
added = set(sys.modules) - before
print(*(name for name in added if name.startswith(("flyteidl.", "importlib.metadata"))))
"""
        done = self.run(copy, program)
        assert (done.stdout.strip(), done.stderr) == ("", "")

    @pytest.mark.parametrize(
        ("module", "command"),
        [("cli", "flytebind"), ("sandbox", "python -m flytebind.sandbox")],
    )
    def test_commands_say_it_in_one_line(self, copy: Path, module: str, command: str) -> None:
        put_metadata(copy, "flyteidl", "1.15.3")
        program = f"from flytebind.{module}.__main__ import main; raise SystemExit(main())"
        done = self.run(copy, program, "demo")
        (line,) = done.stderr.splitlines()
        assert (done.returncode, done.stdout) == (2, "")
        assert line.startswith(f"{command}: flytebind.models was generated from flyteidl")

    @staticmethod
    def run(site: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(site)}
        command = [sys.executable, "-c", program, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("made_for", "present"),
    [("0.1", "0.1.0"), ("0.1", "0.1.7"), ("1.2", "1.2.0"), ("1.2", "1.10.1"), ("0.9", "0.9.0rc1")],
)
def test_models_stand_on_the_runtime_that_they_were_made_for_and_on_what_breaks_nothing(
    made_for: str, present: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "__version__", present)
    require_runtime("acme_models", made_for)


@pytest.mark.parametrize(
    ("made_for", "present", "wanted"),
    [
        ("0.2", "0.1.9", "~=0.2.0"),
        ("0.1", "0.2.0", "~=0.1.0"),
        ("0.9", "1.0.0", "~=0.9.0"),
        ("1.2", "1.1.8", "~=1.2"),
        ("1.2", "2.0.0", "~=1.2"),
    ],
)
def test_another_runtime_is_an_error_with_both_versions_and_the_way_out(
    made_for: str, present: str, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "__version__", present)
    with pytest.raises(IncompatibleRuntimeError) as caught:
        require_runtime("acme_models", made_for)
    assert str(caught.value) == (
        f"acme_models was generated for flytebind-runtime {made_for}, and {present} is installed;"
        f" generate it again, or run: pip install 'flytebind-runtime{wanted}'"
    )
    assert caught.value.name == "acme_models"
