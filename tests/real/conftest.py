"""One server for each worker, which answers what a real one answered, and readers of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flytebind.remote import AsyncFlyteRemote, FlyteRemote
from tests.cli.conftest import Run, run, without_settings
from tests.real.recordings import EXECUTIONS, TIMELINES
from tests.real.server import RecordedServer
from tests.remote.conftest import DOMAIN, PROJECT, Face

__all__ = ["run", "without_settings"]


@pytest.fixture(scope="session")
def recorded() -> Iterator[RecordedServer]:
    """All recorded executions."""
    with RecordedServer(EXECUTIONS, TIMELINES) as server:
        yield server


@pytest.fixture
def server(recorded: RecordedServer) -> Iterator[RecordedServer]:
    """The same, whose calls are this test's alone."""
    recorded.calls.clear()
    recorded.fetched.clear()
    yield recorded
    recorded.inlines = True
    recorded.rewrite = None
    recorded.moments.clear()
    recorded.instead.clear()


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest, server: RecordedServer) -> Iterator[Face]:
    """Both, one after the other."""
    make = FlyteRemote if request.param == "sync" else AsyncFlyteRemote
    face = Face(make(server.config, PROJECT, DOMAIN))
    yield face
    face.close()


@pytest.fixture
def remote(server: RecordedServer) -> Iterator[FlyteRemote]:
    """The blocking one."""
    with FlyteRemote(server.config, PROJECT, DOMAIN) as remote:
        yield remote


@pytest.fixture
def flytebind(server: RecordedServer, run: Run) -> Run:
    """The command, with what tells it the server, a project and a domain."""
    place = ("--insecure", "-p", PROJECT, "-d", DOMAIN)
    return lambda *arguments: run("--endpoint", server.endpoint, *place, *arguments)
