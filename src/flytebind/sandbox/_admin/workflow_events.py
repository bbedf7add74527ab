"""CreateWorkflowEvent: what a workflow execution goes through."""

from __future__ import annotations

import grpc
from flyteidl.admin.execution_pb2 import Execution as ExecutionPb
from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.event.event_pb2 import WorkflowExecutionEvent

from flytebind.models.admin.event import (
    WorkflowExecutionEventRequest,
    WorkflowExecutionEventResponse,
)
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._admin.events import (
    DEFAULT_PRODUCER,
    Offloaded,
    already_terminal,
    check_cluster,
    check_size,
    error_columns,
    event_time,
    has_ended,
    log_event,
    phase_name,
    set_duration,
)
from flytebind.sandbox._admin.lookup import describe_execution, get_execution
from flytebind.sandbox._admin.part import Part
from flytebind.sandbox._admin.phases import TERMINAL_WORKFLOW
from flytebind.sandbox._store import Value, tables

_Phase = WorkflowExecution.Phase


class WorkflowEvents(Part):
    """Takes the events of workflow executions. Nobody is notified of them."""

    def create_workflow_event(
        self, request: WorkflowExecutionEventRequest, context: grpc.ServicerContext
    ) -> WorkflowExecutionEventResponse:
        """Bring an execution to its next phase.

        Raises:
            StatusError: INVALID_ARGUMENT, NOT_FOUND; ALREADY_EXISTS for the phase that it is in
                (QUEUED may repeat); FAILED_PRECONDITION for a phase that cannot follow and for an
                event of another cluster, with an ``EventFailureReason``; RESOURCE_EXHAUSTED for
                large outputs.
        """
        pb = request.to_pb()
        event = pb.event
        check_size(event.output_data, self.settings.max_inline_bytes)
        phase = phase_name(_Phase.Name, event.phase)
        occurred_at = event_time(event, "occurred_at")
        with self.store.transaction():
            row = get_execution(self.store, event.execution_id, checks=False)
            _check_transition(row["phase"], phase, event, row["cluster"])
            execution = ExecutionPb.FromString(row["model"])
            closure = execution.closure
            closure.phase = event.phase
            closure.updated_at.CopyFrom(event.occurred_at)
            changes: dict[str, Value] = {"phase": phase, "execution_updated_at": occurred_at}
            if event.phase == WorkflowExecution.RUNNING:
                closure.started_at.CopyFrom(event.occurred_at)
                changes["started_at"] = occurred_at
            elif event.phase in TERMINAL_WORKFLOW and closure.HasField("started_at"):
                changes["duration"] = set_duration(
                    closure.duration, closure.started_at, event.occurred_at
                )
            if event.phase == WorkflowExecution.QUEUED and _names_cluster(event):
                execution.spec.metadata.system_metadata.execution_cluster = event.producer_id
                changes["cluster"] = event.producer_id
            id = event.execution_id
            offloaded = Offloaded(self, id.project, id.domain, id.name)
            changes |= _set_result(execution, event, row["abort_cause"], offloaded)
            changes["model"] = execution.SerializeToString()
            self.store.update(tables.EXECUTIONS, row["id"], changes)
            log_event(self.store, "workflow", event.execution_id, "", event)
        return WorkflowExecutionEventResponse()


def _names_cluster(event: WorkflowExecutionEvent) -> bool:
    return event.producer_id not in ("", DEFAULT_PRODUCER)


def _check_transition(current: str, to: str, event: WorkflowExecutionEvent, cluster: str) -> None:
    name = describe_execution(event.execution_id)
    # QUEUED may be said again: that is how an execution moves to another cluster.
    if event.phase != WorkflowExecution.QUEUED:
        if current == to:
            raise StatusError(grpc.StatusCode.ALREADY_EXISTS, f"execution {name} is {to} already")
        check_cluster(cluster, event.producer_id)
    refusal = f"execution {name} cannot go from {current} to {to}"
    if has_ended(current, _Phase.Value, TERMINAL_WORKFLOW):
        raise already_terminal(refusal, current)
    if (current == "RUNNING" and event.phase == WorkflowExecution.QUEUED) or (
        current == "ABORTING" and event.phase not in TERMINAL_WORKFLOW
    ):
        raise StatusError(grpc.StatusCode.FAILED_PRECONDITION, refusal)


def _set_result(
    execution: ExecutionPb, event: WorkflowExecutionEvent, abort_cause: str, offloaded: Offloaded
) -> dict[str, Value]:
    """Write an event's result into the closure; answers the columns that follow from it."""
    closure = execution.closure
    changes: dict[str, Value] = {}
    result = event.WhichOneof("output_result")
    if result == "error":
        changes = error_columns(event.error)
    if event.phase == WorkflowExecution.ABORTED:
        # However an abort comes about, the closure has its cause.
        if not closure.HasField("abort_metadata"):
            closure.abort_metadata.cause = abort_cause
    elif result == "output_uri" and event.output_uri:
        closure.outputs.uri = event.output_uri
        changes["output_uri"] = event.output_uri
    elif result == "output_data" and (uri := offloaded.outputs(event.output_data)) is not None:
        closure.outputs.uri = changes["output_uri"] = uri
    elif result == "output_data":
        closure.output_data.CopyFrom(event.output_data)
        changes["outputs"] = event.output_data.SerializeToString()
    elif result == "error":
        closure.error.CopyFrom(event.error)
    return changes
