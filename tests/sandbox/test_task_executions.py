from __future__ import annotations

import grpc
import pytest

from flytebind.models.admin.common import Sort
from flytebind.models.admin.task_execution import (
    TaskExecutionGetRequest,
    TaskExecutionListRequest,
)
from flytebind.models.core.execution import ExecutionError
from flytebind.services.admin import AdminServiceClient
from tests.sandbox.runs import (
    NodePhase,
    TaskPhase,
    create,
    get_task,
    node_event,
    node_id,
    register,
    send_node,
    send_task,
    task_event,
    task_id,
)
from tests.sandbox.support import Server, refused

INVALID = grpc.StatusCode.INVALID_ARGUMENT
ERROR = ExecutionError("E", "x" * 300, "", ExecutionError.ErrorKind.SYSTEM)
LIST = TaskExecutionListRequest(
    node_execution_id=node_id("n0"),
    limit=100,
    sort_by=Sort(key="retry_attempt", direction=Sort.Direction.ASCENDING),
)


@pytest.fixture
def client(server: Server) -> AdminServiceClient:
    """An admin that has one execution, with a failed and a running attempt at n0."""
    client = server.client
    register(client)
    create(client)
    send_node(client, node_event("n0", NodePhase.RUNNING))
    send_task(client, task_event("n0", TaskPhase.FAILED).replace(error=ERROR))
    send_task(client, task_event("n0", TaskPhase.RUNNING, attempt=1))
    return client


def test_the_attempts_of_a_node_are_listed_with_their_errors_whole(
    client: AdminServiceClient,
) -> None:
    first, second = client.list_task_executions(LIST).task_executions
    assert (first.id, second.id) == (task_id("n0"), task_id("n0", 1))
    assert first.closure.error == ERROR
    assert first == get_task(client, "n0")


def test_the_list_of_a_node_without_attempts_is_empty(client: AdminServiceClient) -> None:
    request = LIST.replace(node_execution_id=node_id("n7"))
    assert not client.list_task_executions(request).task_executions


def test_lists_filter_and_page(client: AdminServiceClient) -> None:
    [running] = client.list_task_executions(
        LIST.replace(filters="eq(phase,RUNNING)")
    ).task_executions
    assert running.id == task_id("n0", 1)
    page = client.list_task_executions(LIST.replace(limit=1))
    assert page.token == "1"
    [second] = client.list_task_executions(LIST.replace(limit=1, token="1")).task_executions
    assert second.id == task_id("n0", 1)


@pytest.mark.parametrize(
    "request_",
    [
        LIST.replace(limit=0),
        LIST.replace(token="x"),
        LIST.replace(filters="eq(nothing,1)"),
        LIST.replace(node_execution_id=None),
    ],
    ids=["limit", "token", "filter", "no node"],
)
def test_bad_lists_are_refused(
    client: AdminServiceClient, request_: TaskExecutionListRequest
) -> None:
    with refused(INVALID):
        client.list_task_executions(request_)


def test_an_unknown_or_incomplete_id_is_refused(client: AdminServiceClient) -> None:
    with refused(grpc.StatusCode.NOT_FOUND, "attempt 2"):
        get_task(client, "n0", 2)
    with refused(INVALID, "missing id"):
        client.get_task_execution(TaskExecutionGetRequest())
    with refused(INVALID, "missing id.node_execution_id.node_id"):
        get_task(client, "")
