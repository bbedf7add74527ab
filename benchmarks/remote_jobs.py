"""What is measured of remotes, each job in a fresh process: ``python -m benchmarks.remote_jobs``.

The arguments are the name of a job, the endpoint and the control's URL of a server, and the name of
an execution there. Figures are printed as JSON. What a contestant imports does not count, nor does
the call that first fetches the execution, and with it the connection; as both import most when
they first sync, a small execution is synced before.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from benchmarks.memory import resident_bytes
from benchmarks.remote_server import Control, control_of

if TYPE_CHECKING:
    from flytebind.remote import FlyteRemote, FlyteWorkflowExecution

Figures: TypeAlias = Mapping[str, float]
#: Measures something about an execution.
Job: TypeAlias = Callable[[str, Control, str], Figures]

PROJECT, DOMAIN = "flytesnacks", "development"
POLL_INTERVAL = 0.5
TIMEOUT = 1.2


class Spent:
    """What has been spent since it was made: seconds, calls, and bytes of memory."""

    def __init__(self, control: Control) -> None:
        self._control = control
        control.clear()
        gc.collect()
        self._bytes = resident_bytes()
        self._began = time.perf_counter()

    def read(self) -> Figures:
        """The figures."""
        seconds = time.perf_counter() - self._began
        gc.collect()
        growth = resident_bytes() - self._bytes
        return {"seconds": seconds, "calls": self._control.total(), "bytes": growth}


def flytebind_sync(endpoint: str, control: Control, name: str, *, data: bool = True) -> Figures:
    with _flytebind(endpoint) as remote:
        remote.sync(remote.fetch_execution(control.wide(1)), sync_nodes=True, data=data)
        execution = remote.fetch_execution(name)
        spent = Spent(control)
        remote.sync(execution, sync_nodes=True, data=data)
        figures = spent.read()
        control.clear()
        remote.sync(execution, sync_nodes=True, data=data)
        # What has not come is loaded when it is touched, and shows among the calls.
        nodes = _count(execution, data)
        return {**figures, "again": control.total(), "nodes": nodes}


def flytebind_states(endpoint: str, control: Control, name: str) -> Figures:
    return flytebind_sync(endpoint, control, name, data=False)


def flytebind_asyncsync(endpoint: str, control: Control, name: str) -> Figures:
    import asyncio

    from flytebind.remote import AsyncFlyteRemote, Config

    async def sync() -> Figures:
        config = Config.for_endpoint(endpoint, insecure=True)
        async with AsyncFlyteRemote(config, PROJECT, DOMAIN) as remote:
            await remote.sync(await remote.fetch_execution(control.wide(1)), sync_nodes=True)
            execution = await remote.fetch_execution(name)
            spent = Spent(control)
            await remote.sync(execution, sync_nodes=True)
            return {**spent.read(), "nodes": _count(execution, True)}

    return asyncio.run(sync())


def flytebind_wait(endpoint: str, control: Control, name: str) -> Figures:
    """Wait in vain. The seconds are those after the timeout, the calls those of a poll."""
    from flytebind.remote import FlyteTimeout

    totals: list[int] = []  # after each poll: the timeout may cut the last one short
    with _flytebind(endpoint) as remote:
        execution = remote.fetch_execution(name)
        spent = Spent(control)
        try:
            remote.wait(
                execution,
                TIMEOUT,
                POLL_INTERVAL,
                progress=lambda _: totals.append(control.total()),
            )
        except FlyteTimeout:
            seconds = spent.read()["seconds"] - TIMEOUT
            return {"seconds": seconds, "calls": totals[-1] / len(totals)}
    raise AssertionError(f"{name} was not to end")


def flytebind_end(endpoint: str, control: Control, name: str) -> Figures:
    """Let the execution end just after a poll, which is the worst moment."""
    seen: list[float] = []

    def look(execution: object) -> None:
        if not seen:
            control.finish(name)
        seen.append(time.perf_counter())

    with _flytebind(endpoint) as remote:
        execution = remote.fetch_execution(name)
        remote.wait(execution, None, POLL_INTERVAL, False, progress=look)
    ended, noticed, *_ = seen  # and once more when all of it is here
    return {"seconds": noticed - ended}


def flytekit_sync(endpoint: str, control: Control, name: str) -> Figures:
    remote = _flytekit(endpoint)
    remote.sync(remote.fetch_execution(name=control.wide(1)), sync_nodes=True)
    execution = remote.fetch_execution(name=name)
    spent = Spent(control)
    remote.sync(execution, sync_nodes=True)
    figures = spent.read()
    control.clear()
    remote.sync(execution, sync_nodes=True)
    again = control.total()
    complete = [node for node in execution.node_executions.values() if node.task_executions]
    return {**figures, "again": again, "nodes": len(complete)}


def flytekit_wait(endpoint: str, control: Control, name: str) -> Figures:
    """The same. It is over time with the first poll, so that the calls are those of that one."""
    from flytekit.exceptions.user import FlyteTimeout

    remote = _flytekit(endpoint)
    execution = remote.fetch_execution(name=name)
    poll, totals = remote.sync_execution, list[int]()

    def counted(*args: Any, **kwargs: Any) -> Any:
        result = poll(*args, **kwargs)
        totals.append(control.total())
        return result

    remote.sync_execution = counted
    spent = Spent(control)
    try:
        remote.wait(execution, TIMEOUT, POLL_INTERVAL)
    except FlyteTimeout:
        return {"seconds": spent.read()["seconds"] - TIMEOUT, "calls": totals[0]}
    raise AssertionError(f"{name} was not to end")


def _flytebind(endpoint: str) -> FlyteRemote:
    from flytebind.remote import Config, FlyteRemote

    return FlyteRemote(Config.for_endpoint(endpoint, insecure=True), PROJECT, DOMAIN)


def _flytekit(endpoint: str) -> Any:
    from flytekit.configuration import Config, PlatformConfig
    from flytekit.remote import FlyteRemote

    config = Config(platform=PlatformConfig(endpoint=endpoint, insecure=True))
    return FlyteRemote(config, PROJECT, DOMAIN)


def _count(execution: FlyteWorkflowExecution, data: bool) -> int:
    """How many tasks have come, with their outputs and attempts if data was asked for."""
    left, count = [*execution.node_executions.values()], 0
    while left:
        node = left.pop()
        children = node.subworkflow_node_executions
        left.extend(children.values())
        if not (children or node.is_boundary):
            count += not data or ("o0" in node.outputs and len(node.task_executions) == 1)
    return count


JOBS: Mapping[str, Job] = {
    job.__name__: job
    for job in (
        flytebind_sync,
        flytebind_states,
        flytebind_asyncsync,
        flytebind_wait,
        flytebind_end,
        flytekit_sync,
        flytekit_wait,
    )
}


def main(job: str, endpoint: str, url: str, execution: str) -> None:
    """Print the figures of one job."""
    with control_of(url) as control:
        print(json.dumps(JOBS[job](endpoint, control, execution)))


if __name__ == "__main__":
    main(*sys.argv[1:])
