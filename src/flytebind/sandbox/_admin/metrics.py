"""GetExecutionMetrics: where the time of an execution went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import grpc
from flyteidl.admin.execution_pb2 import (
    Execution,
    ExecutionClosure,
    WorkflowExecutionGetMetricsResponse as WorkflowExecutionGetMetricsResponsePb,
)
from flyteidl.admin.node_execution_pb2 import NodeExecution, NodeExecutionClosure
from flyteidl.admin.task_execution_pb2 import TaskExecution, TaskExecutionClosure
from flyteidl.admin.workflow_pb2 import Workflow
from flyteidl.core.compiler_pb2 import CompiledWorkflow, CompiledWorkflowClosure
from flyteidl.core.identifier_pb2 import Identifier
from flyteidl.core.metrics_pb2 import Span
from flyteidl.core.workflow_pb2 import BranchNode, Node
from google.protobuf.timestamp_pb2 import Timestamp

from flytebind.models.admin.execution import (
    WorkflowExecutionGetMetricsRequest,
    WorkflowExecutionGetMetricsResponse,
)
from flytebind.sandbox._admin.compiler import END, START
from flytebind.sandbox._admin.lookup import entity_key, get_execution, node_key
from flytebind.sandbox._admin.part import Part
from flytebind.sandbox._store import Row, Store, Value, tables


class Metrics(Part):
    """Answers for where the time of executions went."""

    def get_execution_metrics(
        self, request: WorkflowExecutionGetMetricsRequest, context: grpc.ServicerContext
    ) -> WorkflowExecutionGetMetricsResponse:
        """A tree of spans: executions within executions, and what came before, between and after.

        Args:
            request: ``depth`` is how many levels to go down; 0 gives the execution alone, a
                negative number everything.
            context: Unused.

        Raises:
            StatusError: INVALID_ARGUMENT, NOT_FOUND.
        """
        pb = request.to_pb()
        with self.store.transaction():
            row = get_execution(self.store, pb.id)
            span = _Spans(self.store).of_execution(row, pb.depth)
        return WorkflowExecutionGetMetricsResponse._wrap(
            WorkflowExecutionGetMetricsResponsePb(span=span)
        )


class _Spans:
    """Builds spans from what the store holds; those under way end with the last event."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of_execution(self, row: Row, depth: int) -> Span:
        execution = Execution.FromString(row["model"])
        closure = execution.closure
        span = Span(
            start_time=closure.created_at, end_time=closure.updated_at, workflow_id=execution.id
        )
        if depth == 0:
            return span
        nodes = self._nodes(row, parent_id=None)
        if START not in nodes:
            _add(span, "WORKFLOW_SETUP", closure.created_at, closure.updated_at)
            return span
        started_at = nodes[START].closure.updated_at
        _add(span, "WORKFLOW_SETUP", closure.created_at, started_at)
        workflow = self._workflow(closure.workflow_id, CompiledWorkflowClosure())
        self._add_nodes(span, nodes, workflow, depth - 1)
        _add_teardown(span, "WORKFLOW_TEARDOWN", _last(nodes, workflow.primary), closure)
        return span

    def _add_nodes(
        self,
        span: Span,
        nodes: Mapping[str, NodeExecution],
        workflow: CompiledWorkflowClosure,
        depth: int,
    ) -> None:
        definitions = {node.id: node for node in workflow.primary.template.nodes}
        for node in sorted(nodes.values(), key=lambda node: _nanoseconds(node.closure.created_at)):
            spec_id = node.metadata.spec_node_id
            if spec_id not in (START, END):
                child = span.spans.add()
                upstream = _latest(nodes, workflow.primary, spec_id)
                if upstream is not None:
                    end = node.closure.created_at
                    _add(child, "NODE_TRANSITION", upstream.closure.updated_at, end)
                self._fill_node(child, node, definitions.get(spec_id, Node()), workflow, depth)

    def _fill_node(
        self,
        span: Span,
        node: NodeExecution,
        definition: Node,
        workflow: CompiledWorkflowClosure,
        depth: int,
    ) -> None:
        closure = node.closure
        span.start_time.CopyFrom(closure.created_at)
        span.end_time.CopyFrom(closure.updated_at)
        span.node_id.CopyFrom(node.id)
        if depth == 0:
            return
        depth -= 1
        target = definition.WhichOneof("target")
        if target == "branch_node":
            self._add_branch(span, node, definition.branch_node, workflow, depth)
        elif target == "gate_node":
            _add_phases(span, closure, "NODE_SETUP", "NODE_IDLE", "NODE_TEARDOWN")
        elif target == "task_node" and node.metadata.is_parent_node:
            self._add_dynamic(span, node, depth)
        elif target == "task_node":
            self._add_tasks(span, node, self._tasks(node), depth)
        elif target == "workflow_node":
            reference = definition.workflow_node
            if reference.HasField("launchplan_ref"):
                self._add_launch_plan(span, node, depth)
            else:
                inner = self._workflow(reference.sub_workflow_ref, workflow)
                self._add_subworkflow(span, node, inner, depth)

    def _add_branch(
        self,
        span: Span,
        node: NodeExecution,
        branch: BranchNode,
        workflow: CompiledWorkflowClosure,
        depth: int,
    ) -> None:
        taken = next(iter(self._children(node).values()), None)
        if taken is None:
            _add(span, "NODE_SETUP", node.closure.created_at, node.closure.updated_at)
            return
        _add(span, "NODE_SETUP", node.closure.created_at, taken.closure.created_at)
        definition = _branch_target(branch, taken.metadata.spec_node_id)
        self._fill_node(span.spans.add(), taken, definition, workflow, depth)
        _add_teardown(span, "NODE_TEARDOWN", taken.closure.updated_at, node.closure)

    def _add_launch_plan(self, span: Span, node: NodeExecution, depth: int) -> None:
        id = node.closure.workflow_node_metadata.executionId
        if not id.name:
            _add(span, "NODE_SETUP", node.closure.created_at, node.closure.updated_at)
            return
        child = self.of_execution(get_execution(self._store, id), depth)
        _add(span, "NODE_SETUP", node.closure.created_at, child.start_time)
        span.spans.append(child)
        _add_teardown(span, "NODE_TEARDOWN", child.end_time, node.closure)

    def _add_subworkflow(
        self, span: Span, node: NodeExecution, workflow: CompiledWorkflowClosure, depth: int
    ) -> None:
        nodes = self._children(node)
        if not nodes:
            _add(span, "NODE_SETUP", node.closure.created_at, node.closure.updated_at)
            return
        _add(span, "NODE_SETUP", node.closure.created_at, _first(nodes))
        self._add_nodes(span, nodes, workflow, depth)
        _add_teardown(span, "NODE_TEARDOWN", _last(nodes, workflow.primary), node.closure)

    def _add_dynamic(self, span: Span, node: NodeExecution, depth: int) -> None:
        tasks = self._tasks(node)
        nodes = self._children(node)
        if not tasks or not nodes:
            self._add_tasks(span, node, tasks, depth, teardown="NODE_RESET")
            return
        _add(span, "NODE_SETUP", node.closure.created_at, tasks[0].closure.created_at)
        _add_attempts(span, tasks, depth)
        _add(span, "NODE_RESET", tasks[-1].closure.updated_at, _first(nodes))
        row = self._store.find(tables.NODE_EXECUTIONS, **node_key(node.id, "id"))
        yielded = row["dynamic_workflow"] if row is not None else None
        workflow = CompiledWorkflowClosure.FromString(yielded or b"")
        self._add_nodes(span, nodes, workflow, depth)
        _add_teardown(span, "NODE_TEARDOWN", _last(nodes, workflow.primary), node.closure)

    def _add_tasks(
        self,
        span: Span,
        node: NodeExecution,
        tasks: list[TaskExecution],
        depth: int,
        teardown: str = "NODE_TEARDOWN",
    ) -> None:
        if not tasks:
            _add(span, "NODE_SETUP", node.closure.created_at, node.closure.updated_at)
            return
        _add(span, "NODE_SETUP", node.closure.created_at, tasks[0].closure.created_at)
        _add_attempts(span, tasks, depth)
        _add_teardown(span, teardown, tasks[-1].closure.updated_at, node.closure)

    def _children(self, node: NodeExecution) -> dict[str, NodeExecution]:
        row = self._store.find(tables.NODE_EXECUTIONS, **node_key(node.id, "id"))
        return self._nodes(row, parent_id=row["id"]) if row is not None else {}

    def _nodes(self, row: Row, parent_id: int | None) -> dict[str, NodeExecution]:
        """The node executions of one level, by their ids in the workflow."""
        where: dict[str, Value] = {"parent_id": parent_id}
        if parent_id is None:
            where["parent_task_execution_id"] = None
        rows = self._store.rows(
            tables.NODE_EXECUTIONS,
            order_by="id",
            execution_project=row["execution_project"],
            execution_domain=row["execution_domain"],
            execution_name=row["execution_name"],
            **where,
        )
        nodes = map(NodeExecution.FromString, (row["model"] for row in rows))
        return {node.metadata.spec_node_id or node.id.node_id: node for node in nodes}

    def _tasks(self, node: NodeExecution) -> list[TaskExecution]:
        rows = self._store.rows(tables.TASK_EXECUTIONS, **node_key(node.id, "id"))
        tasks = map(TaskExecution.FromString, (row["model"] for row in rows))
        return sorted(tasks, key=lambda task: _nanoseconds(task.closure.created_at))

    def _workflow(self, id: Identifier, within: CompiledWorkflowClosure) -> CompiledWorkflowClosure:
        """A workflow: from the closure of the one that uses it, or as it was registered."""
        for inner in within.sub_workflows:
            if inner.template.id == id:
                return CompiledWorkflowClosure(primary=inner, sub_workflows=within.sub_workflows)
        row = self._store.find(tables.WORKFLOWS, **entity_key(id, "workflow_id"))
        if row is None:
            return CompiledWorkflowClosure()
        return Workflow.FromString(row["model"]).closure.compiled_workflow


def _add(span: Span, operation: str, start: Timestamp, end: Timestamp) -> None:
    span.spans.add(operation_id=operation, start_time=start, end_time=end)


def _add_teardown(
    span: Span,
    operation: str,
    start: Timestamp | None,
    closure: ExecutionClosure | NodeExecutionClosure,
) -> None:
    """Add the time that passed after the last thing within had ended."""
    end = closure.updated_at
    if start is not None and _nanoseconds(start) <= _nanoseconds(end):
        _add(span, operation, start, end)


def _add_phases(
    span: Span,
    closure: NodeExecutionClosure | TaskExecutionClosure,
    setup: str,
    runtime: str,
    teardown: str,
) -> None:
    """Add what came before the start, the run itself, and what came after."""
    if not closure.HasField("started_at"):
        _add(span, setup, closure.created_at, closure.updated_at)
        return
    _add(span, setup, closure.created_at, closure.started_at)
    if not closure.HasField("duration"):
        _add(span, runtime, closure.started_at, closure.updated_at)
        return
    end = Timestamp()
    end.FromNanoseconds(closure.started_at.ToNanoseconds() + closure.duration.ToNanoseconds())
    _add(span, runtime, closure.started_at, end)
    if _nanoseconds(end) <= _nanoseconds(closure.updated_at):
        _add(span, teardown, end, closure.updated_at)


def _add_attempts(span: Span, tasks: list[TaskExecution], depth: int) -> None:
    for number, task in enumerate(tasks):
        closure = task.closure
        if number:
            former = tasks[number - 1].closure
            _add(span, "NODE_RESET", former.updated_at, closure.created_at)
        if depth != 0:
            child = span.spans.add(
                start_time=closure.created_at, end_time=closure.updated_at, task_id=task.id
            )
            _add_phases(child, closure, "TASK_SETUP", "TASK_RUNTIME", "TASK_TEARDOWN")


def _branch_target(branch: BranchNode, id: str) -> Node:
    block = branch.if_else
    choices: Iterable[Node] = (
        block.case.then_node,
        *(other.then_node for other in block.other),
        block.else_node,
    )
    return next((node for node in choices if node.id == id), Node())


def _latest(
    nodes: Mapping[str, NodeExecution], workflow: CompiledWorkflow, id: str
) -> NodeExecution | None:
    """Of the nodes that another one waits for, the one that was the last to change."""
    upstream = workflow.connections.upstream
    ids = upstream[id].ids if id in upstream else ()
    return max(
        (nodes[id] for id in ids if id in nodes),
        key=lambda node: _nanoseconds(node.closure.updated_at),
        default=None,
    )


def _first(nodes: Mapping[str, NodeExecution]) -> Timestamp:
    """When the first node could start."""
    if START in nodes:
        return nodes[START].closure.updated_at
    return min((node.closure.created_at for node in nodes.values()), key=_nanoseconds)


def _last(nodes: Mapping[str, NodeExecution], workflow: CompiledWorkflow) -> Timestamp | None:
    """When all that the end waits for was done."""
    latest = _latest(nodes, workflow, END)
    return None if latest is None else latest.closure.updated_at


def _nanoseconds(time: Timestamp) -> int:
    return time.seconds * 1_000_000_000 + time.nanos
