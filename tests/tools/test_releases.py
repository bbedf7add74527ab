"""`make matrix` tries every minor release of flyteidl; one of them is tried each time.

It is the release that is kept as descriptors, so that no network is needed.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from flytegen.comparison.facts import facts_of
from tests.generator.foreign import write_modules
from tools import releases
from tools.history import PAGES
from tools.releases import FAILED, NOT_INSTALLED, NotInstalledError, Trial, TrialError

(KEPT,) = PAGES.glob("*.binpb")
DESCRIPTORS = FileDescriptorSet.FromString(KEPT.read_bytes()).file


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """The kept release as pip would install it."""
    folder = tmp_path_factory.mktemp("older")
    site, version = folder / "site", KEPT.stem
    write_modules(site, *DESCRIPTORS)
    (site / "flyteidl" / "__init__.py").touch()
    metadata = site / f"flyteidl-{version}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Metadata-Version: 2.1\nName: flyteidl\nVersion: {version}\n")
    return Trial(version, site, folder)


def test_an_older_release_can_be_generated_from_with_the_same_overlay(older: Trial) -> None:
    count = f"{facts_of(DESCRIPTORS).count()['message']} messages"
    assert f"flyteidl {older.version} -> " in (told := older.generate())
    assert count in told
    assert older.take_messages_through().endswith(count)
    older.check_types()


def test_models_refuse_an_older_release_with_the_way_out(older: Trial) -> None:
    older.refuse()


def test_a_release_that_is_not_refused_is_told(older: Trial, tmp_path: Path) -> None:
    with pytest.raises(TrialError, match="the committed models took it"):
        Trial("1.0", tmp_path, tmp_path).refuse()


def test_a_step_that_fails_is_told_with_what_it_printed(tmp_path: Path) -> None:
    (tmp_path / "flyteidl").mkdir()
    (tmp_path / "flyteidl" / "__init__.py").touch()
    with pytest.raises(TrialError, match=r"(?s)generate:.*has no modules made by protoc"):
        Trial("1.0", tmp_path, tmp_path).run()


def test_the_worst_release_decides_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def install(version: str) -> Path:
        if version == "1.0":
            raise NotInstalledError("no network")
        return Path()

    def run(trial: Trial) -> str:
        if trial.version == "1.1":
            raise TrialError("types: no")
        return "3 messages"

    monkeypatch.setattr(releases, "install", install)
    monkeypatch.setattr(Trial, "run", run)
    assert releases.main(["1.2"]) == 0
    assert releases.main(["1.1", "1.2"]) == FAILED
    assert releases.main(["1.1", "1.0", "1.2"]) == NOT_INSTALLED
    lines = capsys.readouterr().out.splitlines()[-3:]
    assert [line.split(maxsplit=2)[2] for line in lines] == [
        "FAILED: types: no",
        "NOT INSTALLED: no network",
        "passed: 3 messages",
    ]
