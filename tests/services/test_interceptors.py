"""Clients and servicers work below whatever interceptors a program has."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import grpc
from grpc import aio

from flytebind.models.admin.agent import (
    GetTaskLogsRequest,
    GetTaskLogsResponse,
    GetTaskRequest,
    GetTaskResponse,
)
from flytebind.services import AsyncAgentServiceAsyncClient, AsyncAgentServiceClient
from tests.services.agents import AsyncAgent, SyncAgent, answer, lines
from tests.services.servers import PATIENCE, Loop, async_channel, async_server, sync_server

Req = TypeVar("Req")
Res = TypeVar("Res")

SERVICE = "/flyteidl.service.AsyncAgentService"
REQUEST = GetTaskRequest(task_type="spark")
LOGS_REQUEST = GetTaskLogsRequest(token="t")


def tenant(request: GetTaskRequest, context: Any) -> GetTaskResponse:
    """Answers with what the interceptor has put into the metadata."""
    return answer(dict(context.invocation_metadata())["tenant"])


def tenant_logs(request: GetTaskLogsRequest, context: Any) -> Iterator[GetTaskLogsResponse]:
    yield lines(dict(context.invocation_metadata())["tenant"])
    yield lines("two")


_Fields = namedtuple(
    "_Fields", ("method", "timeout", "metadata", "credentials", "wait_for_ready", "compression")
)


class _Details(_Fields, grpc.ClientCallDetails):
    """What a call is made with, as grpcio lets interceptors change it."""


class Intercept(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []

    def intercept_unary_unary(
        self,
        continuation: Callable[[grpc.ClientCallDetails, Req], Any],
        client_call_details: grpc.ClientCallDetails,
        request: Req,
    ) -> Any:
        call = continuation(self._changed(client_call_details, request), request)
        self.seen.append(("answer", call.result()))
        return call

    def intercept_unary_stream(
        self,
        continuation: Callable[[grpc.ClientCallDetails, Req], Any],
        client_call_details: grpc.ClientCallDetails,
        request: Req,
    ) -> Any:
        return continuation(self._changed(client_call_details, request), request)

    def _changed(self, details: grpc.ClientCallDetails, request: object) -> _Details:
        self.seen.append((details.method, details.timeout, details.wait_for_ready, request))
        metadata = [*(details.metadata or ()), ("tenant", "a")]
        return _Details(details.method, details.timeout, metadata, None, None, None)


def test_interceptors_of_a_channel_see_and_change_calls() -> None:
    intercept = Intercept()
    with (
        sync_server(SyncAgent(tenant, tenant_logs).add_to_server) as address,
        grpc.insecure_channel(address) as channel,
    ):
        client = AsyncAgentServiceClient(grpc.intercept_channel(channel, intercept))
        assert client.get_task(REQUEST, timeout=PATIENCE, wait_for_ready=True) == answer("a")
        stream = client.get_task_logs(LOGS_REQUEST, metadata=[("other", "b")])
        assert list(stream) == [lines("a"), lines("two")]
    assert intercept.seen == [
        (f"{SERVICE}/GetTask", PATIENCE, True, REQUEST),
        ("answer", answer("a")),
        (f"{SERVICE}/GetTaskLogs", None, None, LOGS_REQUEST),
    ]


class _AsyncIntercept:
    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []

    def changed(self, details: aio.ClientCallDetails, request: object) -> aio.ClientCallDetails:
        method: Any = details.method  # types-grpcio says str, where grpcio has bytes.
        self.seen.append((method.decode(), details.timeout, details.wait_for_ready, request))
        metadata = aio.Metadata(*(details.metadata or ()), ("tenant", "a"))
        return aio.ClientCallDetails(method, details.timeout, metadata, None, None)


class AsyncIntercept(_AsyncIntercept, aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(
        self,
        continuation: Callable[[aio.ClientCallDetails, Req], Any],
        client_call_details: aio.ClientCallDetails,
        request: Req,
    ) -> Any:
        return await continuation(self.changed(client_call_details, request), request)


class AsyncStreamIntercept(_AsyncIntercept, aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(
        self,
        continuation: Callable[[aio.ClientCallDetails, Req], Any],
        client_call_details: aio.ClientCallDetails,
        request: Req,
    ) -> Any:
        return await continuation(self.changed(client_call_details, request), request)


def test_interceptors_of_an_asyncio_channel_see_and_change_calls(loop: Loop) -> None:
    unary, stream = AsyncIntercept(), AsyncStreamIntercept()

    async def work() -> None:
        async with (
            async_server(AsyncAgent(tenant, tenant_logs).add_to_server) as address,
            aio.insecure_channel(address, interceptors=[unary, stream]) as channel,
        ):
            client = AsyncAgentServiceAsyncClient(channel)
            got = await client.get_task(REQUEST, timeout=PATIENCE, wait_for_ready=True)
            assert got == answer("a")
            logs = client.get_task_logs(LOGS_REQUEST, metadata=[("other", "b")])
            assert [line async for line in logs] == [lines("a"), lines("two")]
            assert logs.cancel() is False

    loop.run(work())
    assert unary.seen == [(f"{SERVICE}/GetTask", PATIENCE, True, REQUEST)]
    assert stream.seen == [(f"{SERVICE}/GetTaskLogs", None, None, LOGS_REQUEST)]


class ServerIntercept(grpc.ServerInterceptor):
    """Answers in place of the servicer, with its help; sees models."""

    def __init__(self) -> None:
        self.seen: list[object] = []

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Any],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        handler = continuation(handler_call_details)

        def serve(request: Any, context: Any) -> Any:
            self.seen.append(request)
            response = handler.unary_unary(request, context)
            self.seen.append(response)
            return response

        return grpc.unary_unary_rpc_method_handler(
            serve, handler.request_deserializer, handler.response_serializer
        )


class AsyncServerIntercept(aio.ServerInterceptor):
    """The same for asyncio."""

    def __init__(self) -> None:
        self.seen: list[object] = []

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Any],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        handler = await continuation(handler_call_details)

        async def serve(request: Any, context: Any) -> Any:
            self.seen.append(request)
            response = await handler.unary_unary(request, context)
            self.seen.append(response)
            return response

        return grpc.unary_unary_rpc_method_handler(
            serve, handler.request_deserializer, handler.response_serializer
        )


def test_interceptors_of_a_server_see_models() -> None:
    intercept = ServerIntercept()
    with (
        sync_server(SyncAgent().add_to_server, interceptors=[intercept]) as address,
        grpc.insecure_channel(address) as channel,
    ):
        assert AsyncAgentServiceClient(channel).get_task(REQUEST) == answer("spark")
    assert intercept.seen == [REQUEST, answer("spark")]


def test_interceptors_of_an_asyncio_server_see_models(loop: Loop) -> None:
    intercept = AsyncServerIntercept()

    async def work() -> None:
        async with (
            async_server(AsyncAgent().add_to_server, interceptors=[intercept]) as address,
            async_channel(address) as channel,
        ):
            client = AsyncAgentServiceAsyncClient(channel)
            assert await client.get_task(REQUEST) == answer("spark")

    loop.run(work())
    assert intercept.seen == [REQUEST, answer("spark")]
