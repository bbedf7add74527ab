"""What type checkers must refuse of those who call services or serve them.

The comment above each mistake holds mypy's code, pyright's rule, and a word that both must say.
"""

# mypy: enable-error-code="deprecated"
# pyright: standard, reportDeprecated=true, reportUnusedExpression=false

from collections.abc import AsyncIterator, Iterator

import grpc
from grpc import aio

from flytebind.models.admin.agent import (
    ExecuteTaskSyncRequest,
    ExecuteTaskSyncResponse,
    GetTaskLogsRequest,
    GetTaskLogsResponse,
    GetTaskRequest,
    GetTaskResponse,
)
from flytebind.models.admin.common import ObjectGetRequest
from flytebind.models.admin.task import Task
from flytebind.models.admin.workflow import Workflow
from flytebind.services import (
    AdminServiceAsyncClient,
    AdminServiceAsyncServicer,
    AdminServiceClient,
    AdminServiceServicer,
    AsyncAgentServiceAsyncClient,
    AsyncAgentServiceAsyncServicer,
    AsyncAgentServiceClient,
    AsyncAgentServiceServicer,
    DataProxyServiceClient,
    ExternalPluginServiceAsyncServicer,
    StatusError,
    SyncAgentServiceClient,
    status_details,
)


def misspelt(client: AdminServiceClient) -> None:
    # E: attr-defined | reportAttributeAccessIssue | AdminServiceStub
    from flytebind.services import AdminServiceStub

    # E: attr-defined | reportAttributeAccessIssue | get_tasks
    client.get_tasks


def wrong_requests(client: AdminServiceClient, request: ObjectGetRequest, task: Task) -> None:
    # E: arg-type | reportArgumentType | ObjectGetRequest
    client.get_task(task)
    # E: arg-type | reportArgumentType | ObjectGetRequest
    client.get_task(request.to_flyte_idl())
    # E: call-arg | reportCallIssue | request
    client.get_task()
    # E: call-arg | reportCallIssue | positional
    client.get_task(request, 3.0)
    # E: call-arg | reportCallIssue | deadline
    client.get_task(request, deadline=3.0)
    # E: arg-type | reportArgumentType | timeout
    client.get_task(request, timeout="3")
    # E: arg-type | reportArgumentType | metadata
    client.get_task(request, metadata={"key": "value"})
    # E: list-item | reportArgumentType | bytes
    client.get_task(request, metadata=[("key", 1)])


def wrong_responses(client: AdminServiceClient, request: ObjectGetRequest) -> None:
    # E: assignment | reportAssignmentType | Workflow
    workflow: Workflow = client.get_task(request)


def wrong_channels(channel: grpc.Channel, async_channel: aio.Channel) -> None:
    # E: arg-type | reportArgumentType | Channel
    AdminServiceClient(async_channel)
    # E: arg-type | reportArgumentType | Channel
    AdminServiceAsyncClient(channel)


async def not_awaited(client: AdminServiceAsyncClient, request: ObjectGetRequest) -> None:
    # E: unused-coroutine | reportUnusedCoroutine | used
    client.get_task(request)
    # E: attr-defined | reportAttributeAccessIssue | closure
    client.get_task(request).closure


async def wrong_streams(
    client: AsyncAgentServiceClient,
    async_client: AsyncAgentServiceAsyncClient,
    talk: SyncAgentServiceClient,
    request: GetTaskLogsRequest,
    requests: list[GetTaskLogsRequest],
    incoming: AsyncIterator[ExecuteTaskSyncRequest],
) -> None:
    # E: attr-defined | reportAttributeAccessIssue | body
    client.get_task_logs(request).body
    # E: attr-defined | reportGeneralTypeIssues | __aiter__
    _one = [line async for line in client.get_task_logs(request)]
    # E: call-overload | reportArgumentType | AsyncResponseStream
    list(async_client.get_task_logs(request))
    # E: misc | reportGeneralTypeIssues | await
    await async_client.get_task_logs(request)
    # E: arg-type | reportArgumentType | ExecuteTaskSyncRequest
    talk.execute_task_sync(requests)
    # E: arg-type | reportArgumentType | Iterable
    talk.execute_task_sync(incoming)
    # E: arg-type | reportArgumentType | Iterable
    talk.execute_task_sync(ExecuteTaskSyncRequest())


class Admin(AdminServiceServicer):
    # E: override | reportIncompatibleMethodOverride | get_task
    def get_task(self, request: Task, context: grpc.ServicerContext) -> Task:
        return request

    # E: override | reportIncompatibleMethodOverride | get_workflow
    def get_workflow(self, request: ObjectGetRequest, context: grpc.ServicerContext) -> Task:
        return Task.from_bytes(b"")

    # E: override | reportIncompatibleMethodOverride | get_launch_plan
    def get_launch_plan(self, request: ObjectGetRequest) -> None:
        return None


class AsyncAdmin(AdminServiceAsyncServicer):
    # E: override | reportIncompatibleMethodOverride | get_task
    def get_task(
        self, request: ObjectGetRequest, context: aio.ServicerContext[ObjectGetRequest, Task]
    ) -> Task:
        return Task.from_bytes(b"")


class Agent(AsyncAgentServiceServicer):
    # E: override | reportIncompatibleMethodOverride | get_task_logs
    def get_task_logs(
        self, request: GetTaskLogsRequest, context: grpc.ServicerContext
    ) -> GetTaskLogsResponse:
        return GetTaskLogsResponse()


class WrongStream(AsyncAgentServiceServicer):
    # E: override | reportIncompatibleMethodOverride | get_task_logs
    def get_task_logs(
        self, request: GetTaskLogsRequest, context: grpc.ServicerContext
    ) -> Iterator[ExecuteTaskSyncResponse]:
        yield ExecuteTaskSyncResponse()


class AsyncAgent(AsyncAgentServiceAsyncServicer):
    async def get_task(
        self, request: GetTaskRequest, context: aio.ServicerContext[GetTaskRequest, GetTaskResponse]
    ) -> GetTaskResponse:
        # E: return-value | reportReturnType | GetTaskResponse
        return GetTaskLogsResponse()


def wrong_servers(server: grpc.Server, async_server: aio.Server) -> None:
    # E: arg-type | reportArgumentType | Server
    Admin().add_to_server(async_server)
    # E: arg-type | reportArgumentType | Server
    AsyncAgent().add_to_server(server)


def wrong_errors(error: Exception) -> None:
    # E: arg-type | reportArgumentType | RpcError
    status_details(error)
    # E: arg-type | reportArgumentType | StatusCode
    StatusError(5, "not found")


def retired(client: DataProxyServiceClient) -> None:
    # E: deprecated | reportDeprecated | create_download_location
    client.create_download_location
    # E: deprecated | reportDeprecated | create_task
    ExternalPluginServiceAsyncServicer().create_task
