"""Listing what can be run, and making versions of launch plans active."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias, TypeVar

from flytebind.looks._words import readable
from flytebind.models.admin.common import (
    NamedEntityIdentifier,
    NamedEntityIdentifierListRequest,
    ResourceListRequest,
    Sort,
)
from flytebind.models.admin.launch_plan import (
    LaunchPlan,
    LaunchPlanState,
    LaunchPlanUpdateRequest,
)
from flytebind.models.admin.task import Task
from flytebind.models.admin.workflow import Workflow
from flytebind.models.core.compiler import CompiledWorkflowClosure
from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.models.core.tasks import TaskTemplate
from flytebind.remote._answers import check_answer
from flytebind.remote._operations.fetch import (
    Filters,
    at_most,
    expression,
    fetch_launch_plan,
    order,
    registered,
)
from flytebind.remote._operations.pages import Page, by_tokens, each_once, growing
from flytebind.remote._session import Session
from flytebind.remote.entities import FlyteLaunchPlan, FlyteTask, FlyteWorkflow
from flytebind.remote.errors import FlyteValueError

R = TypeVar("R", FlyteTask, FlyteWorkflow, FlyteLaunchPlan)

_PAGE = 100
#: Ids only grow, and nothing that is registered ever goes: pages of this order lose nothing.
_NEWEST = Sort(key="id", direction=Sort.Direction.DESCENDING)
_BY_NAME = Sort(key="name", direction=Sort.Direction.ASCENDING)
#: What a server makes of a task, to run it alone.
_GENERATED = ".flytegen."
_ACTIVE = f"eq(state,{int(LaunchPlanState.ACTIVE)})"


@dataclass(frozen=True)
class Which:
    """What is to be listed.

    Raises:
        TypeError: If filters, column or limit are of another type.
        FlyteValueError: If there is no such limit, or no column to sort by.
    """

    project: str
    domain: str
    name: str | None = None
    filters: Filters = ()
    sort_by: Sort | str | None = None
    limit: int | None = None
    latest: bool = False
    """Whether to list each name once, by the version that was registered last."""

    def __post_init__(self) -> None:
        expression(self.filters)
        at_most(self.limit)
        if order(self.sort_by) is not None and self.latest:
            raise FlyteValueError("latest versions come in the order of their names: no sort_by")


def list_tasks(session: Session, which: Which) -> AsyncIterator[FlyteTask]:
    """Versions of tasks, the newest first."""

    async def ask(which: Which, size: int, token: str) -> tuple[Sequence[FlyteTask], str]:
        page = await session.admin.list_tasks(_request(which, size, token))
        return [_task(session, each) for each in page.tasks], page.token

    return _each(session, ResourceType.TASK, ask, which)


def list_workflows(session: Session, which: Which) -> AsyncIterator[FlyteWorkflow]:
    """Versions of workflows, the newest first, without their nodes."""

    async def ask(which: Which, size: int, token: str) -> tuple[Sequence[FlyteWorkflow], str]:
        page = await session.admin.list_workflows(_request(which, size, token))
        return [_outline(session, each) for each in page.workflows], page.token

    return _each(session, ResourceType.WORKFLOW, ask, which)


def list_launch_plans(
    session: Session, which: Which, *, active: bool
) -> AsyncIterator[FlyteLaunchPlan]:
    """Versions of launch plans, the newest first."""
    if active:
        filters = "+".join(filter(None, (expression(which.filters), _ACTIVE)))
        which = replace(which, filters=filters)

    async def ask(which: Which, size: int, token: str) -> tuple[Sequence[FlyteLaunchPlan], str]:
        page = await session.admin.list_launch_plans(_request(which, size, token))
        return [_launch_plan(session, each) for each in page.launch_plans], page.token

    return _each(session, ResourceType.LAUNCH_PLAN, ask, which)


def list_names(session: Session, kind: ResourceType, which: Which) -> AsyncIterator[str]:
    """Names of tasks, workflows or launch plans, in alphabetical order."""
    return each_once(_names(session, kind, which), str, at_most(which.limit))


def _names(session: Session, kind: ResourceType, which: Which) -> AsyncIterator[Page[str]]:
    ask_for = {
        ResourceType.TASK: session.admin.list_task_ids,
        ResourceType.WORKFLOW: session.admin.list_workflow_ids,
        ResourceType.LAUNCH_PLAN: session.admin.list_launch_plan_ids,
    }[kind]
    place = NamedEntityIdentifier(project=which.project, domain=which.domain)
    request = NamedEntityIdentifierListRequest(
        project=which.project,
        domain=which.domain,
        sort_by=_BY_NAME,  # there are filters, too, which admin does not heed
    )

    async def ask(size: int, token: str) -> tuple[Sequence[str], str]:
        page = await ask_for(request.replace(limit=size, token=token))
        for each in page.entities:
            check_answer(place, each)
        names = (each.name for each in page.entities)
        return [name for name in names if not name.startswith(_GENERATED)], page.token

    return by_tokens(ask, _size(at_most(which.limit)))


async def set_state(session: Session, id: Identifier, state: LaunchPlanState) -> FlyteLaunchPlan:
    """Make a version of a launch plan active or inactive."""
    await session.admin.update_launch_plan(LaunchPlanUpdateRequest(id=id, state=state))
    return await fetch_launch_plan(session, id)


_AskFor: TypeAlias = Callable[[Which, int, str], Awaitable[tuple[Sequence[R], str]]]


def _each(session: Session, kind: ResourceType, ask: _AskFor[R], which: Which) -> AsyncIterator[R]:
    async def checked(which: Which, size: int, token: str) -> tuple[Sequence[R], str]:
        rows, following = await ask(which, size, token)
        for row in rows:
            check_answer(_asked(which), row.id)
        return rows, following

    most = at_most(which.limit)
    if which.latest:
        pages = _latest(session, kind, checked, which)
        return each_once(pages, lambda entity: entity.id, most)

    # What is registered stays in its place; only filters and other columns may move it.
    stays = which.sort_by is None and not expression(which.filters)
    pages = (by_tokens if stays else growing)(partial(checked, which), _size(most))
    return each_once(pages, lambda entity: entity.id, most)


async def _latest(
    session: Session, kind: ResourceType, ask: _AskFor[R], which: Which
) -> AsyncIterator[Page[R]]:
    """The newest version of each name, as many of them as one asks for names."""

    async def newest(name: str) -> Sequence[R]:
        rows, _ = await ask(replace(which, name=name), 1, "")
        return rows

    async def all_newest(names: list[str]) -> Sequence[R]:
        return [row for rows in await session.io.gather(map(newest, names)) for row in rows]

    if which.name is not None:
        yield await newest(which.name), ""
        return
    names: list[str] = []
    size = _size(at_most(which.limit))
    async for name in each_once(_names(session, kind, which), str, None):
        names.append(name)
        if len(names) == size:
            yield await all_newest(names), ""
            names.clear()
    yield await all_newest(names), ""


def _size(most: int | None) -> int:
    return _PAGE if most is None else max(1, min(most, _PAGE))


def _asked(which: Which) -> NamedEntityIdentifier:
    return NamedEntityIdentifier(project=which.project, domain=which.domain, name=which.name)


def _request(which: Which, size: int, token: str) -> ResourceListRequest:
    return ResourceListRequest(
        id=_asked(which),
        limit=size,
        token=token,
        filters=expression(which.filters),
        sort_by=order(which.sort_by) or _NEWEST,
    )


# Copies, or each would keep its whole page alive.


def _task(session: Session, task: Task) -> FlyteTask:
    template = TaskTemplate.from_pb(task.closure.compiled_task.template._pb)
    entity = FlyteTask.promote_from_model(template)
    created_at = readable(task.closure, "created_at")
    return registered(session, entity, created_at, task.short_description)


def _outline(session: Session, workflow: Workflow) -> FlyteWorkflow:
    closure = workflow.closure.compiled_workflow.to_pb()
    closure.primary.template.id.CopyFrom(workflow.id._pb)
    entity = FlyteWorkflow.promote_from_model(CompiledWorkflowClosure.from_pb(closure))
    created_at, about = readable(workflow.closure, "created_at"), workflow.short_description
    return registered(session, entity, created_at, about, is_outline=True)


def _launch_plan(session: Session, launch_plan: LaunchPlan) -> FlyteLaunchPlan:
    entity = FlyteLaunchPlan.promote_from_model(LaunchPlan.from_pb(launch_plan._pb))
    return registered(session, entity)
