"""What the remote does over gRPC it does over Connect: the transport is no matter of the verbs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from flytebind.remote import AsyncFlyteRemote, Config, FlyteNotFoundError, FlyteRemote
from flytebind.sandbox import Sandbox
from tests.transfer.connect.bridge import bridge


@pytest.fixture
def config() -> Iterator[Config]:
    with Sandbox() as sandbox, bridge(sandbox.endpoint) as endpoint:
        yield Config(endpoint, insecure=True, transport="connect")


def test_both_faces_call_by_it(config: Config) -> None:
    with FlyteRemote(config) as remote:
        names = [project.id for project in remote.list_projects()]
        with pytest.raises(FlyteNotFoundError):
            remote.fetch_execution("nobody", project="flytesnacks", domain="development")

    async def same() -> list[str]:
        async with AsyncFlyteRemote(config) as remote:
            return [project.id for project in await remote.list_projects()]

    assert asyncio.run(same()) == names
    assert "flytesnacks" in names
