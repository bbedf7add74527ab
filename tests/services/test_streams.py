"""Streams: given up by one side, the other side notices; nobody hangs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from grpc import aio

from flytebind.models.admin.agent import (
    CreateRequestHeader,
    ExecuteTaskSyncRequest,
    ExecuteTaskSyncResponse,
    ExecuteTaskSyncResponseHeader,
    GetTaskLogsRequest,
    GetTaskLogsResponse,
    GetTaskRequest,
    GetTaskResponse,
    Resource,
)
from flytebind.services import (
    AsyncAgentServiceAsyncClient,
    AsyncAgentServiceAsyncServicer,
    AsyncAgentServiceClient,
    AsyncAgentServiceServicer,
    SyncAgentServiceAsyncClient,
    SyncAgentServiceAsyncServicer,
    SyncAgentServiceClient,
    SyncAgentServiceServicer,
)
from tests.services.agents import Kind, answer, lines
from tests.services.servers import PATIENCE, Loop, async_channel, async_server, sync_server

REQUEST = GetTaskLogsRequest(token="t")


class Endless(AsyncAgentServiceServicer):
    """Streams without end, or waits without end; knows when nobody listens any more."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.ended = threading.Event()

    def get_task(
        self, request: GetTaskRequest, context: grpc.ServicerContext, /
    ) -> GetTaskResponse:
        context.add_callback(self.ended.set)
        self.begun.set()
        assert self.ended.wait(PATIENCE)
        return answer("too late")

    def get_task_logs(
        self, request: GetTaskLogsRequest, context: grpc.ServicerContext, /
    ) -> Iterator[GetTaskLogsResponse]:
        context.send_initial_metadata((("x-first", "1"),))
        context.set_trailing_metadata((("x-last-bin", b"\xff"),))
        try:
            yield lines("one")
            while request.token != "one":
                yield lines("more")
        finally:
            self.ended.set()


class AsyncEndless(AsyncAgentServiceAsyncServicer):
    """The same for asyncio."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.ended = threading.Event()

    async def get_task(
        self,
        request: GetTaskRequest,
        context: aio.ServicerContext[GetTaskRequest, GetTaskResponse],
        /,
    ) -> GetTaskResponse:
        self.begun.set()
        try:
            await asyncio.sleep(PATIENCE)
        finally:
            self.ended.set()
        return answer("too late")

    async def get_task_logs(
        self,
        request: GetTaskLogsRequest,
        context: aio.ServicerContext[GetTaskLogsRequest, GetTaskLogsResponse],
        /,
    ) -> AsyncIterator[GetTaskLogsResponse]:
        await context.send_initial_metadata((("x-first", "1"),))
        context.set_trailing_metadata((("x-last-bin", b"\xff"),))
        try:
            yield lines("one")
            while request.token != "one":
                yield lines("more")
        finally:
            self.ended.set()


@dataclass
class Endpoint:
    """Where an endless servicer can be called."""

    address: str
    servicer: Endless | AsyncEndless

    @property
    def ended(self) -> threading.Event:
        """Set when the last call is over."""
        return self.servicer.ended


@pytest.fixture
def endless(server_kind: Kind, loop: Loop) -> Iterator[Endpoint]:
    """An endless servicer on each kind of server."""
    if server_kind == "sync":
        servicer = Endless()
        with sync_server(servicer.add_to_server) as address:
            yield Endpoint(address, servicer)
    else:
        async_servicer = AsyncEndless()
        with loop.within(async_server(async_servicer.add_to_server)) as address:
            yield Endpoint(address, async_servicer)


def test_a_cancelled_stream_ends_on_the_server(endless: Endpoint) -> None:
    with grpc.insecure_channel(endless.address) as channel:
        stream = AsyncAgentServiceClient(channel).get_task_logs(REQUEST)
        assert next(stream) == lines("one")
        assert stream.cancel()
        with pytest.raises(grpc.RpcError) as caught:
            list(stream)
        assert caught.value.code() is grpc.StatusCode.CANCELLED
        assert endless.ended.wait(PATIENCE)


def test_a_cancelled_async_stream_ends_on_the_server(endless: Endpoint, loop: Loop) -> None:
    async def work() -> None:
        async with async_channel(endless.address) as channel:
            stream = AsyncAgentServiceAsyncClient(channel).get_task_logs(REQUEST)
            assert await anext(stream) == lines("one")
            assert stream.cancel()
            with pytest.raises(asyncio.CancelledError):
                await anext(stream)
            await asyncio.to_thread(endless.ended.wait, PATIENCE)

    loop.run(work())
    assert endless.ended.is_set()


def test_a_stream_that_nobody_holds_any_more_ends_on_the_server(endless: Endpoint) -> None:
    with grpc.insecure_channel(endless.address) as channel:
        for line in AsyncAgentServiceClient(channel).get_task_logs(REQUEST):
            assert line == lines("one")
            break
        assert endless.ended.wait(PATIENCE)


def test_an_async_stream_that_nobody_holds_any_more_ends_on_the_server(
    endless: Endpoint, loop: Loop
) -> None:
    async def work() -> None:
        async with async_channel(endless.address) as channel:
            async for line in AsyncAgentServiceAsyncClient(channel).get_task_logs(REQUEST):
                assert line == lines("one")
                break
            await asyncio.to_thread(endless.ended.wait, PATIENCE)

    loop.run(work())
    assert endless.ended.is_set()


def test_a_deadline_ends_a_stream_on_both_sides(endless: Endpoint) -> None:
    with grpc.insecure_channel(endless.address) as channel:
        stream = AsyncAgentServiceClient(channel).get_task_logs(REQUEST, timeout=0.1)
        with pytest.raises(grpc.RpcError) as caught:
            list(stream)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert endless.ended.wait(PATIENCE)


def test_a_deadline_ends_an_async_stream_on_both_sides(endless: Endpoint, loop: Loop) -> None:
    async def work() -> grpc.StatusCode:
        async with async_channel(endless.address) as channel:
            stream = AsyncAgentServiceAsyncClient(channel).get_task_logs(REQUEST, timeout=0.1)
            with pytest.raises(grpc.RpcError) as caught:
                _ = [line async for line in stream]
            await asyncio.to_thread(endless.ended.wait, PATIENCE)
            return caught.value.code()

    assert loop.run(work()) is grpc.StatusCode.DEADLINE_EXCEEDED
    assert endless.ended.is_set()


def test_a_cancelled_task_ends_its_call_on_the_server(endless: Endpoint, loop: Loop) -> None:
    async def work() -> None:
        async with async_channel(endless.address) as channel:
            client = AsyncAgentServiceAsyncClient(channel)
            task = asyncio.create_task(client.get_task(GetTaskRequest()))
            assert await asyncio.to_thread(endless.servicer.begun.wait, PATIENCE)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.to_thread(endless.ended.wait, PATIENCE)

    loop.run(work())
    assert endless.ended.is_set()


def test_a_stream_has_the_metadata_of_its_call(endless: Endpoint) -> None:
    with grpc.insecure_channel(endless.address) as channel:
        client = AsyncAgentServiceClient(channel)
        stream = client.get_task_logs(GetTaskLogsRequest(token="one"))
        assert ("x-first", "1") in stream.initial_metadata()
        assert list(stream) == [lines("one")]
        assert ("x-last-bin", b"\xff") in stream.trailing_metadata()


def test_an_async_stream_has_the_metadata_of_its_call(endless: Endpoint, loop: Loop) -> None:
    async def work() -> None:
        async with async_channel(endless.address) as channel:
            client = AsyncAgentServiceAsyncClient(channel)
            stream = client.get_task_logs(GetTaskLogsRequest(token="one"))
            assert ("x-first", "1") in await stream.initial_metadata()
            assert [line async for line in stream] == [lines("one")]
            assert ("x-last-bin", b"\xff") in await stream.trailing_metadata()

    loop.run(work())


class Talk(SyncAgentServiceServicer):
    """Answers each request as it comes."""

    def execute_task_sync(
        self, requests: Iterator[ExecuteTaskSyncRequest], context: grpc.ServicerContext, /
    ) -> Iterator[ExecuteTaskSyncResponse]:
        for request in requests:
            yield reply(request)


class AsyncTalk(SyncAgentServiceAsyncServicer):
    """The same for asyncio."""

    async def execute_task_sync(
        self,
        requests: AsyncIterator[ExecuteTaskSyncRequest],
        context: aio.ServicerContext[ExecuteTaskSyncRequest, ExecuteTaskSyncResponse],
        /,
    ) -> AsyncIterator[ExecuteTaskSyncResponse]:
        async for request in requests:
            yield reply(request)


def part(name: str) -> ExecuteTaskSyncRequest:
    return ExecuteTaskSyncRequest(header=CreateRequestHeader(output_prefix=name))


def reply(request: ExecuteTaskSyncRequest) -> ExecuteTaskSyncResponse:
    resource = Resource(message=request.header.output_prefix if request.header else "")
    return ExecuteTaskSyncResponse(header=ExecuteTaskSyncResponseHeader(resource=resource))


@pytest.fixture
def talk(server_kind: Kind, loop: Loop) -> Iterator[str]:
    """The address of a servicer that answers each request as it comes, on each kind of server."""
    if server_kind == "sync":
        with sync_server(Talk().add_to_server) as address:
            yield address
    else:
        with loop.within(async_server(AsyncTalk().add_to_server)) as address:
            yield address


NAMES = [str(number) for number in range(20)]
REPLIES = [reply(part(name)) for name in NAMES]


def test_each_request_of_a_dialogue_may_wait_for_the_answer_before_it(talk: str) -> None:
    answered = threading.Semaphore(1)

    def requests() -> Iterator[ExecuteTaskSyncRequest]:
        for name in NAMES:
            assert answered.acquire(timeout=PATIENCE)
            yield part(name)

    replies = []
    with grpc.insecure_channel(talk) as channel:
        client = SyncAgentServiceClient(channel)
        for response in client.execute_task_sync(requests(), timeout=PATIENCE):
            replies.append(response)
            answered.release()
    assert replies == REPLIES


def test_each_request_of_an_async_dialogue_may_wait_for_the_answer_before_it(
    talk: str, loop: Loop
) -> None:
    async def work() -> list[ExecuteTaskSyncResponse]:
        answered = asyncio.Semaphore(1)

        async def requests() -> AsyncIterator[ExecuteTaskSyncRequest]:
            for name in NAMES:
                await answered.acquire()
                yield part(name)

        replies = []
        async with async_channel(talk) as channel:
            client = SyncAgentServiceAsyncClient(channel)
            async for response in client.execute_task_sync(requests(), timeout=PATIENCE):
                replies.append(response)
                answered.release()
        return replies

    assert loop.run(work()) == REPLIES


def test_a_list_is_a_stream_of_requests_too(talk: str, loop: Loop) -> None:
    async def work() -> list[ExecuteTaskSyncResponse]:
        async with async_channel(talk) as channel:
            client = SyncAgentServiceAsyncClient(channel)
            return [reply async for reply in client.execute_task_sync(list(map(part, NAMES)))]

    with grpc.insecure_channel(talk) as channel:
        client = SyncAgentServiceClient(channel)
        assert list(client.execute_task_sync(list(map(part, NAMES)))) == REPLIES
    assert loop.run(work()) == REPLIES


def broken_requests() -> Iterator[Any]:
    yield part("one")
    raise ValueError("no more")


def wrong_requests() -> Iterator[Any]:
    yield part("one")
    yield REQUEST


@pytest.mark.parametrize("requests", [broken_requests, wrong_requests])
def test_requests_that_break_off_end_the_call(
    talk: str, requests: Callable[[], Iterator[Any]], caplog: pytest.LogCaptureFixture
) -> None:
    with grpc.insecure_channel(talk) as channel:
        stream = SyncAgentServiceClient(channel).execute_task_sync(requests(), timeout=PATIENCE)
        with pytest.raises(grpc.RpcError) as caught:
            list(stream)
    assert caught.value.code() is grpc.StatusCode.UNKNOWN
    assert caught.value.details() == "Exception iterating requests!"
    assert "flytebind" not in {record.name.partition(".")[0] for record in caplog.records}


@pytest.mark.parametrize(
    ("requests", "error"),
    [
        (broken_requests, "ValueError: no more"),
        (
            wrong_requests,
            "TypeError: SyncAgentService/ExecuteTaskSync takes ExecuteTaskSyncRequest,"
            " not GetTaskLogsRequest",
        ),
    ],
)
@pytest.mark.parametrize("is_async", [False, True], ids=["iterable", "async iterable"])
def test_what_breaks_off_async_requests_is_raised(
    talk: str,
    loop: Loop,
    requests: Callable[[], Iterator[Any]],
    error: str,
    is_async: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def async_requests() -> AsyncIterator[Any]:
        for request in requests():
            yield request

    async def work() -> str:
        async with async_channel(talk) as channel:
            client = SyncAgentServiceAsyncClient(channel)
            stream = client.execute_task_sync(async_requests() if is_async else requests())
            with pytest.raises((ValueError, TypeError)) as caught:
                _ = [reply async for reply in stream]
            return f"{caught.type.__name__}: {caught.value}"

    assert loop.run(work()) == error
    assert "flytebind" not in {record.name.partition(".")[0] for record in caplog.records}


def test_a_single_request_is_no_stream() -> None:
    with grpc.insecure_channel("127.0.0.1:1") as channel:
        client: Any = SyncAgentServiceClient(channel)
        with pytest.raises(TypeError, match="ExecuteTaskSyncRequest"):
            client.execute_task_sync(part("one"))
