"""An RPC that streams its requests alone.

flyteidl has none, so that its service is written here by hand, as the generator would.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any, TypeAlias

import grpc
import pytest
from grpc import aio

from flytebind.models.core.identifier import Identifier, ResourceType, WorkflowExecutionIdentifier
from flytebind.runtime.rpc import (
    AsyncClient,
    AsyncServicer,
    Client,
    Method,
    Servicer,
    status_details,
)
from tests.services.agents import Kind
from tests.services.servers import PATIENCE, Loop, async_channel, async_server, sync_server

Join: TypeAlias = "Callable[[Iterable[Identifier]], WorkflowExecutionIdentifier]"


class Methods:
    join = Method("/test.Joiner/Join", Identifier, WorkflowExecutionIdentifier, "stream_unary")


class JoinerClient(Client):
    def join(self, requests: Iterable[Identifier]) -> WorkflowExecutionIdentifier:
        return self._stream_unary(Methods.join, requests, PATIENCE, None, None)


class JoinerAsyncClient(AsyncClient):
    async def join(self, requests: Iterable[Identifier]) -> WorkflowExecutionIdentifier:
        return await self._stream_unary(Methods.join, requests, PATIENCE, [("key", "value")], None)


def joined(names: Iterable[str]) -> WorkflowExecutionIdentifier:
    return WorkflowExecutionIdentifier("p", "d", "+".join(names))


class Joiner(Servicer):
    SERVICE_NAME = "test.Joiner"
    _pb2_module = "flyteidl.core.identifier_pb2"
    _methods = Methods

    def join(
        self, requests: Iterator[Identifier], context: grpc.ServicerContext, /
    ) -> WorkflowExecutionIdentifier:
        return joined(request.name for request in requests)


class AsyncJoiner(AsyncServicer):
    SERVICE_NAME = "test.Joiner"
    _pb2_module = "flyteidl.core.identifier_pb2"
    _methods = Methods

    async def join(
        self,
        requests: AsyncIterator[Identifier],
        context: aio.ServicerContext[Identifier, WorkflowExecutionIdentifier],
        /,
    ) -> WorkflowExecutionIdentifier:
        return joined([request.name async for request in requests])


def named(*names: str) -> Iterator[Identifier]:
    return (Identifier(ResourceType.TASK, "p", "d", name, "v") for name in names)


def broken() -> Iterator[Identifier]:
    yield from named("a")
    raise LookupError("no b")


@pytest.fixture
def address(server_kind: Kind, loop: Loop) -> Iterator[str]:
    """Where a joiner is served, on each kind of server."""
    if server_kind == "sync":
        server = sync_server(Joiner().add_to_server)
    else:
        server = loop.within(async_server(AsyncJoiner().add_to_server))
    with server as address:
        yield address


@pytest.fixture
def join(address: str) -> Iterator[Join]:
    """The method of a client."""
    with grpc.insecure_channel(address) as channel:
        yield JoinerClient(channel).join


@pytest.fixture
def join_async(address: str, loop: Loop) -> Iterator[Join]:
    """The method of an asyncio client, from a test's thread."""
    with loop.within(async_channel(address)) as channel:
        client = JoinerAsyncClient(channel)
        yield lambda requests: loop.run(client.join(requests))


def test_a_stream_of_requests_has_one_response(join: Join, join_async: Join) -> None:
    for call in (join, join_async):
        assert call(named("a", "b")) == joined("ab")
        assert call(list(named("a"))) == joined("a")
        assert call([]) == joined("")


def test_requests_that_break_off_end_the_call(join: Join) -> None:
    with pytest.raises(grpc.RpcError, match="Exception iterating requests!"):
        join(broken())


def test_what_breaks_off_async_requests_is_raised(join_async: Join) -> None:
    with pytest.raises(LookupError, match="no b"):
        join_async(broken())


def test_a_request_of_another_model_ends_the_call(join: Join, join_async: Join) -> None:
    wrong: Any = [joined("a")]
    with pytest.raises(grpc.RpcError, match="Exception iterating requests!"):
        join(wrong)
    with pytest.raises(TypeError, match=r"Joiner/Join takes Identifier, not WorkflowExecutionId"):
        join_async(wrong)


def test_an_error_that_never_met_a_server_has_no_details() -> None:
    with (
        grpc.insecure_channel("127.0.0.1:1") as channel,
        pytest.raises(grpc.RpcError) as caught,
    ):
        JoinerClient(channel).join([])
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert status_details(caught.value) == ()


def test_a_servicer_offers_a_handler_for_each_rpc() -> None:
    handlers = Joiner().method_handlers()
    assert list(handlers) == ["Join"]
    assert handlers["Join"].request_streaming
    assert not handlers["Join"].response_streaming
