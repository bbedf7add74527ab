"""Stands in for a cluster: tells a sandbox by events what was recorded of an execution."""

from __future__ import annotations

from typing import Any

import grpc
from flyteidl.admin.event_pb2 import (
    NodeExecutionEventRequest,
    TaskExecutionEventRequest,
    WorkflowExecutionEventRequest,
)
from flyteidl.core.execution_pb2 import NodeExecution, TaskExecution, WorkflowExecution
from flyteidl.core.identifier_pb2 import SignalIdentifier as SignalIdentifierPb
from flyteidl.core.literals_pb2 import Literal
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskExecutionEvent, WorkflowExecutionEvent
from google.protobuf.timestamp_pb2 import Timestamp

from flytebind.models.admin.event import (
    NodeExecutionEventRequest as NodeRequest,
    TaskExecutionEventRequest as TaskRequest,
    WorkflowExecutionEventRequest as WorkflowRequest,
)
from flytebind.models.admin.signal import SignalGetOrCreateRequest
from flytebind.models.core.identifier import SignalIdentifier
from flytebind.models.core.types import LiteralType
from flytebind.services import AdminServiceClient, SignalServiceClient
from tests.real import recordings


class Cluster:
    """Lets an execution become what a recorded one came to.

    Nodes of the top level alone, and what they ran.

    Args:
        channel: To the sandbox.
        recording: The name of the recorded one.
        name: The name of the one that is to become so.
        version: Of the tasks that it runs.
    """

    def __init__(self, channel: grpc.Channel, recording: str, name: str, version: str) -> None:
        self._client = AdminServiceClient(channel)
        self._signals = SignalServiceClient(channel)
        self._name = name
        self._version = version
        self._answers: dict[tuple[str, str], Any] = {}
        """By RPC and node; the node is empty where it is about the whole."""
        for row in recordings.rows("executions", recording):
            method = row.question.method
            request = recordings.request_type(method).FromString(row.question.request)
            key = row.question.name, _node_of(request)
            self._answers.setdefault(key, row.answer.read(method))

    def reach_gates(self) -> dict[str, Literal]:
        """Ask for the signals that were recorded; returns what they have been set to so far."""
        answers = [
            self._signals.get_or_create_signal(
                SignalGetOrCreateRequest(
                    id=SignalIdentifier.from_pb(self._own(signal.id)),
                    type=LiteralType.from_pb(signal.type),
                ),
                timeout=20,
            ).to_pb()
            for signal in self._answers["ListSignals", ""].signals
        ]
        return {each.id.signal_id: each.value for each in answers if each.HasField("value")}

    def run(self) -> None:
        """Send all events."""
        closure = self._answers["GetExecution", ""].closure
        self._send_workflow(WorkflowExecution.RUNNING, closure.started_at)
        nodes = self._answers["ListNodeExecutions", ""].node_executions
        for node in sorted(nodes, key=lambda node: node.closure.created_at.ToNanoseconds()):
            self._play_node(node)
        data = self._answers["GetExecutionData", ""]
        result = _result(closure, data)
        self._send_workflow(closure.phase, closure.updated_at, **result)

    def _play_node(self, node: Any) -> None:
        id, closure = node.id.node_id, node.closure
        data = self._answers["GetNodeExecutionData", id]
        event = NodeExecutionEvent(
            id=node.id,
            phase=NodeExecution.RUNNING,
            occurred_at=closure.created_at,
            node_name=node.metadata.spec_node_id,
            spec_node_id=node.metadata.spec_node_id,
            is_array=node.metadata.is_array,
            input_data=data.full_inputs,
        )
        self._send_node(event)
        attempts = self._answers.get(("ListTaskExecutions", id))
        for attempt in attempts.task_executions if attempts is not None else ():
            self._play_attempt(attempt)
        event.MergeFrom(
            NodeExecutionEvent(phase=closure.phase, **_result(closure, data)),
        )
        event.occurred_at.CopyFrom(closure.updated_at)
        self._send_node(event)

    def _play_attempt(self, attempt: Any) -> None:
        id, closure = attempt.id, attempt.closure
        data = self._answers["GetTaskExecutionData", id.node_execution_id.node_id]
        event = TaskExecutionEvent(
            task_id=id.task_id,
            parent_node_execution_id=id.node_execution_id,
            retry_attempt=id.retry_attempt,
            phase=TaskExecution.RUNNING,
            occurred_at=closure.created_at,
            task_type=closure.task_type,
            input_data=data.full_inputs,
        )
        self._send_task(event)
        event.MergeFrom(TaskExecutionEvent(phase=closure.phase, **_result(closure, data)))
        event.metadata.CopyFrom(closure.metadata)
        event.occurred_at.CopyFrom(closure.updated_at)
        self._send_task(event)

    def _own(self, id: SignalIdentifierPb) -> SignalIdentifierPb:
        """The same signal of this execution."""
        own = SignalIdentifierPb()
        own.CopyFrom(id)
        own.execution_id.name = self._name
        return own

    def _send_workflow(
        self, phase: WorkflowExecution.Phase.ValueType, at: Timestamp, **result: Any
    ) -> None:
        event = WorkflowExecutionEvent(phase=phase, occurred_at=at, **result)
        event.execution_id.CopyFrom(self._answers["GetExecution", ""].id)
        event.execution_id.name = self._name
        request = WorkflowExecutionEventRequest(event=event)
        self._client.create_workflow_event(WorkflowRequest.from_pb(request), timeout=20)

    def _send_node(self, event: NodeExecutionEvent) -> None:
        event.id.execution_id.name = self._name
        request = NodeExecutionEventRequest(event=event)
        self._client.create_node_event(NodeRequest.from_pb(request), timeout=20)

    def _send_task(self, event: TaskExecutionEvent) -> None:
        event.parent_node_execution_id.execution_id.name = self._name
        event.task_id.version = self._version
        request = TaskExecutionEventRequest(event=event)
        self._client.create_task_event(TaskRequest.from_pb(request), timeout=20)


def _result(closure: Any, data: Any) -> dict[str, Any]:
    """What came of it: an error, or outputs."""
    if closure.HasField("error"):
        return {"error": closure.error}
    return {"output_data": data.full_outputs}


def _node_of(request: Any) -> str:
    """The id of the node that a request is about; empty when it is about more."""
    id = getattr(request, "node_execution_id", getattr(request, "id", None))
    node: str = getattr(getattr(id, "node_execution_id", id), "node_id", "")
    return node
