"""CreateNodeEvent: what the nodes of an execution go through."""

from __future__ import annotations

import grpc
from flyteidl.admin.node_execution_pb2 import NodeExecution as NodeExecutionPb
from flyteidl.admin.task_execution_pb2 import TaskExecution as TaskExecutionPb
from flyteidl.core.catalog_pb2 import CatalogCacheStatus
from flyteidl.core.execution_pb2 import NodeExecution
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier
from flyteidl.event.event_pb2 import NodeExecutionEvent

from flytebind.models.admin.event import NodeExecutionEventRequest, NodeExecutionEventResponse
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._admin.events import (
    Offloaded,
    already_terminal,
    check_cluster,
    error_columns,
    event_time,
    has_ended,
    log_event,
    phase_name,
    set_duration,
    take_inputs,
    updated_field,
)
from flytebind.sandbox._admin.lookup import (
    describe_node,
    get_cluster,
    get_node_execution,
    get_task_execution,
    node_key,
)
from flytebind.sandbox._admin.part import Part
from flytebind.sandbox._admin.phases import TERMINAL_NODE
from flytebind.sandbox._store import Row, Store, Value, tables

_Phase = NodeExecution.Phase


class NodeEvents(Part):
    """Takes the events of node executions; the first event of a node makes its row.

    Inputs and outputs that come inline are written to files, unless the settings say otherwise.
    """

    def create_node_event(
        self, request: NodeExecutionEventRequest, context: grpc.ServicerContext
    ) -> NodeExecutionEventResponse:
        """Bring a node execution to its next phase.

        Inline outputs of any size are taken; GetNodeExecutionData leaves out those that are too
        large.

        Raises:
            StatusError: INVALID_ARGUMENT; NOT_FOUND for an unknown execution, parent or child;
                ALREADY_EXISTS for the phase that the node is in; FAILED_PRECONDITION for a node
                that has ended and for an event of another cluster, with an ``EventFailureReason``.
        """
        pb = request.to_pb()
        event = pb.event
        changes: dict[str, Value] = {
            "node_execution_updated_at": event_time(event, updated_field(event)),
        }
        occurred_at = event_time(event, "occurred_at")
        key = node_key(event.id, "event.id")
        changes["phase"] = phase = phase_name(_Phase.Name, event.phase)
        id = event.id.execution_id
        offloaded = Offloaded(self, id.project, id.domain, id.name, event.id.node_id)
        with self.store.transaction():
            cluster = get_cluster(self.store, event.id.execution_id, "event.id.execution_id")
            check_cluster(cluster, event.producer_id)
            row = self.store.find(tables.NODE_EXECUTIONS, **key)
            if row is None:
                node = NodeExecutionPb(id=event.id)
                node.closure.created_at.CopyFrom(event.occurred_at)
                node.metadata.retry_group = event.retry_group
                node.metadata.spec_node_id = event.spec_node_id
                changes |= _link_parents(self.store, event)
            else:
                _check_transition(row["phase"], phase, event)
                node = NodeExecutionPb.FromString(row["model"])
            changes |= take_inputs(node, event, row, offloaded)
            changes |= _grow(node, event, offloaded, is_first=row is None)
            if event.phase == NodeExecution.RUNNING:
                changes["started_at"] = occurred_at
            changes["model"] = node.SerializeToString()
            if row is None:
                values = {**key, "node_execution_created_at": occurred_at, **changes}
                self.store.insert(tables.NODE_EXECUTIONS, values)
            else:
                self.store.update(tables.NODE_EXECUTIONS, row["id"], changes)
            log_event(self.store, "node", event.id.execution_id, event.id.node_id, event)
        return NodeExecutionEventResponse()


def _check_transition(current: str, to: str, event: NodeExecutionEvent) -> None:
    name = describe_node(event.id)
    if current == to:
        raise StatusError(grpc.StatusCode.ALREADY_EXISTS, f"node execution {name} is {to} already")
    if has_ended(current, _Phase.Value, TERMINAL_NODE):
        # flyteadmin names the phase of the event here, which is not the current one.
        raise already_terminal(f"node execution {name} cannot go from {current} to {to}", to)


def _link_parents(store: Store, event: NodeExecutionEvent) -> dict[str, Value]:
    """The columns that point to a new node's parents, which learn that they are parents."""
    links: dict[str, Value] = {}
    if event.HasField("parent_task_metadata"):
        task = get_task_execution(
            store, event.parent_task_metadata.id, "event.parent_task_metadata.id"
        )
        links["parent_task_execution_id"] = task["id"]
        model = TaskExecutionPb.FromString(task["model"])
        if not model.is_parent:
            model.is_parent = True
            changes = {"model": model.SerializeToString()}
            store.update(tables.TASK_EXECUTIONS, task["id"], changes)
    if event.HasField("parent_node_metadata"):
        id = NodeExecutionIdentifier(
            node_id=event.parent_node_metadata.node_id, execution_id=event.id.execution_id
        )
        parent = get_node_execution(store, id, "event.parent_node_metadata")
        links["parent_id"] = parent["id"]
        # Events of version 0 do not say which nodes are parents: having children makes them so.
        if event.event_version == 0:
            _mark_parent(store, parent)
    return links


def _mark_parent(store: Store, row: Row) -> None:
    node = NodeExecutionPb.FromString(row["model"])
    if not (node.metadata.is_parent_node or node.metadata.is_dynamic):
        node.metadata.is_parent_node = True
        node.metadata.is_dynamic = row["dynamic_workflow"] is not None
        store.update(tables.NODE_EXECUTIONS, row["id"], {"model": node.SerializeToString()})


def _grow(
    node: NodeExecutionPb, event: NodeExecutionEvent, offloaded: Offloaded, *, is_first: bool
) -> dict[str, Value]:
    """Write what an event reports into the node; returns the columns that change with it."""
    closure, metadata = node.closure, node.metadata
    changes: dict[str, Value] = {}
    closure.phase = event.phase
    closure.updated_at.CopyFrom(getattr(event, updated_field(event)))
    # Events say these when they know; a later event's silence takes nothing back.
    metadata.is_parent_node |= event.is_parent
    metadata.is_dynamic |= event.is_dynamic
    metadata.is_array |= event.is_array
    if event.phase == NodeExecution.RUNNING:
        closure.started_at.CopyFrom(event.occurred_at)
        closure.deck_uri = event.deck_uri
    elif event.phase in TERMINAL_NODE:
        if closure.HasField("started_at"):
            changes["duration"] = set_duration(
                closure.duration, closure.started_at, event.occurred_at
            )
        changes |= _set_result(node, event, offloaded)
        closure.deck_uri = event.deck_uri
    if event.HasField("workflow_node_metadata"):
        # flyteadmin leaves out what the first event says of it.
        if not is_first and not closure.HasField("workflow_node_metadata"):
            child = event.workflow_node_metadata.execution_id
            closure.workflow_node_metadata.executionId.CopyFrom(child)
    elif event.HasField("task_node_metadata"):
        changes |= _set_task_node_metadata(node, event)
        if is_first:
            closure.dynamic_job_spec_uri = ""
    return changes


def _set_result(
    node: NodeExecutionPb, event: NodeExecutionEvent, offloaded: Offloaded
) -> dict[str, Value]:
    result = event.WhichOneof("output_result")
    if result == "output_uri":
        node.closure.output_uri = event.output_uri
        return {"output_uri": event.output_uri}
    if result == "output_data":
        if (uri := offloaded.outputs(event.output_data)) is not None:
            node.closure.output_uri = uri
            return {"output_uri": uri}
        node.closure.output_data.CopyFrom(event.output_data)
        return {"outputs": event.output_data.SerializeToString()}
    if result == "error":
        node.closure.error.CopyFrom(event.error)
        return error_columns(event.error)
    return {}


def _set_task_node_metadata(node: NodeExecutionPb, event: NodeExecutionEvent) -> dict[str, Value]:
    told = event.task_node_metadata
    changes: dict[str, Value] = {}
    metadata = node.closure.task_node_metadata
    metadata.Clear()
    metadata.SetInParent()
    metadata.checkpoint_uri = told.checkpoint_uri
    if told.HasField("catalog_key"):
        metadata.cache_status = told.cache_status
        metadata.catalog_key.CopyFrom(told.catalog_key)
        changes["cache_status"] = phase_name(CatalogCacheStatus.Name, told.cache_status)
    if told.HasField("dynamic_workflow"):
        compiled = told.dynamic_workflow.compiled_workflow
        changes["dynamic_workflow"] = compiled.SerializeToString()
        if told.dynamic_workflow.dynamic_job_spec_uri:
            node.closure.dynamic_job_spec_uri = told.dynamic_workflow.dynamic_job_spec_uri
    return changes
