"""Whatever a client sends, it gets a status that tells it something, and the store stays whole."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from flytebind.models.admin.execution import WorkflowExecutionGetRequest
from flytebind.models.admin.project import ProjectListRequest
from flytebind.models.core.identifier import ResourceType
from flytebind.runtime.fields import is_repeated
from flytebind.runtime.rpc import Servicer
from flytebind.runtime.rpc.method import Method, methods_of
from flytebind.sandbox import Sandbox
from flytebind.sandbox._admin import Admin
from flytebind.sandbox._dataproxy import DataProxy
from flytebind.sandbox._signals import Signals
from flytebind.services import (
    AdminServiceClient,
    AdminServiceServicer,
    DataProxyServiceServicer,
    SignalServiceServicer,
)
from tests.support.fill import fillings, use_unknown_enum_numbers
from tests.support.messages import ModelClass

SERVICES: list[tuple[type[Servicer], type[Servicer]]] = [
    (Admin, AdminServiceServicer),
    (Signals, SignalServiceServicer),
    (DataProxy, DataProxyServiceServicer),
]
METHODS = [
    method
    for base in (AdminServiceServicer, SignalServiceServicer, DataProxyServiceServicer)
    for _, method in methods_of(base._methods)
]
#: What tells a client that the server broke. The codes alone do not: flyteadmin says INTERNAL and
#: UNKNOWN of requests, too.
BROKEN = "the server's log says why"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(relay=False) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def channel(sandbox: Sandbox) -> Iterator[grpc.Channel]:
    with sandbox.channel() as channel:
        yield channel


def requests_for(model: ModelClass) -> Iterator[Message]:
    """Nothing at all, everything at once, enums from the future, and texts that mean trouble."""
    yield model._pb_type()
    for filled in fillings(model):
        yield filled
        strange = type(filled)()
        strange.CopyFrom(filled)
        use_unknown_enum_numbers(strange)
        yield strange
        for text in ("flytesnacks", "development", "'; DROP TABLE projects; --", "\0", "é" * 3000):
            spoilt = type(filled)()
            spoilt.CopyFrom(filled)
            _say_everywhere(spoilt, text)
            yield spoilt


def _say_everywhere(message: Message, text: str) -> None:
    """Put a text into every single string field."""
    for field, value in message.ListFields():
        if is_repeated(field):
            continue
        if field.type == field.TYPE_STRING:
            setattr(message, field.name, text)
        elif field.message_type is not None:
            _say_everywhere(value, text)


NAMES = {
    ResourceType.TASK: "play.fetch",
    ResourceType.WORKFLOW: "chain",
    ResourceType.LAUNCH_PLAN: "chain",
}


def kind_of(name: str, otherwise: ResourceType) -> ResourceType:
    """What an RPC, or a field, is about."""
    name = name.lower()
    if "workflow_id" in name or name.endswith("workflow"):
        return ResourceType.WORKFLOW
    return ResourceType.TASK if "task" in name else otherwise


def make_plausible(message: Message, execution: str, kind: ResourceType) -> None:
    """Turn every id inside into one that exists, and ask for lists that can be given."""
    is_execution = message.DESCRIPTOR.name.startswith("WorkflowExecutionIdentifier")
    known: dict[str, str | int] = {
        "project": "flytesnacks",
        "domain": "development",
        "name": execution if is_execution else NAMES[kind],
        "version": "v1",
        "node_id": "n0",
        "retry_attempt": 0,
        "producer_id": "propeller",
        "unique_parent_id": "",
        "token": "",
        "filters": "",
        "limit": 10,
        "resource_type": int(kind),
    }
    for field, value in message.ListFields():
        if is_repeated(field):
            continue
        if field.name in ("expires_in", "inputs", "sort_by"):
            message.ClearField(field.name)
        elif field.message_type is not None:
            make_plausible(value, execution, kind_of(field.name, kind))
        elif field.name in known:
            setattr(message, field.name, known[field.name])


#: What is in range for a field, and for little else.
_ODD: Mapping[int, Sequence[float]] = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (2**32 - 1,),
    FieldDescriptor.CPPTYPE_UINT64: (2**64 - 1,),
    FieldDescriptor.CPPTYPE_DOUBLE: (math.nan, math.inf),
    FieldDescriptor.CPPTYPE_FLOAT: (math.nan, math.inf),
    FieldDescriptor.CPPTYPE_ENUM: (-1, 2**31 - 1),
}


def with_odd_numbers(message: Message) -> Iterator[Message]:
    """The same with an odd number in one field, at any depth, for each of them."""
    for field, value in message.ListFields():
        if is_repeated(field):
            continue
        for odd in _ODD.get(field.cpp_type, ()):
            spoilt = type(message)()
            spoilt.CopyFrom(message)
            setattr(spoilt, field.name, odd)
            yield spoilt
        if field.message_type is not None:
            for inner in with_odd_numbers(value):
                spoilt = type(message)()
                spoilt.CopyFrom(message)
                getattr(spoilt, field.name).CopyFrom(inner)
                yield spoilt


def outcome(
    call: grpc.UnaryUnaryMultiCallable[Message, bytes], request: Message
) -> tuple[grpc.StatusCode, str]:
    try:
        call(request, timeout=60)
    except grpc.RpcError as error:
        return error.code(), error.details() or ""
    return grpc.StatusCode.OK, ""


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.path[1:])
def test_strange_requests_never_break_the_server(
    method: Method[Any, Any], channel: grpc.Channel, caplog: pytest.LogCaptureFixture
) -> None:
    call: grpc.UnaryUnaryMultiCallable[Message, bytes] = channel.unary_unary(
        method.path, request_serializer=lambda message: message.SerializePartialToString()
    )
    for request in requests_for(method.request):
        code, details = outcome(call, request)
        assert BROKEN not in details, (code, request)
        assert "Traceback" not in details
    assert not caplog.records  # a handler's exception would be there
    answer = AdminServiceClient(channel).list_projects(ProjectListRequest(limit=1), timeout=60)
    assert answer.projects


@pytest.mark.parametrize(("served", "base"), SERVICES, ids=lambda item: item.__name__)
def test_every_rpc_of_the_services_is_answered(
    served: type[Servicer], base: type[Servicer]
) -> None:
    absent = [name for name, _ in methods_of(base._methods) if _defines(served, name) is base]
    assert absent == []


def _defines(served: type[Servicer], name: str) -> type:
    return next(owner for owner in served.__mro__ if name in vars(owner))


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.path[1:])
def test_strange_requests_about_things_that_exist_never_break_the_server(
    method: Method[Any, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with Sandbox(relay=False) as sandbox, sandbox.channel() as channel:
        engine = sandbox.engine(math.inf)
        execution = engine.launch("chain")
        assert engine.wait_idle(60)
        call: grpc.UnaryUnaryMultiCallable[Message, bytes] = channel.unary_unary(
            method.path, request_serializer=lambda message: message.SerializePartialToString()
        )
        for request in fillings(method.request):
            make_plausible(request, execution.name, kind_of(method.name, ResourceType.LAUNCH_PLAN))
            for _ in range(2):  # the second time, the first one has left something behind
                code, details = outcome(call, request)
                assert BROKEN not in details, (code, request)
            for spoilt in with_odd_numbers(request):
                code, details = outcome(call, spoilt)
                assert BROKEN not in details, (code, spoilt)
        assert not [record for record in caplog.records if record.exc_info]
        get = WorkflowExecutionGetRequest(id=execution)
        assert AdminServiceClient(channel).get_execution(get, timeout=60).id == execution
