"""The generator is anybody's: nothing in it is about a package that it is run for here."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("folder", ["generator", "templates"])
def test_no_target_of_ours_is_named_in_the_generator(folder: str) -> None:
    naming = [
        path.name
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".j2") and "flyteidl" in path.read_text(encoding="utf-8")
    ]
    assert naming == []
