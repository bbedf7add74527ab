"""An event loop for all tests, and a client and a server of each kind for one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from tests.services.agents import Agents, Kind
from tests.services.servers import Loop


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    """Where the asyncio side of all tests runs: grpc.aio wants one loop in a process."""
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture(
    params=product(("sync", "async"), repeat=2),
    ids=lambda kinds: "{}-client-{}-server".format(*kinds),
)
def agents(request: pytest.FixtureRequest, loop: Loop) -> Iterator[Agents]:
    """Connects a client to an agent, in each combination of the two kinds."""
    client, server = request.param
    with Agents(loop, client, server) as agents:
        yield agents


@pytest.fixture(params=["sync", "async"], ids=lambda kind: f"{kind}-server")
def server_kind(request: pytest.FixtureRequest) -> Kind:
    """Each kind of server."""
    kind: Kind = request.param
    return kind
