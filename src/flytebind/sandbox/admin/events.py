"""What the three kinds of events have in common."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
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
from flytebind.sandbox.admin.checks import invalid
from flytebind.sandbox.admin.lookup import missing
from flytebind.sandbox.store import Row, Store, Value, tables

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
    """Refuse an event from a cluster that does not run the execution."""
    if producer and producer != DEFAULT_PRODUCER and producer != stored:
        reason = EventFailureReason(
            incompatible_cluster=EventErrorIncompatibleCluster(cluster=stored)
        )
        message = f"the event is from cluster {producer!r}, the execution is on {stored!r}"
        raise StatusError(grpc.StatusCode.FAILED_PRECONDITION, message, details=[reason])


def check_size(data: LiteralMap, limit: int) -> None:
    """Refuse inline outputs that are too large."""
    if (size := data.ByteSize()) > limit:
        message = f"output_data of {size} bytes exceeds the limit of {limit} bytes"
        raise StatusError(grpc.StatusCode.RESOURCE_EXHAUSTED, message)


def phase_name(name: Callable[[int], str], phase: int) -> str:
    """The name of an event's phase; INVALID_ARGUMENT for a number without one."""
    try:
        return name(phase)
    except ValueError:
        invalid(f"there is no phase {phase}")


def event_time(event: Message, field: TimeField) -> datetime:
    """A required time of an event, to the microsecond."""
    if not event.HasField(field):
        missing(f"event.{field}")
    try:
        return cast(Timestamp, getattr(event, field)).ToDatetime(timezone.utc)
    except (OverflowError, ValueError):
        invalid(f"event.{field} is out of range")


def set_duration(duration: Duration, start: Timestamp, end: Timestamp) -> int:
    """Write the time from ``start`` to ``end`` into ``duration``; answers it in nanoseconds.

    As in flyteadmin it ends at 292 years, where 64 bits do.
    """
    nanoseconds = end.ToNanoseconds() - start.ToNanoseconds()
    nanoseconds = max(-(2**63), min(nanoseconds, 2**63 - 1))
    duration.FromNanoseconds(nanoseconds)
    return nanoseconds


def updated_field(event: NodeExecutionEvent | TaskExecutionEvent) -> TimeField:
    """Which time of an event tells when its subject was updated."""
    reported_at = event.reported_at
    return "reported_at" if reported_at.seconds or reported_at.nanos else "occurred_at"


def take_inputs(
    model: NodeExecution | TaskExecution,
    event: NodeExecutionEvent | TaskExecutionEvent,
    row: Row | None,
) -> dict[str, Value]:
    """The columns of inputs, which the first event that has them decides."""
    if row is not None and (row["input_uri"] or row["inputs"] is not None):
        return {}
    if event.input_uri:
        model.input_uri = event.input_uri
        return {"input_uri": event.input_uri}
    if event.HasField("input_data"):
        return {"inputs": event.input_data.SerializeToString()}
    return {}


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
