"""Inputs and outputs with their types: who has them, and what to make of an answer without."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from flytebind import values
from flytebind.looks._labels import title
from flytebind.looks._nodes import START_NODE, spec_id
from flytebind.looks._phases import DONE, SUCCESSFUL
from flytebind.models.admin.execution import WorkflowExecutionGetDataRequest
from flytebind.models.admin.node_execution import NodeExecutionGetDataRequest
from flytebind.models.admin.task_execution import TaskExecutionGetDataRequest
from flytebind.models.core.identifier import Identifier
from flytebind.models.core.interface import TypedInterface
from flytebind.models.core.literals import Literal, LiteralMap, LiteralOffloadedMetadata
from flytebind.models.core.workflow import ArrayNode, Node
from flytebind.remote._data import (
    SIDES,
    Side,
    has_own_file,
    hidden_error,
    is_doubtful,
    is_wanting,
    link_of,
    resolved,
    uri_of,
)
from flytebind.remote._operations import offloaded
from flytebind.remote._operations.fetch import fetch_task, fetch_workflow, known_launch_plan
from flytebind.remote._operations.links import links_of
from flytebind.remote._scopes import Scope, for_array, for_item, gate_interface, yielded
from flytebind.remote._session import Session
from flytebind.remote.entities import FlyteWorkflow
from flytebind.remote.errors import (
    FlyteCallError,
    FlyteDataError,
    FlyteNotFoundError,
    is_passing,
    names_missing_object,
)
from flytebind.remote.executions import (
    Executed,
    FlyteNodeExecution,
    FlyteTaskExecution,
    FlyteWorkflowExecution,
    known_scope,
)

if TYPE_CHECKING:
    from flytebind.behaviour.data import GetDataResponse


async def bring_types(session: Session, execution: Executed) -> None:
    """Bring the interface, if values would not be the same without it."""
    held = execution.loaded
    answer = held.data.answer
    if answer is None or held.data.interface_is_known:
        return
    literals = (*answer.full_inputs.literals.values(), *answer.full_outputs.literals.values())
    if any(map(values.type_matters, literals)):
        try:
            await bring_interface(session, execution)
        except (FlyteDataError, FlyteCallError) as error:
            if is_passing(error):
                raise
            # Literals tell most of it themselves.


async def bring_data(session: Session, execution: Executed) -> None:
    """Ask for inputs and outputs, unless nothing new can come.

    Raises:
        FlyteNotFoundError: If there are none, though the execution is done.
    """
    data = execution.loaded.data
    if not is_wanting(execution, data):
        return
    phase = execution.closure.phase
    try:
        await _ask(session, execution)
    except FlyteNotFoundError:
        if phase.name in DONE:
            raise
        # It has only just begun.
    data.phase = phase


async def bring_data_again(session: Session, execution: Executed) -> None:
    """Ask for inputs and outputs even where they are here, if more of them may have come since."""
    if execution.loaded.data.is_final:
        return
    if is_wanting(execution, execution.loaded.data):
        await bring_data(session, execution)
    else:
        await _ask(session, execution)


def share_data(node: FlyteNodeExecution, attempt: FlyteTaskExecution) -> None:
    """Give an attempt the data of its node, if both are kept in the same files."""
    given, own = node.loaded.data, attempt.loaded.data
    if own.is_final or not (attempt.is_done and given.is_final):
        return
    has_inputs = bool(node.input_uri) and attempt.input_uri == node.input_uri
    has_outputs = attempt.closure.output_uri == node.closure.output_uri
    if has_inputs and (has_outputs or attempt.phase.name not in SUCCESSFUL):
        own.answer, own.missing = given.answer, given.missing
        own.phase = attempt.phase


async def find_hidden(
    session: Session, execution: Executed, sides: Sequence[Side] = SIDES
) -> FlyteDataError | None:
    """Tell data that does not exist from data that the server does not give out.

    A server answers with an empty map, and no link, where the data is too large for it; and with
    an error where a file is gone, even if it is one that nobody needs.

    Args:
        session: What to ask for an interface, where there is a doubt.
        execution: Whose data it is.
        sides: Which of them.

    Returns:
        The error that touching it will raise; None if there is no such data.
    """
    held = execution.loaded
    data = held.data
    doubtful: list[Side] = [side for side in sides if is_doubtful(execution, data, side)]
    if doubtful:
        await bring_interface(session, execution)
    hidden: list[Side] = [
        side
        for side in doubtful
        if data.variables(side) and not has_own_file(execution, data, side)
    ]
    data.hidden = data.hidden.difference(sides).union(hidden)
    # First what is gone itself, and then what the server gives out with it alone.
    hidden.sort(key=lambda side: uri_of(execution, side) != data.missing)
    return hidden_error(execution, data, hidden[0]) if hidden else None


async def bring_side(session: Session, execution: Executed, side: Side) -> LiteralMap:
    """Bring the inputs or the outputs, wherever they are.

    Raises:
        FlyteDataError: If they exist, but cannot be had.
    """
    held = execution.loaded
    may_be_old = held.data.phase is execution.closure.phase
    if not may_be_old:
        await bring_data(session, execution)
    await find_hidden(session, execution, [side])
    found = resolved(execution, held.data, side)
    if found is not None:
        return found
    try:
        return await _follow_link(session, execution, side)
    except FlyteDataError:
        if not may_be_old:
            raise
        await _ask(session, execution)  # links expire
        await find_hidden(session, execution, [side])
        found = resolved(execution, held.data, side)
        return await _follow_link(session, execution, side) if found is None else found


async def _follow_link(session: Session, execution: Executed, side: Side) -> LiteralMap:
    data = execution.loaded.data
    fetch = partial(
        values.fetch_literal_map,
        link_of(execution, data, side),
        what=f"{side} of {title(execution)}",
        timeout=session.policy.timeout,
        links=links_of(session),
    )
    return data.keep(side, await session.io.in_thread(fetch))


async def bring_offloaded(session: Session, execution: Executed, side: Side) -> None:
    """Fetch, too, the single literals of one side that were too large to travel.

    Raises:
        FlyteDataError: If one cannot be had. All others are here then.
    """
    data = execution.loaded.data
    kept = data.kept(side)
    literals = () if kept is None else kept.literals.values()
    what = f"{side} of {title(execution)}"
    fetched = await offloaded.fetch_all(session, literals, what)
    data.keep_offloaded({**fetched.literals, **fetched.problems})
    for problem in fetched.problems.values():
        raise problem


async def bring_literal(
    session: Session,
    execution: Executed,
    side: Side,
    metadata: LiteralOffloadedMetadata,
) -> Literal:
    """Fetch one of them."""
    what = f"{side} of {title(execution)}"
    literal = await offloaded.fetch(session, metadata, what)
    execution.loaded.data.keep_offloaded({metadata.uri: literal})
    return literal


async def _ask(session: Session, execution: Executed) -> None:
    """Take what the server answers now."""
    held = execution.loaded
    data = held.data
    try:
        data.answer, data.missing = await _get_data(session, execution), ""
    except FlyteCallError as error:
        if not names_missing_object(error.code, error.details):
            raise
        data.answer, data.missing = None, _object_in(error.details)
    data.literals = None
    if isinstance(execution, FlyteNodeExecution):
        held.workflow = None  # it came with the data


async def _get_data(session: Session, execution: Executed) -> GetDataResponse:
    admin = session.admin
    match execution:
        case FlyteWorkflowExecution():
            return await admin.get_execution_data(WorkflowExecutionGetDataRequest(id=execution.id))
        case FlyteNodeExecution():
            return await admin.get_node_execution_data(NodeExecutionGetDataRequest(id=execution.id))
        case FlyteTaskExecution():
            return await admin.get_task_execution_data(TaskExecutionGetDataRequest(id=execution.id))
    raise TypeError(f"{type(execution).__name__} has no data")


def _object_in(details: str) -> str:
    """The object that is not there: ``failed to get object size for s3://... with NotFound``."""
    return details.partition(" for ")[2].partition(" with ")[0]


# What is run, and the types that it declares. A compiled workflow has the interfaces of all its
# nodes, so one call serves a whole execution. Nothing here is needed to sync.


async def bring_interface(session: Session, execution: Executed) -> None:
    """Bring the interface of an execution, together with its workflow or task."""
    held = execution.loaded
    if held.data.interface_is_known:
        return
    match execution:
        case FlyteWorkflowExecution():
            held.data.interface = (await workflow_of(session, execution)).interface
        case FlyteTaskExecution():
            held.task = await fetch_task(session, execution.id.task_id)
            held.data.interface = held.task.interface
        case FlyteNodeExecution() if execution.is_boundary:
            held.data.interface = await _boundary_interface(session, execution)
        case FlyteNodeExecution():
            scope = await scope_of(session, execution)
            interface = await _interface_of(session, scope, scope.get(execution))
            held.data.interface = for_item(interface, scope.array)
    held.data.interface_is_known = True


async def workflow_of(session: Session, execution: FlyteWorkflowExecution) -> FlyteWorkflow:
    """The workflow that an execution runs; a single task has one made for it."""
    held = execution.loaded
    if held.workflow is None:
        held.workflow = await fetch_workflow(session, await _workflow_id(session, execution))
    return held.workflow


async def _workflow_id(session: Session, execution: FlyteWorkflowExecution) -> Identifier:
    id = execution.closure.workflow_id
    if id is None:
        launch_plan = await known_launch_plan(session, execution.spec.launch_plan)
        id = launch_plan.workflow_id
    if id is None:
        raise FlyteDataError(f"{title(execution)} does not say which workflow it runs")
    return id


async def scope_of(session: Session, node: FlyteNodeExecution) -> Scope:
    """Where a node is described: in the workflow, or in what an outer node runs."""
    container = node.loaded.container
    if container is None:
        raise FlyteDataError(f"{title(node)} is on its own: nothing tells what it runs")
    if isinstance(container, FlyteWorkflowExecution):
        return Scope.of(await workflow_of(session, container))
    dynamic = await _dynamic_workflow(session, container, node)
    if dynamic is not None:
        return Scope.of(dynamic)
    scope = await scope_of(session, container)
    below = scope.below(scope.get(container))
    if below is None:
        raise FlyteDataError(
            f"{title(node)}: nothing says what it runs; {container.id.node_id} is no subworkflow"
            " of the compiled workflow"
        )
    return below


def find_task(attempt: FlyteTaskExecution, node: FlyteNodeExecution) -> None:
    """Give an attempt its task, if the workflow of its node is in memory and has it."""
    scope = known_scope(node)
    task = None if scope is None else scope.workflow.task(attempt.id.task_id)
    if task is not None:
        held = attempt.loaded
        held.task, held.data.interface, held.data.interface_is_known = task, task.interface, True


async def _dynamic_workflow(
    session: Session, node: FlyteNodeExecution, child: FlyteNodeExecution
) -> FlyteWorkflow | None:
    """What a dynamic node has yielded; it travels with the node's data, and grows while it runs."""
    if not node.metadata.is_dynamic:
        return None
    known = yielded(node.loaded)
    if known is None or known.node(spec_id(child)) is None:
        await bring_data_again(session, node)
    return yielded(node.loaded)


async def _boundary_interface(session: Session, node: FlyteNodeExecution) -> TypedInterface | None:
    """A start gives what its workflow takes, and an end takes what its workflow gives."""
    try:
        interface = (await scope_of(session, node)).template.interface
    except FlyteDataError:
        return None  # nothing says what it begins or ends
    if spec_id(node) == START_NODE:
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
        return gate_interface(node.gate_node)
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
    return for_array(interface, array)
