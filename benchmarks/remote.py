"""How fast executions are synced and waited for, and by how many calls.

Every sample is taken in a fresh process, and of an execution of its own; see ``remote_server`` and
``remote_jobs``. Flytekit takes most of a minute for 500 nodes, so it is measured once, and not at
all with 5,000. What is left of that when calls take no time shows with 2,000.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from math import prod
from typing import TypeAlias

from benchmarks.benchmark import FLYTEBIND, Benchmark, BenchmarkError, Sampler, is_installed
from benchmarks.process import run
from benchmarks.remote_jobs import POLL_INTERVAL, TIMEOUT
from benchmarks.remote_server import LATENCY, control_of, server

FLYTEKIT = "flytekit"

#: Runs a job about an execution, given by scene and size.
Measure: TypeAlias = Callable[..., Mapping[str, float]]


def figures(running: tuple[str, str], job: str, scene: str, *size: int) -> Mapping[str, float]:
    """What a job comes to.

    Args:
        running: The server: its endpoint and the control's URL.
        job: Its name.
        scene: What the control calls the execution that it is about.
        size: How large that is.

    Raises:
        BenchmarkError: If the job does not bring all nodes.
    """
    endpoint, url = running
    with control_of(url) as control:
        name: str = getattr(control, scene)(*size)
    printed = run([sys.executable, "-m", "benchmarks.remote_jobs", job, endpoint, url, name])
    found: Mapping[str, float] = json.loads(printed.splitlines()[-1])
    if found.get("nodes", prod(size)) != prod(size):
        raise BenchmarkError(f"{job} brings {found['nodes']} of {prod(size)} nodes")
    return found


@cache
def figures_once(latency: float, job: str, scene: str, *size: int) -> Mapping[str, float]:
    """The same, measured for the first row that asks, with a server of its own."""
    with server(latency) as own:
        return figures(own, job, scene, *size)


def remote_benchmark(
    name: str,
    title: str,
    target: float,
    figure: str,
    jobs: Sequence[str],
    scene: str,
    *size: int,
    unit: str = "s",
    latency: float = LATENCY,
) -> Benchmark:
    """Compare one figure of the jobs of several contestants, who begin the jobs' names."""

    def sample(measure: Measure, job: str) -> float:
        return measure(job, scene, *size)[figure]

    @contextmanager
    def samplers() -> Iterator[Mapping[str, Sampler]]:
        with server(latency) as shared:
            ways: dict[str, Measure] = {
                FLYTEBIND: partial(figures, shared),
                FLYTEKIT: partial(figures_once, latency),
            }
            contestants = {job.partition("_")[0]: job for job in jobs}
            yield {
                contestant: partial(sample, ways[contestant], job)
                for contestant, job in contestants.items()
                if is_installed(contestant)
            }

    rounds = 3 if unit == "RPC" else 7
    return Benchmark(name, title, target, samplers, unit=unit, rounds=rounds, quick_rounds=1)


def remote_benchmarks(nodes: int, parents: int, children: int, many: int) -> tuple[Benchmark, ...]:
    """All rows, for executions of these sizes."""
    wide, nested = f"{nodes:,} nodes", f"{parents * children:,} nodes in {parents} subworkflows"
    both = ["flytebind_sync", "flytekit_sync"]
    in_vain = ["flytebind_wait", "flytekit_wait"]
    return (
        remote_benchmark(
            "remote-sync", f"remote: sync of {wide}", 1.0, "seconds", both, "wide", nodes
        ),
        remote_benchmark(
            "remote-sync-async",
            f"remote: sync of {wide}, asyncio",
            1.0,
            "seconds",
            ["flytebind_asyncsync"],
            "wide",
            nodes,
        ),
        remote_benchmark(
            "remote-sync-near",
            f"remote: sync of {many:,} nodes, calls take no time",
            4.0,
            "seconds",
            both,
            "wide",
            many,
            latency=0,
        ),
        remote_benchmark(
            "remote-sync-calls",
            f"remote: calls of a sync of {wide}",
            2 * nodes + 3,
            "calls",
            both,
            "wide",
            nodes,
            unit="RPC",
        ),
        remote_benchmark(
            "remote-again-calls",
            "remote: calls of another sync",
            1,
            "again",
            both,
            "wide",
            nodes,
            unit="RPC",
        ),
        remote_benchmark(
            "remote-states",
            f"remote: sync of the states of {wide}",
            0.06,
            "seconds",
            ["flytebind_states"],
            "wide",
            nodes,
        ),
        remote_benchmark(
            "remote-states-calls",
            f"remote: calls for the states of {wide}",
            3,
            "calls",
            ["flytebind_states"],
            "wide",
            nodes,
            unit="RPC",
        ),
        remote_benchmark(
            "remote-nested",
            f"remote: sync of {nested}",
            6.0,
            "seconds",
            ["flytebind_sync"],
            "nested",
            parents,
            children,
        ),
        remote_benchmark(
            "remote-memory",
            f"remote: memory of {nested}",
            60 * 2**20,
            "bytes",
            ["flytebind_sync"],
            "nested",
            parents,
            children,
            unit="B",
        ),
        remote_benchmark(
            "remote-wait-calls",
            f"remote: calls of a poll while {wide} are waited for",
            1,
            "calls",
            in_vain,
            "begin",
            nodes,
            unit="RPC",
        ),
        remote_benchmark(
            "remote-wait-end",
            f"remote: wait sees the end, at worst, polling every {POLL_INTERVAL:g} s",
            POLL_INTERVAL + 2 * LATENCY,  # the poll itself takes a call's time
            "seconds",
            ["flytebind_end"],
            "begin",
            1,
        ),
        remote_benchmark(
            "remote-wait-timeout",
            f"remote: wait of {TIMEOUT:g} s is late",
            0.1,
            "seconds",
            in_vain,
            "begin",
            nodes,
        ),
    )


REMOTE = remote_benchmarks(nodes=500, parents=50, children=100, many=2000)
