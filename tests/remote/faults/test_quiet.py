"""Connections on which nothing is said for a while, and servers that count pings."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import grpc
import pytest

from flytebind.models.admin.project import Project, ProjectListRequest, Projects
from flytebind.remote import AsyncFlyteRemote, Config, FlyteCallTimeout, FlyteRemote, FlyteTimeout
from flytebind.remote._calls import CallPolicy
from flytebind.sandbox import Sandbox
from flytebind.services.admin import AdminServiceServicer
from tests.remote.conftest import Face
from tests.remote.faults.silence import SilentProxy

OFTEN = 0.1


class Admin(AdminServiceServicer):
    """Lists one project, which is named after the client's end of the connection."""

    def list_projects(self, request: ProjectListRequest, context: grpc.ServicerContext) -> Projects:
        return Projects(projects=[Project(context.peer(), "", "")])


@pytest.fixture
def endpoint() -> Iterator[str]:
    """A server with grpcio's own rules for pings, which are those of grpc-go; but one is enough."""
    with ThreadPoolExecutor(2) as pool:
        server = grpc.server(pool, options=[("grpc.http2.max_ping_strikes", 1)])
        Admin().add_to_server(server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield f"127.0.0.1:{port}"
        server.stop(None).wait()


@contextmanager
def expelled(endpoint: str) -> Iterator[threading.Event]:
    """Ping the server in quiet times; the event is set when it has had enough of that."""
    options = [
        ("grpc.keepalive_time_ms", int(OFTEN * 1000)),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.use_local_subchannel_pool", 1),
    ]
    states: list[grpc.ChannelConnectivity] = []
    over = threading.Event()

    def note(state: grpc.ChannelConnectivity) -> None:
        if grpc.ChannelConnectivity.READY in states:
            over.set()
        states.append(state)

    with grpc.insecure_channel(endpoint, options) as channel:
        channel.subscribe(note, try_to_connect=True)
        yield over
        channel.unsubscribe(note)


def test_a_quiet_connection_is_kept(kind: str, endpoint: str) -> None:
    make = FlyteRemote if kind == "sync" else AsyncFlyteRemote
    config = Config(endpoint, insecure=True, keepalive=OFTEN)
    with closing(Face(make(config))) as face:
        (before,) = face.list_projects()
        with expelled(endpoint) as other:
            assert other.wait(30)
        (after,) = face.list_projects()
    assert after.id == before.id


def test_no_more_pings_are_sent_than_servers_in_go_allow() -> None:
    assert Config("localhost").keepalive >= 300


@pytest.mark.parametrize("whose", ["call", "verb"])
def test_a_connection_on_which_no_answer_comes_is_replaced(
    kind: str, whose: str, sandbox: Sandbox
) -> None:
    """Whatever the verb, and whose time is over: nobody but who waits for an answer notices."""
    make = FlyteRemote if kind == "sync" else AsyncFlyteRemote
    with SilentProxy(sandbox.endpoint) as proxy:
        config = Config(proxy.endpoint, insecure=True)
        policy, limit = (CallPolicy(timeout=0.5), None) if whose == "call" else (None, 0.6)
        with closing(Face(make(config, policy=policy))) as face:
            assert face.list_projects()
            proxy.fall_silent()
            with pytest.raises(FlyteCallTimeout if whose == "call" else FlyteTimeout):
                face.list_projects(timeout=limit)
            assert face.list_projects(timeout=5)


def test_many_calls_without_an_answer_replace_the_connection_once(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "flytebind.remote")

    async def main() -> list[BaseException | list[Project]]:
        config = Config(proxy.endpoint, insecure=True)
        async with AsyncFlyteRemote(config, policy=CallPolicy(timeout=0.5)) as remote:
            await remote.list_projects()
            proxy.fall_silent()
            calls = [remote.list_projects() for _ in range(8)]
            return await asyncio.gather(*calls, return_exceptions=True)

    with SilentProxy(sandbox.endpoint) as proxy:
        ends = asyncio.run(main())
    assert [type(end) for end in ends] == [FlyteCallTimeout] * 8
    assert caplog.text.count("making a new connection") == 1


def test_a_slow_answer_does_not_cost_the_connection(sandbox: Sandbox) -> None:
    """Others are answered on it all the while."""
    sandbox.faults.latency(60, method="GetDomains")

    async def main() -> None:
        config = Config(sandbox.endpoint, insecure=True)
        async with AsyncFlyteRemote(config, policy=CallPolicy(timeout=1)) as remote:
            slow = asyncio.ensure_future(remote.list_domains())
            while not slow.done():
                await remote.list_projects()
                await asyncio.sleep(0.01)
            with pytest.raises(FlyteCallTimeout):
                await slow
            await remote.list_projects()
            assert sandbox.faults.drop_connections() == 1

    asyncio.run(main())
