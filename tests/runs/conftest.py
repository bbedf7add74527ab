"""One server for each worker, which answers what a real one answered, and readers of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from flytebind.remote import Config
from flytebind.runs import AsyncFlyte2Remote, Flyte2Remote
from tests.remote.conftest import Face
from tests.runs.recordings import RUNS
from tests.runs.server import RecordedServer
from tests.transfer.connect.bridge import bridge

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


@pytest.fixture(scope="session")
def over_connect(recorded: RecordedServer) -> Iterator[Config]:
    """The same server, reached over plain HTTP."""
    with bridge(recorded.config.endpoint) as endpoint:
        yield replace(recorded.config, endpoint=endpoint, transport="connect")


@pytest.fixture(
    scope="session", params=["sync", "async", "sync over connect", "async over connect"]
)
def both(
    request: pytest.FixtureRequest, recorded: RecordedServer, over_connect: Config
) -> Iterator[Face]:
    """Both faces over both transports, one after the other, each with one connection for all."""
    make = Flyte2Remote if request.param.startswith("sync") else AsyncFlyte2Remote
    config = over_connect if request.param.endswith("connect") else recorded.config
    face = Face(make(config, PROJECT, DOMAIN))
    yield face
    face.close()


@pytest.fixture
def face(both: Face, server: RecordedServer) -> Face:
    """Both faces, and a server whose calls are this test's alone."""
    server.cluster = both.remote.config.endpoint  # as the real one names the host that was asked
    return both


@pytest.fixture
def remote(server: RecordedServer) -> Iterator[Flyte2Remote]:
    """The blocking one."""
    with Flyte2Remote(server.config, PROJECT, DOMAIN) as remote:
        yield remote
