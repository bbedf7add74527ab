from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import grpc

from flytebind.models.admin.signal import (
    Signal,
    SignalGetOrCreateRequest,
    SignalListRequest,
    SignalSetRequest,
)
from flytebind.models.core.identifier import SignalIdentifier, WorkflowExecutionIdentifier
from flytebind.models.core.literals import Literal, Primitive, Scalar
from flytebind.models.core.types import LiteralType, SimpleType
from tests.sandbox.support import DOMAIN, PROJECT, Server, refused

INVALID = grpc.StatusCode.INVALID_ARGUMENT
EXECUTION = WorkflowExecutionIdentifier(PROJECT, DOMAIN, "run")
BOOLEAN = LiteralType(simple=SimpleType.BOOLEAN)
YES = Literal(scalar=Scalar(primitive=Primitive(boolean=True)))
WORD = Literal(scalar=Scalar(primitive=Primitive(string_value="yes")))


def signal_id(name: str = "go") -> SignalIdentifier:
    return SignalIdentifier(name, EXECUTION)


def get_or_create(server: Server, name: str = "go", kind: LiteralType = BOOLEAN) -> Signal:
    return server.signal_client.get_or_create_signal(
        SignalGetOrCreateRequest(id=signal_id(name), type=kind)
    )


def set_value(server: Server, value: Literal, name: str = "go") -> None:
    server.signal_client.set_signal(SignalSetRequest(id=signal_id(name), value=value))


def listed(server: Server, **changes: object) -> list[str]:
    request = SignalListRequest.from_dict(
        {"workflowExecutionId": EXECUTION.to_dict(), "limit": 9, **changes}
    )
    signals = server.signal_client.list_signals(request).signals
    return [signal.id.signal_id for signal in signals if signal.id is not None]


def test_a_signal_is_made_once_however_many_ask(server: Server) -> None:
    with ThreadPoolExecutor(8) as pool:
        signals = list(pool.map(lambda _: get_or_create(server), range(16)))
    assert signals == [Signal(id=signal_id(), type=BOOLEAN)] * 16
    assert listed(server) == ["go"]


def test_listeners_hear_of_values_that_were_stored(server: Server) -> None:
    heard: list[tuple[SignalIdentifier, Literal]] = []

    def fail(id: SignalIdentifier, value: Literal) -> None:
        raise RuntimeError("a listener must not fail the call")

    server.signals.set_listeners += [fail, lambda id, value: heard.append((id, value))]
    get_or_create(server)
    with refused(INVALID):
        set_value(server, WORD)
    set_value(server, YES)
    assert heard == [(signal_id(), YES)]
