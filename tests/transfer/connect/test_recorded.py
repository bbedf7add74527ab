"""The channel says of recorded answers what grpcio said of the same ones."""

from __future__ import annotations

import base64
import time
from contextlib import suppress
from typing import Any

import grpc
import pytest

from flytebind._transfer.connect import ConnectChannel
from flytebind._transfer.connect.protocol import unpacked
from tests.transfer.connect.replay import (
    Exchange,
    exchange,
    exchanges,
    grpc_rows,
    headers_of,
    serving,
)

UNARY = [each for each in exchanges() if each.kind == "connect unary proto"]
PACKED = [each for each in exchanges() if each.kind == "connect unary proto gzip"]
BY_GRPC = {row["case"]: row for row in grpc_rows()}

#: A server that panics closes the connection without a byte, and so does one that is killed: gRPC
#: sees the difference, HTTP/1.1 does not. What a proxy says is told in its own words.
TOLD_OTHERWISE = {
    "panic on an empty id": "UNAVAILABLE",
    "no such method": "UNIMPLEMENTED",
    "no such service": "UNIMPLEMENTED",
}


def call(channel: ConnectChannel, recorded: Exchange, **options: Any) -> tuple[bytes, grpc.Call]:
    body = recorded.body
    if recorded.kind.endswith("gzip"):
        body = unpacked(body, 1 << 20)
    return channel.unary_unary(recorded.path).with_call(body, **options)


@pytest.mark.parametrize(
    "recorded", [*UNARY, *PACKED], ids=lambda each: f"{each.kind}: {each.case}"
)
def test_a_recorded_answer_means_what_grpcio_made_of_it(recorded: Exchange) -> None:
    wanted = BY_GRPC[recorded.case]
    with serving(recorded.received) as server, ConnectChannel(server.url) as channel:
        if wanted["code"] == "OK":
            answer, ended = call(channel, recorded, timeout=5)
            assert ended.code() is grpc.StatusCode.OK
            assert answer or "empty" in recorded.case
            return
        with pytest.raises(grpc.RpcError) as refused:
            call(channel, recorded, timeout=5)
    code = TOLD_OTHERWISE.get(recorded.case, wanted["code"])
    assert refused.value.code().name == code
    if recorded.case not in TOLD_OTHERWISE:
        assert refused.value.details() == wanted["details"]


@pytest.mark.parametrize("case", ["ok", "ok, a list"])
def test_a_packed_answer_is_the_one_that_comes_unpacked(case: str) -> None:
    answers = []
    for kind in ("connect unary proto", "connect unary proto gzip"):
        recorded = exchange(kind, case)
        with serving(recorded.received) as server, ConnectChannel(server.url) as channel:
            answers.append(call(channel, recorded)[0])
    assert answers[0] == answers[1]


@pytest.mark.parametrize("recorded", UNARY, ids=lambda each: each.case)
def test_a_request_is_the_one_that_the_server_understood(recorded: Exchange) -> None:
    with serving(recorded.received) as server, ConnectChannel(server.url) as channel:
        channel.unary_unary(recorded.path).future(recorded.body).exception(5)
        [sent] = server.requests
    head, _, body = sent.partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == recorded.sent.split(b"\r\n")[0]
    assert body == recorded.body
    ours = headers_of(sent)
    for name in ("content-type", "connect-protocol-version", "content-length"):
        assert ours[name] == recorded.headers[name]


def stream(recorded: Exchange, request: bytes) -> tuple[list[bytes], grpc.StatusCode]:
    """The messages of a recorded stream, and how it ended."""
    got: list[bytes] = []
    with serving(recorded.received) as server, ConnectChannel(server.url) as channel:
        messages = channel.unary_stream(recorded.path)(request, timeout=5)
        with suppress(grpc.RpcError):
            got.extend(messages)
        return got, messages.code()


@pytest.mark.parametrize(
    ("case", "by_grpc", "count"),
    [
        ("action details of a finished action, ends", "stream that ends", 1),
        ("action details, unknown", "stream, not found", 0),
    ],
)
def test_a_recorded_stream_means_what_grpcio_made_of_it(
    case: str, by_grpc: str, count: int
) -> None:
    got, code = stream(exchange("connect stream", case), b"")
    wanted = BY_GRPC[by_grpc]
    assert len(got) == count
    assert code.name == wanted["code"]


def test_a_stream_has_the_messages_that_grpcio_had() -> None:
    got, _ = stream(exchange("connect stream", "action details of a finished action, ends"), b"")
    wanted = [base64.b64decode(each) for each in BY_GRPC["stream that ends"]["messages"]]
    assert got == wanted


@pytest.mark.parametrize("case", ["gzip both ways", "gzip accepted"])
def test_packed_messages_of_a_stream_are_unpacked(case: str) -> None:
    plain, _ = stream(exchange("connect stream", "action details of a finished action, ends"), b"")
    assert stream(exchange("connect stream", case), b"")[0] == plain


def test_a_request_for_a_stream_is_the_one_that_the_server_understood() -> None:
    recorded = exchange("connect stream", "action details of a finished action, ends")
    with serving(recorded.received) as server, ConnectChannel(server.url) as channel:
        list(channel.unary_stream(recorded.path)(recorded.body[5:]))
        [sent] = server.requests
    assert sent.partition(b"\r\n\r\n")[2] == recorded.body
    assert headers_of(sent)["content-type"] == recorded.headers["content-type"]


@pytest.mark.parametrize(
    ("case", "count", "code"),
    [
        ("cluster events", 1, "OK"),
        ("logs", 0, "NOT_FOUND"),
        ("logs, unknown", 0, "NOT_FOUND"),
        ("bad bytes", 0, "INVALID_ARGUMENT"),
        ("unknown encoding", 0, "UNIMPLEMENTED"),
        ("no envelope", 0, "UNIMPLEMENTED"),
        ("two messages", 0, "UNIMPLEMENTED"),
        ("not implemented", 0, "UNIMPLEMENTED"),
        ("panic on an empty id", 0, "UNAVAILABLE"),
    ],
)
def test_streams_end_as_the_server_says(case: str, count: int, code: str) -> None:
    got, ended = stream(exchange("connect stream", case), b"")
    assert (len(got), ended.name) == (count, code)


def test_a_stream_that_goes_on_hands_out_what_has_come_and_can_be_cut() -> None:
    recorded = exchange("connect stream", "watch actions, cut by us")
    with (
        serving(recorded.received, stays=True) as server,
        ConnectChannel(server.url) as channel,
    ):
        messages = channel.unary_stream(recorded.path)(recorded.body[5:])
        assert next(messages)
        assert messages.is_active()
        assert messages.cancel()
        with pytest.raises(StopIteration):
            next(messages)
        assert messages.code() is grpc.StatusCode.CANCELLED


def test_a_stream_that_ends_well_because_its_time_is_up_has_not_ended_well() -> None:
    """The server ends it at the deadline as if there were nothing more to come."""
    recorded = exchange("connect stream", "watch actions with a timeout of 1 s")
    with serving(recorded.received) as server, ConnectChannel(server.url) as channel:
        messages = channel.unary_stream(recorded.path)(recorded.body[5:], timeout=0.05)
        time.sleep(0.06)
        with pytest.raises(grpc.RpcError) as late:
            list(messages)
        assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
