"""The asyncio face where it differs: nothing blocks, and nothing is loaded by touching."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from flytebind.models.core.types import BlobType, LiteralType
from flytebind.remote import (
    AsyncFlyteRemote,
    FlyteAssertion,
    FlyteCallError,
    FlyteRemote,
    FlyteWorkflowExecution,
)
from flytebind.sandbox import Sandbox
from tests.remote.conftest import DOMAIN, PROJECT, config, register_inputs, see, whole_float
from tests.remote.scenes import gates, parents, tasks
from tests.remote.scenes.bulk import wide

T = TypeVar("T")


def run(sandbox: Sandbox, body: Callable[[AsyncFlyteRemote], Awaitable[T]]) -> T:
    """What a coroutine function makes of a remote of its own."""

    async def main() -> T:
        async with AsyncFlyteRemote(config(sandbox), PROJECT, DOMAIN) as remote:
            return await asyncio.wait_for(body(remote), 60)

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("touch", "what"),
    [
        (lambda execution: execution.inputs, "inputs of execution"),
        (lambda execution: execution.outputs, "outputs of execution"),
        (lambda execution: execution.interface, "the interface of execution"),
        (lambda execution: execution.node_executions["n0"].inputs, "inputs of node execution"),
        (lambda execution: execution.node_executions["n0"].outputs, "outputs of node execution"),
        (
            lambda execution: execution.node_executions["n0"].task_executions,
            "the task executions of node execution",
        ),
        (
            lambda execution: execution.node_executions["n0"].executions,
            "the task executions of node execution",
        ),
        (
            lambda execution: execution.node_executions["n0"].interface,
            "the interface of node execution",
        ),
    ],
)
def test_touching_what_was_not_brought_names_what_to_await(
    sandbox: Sandbox, touch: Callable[[FlyteWorkflowExecution], object], what: str
) -> None:
    scene = tasks.retries(sandbox)

    async def body(remote: AsyncFlyteRemote) -> None:
        execution = await remote.fetch_execution(scene.id.name)
        await remote.sync(execution, sync_nodes=True, data=False)
        sandbox.calls.clear()
        with pytest.raises(FlyteAssertion) as caught:
            touch(execution)
        assert str(caught.value).startswith(f"{what} {PROJECT}/{DOMAIN}/{scene.id.name}")
        assert str(caught.value).endswith("is not here: await remote.load(execution) first")
        assert sandbox.calls.counts() == {}
        await remote.load(execution)
        await remote.load(execution.node_executions["n0"])
        touch(execution)

    run(sandbox, body)


def test_values_are_those_of_the_other_face(sandbox: Sandbox, remote: FlyteRemote) -> None:
    scene = whole_float(sandbox)

    async def body(remote: AsyncFlyteRemote) -> FlyteWorkflowExecution:
        execution = await remote.fetch_execution(scene.id.name)
        return await remote.sync(execution, sync_nodes=True)

    other = remote.fetch_execution(scene.id.name).sync(sync_nodes=True)
    for execution in (other, run(sandbox, body)):
        for values in (execution.outputs, execution.node_executions["n0"].outputs):
            assert values["o0"] == 2.0
            assert isinstance(values["o0"], float)


def test_verbs_of_an_execution_are_those_of_the_remote(sandbox: Sandbox) -> None:
    scene = gates.waiting(sandbox)

    async def body(remote: AsyncFlyteRemote) -> None:
        execution = await remote.fetch_execution(scene.id.name)
        for verb in ("sync", "wait"):
            with pytest.raises(FlyteAssertion, match=rf"await remote\.{verb}\(execution\)"):
                getattr(execution, verb)()

    run(sandbox, body)


def test_the_loop_goes_on_while_a_remote_waits(sandbox: Sandbox) -> None:
    scene = wide(sandbox, 5)
    sandbox.faults.latency(0.05)
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0.005)

    async def body(remote: AsyncFlyteRemote) -> None:
        heart = asyncio.create_task(beat())
        execution = await remote.fetch_execution(scene.id.name)
        await remote.sync(execution, sync_nodes=True)
        heart.cancel()

    run(sandbox, body)
    sandbox.faults.clear()
    assert beats > 5


def test_tasks_of_a_loop_can_share_a_remote(sandbox: Sandbox) -> None:
    scenes = [tasks.retries(sandbox) for _ in range(8)]

    async def body(remote: AsyncFlyteRemote) -> list[FlyteWorkflowExecution]:
        async def sync(name: str) -> FlyteWorkflowExecution:
            return await remote.sync(await remote.fetch_execution(name), sync_nodes=True)

        return await asyncio.gather(*(sync(scene.id.name) for scene in scenes))

    found = run(sandbox, body)
    assert [see(*pair) for pair in zip(found, scenes, strict=True)] == scenes


def test_a_remote_survives_the_loop_that_used_it_first(sandbox: Sandbox) -> None:
    remote = AsyncFlyteRemote(config(sandbox), PROJECT, DOMAIN)
    for _ in range(3):
        assert asyncio.run(remote.list_domains())
    remote.close()


def test_loops_in_two_threads_can_share_a_remote(sandbox: Sandbox) -> None:
    scenes = [tasks.retries(sandbox) for _ in range(2)]
    remote = AsyncFlyteRemote(config(sandbox), PROJECT, DOMAIN)
    found: dict[str, FlyteWorkflowExecution] = {}

    def work(name: str) -> None:
        async def main() -> None:
            execution = await remote.fetch_execution(name)
            found[name] = await remote.sync(execution, sync_nodes=True)

        asyncio.run(main())

    threads = [threading.Thread(target=work, args=(scene.id.name,)) for scene in scenes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    remote.close()
    assert [see(found[scene.id.name], scene) for scene in scenes] == scenes


def test_a_cancelled_task_cancels_its_calls(sandbox: Sandbox) -> None:
    scene = wide(sandbox, 5)

    async def body(remote: AsyncFlyteRemote) -> None:
        execution = await remote.fetch_execution(scene.id.name)
        before = asyncio.all_tasks()
        sandbox.faults.latency(30, method="GetNodeExecutionData")
        syncing = asyncio.create_task(remote.sync(execution, sync_nodes=True))
        sandbox.calls.clear()
        while sandbox.calls["GetNodeExecutionData"] < 5:
            await asyncio.sleep(0.01)
        syncing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await syncing
        sandbox.faults.clear()
        assert asyncio.all_tasks() == before
        await remote.sync(execution, sync_nodes=True)
        assert see(execution, scene) == scene

    run(sandbox, body)


def test_the_blocking_face_works_inside_a_running_loop(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    scene = parents.launch_plan_of_launch_plan(sandbox)

    async def notebook() -> FlyteWorkflowExecution:
        return remote.fetch_execution(scene.id.name).sync(sync_nodes=True)

    assert see(asyncio.run(notebook()), scene) == scene


def test_an_asyncio_channel_of_ones_own_stays_open(sandbox: Sandbox) -> None:
    scene = wide(sandbox, 5)

    async def main() -> None:
        async with sandbox.async_channel() as channel:
            for _ in range(2):
                async with AsyncFlyteRemote(None, PROJECT, DOMAIN, channel=channel) as remote:
                    execution = await remote.fetch_execution(scene.id.name)
                    await remote.sync(execution, sync_nodes=True)
                    assert see(execution, scene) == scene
                    assert [each.id async for each in remote.list_executions(limit=1)]
                    with pytest.raises(FlyteCallError, match=r"GetExecution of .*: NOT_FOUND"):
                        await remote.fetch_execution("nothing")

    asyncio.run(main())


def test_files_are_uploaded_through_an_asyncio_channel_too(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    blob = LiteralType(blob=BlobType("", BlobType.BlobDimensionality.SINGLE))
    plan = register_inputs(sandbox, file=blob)
    (tmp_path / "rows.csv").write_text("1,2\n")

    async def main() -> None:
        async with (
            sandbox.async_channel() as channel,
            AsyncFlyteRemote(None, PROJECT, DOMAIN, channel=channel) as remote,
        ):
            inputs = {"file": tmp_path / "rows.csv"}
            execution = await asyncio.wait_for(remote.execute(plan, inputs), 20)
            await remote.sync(execution)
            uri = execution.inputs.literals["file"].to_pb().scalar.blob.uri
            assert (await remote.download(uri, tmp_path / "copy")).read_text() == "1,2\n"

    asyncio.run(main())


def test_the_blocking_face_refuses_an_asyncio_channel(sandbox: Sandbox) -> None:
    async def main() -> None:
        async with sandbox.async_channel() as channel:
            with pytest.raises((TypeError, FlyteAssertion), match="AsyncFlyteRemote"):
                FlyteRemote(None, PROJECT, DOMAIN, channel=channel)

    asyncio.run(main())
