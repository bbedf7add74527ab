"""What the three kinds of events have in common."""

from __future__ import annotations

from collections.abc import Callable, Set
from datetime import datetime
from typing import Literal, TypeAlias, cast

import grpc
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core.execution_pb2 import ExecutionError
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskExecutionEvent
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from flytebind.models.admin.event import (
    EventErrorAlreadyInTerminalState,
    EventErrorIncompatibleCluster,
    EventFailureReason,
)
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._admin.checks import moment
from flytebind.sandbox._admin.part import Part
from flytebind.sandbox._store import Row, Store, Value, tables

#: What propeller calls itself when it has no cluster's name to give.
DEFAULT_PRODUCER = "propeller"

TimeField: TypeAlias = Literal["occurred_at", "reported_at"]


def already_terminal(message: str, phase: str) -> StatusError:
    """The status for a change to something that has ended in ``phase``."""
    reason = EventFailureReason(
        already_in_terminal_state=EventErrorAlreadyInTerminalState(current_phase=phase)
    )
    return StatusError(grpc.StatusCode.FAILED_PRECONDITION, message, details=[reason])


def check_cluster(stored: str, producer: str) -> None:
    """Refuse an event from a cluster that does not run the execution; it is told its own name."""
    if producer and producer != DEFAULT_PRODUCER and producer != stored:
        reason = EventFailureReason(
            incompatible_cluster=EventErrorIncompatibleCluster(cluster=producer)
        )
        message = f"the event is from cluster {producer!r}, the execution is on {stored!r}"
        raise StatusError(grpc.StatusCode.FAILED_PRECONDITION, message, details=[reason])


def check_size(data: LiteralMap, limit: int) -> None:
    """Refuse inline outputs that are too large."""
    if (size := data.ByteSize()) > limit:
        message = f"output_data of {size} bytes exceeds the limit of {limit} bytes"
        raise StatusError(grpc.StatusCode.RESOURCE_EXHAUSTED, message)


def phase_name(name: Callable[[int], str], phase: int) -> str:
    """The name of an event's phase; a number without one is its own."""
    try:
        return name(phase)
    except ValueError:
        return str(phase)


def has_ended(phase: str, value: Callable[[str], int], terminal: Set[int]) -> bool:
    """Whether a phase, which may have no name, is one of those that nothing leaves."""
    return not phase.isdecimal() and value(phase) in terminal


def event_time(
    event: Message,
    field: TimeField,
    code: grpc.StatusCode = grpc.StatusCode.INTERNAL,
) -> datetime:
    """A required time of an event, to the microsecond.

    Raises:
        StatusError: With the code, when it is absent or there is no such time.
    """
    if not event.HasField(field):
        raise StatusError(code, f"missing event.{field}")
    try:
        return moment(cast(Timestamp, getattr(event, field)))
    except (OverflowError, ValueError):
        raise StatusError(code, f"event.{field} is out of range") from None


class Offloaded:
    """Where data goes that events bring: into files, unless the settings say otherwise."""

    def __init__(self, part: Part, *path: str) -> None:
        self._part = part
        self._path = "/".join(("metadata", *path))

    def inputs(self, data: LiteralMap) -> str:
        """Keep inputs; answers their URI."""
        return self._part.blobs.write(
            f"{self._path}/offloaded_inputs", data.SerializeToString(deterministic=True)
        )

    def outputs(self, data: LiteralMap) -> str | None:
        """Keep outputs; answers their URI, None when they are to stay where the event is kept."""
        if self._part.settings.inline_event_data:
            return None
        return self._part.blobs.write(
            f"{self._path}/offloaded_outputs", data.SerializeToString(deterministic=True)
        )


def set_duration(duration: Duration, start: Timestamp, end: Timestamp) -> int:
    """Write the time from ``start`` to ``end`` into ``duration``; answers it in nanoseconds.

    As in flyteadmin it ends at 292 years, where 64 bits do.
    """
    nanoseconds = end.ToNanoseconds() - start.ToNanoseconds()
    nanoseconds = max(-(2**63), min(nanoseconds, 2**63 - 1))
    duration.FromNanoseconds(nanoseconds)
    return nanoseconds


def updated_field(event: NodeExecutionEvent | TaskExecutionEvent) -> TimeField:
    """The name of an event's field with the time at which its subject was updated."""
    reported_at = event.reported_at
    return "reported_at" if reported_at.seconds or reported_at.nanos else "occurred_at"


def take_inputs(
    model: NodeExecution | TaskExecution,
    event: NodeExecutionEvent | TaskExecutionEvent,
    row: Row | None,
    offloaded: Offloaded,
) -> dict[str, Value]:
    """The columns of inputs, which the first event that has them decides."""
    if row is not None and row["input_uri"]:
        return {}
    if event.input_uri:
        model.input_uri = event.input_uri
    elif event.HasField("input_data"):
        model.input_uri = offloaded.inputs(event.input_data)
    else:
        return {}
    return {"input_uri": model.input_uri}


def error_columns(error: ExecutionError) -> dict[str, Value]:
    """The columns of an error."""
    try:
        kind = ExecutionError.ErrorKind.Name(error.kind)
    except ValueError:
        kind = str(error.kind)
    return {"error_kind": kind, "error_code": error.code}


def log_event(
    store: Store, kind: str, id: WorkflowExecutionIdentifier, node_id: str, event: Message
) -> None:
    """Keep an event that was taken."""
    store.insert(
        tables.EVENTS,
        {
            "kind": kind,
            "execution_project": id.project,
            "execution_domain": id.domain,
            "execution_name": id.name,
            "node_id": node_id,
            "model": event.SerializeToString(),
        },
    )
