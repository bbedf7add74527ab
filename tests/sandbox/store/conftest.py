"""A store in memory, and one in a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flytebind.sandbox._store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.db"


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, path: Path) -> Iterator[Store]:
    store = Store(None if request.param == "memory" else path)
    yield store
    store.close()
