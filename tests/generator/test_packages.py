"""Packages that others publish; tools/packages.py tries more of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.generator.foreign import Project, generate, importable
from tests.generator.passage import take_through
from tests.typing.checkers import mypy, pyright
from tools.packages import SAMPLES, Sample


@pytest.mark.parametrize(
    "sample", [pytest.param(item, id=item.distribution) for item in SAMPLES if item.is_quick]
)
def test_what_is_generated_for_a_published_package_loses_nothing_and_is_typed(
    sample: Sample, tmp_path: Path
) -> None:
    folders = [tmp_path / package for package in sample.packages]
    for package, folder in zip(sample.packages, folders, strict=True):
        made = generate(folder, package)
        with importable(folder):
            counts = take_through(made)
        assert counts["modules"] > 2
        assert counts["filled"] > 0
    (tmp_path / "project").mkdir()
    project = Project(tmp_path / "project", *folders)
    assert "\n".join(map(str, project.check(mypy) + project.check(pyright))) == ""
