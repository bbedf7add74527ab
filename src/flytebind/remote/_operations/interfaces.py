"""What executions run, and the types of what goes in and comes out.

A compiled workflow has the interfaces of all its nodes, so one call serves a whole execution.
Nothing here is needed to sync.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flytebind.looks._nodes import START_NODE
from flytebind.models.admin.node_execution import NodeExecutionGetDataResponse
from flytebind.models.core.identifier import Identifier
from flytebind.models.core.interface import TypedInterface, Variable
from flytebind.models.core.types import LiteralType
from flytebind.models.core.workflow import ArrayNode, GateNode, Node, WorkflowTemplate
from flytebind.remote._operations.fetch import fetch_task, fetch_workflow, known_launch_plan
from flytebind.remote._session import Session
from flytebind.remote.entities import FlyteTask, FlyteWorkflow
from flytebind.remote.errors import FlyteDataError
from flytebind.remote.executions import (
    FlyteNodeExecution,
    FlyteTaskExecution,
    FlyteWorkflowExecution,
    RemoteExecutionBase,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Scope(NamedTuple):
    """Where the nodes of one level are described."""

    workflow: FlyteWorkflow
    """The compiled workflow, with everything that its nodes refer to."""
    template: WorkflowTemplate
    """The workflow in it whose nodes these are."""
    array: ArrayNode | None = None
    """The array whose items they are, if they are no nodes of the workflow itself."""


async def bring_interface(session: Session, execution: RemoteExecutionBase) -> None:
    """Bring the interface of an execution, together with its workflow or task."""
    if execution._interface_is_known:
        return
    match execution:
        case FlyteWorkflowExecution():
            execution._interface = (await workflow_of(session, execution)).interface
        case FlyteTaskExecution():
            execution._task = await fetch_task(session, execution.id.task_id)
            execution._interface = execution._task.interface
        case FlyteNodeExecution() if execution.is_boundary:
            execution._interface = await _boundary_interface(session, execution)
        case FlyteNodeExecution():
            scope = await scope_of(session, execution)
            interface = await _interface_of(session, scope, spec_of(execution, scope))
            execution._interface = _for_item(interface, scope.array)
    execution._interface_is_known = True


async def workflow_of(session: Session, execution: FlyteWorkflowExecution) -> FlyteWorkflow:
    """The workflow that an execution runs; a single task has one made for it."""
    if execution._workflow is None:
        execution._workflow = await fetch_workflow(session, await _workflow_id(session, execution))
    return execution._workflow


async def _workflow_id(session: Session, execution: FlyteWorkflowExecution) -> Identifier:
    id = execution.closure.workflow_id
    if id is None:
        launch_plan = await known_launch_plan(session, execution.spec.launch_plan)
        id = launch_plan.workflow_id
    if id is None:
        raise FlyteDataError(f"{execution._label} does not say which workflow it runs")
    return id


async def scope_of(session: Session, node: FlyteNodeExecution) -> Scope:
    """Where a node is described: in the workflow, or in what an outer node runs."""
    container = node._container
    if container is None:
        raise FlyteDataError(f"{node._label} is on its own: nothing tells what it runs")
    if isinstance(container, FlyteWorkflowExecution):
        workflow = await workflow_of(session, container)
        return Scope(workflow, workflow.template)
    dynamic = await _dynamic_workflow(session, container, node)
    if dynamic is not None:
        return Scope(dynamic, dynamic.template)
    scope = await scope_of(session, container)
    below = _scope_below(scope, spec_of(container, scope))
    if below is None:
        raise FlyteDataError(
            f"{node._label}: nothing says what it runs; {container.id.node_id} is no subworkflow"
            " of the compiled workflow"
        )
    return below


def known_scope(node: FlyteNodeExecution) -> Scope | None:
    """Where a node is described, if that is in memory."""
    container = node._container
    if container is None:
        return None
    if isinstance(container, FlyteWorkflowExecution):
        workflow = container._workflow
        return None if workflow is None else Scope(workflow, workflow.template)
    if container.metadata.is_dynamic:
        workflow = yielded_by(container)
        return None if workflow is None else Scope(workflow, workflow.template)
    scope = known_scope(container)
    outer = None if scope is None else known_spec(container, scope)
    return None if scope is None or outer is None else _scope_below(scope, outer)


def known_content(
    node: FlyteNodeExecution,
) -> tuple[Node | None, int | None, FlyteTask | None]:
    """What the compiled workflow says of a node, its place there, and the task that it runs.

    None where that is not in memory. A workflow that does not know the node says of it as much as
    an empty node does.
    """
    scope = known_scope(node)
    if scope is None:
        return None, None, None
    spec = known_spec(node, scope)
    if spec is None:
        return Node(node._spec_id, None, [], [], []), None, None
    reference = None if spec.task_node is None else spec.task_node.reference_id
    task = None if reference is None else scope.workflow.task(reference)
    return spec, scope.workflow.place(node._spec_id, scope.template), task


def known_spec(node: FlyteNodeExecution, scope: Scope) -> Node | None:
    """What the compiled workflow says of a node, if it knows it."""
    try:
        return spec_of(node, scope)
    except FlyteDataError:
        return None


def find_task(attempt: FlyteTaskExecution, node: FlyteNodeExecution) -> None:
    """Give an attempt its task, if the workflow of its node is in memory and has it."""
    scope = known_scope(node)
    task = None if scope is None else scope.workflow.task(attempt.id.task_id)
    if task is not None:
        attempt._task, attempt._interface = task, task.interface
        attempt._interface_is_known = True


def _scope_below(scope: Scope, outer: Node) -> Scope | None:
    """Where the nodes below a node are described; None if nothing says."""
    if outer.branch_node is not None:
        return scope  # its arms belong to the same level
    if outer.array_node is not None:
        return scope._replace(array=outer.array_node)
    reference = outer.workflow_node.sub_workflow_ref if outer.workflow_node is not None else None
    template = None if reference is None else scope.workflow.sub_workflow(reference)
    return None if template is None else Scope(scope.workflow, template)


def spec_of(node: FlyteNodeExecution, scope: Scope) -> Node:
    """What the compiled workflow says of a node.

    Raises:
        FlyteDataError: If it does not know the node.
    """
    array = scope.array
    known = scope.workflow.node(node._spec_id, scope.template)
    spec = known if array is None else array.node
    if spec is None:
        raise FlyteDataError(
            f"{node._label}: there is no node {node._spec_id!r} in workflow"
            f" {scope.template.id.name}"
        )
    return spec


async def _dynamic_workflow(
    session: Session, node: FlyteNodeExecution, child: FlyteNodeExecution
) -> FlyteWorkflow | None:
    """What a dynamic node has yielded; it travels with the node's data, and grows while it runs."""
    if not node.metadata.is_dynamic:
        return None
    from flytebind.remote._operations.data import bring_data_again

    yielded = yielded_by(node)
    if yielded is None or yielded.node(child._spec_id) is None:
        await bring_data_again(session, node)
    return yielded_by(node)


def yielded_by(node: FlyteNodeExecution) -> FlyteWorkflow | None:
    """What a dynamic node has yielded, as far as it is here."""
    data = node._data
    if node._dynamic_workflow is None and isinstance(data, NodeExecutionGetDataResponse):
        yielded = data.dynamic_workflow
        if yielded is not None:
            node._dynamic_workflow = FlyteWorkflow.promote_from_model(yielded.compiled_workflow)
    return node._dynamic_workflow


async def _boundary_interface(session: Session, node: FlyteNodeExecution) -> TypedInterface | None:
    """A start gives what its workflow takes, and an end takes what its workflow gives."""
    try:
        interface = (await scope_of(session, node)).template.interface
    except FlyteDataError:
        return None  # nothing says what it begins or ends
    if node._spec_id == START_NODE:
        return TypedInterface({}, interface.inputs)
    return TypedInterface(interface.outputs, {})


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
    closure = (await known_launch_plan(session, id)).closure
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


def _for_item(interface: TypedInterface | None, array: ArrayNode | None) -> TypedInterface | None:
    """That of one item of an array, where what it runs declares lists."""
    if interface is None or array is None or array.is_original_sub_node_interface:
        return interface
    return TypedInterface(
        _items(interface.inputs, except_for=array.bound_inputs),
        _items(interface.outputs, except_for=()),
    )


def _items(variables: Mapping[str, Variable], except_for: Iterable[str]) -> dict[str, Variable]:
    kept = frozenset(except_for)
    return {
        name: (
            variable.replace(type=variable.type.collection_type)
            if name not in kept and variable.type.collection_type is not None
            else variable
        )
        for name, variable in variables.items()
    }


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
