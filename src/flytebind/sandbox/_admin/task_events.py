"""CreateTaskEvent: what the attempts at a task go through."""

from __future__ import annotations

import grpc
from flyteidl.admin.task_execution_pb2 import (
    TaskExecution as TaskExecutionPb,
    TaskExecutionClosure,
)
from flyteidl.core.execution_pb2 import TaskExecution
from flyteidl.core.identifier_pb2 import TaskExecutionIdentifier
from flyteidl.event.event_pb2 import TaskExecutionEvent

from flytebind.models.admin.event import TaskExecutionEventRequest, TaskExecutionEventResponse
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._admin.events import (
    Offloaded,
    already_terminal,
    check_cluster,
    check_size,
    event_time,
    has_ended,
    log_event,
    phase_name,
    set_duration,
    take_inputs,
    updated_field,
)
from flytebind.sandbox._admin.lookup import (
    describe_task,
    get_cluster,
    get_node_execution,
    missing,
    task_key,
)
from flytebind.sandbox._admin.part import Part
from flytebind.sandbox._admin.phases import TERMINAL_TASK
from flytebind.sandbox._admin.task_merge import (
    filter_logs,
    merge_logs,
    merge_metadata,
    merge_struct,
    sort_resources,
)
from flytebind.sandbox._store import Row, Value, tables

_Phase = TaskExecution.Phase


class TaskEvents(Part):
    """Takes the events of task executions; the first event of an attempt makes its row.

    Inputs and outputs that come inline are kept inline; see ``NodeEvents``.
    """

    def create_task_event(
        self, request: TaskExecutionEventRequest, context: grpc.ServicerContext
    ) -> TaskExecutionEventResponse:
        """Bring an attempt at a task to its next phase, or to a later version of its phase.

        The task itself need not be registered.

        Raises:
            StatusError: INVALID_ARGUMENT; NOT_FOUND for an unknown execution or node execution;
                ALREADY_EXISTS for a phase and version that have been taken; FAILED_PRECONDITION for
                an attempt that has ended and for an event of another cluster, with an
                ``EventFailureReason``; RESOURCE_EXHAUSTED for large outputs.
        """
        pb = request.to_pb()
        if not pb.HasField("event"):
            missing("event")
        event = pb.event
        occurred_at = event_time(event, "occurred_at", grpc.StatusCode.INVALID_ARGUMENT)
        id = TaskExecutionIdentifier(
            task_id=event.task_id,
            node_execution_id=event.parent_node_execution_id,
            retry_attempt=event.retry_attempt,
        )
        if not event.HasField("parent_node_execution_id"):
            missing("event.parent_node_execution_id")
        key = task_key(id, "event")
        phase = phase_name(_Phase.Name, event.phase)
        check_size(event.output_data, self.settings.max_inline_bytes)
        changes: dict[str, Value] = {
            "phase": phase,
            "phase_version": event.phase_version,
            "task_execution_updated_at": event_time(
                event, updated_field(event), grpc.StatusCode.INVALID_ARGUMENT
            ),
        }
        node_id = event.parent_node_execution_id
        offloaded = Offloaded(self, *map(str, _path(id)))
        with self.store.transaction():
            cluster = get_cluster(
                self.store, node_id.execution_id, "event.parent_node_execution_id.execution_id"
            )
            check_cluster(cluster, event.producer_id)
            row = self.store.find(tables.TASK_EXECUTIONS, **key)
            if row is None:
                node = get_node_execution(self.store, node_id, "event.parent_node_execution_id")
                task = TaskExecutionPb(id=id)
                task.closure.created_at.CopyFrom(event.occurred_at)
                task.closure.task_type = event.task_type
                changes["node_execution_id"] = node["id"]
            else:
                _check_transition(row, phase, event, describe_task(id))
                task = TaskExecutionPb.FromString(row["model"])
            changes |= take_inputs(task, event, row, offloaded)
            changes |= _grow(task.closure, event, row, offloaded)
            if task.closure.HasField("started_at") and (row is None or row["started_at"] is None):
                changes["started_at"] = occurred_at
            changes["model"] = task.SerializeToString()
            if row is None:
                values = {**key, "task_execution_created_at": occurred_at, **changes}
                self.store.insert(tables.TASK_EXECUTIONS, values)
            else:
                self.store.update(tables.TASK_EXECUTIONS, row["id"], changes)
            log_event(self.store, "task", node_id.execution_id, node_id.node_id, event)
        return TaskExecutionEventResponse()


def _path(id: TaskExecutionIdentifier) -> tuple[str | int, ...]:
    """Where the data of an attempt lies."""
    execution, task = id.node_execution_id.execution_id, id.task_id
    return (
        *(execution.project, execution.domain, execution.name, id.node_execution_id.node_id),
        *(task.project, task.domain, task.name, task.version, id.retry_attempt),
    )


def _check_transition(row: Row, to: str, event: TaskExecutionEvent, name: str) -> None:
    current = row["phase"]
    if current == to and row["phase_version"] >= event.phase_version:
        message = f"{name} is {to} (version {row['phase_version']}) already"
        raise StatusError(grpc.StatusCode.ALREADY_EXISTS, message)
    if has_ended(current, _Phase.Value, TERMINAL_TASK):
        # flyteadmin names the phase of the event here, which is not the current one.
        raise already_terminal(f"{name} cannot go from {current} to {to}", to)


def _grow(
    closure: TaskExecutionClosure,
    event: TaskExecutionEvent,
    row: Row | None,
    offloaded: Offloaded,
) -> dict[str, Value]:
    """Write what an event reports into the closure; returns the columns that change with it."""
    phase_changes = closure.phase != event.phase
    closure.phase = event.phase
    closure.updated_at.CopyFrom(getattr(event, updated_field(event)))
    closure.event_version = max(closure.event_version, event.event_version)
    _add_reasons(closure, event)
    if event.HasField("custom_info"):
        closure.custom_info.SetInParent()
        merge_struct(closure.custom_info, event.custom_info)
    if row is None:
        if event.HasField("log_context"):  # later ones are not kept
            closure.log_context.CopyFrom(event.log_context)
        closure.logs.extend(event.logs)
        if event.HasField("metadata"):
            closure.metadata.CopyFrom(event.metadata)
            sort_resources(closure.metadata)
    else:
        merge_logs(closure.logs, event.logs)
        filter_logs(closure.logs, event.phase)
        if event.HasField("metadata"):
            merge_metadata(closure.metadata, event.metadata)
        if phase_changes:
            for resource in closure.metadata.external_resources:
                filter_logs(resource.logs, event.phase)
    if event.phase == TaskExecution.RUNNING and not closure.HasField("started_at"):
        closure.started_at.CopyFrom(event.occurred_at)
    elif event.phase in TERMINAL_TASK:
        return _end(closure, event, offloaded)
    return {}


def _add_reasons(closure: TaskExecutionClosure, event: TaskExecutionEvent) -> None:
    if event.reasons:
        for told in event.reasons:
            reason = closure.reasons.add(message=told.reason)
            if told.HasField("occurred_at"):
                reason.occurred_at.CopyFrom(told.occurred_at)
        closure.reason = event.reasons[-1].reason
    elif event.reason and closure.reason != event.reason:
        closure.reasons.add(message=event.reason, occurred_at=event.occurred_at)
        closure.reason = event.reason


def _end(
    closure: TaskExecutionClosure, event: TaskExecutionEvent, offloaded: Offloaded
) -> dict[str, Value]:
    changes: dict[str, Value] = {}
    if closure.HasField("started_at"):
        changes["duration"] = set_duration(closure.duration, closure.started_at, event.occurred_at)
    result = event.WhichOneof("output_result")
    if result == "output_uri":
        closure.output_uri = event.output_uri
        changes["output_uri"] = event.output_uri
    elif result == "output_data" and (uri := offloaded.outputs(event.output_data)) is not None:
        closure.output_uri = changes["output_uri"] = uri
    elif result == "output_data":
        closure.output_data.CopyFrom(event.output_data)
        changes["outputs"] = event.output_data.SerializeToString()
    elif result == "error":
        closure.error.CopyFrom(event.error)
    return changes
