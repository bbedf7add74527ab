"""One server for each worker, which answers what a real one answered, and readers of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flytebind.runs import AsyncFlyte2Remote, Flyte2Remote
from tests.remote.conftest import Face
from tests.runs.recordings import RUNS
from tests.runs.server import RecordedServer

PROJECT, DOMAIN = "flytesnacks", "development"
TALKS = ("projects", "secrets", "tasks", "triggers", "dataproxy", "list_runs", "create_run")


@pytest.fixture(scope="session")
def recorded() -> Iterator[RecordedServer]:
    """All recorded runs."""
    with RecordedServer(RUNS, TALKS) as server:
        yield server


@pytest.fixture
def server(recorded: RecordedServer) -> RecordedServer:
    """The same, whose calls are this test's alone."""
    recorded.reset()
    return recorded


@pytest.fixture(scope="session", params=["sync", "async"])
def both(request: pytest.FixtureRequest, recorded: RecordedServer) -> Iterator[Face]:
    """Both faces, one after the other, each with one connection for all tests."""
    make = Flyte2Remote if request.param == "sync" else AsyncFlyte2Remote
    face = Face(make(recorded.config, PROJECT, DOMAIN))
    yield face
    face.close()


@pytest.fixture
def face(both: Face, server: RecordedServer) -> Face:
    """Both faces, and a server whose calls are this test's alone."""
    return both


@pytest.fixture
def remote(server: RecordedServer) -> Iterator[Flyte2Remote]:
    """The blocking one."""
    with Flyte2Remote(server.config, PROJECT, DOMAIN) as remote:
        yield remote
