"""What the sandbox bears: many clients at once, and lists of many rows, from a SQLite file."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc

from benchmarks.benchmark import FLYTEBIND, Benchmark, Sampler
from flytebind.models.admin.common import Sort
from flytebind.models.admin.event import NodeExecutionEventRequest
from flytebind.models.admin.execution import (
    ExecutionCreateRequest,
    ExecutionMetadata,
    ExecutionSpec,
    WorkflowExecutionGetDataRequest,
    WorkflowExecutionGetRequest,
)
from flytebind.models.admin.node_execution import (
    NodeExecution,
    NodeExecutionClosure,
    NodeExecutionGetRequest,
    NodeExecutionListRequest,
    NodeExecutionMetaData,
)
from flytebind.models.admin.task import TaskCreateRequest
from flytebind.models.core.execution import NodeExecution as CoreNodeExecution
from flytebind.models.core.identifier import (
    Identifier,
    NodeExecutionIdentifier,
    ResourceType,
    WorkflowExecutionIdentifier,
)
from flytebind.models.event.event import NodeExecutionEvent
from flytebind.sandbox import Sandbox
from flytebind.sandbox._store import Value, tables
from flytebind.services import AdminServiceAsyncClient, AdminServiceClient

ROWS = 100_000
PAGE = 100
CLIENTS = 32
SECONDS = 3.0

TASK = Identifier(ResourceType.TASK, "flytesnacks", "development", "fan-out", "v1")
EXECUTION = WorkflowExecutionIdentifier("flytesnacks", "development", "fan-out")
PHASE = CoreNodeExecution.Phase


@contextmanager
def server() -> Iterator[str]:
    """The endpoint of a sandbox in a process of its own, whose file holds one wide execution."""
    with TemporaryDirectory() as folder:
        db = Path(folder, "sandbox.db")
        fill(db)
        command = [sys.executable, "-m", "flytebind.sandbox", "--port=0", f"--db={db}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            yield process.stdout.readline().removeprefix("endpoint").strip()
            process.terminate()


def fill(db: Path) -> None:
    """Store one execution and its nodes."""
    with Sandbox(db=db, relay=False) as sandbox, sandbox.channel() as channel:
        client = AdminServiceClient(channel)
        template = {"type": "python-task", "metadata": {}, "container": {"image": "image"}}
        client.create_task(
            TaskCreateRequest.from_dict(
                {"id": TASK.to_dict(), "spec": {"template": {**template, "interface": {}}}}
            )
        )
        client.create_execution(
            ExecutionCreateRequest(
                project=EXECUTION.project,
                domain=EXECUTION.domain,
                name=EXECUTION.name,
                spec=ExecutionSpec(
                    TASK, ExecutionMetadata(ExecutionMetadata.ExecutionMode.MANUAL, "", 0)
                ),
            )
        )
        # By events it would take minutes; the rows are the same.
        store, now = sandbox.admin.store, sandbox.clock.now()
        with store.transaction():
            for number in range(ROWS):
                id = NodeExecutionIdentifier(f"n{number}", EXECUTION)
                closure = NodeExecutionClosure(PHASE.RUNNING, started_at=now, duration=None)
                model = NodeExecution(id, "", closure, NodeExecutionMetaData())
                row: dict[str, Value] = {
                    "execution_project": EXECUTION.project,
                    "execution_domain": EXECUTION.domain,
                    "execution_name": EXECUTION.name,
                    "node_id": id.node_id,
                    "phase": PHASE.RUNNING.name,
                    "started_at": now,
                    "node_execution_created_at": now,
                    "node_execution_updated_at": now,
                    "model": model.to_bytes(),
                }
                store.insert(tables.NODE_EXECUTIONS, row)


@contextmanager
def pages() -> Iterator[Mapping[str, Sampler]]:
    """Ask for one page, at whatever offset."""
    offsets = random.Random(0)
    order = Sort(key="created_at", direction=Sort.Direction.ASCENDING)
    with server() as endpoint, grpc.insecure_channel(endpoint) as channel:
        client = AdminServiceClient(channel)

        def sample() -> float:
            offset = offsets.randrange(ROWS - PAGE)
            request = NodeExecutionListRequest(
                workflow_execution_id=EXECUTION, limit=PAGE, token=str(offset), sort_by=order
            )
            started = time.perf_counter()
            answer = client.list_node_executions(request, timeout=60)
            seconds = time.perf_counter() - started
            assert len(answer.node_executions) == PAGE
            return seconds

        yield {FLYTEBIND: sample}


@contextmanager
def load() -> Iterator[Mapping[str, Sampler]]:
    """Let many clients call at once, each over a connection of its own; one call in five writes."""
    names = count()
    with server() as endpoint:
        yield {FLYTEBIND: lambda: asyncio.run(call_for_a_while(endpoint, names))}


async def call_for_a_while(endpoint: str, names: Iterator[int]) -> float:
    """Seconds per call. An error ends it all."""
    own_connection = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.aio.insecure_channel(endpoint, own_connection) for _ in range(CLIENTS)]
    started = time.perf_counter()
    counts = await asyncio.gather(
        *(call(AdminServiceAsyncClient(channel), started + SECONDS, names) for channel in channels)
    )
    seconds = time.perf_counter() - started
    await asyncio.gather(*(channel.close() for channel in channels))
    return seconds / sum(counts)


async def call(client: AdminServiceAsyncClient, until: float, names: Iterator[int]) -> int:
    """How many calls one client got answered until then."""
    execution = WorkflowExecutionGetRequest(id=EXECUTION)
    data = WorkflowExecutionGetDataRequest(id=EXECUTION)
    node = NodeExecutionGetRequest(id=NodeExecutionIdentifier("n5", EXECUTION))
    nodes = NodeExecutionListRequest(workflow_execution_id=EXECUTION, limit=10)
    answered = 0
    while time.perf_counter() < until:
        await client.get_execution(execution, timeout=10)
        await client.get_execution_data(data, timeout=10)
        await client.get_node_execution(node, timeout=10)
        await client.list_node_executions(nodes, timeout=10)
        await client.create_node_event(new_node(next(names)), timeout=10)
        answered += 5
    return answered


def new_node(number: int) -> NodeExecutionEventRequest:
    """The first event of a node that nobody has heard of."""
    return NodeExecutionEventRequest(
        event=NodeExecutionEvent(
            id=NodeExecutionIdentifier(f"new-{number}", EXECUTION),
            phase=PHASE.RUNNING,
            occurred_at=datetime.now(timezone.utc),
        )
    )


SANDBOX = (
    Benchmark(
        "sandbox-load",
        f"sandbox: a call, with {CLIENTS} clients at once",
        1 / 2000,
        load,
        rounds=10,
        quick_rounds=1,
    ),
    Benchmark(
        "sandbox-page",
        f"sandbox: a page of {PAGE} of {ROWS:,} node executions",
        0.02,
        pages,
        rounds=101,
        quick_rounds=11,
    ),
)
