"""Tells the sandbox what goes on in executions, and notes what a client should see of it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import replace

from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.execution_pb2 import (
    ExecutionError,
    NodeExecution,
    TaskExecution,
    WorkflowExecution,
)
from flyteidl.core.identifier_pb2 import Identifier, NodeExecutionIdentifier
from flyteidl.core.literals_pb2 import Literal
from flyteidl.event.event_pb2 import ExternalResourceInfo, TaskNodeMetadata

from flytebind.models.admin.execution import ExecutionTerminateRequest
from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.runtime.typing import Self
from flytebind.sandbox import Sandbox
from flytebind.sandbox.play._events import Attempt, Events, NodeFacts
from flytebind.sandbox.play._values import to_literals
from flytebind.sandbox.play._workflow import Task
from flytebind.services.admin import AdminServiceClient
from tests.remote.scenes.entities import step
from tests.remote.scenes.scene import Kind, Node, NodePhase, Scene, TaskPhase, WorkflowPhase

_BEFORE_RUNNING = (
    TaskPhase.UNDEFINED,
    TaskPhase.QUEUED,
    TaskPhase.INITIALIZING,
    TaskPhase.WAITING_FOR_RESOURCES,
)
_NODE_ENDS = {TaskPhase.SUCCEEDED: NodePhase.SUCCEEDED, TaskPhase.FAILED: NodePhase.FAILED}
_ARRAY = {"task_type": "container_array", "plugin": "k8s-array"}


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
        self.nodes: dict[str, Node] = {}
        self.facts: dict[str, NodeFacts] = {}
        """What is told of each node every time, by its id."""
        self._launched: list[tuple[Node, Tale]] = []
        self._client = client
        blobs = sandbox.admin.blobs if offloads else None
        self.events = Events(client, sandbox.clock, blobs, id.to_pb())

    def scene(self) -> Scene:
        """What a client should see of it."""
        for node, _ in self._launched:
            node.executions = tuple(tale.scene() for by, tale in self._launched if by is node)
        nodes = copy.deepcopy(self.nodes)
        return Scene(
            self.id, self.phase, nodes, self.inputs, self.outputs, self.error, self.abort_cause
        )

    def launches(self, node: Node, child: Tale) -> None:
        """A node has started another execution."""
        self._launched.append((node, child))

    def node_id(self, node: Node) -> NodeExecutionIdentifier:
        """The id of a node execution."""
        return NodeExecutionIdentifier(node_id=node.id, execution_id=self.id.to_pb())

    # The execution itself.

    def begin(self) -> Self:
        """It runs, and its start node is done."""
        self.go(WorkflowPhase.QUEUED, WorkflowPhase.RUNNING)
        self.start_node()
        return self

    def go(self, *phases: WorkflowPhase, error: str = "") -> None:
        """It goes through phases, one after the other; the error's message goes with each."""
        for phase in phases:
            told = WorkflowExecution.Phase.Value(phase.name)
            self.events.workflow(told, error=_error(error))
            self.phase, self.error = phase, error

    def succeed(self, **outputs: object) -> Scene:
        """It ends well, its end node first."""
        self.end_node(outputs)
        self.go(WorkflowPhase.SUCCEEDING)
        # Nothing is not told of at all.
        self.events.workflow(WorkflowExecution.SUCCEEDED, outputs=_literals(outputs or None))
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

    def start_node(self, parent: Node | None = None) -> None:
        """The start node of the workflow, or of the one below a parent."""
        given = self.inputs if parent is None else parent.inputs
        facts = self.events.start_node(to_literals(given), _id(parent))
        _note(self._add(facts, Kind.START, parent), NodePhase.SUCCEEDED, outputs=given)

    def end_node(self, outputs: Mapping[str, object], parent: Node | None = None) -> None:
        """The end node of the workflow, or of the one below a parent."""
        facts = self.events.end_node(to_literals(outputs), _id(parent))
        node = self._add(facts, Kind.END, parent)
        _note(node, NodePhase.SUCCEEDED, inputs=outputs)

    def queue(
        self,
        spec_id: str,
        kind: Kind,
        parent: Node | None = None,
        *,
        inputs: Mapping[str, object] | None = None,
        is_parent: bool = False,
    ) -> Node:
        """A node that has just been queued.

        Args:
            spec_id: In the workflow that has the node.
            kind: What a client should take it for.
            parent: The node that it is a part of.
            inputs: Those that the cluster has resolved; None for none yet.
            is_parent: Whether the cluster says so, as it does of static subworkflows anyhow.
        """
        facts = replace(
            NodeFacts.of(spec_id, _id(parent)),
            is_parent=is_parent or kind is Kind.SUBWORKFLOW,
            is_array=kind is Kind.ARRAY,
        )
        node = self._add(facts, kind, parent)
        self.tell(node, NodePhase.QUEUED, inputs=inputs)
        return node

    def run(self, node: Node, child: Tale | None = None) -> None:
        """A node starts to run, and with it the execution that it has started."""
        self.tell(node, NodePhase.RUNNING, child=child)

    def unfold(self, node: Node, workflow: CompiledWorkflowClosure) -> None:
        """A dynamic node has yielded its workflow."""
        self.events.unfold(self.facts[node.id], workflow)
        node.phase = NodePhase.DYNAMIC_RUNNING

    def recover(
        self,
        spec_id: str,
        kind: Kind,
        *,
        inputs: Mapping[str, object],
        outputs: Mapping[str, object],
    ) -> None:
        """A node takes over what it came to in another execution: its only event."""
        node = self._add(NodeFacts.of(spec_id), kind, None)
        self.tell(node, NodePhase.RECOVERED, inputs=inputs, outputs=outputs)

    def tell(
        self,
        node: Node,
        phase: NodePhase,
        *,
        inputs: Mapping[str, object] | None = None,
        outputs: Mapping[str, object] | None = None,
        error: str = "",
        child: Tale | None = None,
        task: TaskNodeMetadata | None = None,
    ) -> None:
        """A node is in a new phase; see ``Events.node``. An error is told by its message."""
        self.events.node(
            self.facts[node.id],
            NodeExecution.Phase.Value(phase.name),
            inputs=_literals(inputs),
            outputs=_literals(outputs),
            error=_error(error),
            child=None if child is None else child.id.to_pb(),
            task=task,
        )
        _note(node, phase, inputs=inputs, outputs=outputs, error=error)

    def attempt(
        self,
        node: Node,
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
        plugin = _ARRAY if node.kind is Kind.ARRAY else {}
        attempt = Attempt(node.id, task or step.id, len(node.attempts), **plugin)
        resources = list(resources)
        is_queued = phase == TaskPhase.QUEUED
        first = resources if is_queued else ()
        self.events.begin_attempt(self.facts[node.id], attempt, to_literals(node.inputs), first)
        if not node.attempts:
            node.phase = NodePhase.RUNNING
        if phase not in (*_BEFORE_RUNNING, TaskPhase.RUNNING):
            self.events.task(attempt, TaskExecution.RUNNING)
        if not is_queued:
            self.events.task(
                attempt,
                TaskExecution.Phase.Value(phase.name),
                outputs=_literals(outputs),
                error=_error(error),
                reason=error,
                resources=resources,
            )
        node.attempts += (phase,)

    def task(
        self,
        spec_id: str,
        *attempts: TaskPhase,
        parent: Node | None = None,
        task: Task = step,
        inputs: Mapping[str, object],
        outputs: Mapping[str, object] | None = None,
        error: str = "",
    ) -> Node:
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
            self.tell(node, end, outputs=outputs if good else None, error="" if good else error)
        return node

    def _add(self, facts: NodeFacts, kind: Kind, parent: Node | None) -> Node:
        node = Node(facts.id, facts.spec_id, kind)
        self.facts[node.id] = facts
        (self.nodes if parent is None else parent.children)[node.id] = node
        return node


def _note(
    node: Node,
    phase: NodePhase,
    *,
    inputs: Mapping[str, object] | None = None,
    outputs: Mapping[str, object] | None = None,
    error: str = "",
) -> None:
    node.phase = phase
    node.inputs = inputs or node.inputs
    node.outputs = outputs or node.outputs
    node.error = error or node.error


def _id(node: Node | None) -> str:
    return "" if node is None else node.id


def _literals(values: Mapping[str, object] | None) -> dict[str, Literal] | None:
    return None if values is None else to_literals(values)


def _error(message: str) -> ExecutionError | None:
    return user_error(message) if message else None
