"""Something to execute, and the events of its execution, for the tests of executions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from flytebind.models.admin.event import (
    NodeExecutionEventRequest,
    TaskExecutionEventRequest,
    WorkflowExecutionEventRequest,
)
from flytebind.models.admin.execution import (
    Execution,
    ExecutionCreateRequest,
    ExecutionMetadata,
    ExecutionSpec,
    WorkflowExecutionGetRequest,
)
from flytebind.models.admin.launch_plan import LaunchPlanCreateRequest
from flytebind.models.admin.node_execution import NodeExecution, NodeExecutionGetRequest
from flytebind.models.admin.task import TaskCreateRequest
from flytebind.models.admin.task_execution import TaskExecution, TaskExecutionGetRequest
from flytebind.models.admin.workflow import WorkflowCreateRequest
from flytebind.models.core.execution import (
    ExecutionError,
    NodeExecution as CoreNodeExecution,
    TaskExecution as CoreTaskExecution,
    WorkflowExecution,
)
from flytebind.models.core.identifier import (
    Identifier,
    NodeExecutionIdentifier,
    ResourceType,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flytebind.models.core.literals import Literal, LiteralMap, Primitive, Scalar
from flytebind.models.event.event import (
    NodeExecutionEvent,
    TaskExecutionEvent,
    WorkflowExecutionEvent,
)
from flytebind.services.admin import AdminServiceClient
from tests.sandbox.support import DOMAIN, PROJECT, identifier

WorkflowPhase = WorkflowExecution.Phase
NodePhase = CoreNodeExecution.Phase
TaskPhase = CoreTaskExecution.Phase

TASK = identifier(ResourceType.TASK, "add")
WORKFLOW = identifier(ResourceType.WORKFLOW, "sum")
LAUNCH_PLAN = identifier(ResourceType.LAUNCH_PLAN, "sum")
NAME = "run"
ID = WorkflowExecutionIdentifier(PROJECT, DOMAIN, NAME)

_INTEGER = {"type": {"simple": "INTEGER"}}


def at(seconds: float) -> datetime:
    """A time that many seconds into the test's own day."""
    return datetime(2026, 1, 2, tzinfo=timezone.utc) + timedelta(seconds=seconds)


def integers(**values: int) -> LiteralMap:
    return LiteralMap(
        {
            name: Literal(scalar=Scalar(primitive=Primitive(integer=value)))
            for name, value in values.items()
        }
    )


def text(**values: str) -> LiteralMap:
    return LiteralMap(
        {
            name: Literal(scalar=Scalar(primitive=Primitive(string_value=value)))
            for name, value in values.items()
        }
    )


def register(
    client: AdminServiceClient,
    *,
    defaults: Mapping[str, int] | None = None,
    fixed: LiteralMap | None = None,
) -> None:
    """A task, a workflow of the nodes n0 and n1 that runs it twice, and a launch plan.

    All take the integers a and b, and give o0.
    """
    interface = {
        "inputs": {"variables": {"a": _INTEGER, "b": _INTEGER}},
        "outputs": {"variables": {"o0": _INTEGER}},
    }
    client.create_task(
        TaskCreateRequest.from_dict(
            {
                "id": TASK.to_dict(),
                "spec": {
                    "template": {
                        "type": "python-task",
                        "metadata": {},
                        "interface": interface,
                        "container": {"image": "image", "args": ["run"]},
                    }
                },
            }
        )
    )

    def promise(variable: str, node: str, name: str) -> dict[str, object]:
        return {"var": variable, "binding": {"promise": {"nodeId": node, "var": name}}}

    def node(id: str, a: dict[str, object]) -> dict[str, object]:
        return {
            "id": id,
            "taskNode": {"referenceId": TASK.to_dict()},
            "inputs": [a, promise("b", "", "b")],
        }

    client.create_workflow(
        WorkflowCreateRequest.from_dict(
            {
                "id": WORKFLOW.to_dict(),
                "spec": {
                    "template": {
                        "interface": interface,
                        "nodes": [
                            node("n0", promise("a", "", "a")),
                            node("n1", promise("a", "n0", "o0")),
                        ],
                        "outputs": [promise("o0", "n1", "o0")],
                    }
                },
            }
        )
    )
    create_launch_plan(client, LAUNCH_PLAN, defaults, fixed)


def create_launch_plan(
    client: AdminServiceClient,
    id: Identifier,
    defaults: Mapping[str, int] | None = None,
    fixed: LiteralMap | None = None,
    *,
    workflow: Identifier = WORKFLOW,
) -> None:
    parameters = {
        name: {"var": _INTEGER, "default": integers(**{name: value}).literals[name].to_dict()}
        for name, value in (defaults or {}).items()
    }
    request = {
        "id": id.to_dict(),
        "spec": {
            "workflowId": workflow.to_dict(),
            "entityMetadata": {},
            "defaultInputs": {"parameters": parameters},
            "fixedInputs": fixed.to_dict() if fixed is not None else {},
        },
    }
    client.create_launch_plan(LaunchPlanCreateRequest.from_dict(request))


def create(
    client: AdminServiceClient,
    name: str = NAME,
    *,
    launch_plan: Identifier = LAUNCH_PLAN,
    inputs: LiteralMap | None = None,
    metadata: ExecutionMetadata | None = None,
    project: str = PROJECT,
    domain: str = DOMAIN,
) -> WorkflowExecutionIdentifier:
    """Start an execution, by default with a=1 and b=2."""
    response = client.create_execution(
        ExecutionCreateRequest(
            project=project,
            domain=domain,
            name=name,
            spec=ExecutionSpec(
                launch_plan,
                metadata or ExecutionMetadata(ExecutionMetadata.ExecutionMode.MANUAL, "", 0),
            ),
            inputs=integers(a=1, b=2) if inputs is None else inputs,
        )
    )
    assert response.id is not None
    return response.id


def node_id(node: str, execution: WorkflowExecutionIdentifier = ID) -> NodeExecutionIdentifier:
    return NodeExecutionIdentifier(node, execution)


def task_id(node: str, attempt: int = 0) -> TaskExecutionIdentifier:
    return TaskExecutionIdentifier(TASK, node_id(node), attempt)


def get(client: AdminServiceClient, id: WorkflowExecutionIdentifier = ID) -> Execution:
    return client.get_execution(WorkflowExecutionGetRequest(id=id))


def get_node(
    client: AdminServiceClient, node: str, id: WorkflowExecutionIdentifier = ID
) -> NodeExecution:
    return client.get_node_execution(NodeExecutionGetRequest(id=node_id(node, id)))


def get_task(client: AdminServiceClient, node: str, attempt: int = 0) -> TaskExecution:
    return client.get_task_execution(TaskExecutionGetRequest(id=task_id(node, attempt)))


def send(
    client: AdminServiceClient,
    phase: WorkflowPhase,
    seconds: float = 0,
    *,
    id: WorkflowExecutionIdentifier = ID,
    producer: str = "",
    output_uri: str | None = None,
    output_data: LiteralMap | None = None,
    error: ExecutionError | None = None,
) -> None:
    """An event of the workflow execution."""
    event = WorkflowExecutionEvent(
        execution_id=id,
        phase=phase,
        occurred_at=at(seconds),
        producer_id=producer,
        output_uri=output_uri,
        output_data=output_data,
        error=error,
    )
    client.create_workflow_event(WorkflowExecutionEventRequest(event=event))


def node_event(node: str, phase: NodePhase, seconds: float = 0) -> NodeExecutionEvent:
    """An event of a node: ``replace`` what a test needs."""
    return NodeExecutionEvent(
        id=node_id(node),
        phase=phase,
        occurred_at=at(seconds),
        spec_node_id=node.split("-")[-1] if not node.endswith("-node") else node,
        event_version=1,
    )


def send_node(client: AdminServiceClient, event: NodeExecutionEvent) -> None:
    client.create_node_event(NodeExecutionEventRequest(event=event))


def task_event(
    node: str, phase: TaskPhase, seconds: float = 0, *, attempt: int = 0, version: int = 0
) -> TaskExecutionEvent:
    """An event of an attempt at a node's task: ``replace`` what a test needs."""
    return TaskExecutionEvent(
        task_id=TASK,
        parent_node_execution_id=node_id(node),
        retry_attempt=attempt,
        phase=phase,
        phase_version=version,
        occurred_at=at(seconds),
    )


def send_task(client: AdminServiceClient, event: TaskExecutionEvent) -> None:
    client.create_task_event(TaskExecutionEventRequest(event=event))
