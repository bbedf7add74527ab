"""Recorded conversations, word by word, refusals included, over both transports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from flytebind.remote import CallPolicy, Config, FlyteCallError
from flytebind.remote._calls import AsyncRoute
from flytebind.remote._io.blocking import run
from flytebind.runs import Flyte2Remote
from flytebind.runtime.rpc import Method
from flytebind.v2.models import model_for
from tests.runs.recordings import FOLDER, METHODS, Call, calls
from tests.runs.server import RecordedServer

TALKS = sorted(path.name.partition(".")[0] for path in (FOLDER / "talks").iterdir())


@pytest.fixture(params=["grpc", "connect"])
def once(
    request: pytest.FixtureRequest, server: RecordedServer, over_connect: Config
) -> Iterator[Flyte2Remote]:
    """A remote that asks once."""
    config = server.config if request.param == "grpc" else over_connect
    with Flyte2Remote(config, "p", "d", policy=CallPolicy(max_attempts=1)) as remote:
        yield remote


@pytest.mark.parametrize("talk", TALKS)
def test_a_conversation_goes_as_it_was_recorded(
    talk: str, once: Flyte2Remote, server: RecordedServer
) -> None:
    heard = calls("talks", talk)
    assert heard
    for call in heard:
        if call.question.name == "SelectCluster":
            continue  # it names the address that was asked
        server.instead[call.question.name] = call.answer
        assert (call.case, *answered(once, call)) == (call.case, *recorded(call))


def recorded(call: Call) -> tuple[str, str, list[bytes]]:
    """The code, the text and the messages of an answer."""
    code, messages, details = call.answer
    name = "OK" if code is None else code.name  # it was left open, and is here
    return name, details, [plain(call, message) for message in messages]


def answered(remote: Flyte2Remote, call: Call) -> tuple[str, str, list[bytes]]:
    """The same, as a remote reads them."""
    descriptor = METHODS[call.question.method]
    method: Method[Any, Any] = Method(
        call.question.method,
        model_for(descriptor.input_type.full_name),
        model_for(descriptor.output_type.full_name),
        "unary_stream" if descriptor.server_streaming else "unary_unary",
    )
    request = method.request.from_bytes(call.question.request)
    caller, turns = remote._session.caller, remote._turns
    try:
        if not descriptor.server_streaming:
            return "OK", "", [plain(call, run(caller.call(method, request), turns).to_bytes())]
        said: list[bytes] = []
        stream = AsyncRoute(caller)._unary_stream(method, request, None, None, None)

        async def read() -> None:
            while call.answer.code is not None or len(said) < len(call.answer.messages):
                try:
                    said.append(plain(call, (await anext(stream)).to_bytes()))
                except StopAsyncIteration:
                    return

        run(read(), turns)
        stream.cancel()
    except FlyteCallError as error:
        return error.code.name, error.details.partition("; ")[0], []
    return "OK", "", said


def plain(call: Call, message: bytes) -> bytes:
    """A message without links, which lead to the store that is there."""
    read = model_for(METHODS[call.question.method].output_type.full_name).from_bytes(message)
    pb: Any = read.to_pb()
    for field in ("signed_url", "pre_signed_urls", "token"):
        if field in pb.DESCRIPTOR.fields_by_name:
            pb.ClearField(field)
    return bytes(pb.SerializeToString(deterministic=True))
