"""What the nodes of a workflow are, as far as memory tells; nothing here makes a call."""

from __future__ import annotations

from flytebind.looks._nodes import is_boundary
from flytebind.looks._snapshots import NodeSnapshot
from flytebind.models.core.workflow import Node


def kind_of(node: NodeSnapshot) -> str:
    """What a node is: ``task``, ``array``, ``dynamic``, ``subworkflow`` and so on.

    ``unknown`` if neither the server's marks nor a compiled workflow in memory tell, or if they
    contradict each other.
    """
    closure, metadata = node.model.closure, node.model.metadata
    if metadata.is_array:
        return "array"
    if metadata.is_dynamic:
        return "dynamic"
    if closure.workflow_node_metadata is not None:
        return "launch plan"
    if node.spec is not None:
        return _kind_of_spec(node.spec, node)
    if node.children:
        # A subworkflow has a start of its own; what is below a branch has none.
        has_start = any(is_boundary(child.model) for child in node.children)
        return "subworkflow" if has_start else "branch"
    has_run_a_task = closure.task_node_metadata is not None or node.attempts
    if has_run_a_task and not metadata.is_parent_node:
        return "task"
    return "unknown"


def _kind_of_spec(spec: Node, node: NodeSnapshot) -> str:
    if spec.task_node is not None:
        is_odd = node.model.metadata.is_parent_node and not _is_eager(node)
        return "unknown" if is_odd else "task"
    if spec.workflow_node is not None:
        return "launch plan" if spec.workflow_node.launchplan_ref is not None else "subworkflow"
    if spec.branch_node is not None:
        return "branch"
    if spec.gate_node is not None:
        return "gate"
    return "array" if spec.array_node is not None else "unknown"


def _is_eager(node: NodeSnapshot) -> bool:
    # Servers do not keep the mark of the node.
    return node.model.metadata.is_eager or (node.task is not None and node.task.metadata.is_eager)
