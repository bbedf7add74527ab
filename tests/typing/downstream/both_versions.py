"""One program for executions of Flyte 1 and runs of Flyte 2."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime, timedelta

from typing_extensions import assert_type

from flytebind.looks import Work
from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.remote import Config, FlyteRemote
from flytebind.runs import (
    AsyncFlyte2Remote,
    Flyte2Remote,
    FlyteAction,
    FlyteRun,
    RunChange,
    RunOptions,
)
from flytebind.v2.models.common.identifier import ActionIdentifier, RunIdentifier
from flytebind.v2.models.common.phase import ActionPhase
from flytebind.v2.models.logs.dataplane.payload import LogLine
from flytebind.v2.models.task.task_definition import TaskDetails
from flytebind.v2.models.workflow.run_definition import ActionAttempt, ErrorInfo


def show(work: Work) -> None:
    print(work.name, work.is_done)


def sum_of(work: Work) -> int:
    work.wait(timeout=60, progress=show)
    if work.error is not None:
        work.abort("no more of this", timeout=timedelta(seconds=5))
        raise RuntimeError(work.error.message)
    return work.outputs.get("o0", as_type=int)


def both(one: FlyteRemote, two: Flyte2Remote) -> list[int]:
    works: list[Work] = [one.fetch_execution("f7a9c2"), two.fetch_run("r7a9c2")]
    return [sum_of(work) for work in works]


def start(remote: Flyte2Remote) -> None:
    options = RunOptions(labels={"team": "a"}, envs={"LEVEL": "1"})
    run = remote.run("train.fit", {"epochs": 3}, version="v1", options=options)
    assert_type(run, FlyteRun)
    assert_type(run.wait(timedelta(minutes=5), actions=True), FlyteRun)
    assert_type(run.actions, Mapping[str, FlyteAction])
    assert_type(run.phase, ActionPhase)
    assert_type(run.started_at, datetime | None)
    assert_type(run.duration, timedelta | None)
    assert_type(run.error, ErrorInfo | None)
    assert_type(run.attempts[0], ActionAttempt)
    assert_type(remote.list_runs(phase=["FAILED", ActionPhase.TIMED_OUT]), Iterator[FlyteRun])
    assert_type(remote.watch(run), Iterator[RunChange])
    assert_type(remote.logs(run), Iterator[LogLine])
    assert_type(remote.fetch_task("train.fit"), TaskDetails)
    for action in remote.list_actions(run):
        assert_type(remote.sync(action), FlyteAction)
        if action.kind == "condition":
            assert_type(remote.signal(action, True), FlyteAction)


async def start_async(config: Config) -> None:
    async with AsyncFlyte2Remote(config, "flytesnacks", "development", org="acme") as remote:
        run = await remote.rerun("r7a9c2")
        assert_type(run, FlyteRun)
        assert_type(await remote.wait(run), FlyteRun)
        assert_type(await remote.load(run), FlyteRun)
        assert_type(remote.watch_runs(timeout=5), AsyncIterator[FlyteRun])
        assert_type(await remote.report(run), str)


def identifiers_of_both(
    one: WorkflowExecutionIdentifier, two: RunIdentifier
) -> tuple[str, ActionIdentifier]:
    return one.name, ActionIdentifier(two, "a0")


asyncio.run(start_async(Config("localhost:8090", insecure=True, transport="connect")))
