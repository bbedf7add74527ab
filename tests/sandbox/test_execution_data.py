from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.error import HTTPError
from urllib.request import urlopen

import grpc
import pytest

from flytebind.models.admin.execution import (
    WorkflowExecutionGetDataRequest,
    WorkflowExecutionGetDataResponse,
)
from flytebind.models.admin.node_execution import (
    NodeExecutionGetDataRequest,
    NodeExecutionGetDataResponse,
)
from flytebind.models.admin.task_execution import (
    TaskExecutionGetDataRequest,
    TaskExecutionGetDataResponse,
)
from flytebind.models.core.compiler import CompiledWorkflowClosure
from flytebind.models.core.literals import LiteralMap
from flytebind.models.event.event import DynamicWorkflowNodeMetadata, TaskNodeMetadata
from flytebind.services.admin import AdminServiceClient
from tests.sandbox.runs import (
    ID,
    WORKFLOW,
    NodePhase,
    TaskPhase,
    WorkflowPhase,
    create,
    integers,
    node_event,
    node_id,
    register,
    send,
    send_node,
    send_task,
    task_event,
    task_id,
    text,
)
from tests.sandbox.support import DOMAIN, PROJECT, Server, refused

EMPTY = LiteralMap({})
BASE = f"flyte://v1/{PROJECT}/{DOMAIN}/{ID.name}/n0"


@pytest.fixture
def client(server: Server) -> AdminServiceClient:
    """An admin that has one execution."""
    register(server.client)
    create(server.client)
    return server.client


def of_execution(client: AdminServiceClient) -> WorkflowExecutionGetDataResponse:
    return client.get_execution_data(WorkflowExecutionGetDataRequest(id=ID))


def of_node(client: AdminServiceClient, node: str = "n0") -> NodeExecutionGetDataResponse:
    return client.get_node_execution_data(NodeExecutionGetDataRequest(id=node_id(node)))


def of_task(client: AdminServiceClient, attempt: int = 0) -> TaskExecutionGetDataResponse:
    request = TaskExecutionGetDataRequest(id=task_id("n0", attempt))
    return client.get_task_execution_data(request)


def test_an_execution_has_its_inputs_at_once_and_its_outputs_at_the_end(
    client: AdminServiceClient,
) -> None:
    data = of_execution(client)
    assert (data.full_inputs, data.full_outputs) == (integers(a=1, b=2), EMPTY)
    send(client, WorkflowPhase.SUCCEEDED, output_data=integers(o0=3))
    assert of_execution(client).full_outputs == integers(o0=3)


def test_nodes_and_tasks_have_inline_data(client: AdminServiceClient) -> None:
    inputs, outputs = integers(a=1), integers(o0=2)
    send_node(client, node_event("n0", NodePhase.RUNNING).replace(input_data=inputs))
    send_node(client, node_event("n0", NodePhase.SUCCEEDED).replace(output_data=outputs))
    send_task(client, task_event("n0", TaskPhase.RUNNING).replace(input_data=inputs))
    send_task(client, task_event("n0", TaskPhase.SUCCEEDED).replace(output_data=outputs))
    node, task = of_node(client), of_task(client)
    assert (node.full_inputs, node.full_outputs) == (inputs, outputs)
    assert (task.full_inputs, task.full_outputs) == (inputs, outputs)


def test_offloaded_data_is_read_from_the_blob_store(
    server: Server, client: AdminServiceClient
) -> None:
    inputs = server.blobs.write("inputs.pb", integers(a=1).to_bytes())
    outputs = server.blobs.write("outputs.pb", integers(o0=2).to_bytes())
    send(client, WorkflowPhase.SUCCEEDED, output_uri=outputs)
    send_node(client, node_event("n0", NodePhase.RUNNING).replace(input_uri=inputs))
    send_node(client, node_event("n0", NodePhase.SUCCEEDED).replace(output_uri=outputs))
    send_task(
        client,
        task_event("n0", TaskPhase.SUCCEEDED).replace(input_uri=inputs, output_uri=outputs),
    )
    assert of_execution(client).full_outputs == integers(o0=2)
    for data in (of_node(client), of_task(client)):
        assert (data.full_inputs, data.full_outputs) == (integers(a=1), integers(o0=2))


def test_offloaded_data_that_is_absent_too_large_or_broken_reads_as_empty(
    server: Server, client: AdminServiceClient
) -> None:
    limit = server.settings.max_download_bytes
    for node, uri in {
        "absent": server.blobs.uri("nothing.pb"),
        "elsewhere": "s3://bucket/outputs.pb",
        "large": server.blobs.write("large.pb", text(o0="x" * limit).to_bytes()),
        "broken": server.blobs.write("broken.pb", integers(o0=1).to_bytes() + b"\x07"),
    }.items():
        send_node(client, node_event(node, NodePhase.SUCCEEDED).replace(output_uri=uri))
        assert of_node(client, node).full_outputs == EMPTY


def test_inline_data_that_is_too_large_reads_as_empty(
    server: Server, client: AdminServiceClient
) -> None:
    large = text(o0="x" * server.settings.max_inline_bytes)
    send_node(client, node_event("n0", NodePhase.SUCCEEDED).replace(output_data=large))
    assert of_node(client).full_outputs == EMPTY


def test_flyte_urls_name_inputs_outputs_and_the_deck_if_there_is_one(
    client: AdminServiceClient,
) -> None:
    send_node(client, node_event("n0", NodePhase.RUNNING))
    send_task(client, task_event("n0", TaskPhase.RUNNING, attempt=1))
    urls = of_node(client).flyte_urls
    assert urls is not None
    assert (urls.inputs, urls.outputs, urls.deck) == (f"{BASE}/i", f"{BASE}/o", "")
    send_node(client, node_event("n0", NodePhase.SUCCEEDED).replace(deck_uri="s3://deck"))
    urls = of_node(client).flyte_urls
    assert urls is not None
    assert urls.deck == f"{BASE}/d"
    urls = of_task(client, 1).flyte_urls
    assert urls is not None
    assert (urls.inputs, urls.outputs) == (f"{BASE}/1/i", f"{BASE}/1/o")


def test_a_dynamic_node_has_the_workflow_that_it_has_yielded(client: AdminServiceClient) -> None:
    compiled = CompiledWorkflowClosure.from_dict(
        {"primary": {"template": {"id": WORKFLOW.to_dict()}}}
    )
    dynamic = DynamicWorkflowNodeMetadata(
        id=WORKFLOW, compiled_workflow=compiled, dynamic_job_spec_uri="s3://futures"
    )
    send_node(client, node_event("n0", NodePhase.RUNNING))
    event = node_event("n0", NodePhase.DYNAMIC_RUNNING)
    send_node(client, event.replace(task_node_metadata=TaskNodeMetadata(dynamic_workflow=dynamic)))
    answer = of_node(client).dynamic_workflow
    assert answer is not None
    assert (answer.id, answer.compiled_workflow) == (WORKFLOW, compiled)
    assert answer.dynamic_job_spec_uri == "s3://futures"


def test_links_come_when_signed_urls_are_on(server: Server, client: AdminServiceClient) -> None:
    data = integers(o0=1).to_bytes()
    uri = server.blobs.write("outputs.pb", data)
    send(client, WorkflowPhase.SUCCEEDED, output_uri=uri.replace("file://", "file://localhost"))
    assert of_execution(client).outputs.url == ""
    server.admin.settings = server.settings.__class__(signed_urls=True)
    outputs = of_execution(client).outputs
    assert outputs.bytes == len(data)
    with urlopen(outputs.url, timeout=20) as answer:
        assert answer.read() == data
    server.clock.advance(timedelta(minutes=3))
    with pytest.raises(HTTPError, match="403"):
        urlopen(outputs.url, timeout=20)


def test_what_links_lead_to_must_be_there(server: Server, client: AdminServiceClient) -> None:
    server.admin.settings = replace(server.settings, signed_urls=True)
    send(client, WorkflowPhase.SUCCEEDED, output_uri="s3://my-s3-bucket/none.pb")
    with refused(grpc.StatusCode.INTERNAL, "failed to get object size", "none.pb", "NotFound"):
        of_execution(client)


def test_nothing_is_a_link_to_no_bytes(server: Server, client: AdminServiceClient) -> None:
    server.admin.settings = replace(server.settings, signed_urls=True)
    send(client, WorkflowPhase.SUCCEEDED, output_data=LiteralMap({}))
    outputs = of_execution(client).outputs
    assert outputs.bytes == 0
    with urlopen(outputs.url, timeout=20) as answer:
        assert answer.read() == b""
    inputs = of_execution(client).inputs
    with urlopen(inputs.url, timeout=20) as answer:
        assert LiteralMap.from_bytes(answer.read()) == integers(a=1, b=2)


def test_an_unknown_or_missing_id_is_refused(client: AdminServiceClient) -> None:
    with refused(grpc.StatusCode.NOT_FOUND, "n7"):
        of_node(client, "n7")
    with refused(grpc.StatusCode.NOT_FOUND, "attempt 3"):
        of_task(client, 3)
    for call in (
        lambda: client.get_execution_data(WorkflowExecutionGetDataRequest()),
        lambda: client.get_node_execution_data(NodeExecutionGetDataRequest()),
    ):
        with refused(grpc.StatusCode.NOT_FOUND):  # and not, as with flyteadmin, any row
            call()
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "missing id"):
        client.get_task_execution_data(TaskExecutionGetDataRequest())
