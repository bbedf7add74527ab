"""What tests of the generator share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flytegen import locate


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """A copy of the committed output, so that a run has little left to do."""
    out = tmp_path / "generated"
    shutil.copytree(locate.output(), out, ignore=shutil.ignore_patterns("__pycache__"))
    return out


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """A copy of flyteidl's overlay, to be spoilt."""
    folder = tmp_path / "overlay"
    shutil.copytree(locate.overlay(), folder)
    return folder
