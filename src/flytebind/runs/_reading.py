"""Getting and listing runs and actions, and bringing what they lack."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import Final

from flytebind.models.core.literals import Literal, LiteralMap
from flytebind.remote._io import TimeIsUp
from flytebind.remote._operations.pages import Page, all_rows, by_tokens
from flytebind.remote.errors import FlyteCallError, FlyteDataError, FlyteNotFoundError
from flytebind.runs import _translate as translate
from flytebind.runs._actions import SIGNALLED, FlyteAction, FlyteRun, adopt
from flytebind.runs._answers import check_answer
from flytebind.runs._lists import PAGE, Filters, listed, order
from flytebind.runs._names import label
from flytebind.runs._session import Operation, Session
from flytebind.runtime.grpcio import grpc
from flytebind.v2.models.common.identifier import (
    ActionIdentifier,
    ProjectIdentifier,
    RunIdentifier,
)
from flytebind.v2.models.common.list import ListRequest, Sort
from flytebind.v2.models.dataproxy.dataproxy_service import GetActionDataRequest
from flytebind.v2.models.workflow.run_definition import (
    Action,
    ActionDetails,
    ActionMetadata,
    Run,
    RunDetails,
)
from flytebind.v2.models.workflow.run_service import (
    GetActionDataURIsRequest,
    GetActionDataURIsResponse,
    GetActionDetailsRequest,
    GetRunDetailsRequest,
    ListActionsRequest,
    ListRunsRequest,
    WatchActionsRequest,
)

#: Seconds that a server has to say what the actions of a run are, all at once.
_DESCRIBING: Final = 2.0

_OLDEST_FIRST: Final = [Sort(key="created_at", direction=Sort.Direction.ASCENDING)]

#: What the server says of inputs and outputs that are larger than it reads.
_TOO_LARGE: Final = "[LIMIT_EXCEEDED]"


async def fetch_run(session: Session, id: RunIdentifier) -> FlyteRun:
    """One run, as it is now."""
    return FlyteRun(await _run_details(session, id), session.remote)


async def fetch_action(session: Session, id: ActionIdentifier) -> FlyteAction:
    """One action, as it is now."""
    return FlyteAction(await _action_details(session, id), session.remote)


def list_runs(
    session: Session,
    place: ProjectIdentifier,
    filters: Filters,
    paused: bool,
    sort_by: str | None,
    limit: int | None,
) -> AsyncIterator[FlyteRun]:
    """Runs, read as one goes on."""

    async def ask(request: ListRequest) -> Page[Run]:
        answer = await session.runs.list_runs(
            ListRunsRequest(request=request, project_id=place, paused_actions_only=paused or None)
        )
        return answer.runs, answer.token

    sort = order(sort_by, ["run_name"])
    return _attached(session, place, listed(ask, filters, sort, _run_name, limit))


async def _attached(
    session: Session, place: ProjectIdentifier, runs: AsyncIterator[Run]
) -> AsyncIterator[FlyteRun]:
    async for run in runs:
        # With a message of its own, or it would keep the whole page alive.
        found = FlyteRun(Run.from_pb(run._pb), session.remote)
        check_answer(place, found.run_id)
        yield found


def _run_name(run: Run) -> str:
    return FlyteRun(run).name


async def list_actions(
    session: Session, id: RunIdentifier, known: Iterable[FlyteAction] = ()
) -> list[FlyteAction]:
    """The actions of a run, in the order that they were created in.

    The server lists what has become of them, but not what they are, which no change touches. That
    it tells of all at once only to who watches.

    Args:
        session: Whom to ask.
        id: The run.
        known: Those of its actions that are here. They are brought up to date, and stay the same
            objects.

    Raises:
        FlyteNotFoundError: If there is no such run, where the server itself says nothing.
    """

    async def ask(size: int, token: str) -> Page[Action]:
        request = ListRequest(limit=size, token=token or None, sort_by_fields=_OLDEST_FIRST)
        answer = await session.runs.list_actions(ListActionsRequest(request=request, run_id=id))
        return answer.actions, answer.token

    rows = await all_rows(ask, PAGE, lambda row: row.id.name, by_tokens)
    if not rows:
        await _run_details(session, id)  # says so, if there is none
    here = {each.name: each for each in known}
    lacking = {row.id.name for row in rows if _lacks_description(row, here)}
    described = await _descriptions(session, id, lacking) if lacking else {}
    found = []
    for row in rows:
        check_answer(id, row.id)
        name = row.id.name
        action = here.get(name)
        metadata = described.get(name) or (None if action is None else action._metadata)
        if metadata is not None:
            row = row.replace(metadata=metadata)
        if action is None:
            action = FlyteAction(Action.from_pb(row._pb), session.remote)
        elif not (action.loaded.is_whole and action.is_done and action._status == row.status):
            adopt(action, Action.from_pb(row._pb))
        found.append(action)
    return found


def _lacks_description(row: Action, here: dict[str, FlyteAction]) -> bool:
    known = here.get(row.id.name)
    return (row.metadata if known is None else known._metadata).spec is None


async def _descriptions(
    session: Session, id: RunIdentifier, names: set[str]
) -> dict[str, ActionMetadata]:
    """What actions are, by name."""
    found: dict[str, ActionMetadata] = {}

    async def read() -> None:
        stream = session.runs.watch_actions(WatchActionsRequest(run_id=id), timeout=_DESCRIBING)
        try:
            async for message in stream:
                for each in message.enriched_actions:
                    check_answer(id, each.action.id)
                    if each.action.id.name in names:
                        found[each.action.id.name] = each.action.metadata
                if names <= found.keys():
                    return
        finally:
            stream.cancel()

    try:
        await session.io.within(_DESCRIBING, read())
    except TimeIsUp:
        pass
    except FlyteCallError as error:
        if error.code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
            raise
    # One by one: a server that watches in another way tells all the same.
    left = [ActionIdentifier(run=id, name=name) for name in sorted(names - found.keys())]
    for metadata in await session.io.gather(_description(session, each) for each in left):
        found.update(metadata)
    return found


async def _description(session: Session, id: ActionIdentifier) -> dict[str, ActionMetadata]:
    try:
        return {id.name: (await _action_details(session, id)).metadata}
    except FlyteNotFoundError:  # one that cannot be described does not lose the rest
        return {}


async def bring_details(session: Session, action: FlyteAction) -> None:
    """Bring all that the server says of an action, or a run."""
    if isinstance(action, FlyteRun):
        adopt(action, await _run_details(session, action.run_id))
    else:
        adopt(action, await _action_details(session, action.id))


async def bring_data(session: Session, action: FlyteAction) -> None:
    """Bring inputs, and outputs if it is done.

    Raises:
        FlyteDataError: If they are more than the server gives out.
    """
    if not action.loaded.is_whole:
        await bring_details(session, action)
    is_done = action.is_done
    if action.kind == "condition":
        given = action.details.signal_info
        value = None if given is None else given.output
        action.loaded.inputs = LiteralMap({})
        if is_done:
            signalled = {} if value is None else {SIGNALLED: translate.same(Literal, value)}
            action.loaded.outputs = LiteralMap(signalled)
        return
    proxy = await session.data_proxy(Operation.GET_ACTION_DATA, action.id)
    try:
        data = await proxy.get_action_data(GetActionDataRequest(action_id=action.id))
    except FlyteCallError as error:
        if _TOO_LARGE not in error.details:
            raise
        hint = "they can be read where uris(...) says that they are"
        raise FlyteDataError(
            f"inputs or outputs of {action._label}: {error.details}; {hint}"
        ) from error
    action.loaded.inputs = translate.literals_of(data.inputs)
    if is_done:
        action.loaded.outputs = translate.literals_of(data.outputs)


async def sync(
    session: Session, action: FlyteAction, *, actions: bool, timeout: timedelta | float | None
) -> None:
    """Bring an action, or a run, up to date, in so much time for all that this takes."""

    async def bring() -> None:
        await bring_details(session, action)
        if actions and isinstance(action, FlyteRun):
            await sync_actions(session, action)

    await session.within(timeout, f"sync of {action._label}", bring)


async def sync_actions(session: Session, run: FlyteRun) -> None:
    """Bring all actions of a run up to date."""
    found = await list_actions(session, run.run_id, run._actions.values())
    run._actions = {each.name: each for each in found}


async def load(session: Session, action: FlyteAction) -> None:
    """Bring all that would be loaded when it is touched."""
    if not action.loaded.is_whole:
        await bring_details(session, action)
    if action.loaded.inputs is None or (action.is_done and action.loaded.outputs is None):
        await bring_data(session, action)


async def uris(session: Session, id: ActionIdentifier) -> GetActionDataURIsResponse:
    """Where inputs and outputs are stored."""
    return await session.runs.get_action_data_uris(GetActionDataURIsRequest(action_id=id))


async def _run_details(session: Session, id: RunIdentifier) -> RunDetails:
    details = (await session.runs.get_run_details(GetRunDetailsRequest(run_id=id))).details
    if details.action is None:
        raise FlyteDataError(f"the server knows run {label(id)}, and says nothing of it")
    check_answer(id, details.action.id)
    return details


async def _action_details(session: Session, id: ActionIdentifier) -> ActionDetails:
    request = GetActionDetailsRequest(action_id=id)
    details = (await session.runs.get_action_details(request)).details
    check_answer(id, details.id)
    return details
