"""Calls over a socket: unary round trips, and messages through a stream.

Contestants who differ in the client call one server, which is raw; those who differ in the servicer
are called by one client, which is raw. All servers share a process of their own. Run as a module,
this is that process: it prints its two ports and serves until its standard input ends.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from itertools import repeat
from time import perf_counter
from typing import Any, TypeAlias

import grpc
from flyteidl.admin import agent_pb2, node_execution_pb2
from grpc import aio

from benchmarks.benchmark import FLYTEBIND, RAW, Benchmark, BenchmarkError, Sampler
from benchmarks.process import ROOT
from benchmarks.samples import node_execution

# flyteidl's own stubs and servicers; they carry no types.
admin_pb2_grpc: Any = import_module("flyteidl.service.admin_pb2_grpc")
agent_pb2_grpc: Any = import_module("flyteidl.service.agent_pb2_grpc")

UNARY_CALLS = 200
LOG_MESSAGES = 2000
DIALOGUE_MESSAGES = 500
IN_FLIGHT = 20  # What an asyncio program that wants throughput does at once.

NODE = node_execution(1)
GET_NODE = node_execution_pb2.NodeExecutionGetRequest(id=NODE.id)
GET_LOGS = agent_pb2.GetTaskLogsRequest(token="t")
LOGS = agent_pb2.GetTaskLogsResponse(
    body=agent_pb2.GetTaskLogsResponseBody(results=["12:00:00 INFO epoch 3 of 100: loss 0.042"])
)
SAY = agent_pb2.ExecuteTaskSyncRequest(
    header=agent_pb2.CreateRequestHeader(output_prefix="s3://bucket/prefix")
)
REPLY = agent_pb2.ExecuteTaskSyncResponse(
    header=agent_pb2.ExecuteTaskSyncResponseHeader(
        resource=agent_pb2.Resource(message="s3://bucket/prefix")
    )
)

#: Makes all calls of one sample over a channel, and says what came of them.
Job: TypeAlias = Callable[[], object]
Make: TypeAlias = Callable[[grpc.Channel], Job]
AsyncMake: TypeAlias = Callable[[aio.Channel], Callable[[], Coroutine[Any, Any, object]]]


# ---- The server ---------------------------------------------------------------------------------


def add_raw(server: grpc.Server) -> None:
    """Serve with flyteidl's own classes."""

    def get_node(servicer: object, request: object, context: object) -> object:
        return NODE

    def get_logs(servicer: object, request: object, context: object) -> object:
        return repeat(LOGS, LOG_MESSAGES)

    def dialogue(servicer: object, requests: Iterator[object], context: object) -> object:
        return (REPLY for _ in requests)

    admin, agent, sync_agent = (
        type(base.__name__, (base,), {name: method})()
        for base, name, method in (
            (admin_pb2_grpc.AdminServiceServicer, "GetNodeExecution", get_node),
            (agent_pb2_grpc.AsyncAgentServiceServicer, "GetTaskLogs", get_logs),
            (agent_pb2_grpc.SyncAgentServiceServicer, "ExecuteTaskSync", dialogue),
        )
    )
    admin_pb2_grpc.add_AdminServiceServicer_to_server(admin, server)
    agent_pb2_grpc.add_AsyncAgentServiceServicer_to_server(agent, server)
    agent_pb2_grpc.add_SyncAgentServiceServicer_to_server(sync_agent, server)


def add_flytebind(server: grpc.Server) -> None:
    """Serve the same with our classes."""
    from flytebind.models.admin.agent import (
        ExecuteTaskSyncRequest,
        ExecuteTaskSyncResponse,
        GetTaskLogsRequest,
        GetTaskLogsResponse,
    )
    from flytebind.models.admin.node_execution import NodeExecutionGetRequest
    from flytebind.models.node_execution import NodeExecution
    from flytebind.services import (
        AdminServiceServicer,
        AsyncAgentServiceServicer,
        SyncAgentServiceServicer,
    )

    node = NodeExecution.from_pb(NODE)
    logs = GetTaskLogsResponse.from_pb(LOGS)
    reply = ExecuteTaskSyncResponse.from_pb(REPLY)

    class Admin(AdminServiceServicer):
        def get_node_execution(
            self, request: NodeExecutionGetRequest, context: grpc.ServicerContext, /
        ) -> NodeExecution:
            return node

    class Agent(AsyncAgentServiceServicer):
        def get_task_logs(
            self, request: GetTaskLogsRequest, context: grpc.ServicerContext, /
        ) -> Iterator[GetTaskLogsResponse]:
            return iter(repeat(logs, LOG_MESSAGES))

    class SyncAgent(SyncAgentServiceServicer):
        def execute_task_sync(
            self, requests: Iterator[ExecuteTaskSyncRequest], context: grpc.ServicerContext, /
        ) -> Iterator[ExecuteTaskSyncResponse]:
            return (reply for _ in requests)

    Admin().add_to_server(server)
    Agent().add_to_server(server)
    SyncAgent().add_to_server(server)


def serve() -> None:
    """Run both servers until standard input ends."""
    ports = []
    servers = []
    for add in (add_raw, add_flytebind):
        server = grpc.server(ThreadPoolExecutor(8))
        add(server)
        ports.append(server.add_insecure_port("127.0.0.1:0"))
        server.start()
        servers.append(server)
    print(*ports, flush=True)
    sys.stdin.read()
    for server in servers:
        server.stop(None).wait()


@contextmanager
def servers() -> Iterator[Mapping[str, str]]:
    """The address of each contestant's server.

    Raises:
        BenchmarkError: If the process does not start.
    """
    command = [sys.executable, "-m", "benchmarks.services"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        ports = process.stdout.readline().split()
        if len(ports) != 2:
            raise BenchmarkError("the server has not started")
        try:
            yield dict(zip((RAW, FLYTEBIND), (f"127.0.0.1:{port}" for port in ports), strict=True))
        finally:
            process.terminate()


# ---- The clients --------------------------------------------------------------------------------


def raw_unary(channel: grpc.Channel) -> Job:
    stub = admin_pb2_grpc.AdminServiceStub(channel)
    return lambda: [stub.GetNodeExecution(GET_NODE).id.node_id for _ in range(UNARY_CALLS)]


def flytebind_unary(channel: grpc.Channel) -> Job:
    from flytebind.models.admin.node_execution import NodeExecutionGetRequest
    from flytebind.services import AdminServiceClient

    client = AdminServiceClient(channel)
    request = NodeExecutionGetRequest.from_pb(GET_NODE)
    return lambda: [client.get_node_execution(request).id.node_id for _ in range(UNARY_CALLS)]


def raw_unary_async(channel: aio.Channel) -> Callable[[], Coroutine[Any, Any, object]]:
    stub = admin_pb2_grpc.AdminServiceStub(channel)

    async def some() -> list[str]:
        calls = range(UNARY_CALLS // IN_FLIGHT)
        return [(await stub.GetNodeExecution(GET_NODE)).id.node_id for _ in calls]

    async def job() -> object:
        return await asyncio.gather(*(some() for _ in range(IN_FLIGHT)))

    return job


def flytebind_unary_async(channel: aio.Channel) -> Callable[[], Coroutine[Any, Any, object]]:
    from flytebind.models.admin.node_execution import NodeExecutionGetRequest
    from flytebind.services import AdminServiceAsyncClient

    client = AdminServiceAsyncClient(channel)
    request = NodeExecutionGetRequest.from_pb(GET_NODE)

    async def some() -> list[str]:
        calls = range(UNARY_CALLS // IN_FLIGHT)
        return [(await client.get_node_execution(request)).id.node_id for _ in calls]

    async def job() -> object:
        return await asyncio.gather(*(some() for _ in range(IN_FLIGHT)))

    return job


def raw_logs(channel: grpc.Channel) -> Job:
    stub = agent_pb2_grpc.AsyncAgentServiceStub(channel)
    return lambda: [len(message.body.results) for message in stub.GetTaskLogs(GET_LOGS)]


def flytebind_logs(channel: grpc.Channel) -> Job:
    from flytebind.models.admin.agent import GetTaskLogsRequest
    from flytebind.services import AsyncAgentServiceClient

    client = AsyncAgentServiceClient(channel)
    request = GetTaskLogsRequest.from_pb(GET_LOGS)
    return lambda: [
        len(message.body.results) for message in client.get_task_logs(request) if message.body
    ]


def raw_logs_async(channel: aio.Channel) -> Callable[[], Coroutine[Any, Any, object]]:
    stub = agent_pb2_grpc.AsyncAgentServiceStub(channel)

    async def job() -> object:
        return [len(message.body.results) async for message in stub.GetTaskLogs(GET_LOGS)]

    return job


def flytebind_logs_async(channel: aio.Channel) -> Callable[[], Coroutine[Any, Any, object]]:
    from flytebind.models.admin.agent import GetTaskLogsRequest
    from flytebind.services import AsyncAgentServiceAsyncClient

    client = AsyncAgentServiceAsyncClient(channel)
    request = GetTaskLogsRequest.from_pb(GET_LOGS)

    async def job() -> object:
        return [
            len(message.body.results)
            async for message in client.get_task_logs(request)
            if message.body
        ]

    return job


def raw_dialogue(channel: grpc.Channel) -> Job:
    stub = agent_pb2_grpc.SyncAgentServiceStub(channel)
    return lambda: sum(1 for _ in stub.ExecuteTaskSync(repeat(SAY, DIALOGUE_MESSAGES)))


def flytebind_dialogue(channel: grpc.Channel) -> Job:
    from flytebind.models.admin.agent import ExecuteTaskSyncRequest
    from flytebind.services import SyncAgentServiceClient

    client = SyncAgentServiceClient(channel)
    request = ExecuteTaskSyncRequest.from_pb(SAY)
    return lambda: sum(1 for _ in client.execute_task_sync(repeat(request, DIALOGUE_MESSAGES)))


def raw_dialogue_async(channel: aio.Channel) -> Callable[[], Coroutine[Any, Any, object]]:
    stub = agent_pb2_grpc.SyncAgentServiceStub(channel)

    async def job() -> object:
        replies = [reply async for reply in stub.ExecuteTaskSync(repeat(SAY, DIALOGUE_MESSAGES))]
        return len(replies)

    return job


def flytebind_dialogue_async(channel: aio.Channel) -> Callable[[], Coroutine[Any, Any, object]]:
    from flytebind.models.admin.agent import ExecuteTaskSyncRequest
    from flytebind.services import SyncAgentServiceAsyncClient

    client = SyncAgentServiceAsyncClient(channel)
    requests = partial(repeat, ExecuteTaskSyncRequest.from_pb(SAY), DIALOGUE_MESSAGES)

    async def job() -> object:
        replies = [reply async for reply in client.execute_task_sync(requests())]
        return len(replies)

    return job


# ---- The contests -------------------------------------------------------------------------------


def timers(jobs: Mapping[str, Job], items: int) -> Mapping[str, Sampler]:
    """Timers of jobs that come to the same result: seconds on the wall for each call or message.

    Raises:
        BenchmarkError: If they do not.
    """
    results = {name: job() for name, job in jobs.items()}
    for name, result in results.items():
        if result != results[RAW]:
            raise BenchmarkError(f"{name} differs from {RAW}")

    def sample(job: Job) -> float:
        started = perf_counter()
        job()
        return (perf_counter() - started) / items

    return {name: partial(sample, job) for name, job in jobs.items()}


def client_benchmark(name: str, title: str, items: int, raw: Make, flytebind: Make) -> Benchmark:
    """Compare clients of the raw server."""

    @contextmanager
    def samplers() -> Iterator[Mapping[str, Sampler]]:
        with servers() as addresses, grpc.insecure_channel(addresses[RAW]) as channel:
            yield timers({RAW: raw(channel), FLYTEBIND: flytebind(channel)}, items)

    return _row(name, title, samplers)


def async_client_benchmark(
    name: str, title: str, items: int, raw: AsyncMake, flytebind: AsyncMake
) -> Benchmark:
    """Compare asyncio clients of the raw server."""

    @contextmanager
    def samplers() -> Iterator[Mapping[str, Sampler]]:
        loop = asyncio.new_event_loop()

        async def connect(address: str) -> aio.Channel:
            return aio.insecure_channel(address)

        def job(work: Callable[[], Coroutine[Any, Any, object]]) -> Job:
            return lambda: loop.run_until_complete(work())

        with servers() as addresses:
            channel = loop.run_until_complete(connect(addresses[RAW]))
            jobs = {RAW: job(raw(channel)), FLYTEBIND: job(flytebind(channel))}
            try:
                yield timers(jobs, items)
            finally:
                loop.run_until_complete(channel.close())
                loop.close()

    return _row(name, title, samplers)


def servicer_benchmark(name: str, title: str, items: int, raw: Make) -> Benchmark:
    """Compare servers, called by the raw client."""

    @contextmanager
    def samplers() -> Iterator[Mapping[str, Sampler]]:
        with (
            servers() as addresses,
            grpc.insecure_channel(addresses[RAW]) as channel,
            grpc.insecure_channel(addresses[FLYTEBIND]) as our_channel,
        ):
            yield timers({RAW: raw(channel), FLYTEBIND: raw(our_channel)}, items)

    return _row(name, title, samplers)


def _row(name: str, title: str, samplers: Callable[[], Any]) -> Benchmark:
    # At least 0.9 times the throughput.
    return Benchmark(name, title, 1.11, samplers, rounds=31, quick_rounds=5)


SERVICES = (
    client_benchmark("unary", "unary call", UNARY_CALLS, raw_unary, flytebind_unary),
    async_client_benchmark(
        "unary-async",
        f"unary call, asyncio, {IN_FLIGHT} at once",
        UNARY_CALLS,
        raw_unary_async,
        flytebind_unary_async,
    ),
    client_benchmark(
        "stream", "message of a server's stream", LOG_MESSAGES, raw_logs, flytebind_logs
    ),
    async_client_benchmark(
        "stream-async",
        "message of a server's stream, asyncio",
        LOG_MESSAGES,
        raw_logs_async,
        flytebind_logs_async,
    ),
    client_benchmark(
        "dialogue",
        "message and reply in a dialogue",
        DIALOGUE_MESSAGES,
        raw_dialogue,
        flytebind_dialogue,
    ),
    async_client_benchmark(
        "dialogue-async",
        "message and reply in a dialogue, asyncio",
        DIALOGUE_MESSAGES,
        raw_dialogue_async,
        flytebind_dialogue_async,
    ),
    servicer_benchmark("serve-unary", "unary call, served", UNARY_CALLS, raw_unary),
    servicer_benchmark("serve-stream", "message of a stream, served", LOG_MESSAGES, raw_logs),
)


if __name__ == "__main__":
    serve()
