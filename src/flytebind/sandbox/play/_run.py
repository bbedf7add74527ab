"""One execution while it is played: what its nodes ask for, and how it is called off."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import grpc
from flyteidl.admin.execution_pb2 import Execution, ExecutionMetadata
from flyteidl.core.execution_pb2 import ExecutionError, NodeExecution
from flyteidl.core.identifier_pb2 import (
    NodeExecutionIdentifier,
    SignalIdentifier,
    WorkflowExecutionIdentifier,
)
from flyteidl.core.literals_pb2 import Literal

from flytebind.models.admin.node_execution import (
    NodeExecutionGetDataRequest,
    NodeExecutionGetRequest,
)
from flytebind.models.core.identifier import (
    NodeExecutionIdentifier as NodeExecutionIdentifierModel,
)
from flytebind.sandbox._blobs import BlobStore
from flytebind.sandbox.play._events import Events
from flytebind.sandbox.play._stage import Stage, key_of
from flytebind.sandbox.play._values import Literals

_DONE = (NodeExecution.SUCCEEDED, NodeExecution.RECOVERED)


class Failed(Exception):
    """A node has failed, for a reason that belongs to the story."""

    def __init__(self, error: ExecutionError) -> None:
        super().__init__(error.message)
        self.error = error


class CalledOff(Exception):
    """The run is to go no further."""


class Recovered(NamedTuple):
    """What a node came to in the execution that is recovered."""

    outputs: Literals
    child: WorkflowExecutionIdentifier | None


class Run:
    """One execution while it is played. Its nodes share it, each in a thread.

    Args:
        stage: Where it takes place.
        id: Of the execution.
    """

    def __init__(self, stage: Stage, id: WorkflowExecutionIdentifier) -> None:
        self.id = id
        self.stage = stage
        self.client = stage.client
        self.signals = stage.signals
        self.events = self._make_events(None)
        self.is_aborted = False
        self._is_failing = False
        self._recovers: WorkflowExecutionIdentifier | None = None

    def begin(self, execution: Execution, *, offloads: bool) -> None:
        """Take over what the execution's spec says.

        Args:
            execution: The one to play.
            offloads: Whether its data goes into files.
        """
        metadata = execution.spec.metadata
        if metadata.mode == ExecutionMetadata.RECOVERED and metadata.HasField(
            "reference_execution"
        ):
            self._recovers = metadata.reference_execution
        if offloads:
            self.events = self._make_events(self.stage.blobs)

    def _make_events(self, blobs: BlobStore | None) -> Events:
        stage = self.stage
        return Events(self.client, stage.clock, blobs, self.id, stage.logs_url)

    def check(self) -> None:
        """Raise ``CalledOff`` if the run is."""
        if self._is_off():
            raise CalledOff

    def pause(self, seconds: float) -> None:
        """Let time pass, at the stage's speed.

        Raises:
            CalledOff: As soon as the run is.
        """
        self._wait(lambda: False, seconds / self.stage.speed)

    def wait_for_end(self, execution: WorkflowExecutionIdentifier) -> None:
        """Wait until another execution has been played.

        Raises:
            CalledOff: As soon as the run is.
        """
        key = key_of(execution)
        self._wait(lambda: key not in self.stage.runs)

    def wait_for_signal(self, id: SignalIdentifier) -> Literal:
        """The value that a signal gets.

        Raises:
            CalledOff: As soon as the run is.
        """
        key = key_of(id.execution_id), id.signal_id
        self._wait(lambda: key in self.stage.values)
        return self.stage.values[key]

    def call_off(self) -> None:
        """End what goes on in other nodes: one has failed."""
        self._is_failing = True
        self._notify()

    def go_on(self) -> None:
        """Let more nodes run after a failure."""
        self._is_failing = False

    def abort(self) -> None:
        """End everything: somebody asked for it."""
        self.is_aborted = True
        self._notify()

    def recovered(self, node: str) -> Recovered | None:
        """What a node came to before; None when there is nothing to take over."""
        if self._recovers is None:
            return None
        pb = NodeExecutionIdentifier(node_id=node, execution_id=self._recovers)
        id = NodeExecutionIdentifierModel.from_pb(pb)
        try:
            former = self.client.get_node_execution(NodeExecutionGetRequest(id=id)).to_pb()
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.NOT_FOUND:
                return None
            raise
        closure = former.closure
        if closure.phase not in _DONE:
            return None
        data = self.client.get_node_execution_data(NodeExecutionGetDataRequest(id=id)).to_pb()
        child = closure.workflow_node_metadata
        return Recovered(
            dict(data.full_outputs.literals),
            child.executionId if child.HasField("executionId") else None,
        )

    def _is_off(self) -> bool:
        return self._is_failing or self.is_aborted or self.stage.stopping

    def _wait(self, true: Callable[[], bool], timeout: float | None = None) -> None:
        self.stage.wait(lambda: self._is_off() or true(), timeout)
        self.check()

    def _notify(self) -> None:
        with self.stage.changed:
            self.stage.changed.notify_all()
