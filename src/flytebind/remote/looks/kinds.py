"""What the nodes of a workflow are, as far as memory tells; nothing here makes a call."""

from __future__ import annotations

from flytebind.models.core.workflow import Node, TaskNode
from flytebind.remote._operations.interfaces import Scope, known_scope, known_spec
from flytebind.remote.executions import FlyteNodeExecution


def kind_of(node: FlyteNodeExecution) -> str:
    """What a node is: ``task``, ``array``, ``dynamic``, ``subworkflow`` and so on.

    ``unknown`` if neither the server's marks nor a compiled workflow in memory tell, or if they
    contradict each other.
    """
    metadata = node.metadata
    if metadata.is_array:
        return "array"
    if metadata.is_dynamic:
        return "dynamic"
    if node.closure.workflow_node_metadata is not None:
        return "launch plan"
    scope = known_scope(node)
    if scope is not None:
        spec = known_spec(node, scope)
        return "unknown" if spec is None else _kind_of_spec(spec, node, scope)
    if node._role == "branch":
        return "branch"  # sync has looked it up
    if node._children:
        # A subworkflow has a start of its own; what is below a branch has none.
        has_start = any(child.is_boundary for child in node._children.values())
        return "subworkflow" if has_start else "branch"
    has_run_a_task = node.closure.task_node_metadata is not None or node._task_executions
    if has_run_a_task and not metadata.is_parent_node:
        return "task"
    return "unknown"


def _kind_of_spec(spec: Node, node: FlyteNodeExecution, scope: Scope) -> str:
    if spec.task_node is not None:
        is_odd = node.metadata.is_parent_node and not _is_eager(node, spec.task_node, scope)
        return "unknown" if is_odd else "task"
    if spec.workflow_node is not None:
        return "launch plan" if spec.workflow_node.launchplan_ref is not None else "subworkflow"
    if spec.branch_node is not None:
        return "branch"
    if spec.gate_node is not None:
        return "gate"
    return "array" if spec.array_node is not None else "unknown"


def _is_eager(node: FlyteNodeExecution, spec: TaskNode, scope: Scope) -> bool:
    # Servers do not keep the mark of the node.
    task = None if spec.reference_id is None else scope.workflow.task(spec.reference_id)
    return node.metadata.is_eager or (task is not None and task.metadata.is_eager)
