"""One remote for many threads and loops, and many remotes for one program."""

from __future__ import annotations

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from grpc import aio

from flytebind.remote import AsyncFlyteRemote, FlyteAssertion, FlyteCallError, FlyteRemote
from flytebind.sandbox import Sandbox
from tests.remote.conftest import DOMAIN, PROJECT, config
from tests.remote.faults.leftovers import descriptors, until
from tests.remote.scenes.bulk import wide

NODES = 40


def test_remotes_that_come_and_go_leave_nothing(kind: str, sandbox: Sandbox) -> None:
    def use() -> None:
        if kind == "sync":
            with FlyteRemote(config(sandbox)) as remote:
                remote.list_projects()
        else:
            asyncio.run(_use(AsyncFlyteRemote(config(sandbox))))

    use()
    threads, before = _threads(), descriptors()
    for _ in range(100):
        use()
    until(lambda: _threads() <= threads, "the end of their threads")
    until(lambda: descriptors() <= before, "the end of their connections")


def _threads() -> int:
    """How many threads there are, but for those that the sandbox begins when it is busy."""
    return sum(not thread.name.startswith("sandbox") for thread in threading.enumerate())


async def _use(remote: AsyncFlyteRemote) -> None:
    async with remote:
        await remote.list_projects()


def test_remotes_that_nobody_closes_go_with_the_garbage(sandbox: Sandbox) -> None:
    remote = FlyteRemote(config(sandbox))
    remote.list_projects()
    before = descriptors()
    for _ in range(20):
        remote = FlyteRemote(config(sandbox))
        remote.list_projects()
    gc.collect()
    until(lambda: descriptors() <= before, "the end of their connections")


def test_loops_in_two_threads_share_a_remote(sandbox: Sandbox) -> None:
    name = wide(sandbox, NODES).id.name
    meeting = threading.Barrier(2)

    async def work(remote: AsyncFlyteRemote) -> int:
        execution = await remote.fetch_execution(name)
        meeting.wait(30)
        await remote.sync(execution, sync_nodes=True)
        return len(execution.node_executions)

    with (
        closing(AsyncFlyteRemote(config(sandbox), PROJECT, DOMAIN)) as remote,
        ThreadPoolExecutor(2) as pool,
    ):
        loops = [pool.submit(asyncio.run, work(remote)) for _ in range(2)]
        assert [each.result() for each in loops] == [NODES + 2] * 2


def test_each_run_may_have_a_loop_of_its_own(sandbox: Sandbox) -> None:
    name = wide(sandbox, NODES).id.name

    async def work(remote: AsyncFlyteRemote) -> int:
        execution = await remote.sync(await remote.fetch_execution(name), sync_nodes=True)
        return len(execution.node_executions)

    with closing(AsyncFlyteRemote(config(sandbox), PROJECT, DOMAIN)) as remote:
        assert [asyncio.run(work(remote)) for _ in range(5)] == [NODES + 2] * 5


def test_the_blocking_face_works_inside_a_running_loop(sandbox: Sandbox) -> None:
    name = wide(sandbox, NODES).id.name

    async def cell() -> list[bool]:
        with FlyteRemote(config(sandbox), PROJECT, DOMAIN) as remote:
            execution = remote.fetch_execution(name).wait()
            listed = next(iter(remote.list_executions(limit=1)))
            return [node.is_done for node in execution.node_executions.values()] + [listed.is_done]

    assert asyncio.run(cell()) == [True] * (NODES + 3)


def test_threads_share_a_remote_and_an_execution(sandbox: Sandbox) -> None:
    name = wide(sandbox, NODES).id.name
    meeting = threading.Barrier(16)
    with FlyteRemote(config(sandbox), PROJECT, DOMAIN) as remote:
        execution = remote.fetch_execution(name)

        def work(_: int) -> tuple[int, object]:
            meeting.wait(30)
            execution.sync(sync_nodes=True)
            nodes = execution.node_executions.values()
            assert not any(node.problem for node in nodes)
            assert all(
                node.outputs and node.task_executions for node in nodes if not node.is_boundary
            )
            return len(nodes), execution.outputs["o0"]

        with ThreadPoolExecutor(16) as pool:
            assert list(pool.map(work, range(16))) == [(NODES + 2, NODES)] * 16


def test_threads_that_touch_the_same_data_all_get_it(sandbox: Sandbox) -> None:
    name = wide(sandbox, NODES).id.name
    meeting = threading.Barrier(16)
    with FlyteRemote(config(sandbox), PROJECT, DOMAIN) as remote:
        execution = remote.fetch_execution(name)
        remote.sync(execution, sync_nodes=True, data=False)
        node = execution.node_executions["n7"]

        def work(_: int) -> tuple[object, object, int]:
            meeting.wait(30)
            return node.outputs["o0"], execution.outputs["o0"], len(node.task_executions)

        with ThreadPoolExecutor(16) as pool:
            assert list(pool.map(work, range(16))) == [(8, NODES, 1)] * 16


def test_threads_open_one_connection_between_them(sandbox: Sandbox) -> None:
    meeting = threading.Barrier(16)
    with FlyteRemote(config(sandbox)) as remote:

        def work(_: int) -> int:
            meeting.wait(30)
            return len(remote.list_projects())

        with ThreadPoolExecutor(16) as pool:
            assert list(pool.map(work, range(16))) == [1] * 16
        assert sandbox.faults.drop_connections() == 1


def test_tasks_of_a_loop_share_a_remote(sandbox: Sandbox) -> None:
    async def main() -> list[int]:
        async with AsyncFlyteRemote(config(sandbox), max_calls=4) as remote:
            answers = await asyncio.gather(*(remote.list_projects() for _ in range(100)))
            return [len(each) for each in answers]

    assert asyncio.run(main()) == [1] * 100


def test_a_task_that_is_cancelled_hurts_no_other(sandbox: Sandbox) -> None:
    async def main() -> int:
        async with AsyncFlyteRemote(config(sandbox), max_calls=2) as remote:
            sandbox.faults.latency(60, times=2)
            slow = [asyncio.ensure_future(remote.list_projects()) for _ in range(2)]
            await asyncio.to_thread(until, lambda: sandbox.calls["ListProjects"] == 2, "calls")
            waiting = asyncio.ensure_future(remote.list_projects())
            for each in slow:
                each.cancel()
            for each in slow:
                with pytest.raises(asyncio.CancelledError):
                    await each
            return len(await waiting)

    assert asyncio.run(main()) == 1


def test_a_timeout_of_asyncio_ends_calls_that_wait_for_their_turn(sandbox: Sandbox) -> None:
    sandbox.faults.latency(60)

    async def main() -> None:
        async with AsyncFlyteRemote(config(sandbox), max_calls=4) as remote:
            calls = [asyncio.ensure_future(remote.list_projects()) for _ in range(8)]
            with pytest.raises((TimeoutError, asyncio.TimeoutError)):
                await asyncio.wait_for(asyncio.gather(*calls), 0.2)
            assert [each.cancelled() for each in calls] == [True] * 8

    asyncio.run(main())


def test_a_channel_of_ones_own_loop_may_be_closed_in_mid_call(sandbox: Sandbox) -> None:
    """Nobody has cancelled the task, so it must not look like that."""
    sandbox.faults.latency(60)

    async def main() -> None:
        channel = aio.insecure_channel(sandbox.endpoint)
        remote = AsyncFlyteRemote(channel=channel)
        call = asyncio.ensure_future(remote.list_projects())
        await asyncio.to_thread(until, lambda: sandbox.calls["ListProjects"] == 1, "the call")
        await channel.close()
        with pytest.raises(FlyteCallError, match="closed during the call"):
            await call
        with pytest.raises(FlyteAssertion, match="ListProjects: the channel is closed"):
            await remote.list_projects()

    asyncio.run(main())
