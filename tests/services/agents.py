"""A small service and its callers, of either kind, driven alike from a test's thread.

The service is flyteidl's AsyncAgentService: it has a plain RPC and one that streams.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import ExitStack
from inspect import isawaitable
from typing import Any, Literal, TypeAlias

import grpc
from grpc import aio

from flytebind.models.admin.agent import (
    GetTaskLogsRequest,
    GetTaskLogsResponse,
    GetTaskLogsResponseBody,
    GetTaskRequest,
    GetTaskResponse,
    Resource,
)
from flytebind.services import (
    AsyncAgentServiceAsyncClient,
    AsyncAgentServiceAsyncServicer,
    AsyncAgentServiceClient,
    AsyncAgentServiceServicer,
)
from tests.services.servers import Loop, Options, async_channel, async_server, sync_server

Kind: TypeAlias = Literal["sync", "async"]

#: Answers with a model, or with something that an asyncio servicer has to await first. The context
#: is that of either kind of server.
GetTask: TypeAlias = Callable[[GetTaskRequest, Any], Any]
GetTaskLogs: TypeAlias = Callable[[GetTaskLogsRequest, Any], Iterable[Any]]

Receive: TypeAlias = Callable[[GetTaskLogsResponse], object]


def answer(message: str) -> GetTaskResponse:
    return GetTaskResponse(resource=Resource(message=message))


def lines(*results: str) -> GetTaskLogsResponse:
    return GetTaskLogsResponse(body=GetTaskLogsResponseBody(results=results))


def echo(request: GetTaskRequest, context: Any) -> GetTaskResponse:
    """Answers with what was asked."""
    return answer(request.task_type)


def no_lines(request: GetTaskLogsRequest, context: Any) -> Iterable[GetTaskLogsResponse]:
    return ()


class SyncAgent(AsyncAgentServiceServicer):
    def __init__(self, get_task: GetTask = echo, get_task_logs: GetTaskLogs = no_lines) -> None:
        self._get_task = get_task
        self._get_task_logs = get_task_logs

    def get_task(
        self, request: GetTaskRequest, context: grpc.ServicerContext, /
    ) -> GetTaskResponse:
        response: GetTaskResponse = self._get_task(request, context)
        return response

    def get_task_logs(
        self, request: GetTaskLogsRequest, context: grpc.ServicerContext, /
    ) -> Iterator[GetTaskLogsResponse]:
        yield from self._get_task_logs(request, context)


class AsyncAgent(AsyncAgentServiceAsyncServicer):
    def __init__(self, get_task: GetTask = echo, get_task_logs: GetTaskLogs = no_lines) -> None:
        self._get_task = get_task
        self._get_task_logs = get_task_logs

    async def get_task(
        self,
        request: GetTaskRequest,
        context: aio.ServicerContext[GetTaskRequest, GetTaskResponse],
        /,
    ) -> GetTaskResponse:
        given = self._get_task(request, context)
        response: GetTaskResponse = await given if isawaitable(given) else given
        return response

    async def get_task_logs(
        self,
        request: GetTaskLogsRequest,
        context: aio.ServicerContext[GetTaskLogsRequest, GetTaskLogsResponse],
        /,
    ) -> AsyncIterator[GetTaskLogsResponse]:
        for response in self._get_task_logs(request, context):
            yield response


class Caller:
    """Calls an agent and waits, whatever kind of client it does it with."""

    def get_task(self, request: GetTaskRequest, **options: Any) -> GetTaskResponse:
        raise NotImplementedError

    def get_task_logs(self, request: GetTaskLogsRequest, receive: Receive, **options: Any) -> None:
        """Read to the end, and hand on each message as it arrives."""
        raise NotImplementedError


class SyncCaller(Caller):
    def __init__(self, channel: grpc.Channel) -> None:
        self._client = AsyncAgentServiceClient(channel)

    def get_task(self, request: GetTaskRequest, **options: Any) -> GetTaskResponse:
        return self._client.get_task(request, **options)

    def get_task_logs(self, request: GetTaskLogsRequest, receive: Receive, **options: Any) -> None:
        for response in self._client.get_task_logs(request, **options):
            receive(response)


class AsyncCaller(Caller):
    def __init__(self, channel: aio.Channel, loop: Loop) -> None:
        self._client = AsyncAgentServiceAsyncClient(channel)
        self._loop = loop

    def get_task(self, request: GetTaskRequest, **options: Any) -> GetTaskResponse:
        return self._loop.run(self._client.get_task(request, **options))

    def get_task_logs(self, request: GetTaskLogsRequest, receive: Receive, **options: Any) -> None:
        async def read() -> None:
            async for response in self._client.get_task_logs(request, **options):
                receive(response)

        self._loop.run(read())


class Agents(ExitStack):
    """Starts servers of one kind and connects clients of one kind; closes all in the end."""

    def __init__(self, loop: Loop, client: Kind, server: Kind) -> None:
        super().__init__()
        self.loop = loop
        self.client = client
        self.server = server

    def serve(
        self,
        get_task: GetTask = echo,
        get_task_logs: GetTaskLogs = no_lines,
        options: Options = (),
        port: int = 0,
    ) -> str:
        """Start an agent; returns its address."""
        if self.server == "sync":
            agent = SyncAgent(get_task, get_task_logs)
            return self.enter_context(sync_server(agent.add_to_server, options=options, port=port))
        async_agent = AsyncAgent(get_task, get_task_logs)
        server = async_server(async_agent.add_to_server, options=options, port=port)
        return self.enter_context(self.loop.within(server))

    def connect(self, address: str, options: Options = ()) -> Caller:
        """A client of an agent."""
        if self.client == "sync":
            channel = self.enter_context(grpc.insecure_channel(address, options=options))
            return SyncCaller(channel)
        async_one = self.enter_context(self.loop.within(async_channel(address, options)))
        return AsyncCaller(async_one, self.loop)

    def start(self, get_task: GetTask = echo, get_task_logs: GetTaskLogs = no_lines) -> Caller:
        """A client of an agent that it starts."""
        return self.connect(self.serve(get_task, get_task_logs))
