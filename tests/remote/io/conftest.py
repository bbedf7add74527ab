"""Both drivers, and a server whose calls they wait for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.remote.faults.leftovers import nothing_left
from tests.remote.io.driving import Driver
from tests.remote.io.held import HeldServer


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with nothing_left():
        yield


@pytest.fixture
def server(_nothing_left: None) -> Iterator[HeldServer]:
    with HeldServer() as server:
        yield server


@pytest.fixture(params=["blocking", "asyncio"])
def driver(request: pytest.FixtureRequest) -> Driver:
    """Both, one after the other."""
    return Driver(request.param)
