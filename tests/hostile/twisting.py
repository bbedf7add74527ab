"""A server between a remote and an honest one, which twists what this one says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import Any, TypeAlias

import grpc
from flyteidl.service import admin_pb2, auth_pb2, dataproxy_pb2, identity_pb2, signal_pb2
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from flytebind.runtime.fields import is_repeated
from flytebind.sandbox import Sandbox
from tests.support.fill import Filler, use_unknown_enum_numbers
from tests.support.messages import walk

EVIL = "\x1b]0;owned\x07\x1b[2J<script>alert(1)</script>\u202e\r\n\x00"
"""What terminals and browsers would obey."""

_MEBIBYTE = b"\xfa\xff\xff\xff\x0f\x80\x80\x40" + bytes(1 << 20)  # an unknown field

_SERVICES = (
    admin_pb2.DESCRIPTOR.services_by_name["AdminService"],
    auth_pb2.DESCRIPTOR.services_by_name["AuthMetadataService"],
    dataproxy_pb2.DESCRIPTOR.services_by_name["DataProxyService"],
    identity_pb2.DESCRIPTOR.services_by_name["IdentityService"],
    signal_pb2.DESCRIPTOR.services_by_name["SignalService"],
)

Twist: TypeAlias = Callable[[Message, grpc.ServicerContext], Message | bytes]
"""Makes something else of an honest answer, which is the caller's own."""


def honest(answer: Message, context: grpc.ServicerContext) -> Message:
    """What the honest server says."""
    return answer


def silence(answer: Message, context: grpc.ServicerContext) -> Message:
    """Nothing, until the client has gone."""
    gone = threading.Event()
    context.add_callback(gone.set)
    gone.wait(10)
    return answer


def garbage(answer: Message, context: grpc.ServicerContext) -> bytes:
    """What is no message."""
    return b"\xff" * 40


def half(answer: Message, context: grpc.ServicerContext) -> bytes:
    """A message that breaks off, inside of a field."""
    return answer.SerializeToString() + b"\x0a\x7f{"


def nothing(answer: Message, context: grpc.ServicerContext) -> Message:
    """An answer that says nothing."""
    return type(answer)()


def large(answer: Message, context: grpc.ServicerContext) -> bytes:
    """More than the client wants to receive."""
    return _MEBIBYTE


def bomb(answer: Message, context: grpc.ServicerContext) -> bytes:
    """More than the client wants to receive, and a thousandth of that on its way."""
    context.set_compression(grpc.Compression.Gzip)
    return _MEBIBYTE


def another(answer: Message, context: grpc.ServicerContext) -> Message:
    """The same of something else."""
    for part in _walk(answer):
        if part.DESCRIPTOR.name.endswith("Identifier") and "name" in part.DESCRIPTOR.fields_by_name:
            part.name = part.project = "another"
    return answer


def evil_words(answer: Message, context: grpc.ServicerContext) -> Message:
    """Texts that are not just shown; what identifies and leads on stays as it is."""
    for part in _walk(answer):
        if part.DESCRIPTOR.name.endswith(("Identifier", "IdentifierList")):
            continue
        for field in part.DESCRIPTOR.fields:
            is_text = field.type == field.TYPE_STRING and field.containing_oneof is None
            if is_text and not is_repeated(field) and field.name not in ("id", "token"):
                setattr(part, field.name, EVIL)
    return answer


def impossible_times(answer: Message, context: grpc.ServicerContext) -> Message:
    """Times that Python cannot tell, in all places that have one."""
    worst = [10**17, -(10**17), 2**63 - 1, -(2**63), 253402300799, -62135596800]
    seconds = count()
    for part in _walk(answer):
        for field in part.DESCRIPTOR.fields:
            kind = field.message_type.full_name if field.message_type is not None else ""
            is_time = kind in ("google.protobuf.Timestamp", "google.protobuf.Duration")
            if is_time and not is_repeated(field) and field.containing_oneof is None:
                getattr(part, field.name).seconds = worst[next(seconds) % len(worst)]
                getattr(part, field.name).nanos = 2**31 - 1
    return answer


def unknown_numbers(answer: Message, context: grpc.ServicerContext) -> Message:
    """Members of enums that nobody knows."""
    use_unknown_enum_numbers(answer)
    return answer


def filled(answer: Message, context: grpc.ServicerContext) -> Message:
    """Everything that can be said at all, and then what is true."""
    strange = type(answer)()
    Filler(0).fill(strange, 4)
    strange.MergeFrom(answer)
    return strange


def flood(answer: Message, context: grpc.ServicerContext) -> Message:
    """Ever new rows, each page late, and each node with nodes of its own."""
    if "token" in answer.DESCRIPTOR.fields_by_name:
        time.sleep(0.01)
        number = next(_numbers)
        answer.token = str(number)  # type: ignore[attr-defined]
        for part in _walk(answer):
            _rename(part, number)
    return answer


def turning(answer: Message, context: grpc.ServicerContext) -> Message:
    """The same page again and again, as a proxy has it that drops what it does not know."""
    if "token" in answer.DESCRIPTOR.fields_by_name:
        answer.token = "1"  # type: ignore[attr-defined]
    return answer


_numbers = count(1)


def refusing(code: grpc.StatusCode) -> Twist:
    """An error with words that are not just shown."""

    def refuse(answer: Message, context: grpc.ServicerContext) -> Message:
        context.abort(code, EVIL + "word " * 900)

    return refuse


def _rename(part: Any, number: int) -> None:
    match part.DESCRIPTOR.name:
        case "NodeExecution":
            part.id.node_id = f"n{number}"
            part.metadata.is_parent_node = True
        case "Execution":
            part.id.name = f"e{number}"
        case "Project":
            part.id = f"p{number}"
        case "SignalIdentifier":
            part.signal_id = f"s{number}"
        case "TaskExecution":
            part.id.retry_attempt = number
        case "Task" | "Workflow" | "LaunchPlan":
            part.id.version = f"v{number}"
        case "NamedEntityIdentifier":
            part.name = f"name{number}"
        case _:
            pass


def _walk(message: Message) -> list[Any]:
    return list(walk(message))


class TwistingAdmin(grpc.GenericRpcHandler):
    """All services of an admin: those of a sandbox, but for what is done to its answers.

    What a sandbox has once answered to a question it is not asked again.

    Args:
        sandbox: The honest one.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.twist: Twist = honest
        self.calls = 0
        self._channel = sandbox.channel()
        self._known: dict[tuple[str, bytes], Any] = {}

    def close(self) -> None:
        """End the connection to the honest one."""
        self._channel.close()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        """See gRPC."""
        path = details.method
        method = _methods().get(path)
        if method is None:
            return None
        asked, answered = map(GetMessageClass, (method.input_type, method.output_type))

        def reply(request: Any, context: grpc.ServicerContext) -> bytes:
            self.calls += 1
            if "token" in request.DESCRIPTOR.fields_by_name:
                request.ClearField("token")  # the honest one has all on its first page
            answer = self._ask(path, request.SerializeToString(deterministic=True))
            if isinstance(answer, grpc.RpcError) and self.twist is honest:
                context.abort(answer.code(), answer.details() or "")
            told = b"" if isinstance(answer, grpc.RpcError) else answer
            twisted = self.twist(answered.FromString(told), context)
            return twisted if isinstance(twisted, bytes) else twisted.SerializeToString()

        return grpc.unary_unary_rpc_method_handler(
            reply, request_deserializer=asked.FromString, response_serializer=bytes
        )

    def _ask(self, path: str, request: bytes) -> Any:
        if (path, request) not in self._known:
            try:
                ask: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(path)
                self._known[path, request] = ask(request, timeout=10)
            except grpc.RpcError as error:  # such as an end of what has ended
                self._known[path, request] = error
        return self._known[path, request]


@cache
def _methods() -> dict[str, MethodDescriptor]:
    return {
        f"/{service.full_name}/{method.name}": method
        for service in _SERVICES
        for method in service.methods
    }


@contextmanager
def serving(admin: grpc.GenericRpcHandler) -> Iterator[str]:
    """Such a server; gives its address."""
    pool = ThreadPoolExecutor(32)
    server = grpc.server(pool, handlers=[admin], options=[("grpc.so_reuseport", 0)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait(10)
        pool.shutdown()
