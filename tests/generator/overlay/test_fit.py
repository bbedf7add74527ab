"""An overlay that is written for another version of the package than the one that is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from flytegen.cli import main
from flytegen.common.problems import GenerationError
from flytegen.common.versions import is_older
from flytegen.decide.build import build
from flytegen.overlay.entries import Overlay
from flytegen.overlay.fit import fit
from flytegen.overlay.load import load_overlay
from flytegen.read.source import Source
from flytegen.schema import Library
from tests.generator.foreign import generate, importable, write_modules
from tests.generator.protos import file
from tests.generator.sources import source_of

OVERLAY = """
[package]
name = "acme"
version = "2.0"

[files."acme/x.proto"]
doc = "All of it."

[files."acme/new.proto"]
doc = "What came with 2.0."

[messages."acme.Task"]
positional = ["name", "owner", "limit"]
required = ["name", "owner"]
names = { Green = "acme.Colour.GREEN", Red = "acme.Colour.RED", New = "acme.New" }
fields.name.doc = "What it is called."
fields.owner.doc = "Whose it is."
fields.colour.default = "GREEN"
fields.size.default = { metres = 1, feet = 3 }
oneofs.kind.doc = "What it is."

[messages."acme.New"]
doc = "New."

[enums."acme.Colour"]
names = { ROUGE = "RED", VERT = "GREEN" }
values.RED.doc = "As blood."
values.GREEN.doc = "As grass."

[enums."acme.Kind"]
doc = "Of a task."

[services."acme.Tasks".methods]
Get.doc = "One."
List.doc = "All."

[services."acme.News"]
doc = "News."

[layout.tasks]
names = { Task = "acme.Task", New = "acme.New", Base = "acme_base:Base" }

[layout.news]
doc = "What came with 2.0."
names = { New = "acme.New" }

[layout.empty]
doc = "Nothing."
"""

SKIPPED = {
    'files."acme/new.proto"',
    'messages."acme.Task".positional.owner',
    'messages."acme.Task".positional.limit',
    'messages."acme.Task".required.owner',
    'messages."acme.Task".names.Green',
    'messages."acme.Task".names.New',
    'messages."acme.Task".fields.owner',
    'messages."acme.Task".fields.colour.default',
    'messages."acme.Task".fields.size.default',
    'messages."acme.Task".oneofs.kind',
    'messages."acme.New"',
    'enums."acme.Colour".names.VERT',
    'enums."acme.Colour".values.GREEN',
    'enums."acme.Kind"',
    'services."acme.Tasks".methods.List',
    'services."acme.News"',
    "layout.tasks.names.New",
    "layout.news.names.New",
}


@pytest.fixture
def acme(tmp_path: Path) -> Overlay:
    (tmp_path / "acme.toml").write_text(OVERLAY)
    return load_overlay(tmp_path)


def package(version: str) -> Source:
    """What the overlay is about, without all that came with 2.0."""
    text = """
        message Size { int32 metres = 1; }
        message Task { string name = 1; Colour colour = 2; Size size = 3; }
        enum Colour { UNKNOWN = 0; RED = 1; }
        service Tasks { rpc Get(Size) returns (Task); }
    """
    return replace(source_of(file(text)), version=version)


def built(overlay: Overlay, version: str) -> Library:
    return build(package(version), fit(overlay, package(version)).overlay)


class TestAnOlderPackage:
    def test_what_it_does_not_have_yet_is_skipped_and_told(self, acme: Overlay) -> None:
        assert fit(acme, package("1.9")).skipped == tuple(sorted(SKIPPED))

    def test_the_rest_is_followed(self, acme: Overlay) -> None:
        library = built(acme, "1.9")
        (module,) = library.modules
        task = module.messages[1]
        assert module.doc == ("All of it.",)
        assert [field.name for field in task.positional] == ["name"]
        assert [name.name for name in task.names] == ["Red"]
        assert module.enums[0].names == (("ROUGE", "RED"),)
        homes = {lazy.name: [alias.name for alias in lazy.aliases] for lazy in library.lazy_modules}
        assert homes["acme_models.tasks"] == ["Base", "Task"]
        assert homes["acme_models.empty"] == []
        assert "acme_models.news" not in homes

    def test_mistakes_of_another_kind_are_mistakes_still(self, tmp_path: Path) -> None:
        wrong = OVERLAY.replace('"acme_base:Base"', '"acme_base.Base:x:y"')
        (tmp_path / "acme.toml").write_text(wrong)
        with pytest.raises(GenerationError, match="must be a full proto name"):
            built(load_overlay(tmp_path), "1.9")


@pytest.mark.parametrize("version", ["2.0", "2.1", "", "0.0.0+develop"])
def test_what_is_gone_from_the_same_or_a_newer_package_is_a_problem_with_a_hint(
    acme: Overlay, version: str
) -> None:
    assert fit(acme, package(version)).skipped == ()
    with pytest.raises(GenerationError) as caught:
        built(acme, version)
    told = {problem.what: problem.hint for problem in caught.value.problems}
    assert (
        "`flytegen diff` says what became of it"
        in told["messages: there is no message called 'acme.New'"]
    )
    required = 'messages."acme.Task".required'
    assert f"{required}: there is no field of acme.Task called 'owner'" in told


class TestTheCommand:
    """With flyteidl as it is installed, and an overlay for another version of it."""

    @staticmethod
    def written_for(version: str, overlay: Path) -> Path:
        main_file = overlay / "package.toml"
        text = re.sub(r'(?m)^version = "[^"]+"', f'version = "{version}"', main_file.read_text())
        main_file.write_text(text)
        (overlay / "more.toml").write_text('[messages."flyteidl.core.Newer"]\ndoc = "New."\n')
        return overlay

    @pytest.mark.parametrize("command", ["check", "generate"])
    def test_it_tells_what_was_skipped_and_goes_on(
        self,
        command: str,
        output: Path,
        overlay: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        arguments = ["--out", str(output), "--overlay", str(self.written_for("99.1", overlay))]
        assert main([command, *arguments]) == 0
        told = capsys.readouterr().out
        assert "the overlay is for 99.1; flyteidl 1." in told
        assert "lacks what one of its entries is about: skipped (--verbose names them)" in told

    def test_it_names_what_was_skipped_when_it_is_asked(
        self, overlay: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        arguments = ["list", "--overlay", str(self.written_for("99.1", overlay))]
        assert main([*arguments, "--verbose"]) == 0
        assert '\n  ~ messages."flyteidl.core.Newer"\n' in capsys.readouterr().out
        assert main([*arguments, "--quiet"]) == 0
        assert "skipped" not in capsys.readouterr().out

    def test_what_is_gone_ends_the_run_with_a_hint(
        self, output: Path, overlay: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.written_for("1.0", overlay)
        assert main(["generate", "--out", str(output), "--overlay", str(overlay)]) == 2
        told = capsys.readouterr().err
        assert "more.toml: messages: there is no message called 'flyteidl.core.Newer'" in told
        assert "If it was there before: `flytegen diff` says what became of it." in told


def test_models_of_any_package_refuse_an_older_one(tmp_path: Path) -> None:
    site, out = tmp_path / "site", tmp_path / "out"
    write_modules(site, file("message OfVersions {}", "acme_versions/thing.proto"))

    def install(version: str) -> None:
        metadata = site / f"acme_versions-{version}.dist-info" / "METADATA"
        metadata.parent.mkdir()
        metadata.write_text(f"Metadata-Version: 2.1\nName: acme-versions\nVersion: {version}\n")

    def load() -> str:
        paths = os.pathsep.join(map(str, (out, site)))
        command = [sys.executable, "-c", "import acme_versions_models.thing"]
        environment = {**os.environ, "PYTHONPATH": paths}
        return subprocess.run(command, env=environment, capture_output=True, text=True).stderr

    install("2.1")
    with importable(site):
        generate(out, "acme_versions")
    assert load() == ""
    shutil.rmtree(site / "acme_versions-2.1.dist-info")
    install("2.0")
    told = load()
    assert "acme_versions_models was generated from acme-versions 2.1, and" in told
    assert "acme-versions 2.0 is installed" in told
    assert "pip install -U 'acme-versions>=2.1'" in told


def test_a_version_that_is_none_is_a_mistake_of_the_overlay(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text('[package]\nversion = "newest"')
    with pytest.raises(
        GenerationError, match=r"acme.toml: package.version: 'newest' must be a version"
    ):
        load_overlay(tmp_path)


@pytest.mark.parametrize(
    ("version", "than", "expected"),
    [
        ("1.5.22", "1.16.8", True),
        ("1.16.8", "1.5.22", False),
        ("1.16", "1.16.0", False),
        ("1.16.8rc1", "1.16.8", True),
        ("1.16.8", "", False),
        ("", "1.16.8", False),
        ("0.0.0+develop", "1.16.8", False),
        ("no version", "1.16.8", False),
    ],
)
def test_versions_are_compared_as_numbers_and_only_where_both_are_known(
    version: str, than: str, expected: bool
) -> None:
    assert is_older(version, than=than) is expected
