"""`make matrix` tries every release that there is history of; one of each is tried each time.

It is the release that is kept as descriptors, so that no network is needed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from flytebind.v2.models._index import MODELS
from flytegen.common.versions import is_older
from flytegen.comparison.facts import facts_of
from flytegen.comparison.sides import installed
from tests.generator.foreign import write_modules
from tools import releases
from tools.releases import FAILED, NOT_INSTALLED, NotInstalledError, Trial, TrialError
from tools.targets import FOLLOWED, Followed

FLYTEIDL = FOLLOWED["flyteidl"]


def kept(followed: Followed, folder: Path) -> tuple[Trial, Sequence[FileDescriptorProto]]:
    """The kept release as pip would install it."""
    (path,) = followed.pages.glob("*.binpb")
    descriptors = FileDescriptorSet.FromString(path.read_bytes()).file
    site, version, package = folder / "site", path.stem, followed.package
    write_modules(site, *descriptors)
    (site / package / "__init__.py").touch()
    metadata = site / f"{package}-{version}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    return Trial(followed, version, site, folder), descriptors


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    return kept(FLYTEIDL, tmp_path_factory.mktemp("older"))[0]


def test_models_hold_what_a_newer_release_has(tmp_path: Path) -> None:
    """Until there is a newer one, the one before theirs is kept, which they refuse."""
    followed = FOLLOWED["flyteidl2"]
    other, descriptors = kept(followed, tmp_path)
    if is_older(other.version, than=followed.made_from):
        other.refuse()
    else:
        known = facts_of(installed("flyteidl2").files).messages
        assert [new for new in facts_of(descriptors).messages.items() if new not in known.items()]
        assert json.loads(other.hold())["models"] == len(MODELS)


def test_an_older_release_can_be_generated_from_with_the_same_overlay(tmp_path: Path) -> None:
    older, descriptors = kept(FLYTEIDL, tmp_path)
    count = f"{facts_of(descriptors).count()['message']} messages"
    assert f"flyteidl {older.version} -> " in (told := older.generate())
    assert count in told
    assert older.take_messages_through().endswith(count)
    older.check_types()


def test_models_refuse_an_older_release_with_the_way_out(older: Trial) -> None:
    older.refuse()


def test_a_release_that_is_not_refused_is_told(older: Trial, tmp_path: Path) -> None:
    with pytest.raises(TrialError, match="the committed models took it"):
        Trial(FLYTEIDL, "1.0", tmp_path, tmp_path).refuse()


def test_a_step_that_fails_is_told_with_what_it_printed(tmp_path: Path) -> None:
    (tmp_path / "flyteidl").mkdir()
    (tmp_path / "flyteidl" / "__init__.py").touch()
    with pytest.raises(TrialError, match=r"(?s)generate:.*has no modules made by protoc"):
        Trial(FLYTEIDL, "1.0", tmp_path, tmp_path).run()


def test_the_worst_release_decides_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def install(package: str, version: str) -> Path:
        if version == "1.0":
            raise NotInstalledError("no network")
        return Path()

    def run(trial: Trial) -> str:
        if trial.version == "1.1":
            raise TrialError("types: no")
        return "3 messages"

    monkeypatch.setattr(releases, "install", install)
    monkeypatch.setattr(Trial, "run", run)
    tried = [f"flyteidl=={version}" for version in ("1.2", "1.1", "1.0")]
    assert releases.main(tried[:1]) == 0
    assert releases.main([tried[1], tried[0]]) == FAILED
    assert releases.main([tried[1], tried[2], tried[0]]) == NOT_INSTALLED
    lines = capsys.readouterr().out.splitlines()[-3:]
    assert [line.split(maxsplit=2)[2] for line in lines] == [
        "FAILED: types: no",
        "NOT INSTALLED: no network",
        "passed: 3 messages",
    ]
