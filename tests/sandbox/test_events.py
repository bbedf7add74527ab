from __future__ import annotations

import grpc
import pytest

from flytebind.models.core.execution import TaskLog
from flytebind.models.event.event import (
    NodeExecutionEvent,
)
from flytebind.sandbox._settings import Settings
from flytebind.sandbox._store import tables
from flytebind.services.admin import AdminServiceClient
from tests.sandbox.runs import (
    NodePhase,
    TaskPhase,
    WorkflowPhase,
    at,
    create,
    get,
    get_node,
    get_task,
    node_event,
    register,
    send,
    send_node,
    send_task,
    task_event,
    text,
)
from tests.sandbox.support import Server, refused

ALREADY_EXISTS = grpc.StatusCode.ALREADY_EXISTS
RESOURCE_EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED

TOO_LARGE = text(o0="x" * Settings().max_inline_bytes)


@pytest.fixture
def client(server: Server) -> AdminServiceClient:
    """An admin that has one execution."""
    register(server.client)
    create(server.client)
    return server.client


# ---- Workflow events ---------------------------------------------------------------------------


def test_workflow_large_inline_outputs_are_refused(client: AdminServiceClient) -> None:
    with refused(RESOURCE_EXHAUSTED, "output_data"):
        send(client, WorkflowPhase.SUCCEEDED, output_data=TOO_LARGE)
    assert get(client).closure.phase == WorkflowPhase.UNDEFINED


def test_a_duration_ends_where_64_bits_of_nanoseconds_do(client: AdminServiceClient) -> None:
    send_node(
        client, node_event("n0", NodePhase.RUNNING).replace(occurred_at=at(0).replace(year=1))
    )
    end = at(0).replace(year=9999)
    send_node(client, node_event("n0", NodePhase.SUCCEEDED).replace(occurred_at=end))
    duration = get_node(client, "n0").closure.duration
    assert duration is not None
    assert duration.days == 106_751


# ---- Node events -------------------------------------------------------------------------------


def test_node_large_inline_outputs_are_taken(client: AdminServiceClient) -> None:
    send_node(client, node_event("n0", NodePhase.SUCCEEDED).replace(output_data=TOO_LARGE))
    assert get_node(client, "n0").closure.phase == NodePhase.SUCCEEDED


# ---- Task events -------------------------------------------------------------------------------


@pytest.fixture
def running_node(client: AdminServiceClient) -> str:
    send_node(client, node_event("n0", NodePhase.RUNNING))
    return "n0"


def test_task_logs_are_replaced_by_uri_or_name_and_shown_by_phase(
    client: AdminServiceClient, running_node: str
) -> None:
    def names() -> list[str]:
        return [log.name for log in get_task(client, running_node).closure.logs]

    def send_logs(phase: TaskPhase, *logs: TaskLog) -> None:
        send_task(client, task_event(running_node, phase).replace(logs=logs))

    send_logs(TaskPhase.QUEUED, TaskLog("u0", "a"))
    send_logs(TaskPhase.INITIALIZING, TaskLog("u1", "b"), TaskLog("u2", "c", ShowWhilePending=True))
    assert names() == ["c"]
    send_logs(
        TaskPhase.RUNNING,
        TaskLog("u2", "d"),
        TaskLog("u3", "e", HideOnceFinished=True),
        TaskLog("u4", "f"),
    )
    assert names() == ["d", "e", "f"]
    send_logs(TaskPhase.SUCCEEDED, TaskLog("u5", "f"))
    assert names() == ["f", "d"]


def test_task_large_inline_outputs_are_refused(
    client: AdminServiceClient, running_node: str
) -> None:
    end = task_event(running_node, TaskPhase.SUCCEEDED)
    with refused(RESOURCE_EXHAUSTED, "output_data"):
        send_task(client, end.replace(output_data=TOO_LARGE))


# ---- All of them -------------------------------------------------------------------------------


def test_events_that_were_taken_are_kept_and_refused_ones_are_not(
    server: Server, client: AdminServiceClient
) -> None:
    send(client, WorkflowPhase.RUNNING)
    send_node(client, node_event("n0", NodePhase.RUNNING))
    send_task(client, task_event("n0", TaskPhase.RUNNING))
    with refused(ALREADY_EXISTS):
        send_node(client, node_event("n0", NodePhase.RUNNING))
    rows = server.store.rows(tables.EVENTS)
    assert [(row["kind"], row["node_id"]) for row in rows] == [
        ("workflow", ""),
        ("node", "n0"),
        ("task", "n0"),
    ]
    assert NodeExecutionEvent.from_bytes(rows[1]["model"]) == node_event("n0", NodePhase.RUNNING)
