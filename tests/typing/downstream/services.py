"""Calling services and serving them, with threads and with asyncio."""

from collections.abc import AsyncIterator, Iterator, Sequence

import grpc
from grpc import aio
from typing_extensions import assert_type

from flytebind.models.admin.agent import (
    ExecuteTaskSyncRequest,
    ExecuteTaskSyncResponse,
    GetTaskLogsRequest,
    GetTaskLogsResponse,
    GetTaskRequest,
    GetTaskResponse,
)
from flytebind.models.admin.common import ObjectGetRequest
from flytebind.models.admin.task import Task, TaskClosure
from flytebind.runtime.any import AnyMessage
from flytebind.services import (
    AdminServiceAsyncClient,
    AdminServiceClient,
    AdminServiceServicer,
    AsyncAgentServiceAsyncClient,
    AsyncAgentServiceAsyncServicer,
    AsyncAgentServiceClient,
    AsyncAgentServiceServicer,
    AsyncResponseStream,
    ResponseStream,
    StatusError,
    SyncAgentServiceAsyncClient,
    SyncAgentServiceAsyncServicer,
    SyncAgentServiceClient,
    SyncAgentServiceServicer,
    status_details,
)
from flytebind.services.admin import AdminServiceClient as SameClient


def call(channel: grpc.Channel, request: ObjectGetRequest) -> None:
    client = AdminServiceClient(channel)
    assert_type(client.get_task(request), Task)
    assert_type(client.get_task(request, timeout=3, wait_for_ready=True), Task)
    client.get_task(request, metadata=[("key", "value"), ("key-bin", b"value")])
    client.get_task(request, metadata=(("key", "value"),))
    try:
        client.get_task(request, timeout=None, metadata=None, wait_for_ready=None)
    except grpc.RpcError as error:
        assert_type(error.code(), grpc.StatusCode)
        assert_type(status_details(error), tuple[AnyMessage, ...])
        assert_type([detail.unpack(Task) for detail in status_details(error)], list[Task])


def same_class(client: AdminServiceClient) -> SameClient:
    return client


async def call_async(channel: aio.Channel, request: ObjectGetRequest) -> None:
    client = AdminServiceAsyncClient(channel)
    assert_type(await client.get_task(request, timeout=0.5), Task)


def read(channel: grpc.Channel, request: GetTaskLogsRequest) -> None:
    stream = AsyncAgentServiceClient(channel).get_task_logs(request)
    assert_type(stream, ResponseStream[GetTaskLogsResponse])
    assert_type(next(stream), GetTaskLogsResponse)
    assert_type(list(stream), list[GetTaskLogsResponse])
    assert_type(stream.cancel(), bool)
    assert_type(stream.initial_metadata(), tuple[tuple[str, str | bytes], ...])


async def read_async(channel: aio.Channel, request: GetTaskLogsRequest) -> None:
    stream = AsyncAgentServiceAsyncClient(channel).get_task_logs(request)
    assert_type(stream, AsyncResponseStream[GetTaskLogsResponse])
    assert_type([message async for message in stream], list[GetTaskLogsResponse])
    assert_type(stream.cancel(), bool)
    assert_type(await stream.trailing_metadata(), tuple[tuple[str, str | bytes], ...])


def talk(channel: grpc.Channel, requests: Sequence[ExecuteTaskSyncRequest]) -> None:
    client = SyncAgentServiceClient(channel)
    assert_type(list(client.execute_task_sync(requests)), list[ExecuteTaskSyncResponse])
    client.execute_task_sync(request for request in requests)


async def talk_async(
    channel: aio.Channel,
    requests: Sequence[ExecuteTaskSyncRequest],
    incoming: AsyncIterator[ExecuteTaskSyncRequest],
) -> None:
    client = SyncAgentServiceAsyncClient(channel)
    assert_type(await anext(client.execute_task_sync(requests)), ExecuteTaskSyncResponse)
    assert_type(await anext(client.execute_task_sync(incoming)), ExecuteTaskSyncResponse)


class Admin(AdminServiceServicer):
    def get_task(self, request: ObjectGetRequest, context: grpc.ServicerContext) -> Task:
        if request.id is None:
            raise StatusError(grpc.StatusCode.INVALID_ARGUMENT, "no id", details=[request])
        if context.time_remaining() == 0:
            context.abort(grpc.StatusCode.CANCELLED, "gone")
        return Task(request.id, TaskClosure.from_bytes(b""))


class Agent(AsyncAgentServiceServicer):
    """Names of parameters are the implementer's to choose."""

    def get_task(self, asked: GetTaskRequest, _: grpc.ServicerContext) -> GetTaskResponse:
        return GetTaskResponse()

    def get_task_logs(
        self, asked: GetTaskLogsRequest, _: grpc.ServicerContext
    ) -> Iterator[GetTaskLogsResponse]:
        yield GetTaskLogsResponse()


class AsyncAgent(AsyncAgentServiceAsyncServicer):
    async def get_task(
        self, request: GetTaskRequest, context: aio.ServicerContext[GetTaskRequest, GetTaskResponse]
    ) -> GetTaskResponse:
        await context.abort(grpc.StatusCode.CANCELLED, "gone")

    async def get_task_logs(
        self,
        request: GetTaskLogsRequest,
        context: aio.ServicerContext[GetTaskLogsRequest, GetTaskLogsResponse],
    ) -> AsyncIterator[GetTaskLogsResponse]:
        yield GetTaskLogsResponse()


class Talk(SyncAgentServiceServicer):
    def execute_task_sync(
        self, requests: Iterator[ExecuteTaskSyncRequest], context: grpc.ServicerContext
    ) -> Iterator[ExecuteTaskSyncResponse]:
        for request in requests:
            assert_type(request, ExecuteTaskSyncRequest)
            yield ExecuteTaskSyncResponse()


class AsyncTalk(SyncAgentServiceAsyncServicer):
    async def execute_task_sync(
        self,
        requests: AsyncIterator[ExecuteTaskSyncRequest],
        context: aio.ServicerContext[ExecuteTaskSyncRequest, ExecuteTaskSyncResponse],
    ) -> AsyncIterator[ExecuteTaskSyncResponse]:
        async for request in requests:
            assert_type(request, ExecuteTaskSyncRequest)
            yield ExecuteTaskSyncResponse()


def serve(server: grpc.Server, async_server: aio.Server) -> None:
    assert_type(Admin.SERVICE_NAME, str)
    Admin().add_to_server(server)
    AsyncAgent().add_to_server(async_server)
    assert_type(sorted(Admin().method_handlers()), list[str])
