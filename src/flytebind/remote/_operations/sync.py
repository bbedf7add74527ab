"""Bringing executions up to date, with as few calls as possible and many of them at once.

States come from one list for each level of nodes. What is final is not asked for again.
"""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import grpc

from flytebind.looks._nodes import START_NODE
from flytebind.looks._phases import NOT_STARTED, SUCCESSFUL, is_in
from flytebind.models.admin.common import Sort
from flytebind.models.admin.execution import Execution, WorkflowExecutionGetRequest
from flytebind.models.admin.node_execution import (
    NodeExecution,
    NodeExecutionGetRequest,
    NodeExecutionListRequest,
)
from flytebind.models.admin.task_execution import TaskExecution, TaskExecutionListRequest
from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.models.core.workflow import Node
from flytebind.remote._operations.data import (
    bring_data,
    bring_types,
    data_is_wanting,
    find_hidden,
    share_data,
)
from flytebind.remote._operations.fetch import fetch_execution
from flytebind.remote._operations.interfaces import find_task, scope_of, spec_of, workflow_of
from flytebind.remote._session import Session
from flytebind.remote.errors import FATAL, FlyteCallError, FlyteDataError, FlyteError
from flytebind.remote.executions import (
    FlyteNodeExecution,
    FlyteTaskExecution,
    FlyteWorkflowExecution,
    RemoteExecutionBase,
)

_PAGE = 1000
# Ids only grow, so that what is added meanwhile comes on a later page.
_IN_ORDER = Sort(key="id", direction=Sort.Direction.ASCENDING)
#: Lists cut messages to 100 bytes, and leave out the character that this may break.
_CUT_AT = 97


async def sync_execution(
    session: Session,
    execution: FlyteWorkflowExecution,
    *,
    nodes: bool,
    data: bool,
    is_fresh: bool = False,
) -> None:
    """Bring an execution up to date.

    Args:
        session: What to ask.
        execution: What to bring up to date.
        nodes: Whether to bring nodes, too.
        data: Whether to bring data and attempts along.
        is_fresh: Whether its message has just come.
    """
    if not is_fresh:
        await bring_whole(session, execution)
    jobs: list[Coroutine[Any, Any, object]] = []
    if data:
        jobs.append(_bring_checked_data(session, execution))
    if nodes:
        jobs.append(_sync_nodes(session, execution, data))
    await session.io.gather(jobs)


async def bring_whole(session: Session, execution: RemoteExecutionBase) -> None:
    """Replace a message that may be old, or that a list has cut."""
    if execution.is_done and execution._is_whole:
        return
    message: Execution | NodeExecution
    if isinstance(execution, FlyteWorkflowExecution):
        request = WorkflowExecutionGetRequest(id=execution.id)
        message = await session.admin.get_execution(request)
    elif isinstance(execution, FlyteNodeExecution):
        node_request = NodeExecutionGetRequest(id=execution.id)
        message = await session.admin.get_node_execution(node_request)
    else:
        return  # lists of task executions cut nothing
    execution._adopt(message._pb, whole=True)


async def bring_tasks(session: Session, node: FlyteNodeExecution) -> None:
    """List the attempts at a node's task."""
    if node._tasks_are_final:
        return
    is_final = node.is_done
    known = {task.id: task for task in node._task_executions or ()}
    found: list[FlyteTaskExecution] = []
    token = ""
    while True:
        page = await session.admin.list_task_executions(
            TaskExecutionListRequest(
                node_execution_id=node.id, limit=_PAGE, token=token, sort_by=_IN_ORDER
            )
        )
        found.extend(
            _task(session, known.get(message.id) if known else None, message)
            for message in page.task_executions
        )
        token = page.token
        if not token:
            break
    found.sort(key=lambda task: task.id.retry_attempt)
    node._task_executions = found
    # An attempt may end after its node.
    node._tasks_are_final = is_final and all(task.is_done for task in found)


def attach(session: Session, execution: FlyteWorkflowExecution) -> None:
    """Give an execution, and all that belongs to it, the remote of the session."""
    if execution._remote is session.remote:
        return
    execution._remote = session.remote
    for node in walk(execution):
        node._remote = session.remote
        for part in (*(node._task_executions or ()), *(node._workflow_executions or ())):
            part._remote = session.remote


def walk(execution: FlyteWorkflowExecution) -> Iterator[FlyteNodeExecution]:
    """All nodes that have been synced, at any depth, outer ones first."""
    yield from _walk(execution._nodes)


def is_partly_open(execution: FlyteWorkflowExecution) -> bool:
    """Whether a node or an attempt that has been synced has not been seen at its end."""
    return any(
        not node.is_done or any(not task.is_done for task in node._task_executions or ())
        for node in walk(execution)
    )


def _walk(nodes: dict[str, FlyteNodeExecution] | None) -> Iterator[FlyteNodeExecution]:
    for node in list((nodes or {}).values()):
        yield node
        yield from _walk(node._children)
        for child in node._workflow_executions or ():
            yield from walk(child)


async def _bring_checked_data(session: Session, execution: FlyteWorkflowExecution) -> None:
    if data_is_wanting(execution):
        with suppress(FlyteDataError):  # an answer that cannot be read: touching asks again
            await bring_data(session, execution)
        # Without its workflow there is no telling what is hidden; touching asks for it again.
        await _note(partial(find_hidden, session, execution), [])
    if not session.can_load_later:
        await bring_types(session, execution)


async def _sync_nodes(session: Session, execution: FlyteWorkflowExecution, data: bool) -> None:
    if not (execution._nodes_are_final and _is_over(execution, execution._nodes)):
        is_final = execution.is_done
        listing = _list_level(session, execution.id, "", execution._nodes or {}, execution)
        if execution._nodes is None and not data:
            # What tells branches is asked for beside the list, which it need not wait for.
            workflow = _note(partial(workflow_of, session, execution), [])
            listed, _ = await session.io.gather([listing, workflow])
            execution._nodes = listed
        else:
            execution._nodes = await listing
        execution._nodes_are_final = is_final
    await _visit_all(session, execution._nodes or {}, data)


async def _sync_children(session: Session, node: FlyteNodeExecution, data: bool) -> None:
    if not (node._children_are_final and _is_over(node, node._children)):
        is_final = node.is_done
        node._children = await _list_level(
            session, node.id.execution_id, node.id.node_id, node._children or {}, node
        )
        node._children_are_final = is_final
    await _visit_all(session, node._children or {}, data)


def _is_over(
    container: FlyteWorkflowExecution | FlyteNodeExecution,
    level: dict[str, FlyteNodeExecution] | None,
) -> bool:
    """Whether all nodes of one level have been seen at their end.

    News of them may come after news of what they are part of.
    """
    nodes = (level or {}).values()
    if not all(node.is_done for node in nodes):
        return False
    ends = {node._spec_id for node in nodes if node.is_boundary}
    return not (is_in(container.phase, SUCCESSFUL) and ends == {START_NODE})


async def _list_level(
    session: Session,
    id: WorkflowExecutionIdentifier,
    parent: str,
    known: dict[str, FlyteNodeExecution],
    container: FlyteWorkflowExecution | FlyteNodeExecution,
) -> dict[str, FlyteNodeExecution]:
    """The nodes of one level, in the order in which they began."""
    level: dict[str, FlyteNodeExecution] = {}
    limit, token = _PAGE, ""
    while True:
        request = NodeExecutionListRequest(
            workflow_execution_id=id,
            unique_parent_id=parent,
            limit=limit,
            token=token,
            sort_by=_IN_ORDER,
        )
        try:
            page = await session.admin.list_node_executions(request)
        except FlyteCallError as error:
            if error.code is not grpc.StatusCode.RESOURCE_EXHAUSTED or limit == 1:
                raise
            limit = max(1, limit // 4)  # The page was too large for the channel.
            continue
        for message in page.node_executions:
            if _is_left_over(message, container):
                continue
            node_id = message.id.node_id
            level[node_id] = _node(session, known.get(node_id), message, container)
        token = page.token
        if not token:
            return level


def _is_left_over(
    message: NodeExecution, container: FlyteWorkflowExecution | FlyteNodeExecution
) -> bool:
    """Whether it was announced for an item of an array, and then another node came instead."""
    is_item = isinstance(container, FlyteNodeExecution) and container.metadata.is_array
    return is_item and not message.metadata.spec_node_id


def _node(
    session: Session,
    known: FlyteNodeExecution | None,
    message: NodeExecution,
    container: FlyteWorkflowExecution | FlyteNodeExecution,
) -> FlyteNodeExecution:
    if known is None:
        # It shares the memory of its page with its neighbours, which takes much less.
        known = FlyteNodeExecution.promote_from_model(message, session.remote)
        known._container = container
    elif known.is_done:
        return known
    else:
        # Or each page of many that come while it runs would be kept by a few nodes.
        known._adopt(copy.copy(message)._pb, whole=True)
    known._is_whole = not _is_cut(message)
    return known


def _task(
    session: Session, known: FlyteTaskExecution | None, message: TaskExecution
) -> FlyteTaskExecution:
    if known is not None and known.is_done:
        return known
    if known is None:
        return FlyteTaskExecution.promote_from_model(message, session.remote)
    known._adopt(message._pb, whole=True)
    return known


def _is_cut(message: NodeExecution) -> bool:
    error = message.closure.error
    return error is not None and len(error.message.encode()) >= _CUT_AT


async def _visit_all(session: Session, level: dict[str, FlyteNodeExecution], data: bool) -> None:
    nodes = [node for node in level.values() if not _is_at_rest(session, node)]
    await session.io.gather(_visit(session, node, data) for node in nodes)
    unsure = [node for node in nodes if _is_unsure(node)]
    if unsure:
        await _look_up(session, unsure, data)
    for node in nodes:
        if data:
            # One after the other: the first one brings the workflow for all.
            await _complete(session, node)
        node._is_settled = data and node.is_done and _is_settled(session, node)


def _is_at_rest(session: Session, node: FlyteNodeExecution) -> bool:
    """Whether a sync has nothing to ask about a node."""
    # What starts and ends run nothing. Their data load when touched, where that is possible.
    return node._is_settled or (node.is_boundary and session.can_load_later)


async def _complete(session: Session, node: FlyteNodeExecution) -> None:
    """Bring what it takes to read the data that are here, and find out which are not."""
    problems: list[FlyteError] = []
    await _note(partial(_check_data, session, node), problems)
    _add_problem(node, problems)
    if not session.can_load_later:
        for attempt in node._task_executions or ():
            find_task(attempt, node)
            await _note(partial(_check_data, session, attempt), [])


async def _check_data(session: Session, execution: RemoteExecutionBase) -> None:
    hidden = await find_hidden(session, execution)
    if not session.can_load_later:
        await bring_types(session, execution)
    if hidden is not None:
        raise hidden


def _is_settled(session: Session, node: FlyteNodeExecution) -> bool:
    """Whether there is nothing to come any more for a node that is done."""
    # What is wrong with data will not become right. A call may work the next time.
    return (
        not isinstance(node._problem, FlyteCallError)
        and (node._tasks_are_final or not node._task_executions)
        and _is_over(node, node._children)
        and all(_is_at_rest(session, child) for child in (node._children or {}).values())
        and all(map(_is_complete, node._workflow_executions or ()))
    )


def _is_complete(execution: FlyteWorkflowExecution) -> bool:
    return execution._nodes_are_final and _is_over(execution, execution._nodes)


def _add_problem(node: FlyteNodeExecution, problems: list[FlyteError]) -> None:
    """Keep the first of what went wrong."""
    if problems and node._problem is None:
        node._problem = problems[0]


async def _visit(session: Session, node: FlyteNodeExecution, data: bool) -> None:
    """Bring what belongs to one node."""
    closure, metadata = node.closure, node.metadata
    problems: list[FlyteError] = []
    jobs: list[Callable[[], Awaitable[object]]] = []
    if not node._is_whole:
        jobs.append(partial(bring_whole, session, node))
    if data and data_is_wanting(node):
        jobs.append(partial(bring_data, session, node))
    if closure.workflow_node_metadata is not None and not metadata.is_array:
        id = closure.workflow_node_metadata.execution_id
        jobs.append(partial(_sync_launched, session, node, [id], data, problems))
    if (data or node._lacks_error) and _may_have_tasks(node):
        jobs.append(partial(bring_tasks, session, node))
    elif data and node._task_executions is None:
        node._task_executions = []
    if _may_have_children(node):
        jobs.append(partial(_sync_children, session, node, data))
    await session.io.gather(_note(job, problems) for job in jobs)
    if data and metadata.is_array:
        await _sync_launched(session, node, _launched_by(node), data, problems)
    if data:
        await _bring_data_of_attempts(session, node, problems)
    node._problem = problems[0] if problems else None


async def _bring_data_of_attempts(
    session: Session, node: FlyteNodeExecution, problems: list[FlyteError]
) -> None:
    attempts = node._task_executions or ()
    for attempt in attempts:
        share_data(node, attempt)
    if not session.can_load_later:
        await session.io.gather(
            _note(partial(bring_data, session, attempt), problems)
            for attempt in attempts
            if data_is_wanting(attempt)
        )


async def _note(job: Callable[[], Awaitable[object]], problems: list[FlyteError]) -> None:
    """Keep what is wrong with one node on that node; raise what is wrong with the connection."""
    try:
        await job()
    except FlyteCallError as error:
        if error.code in FATAL:
            raise
        problems.append(error)
    except FlyteDataError as error:
        problems.append(error)


async def _sync_launched(
    session: Session,
    node: FlyteNodeExecution,
    ids: list[WorkflowExecutionIdentifier],
    data: bool,
    problems: list[FlyteError],
) -> None:
    """Bring the executions that a node has launched, as many of them as there are."""
    known = {child.id: child for child in node._workflow_executions or ()}

    async def sync(id: WorkflowExecutionIdentifier) -> None:
        is_fresh = id not in known
        if is_fresh:
            known[id] = await fetch_execution(session, id)
        await sync_execution(session, known[id], nodes=True, data=data, is_fresh=is_fresh)

    await session.io.gather(_note(partial(sync, id), problems) for id in ids)
    node._workflow_executions = [known[id] for id in ids if id in known]


def _launched_by(node: FlyteNodeExecution) -> list[WorkflowExecutionIdentifier]:
    """The executions that the items of an array node are."""
    ids: dict[WorkflowExecutionIdentifier, None] = {}
    for task in node._task_executions or ():
        metadata = task.closure.metadata
        for item in metadata.external_resources if metadata is not None else ():
            child = item.workflow_node_metadata
            if child is not None and child.execution_id is not None:
                ids[copy.copy(child.execution_id)] = None
    return list(ids)


def _may_have_tasks(node: FlyteNodeExecution) -> bool:
    if node._tasks_are_final or node.closure.workflow_node_metadata is not None:
        return False
    if node.is_boundary or is_in(node.phase, NOT_STARTED):
        return False
    metadata = node.metadata
    if node._role is not None and not metadata.is_dynamic:
        return node._role == "task"
    runs_a_task = metadata.is_dynamic or metadata.is_array or metadata.is_eager
    return runs_a_task or not metadata.is_parent_node


def _may_have_children(node: FlyteNodeExecution) -> bool:
    metadata = node.metadata
    if metadata.is_parent_node or metadata.is_dynamic:
        return True
    return node._role == "branch" and not is_in(node.phase, NOT_STARTED)


def _is_unsure(node: FlyteNodeExecution) -> bool:
    """Whether only the compiled workflow tells what a node runs.

    Some engines do not say of a branch that it is a parent, and servers not of a task that it is an
    eager one.
    """
    metadata, closure = node.metadata, node.closure
    if node._role is not None or node.is_boundary or closure.workflow_node_metadata is not None:
        return False
    if metadata.is_array or metadata.is_dynamic or metadata.is_eager:
        return False
    if metadata.is_parent_node:
        # Subworkflows have a start of their own.
        return not any(child.is_boundary for child in (node._children or {}).values())
    return closure.task_node_metadata is None and not node._task_executions


async def _look_up(session: Session, nodes: list[FlyteNodeExecution], data: bool) -> None:
    """Find out what some nodes of one level run, and bring what was not looked for before."""
    problems: list[FlyteError] = []
    for node in nodes:
        found: list[FlyteError] = []
        if not problems:
            await _note(partial(_find_role, session, node), found)
        if found and isinstance(found[0], FlyteCallError):
            problems = found  # it would fail for the others, too
        if not is_in(node.phase, NOT_STARTED):  # or nothing could be lost
            _add_problem(node, problems or found)

    def may_have_more(node: FlyteNodeExecution) -> bool:
        if node._role == "task":
            return (data or node._lacks_error) and _may_have_tasks(node)
        return not node.metadata.is_parent_node and _may_have_children(node)

    async def visit(node: FlyteNodeExecution) -> None:
        problems: list[FlyteError] = []
        if node._role == "task":
            await _note(partial(bring_tasks, session, node), problems)
            if data:
                await _bring_data_of_attempts(session, node, problems)
        else:
            await _note(partial(_sync_children, session, node, data), problems)
        _add_problem(node, problems)

    await session.io.gather(visit(node) for node in nodes if may_have_more(node))


async def _find_role(session: Session, node: FlyteNodeExecution) -> None:
    node._role = _role_of(spec_of(node, await scope_of(session, node)))


def _role_of(spec: Node) -> str:
    if spec.branch_node is not None:
        return "branch"
    return "task" if spec.task_node is not None else "other"
