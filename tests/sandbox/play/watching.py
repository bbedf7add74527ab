"""A client's view of an execution that plays."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from flytebind.models.admin.execution import (
    Execution,
    ExecutionTerminateRequest,
    WorkflowExecutionGetDataRequest,
    WorkflowExecutionGetDataResponse,
    WorkflowExecutionGetRequest,
)
from flytebind.models.admin.node_execution import (
    NodeExecution,
    NodeExecutionGetDataRequest,
    NodeExecutionGetDataResponse,
    NodeExecutionListRequest,
)
from flytebind.models.admin.signal import SignalSetRequest
from flytebind.models.admin.task_execution import TaskExecution, TaskExecutionListRequest
from flytebind.models.core.execution import (
    NodeExecution as CoreNodeExecution,
    TaskExecution as CoreTaskExecution,
    WorkflowExecution,
)
from flytebind.models.core.identifier import (
    NodeExecutionIdentifier,
    SignalIdentifier,
    WorkflowExecutionIdentifier,
)
from flytebind.models.core.literals import Literal, LiteralMap, Primitive, Scalar
from flytebind.models.event.event import (
    NodeExecutionEvent,
    TaskExecutionEvent,
    WorkflowExecutionEvent,
)
from flytebind.sandbox import Sandbox
from flytebind.sandbox._store import tables
from flytebind.sandbox.play._values import to_native
from flytebind.services.admin import AdminServiceClient
from flytebind.services.signal import SignalServiceClient

WorkflowPhase = WorkflowExecution.Phase
NodePhase = CoreNodeExecution.Phase
TaskPhase = CoreTaskExecution.Phase

_DEADLINE = 120.0
_EVENTS: dict[str, Callable[[bytes], str]] = {
    "workflow": lambda event: WorkflowExecutionEvent.from_bytes(event).phase.name,
    "node": lambda event: f"node {NodeExecutionEvent.from_bytes(event).phase.name}",
    "task": lambda event: f"task {TaskExecutionEvent.from_bytes(event).phase.name}",
}
_ENDED = {WorkflowPhase.SUCCEEDED, WorkflowPhase.FAILED, WorkflowPhase.ABORTED}


def until(true: Callable[[], bool]) -> None:
    """Ask until something is true; fail when it does not come true in time."""
    deadline = time.monotonic() + _DEADLINE
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def to_natives(literals: LiteralMap) -> dict[str, object]:
    """Literals as Python values."""
    return {name: to_native(literal) for name, literal in literals.to_pb().literals.items()}


@dataclass(frozen=True)
class Show:
    """One execution."""

    sandbox: Sandbox
    client: AdminServiceClient
    id: WorkflowExecutionIdentifier

    def get(self) -> Execution:
        return self.client.get_execution(WorkflowExecutionGetRequest(id=self.id), timeout=10)

    def phase(self) -> WorkflowPhase:
        return self.get().closure.phase

    def end(self) -> Execution:
        until(lambda: self.phase() in _ENDED)
        return self.get()

    def inputs(self) -> dict[str, object]:
        return to_natives(self._data().full_inputs)

    def outputs(self) -> dict[str, object]:
        return to_natives(self._data().full_outputs)

    def _data(self) -> WorkflowExecutionGetDataResponse:
        request = WorkflowExecutionGetDataRequest(id=self.id)
        return self.client.get_execution_data(request, timeout=10)

    def nodes(self, parent: str = "") -> dict[str, NodeExecution]:
        request = NodeExecutionListRequest(
            workflow_execution_id=self.id, limit=5000, unique_parent_id=parent
        )
        answer = self.client.list_node_executions(request, timeout=10)
        return {node.id.node_id: node for node in answer.node_executions}

    def phases(self, parent: str = "") -> dict[str, NodePhase]:
        return {id: node.closure.phase for id, node in self.nodes(parent).items()}

    def node_id(self, node: str) -> NodeExecutionIdentifier:
        return NodeExecutionIdentifier(node_id=node, execution_id=self.id)

    def data(self, node: str) -> NodeExecutionGetDataResponse:
        request = NodeExecutionGetDataRequest(id=self.node_id(node))
        return self.client.get_node_execution_data(request, timeout=10)

    def attempts(self, node: str) -> list[TaskExecution]:
        request = TaskExecutionListRequest(node_execution_id=self.node_id(node), limit=100)
        answer = self.client.list_task_executions(request, timeout=10)
        return sorted(answer.task_executions, key=lambda task: task.id.retry_attempt)

    def told(self, node: str = "") -> list[str]:
        """The phases in the events that admin has taken, in order: of a node, or the workflow."""
        rows = self.sandbox.admin.store.rows(
            tables.EVENTS, execution_name=self.id.name, node_id=node
        )
        return [_EVENTS[row["kind"]](row["model"]) for row in rows]

    def until_node(self, node: str, phase: NodePhase) -> None:
        until(lambda: self.phases().get(node) == phase)

    def terminate(self, cause: str) -> None:
        request = ExecutionTerminateRequest(id=self.id, cause=cause)
        self.client.terminate_execution(request, timeout=10)

    def signal(self, name: str, primitive: Primitive) -> None:
        request = SignalSetRequest(
            id=SignalIdentifier(signal_id=name, execution_id=self.id),
            value=Literal(scalar=Scalar(primitive=primitive)),
        )
        with self.sandbox.channel() as channel:
            SignalServiceClient(channel).set_signal(request, timeout=10)
