"""Every RPC of every service, over a socket: what is sent arrives, fields from the future too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import product
from typing import Any, TypeAlias

import grpc
import pytest
from google.protobuf.message import Message

from flytebind.runtime import Model
from tests.services.rpcs import RPCS, SERVICES, Rpc, Service, described_services, every_rpc
from tests.services.servers import Loop, async_channel, async_server, sync_server
from tests.support.fill import UNKNOWN_FIELDS
from tests.support.messages import deterministic

Item: TypeAlias = "Model[Any] | Message"


@dataclass
class Side:
    """A server, or a client of it: whether it has our classes or flyteidl's, sync or asyncio."""

    is_ours: bool
    is_async: bool

    def __str__(self) -> str:
        return (
            f"{'async' if self.is_async else 'sync'}-{'flytebind' if self.is_ours else 'flyteidl'}"
        )

    def name(self, rpc: Rpc) -> str:
        """What the method is called."""
        return rpc.python_name if self.is_ours else rpc.method.name

    def sent(self, models: Sequence[Model[Any]]) -> Sequence[Item]:
        """The messages as this side writes them."""
        return models if self.is_ours else [model.to_pb() for model in models]

    def check(self, items: Sequence[Item], expected: Sequence[Model[Any]]) -> None:
        """Messages that have arrived at this side are those that were sent, to the last byte."""
        for item, model in zip(items, expected, strict=True):
            assert type(item) is (type(model) if self.is_ours else model._pb_type)
            pb = item.to_pb() if isinstance(item, Model) else item
            assert deterministic(pb) == model.to_bytes()


SIDES = [Side(ours, asynchronous) for ours in (True, False) for asynchronous in (False, True)]

#: The places of a client's and a server's side in ``SIDES``; flyteidl needs no test with itself.
PAIRS = [
    (client, server)
    for client, server in product(range(len(SIDES)), repeat=2)
    if SIDES[client].is_ours or SIDES[server].is_ours
]


@dataclass
class Server:
    """Answers every RPC in full, and keeps what has arrived."""

    side: Side
    received: dict[str, list[Item]] = field(default_factory=dict)
    address: str = ""

    def servicer(self, service: Service) -> Any:
        """An instance of a servicer class in which every method is overridden."""
        if self.side.is_ours:
            base: Any = service.async_servicer if self.side.is_async else service.servicer
        else:
            base = getattr(service.grpc_module, f"{service.name}Servicer")
        make = self._async_method if self.side.is_async else self._sync_method
        methods = {self.side.name(rpc): make(rpc) for rpc in RPCS if rpc.service is service}
        return type(base.__name__, (base,), methods)()

    def adder(self, service: Service) -> Callable[[Any], None]:
        """What puts the service on a server."""
        servicer = self.servicer(service)
        if self.side.is_ours:
            add: Callable[[Any], None] = servicer.add_to_server
            return add
        register = getattr(service.grpc_module, f"add_{service.name}Servicer_to_server")
        return lambda server: register(servicer, server)

    def _answers(self, rpc: Rpc, received: Iterable[Item]) -> Iterator[Item]:
        self.received[rpc.method.path] = list(received)
        return iter(self.side.sent(rpc.responses))

    def _sync_method(self, rpc: Rpc) -> Callable[..., Any]:
        def serve(servicer: object, given: Any, context: grpc.ServicerContext) -> Any:
            answers = self._answers(rpc, given if rpc.streams_requests else [given])
            return answers if rpc.streams_responses else next(answers)

        return serve

    def _async_method(self, rpc: Rpc) -> Callable[..., Any]:
        async def received(given: Any) -> list[Item]:
            return [item async for item in given] if rpc.streams_requests else [given]

        async def serve(servicer: object, given: Any, context: object) -> Item:
            return next(self._answers(rpc, await received(given)))

        async def stream(servicer: object, given: Any, context: object) -> AsyncIterator[Item]:
            for answer in self._answers(rpc, await received(given)):
                yield answer

        return stream if rpc.streams_responses else serve


@dataclass
class Client:
    """Calls any RPC of any service, and returns all that is answered."""

    side: Side
    channel: Any
    loop: Loop

    def call(self, rpc: Rpc) -> Sequence[Item]:
        method = getattr(self._of(rpc.service), self.side.name(rpc))
        requests = self.side.sent(rpc.requests)
        given = iter(requests) if rpc.streams_requests else requests[0]
        if self.side.is_async:
            return self.loop.run(self._call_async(method, given, rpc))
        return list(method(given)) if rpc.streams_responses else [method(given)]

    async def _call_async(
        self, method: Callable[..., Any], given: object, rpc: Rpc
    ) -> Sequence[Item]:
        if rpc.streams_responses:
            return [item async for item in method(given)]
        return [await method(given)]

    def _of(self, service: Service) -> object:
        if not self.side.is_ours:
            return getattr(service.grpc_module, f"{service.name}Stub")(self.channel)
        return (service.async_client if self.side.is_async else service.client)(self.channel)


@pytest.fixture(scope="module")
def servers(loop: Loop) -> Iterator[list[Server]]:
    """A server of each kind, with every service."""
    with ExitStack() as stack:
        servers = [Server(side) for side in SIDES]
        for server in servers:
            adders = map(server.adder, SERVICES)
            if server.side.is_async:
                server.address = stack.enter_context(loop.within(async_server(*adders)))
            else:
                server.address = stack.enter_context(sync_server(*adders))
        yield servers


@pytest.fixture(scope="module")
def clients(servers: list[Server], loop: Loop) -> Iterator[dict[tuple[int, int], Client]]:
    """A client for each pair of ``PAIRS``, by the places of its two sides in ``SIDES``."""
    with ExitStack() as stack:
        yield {
            pair: Client(
                SIDES[pair[0]], _connect(stack, loop, SIDES[pair[0]], servers[pair[1]]), loop
            )
            for pair in PAIRS
        }


def _connect(stack: ExitStack, loop: Loop, side: Side, server: Server) -> Any:
    if side.is_async:
        return stack.enter_context(loop.within(async_channel(server.address)))
    return stack.enter_context(grpc.insecure_channel(server.address))


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{SIDES[pair[0]]}-to-{SIDES[pair[1]]}")
@every_rpc
def test_messages_arrive_as_they_were_sent(
    pair: tuple[int, int],
    rpc: Rpc,
    servers: list[Server],
    clients: dict[tuple[int, int], Client],
) -> None:
    server = servers[pair[1]]
    answered = clients[pair].call(rpc)
    server.side.check(server.received.pop(rpc.method.path), rpc.requests)
    clients[pair].side.check(answered, rpc.responses)


def test_no_service_of_flyteidl_is_missing() -> None:
    described = {
        f"/{service.full_name}/{method.name}"
        for service in described_services().values()
        for method in service.methods
    }
    assert described == {rpc.method.path for rpc in RPCS}
    assert len(RPCS) == len(described)
    assert len(SERVICES) == len(described_services())


@every_rpc
def test_the_messages_have_unknown_fields(rpc: Rpc) -> None:
    for model in (*rpc.requests, *rpc.responses):
        assert UNKNOWN_FIELDS in model.to_bytes()
