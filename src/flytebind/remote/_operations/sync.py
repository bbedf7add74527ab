"""Bringing executions up to date, with as few calls as possible and many of them at once.

States come from one list for each level of nodes. What is final is not asked for again.
"""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from flytebind.looks._labels import label
from flytebind.looks._nodes import START_NODE, is_boundary, lacks_error, spec_id
from flytebind.looks._phases import NOT_STARTED, SUCCESSFUL
from flytebind.models.admin.common import Sort
from flytebind.models.admin.execution import WorkflowExecutionGetRequest
from flytebind.models.admin.node_execution import (
    NodeExecution,
    NodeExecutionGetRequest,
    NodeExecutionListRequest,
)
from flytebind.models.admin.task_execution import TaskExecution, TaskExecutionListRequest
from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.models.core.workflow import Node
from flytebind.remote._answers import check_answer
from flytebind.remote._data import SIDES, is_wanting
from flytebind.remote._operations.data import (
    bring_data,
    bring_interface,
    bring_offloaded,
    bring_side,
    bring_types,
    find_hidden,
    find_task,
    scope_of,
    share_data,
    workflow_of,
)
from flytebind.remote._operations.descent import Descent, TooManyNodes
from flytebind.remote._operations.fetch import fetch_execution
from flytebind.remote._operations.pages import Page, all_rows, by_tokens, each_once
from flytebind.remote._session import Session
from flytebind.remote.errors import FATAL, FlyteCallError, FlyteDataError, FlyteError
from flytebind.remote.executions import (
    Executed,
    FlyteNodeExecution,
    FlyteTaskExecution,
    FlyteWorkflowExecution,
    RemoteExecutionBase,
    adopt,
    attach,
)
from flytebind.runtime.grpcio import grpc

E = TypeVar("E", bound=FlyteWorkflowExecution)

_PAGE = 1000
# Ids only grow, so that what is added meanwhile comes on a later page.
_IN_ORDER = Sort(key="id", direction=Sort.Direction.ASCENDING)
#: Lists cut messages to 100 bytes, and leave out the character that this may break.
_CUT_AT = 97


async def sync_execution(
    session: Session,
    execution: E,
    *,
    nodes: bool,
    data: bool,
    is_fresh: bool = False,
    descent: Descent | None = None,
) -> E:
    """Bring an execution up to date.

    Args:
        session: What to ask.
        execution: What to bring up to date.
        nodes: Whether to bring nodes, too.
        data: Whether to bring data and attempts along.
        is_fresh: Whether its message has just come.
        descent: The way to it from another one that is synced.
    """
    if not is_fresh:
        await bring_whole(session, execution)
    jobs: list[Coroutine[Any, Any, object]] = []
    if data:
        jobs.append(_bring_checked_data(session, execution))
    if nodes:
        descent = descent or Descent.into(execution.id)
        jobs.append(_sync_nodes(session, execution, data, descent))
    await session.io.gather(jobs)
    if data and not session.can_load_later:
        await bring_types(session, execution)  # once its nodes have brought the workflow for all
    return execution


async def sync_within(
    session: Session, execution: E, *, nodes: bool, data: bool, timeout: timedelta | float | None
) -> E:
    """Bring an execution up to date, in so much time for all that this takes.

    Raises:
        FlyteTimeout: If it takes longer; what was brought until then stays.
    """
    sync = partial(sync_execution, session, execution, nodes=nodes, data=data)
    return await session.within(timeout, f"sync of {label(execution.id)}", sync)


async def load(session: Session, execution: RemoteExecutionBase) -> None:
    """Bring the whole error, the interface, attempts, inputs and outputs, wherever they are.

    Raises:
        FlyteDataError: If data exists that cannot be had; what can be is here all the same.
    """
    if not isinstance(execution, (FlyteWorkflowExecution, FlyteNodeExecution, FlyteTaskExecution)):
        raise TypeError(f"{type(execution).__name__} has no data")
    attach(execution, session.remote)
    held = execution.loaded
    if not held.is_whole:
        await bring_whole(session, execution)
    if isinstance(execution, FlyteNodeExecution) and not execution.is_boundary:
        await bring_tasks(session, execution)
    if not isinstance(execution, FlyteNodeExecution) or held.container is not None:
        await bring_interface(session, execution)
    await bring_data(session, execution)
    problems = []
    for side in SIDES if execution.phase.name in SUCCESSFUL else SIDES[:1]:
        try:
            await bring_side(session, execution, side)
            await bring_offloaded(session, execution, side)
        except FlyteDataError as error:  # what it costs is the rest of one value
            problems.append(error)
    for problem in problems:
        raise problem


async def bring_whole(session: Session, execution: Executed) -> None:
    """Replace a message that may be old, or that a list has cut."""
    if execution.is_done and execution.loaded.is_whole:
        return
    if isinstance(execution, FlyteWorkflowExecution):
        request = WorkflowExecutionGetRequest(id=execution.id)
        adopt(execution, await session.admin.get_execution(request))
    elif isinstance(execution, FlyteNodeExecution):
        node_request = NodeExecutionGetRequest(id=execution.id)
        adopt(execution, await session.admin.get_node_execution(node_request))
    # Lists of task executions cut nothing.


async def bring_tasks(session: Session, node: FlyteNodeExecution) -> None:
    """List the attempts at a node's task."""
    held = node.loaded
    if held.attempts_are_final:
        return
    is_final = node.is_done
    known = {_key(task): task for task in held.attempts or ()}

    async def ask(size: int, token: str) -> Page[TaskExecution]:
        page = await session.admin.list_task_executions(
            TaskExecutionListRequest(
                node_execution_id=node.id, limit=size, token=token, sort_by=_IN_ORDER
            )
        )
        return page.task_executions, page.token

    messages = await all_rows(ask, _PAGE, _key, by_tokens)
    for message in messages:
        check_answer(node.id, message.id.node_execution_id)
    found = [_task(session, known.get(_key(message)), message) for message in messages]
    found.sort(key=lambda task: task.id.retry_attempt)
    held.attempts = found
    # An attempt may end after its node.
    held.attempts_are_final = is_final and all(task.is_done for task in found)


def _key(attempt: TaskExecution) -> bytes:
    """Hashes much sooner than the identifier."""
    return attempt.id.to_bytes()


async def _bring_checked_data(session: Session, execution: FlyteWorkflowExecution) -> None:
    if is_wanting(execution, execution.loaded.data):
        with suppress(FlyteDataError):  # an answer that cannot be read: touching asks again
            await bring_data(session, execution)
        # Without its workflow there is no telling what is hidden; touching asks for it again.
        await _note(partial(find_hidden, session, execution), [])


async def _sync_nodes(
    session: Session, execution: FlyteWorkflowExecution, data: bool, descent: Descent
) -> None:
    held = execution.loaded
    if not (held.nodes_are_final and _is_over(execution)):
        is_final = execution.is_done
        listing = _list_level(session, execution.id, "", execution, descent)
        if held.nodes is None and not data:
            # What tells branches is asked for beside the list, which it need not wait for.
            workflow = _note(partial(workflow_of, session, execution), [])
            held.nodes, _ = await session.io.gather([listing, workflow])
        else:
            held.nodes = await listing
        held.nodes_are_final = is_final
    await _visit_all(session, held.nodes or {}, data, descent)


async def _sync_children(
    session: Session, node: FlyteNodeExecution, data: bool, descent: Descent
) -> None:
    held = node.loaded
    descent = descent.to_nodes_of(node.id)
    if not (held.nodes_are_final and _is_over(node)):
        is_final = node.is_done
        held.nodes = await _list_level(
            session, node.id.execution_id, node.id.node_id, node, descent
        )
        held.nodes_are_final = is_final
    await _visit_all(session, held.nodes or {}, data, descent)


def _is_over(container: FlyteWorkflowExecution | FlyteNodeExecution) -> bool:
    """Whether all nodes of the level below have been seen at their end.

    News of them may come after news of what they are part of.
    """
    nodes = (container.loaded.nodes or {}).values()
    if not all(node.is_done for node in nodes):
        return False
    ends = {spec_id(node) for node in nodes if is_boundary(node)}
    return not (container.phase.name in SUCCESSFUL and ends == {START_NODE})


async def _list_level(
    session: Session,
    id: WorkflowExecutionIdentifier,
    parent: str,
    container: FlyteWorkflowExecution | FlyteNodeExecution,
    descent: Descent,
) -> dict[str, FlyteNodeExecution]:
    """The nodes of one level, in the order in which they began."""
    limit = _PAGE

    async def ask(_: int, token: str) -> Page[NodeExecution]:
        nonlocal limit
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
            else:
                return page.node_executions, page.token

    known = container.loaded.nodes or {}
    level: dict[str, FlyteNodeExecution] = {}
    pages = by_tokens(ask, limit)
    async for message in each_once(pages, lambda message: message.id.node_id, None):
        descent.count_node()
        check_answer(id, message.id)
        if not _is_left_over(message, container):
            node_id = message.id.node_id
            level[node_id] = _node(session, known.get(node_id), message, container)
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
        known.loaded.container = container
    elif known.is_done:
        return known
    else:
        # Or each page of many that come while it runs would be kept by a few nodes.
        adopt(known, copy.copy(message))
    known.loaded.is_whole = not _is_cut(message)
    return known


def _task(
    session: Session, known: FlyteTaskExecution | None, message: TaskExecution
) -> FlyteTaskExecution:
    if known is not None and known.is_done:
        return known
    if known is None:
        return FlyteTaskExecution.promote_from_model(message, session.remote)
    adopt(known, message)
    return known


def _is_cut(message: NodeExecution) -> bool:
    error = message.closure.error
    return error is not None and len(error.message.encode()) >= _CUT_AT


async def _visit_all(
    session: Session, level: dict[str, FlyteNodeExecution], data: bool, descent: Descent
) -> None:
    nodes = [node for node in level.values() if not _is_at_rest(session, node)]
    await session.io.gather(_visit(session, node, data, descent) for node in nodes)
    unsure = [node for node in nodes if _is_unsure(node)]
    if unsure:
        await _look_up(session, unsure, data, descent)
    for node in nodes:
        if data:
            # One after the other: the first one brings the workflow for all.
            await _complete(session, node)
        node.loaded.is_settled = data and node.is_done and _is_settled(session, node)


def _is_at_rest(session: Session, node: FlyteNodeExecution) -> bool:
    """Whether a sync has nothing to ask about a node."""
    # What starts and ends run nothing. Their data load when touched, where that is possible.
    return node.loaded.is_settled or (is_boundary(node) and session.can_load_later)


async def _complete(session: Session, node: FlyteNodeExecution) -> None:
    """Bring what it takes to read the data that are here, and find out which are not."""
    problems: list[FlyteError] = []
    await _note(partial(_check_data, session, node), problems)
    _add_problem(node, problems)
    if not session.can_load_later:
        for attempt in node.loaded.attempts or ():
            find_task(attempt, node)
            await _note(partial(_check_data, session, attempt), [])


async def _check_data(session: Session, execution: Executed) -> None:
    hidden = await find_hidden(session, execution)
    if not session.can_load_later:
        await bring_types(session, execution)
    if hidden is not None:
        raise hidden


def _is_settled(session: Session, node: FlyteNodeExecution) -> bool:
    """Whether there is nothing to come any more for a node that is done."""
    held = node.loaded
    # What is wrong with data will not become right. A call may work the next time.
    return (
        not isinstance(held.problem, FlyteCallError)
        and (held.attempts_are_final or not held.attempts)
        and _is_over(node)
        and all(_is_at_rest(session, child) for child in (held.nodes or {}).values())
        and all(map(_is_complete, held.launched or ()))
    )


def _is_complete(execution: FlyteWorkflowExecution) -> bool:
    return execution.loaded.nodes_are_final and _is_over(execution)


def _add_problem(node: FlyteNodeExecution, problems: list[FlyteError]) -> None:
    """Keep the first of what went wrong."""
    held = node.loaded
    if problems and held.problem is None:
        held.problem = problems[0]


async def _visit(session: Session, node: FlyteNodeExecution, data: bool, descent: Descent) -> None:
    """Bring what belongs to one node."""
    closure, metadata, held = node.closure, node.metadata, node.loaded
    problems: list[FlyteError] = []
    jobs: list[Callable[[], Awaitable[object]]] = []
    if not held.is_whole:
        jobs.append(partial(bring_whole, session, node))
    if data and is_wanting(node, held.data):
        jobs.append(partial(bring_data, session, node))
    if closure.workflow_node_metadata is not None and not metadata.is_array:
        id = closure.workflow_node_metadata.execution_id
        jobs.append(partial(_sync_launched, session, node, [id], data, descent, problems))
    if (data or lacks_error(node)) and _may_have_tasks(node):
        jobs.append(partial(bring_tasks, session, node))
    elif data and held.attempts is None:
        held.attempts = []
    if _may_have_children(node):
        jobs.append(partial(_sync_children, session, node, data, descent))
    await session.io.gather([_note(job, problems) for job in jobs])
    if data and metadata.is_array:
        await _sync_launched(session, node, _launched_by(node), data, descent, problems)
    if data:
        await _bring_data_of_attempts(session, node, problems)
    held.problem = problems[0] if problems else None


async def _bring_data_of_attempts(
    session: Session, node: FlyteNodeExecution, problems: list[FlyteError]
) -> None:
    attempts = node.loaded.attempts or ()
    for attempt in attempts:
        share_data(node, attempt)
    if not session.can_load_later:
        await session.io.gather(
            _note(partial(bring_data, session, attempt), problems)
            for attempt in attempts
            if is_wanting(attempt, attempt.loaded.data)
        )


async def _note(job: Callable[[], Awaitable[object]], problems: list[FlyteError]) -> None:
    """Keep what is wrong with one node on that node; raise what is wrong with the connection."""
    try:
        await job()
    except FlyteCallError as error:
        if error.code in FATAL:
            raise
        problems.append(error)
    except TooManyNodes:
        raise
    except FlyteDataError as error:
        problems.append(error)


async def _sync_launched(
    session: Session,
    node: FlyteNodeExecution,
    ids: list[WorkflowExecutionIdentifier],
    data: bool,
    descent: Descent,
    problems: list[FlyteError],
) -> None:
    """Bring the executions that a node has launched, as many of them as there are."""
    held = node.loaded
    known = {child.id: child for child in held.launched or ()}

    async def sync(id: WorkflowExecutionIdentifier) -> None:
        deeper = descent.to_launched(id)
        is_fresh = id not in known
        if is_fresh:
            known[id] = await fetch_execution(session, id)
        await sync_execution(
            session, known[id], nodes=True, data=data, is_fresh=is_fresh, descent=deeper
        )

    await session.io.gather(_note(partial(sync, id), problems) for id in ids)
    held.launched = [known[id] for id in ids if id in known]


def _launched_by(node: FlyteNodeExecution) -> list[WorkflowExecutionIdentifier]:
    """The executions that the items of an array node are."""
    ids: dict[WorkflowExecutionIdentifier, None] = {}
    for task in node.loaded.attempts or ():
        metadata = task.closure.metadata
        for item in metadata.external_resources if metadata is not None else ():
            child = item.workflow_node_metadata
            if child is not None and child.execution_id is not None:
                ids[copy.copy(child.execution_id)] = None
    return list(ids)


def _may_have_tasks(node: FlyteNodeExecution) -> bool:
    held = node.loaded
    if held.attempts_are_final or node.closure.workflow_node_metadata is not None:
        return False
    if is_boundary(node) or node.phase.name in NOT_STARTED:
        return False
    metadata = node.metadata
    if held.role is not None and not metadata.is_dynamic:
        return held.role == "task"
    runs_a_task = metadata.is_dynamic or metadata.is_array or metadata.is_eager
    return runs_a_task or not metadata.is_parent_node


def _may_have_children(node: FlyteNodeExecution) -> bool:
    metadata = node.metadata
    if metadata.is_parent_node or metadata.is_dynamic:
        return True
    return node.loaded.role == "branch" and node.phase.name not in NOT_STARTED


def _is_unsure(node: FlyteNodeExecution) -> bool:
    """Whether only the compiled workflow tells what a node runs.

    Some engines do not say of a branch that it is a parent, and servers not of a task that it is an
    eager one.
    """
    metadata, closure, held = node.metadata, node.closure, node.loaded
    if held.role is not None or is_boundary(node) or closure.workflow_node_metadata is not None:
        return False
    if metadata.is_array or metadata.is_dynamic or metadata.is_eager:
        return False
    if metadata.is_parent_node:
        # Subworkflows have a start of their own.
        return not any(is_boundary(child) for child in (held.nodes or {}).values())
    return closure.task_node_metadata is None and not held.attempts


async def _look_up(
    session: Session, nodes: list[FlyteNodeExecution], data: bool, descent: Descent
) -> None:
    """Find out what some nodes of one level run, and bring what was not looked for before."""
    problems: list[FlyteError] = []
    for node in nodes:
        found: list[FlyteError] = []
        if not problems:
            await _note(partial(_find_role, session, node), found)
        if found and isinstance(found[0], FlyteCallError):
            problems = found  # it would fail for the others, too
        if node.phase.name not in NOT_STARTED:  # or nothing could be lost
            _add_problem(node, problems or found)

    def may_have_more(node: FlyteNodeExecution) -> bool:
        if node.loaded.role == "task":
            return (data or lacks_error(node)) and _may_have_tasks(node)
        return not node.metadata.is_parent_node and _may_have_children(node)

    async def visit(node: FlyteNodeExecution) -> None:
        problems: list[FlyteError] = []
        if node.loaded.role == "task":
            await _note(partial(bring_tasks, session, node), problems)
            if data:
                await _bring_data_of_attempts(session, node, problems)
        else:
            await _note(partial(_sync_children, session, node, data, descent), problems)
        _add_problem(node, problems)

    await session.io.gather(visit(node) for node in nodes if may_have_more(node))


async def _find_role(session: Session, node: FlyteNodeExecution) -> None:
    scope = await scope_of(session, node)
    node.loaded.role = _role_of(scope.get(node))


def _role_of(spec: Node) -> str:
    if spec.branch_node is not None:
        return "branch"
    return "task" if spec.task_node is not None else "other"
