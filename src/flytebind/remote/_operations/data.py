"""Inputs and outputs: who has them, and what to make of an answer that holds none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from flytebind import values
from flytebind._transfer.links import Links
from flytebind.looks._phases import NOT_STARTED, SUCCESSFUL, is_in
from flytebind.models.admin.common import UrlBlob
from flytebind.models.admin.execution import WorkflowExecutionGetDataRequest
from flytebind.models.admin.node_execution import NodeExecutionGetDataRequest
from flytebind.models.admin.task_execution import TaskExecutionGetDataRequest
from flytebind.models.core.literals import Literal, LiteralMap, LiteralOffloadedMetadata
from flytebind.remote._operations import offloaded
from flytebind.remote._operations.interfaces import bring_interface
from flytebind.remote._operations.links import links_of
from flytebind.remote._session import Session
from flytebind.remote.errors import (
    FlyteCallError,
    FlyteDataError,
    FlyteNotFoundError,
    is_passing,
    names_missing_object,
)
from flytebind.remote.executions import (
    FlyteNodeExecution,
    FlyteTaskExecution,
    FlyteWorkflowExecution,
    RemoteExecutionBase,
)
from flytebind.values._native import type_matters

if TYPE_CHECKING:
    from flytebind.behaviour.data import GetDataResponse

SIDES = ("inputs", "outputs")


async def bring_types(session: Session, execution: RemoteExecutionBase) -> None:
    """Bring the interface, if values would not be the same without it."""
    data = execution._data
    if data is None or execution._interface_is_known:
        return
    literals = (*data.full_inputs.literals.values(), *data.full_outputs.literals.values())
    if any(map(type_matters, literals)):
        try:
            await bring_interface(session, execution)
        except (FlyteDataError, FlyteCallError) as error:
            if is_passing(error):
                raise
            # Literals tell most of it themselves.


def data_is_wanting(execution: RemoteExecutionBase) -> bool:
    """Whether the server may have data that this object lacks."""
    if execution._data_is_final:
        return False
    if execution._data is None or execution.is_done:
        return True
    return _is_empty(execution._data, "inputs")


async def bring_data(session: Session, execution: RemoteExecutionBase) -> None:
    """Ask for inputs and outputs, unless nothing new can come.

    Raises:
        FlyteNotFoundError: If there are none, though the execution is done.
    """
    if not data_is_wanting(execution):
        return
    phase, is_final = execution.phase, execution.is_done
    try:
        await _ask(session, execution)
    except FlyteNotFoundError:
        if is_final:
            raise
        # It has only just begun.
    execution._data_phase, execution._data_is_final = phase, is_final


async def bring_data_again(session: Session, execution: RemoteExecutionBase) -> None:
    """Ask for inputs and outputs even where they are here, if more of them may have come since."""
    if execution._data_is_final:
        return
    if data_is_wanting(execution):
        await bring_data(session, execution)
    else:
        await _ask(session, execution)


def share_data(node: FlyteNodeExecution, attempt: FlyteTaskExecution) -> None:
    """Give an attempt the data of its node, if both are kept in the same files."""
    if attempt._data_is_final or not (attempt.is_done and node._data_is_final):
        return
    has_inputs = bool(node.input_uri) and attempt.input_uri == node.input_uri
    has_outputs = attempt.closure.output_uri == node.closure.output_uri
    if has_inputs and (has_outputs or not is_in(attempt.phase, SUCCESSFUL)):
        attempt._data, attempt._missing = node._data, node._missing
        attempt._data_phase, attempt._data_is_final = attempt.phase, True


async def find_hidden(
    session: Session, execution: RemoteExecutionBase, sides: Sequence[str] = SIDES
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
    doubtful = [side for side in sides if _is_doubtful(execution, side)]
    if doubtful:
        await bring_interface(session, execution)
    hidden = [
        side
        for side in doubtful
        if execution._variables(side) and not _has_own_file(execution, side)
    ]
    execution._hidden = execution._hidden.difference(sides).union(hidden)
    # First what is gone itself, and then what the server gives out with it alone.
    hidden.sort(key=lambda side: _uri(execution, side) != execution._missing)
    return _hidden_error(execution, hidden[0]) if hidden else None


async def bring_side(session: Session, execution: RemoteExecutionBase, side: str) -> None:
    """Bring the inputs or the outputs, wherever they are.

    Raises:
        FlyteDataError: If they exist, but cannot be had.
    """
    may_be_old = execution._data_phase is execution.phase
    if not may_be_old:
        await bring_data(session, execution)
    await find_hidden(session, execution, [side])
    if _resolve(execution, side):
        return
    try:
        await _follow_link(session, execution, side)
    except FlyteDataError:
        if not may_be_old:
            raise
        await _ask(session, execution)  # links expire
        await find_hidden(session, execution, [side])
        if not _resolve(execution, side):
            await _follow_link(session, execution, side)


async def _follow_link(session: Session, execution: RemoteExecutionBase, side: str) -> None:
    fetch = partial(
        values.fetch_literal_map,
        _link(execution, side),
        what=_what(execution, side),
        links=links_of(session),
    )
    keep(execution, side, await session.io.in_thread(fetch))


async def bring_offloaded(session: Session, execution: RemoteExecutionBase, side: str) -> None:
    """Fetch, too, the single literals of one side that were too large to travel.

    Raises:
        FlyteDataError: If one cannot be had. All others are here then.
    """
    resolver: values.LiteralsResolver | None = getattr(execution, f"_{side}")
    literals = () if resolver is None else resolver.literals.values()
    fetched = await offloaded.fetch_all(session, literals, _what(execution, side))
    for uri, literal in fetched.literals.items():
        _keep_offloaded(execution, uri, literal)
    execution._unreadable = {**execution._unreadable, **fetched.problems}
    for problem in fetched.problems.values():
        raise problem


def resolve_from_memory(execution: RemoteExecutionBase, side: str) -> bool:
    """Make one side of what is here already; False if that takes a call.

    Raises:
        FlyteDataError: If it is known that the server does not give it out.
    """
    if execution._data_phase is not execution.phase and not _has_inputs(execution, side):
        return False  # nobody has asked since
    if _is_doubtful(execution, side) and not execution._interface_is_known:
        return False
    return _resolve(execution, side)


def _resolve(execution: RemoteExecutionBase, side: str) -> bool:
    """Make one side of the answer that is here; False if it is only a link."""
    if side in execution._hidden:
        raise _hidden_error(execution, side)
    is_declared = execution._interface_is_known and execution._variables(side)
    if is_declared and _has_own_file(execution, side):
        return False
    data = execution._data
    if data is None:
        keep(execution, side, LiteralMap({}))  # there are none yet
        return True
    if not _full(data, side).literals and _link(execution, side).bytes:
        return False
    keep(execution, side, _full(data, side))
    return True


def _hidden_error(execution: RemoteExecutionBase, side: str) -> FlyteDataError:
    what = _what(execution, side)
    missing = execution._missing
    if missing and missing == _uri(execution, side):
        return FlyteDataError(f"the {what} are gone: there is no {missing} any more")
    if missing:
        return FlyteDataError(f"the server does not give out the {what}: there is no {missing}")
    if _link(execution, side).url:
        return FlyteDataError(
            f"the {what} are damaged: there should be some, and the file is empty"
        )
    return FlyteDataError(
        f"the server answers without the {what}, though there are some: they are gone, or larger"
        " than it reads (storage.limits.maxDownloadMBs) while its signed URLs are off"
    )


def keep(execution: RemoteExecutionBase, side: str, literals: LiteralMap) -> None:
    """Make literals the inputs or the outputs of an execution."""
    resolver = values.LiteralsResolver(
        literals,
        partial(execution._variables, side),
        type_hints=execution._type_hints if side == "outputs" else None,
        load=_loader(execution, side),
        links=partial(_links, execution),
        label=side,
    )
    setattr(execution, f"_{side}", resolver)


def _can_load_later(execution: RemoteExecutionBase) -> bool:
    return execution._remote is not None and execution._remote.can_load_later


def _links(execution: RemoteExecutionBase) -> Links | None:
    return None if execution._remote is None else execution._remote._links


def _loader(
    execution: RemoteExecutionBase, side: str
) -> Callable[[LiteralOffloadedMetadata], Literal]:
    """Fetches a literal of its own when it is touched."""

    def load(metadata: LiteralOffloadedMetadata) -> Literal:
        if metadata.uri not in execution._offloaded:
            problem = execution._unreadable.get(metadata.uri)
            if problem is not None and not _can_load_later(execution):
                raise problem
            execution._touch(
                f"an offloaded part of the {side}",
                lambda session: _fetch_offloaded(session, execution, side, metadata),
            )
        return execution._offloaded[metadata.uri]

    return load


async def _fetch_offloaded(
    session: Session,
    execution: RemoteExecutionBase,
    side: str,
    metadata: LiteralOffloadedMetadata,
) -> Literal:
    literal = await offloaded.fetch(session, metadata, _what(execution, side))
    _keep_offloaded(execution, metadata.uri, literal)
    return literal


def _keep_offloaded(execution: RemoteExecutionBase, uri: str, literal: Literal) -> None:
    execution._offloaded = {**execution._offloaded, uri: literal}
    problems = execution._unreadable
    execution._unreadable = {known: problems[known] for known in problems if known != uri}


async def _ask(session: Session, execution: RemoteExecutionBase) -> None:
    """Take what the server answers now."""
    try:
        execution._data, execution._missing = await _get_data(session, execution), ""
    except FlyteCallError as error:
        if not names_missing_object(error.code, error.details):
            raise
        execution._data, execution._missing = None, _object_in(error.details)
    execution._inputs = execution._outputs = None
    if isinstance(execution, FlyteNodeExecution):
        execution._dynamic_workflow = None  # it came with the data


async def _get_data(session: Session, execution: RemoteExecutionBase) -> GetDataResponse:
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


def _must_exist(execution: RemoteExecutionBase, side: str) -> bool:
    """Whether there is data wherever the interface declares some."""
    if side == "outputs":
        # Where the server names no place for them, nothing came out: the node may be skipped.
        return is_in(execution.phase, SUCCESSFUL) and execution._names_outputs
    if isinstance(execution, FlyteNodeExecution):
        # A node may fail, or be given up, before its inputs are put together.
        return not is_in(execution.phase, NOT_STARTED) and bool(
            execution.input_uri or is_in(execution.phase, SUCCESSFUL)
        )
    return True


def _full(data: GetDataResponse, side: str) -> LiteralMap:
    return data.full_inputs if side == "inputs" else data.full_outputs


def _is_empty(data: GetDataResponse, side: str) -> bool:
    """Whether an answer tells nothing of one side, not even where it is."""
    blob = data.inputs if side == "inputs" else data.outputs
    return not _full(data, side).literals and not blob.url


def _has_inputs(execution: RemoteExecutionBase, side: str) -> bool:
    """Whether a side is that of inputs, and here: what goes in stays the same."""
    data = execution._data
    return side == "inputs" and data is not None and not _is_empty(data, side)


def _is_doubtful(execution: RemoteExecutionBase, side: str) -> bool:
    """Whether something may be behind an answer that holds nothing."""
    data = execution._data
    if not _must_exist(execution, side):
        return False
    if data is None:
        return bool(execution._missing)
    # A link of no bytes is how a server says that there is nothing; but who gives outputs, writes
    # all that are declared.
    if side == "inputs":
        return _is_empty(data, side)
    return not (_full(data, side).literals or data.outputs.bytes)


def _has_own_file(execution: RemoteExecutionBase, side: str) -> bool:
    """Whether a side can be read where it is kept, though the other one is gone."""
    # Where one of them is gone, a server gives out neither.
    return bool(execution._missing) and _uri(execution, side) not in ("", execution._missing)


def _uri(execution: RemoteExecutionBase, side: str) -> str:
    """Where the server says that it keeps one side; empty if it does not say."""
    match execution:
        case FlyteWorkflowExecution():
            outputs = execution.closure.outputs
            return outputs.uri or "" if side == "outputs" and outputs is not None else ""
        case FlyteNodeExecution() | FlyteTaskExecution():
            return (
                (execution.closure.output_uri or "") if side == "outputs" else execution.input_uri
            )
    return ""


def _link(execution: RemoteExecutionBase, side: str) -> UrlBlob:
    if _has_own_file(execution, side):
        return UrlBlob(_uri(execution, side), 0)
    data = execution._data
    if data is None:
        return UrlBlob("", 0)
    return data.inputs if side == "inputs" else data.outputs


def _what(execution: RemoteExecutionBase, side: str) -> str:
    return f"{side} of {execution._label}"
