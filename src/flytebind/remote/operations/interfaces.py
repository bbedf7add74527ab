"""What executions run, and the types of what goes in and comes out.

A compiled workflow has the interfaces of all its nodes, so one call serves a whole execution.
Nothing here is needed to sync.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flytebind.models.core.compiler import CompiledWorkflowClosure
from flytebind.models.core.identifier import Identifier
from flytebind.models.core.interface import TypedInterface, Variable
from flytebind.models.core.types import LiteralType
from flytebind.models.core.workflow import ArrayNode, GateNode, Node, WorkflowTemplate
from flytebind.remote.entities import FlyteWorkflow
from flytebind.remote.errors import FlyteDataError
from flytebind.remote.executions import (
    FlyteNodeExecution,
    FlyteTaskExecution,
    FlyteWorkflowExecution,
    RemoteExecutionBase,
)
from flytebind.remote.operations.fetch import fetch_launch_plan, fetch_task, fetch_workflow
from flytebind.remote.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Scope(NamedTuple):
    """Where the nodes of one level are described."""

    workflow: FlyteWorkflow
    """The compiled workflow, with everything that its nodes refer to."""
    template: WorkflowTemplate
    """The workflow in it whose nodes these are."""


async def bring_interface(session: Session, execution: RemoteExecutionBase) -> None:
    """Bring the interface of an execution, together with its workflow or task."""
    if execution._interface_is_known:
        return
    match execution:
        case FlyteWorkflowExecution():
            execution._workflow = await workflow_of(session, execution)
            execution._interface = execution._workflow.interface
        case FlyteTaskExecution():
            execution._task = await fetch_task(session, execution.id.task_id)
            execution._interface = execution._task.interface
        case FlyteNodeExecution() if not execution.is_boundary:
            scope = await scope_of(session, execution)
            execution._interface = await _interface_of(session, scope, spec_of(execution, scope))
    execution._interface_is_known = True


async def workflow_of(session: Session, execution: FlyteWorkflowExecution) -> FlyteWorkflow:
    """The workflow that an execution runs; a single task has one made for it."""
    if execution._workflow is not None:
        return execution._workflow
    id = execution.closure.workflow_id
    if id is None:
        launch_plan = await fetch_launch_plan(session, execution.spec.launch_plan)
        id = launch_plan.workflow_id
    if id is None:
        raise FlyteDataError(f"{execution._label} does not say which workflow it runs")
    return await fetch_workflow(session, id)


async def scope_of(session: Session, node: FlyteNodeExecution) -> Scope:
    """Where a node is described: in the workflow, or in what an outer node runs."""
    container = node._container
    if container is None:
        raise FlyteDataError(f"{node._label} is on its own: nothing tells what it runs")
    if isinstance(container, FlyteWorkflowExecution):
        workflow = await workflow_of(session, container)
        return Scope(workflow, workflow.template)
    dynamic = await _dynamic_workflow(session, container)
    if dynamic is not None:
        return Scope(dynamic, dynamic.template)
    scope = await scope_of(session, container)
    outer = spec_of(container, scope)
    if outer.branch_node is not None:
        return scope  # its arms belong to the same level
    reference = outer.workflow_node.sub_workflow_ref if outer.workflow_node is not None else None
    if reference is None:
        raise FlyteDataError(
            f"{node._label}: nothing says what it runs; {container.id.node_id} is no subworkflow"
        )
    template = scope.workflow.sub_workflow(reference)
    if template is None:
        raise FlyteDataError(f"{container._label}: its subworkflow is not in the compiled workflow")
    return Scope(scope.workflow, template)


def spec_of(node: FlyteNodeExecution, scope: Scope) -> Node:
    """What the compiled workflow says of a node.

    Raises:
        FlyteDataError: If it does not know the node.
    """
    id = node.metadata.spec_node_id or node.id.node_id
    spec = scope.workflow.node(id, scope.template)
    if spec is None:
        raise FlyteDataError(
            f"{node._label}: there is no node {id!r} in workflow {scope.template.id.name}"
        )
    return spec


async def _dynamic_workflow(session: Session, node: FlyteNodeExecution) -> FlyteWorkflow | None:
    """What a dynamic node has yielded; it travels with the node's data."""
    if node._dynamic_workflow is not None or not node.metadata.is_dynamic:
        return node._dynamic_workflow
    from flytebind.models.admin.node_execution import NodeExecutionGetDataResponse
    from flytebind.remote.operations.data import bring_data

    await bring_data(session, node)
    data = node._data
    if not isinstance(data, NodeExecutionGetDataResponse) or data.dynamic_workflow is None:
        return None
    compiled: CompiledWorkflowClosure = data.dynamic_workflow.compiled_workflow
    node._dynamic_workflow = FlyteWorkflow.promote_from_model(compiled)
    return node._dynamic_workflow


async def _interface_of(session: Session, scope: Scope, node: Node) -> TypedInterface | None:
    """The interface of what a node runs; None for one that declares none, like a branch."""
    if node.task_node is not None:
        return await _task_interface(session, scope, node.task_node.reference_id)
    if node.workflow_node is not None:
        if node.workflow_node.sub_workflow_ref is not None:
            template = scope.workflow.sub_workflow(node.workflow_node.sub_workflow_ref)
            return template.interface if template is not None else None
        if node.workflow_node.launchplan_ref is not None:
            return await _launch_plan_interface(session, node.workflow_node.launchplan_ref)
    if node.array_node is not None:
        return await _array_interface(session, scope, node.array_node)
    if node.gate_node is not None:
        return _gate_interface(node.gate_node)
    return None


async def _task_interface(
    session: Session, scope: Scope, id: Identifier | None
) -> TypedInterface | None:
    if id is None:
        return None
    task = scope.workflow.task(id) or await fetch_task(session, id)
    return task.interface


async def _launch_plan_interface(session: Session, id: Identifier) -> TypedInterface:
    closure = (await fetch_launch_plan(session, id)).closure
    parameters = closure.expected_inputs.parameters
    inputs = {name: parameter.var for name, parameter in parameters.items()}
    return TypedInterface(inputs, closure.expected_outputs.variables)


async def _array_interface(
    session: Session, scope: Scope, array: ArrayNode
) -> TypedInterface | None:
    """That of the inner node. Map tasks declare lists themselves; for others they are made."""
    inner = array.node
    interface = await _interface_of(session, scope, inner) if inner is not None else None
    if interface is None or not array.is_original_sub_node_interface:
        return interface
    return TypedInterface(
        _lists(interface.inputs, except_for=array.bound_inputs),
        _lists(interface.outputs, except_for=()),
    )


def _lists(variables: Mapping[str, Variable], except_for: Iterable[str]) -> dict[str, Variable]:
    kept = frozenset(except_for)
    return {
        name: (
            variable
            if name in kept
            else variable.replace(type=LiteralType(collection_type=variable.type))
        )
        for name, variable in variables.items()
    }


def _gate_interface(gate: GateNode) -> TypedInterface:
    outputs = {}
    if gate.signal is not None and gate.signal.type is not None:
        outputs[gate.signal.output_variable_name] = Variable(gate.signal.type, "")
    return TypedInterface({}, outputs)
