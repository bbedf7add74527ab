"""What it takes to draw an execution of 1,000 nodes, from what the server said of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from benchmarks.benchmark import FLYTEBIND, Benchmark, Sampler
from benchmarks.samples import execution, node_execution_list
from flytebind.looks import ExecutionSnapshot, NodeSnapshot, timeline
from flytebind.models.admin.execution import Execution
from flytebind.models.admin.node_execution import NodeExecution

NODES = 1000

#: How it is drawn. A line for each node is what ``--all`` asks for.
DRAWN: Mapping[str, Callable[[ExecutionSnapshot], str]] = {
    "text": lambda snapshot: timeline(snapshot).text(width=120),
    "svg": lambda snapshot: timeline(snapshot).svg(),
    "html": lambda snapshot: timeline(snapshot).html(),
    "html-all": lambda snapshot: timeline(snapshot, long=None).html(),
}


def snapshot() -> ExecutionSnapshot:
    """An execution of so many nodes."""
    nodes = node_execution_list(NODES).node_executions
    return ExecutionSnapshot(
        Execution.from_pb(execution()),
        tuple(NodeSnapshot(NodeExecution.from_pb(node)) for node in nodes),
    )


@contextmanager
def drawn(how: str) -> Iterator[Mapping[str, Sampler]]:
    """Draw it one way."""
    made = snapshot()

    def sample() -> float:
        started = time.perf_counter()
        DRAWN[how](made)
        return time.perf_counter() - started

    yield {FLYTEBIND: sample}


TIMELINES = tuple(
    Benchmark(
        f"timeline-{how}",
        f"timeline of 1,000 nodes, {how.replace('-', ', ')}",
        1,
        partial(drawn, how),
        rounds=5,
        quick_rounds=2,
    )
    for how in DRAWN
)
