"""A sandbox to break, for each test anew; what tests leave behind is noticed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flytebind.sandbox import Sandbox
from tests.remote.faults.leftovers import nothing_left


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with nothing_left():
        yield


@pytest.fixture
def sandbox(_nothing_left: None) -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    """Of a face: both, one after the other."""
    return str(request.param)
