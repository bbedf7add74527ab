"""Clients and servicers between two peers of a newer schema hand on all that these say.

Each RPC goes from a client of the newer schema to our servicer, which asks a server of the newer
schema with our client: over sockets, each of the four with bytes or classes of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Any

import grpc
import pytest

from flytebind.runtime.rpc import AsyncServicer, Method, Servicer
from tests.services.rpcs import RPCS, SERVICES, Rpc, Service, every_rpc
from tests.services.servers import Loop, async_channel, async_server, sync_server
from tests.support.messages import ModelClass, descriptor_of, deterministic
from tests.support.newer import newer_messages


def told(model_class: ModelClass, is_stream: bool) -> list[bytes]:
    """What a peer says that has the newer schema."""
    messages = newer_messages(descriptor_of(model_class).full_name)
    return [deterministic(pb) for pb in messages][: None if is_stream else 1]


def requests_of(rpc: Rpc) -> list[bytes]:
    return told(rpc.method.request, rpc.streams_requests)


def responses_of(rpc: Rpc) -> list[bytes]:
    return told(rpc.method.response, rpc.streams_responses)


class NewerServer(grpc.GenericRpcHandler):
    """Answers every RPC with bytes of the newer schema, and keeps those that arrive."""

    def __init__(self) -> None:
        self.received: dict[str, list[bytes]] = {}
        self._rpcs = {rpc.method.path: rpc for rpc in RPCS}

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any]:
        rpc = self._rpcs[details.method]

        def serve(given: Any, context: object) -> Any:
            self.received[rpc.method.path] = list(given) if rpc.streams_requests else [given]
            answers = responses_of(rpc)
            return iter(answers) if rpc.streams_responses else answers[0]

        handler: grpc.RpcMethodHandler[Any, Any]
        handler = getattr(grpc, f"{rpc.method.cardinality}_rpc_method_handler")(serve)
        return handler


def call(channel: grpc.Channel, rpc: Rpc) -> list[bytes]:
    """What a client of the newer schema is answered."""
    method: Callable[..., Any] = getattr(channel, rpc.method.cardinality)(rpc.method.path)
    requests = requests_of(rpc)
    answer = method(iter(requests) if rpc.streams_requests else requests[0])
    return list(answer) if rpc.streams_responses else [answer]


def relay(service: Service, channel: grpc.Channel) -> Callable[[Any], None]:
    """Adds a servicer of ours that hands on each call to a client of ours."""
    client = service.client(channel)

    def forward(name: str) -> Callable[..., Any]:
        return lambda servicer, given, context: getattr(client, name)(given)

    methods = {name: forward(name) for name in service.methods}
    servicer: Servicer = type("Relay", (service.servicer,), methods)()
    return servicer.add_to_server


def async_relay(service: Service, channel: Any) -> Callable[[Any], None]:
    """The same with the classes for asyncio."""
    client = service.async_client(channel)

    def forward(name: str, method: Method[Any, Any]) -> Callable[..., Any]:
        async def serve(servicer: object, given: Any, context: object) -> Any:
            return await getattr(client, name)(given)

        async def stream(servicer: object, given: Any, context: object) -> AsyncIterator[Any]:
            async for answer in getattr(client, name)(given):
                yield answer

        return stream if method.cardinality.endswith("_stream") else serve

    methods = {name: forward(name, method) for name, method in service.methods.items()}
    servicer: AsyncServicer = type("Relay", (service.async_servicer,), methods)()
    return servicer.add_to_server


@pytest.fixture(scope="module")
def server() -> NewerServer:
    """What stands behind the relays."""
    return NewerServer()


@pytest.fixture(scope="module", params=["threads", "asyncio"])
def channel(
    server: NewerServer, loop: Loop, request: pytest.FixtureRequest
) -> Iterator[grpc.Channel]:
    """A channel to a relay of ours."""
    with ExitStack() as stack:
        behind = stack.enter_context(
            sync_server(lambda made: made.add_generic_rpc_handlers((server,)))
        )
        if request.param == "threads":
            onward = stack.enter_context(grpc.insecure_channel(behind))
            front = stack.enter_context(sync_server(*(relay(item, onward) for item in SERVICES)))
        else:
            aio_onward = stack.enter_context(loop.within(async_channel(behind)))
            adders = [async_relay(item, aio_onward) for item in SERVICES]
            front = stack.enter_context(loop.within(async_server(*adders)))
        yield stack.enter_context(grpc.insecure_channel(front))


@every_rpc
def test_what_a_newer_client_says_and_is_told_goes_through(
    rpc: Rpc, channel: grpc.Channel, server: NewerServer
) -> None:
    assert call(channel, rpc) == responses_of(rpc)
    assert server.received.pop(rpc.method.path) == requests_of(rpc)


@every_rpc
def test_both_sides_say_more_than_we_know(rpc: Rpc) -> None:
    said: Iterable[bytes] = (*requests_of(rpc), *responses_of(rpc))
    assert all(b"newer_" in item for item in said)
