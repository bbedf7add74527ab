"""What releases changed, as the pages in history/ tell it; without the network."""

from __future__ import annotations

import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from flytegen.common.descriptors import walk
from flytegen.comparison.sides import fetched, installed
from flytegen.read.package import load_package
from tools.history import kept_pairs, neighbours, page
from tools.targets import FOLLOWED, Followed

ROW = re.compile(r"^\| (\w+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", re.M)

each_target = pytest.mark.parametrize("followed", FOLLOWED.values(), ids=FOLLOWED)


def totals(followed: Followed, old: str, new: str) -> dict[str, tuple[int, ...]]:
    """Of each sort of thing: old, added, removed, new."""
    text = (followed.pages / f"{old}-{new}.md").read_text(encoding="utf-8")
    return {name: tuple(map(int, numbers)) for name, *numbers in ROW.findall(text)}


@each_target
def test_what_was_and_what_came_less_what_went_is_what_is(followed: Followed) -> None:
    for old, new in kept_pairs(followed):
        found = totals(followed, old, new)
        assert len(found) == 8
        for was, added, removed, is_now in found.values():
            assert was + added - removed == is_now


@each_target
def test_each_release_is_where_the_next_comparison_begins(followed: Followed) -> None:
    for before, after in pairwise(kept_pairs(followed)):
        assert before[1] == after[0]
        assert {name: row[3] for name, row in totals(followed, *before).items()} == {
            name: row[0] for name, row in totals(followed, *after).items()
        }


def test_history_goes_from_the_beginning_to_what_models_are_made_from() -> None:
    pairs = kept_pairs(FOLLOWED["flyteidl"])
    assert pairs[0][0].startswith("1.5.")
    assert len(pairs) >= 7
    assert pairs[-1][1] == FOLLOWED["flyteidl"].made_from


def test_history_of_what_is_made_from_the_oldest_begins_there_or_leads_there() -> None:
    pairs = kept_pairs(FOLLOWED["flyteidl2"])
    assert FOLLOWED["flyteidl2"].made_from in pairs[0]


@each_target
def test_the_totals_of_one_release_are_those_of_the_installed_package(followed: Followed) -> None:
    package = load_package(followed.package)
    files = [file for file in package.files if file.name not in package.foreign]
    items = [item for file in files for item in walk(file)]
    (told,) = {
        tuple((name, row[at]) for name, row in totals(followed, *pair).items())
        for pair in kept_pairs(followed)
        for release, at in zip(pair, (0, 3), strict=True)
        if release == followed.made_from
    }
    there = dict(told)
    assert there["modules"] == len(files)
    assert there["messages"] + there["enums"] == len(items)
    assert there["fields"] == sum(len(getattr(item, "fields", ())) for item in items)
    assert there["values"] == sum(len(getattr(item, "values", ())) for item in items)
    services = [service for file in files for service in file.services_by_name.values()]
    assert there["services"] == len(services)
    assert there["RPCs"] == sum(len(service.methods) for service in services)


@each_target
def test_the_page_of_the_installed_package_is_what_is_said_today(
    followed: Followed, tmp_path: Path
) -> None:
    side = installed(followed.package)
    assert side.version == followed.made_from
    (other,) = neighbours(followed, kept_pairs(followed))
    kept = followed.pages / f"{other}.binpb"
    shutil.copy(kept, tmp_path / f"{followed.package}-{other}.binpb")
    sides = {side.version: side, other: fetched(followed.package, other, tmp_path)}
    (pair,) = (pair for pair in kept_pairs(followed) if set(pair) == set(sides))
    text = (followed.pages / "{}-{}.md".format(*pair)).read_text(encoding="utf-8")
    assert page(followed, *(sides[version] for version in pair)) == text, "make history"


def test_releases_count_on_one_side_of_what_models_are_made_from() -> None:
    newest, oldest = FOLLOWED["flyteidl"], FOLLOWED["flyteidl2"]
    found = ["1.4.9", "1.5.0", "1.99.0", "1.9.10", "1.9.9"]
    assert newest.counted(found) == ["1.5.0", "1.9.10"]
    present = oldest.made_from
    assert oldest.counted(["2.0.1", "2.0.1000", present, "2.0.999"]) == [
        present,
        "2.0.999",
        "2.0.1000",
    ]
    assert oldest.counted([present, "2.0.1", "2.0.3"]) == ["2.0.3", present]  # nothing came yet
