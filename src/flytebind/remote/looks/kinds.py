"""What the nodes of a workflow are, as far as memory tells; nothing here makes a call."""

from __future__ import annotations

from flytebind.models.admin.node_execution import NodeExecutionGetDataResponse
from flytebind.models.core.workflow import Node
from flytebind.remote.entities import FlyteWorkflow
from flytebind.remote.errors import FlyteDataError
from flytebind.remote.executions import FlyteNodeExecution, FlyteWorkflowExecution
from flytebind.remote.operations.interfaces import Scope, spec_of


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
    scope = _scope(node)
    if scope is not None:
        spec = _spec(node, scope)
        return "unknown" if spec is None else _kind_of_spec(spec, node)
    if node._has_children:
        return "branch"  # sync has looked it up
    if node._children:
        # A subworkflow has a start of its own; what is below a branch has none.
        has_start = any(child.is_boundary for child in node._children.values())
        return "subworkflow" if has_start else "branch"
    if node._task_executions and not metadata.is_parent_node:
        return "task"
    return "unknown"


def _kind_of_spec(spec: Node, node: FlyteNodeExecution) -> str:
    if spec.task_node is not None:
        is_odd = node.metadata.is_parent_node and not node.metadata.is_eager
        return "unknown" if is_odd else "task"
    if spec.workflow_node is not None:
        return "launch plan" if spec.workflow_node.launchplan_ref is not None else "subworkflow"
    if spec.branch_node is not None:
        return "branch"
    if spec.gate_node is not None:
        return "gate"
    return "array" if spec.array_node is not None else "unknown"


def _spec(node: FlyteNodeExecution, scope: Scope) -> Node | None:
    try:
        return spec_of(node, scope)
    except FlyteDataError:
        return None


def _scope(node: FlyteNodeExecution) -> Scope | None:
    """Where the node is described, if that is in memory."""
    container = node._container
    if container is None:
        return None
    if isinstance(container, FlyteWorkflowExecution):
        workflow = container._workflow
        return None if workflow is None else Scope(workflow, workflow.template)
    if container.metadata.is_dynamic:
        workflow = _yielded_by(container)
        return None if workflow is None else Scope(workflow, workflow.template)
    scope = _scope(container)
    outer = None if scope is None else _spec(container, scope)
    if scope is None or outer is None:
        return None
    if outer.branch_node is not None:
        return scope  # its arms belong to the level of the branch
    reference = outer.workflow_node.sub_workflow_ref if outer.workflow_node is not None else None
    template = None if reference is None else scope.workflow.sub_workflow(reference)
    return None if template is None else Scope(scope.workflow, template)


def _yielded_by(node: FlyteNodeExecution) -> FlyteWorkflow | None:
    data = node._data
    if node._dynamic_workflow is None and isinstance(data, NodeExecutionGetDataResponse):
        yielded = data.dynamic_workflow
        if yielded is not None:
            node._dynamic_workflow = FlyteWorkflow.promote_from_model(yielded.compiled_workflow)
    return node._dynamic_workflow
