from __future__ import annotations

import grpc
import pytest

from flytebind.models.admin.common import Sort
from flytebind.models.admin.node_execution import (
    GetDynamicNodeWorkflowRequest,
    NodeExecutionForTaskListRequest,
    NodeExecutionListRequest,
)
from flytebind.models.core.compiler import CompiledWorkflowClosure
from flytebind.models.core.execution import ExecutionError
from flytebind.models.event.event import (
    DynamicWorkflowNodeMetadata,
    ParentNodeExecutionMetadata,
    ParentTaskExecutionMetadata,
    TaskNodeMetadata,
)
from flytebind.services.admin import AdminServiceClient
from tests.sandbox.runs import (
    ID,
    WORKFLOW,
    NodePhase,
    TaskPhase,
    create,
    get_node,
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
NOT_FOUND = grpc.StatusCode.NOT_FOUND
BY_ID = Sort(key="id", direction=Sort.Direction.ASCENDING)
LIST = NodeExecutionListRequest(workflow_execution_id=ID, limit=100, sort_by=BY_ID)


@pytest.fixture
def client(server: Server) -> AdminServiceClient:
    """An admin that has one execution: n0 with a child of its own, and n1."""
    client = server.client
    register(client)
    create(client)
    send_node(client, node_event("n0", NodePhase.RUNNING))
    send_node(
        client,
        node_event("n0-0-n2", NodePhase.QUEUED).replace(
            parent_node_metadata=ParentNodeExecutionMetadata(node_id="n0")
        ),
    )
    send_node(client, node_event("n1", NodePhase.QUEUED))
    return client


def listed(client: AdminServiceClient, request: NodeExecutionListRequest = LIST) -> list[str]:
    answer = client.list_node_executions(request)
    return [each.id.node_id for each in answer.node_executions]


def test_nodes_that_a_task_yielded_are_listed_with_the_task_alone(
    client: AdminServiceClient,
) -> None:
    send_task(client, task_event("n0", TaskPhase.RUNNING))
    assert not get_task(client, "n0").is_parent
    send_node(
        client,
        node_event("n3", NodePhase.QUEUED).replace(
            parent_task_metadata=ParentTaskExecutionMetadata(id=task_id("n0"))
        ),
    )
    request = NodeExecutionForTaskListRequest(
        task_execution_id=task_id("n0"), limit=10, sort_by=BY_ID
    )
    answer = client.list_node_executions_for_task(request)
    assert [each.id.node_id for each in answer.node_executions] == ["n3"]
    assert listed(client) == ["n0", "n1"]
    assert get_task(client, "n0").is_parent
    with refused(NOT_FOUND, "attempt 1"):
        client.list_node_executions_for_task(request.replace(task_execution_id=task_id("n0", 1)))
    with refused(INVALID, "limit"):
        client.list_node_executions_for_task(request.replace(limit=0))
    with refused(INVALID, "missing task_execution_id"):
        client.list_node_executions_for_task(request.replace(task_execution_id=None))


def test_lists_cut_error_messages_to_100_bytes(client: AdminServiceClient) -> None:
    error = ExecutionError("E", "x" * 300, "", ExecutionError.ErrorKind.USER)
    send_node(client, node_event("n0", NodePhase.FAILED).replace(error=error))
    [failed] = client.list_node_executions(LIST.replace(filters="eq(phase,FAILED)")).node_executions
    assert failed.closure.error == error.replace(message="x" * 100)
    assert get_node(client, "n0").closure.error == error


def test_pages_end_with_a_token_when_they_are_full(client: AdminServiceClient) -> None:
    page = client.list_node_executions(LIST.replace(limit=2))
    assert (len(page.node_executions), page.token) == (2, "2")
    page = client.list_node_executions(LIST.replace(limit=2, token=page.token))
    assert (len(page.node_executions), page.token) == (0, "")


def test_a_dynamic_workflow_is_answered_once_its_node_has_yielded_it(
    client: AdminServiceClient,
) -> None:
    request = GetDynamicNodeWorkflowRequest(id=node_id("n0"))
    with refused(NOT_FOUND, "no dynamic workflow"):
        client.get_dynamic_node_workflow(request)
    compiled = CompiledWorkflowClosure.from_dict(
        {"primary": {"template": {"id": WORKFLOW.to_dict()}}}
    )
    dynamic = DynamicWorkflowNodeMetadata(
        id=WORKFLOW, compiled_workflow=compiled, dynamic_job_spec_uri="s3://futures"
    )
    running = node_event("n0", NodePhase.DYNAMIC_RUNNING)
    send_node(
        client, running.replace(task_node_metadata=TaskNodeMetadata(dynamic_workflow=dynamic))
    )
    send_node(client, node_event("n0", NodePhase.SUCCEEDED))
    assert client.get_dynamic_node_workflow(request).compiled_workflow == compiled
    assert get_node(client, "n0").closure.dynamic_job_spec_uri == "s3://futures"
