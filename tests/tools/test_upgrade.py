"""What `make upgrade` writes before the slow part of it, in a copy of what it writes to."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from flytegen.comparison.facts import facts_of
from flytegen.comparison.sides import installed, write_set
from flytegen.read.manifest import MANIFEST
from flytegen.write.files import RECORD
from tests.generator.protos import file
from tools import upgrade as module
from tools.registry import last_of_minors
from tools.targets import FOLLOWED, Followed
from tools.upgrade import SAID, UpgradeError, listed, moved, noted, said, upgrade
from tools.written import ROOT

FLYTEIDL, FLYTEIDL2 = FOLLOWED["flyteidl"], FOLLOWED["flyteidl2"]
PRESENT = FLYTEIDL.made_from
NEXT = "1.99.3"
NEXT2 = "2.0.999"
LINE = f"- flyteidl {NEXT}: nothing changed; see `docs/changes/{NEXT}.md`.\n"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that are written to, and a cache that has versions of the future."""
    root, cache = tmp_path / "checkout", tmp_path / "cache"
    names = {name for said in SAID.values() for name in said}
    for followed, version in ((FLYTEIDL, NEXT), (FLYTEIDL2, NEXT2)):
        models, package = followed.overlay.package.root.replace(".", "/"), followed.package
        out = followed.target.output().relative_to(ROOT).as_posix()
        names |= {f"{out}/{RECORD}", f"{out}/{models}/{MANIFEST}"}
        later = file("message Later { string a = 1; }", f"{package}/later.proto", package=package)
        write_set(cache / f"{package}-{version}.binpb", [*installed(package).files, later])
    for name in (*names, "zensical.toml", "CHANGELOG.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    monkeypatch.setattr(module, "default_cache", lambda: cache)
    return root


def test_all_that_names_the_version_is_moved(checkout: Path) -> None:
    count = said(facts_of(installed("flyteidl").files), PRESENT)
    messages = int(count["message"]) + 1
    assert upgrade(FLYTEIDL, NEXT, checkout) == NEXT

    def text(name: str) -> str:
        return (checkout / name).read_text(encoding="utf-8")

    assert f'"flyteidl>={NEXT},<1.100"' in text("distributions/flytebind/pyproject.toml")
    assert f'\nversion = "{NEXT}"' in text("overlay/flyteidl/package.toml")
    for name in ("README.md", "docs/index.md"):
        told = f"{messages} messages and {count['enum']} enums of flyteidl {NEXT}"
        assert told in text(name)
    assert f'"changes/{NEXT}.md",' in text("zensical.toml")
    assert f"- flyteidl {NEXT}: 2 changes: 2 compatible; see" in text("CHANGELOG.md")
    page = text(f"docs/changes/{NEXT}.md")
    assert page.startswith(f"# flyteidl {PRESENT} to {NEXT}\n\n2 changes: 2 compatible.\n")
    assert "message `flyteidl.Later` added, with 1 field" in page


def test_the_oldest_release_that_is_supported_is_moved_by_name(checkout: Path) -> None:
    assert upgrade(FLYTEIDL2, NEXT2, checkout) == NEXT2

    def text(name: str) -> str:
        return (checkout / name).read_text(encoding="utf-8")

    assert f'"flyteidl2>={NEXT2},<2.1"' in text("distributions/flyte2/pyproject.toml")
    assert f'"flyteidl2=={NEXT2}"' in text("pyproject.toml")
    assert f'\nversion = "{NEXT2}"' in text("overlay/flyteidl2/package.toml")
    assert f'"changes/flyteidl2-{NEXT2}.md",' in text("zensical.toml")
    assert f"- flyteidl2 {NEXT2}, and no older one: 2 changes: 2 compatible; see" in text(
        "CHANGELOG.md"
    )
    page = text(f"docs/changes/flyteidl2-{NEXT2}.md")
    assert page.startswith(f"# flyteidl2 {FLYTEIDL2.made_from} to {NEXT2}\n")


def test_without_a_name_the_newest_flyteidl_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[tuple[str, str]] = []

    def upgrade(followed: Followed, version: str, root: Path) -> str:
        taken.append((followed.package, version))
        return ""

    monkeypatch.setattr(module, "versions", lambda package: ["1.0", NEXT])
    monkeypatch.setattr(module, "upgrade", upgrade)
    assert module.main([]) == 0
    assert module.main([f"flyteidl2=={NEXT2}"]) == 0
    assert taken == [("flyteidl", NEXT), ("flyteidl2", NEXT2)]


def test_a_release_of_something_else_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert module.main(["flyteidl3==1.0"]) == 2
    assert module.main([NEXT]) == 2
    told = capsys.readouterr().err
    assert told.count("name one as flyteidl==1.2.3 or flyteidl2==1.2.3") == 2


def test_a_second_run_changes_nothing_more(checkout: Path) -> None:
    upgrade(FLYTEIDL, NEXT, checkout)
    before = {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file()}
    upgrade(FLYTEIDL, NEXT, checkout)
    assert {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file()} == before


def test_what_is_taken_already_leaves_everything_as_it_is(
    checkout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_set(tmp_path / "cache" / f"flyteidl-{PRESENT}.binpb", installed("flyteidl").files)
    before = {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file()}
    assert upgrade(FLYTEIDL, PRESENT, checkout) == ""
    assert "already" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file()} == before


def test_who_goes_back_is_told_how(checkout: Path, tmp_path: Path) -> None:
    write_set(tmp_path / "cache" / "flyteidl-1.15.3.binpb", installed("flyteidl").files)
    with pytest.raises(UpgradeError, match=rf"{PRESENT}, which is newer; to go back, revert"):
        upgrade(FLYTEIDL, "1.15.3", checkout)
    assert not (checkout / "docs/changes").exists()


def test_a_text_that_is_missing_is_named_and_nothing_is_written(checkout: Path) -> None:
    (checkout / "docs/index.md").write_text("all of it")
    before = (checkout / "distributions/flytebind/pyproject.toml").read_text()
    with pytest.raises(UpgradeError, match=r"index\.md does not say 'all [0-9]+ messages"):
        upgrade(FLYTEIDL, NEXT, checkout)
    assert (checkout / "distributions/flytebind/pyproject.toml").read_text() == before
    assert not (checkout / "docs/changes").exists()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: listed("nav = []", "changes/x.md"),
        lambda: noted("# Changelog\n", LINE),
        lambda: moved(ROOT / "no-such-file", (), {}, {}),
    ],
)
def test_a_document_of_another_form_is_a_problem(spoil: Callable[[], object]) -> None:
    with pytest.raises(UpgradeError):
        spoil()


def test_the_changelog_keeps_one_line_for_a_version_among_what_changed() -> None:
    text = "# Changelog\n\n## [2]\n\n### Changed\n\n- old\n\n## [1]\n\n### Changed\n\n- older\n"
    once = noted(text, LINE)
    assert noted(once, LINE) == once
    assert once == text.replace("- old\n", f"{LINE}- old\n", 1)


def test_the_last_release_of_each_minor_is_taken_by_number() -> None:
    found = ["1.10.0", "1.9.10", "1.4.9", "1.9.9", "1.5.0", "1.10.1"]
    assert last_of_minors(found, "1.5") == ["1.5.0", "1.9.10", "1.10.1"]
