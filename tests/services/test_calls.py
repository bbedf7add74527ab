"""What callers may ask of a call: deadlines, metadata, patience, size, company."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from flytebind.models.admin.agent import GetTaskLogsRequest, GetTaskLogsResponse, GetTaskRequest
from flytebind.services import AsyncAgentServiceAsyncClient, AsyncAgentServiceClient
from tests.services.agents import Agents, AsyncAgent, SyncAgent, answer, lines
from tests.services.servers import PATIENCE, Loop, async_channel, async_server, sync_server

REQUEST = GetTaskRequest(task_type="spark")
SHORT = 0.1  # Seconds that a call waits which must not be answered in time.
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
BIG = "x" * 5 * 2**20  # gRPC takes 4 MiB unless told otherwise.


class Stuck:
    """A handler that does not answer before its call has ended."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.seconds_left: float | None = None

    def __call__(self, request: GetTaskRequest, context: Any) -> Any:
        self.seconds_left = context.time_remaining()
        if isinstance(context, grpc.ServicerContext):
            context.add_callback(self.ended.set)
            assert self.ended.wait(PATIENCE)
            return answer("too late")
        return self._wait()

    async def _wait(self) -> Any:
        try:
            await asyncio.sleep(PATIENCE)
        finally:
            self.ended.set()


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (GetTaskLogsRequest(), "GetTaskLogsRequest"),
        (b"", "bytes"),
        (None, "NoneType"),
        (GetTaskRequest, "the class GetTaskRequest"),
    ],
)
def test_a_wrong_request_is_refused_before_it_is_sent(
    agents: Agents, wrong: Any, kind: str
) -> None:
    caller = agents.connect("127.0.0.1:1")
    with pytest.raises(TypeError) as caught:
        caller.get_task(wrong)
    assert str(caught.value) == f"AsyncAgentService/GetTask takes GetTaskRequest, not {kind}"


def test_a_deadline_ends_the_call_on_both_sides(agents: Agents) -> None:
    stuck = Stuck()
    with pytest.raises(grpc.RpcError) as caught:
        agents.start(stuck).get_task(REQUEST, timeout=SHORT)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert stuck.ended.wait(PATIENCE)
    assert stuck.seconds_left is not None
    assert stuck.seconds_left < 1


def test_without_a_timeout_there_is_no_deadline(agents: Agents) -> None:
    left: list[float | None] = []

    def look(request: GetTaskRequest, context: Any) -> Any:
        left.append(context.time_remaining())
        return answer("")

    agents.start(look).get_task(REQUEST)
    assert left[0] is None or left[0] > 10**9  # A sync server has a number for it.


def test_metadata_reaches_the_server(agents: Agents) -> None:
    seen: list[tuple[str, str | bytes]] = []

    def look(request: GetTaskRequest, context: Any) -> Any:
        seen.extend((key, value) for key, value in context.invocation_metadata())
        return answer("")

    pairs = [("x-tenant", "a"), ("x-tenant", "b"), ("x-key-bin", b"\x00\xff")]
    agents.start(look).get_task(REQUEST, metadata=pairs)
    assert [pair for pair in seen if pair[0].startswith("x-")] == pairs


def test_metadata_reaches_the_server_of_a_stream(agents: Agents) -> None:
    def look(request: GetTaskLogsRequest, context: Any) -> Iterator[GetTaskLogsResponse]:
        metadata = dict(context.invocation_metadata())
        yield lines(metadata["x-tenant"])

    received: list[GetTaskLogsResponse] = []
    caller = agents.start(get_task_logs=look)
    caller.get_task_logs(GetTaskLogsRequest(), received.append, metadata=(("x-tenant", "a"),))
    assert received == [lines("a")]


def test_waiting_for_ready_outlasts_a_server_that_is_not_there_yet(agents: Agents) -> None:
    address = agents.serve()
    agents.close()  # Its port was free a moment ago, and nobody listens on it.
    impatient = agents.connect(address)
    with pytest.raises(grpc.RpcError) as caught:
        impatient.get_task(REQUEST, wait_for_ready=False)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE

    patient = agents.connect(address, [("grpc.max_reconnect_backoff_ms", 100)])
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(patient.get_task, REQUEST, wait_for_ready=True, timeout=PATIENCE)
        agents.serve(port=int(address.rpartition(":")[2]))
        assert waiting.result(PATIENCE) == answer("spark")


def test_big_messages_pass_where_both_sides_allow_them(agents: Agents) -> None:
    address = agents.serve(options=UNLIMITED)
    caller = agents.connect(address, UNLIMITED)
    assert caller.get_task(GetTaskRequest(task_type=BIG)) == answer(BIG)


@pytest.mark.parametrize("side", ["request", "response"])
def test_big_messages_exhaust_a_side_that_does_not_allow_them(agents: Agents, side: str) -> None:
    is_request = side == "request"
    address = agents.serve(
        get_task=lambda request, context: answer("" if is_request else BIG),
        options=() if is_request else UNLIMITED,
    )
    caller = agents.connect(address, UNLIMITED if is_request else ())
    with pytest.raises(grpc.RpcError) as caught:
        caller.get_task(GetTaskRequest(task_type=BIG if is_request else ""))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_threads_share_a_client() -> None:
    threads, calls = 32, 10
    together = threading.Barrier(threads)
    with (
        sync_server(SyncAgent().add_to_server) as address,
        grpc.insecure_channel(address) as channel,
        ThreadPoolExecutor(threads) as pool,
    ):
        client = AsyncAgentServiceClient(channel)

        def work(number: int) -> bool:
            together.wait(PATIENCE)  # So that all of them open the method at once.
            return all(
                client.get_task(GetTaskRequest(task_type=f"{number}-{call}"))
                == answer(f"{number}-{call}")
                for call in range(calls)
            )

        assert list(pool.map(work, range(threads))) == [True] * threads


def test_tasks_share_a_client(loop: Loop) -> None:
    async def work() -> None:
        async with (
            async_server(AsyncAgent().add_to_server) as address,
            async_channel(address) as channel,
        ):
            client = AsyncAgentServiceAsyncClient(channel)
            requests = [GetTaskRequest(task_type=str(number)) for number in range(100)]
            answers = await asyncio.gather(*map(client.get_task, requests))
            assert answers == [answer(str(number)) for number in range(100)]

    loop.run(work())
