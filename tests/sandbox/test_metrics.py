from __future__ import annotations

from datetime import datetime

import grpc
import pytest

from flytebind.models.admin.execution import (
    WorkflowExecutionGetMetricsRequest,
)
from flytebind.models.admin.workflow import WorkflowCreateRequest
from flytebind.models.core.compiler import CompiledWorkflowClosure
from flytebind.models.core.identifier import ResourceType, WorkflowExecutionIdentifier
from flytebind.models.core.metrics import Span
from flytebind.models.event.event import (
    DynamicWorkflowNodeMetadata,
    ParentNodeExecutionMetadata,
    TaskNodeMetadata,
    WorkflowNodeMetadata,
)
from flytebind.services.admin import AdminServiceClient
from tests.sandbox.runs import (
    ID,
    LAUNCH_PLAN,
    TASK,
    WORKFLOW,
    NodePhase,
    TaskPhase,
    WorkflowPhase,
    at,
    create,
    create_launch_plan,
    integers,
    node_event,
    register,
    send,
    send_node,
    send_task,
    task_event,
)
from tests.sandbox.support import Server, identifier, refused

START, END = "start-node", "end-node"


@pytest.fixture
def client(server: Server) -> AdminServiceClient:
    """An admin that has one execution, made at second 0."""
    server.clock.freeze(at(0))
    register(server.client)
    create(server.client)
    return server.client


def metrics(
    client: AdminServiceClient, depth: int = -1, id: WorkflowExecutionIdentifier = ID
) -> Span:
    span = client.get_execution_metrics(WorkflowExecutionGetMetricsRequest(id=id, depth=depth)).span
    assert span is not None
    return span


def seconds(time: datetime | None) -> float:
    assert time is not None
    return (time - at(0)).total_seconds()


def outline(span: Span) -> object:
    """A span as (name, start, end), followed by those within."""
    if span.workflow_id is not None:
        name = span.workflow_id.name
    elif span.node_id is not None:
        name = span.node_id.node_id
    elif span.task_id is not None:
        name = f"attempt {span.task_id.retry_attempt}"
    else:
        name = span.operation_id or ""
    return (name, seconds(span.start_time), seconds(span.end_time), *map(outline, span.spans))


def run_node(client: AdminServiceClient, node: str, *times: float, parent: str = "") -> None:
    """A node that is QUEUED, RUNNING and SUCCEEDED at these seconds."""
    phases = (NodePhase.QUEUED, NodePhase.RUNNING, NodePhase.SUCCEEDED)
    metadata = ParentNodeExecutionMetadata(node_id=parent) if parent else None
    for phase, time in zip(phases, times, strict=False):
        event = node_event(node, phase, time).replace(parent_node_metadata=metadata)
        send_node(client, event)


def run_task(client: AdminServiceClient, node: str, attempt: int, *times: float) -> None:
    """An attempt that is QUEUED, RUNNING and SUCCEEDED at these seconds; told a second late."""
    phases = (TaskPhase.QUEUED, TaskPhase.RUNNING, TaskPhase.SUCCEEDED)
    for phase, time in zip(phases, times, strict=True):
        event = task_event(node, phase, time, attempt=attempt)
        send_task(client, event.replace(reported_at=at(time + 1)))


def start(client: AdminServiceClient, time: float, parent: str = "", prefix: str = "") -> None:
    event = node_event(f"{prefix}{START}", NodePhase.SUCCEEDED, time).replace(spec_node_id=START)
    metadata = ParentNodeExecutionMetadata(node_id=parent) if parent else None
    send_node(client, event.replace(parent_node_metadata=metadata))


def test_a_dynamic_node_has_its_attempts_and_then_what_it_yielded(
    client: AdminServiceClient,
) -> None:
    compiled = CompiledWorkflowClosure.from_dict(
        {
            "primary": {
                "template": {
                    "id": WORKFLOW.to_dict(),
                    "nodes": [{"id": "d", "taskNode": {"referenceId": TASK.to_dict()}}],
                },
                "connections": {
                    "upstream": {"d": {"ids": [START]}, END: {"ids": ["d"]}},
                },
            }
        }
    )
    dynamic = DynamicWorkflowNodeMetadata(id=WORKFLOW, compiled_workflow=compiled)
    start(client, 1)
    run_node(client, "n0", 2, 3)
    run_task(client, "n0", 0, 3, 4, 5)
    send_node(
        client,
        node_event("n0", NodePhase.DYNAMIC_RUNNING, 7).replace(
            is_parent=True,
            is_dynamic=True,
            task_node_metadata=TaskNodeMetadata(dynamic_workflow=dynamic),
        ),
    )
    start(client, 8, parent="n0", prefix="n0-0-")
    run_node(client, "n0-0-d", 9, 10, 11, parent="n0")
    send_node(client, node_event("n0", NodePhase.SUCCEEDED, 13))
    [_, node] = metrics(client).spans
    assert outline(node) == (
        "n0",
        2,
        13,
        ("NODE_TRANSITION", 1, 2),
        ("NODE_SETUP", 2, 3),
        (
            "attempt 0",
            3,
            6,
            ("TASK_SETUP", 3, 4),
            ("TASK_RUNTIME", 4, 5),
            ("TASK_TEARDOWN", 5, 6),
        ),
        ("NODE_RESET", 6, 8),
        ("n0-0-d", 9, 11, ("NODE_TRANSITION", 8, 9), ("NODE_SETUP", 9, 11)),
        ("NODE_TEARDOWN", 11, 13),
    )


def test_branches_subworkflows_launch_plans_and_gates_have_spans_of_their_own(
    server: Server, client: AdminServiceClient
) -> None:
    mixed = identifier(ResourceType.WORKFLOW, "mixed")

    def bindings(*names: str) -> list[dict[str, object]]:
        value = {"scalar": {"primitive": {"integer": "1"}}}
        return [{"var": name, "binding": value} for name in names]

    def task(id: str) -> dict[str, object]:
        reference = {"referenceId": TASK.to_dict()}
        return {"id": id, "taskNode": reference, "inputs": bindings("a", "b")}

    truth = {"primitive": {"boolean": True}}
    condition = {"comparison": {"operator": "EQ", "leftValue": truth, "rightValue": truth}}
    inner = identifier(ResourceType.WORKFLOW, "inner")
    client.create_workflow(
        WorkflowCreateRequest.from_dict(
            {
                "id": mixed.to_dict(),
                "spec": {
                    "template": {
                        "interface": {},
                        "nodes": [
                            {
                                "id": "branch",
                                "branchNode": {
                                    "ifElse": {
                                        "case": {"condition": condition, "thenNode": task("then")},
                                        "elseNode": task("else"),
                                    }
                                },
                            },
                            {"id": "sub", "workflowNode": {"subWorkflowRef": inner.to_dict()}},
                            {
                                "id": "launch",
                                "workflowNode": {"launchplanRef": LAUNCH_PLAN.to_dict()},
                                "inputs": bindings("a", "b"),
                            },
                            {"id": "gate", "gateNode": {"sleep": {"duration": "1s"}}},
                        ],
                    },
                    "subWorkflows": [
                        {"id": inner.to_dict(), "interface": {}, "nodes": [task("x")]}
                    ],
                },
            }
        )
    )
    create_launch_plan(client, identifier(ResourceType.LAUNCH_PLAN, "mixed"), workflow=mixed)
    id = create(
        client,
        "mixed",
        launch_plan=identifier(ResourceType.LAUNCH_PLAN, "mixed"),
        inputs=integers(),
    )
    server.clock.freeze(at(3))
    child = create(client, "child")

    def event(node: str, phase: NodePhase, time: float, parent: str = "", spec: str = "") -> None:
        metadata = ParentNodeExecutionMetadata(node_id=parent) if parent else None
        launched = WorkflowNodeMetadata(execution_id=child) if node == "launch" else None
        told = node_event(node, phase, time).replace(
            parent_node_metadata=metadata, workflow_node_metadata=launched
        )
        if spec:
            told = told.replace(spec_node_id=spec)
        name = told.id.replace(execution_id=id) if told.id else None
        send_node(client, told.replace(id=name))

    event(START, NodePhase.SUCCEEDED, 1)
    event("branch", NodePhase.RUNNING, 2)
    event("branch-0-else", NodePhase.SUCCEEDED, 3, parent="branch", spec="branch-else")
    event("branch", NodePhase.SUCCEEDED, 4)
    event("sub", NodePhase.RUNNING, 2.5)
    event("sub-0-start", NodePhase.SUCCEEDED, 3, parent="sub", spec=START)
    event("sub-0-x", NodePhase.SUCCEEDED, 4, parent="sub")
    event("sub", NodePhase.SUCCEEDED, 5)
    event("launch", NodePhase.RUNNING, 2.75)
    send(client, WorkflowPhase.SUCCEEDED, 6, id=child)
    event("launch", NodePhase.SUCCEEDED, 7)
    event("gate", NodePhase.QUEUED, 2.8)
    event("gate", NodePhase.RUNNING, 3)
    event("gate", NodePhase.SUCCEEDED, 4)
    _, branch, sub, launch, gate = map(outline, metrics(client, id=id).spans)
    transition = ("NODE_TRANSITION", 1)
    assert branch == (
        "branch",
        2,
        4,
        (*transition, 2),
        ("NODE_SETUP", 2, 3),
        ("branch-0-else", 3, 3, ("NODE_SETUP", 3, 3)),
        ("NODE_TEARDOWN", 3, 4),
    )
    assert sub == (
        "sub",
        2.5,
        5,
        (*transition, 2.5),
        ("NODE_SETUP", 2.5, 3),
        ("sub-0-x", 4, 4, ("NODE_TRANSITION", 3, 4), ("NODE_SETUP", 4, 4)),
        ("NODE_TEARDOWN", 4, 5),
    )
    assert launch == (
        "launch",
        2.75,
        7,
        (*transition, 2.75),
        ("NODE_SETUP", 2.75, 3),
        ("child", 3, 6, ("WORKFLOW_SETUP", 3, 6)),
        ("NODE_TEARDOWN", 6, 7),
    )
    assert gate == (
        "gate",
        2.8,
        4,
        (*transition, 2.8),
        ("NODE_SETUP", 2.8, 3),
        ("NODE_IDLE", 3, 4),
        ("NODE_TEARDOWN", 4, 4),
    )


def test_an_unknown_or_missing_id_is_refused(client: AdminServiceClient) -> None:
    with refused(grpc.StatusCode.NOT_FOUND, "nothing"):
        metrics(client, id=ID.replace(name="nothing"))
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "missing id"):
        client.get_execution_metrics(WorkflowExecutionGetMetricsRequest())
