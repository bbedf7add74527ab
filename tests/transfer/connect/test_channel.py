"""What users of a channel rely on, beside what the server says."""

from __future__ import annotations

import base64
import gc
import gzip
import json
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pytest

from flytebind._transfer.connect import ConnectChannel
from flytebind.runtime.rpc import status_details
from tests.remote.faults.leftovers import nothing_left
from tests.transfer.connect.replay import Served, headers_of, serving

PATH = "/acme.Things/Get"


def answer(
    body: bytes = b"", status: str = "200 OK", kind: str = "application/proto", **headers: str
) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def stream_answer(*messages: bytes, end: object = None, whole: bool = True) -> bytes:
    body = b"".join(struct.pack(">BI", 0, len(each)) + each for each in messages)
    if end is not None:
        said = json.dumps(end).encode()
        body += struct.pack(">BI", 2, len(said)) + said
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/connect+proto\r\n"
    head += "Transfer-Encoding: chunked\r\n\r\n"
    chunk = f"{len(body):x}\r\n".encode() + body + b"\r\n" if body else b""
    return head.encode() + chunk + (b"0\r\n\r\n" if whole else b"")


@contextmanager
def connected(
    answered: bytes, *, stays: bool = False, **options: Any
) -> Iterator[tuple[Served, ConnectChannel]]:
    """A server that gives one answer, and a channel to it."""
    with (
        serving(answered, stays=stays) as server,
        ConnectChannel(server.url, **options) as channel,
    ):
        yield server, channel


def code_of(make: Callable[[], Any]) -> grpc.StatusCode:
    with pytest.raises(grpc.RpcError) as refused:
        make()
    code: grpc.StatusCode = refused.value.code()
    return code


def test_metadata_travels_both_ways() -> None:
    given = answer(b"x", X_Served="eu", Trailer_X_Cost="3", Trailer_X_Raw_Bin="AAE")
    with connected(given) as (server, channel):
        _, call = channel.unary_unary(PATH).with_call(
            b"", metadata=(("x-who", "me"), ("x-who", "you"), ("x-raw-bin", b"\x00\x01\x02"))
        )
        sent = headers_of(server.requests[0])
    assert (sent["x-who"], sent["x-raw-bin"]) == ("me, you", "AAEC")
    assert ("x-served", "eu") in call.initial_metadata()
    assert call.trailing_metadata() == (("x-cost", "3"), ("x-raw-bin", b"\x00\x01"))


@pytest.mark.parametrize(
    "pair",
    [
        ("x y", "telltale"),
        ("x-secret", "tell\r\ntale: c"),
        ("content-length", "777"),
        ("host", "telltale"),
    ],
)
def test_metadata_that_would_change_the_request_is_refused_without_its_value(
    pair: tuple[str, str],
) -> None:
    with connected(answer()) as (server, channel):
        with pytest.raises(ValueError, match="metadata") as refused:
            channel.unary_unary(PATH)(b"", metadata=(pair,))
        assert pair[1] not in str(refused.value)
        assert not server.requests


def test_large_requests_are_packed_when_that_is_wanted() -> None:
    request = b"again " * 1000
    with connected(answer(), compression=grpc.Compression.Gzip) as (server, channel):
        channel.unary_unary(PATH)(request)
        channel.unary_unary(PATH)(b"small")
        channel.unary_unary(PATH)(request, compression=grpc.Compression.NoCompression)
        packed, small, plain = server.requests
    assert headers_of(packed)["content-encoding"] == "gzip"
    assert gzip.decompress(packed.partition(b"\r\n\r\n")[2]) == request
    assert "content-encoding" not in headers_of(small)
    assert plain.endswith(request)


def test_the_details_of_an_error_are_read_as_those_of_grpc() -> None:
    from google.protobuf.wrappers_pb2 import StringValue

    value = base64.b64encode(StringValue(value="why").SerializeToString()).decode().rstrip("=")
    detail = {"type": "google.protobuf.StringValue", "value": value}
    said = {"code": "resource_exhausted", "message": "too many", "details": [detail]}
    refused = answer(json.dumps(said).encode(), "429 Too Many Requests", "application/json")
    with connected(refused) as (_, channel):
        with pytest.raises(grpc.RpcError) as error:
            channel.unary_unary(PATH)(b"")
        [found] = status_details(error.value)
    assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert found.to_pb().value == StringValue(value="why").SerializeToString()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("401 Unauthorized", "UNAUTHENTICATED"),
        ("403 Forbidden", "PERMISSION_DENIED"),
        ("404 Not Found", "UNIMPLEMENTED"),
        ("502 Bad Gateway", "UNAVAILABLE"),
        ("503 Service Unavailable", "UNAVAILABLE"),
        ("302 Found", "UNKNOWN"),
        ("418 Teapot", "UNKNOWN"),
    ],
)
@pytest.mark.parametrize("body", [b"<html>no</html>", b'{"code": 7}', b"[1]", b"\xff"])
def test_what_a_proxy_says_becomes_a_status(status: str, code: str, body: bytes) -> None:
    with connected(answer(body, status, "text/html")) as (_, channel):
        assert code_of(lambda: channel.unary_unary(PATH)(b"")).name == code


def test_a_login_page_is_no_answer() -> None:
    page = answer(b"<html>", kind="text/html")
    with connected(page) as (_, channel), pytest.raises(grpc.RpcError, match="text/html, not"):
        channel.unary_unary(PATH)(b"")


def test_nobody_there_is_unavailable() -> None:
    with ConnectChannel("http://127.0.0.1:1") as channel:
        assert code_of(lambda: channel.unary_unary(PATH)(b"")) is grpc.StatusCode.UNAVAILABLE


def test_a_deadline_ends_a_call_that_gets_no_answer() -> None:
    with connected(b"", stays=True) as (server, channel):
        call = channel.unary_unary(PATH).future(b"", timeout=0.2)
        assert 0 < (call.time_remaining() or 0) < 0.21
        assert code_of(call.result) is grpc.StatusCode.DEADLINE_EXCEEDED
        assert headers_of(server.requests[0])["connect-timeout-ms"] == "200"
        messages = channel.unary_stream(PATH)(b"", timeout=0.2)
        assert code_of(lambda: next(messages)) is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_call_in_flight_is_cancelled_at_once() -> None:
    with connected(b"", stays=True) as (_, channel):
        call = channel.unary_unary(PATH).future(b"")
        told = threading.Event()
        call.add_done_callback(lambda _: told.set())
        assert call.running()
        assert call.cancel()
        assert told.wait(1)
        assert call.cancelled()
        assert call.code() is grpc.StatusCode.CANCELLED
        with pytest.raises(grpc.FutureCancelledError):
            call.result(1)


def test_another_thread_cancels_a_stream_that_is_waited_for() -> None:
    with connected(b"", stays=True) as (_, channel):
        messages = channel.unary_stream(PATH)(b"")
        threading.Timer(0.1, messages.cancel).start()
        assert code_of(lambda: next(messages)) is grpc.StatusCode.CANCELLED


def test_closing_the_channel_ends_what_goes_on_and_refuses_what_comes() -> None:
    with serving(b"", stays=True) as server:
        channel = ConnectChannel(server.url)
        call = channel.unary_unary(PATH).future(b"")
        messages = channel.unary_stream(PATH)(b"")
        threading.Timer(0.1, channel.close).start()
        assert code_of(lambda: next(messages)) is grpc.StatusCode.CANCELLED
        with pytest.raises(grpc.FutureCancelledError):
            call.result(2)
        assert code_of(lambda: channel.unary_unary(PATH)(b"")) is grpc.StatusCode.CANCELLED


def test_a_stream_that_nobody_keeps_is_hung_up() -> None:
    with connected(stream_answer(b"one", whole=False), stays=True) as (_, channel):
        assert next(channel.unary_stream(PATH)(b"")) == b"one"
        gc.collect()
        assert not channel._http._exchanges._running


@pytest.mark.parametrize("size", [33, 10_000])
@pytest.mark.parametrize("packed", [False, True])
def test_larger_messages_than_allowed_are_refused(size: int, packed: bool) -> None:
    body = b"\0" * size
    headers = {"Content_Encoding": "gzip"} if packed else {}
    unary = answer(gzip.compress(body) if packed else body, **headers)
    with connected(unary, max_message_bytes=32) as (_, channel):
        assert code_of(lambda: channel.unary_unary(PATH)(b"")) is grpc.StatusCode.RESOURCE_EXHAUSTED
    with connected(stream_answer(body, end={}), max_message_bytes=32) as (_, channel):
        messages = channel.unary_stream(PATH)(b"")
        assert code_of(lambda: next(messages)) is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize(("whole", "code"), [(False, "UNAVAILABLE"), (True, "INTERNAL")])
def test_a_stream_without_its_end_is_no_whole_one(whole: bool, code: str) -> None:
    """A server that is killed leaves out the last chunk; one that is wrong leaves out the end."""
    with connected(stream_answer(b"one", whole=whole)) as (_, channel):
        messages = channel.unary_stream(PATH)(b"")
        assert next(messages) == b"one"
        assert code_of(lambda: next(messages)).name == code


def test_the_end_of_a_stream_has_metadata_and_details() -> None:
    end = {"metadata": {"X-Cost": ["3"]}, "error": {"code": "canceled", "message": "enough"}}
    with connected(stream_answer(end=end)) as (_, channel):
        messages = channel.unary_stream(PATH)(b"")
        with pytest.raises(grpc.RpcError, match="CANCELLED: enough"):
            next(messages)
        assert messages.trailing_metadata() == (("x-cost", "3"),)
        assert messages.details() == "enough"


def test_an_answer_that_cannot_be_read_says_so_in_grpcs_words() -> None:
    def read(data: bytes) -> bytes:
        raise ValueError(data)

    with connected(answer(b"x")) as (_, channel):
        with pytest.raises(grpc.RpcError, match="deserializing") as refused:
            channel.unary_unary(PATH, response_deserializer=read)(b"")
        assert isinstance(refused.value.__cause__, ValueError)


def test_interceptors_see_its_calls() -> None:
    seen: list[str] = []

    class Watch(grpc.UnaryUnaryClientInterceptor):
        def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
            outcome = continuation(details, request)
            seen.append(f"{details.method} {outcome.code().name}")
            return outcome

    with connected(answer(b"x")) as (_, channel):
        get: grpc.UnaryUnaryMultiCallable[bytes, bytes]
        get = grpc.intercept_channel(channel, Watch()).unary_unary(PATH)
        assert get(b"") == b"x"
        assert get.future(b"").result(5) == b"x"
    assert seen == [f"{PATH} OK"] * 2


def test_requests_that_stream_are_refused_with_the_way_out() -> None:
    with ConnectChannel("http://127.0.0.1:1") as channel:
        with pytest.raises(NotImplementedError, match="takes gRPC"):
            channel.stream_stream(PATH)
        with pytest.raises(NotImplementedError, match="takes gRPC"):
            channel.stream_unary(PATH)


def test_grpcs_helpers_take_it_for_a_channel() -> None:
    with ConnectChannel("http://127.0.0.1:1") as channel:
        grpc.channel_ready_future(channel).result(1)


def test_calls_side_by_side_have_a_thread_each() -> None:
    with connected(answer(b"x")) as (_, channel):
        began = time.monotonic()
        calls = [channel.unary_unary(PATH).future(b"") for _ in range(20)]
        assert [call.result(10) for call in calls] == [b"x"] * 20
        assert time.monotonic() - began < 10


def test_an_error_that_nobody_expects_is_raised_as_it_is_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is no call that was given up."""
    for name in [*sys.modules]:
        if name.startswith(("urllib3", "flytebind._transfer.http.connections")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "urllib3", None)
    with nothing_left(), ConnectChannel("http://localhost:1") as channel:
        get = channel.unary_unary(PATH)
        call = get.future(b"")
        with pytest.raises(ModuleNotFoundError, match="HTTP needs urllib3"):
            call.result()
        with pytest.raises(ModuleNotFoundError, match="HTTP needs urllib3"):
            get(b"")
        assert (call.cancelled(), call.code()) == (False, grpc.StatusCode.UNKNOWN)
