"""What flyteidl's minor releases changed, as the pages in history/ tell it; without the network."""

from __future__ import annotations

import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from flytegen.common.descriptors import walk
from flytegen.comparison.sides import fetched, installed
from flytegen.read.package import load_package
from tools.history import PAGES, kept_pairs, page

ROW = re.compile(r"^\| (\w+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", re.M)


def totals(old: str, new: str) -> dict[str, tuple[int, ...]]:
    """Of each sort of thing: old, added, removed, new."""
    text = (PAGES / f"{old}-{new}.md").read_text(encoding="utf-8")
    return {name: tuple(map(int, numbers)) for name, *numbers in ROW.findall(text)}


@pytest.mark.parametrize(("old", "new"), kept_pairs())
def test_what_was_and_what_came_less_what_went_is_what_is(old: str, new: str) -> None:
    found = totals(old, new)
    assert len(found) == 8
    for was, added, removed, is_now in found.values():
        assert was + added - removed == is_now


def test_each_release_is_where_the_next_comparison_begins() -> None:
    pairs = kept_pairs()
    assert pairs[0][0].startswith("1.5.")
    assert len(pairs) >= 7
    for before, after in pairwise(pairs):
        assert before[1] == after[0]
        assert {name: row[3] for name, row in totals(*before).items()} == {
            name: row[0] for name, row in totals(*after).items()
        }


def test_the_last_totals_are_those_of_the_installed_package() -> None:
    files = load_package("flyteidl").files
    items = [item for file in files for item in walk(file)]
    last = {name: row[3] for name, row in totals(*kept_pairs()[-1]).items()}
    assert last["modules"] == len(files)
    assert last["messages"] + last["enums"] == len(items)
    assert last["fields"] == sum(len(getattr(item, "fields", ())) for item in items)
    assert last["values"] == sum(len(getattr(item, "values", ())) for item in items)
    services = [service for file in files for service in file.services_by_name.values()]
    assert last["services"] == len(services)
    assert last["RPCs"] == sum(len(service.methods) for service in services)


def test_the_last_page_is_what_is_said_today(tmp_path: Path) -> None:
    old, new = kept_pairs()[-1]
    shutil.copy(PAGES / f"{old}.binpb", tmp_path / f"flyteidl-{old}.binpb")
    side = installed("flyteidl")
    assert side.version == new, "make history"
    text = (PAGES / f"{old}-{new}.md").read_text(encoding="utf-8")
    assert page(fetched("flyteidl", old, tmp_path), side) == text, "make history"
