"""Tells the sandbox what goes on in executions, and notes what a client should see of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from flyteidl.admin.event_pb2 import NodeExecutionEventRequest as NodeEventRequest
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.execution_pb2 import (
    ExecutionError,
    NodeExecution,
    TaskExecution,
    WorkflowExecution,
)
from flyteidl.core.identifier_pb2 import Identifier, NodeExecutionIdentifier
from flyteidl.core.literals_pb2 import Literal
from flyteidl.event.event_pb2 import ExternalResourceInfo, NodeExecutionEvent

from flytebind.models.admin.event import NodeExecutionEventRequest
from flytebind.models.admin.execution import ExecutionTerminateRequest
from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.runtime.typing import Self
from flytebind.sandbox import Sandbox
from flytebind.sandbox._admin.compiler import END, START
from flytebind.sandbox.play._events import PRODUCER, Attempt, Events, NodeFacts
from flytebind.sandbox.play._values import to_literal
from flytebind.sandbox.play._workflow import Task
from flytebind.services.admin import AdminServiceClient
from tests.remote.scenes.entities import step
from tests.remote.scenes.nodes import NodeTale, expected, node_id
from tests.remote.scenes.scene import Kind, NodePhase, Scene, TaskPhase, WorkflowPhase

_BEFORE_RUNNING = (
    TaskPhase.UNDEFINED,
    TaskPhase.QUEUED,
    TaskPhase.INITIALIZING,
    TaskPhase.WAITING_FOR_RESOURCES,
)
_NODE_ENDS = {TaskPhase.SUCCEEDED: NodePhase.SUCCEEDED, TaskPhase.FAILED: NodePhase.FAILED}


def user_error(message: str) -> ExecutionError:
    """An error of the user's code."""
    return ExecutionError(code="USER:Unknown", message=message, kind=ExecutionError.USER)


class Tale:
    """One execution, told event by event.

    Args:
        sandbox: Who is told.
        client: To the sandbox.
        id: Of the execution, which is UNDEFINED.
        inputs: What it was created with.
        offloads: Whether data goes into files; otherwise events carry it.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        client: AdminServiceClient,
        id: WorkflowExecutionIdentifier,
        inputs: Mapping[str, object],
        *,
        offloads: bool = False,
    ) -> None:
        self.id = id
        self.inputs = inputs
        self.outputs: Mapping[str, object] = {}
        self.phase = WorkflowPhase.UNDEFINED
        self.error = ""
        self.abort_cause = ""
        self.nodes: list[NodeTale] = []
        self._client = client
        self._clock = sandbox.clock
        blobs = sandbox.admin.blobs if offloads else None
        self.events = Events(client, sandbox.clock, blobs, id.to_pb())

    def scene(self) -> Scene:
        """What a client should see of it."""
        return Scene(
            self.id,
            self.phase,
            expected(self.nodes),
            self.inputs,
            self.outputs,
            self.error,
            self.abort_cause,
        )

    def node_id(self, node: NodeTale) -> NodeExecutionIdentifier:
        """The id of a node execution."""
        return NodeExecutionIdentifier(node_id=node.id, execution_id=self.id.to_pb())

    # The execution itself.

    def begin(self) -> Self:
        """It runs, and its start node is done."""
        self.go(WorkflowPhase.QUEUED, WorkflowPhase.RUNNING)
        self.start_node()
        return self

    def go(self, *phases: WorkflowPhase, error: str = "") -> None:
        """It goes through phases.

        Args:
            phases: One after the other.
            error: The message that goes with each of them.
        """
        for phase in phases:
            told = user_error(error) if error else None
            self.events.workflow(WorkflowExecution.Phase.Value(phase.name), error=told)
            self.phase, self.error = phase, error

    def succeed(self, **outputs: object) -> Scene:
        """It ends well, its end node first."""
        self.end_node(outputs)
        self.go(WorkflowPhase.SUCCEEDING)
        given = _literals(outputs) if outputs else None  # nothing is not told of at all
        self.events.workflow(WorkflowExecution.SUCCEEDED, outputs=given)
        self.phase, self.outputs = WorkflowPhase.SUCCEEDED, outputs
        return self.scene()

    def fail(self, error: str) -> Scene:
        """It ends badly."""
        self.go(WorkflowPhase.FAILING, WorkflowPhase.FAILED, error=error)
        return self.scene()

    def terminate(self, cause: str) -> None:
        """Somebody asks for its end; it is ABORTING then."""
        self._client.terminate_execution(ExecutionTerminateRequest(id=self.id, cause=cause))
        self.phase, self.abort_cause = WorkflowPhase.ABORTING, cause

    # Its nodes.

    def start_node(self, parent: NodeTale | None = None) -> None:
        """The start node of the workflow, or of the one below a parent."""
        inputs = self.inputs if parent is None else parent.inputs
        self.end(self._add(START, Kind.START, parent), NodePhase.SUCCEEDED, outputs=inputs)

    def end_node(self, outputs: Mapping[str, object], parent: NodeTale | None = None) -> None:
        """The end node of the workflow, or of the one below a parent."""
        node = self.queue(END, Kind.END, parent, inputs=outputs)
        self.end(node, NodePhase.SUCCEEDED, outputs=outputs)

    def queue(
        self,
        spec_id: str,
        kind: Kind,
        parent: NodeTale | None = None,
        *,
        inputs: Mapping[str, object] | None = None,
        is_parent: bool = False,
    ) -> NodeTale:
        """A node that has just been queued.

        Args:
            spec_id: In the workflow that has the node.
            kind: What a client should take it for.
            parent: The node that it is a part of.
            inputs: Those that the cluster has resolved; None for none yet.
            is_parent: Whether the cluster says so, as it does of static subworkflows anyhow.
        """
        node = self._add(spec_id, kind, parent, is_parent=is_parent)
        told = None if inputs is None else _literals(inputs)
        self.events.node(node.facts, NodeExecution.QUEUED, inputs=told)
        node.phase, node.inputs = NodePhase.QUEUED, inputs or {}
        return node

    def run(self, node: NodeTale, child: Tale | None = None) -> None:
        """A node starts to run.

        Args:
            node: Which.
            child: The execution that it has started.
        """
        id = None if child is None else child.id.to_pb()
        self.events.node(node.facts, NodeExecution.RUNNING, child=id)
        node.phase = NodePhase.RUNNING

    def unfold(self, node: NodeTale, closure: CompiledWorkflowClosure) -> None:
        """A dynamic node has yielded its workflow."""
        self.events.node(
            replace(node.facts, is_dynamic=True), NodeExecution.DYNAMIC_RUNNING, dynamic=closure
        )
        node.phase = NodePhase.DYNAMIC_RUNNING

    def end(
        self,
        node: NodeTale,
        phase: NodePhase,
        *,
        outputs: Mapping[str, object] | None = None,
        error: str = "",
    ) -> None:
        """A node ends.

        Args:
            node: Which.
            phase: How.
            outputs: What it gives.
            error: The message of its error.
        """
        self.events.node(
            node.facts,
            NodeExecution.Phase.Value(phase.name),
            outputs=None if outputs is None else _literals(outputs),
            error=user_error(error) if error else None,
        )
        node.phase, node.error, node.outputs = phase, error, outputs or {}

    def recover(
        self,
        spec_id: str,
        kind: Kind,
        *,
        inputs: Mapping[str, object],
        outputs: Mapping[str, object],
    ) -> None:
        """A node takes over what it came to in another execution: its only event.

        Args:
            spec_id: See ``queue``.
            kind: See ``queue``.
            inputs: What it took.
            outputs: What it gave.
        """
        node = self._add(spec_id, kind, None)
        self.events.node(
            node.facts,
            NodeExecution.RECOVERED,
            inputs=_literals(inputs),
            outputs=_literals(outputs),
        )
        node.phase, node.inputs, node.outputs = NodePhase.RECOVERED, inputs, outputs

    def attempt(
        self,
        node: NodeTale,
        phase: TaskPhase,
        *,
        task: Identifier | None = None,
        outputs: Mapping[str, object] | None = None,
        error: str = "",
        resources: Iterable[ExternalResourceInfo] = (),
    ) -> None:
        """Another attempt at a node's task, from its first event to the one with this phase.

        Args:
            node: Which; it runs from its first attempt on.
            phase: The last one.
            task: The task's id; ``step`` by default.
            outputs: What it gives.
            error: The message of its error.
            resources: What the last event says of an array's items.
        """
        facts = {"task_type": "container_array", "plugin": "k8s-array"}
        attempt = Attempt(
            node.id,
            task or step.id,
            len(node.attempts),
            **(facts if node.kind is Kind.ARRAY else {}),
        )
        resources = list(resources)
        is_queued = phase == TaskPhase.QUEUED
        self.events.task(
            attempt,
            TaskExecution.QUEUED,
            inputs=_literals(node.inputs),
            resources=resources if is_queued else (),
        )
        if not node.attempts:
            self.run(node)
        if phase not in (*_BEFORE_RUNNING, TaskPhase.RUNNING):
            self.events.task(attempt, TaskExecution.RUNNING)
        if not is_queued:
            self.events.task(
                attempt,
                TaskExecution.Phase.Value(phase.name),
                outputs=None if outputs is None else _literals(outputs),
                error=user_error(error) if error else None,
                reason=error,
                resources=resources,
            )
        node.attempts.append(phase)

    def task(
        self,
        spec_id: str,
        *attempts: TaskPhase,
        parent: NodeTale | None = None,
        task: Task = step,
        inputs: Mapping[str, object],
        outputs: Mapping[str, object] | None = None,
        error: str = "",
    ) -> NodeTale:
        """A task node with its attempts, which ends if the last of them does.

        Args:
            spec_id: See ``queue``.
            attempts: The phase that each attempt has come to; one that SUCCEEDED by default.
            parent: See ``queue``.
            task: What it runs.
            inputs: What it takes.
            outputs: What it gives if it succeeds.
            error: The message of each error.
        """
        node = self.queue(spec_id, Kind.TASK, parent, inputs=inputs)
        phases = attempts or (TaskPhase.SUCCEEDED,)
        for phase in phases:
            good = phase == TaskPhase.SUCCEEDED
            failed = phase in (TaskPhase.FAILED, TaskPhase.RETRYABLE_FAILED)
            self.attempt(
                node,
                phase,
                task=task.id,
                outputs=outputs if good else None,
                error=error if failed else "",
            )
        if (end := _NODE_ENDS.get(phases[-1])) is not None:
            good = end == NodePhase.SUCCEEDED
            self.end(node, end, outputs=outputs if good else None, error="" if good else error)
        return node

    def event(self, node: NodeTale, phase: NodePhase) -> NodeExecutionEvent:
        """An event of a node to say what the other methods cannot; for ``send``."""
        event = NodeExecutionEvent(
            id=self.node_id(node),
            producer_id=PRODUCER,
            phase=NodeExecution.Phase.Value(phase.name),
            retry_group="0",
            spec_node_id=node.facts.spec_id,
            node_name=node.facts.name,
            event_version=1,
            is_parent=node.facts.is_parent,
        )
        event.occurred_at.FromDatetime(self._clock.now())
        event.reported_at.CopyFrom(event.occurred_at)
        if node.facts.parent:
            event.parent_node_metadata.node_id = node.facts.parent
        return event

    def send(self, node: NodeTale, event: NodeExecutionEvent) -> None:
        """Send an event."""
        request = NodeEventRequest(event=event)
        self._client.create_node_event(NodeExecutionEventRequest.from_pb(request))
        node.phase = NodePhase(event.phase)

    def _add(
        self, spec_id: str, kind: Kind, parent: NodeTale | None, *, is_parent: bool = False
    ) -> NodeTale:
        above = "" if parent is None else parent.id
        facts = NodeFacts(
            node_id(spec_id, above),
            spec_id,
            spec_id,
            above,
            is_parent=is_parent or kind is Kind.SUBWORKFLOW,
            is_array=kind is Kind.ARRAY,
        )
        node = NodeTale(facts, kind)
        (self.nodes if parent is None else parent.children).append(node)
        return node


def _literals(values: Mapping[str, object]) -> dict[str, Literal]:
    return {name: to_literal(value) for name, value in values.items()}
