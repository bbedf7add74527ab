from __future__ import annotations

import pytest

from flytebind.models.admin.common import Sort
from flytebind.models.admin.task_execution import (
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
from tests.sandbox.support import Server

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
