"""The events that a cluster sends about an execution: of scripts, and of whatever tests make up."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from urllib.parse import quote

from flyteidl.admin.event_pb2 import (
    NodeExecutionEventRequest as NodeEventRequest,
    TaskExecutionEventRequest as TaskEventRequest,
    WorkflowExecutionEventRequest as WorkflowEventRequest,
)
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure
from flyteidl.core.execution_pb2 import (
    ExecutionError,
    NodeExecution,
    TaskExecution,
    TaskLog,
    WorkflowExecution,
)
from flyteidl.core.identifier_pb2 import (
    Identifier,
    NodeExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flyteidl.event.event_pb2 import (
    ExternalResourceInfo,
    NodeExecutionEvent,
    TaskExecutionEvent,
    TaskNodeMetadata,
    WorkflowExecutionEvent,
)

from flytebind.models.admin.event import (
    NodeExecutionEventRequest,
    TaskExecutionEventRequest,
    WorkflowExecutionEventRequest,
)
from flytebind.sandbox._admin.compiler import END, START
from flytebind.sandbox._blobs import BlobStore
from flytebind.sandbox._clock import Clock
from flytebind.sandbox.play._values import Literals, literal_map
from flytebind.services.admin import AdminServiceClient

PRODUCER = "propeller"
#: Leads nowhere.
LOGS_URL = "https://logs.example"
_EVENT_VERSION = 2
_MAX_ID_LENGTH = 20
_ALPHABET = str.maketrans("234567", "123456")


def node_id(spec_id: str, parent: str = "") -> str:
    """The id that propeller gives a node: unique in the execution, and at most 20 characters.

    A longer one becomes a hash, so that even a start node is known by its ``spec_node_id`` alone.
    """
    # The number is the parent's attempt, of which there is one: tasks alone are tried again.
    plain = f"{parent}-0-{spec_id}" if parent else spec_id
    if len(plain) <= _MAX_ID_LENGTH:
        return plain
    # FNV-1a of 32 bits, in base 32 with letters of its own.
    digest = reduce(lambda hash, byte: (hash ^ byte) * 16777619 % 2**32, plain.encode(), 2166136261)
    text = base64.b32encode(digest.to_bytes(4, "big")).decode().rstrip("=")
    return f"f{text.lower().translate(_ALPHABET)}"


@dataclass(frozen=True)
class NodeFacts:
    """What every event of a node says again."""

    id: str
    """Unique in the execution."""
    spec_id: str
    """In the workflow that has the node."""
    name: str
    parent: str = ""
    """The id of the node that it is a part of; empty at the top."""
    is_parent: bool = False
    is_dynamic: bool = False
    is_array: bool = False
    is_eager: bool = False

    @classmethod
    def of(cls, spec_id: str, parent: str = "", name: str = "") -> NodeFacts:
        """Those of a node, whose id follows from its place."""
        return cls(node_id(spec_id, parent), spec_id, name or spec_id, parent)


@dataclass(frozen=True)
class Attempt:
    """What every event of an attempt at a task says again."""

    node: str
    task: Identifier
    number: int
    task_type: str = "python-task"
    plugin: str = "container"

    @property
    def generated_name(self) -> str:
        """What a cluster would call its pod, less the execution's name."""
        return f"{self.node}-{self.number}"


class Events:
    """Sends the events of one execution.

    Args:
        client: To admin.
        clock: What the events' times are taken from.
        blobs: Where inputs and outputs go; None sends them inline.
        execution: Whose events they are.
        logs_url: Where logs are said to be.
    """

    def __init__(
        self,
        client: AdminServiceClient,
        clock: Clock,
        blobs: BlobStore | None,
        execution: WorkflowExecutionIdentifier,
        logs_url: str = LOGS_URL,
    ) -> None:
        self._client = client
        self._clock = clock
        self._blobs = blobs
        self._execution = execution
        self._logs_url = logs_url

    def workflow(
        self,
        phase: WorkflowExecution.Phase.ValueType,
        outputs: Literals | None = None,
        error: ExecutionError | None = None,
    ) -> None:
        """The execution is in a new phase."""
        event = WorkflowExecutionEvent(
            execution_id=self._execution, producer_id=PRODUCER, phase=phase, error=error
        )
        event.occurred_at.FromDatetime(self._clock.now())
        self._give_outputs(event, "end-node/data/0", outputs)
        request = WorkflowEventRequest(event=event)
        self._client.create_workflow_event(WorkflowExecutionEventRequest.from_pb(request))

    def node(
        self,
        node: NodeFacts,
        phase: NodeExecution.Phase.ValueType,
        *,
        inputs: Literals | None = None,
        outputs: Literals | None = None,
        error: ExecutionError | None = None,
        child: WorkflowExecutionIdentifier | None = None,
        dynamic: CompiledWorkflowClosure | None = None,
        task: TaskNodeMetadata | None = None,
    ) -> None:
        """A node is in a new phase.

        Args:
            node: Which.
            phase: The new one.
            inputs: Told with the first phase.
            outputs: Told when it has succeeded.
            error: Told when it has failed.
            child: The execution that the node has started.
            dynamic: The workflow that the node has yielded.
            task: What is known of its task, as where its results are cached.
        """
        event = NodeExecutionEvent(
            id=NodeExecutionIdentifier(node_id=node.id, execution_id=self._execution),
            producer_id=PRODUCER,
            phase=phase,
            error=error,
            retry_group="0",
            spec_node_id=node.spec_id,
            node_name=node.name,
            event_version=_EVENT_VERSION,
            is_parent=node.is_parent or dynamic is not None,
            is_dynamic=node.is_dynamic,
            is_array=node.is_array,
            is_eager=node.is_eager,
            task_node_metadata=task,
        )
        event.occurred_at.FromDatetime(self._clock.now())
        event.reported_at.CopyFrom(event.occurred_at)
        if node.parent:
            event.parent_node_metadata.node_id = node.parent
        self._give_inputs(event, f"{node.id}/data", inputs)
        self._give_outputs(event, f"{node.id}/data/0", outputs)
        if child is not None:
            event.workflow_node_metadata.execution_id.CopyFrom(child)
        if dynamic is not None:
            told = event.task_node_metadata.dynamic_workflow
            told.id.CopyFrom(dynamic.primary.template.id)
            told.compiled_workflow.CopyFrom(dynamic)
        request = NodeEventRequest(event=event)
        self._client.create_node_event(NodeExecutionEventRequest.from_pb(request))

    def start_node(self, inputs: Literals, parent: str = "") -> NodeFacts:
        """The start node of the workflow, or of the one below a node, has given out its inputs."""
        self.node(facts := NodeFacts.of(START, parent), NodeExecution.SUCCEEDED, outputs=inputs)
        return facts

    def end_node(self, outputs: Literals, parent: str = "") -> NodeFacts:
        """The end node of the workflow, or of the one below a node, has got its outputs."""
        # It passes them on to nobody: what an execution gives is told with its own end.
        self.node(facts := NodeFacts.of(END, parent), NodeExecution.QUEUED, inputs=outputs)
        self.node(facts, NodeExecution.SUCCEEDED)
        return facts

    def unfold(self, node: NodeFacts, workflow: CompiledWorkflowClosure) -> None:
        """A dynamic node has yielded its workflow."""
        dynamic = replace(node, is_dynamic=True, is_parent=True)
        self.node(dynamic, NodeExecution.DYNAMIC_RUNNING, dynamic=workflow)

    def begin_attempt(
        self,
        node: NodeFacts,
        attempt: Attempt,
        inputs: Literals,
        resources: Iterable[ExternalResourceInfo] = (),
    ) -> None:
        """An attempt is queued; with the first one its node runs."""
        self.task(attempt, TaskExecution.QUEUED, inputs=inputs, resources=resources)
        if attempt.number == 0:
            self.node(node, NodeExecution.RUNNING)

    def task(
        self,
        attempt: Attempt,
        phase: TaskExecution.Phase.ValueType,
        *,
        version: int = 0,
        inputs: Literals | None = None,
        outputs: Literals | None = None,
        error: ExecutionError | None = None,
        reason: str = "",
        resources: Iterable[ExternalResourceInfo] = (),
    ) -> None:
        """An attempt at a task is in a new phase, or has news of the one that it is in.

        Args:
            attempt: Which.
            phase: The new one.
            version: Of the phase; each news has a higher one.
            inputs: Told with the first phase.
            outputs: Told when it has succeeded.
            error: Told when it has failed.
            reason: Why it is in this phase, for people.
            resources: The states of a map task's items that are news.
        """
        event = TaskExecutionEvent(
            task_id=attempt.task,
            parent_node_execution_id=NodeExecutionIdentifier(
                node_id=attempt.node, execution_id=self._execution
            ),
            retry_attempt=attempt.number,
            phase=phase,
            phase_version=version,
            producer_id=PRODUCER,
            error=error,
            reason=reason,
            task_type=attempt.task_type,
            event_version=_EVENT_VERSION,
        )
        event.occurred_at.FromDatetime(self._clock.now())
        event.reported_at.CopyFrom(event.occurred_at)
        id = self._execution
        event.metadata.generated_name = f"{id.name}-{attempt.generated_name}"
        event.metadata.plugin_identifier = attempt.plugin
        event.metadata.external_resources.extend(resources)
        if phase == TaskExecution.RUNNING:
            place = (id.project, id.domain, id.name, attempt.node, str(attempt.number))
            event.logs.append(
                TaskLog(
                    name="Pretended Logs",
                    uri="/".join((self._logs_url, *map(_quoted, place))),
                    message_format=TaskLog.UNKNOWN,
                )
            )
        self._give_inputs(event, f"{attempt.node}/data", inputs)
        self._give_outputs(event, f"{attempt.node}/data/{attempt.number}", outputs)
        request = TaskEventRequest(event=event)
        self._client.create_task_event(TaskExecutionEventRequest.from_pb(request))

    def _give_inputs(
        self, event: NodeExecutionEvent | TaskExecutionEvent, path: str, inputs: Literals | None
    ) -> None:
        if inputs is None:
            return
        if self._blobs is None:
            event.input_data.CopyFrom(literal_map(inputs))
        else:
            event.input_uri = self._write(self._blobs, f"{path}/inputs.pb", inputs)

    def _give_outputs(
        self,
        event: WorkflowExecutionEvent | NodeExecutionEvent | TaskExecutionEvent,
        path: str,
        outputs: Literals | None,
    ) -> None:
        if outputs is None:
            return
        if self._blobs is None:
            event.output_data.CopyFrom(literal_map(outputs))
        else:
            event.output_uri = self._write(self._blobs, f"{path}/outputs.pb", outputs)

    def _write(self, blobs: BlobStore, path: str, literals: Literals) -> str:
        id = self._execution
        folder = f"metadata/propeller/{id.project}-{id.domain}-{id.name}"
        return blobs.write(f"{folder}/{path}", literal_map(literals).SerializeToString())


def _quoted(step: str) -> str:
    return quote(step, safe="")
