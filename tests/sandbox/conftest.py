"""Servers for tests: each test has its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.support import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with every service but authentication, and an empty store."""
    server = Server(tmp_path / "blobs")
    yield server
    server.close()
