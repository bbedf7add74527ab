"""What `make upgrade` writes before the slow part of it, in a copy of what it writes to."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from flytegen.comparison.changes import Changes
from flytegen.comparison.facts import facts_of
from flytegen.comparison.sides import installed, write_set
from flytegen.read.manifest import MANIFEST
from tests.generator.protos import file
from tests.generator.sources import OUTPUT
from tools import upgrade as module
from tools.registry import last_of_minors
from tools.upgrade import ROOT, SAID, UpgradeError, listed, moved, noted, said, upgrade

PRESENT = installed("flyteidl").version
NEXT = "1.99.3"
NOTHING = Changes((), ())


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that are written to, and a cache that has a version of the future."""
    root, cache = tmp_path / "checkout", tmp_path / "cache"
    for name in (*SAID, "zensical.toml", "CHANGELOG.md", "generated/flyteidl/flytegen.lock"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    origin = f"flytebind/models/{MANIFEST}"
    copied = root / "generated/flyteidl" / origin
    copied.parent.mkdir(parents=True)
    shutil.copy(OUTPUT / origin, copied)
    later = file("message Later { string a = 1; }", "flyteidl/later.proto", package="flyteidl")
    write_set(cache / f"flyteidl-{NEXT}.binpb", [*installed("flyteidl").files, later])
    monkeypatch.setattr(module, "default_cache", lambda: cache)
    return root


def test_all_that_names_the_version_is_moved(checkout: Path) -> None:
    count = said(facts_of(installed("flyteidl").files), PRESENT)
    messages = int(count["message"]) + 1
    assert upgrade(NEXT, checkout) == NEXT

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


def test_a_second_run_changes_nothing_more(checkout: Path) -> None:
    upgrade(NEXT, checkout)
    before = {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file()}
    upgrade(NEXT, checkout)
    assert {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file()} == before


def test_what_is_taken_already_leaves_everything_as_it_is(
    checkout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_set(tmp_path / "cache" / f"flyteidl-{PRESENT}.binpb", installed("flyteidl").files)
    before = {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file()}
    assert upgrade(PRESENT, checkout) == ""
    assert "already" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file()} == before


def test_a_text_that_is_missing_is_named_and_nothing_is_written(checkout: Path) -> None:
    (checkout / "docs/index.md").write_text("all of it")
    before = (checkout / "distributions/flytebind/pyproject.toml").read_text()
    with pytest.raises(UpgradeError, match=r"index\.md does not say 'all [0-9]+ messages"):
        upgrade(NEXT, checkout)
    assert (checkout / "distributions/flytebind/pyproject.toml").read_text() == before
    assert not (checkout / "docs/changes").exists()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: listed("nav = []", NEXT),
        lambda: noted("# Changelog\n", NEXT, NOTHING),
        lambda: moved(ROOT / "no-such-file", (), {}, {}),
    ],
)
def test_a_document_of_another_form_is_a_problem(spoil: Callable[[], object]) -> None:
    with pytest.raises(UpgradeError):
        spoil()


def test_the_changelog_keeps_one_line_for_a_version_among_what_changed() -> None:
    text = "# Changelog\n\n## [2]\n\n### Changed\n\n- old\n\n## [1]\n\n### Changed\n\n- older\n"
    once = noted(text, NEXT, NOTHING)
    assert noted(once, NEXT, NOTHING) == once
    line = f"- flyteidl {NEXT}: nothing changed; see `docs/changes/{NEXT}.md`.\n"
    assert once == text.replace("- old\n", f"{line}- old\n", 1)


def test_the_last_release_of_each_minor_is_taken_by_number() -> None:
    found = ["1.10.0", "1.9.10", "1.4.9", "1.9.9", "1.5.0", "1.10.1"]
    assert last_of_minors(found, "1.5") == ["1.5.0", "1.9.10", "1.10.1"]
