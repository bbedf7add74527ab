"""Getting and listing what the server knows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, TypeAlias, TypeVar

from flytebind.behaviour.filters import Filter, LessThanOrEqual
from flytebind.looks._labels import label
from flytebind.looks._words import readable
from flytebind.models.admin.common import (
    NamedEntityIdentifier,
    ObjectGetRequest,
    ResourceListRequest,
    Sort,
)
from flytebind.models.admin.execution import Execution, WorkflowExecutionGetRequest
from flytebind.models.admin.launch_plan import ActiveLaunchPlanRequest, LaunchPlan
from flytebind.models.admin.project import (
    Domain,
    GetDomainRequest,
    Project,
    ProjectListRequest,
)
from flytebind.models.core.identifier import (
    Identifier,
    ResourceType,
    WorkflowExecutionIdentifier,
)
from flytebind.remote._answers import check_answer
from flytebind.remote._arguments import must_be, named
from flytebind.remote._operations.pages import (
    GROWTH,
    MOST_ROWS,
    Page,
    all_rows,
    each_once,
    endless,
    growing,
)
from flytebind.remote._session import Session
from flytebind.remote.entities import About, FlyteLaunchPlan, FlyteTask, FlyteWorkflow, known
from flytebind.remote.errors import (
    FlyteAssertion,
    FlyteDataError,
    FlyteNotFoundError,
    FlyteValueError,
)
from flytebind.remote.executions import FlyteWorkflowExecution
from flytebind.runtime.grpcio import grpc
from flytebind.runtime.model import Model

T = TypeVar("T", bound=Model[Any])
R = TypeVar("R", FlyteTask, FlyteWorkflow, FlyteLaunchPlan)

Filters: TypeAlias = str | Filter | Sequence[str | Filter]
"""What must hold: filters, or their text in admin's notation."""

_PAGE = 100
_NEWEST = Sort(key="created_at", direction=Sort.Direction.DESCENDING)
_BY_AGE = Sort(key="execution_created_at", direction=Sort.Direction.DESCENDING)
_MICROSECOND = timedelta(microseconds=1)
_LAST = datetime.max.replace(tzinfo=timezone.utc) - 2 * _MICROSECOND


async def fetch_execution(
    session: Session,
    id: WorkflowExecutionIdentifier,
    type_hints: Mapping[str, type] | None = None,
) -> FlyteWorkflowExecution:
    """One execution, as it is now."""
    message = await session.admin.get_execution(WorkflowExecutionGetRequest(id=id))
    check_answer(id, message.id)
    return FlyteWorkflowExecution.promote_from_model(message, session.remote, type_hints)


def list_executions(
    session: Session,
    project: str,
    domain: str,
    filters: Filters,
    sort_by: Sort | str | None,
    limit: int | None,
) -> AsyncIterator[FlyteWorkflowExecution]:
    """Executions, read as one goes on.

    Raises:
        TypeError: If one of the last three is of another type.
        FlyteValueError: If there is no such limit or no column to sort by.
    """
    most = at_most(limit)
    place = NamedEntityIdentifier(project=project, domain=domain)
    request = ResourceListRequest(
        id=place,
        limit=_PAGE if most is None else max(1, min(most, _PAGE)),
        filters=expression(filters),
        sort_by=order(sort_by),
    )
    answers = _by_age(session, request) if request.sort_by is None else _sorted(session, request)
    rows = each_once(answers, lambda each: each.id.name, most)
    return _listed(session, place, rows)


async def _listed(
    session: Session, asked: NamedEntityIdentifier, executions: AsyncIterator[Execution]
) -> AsyncIterator[FlyteWorkflowExecution]:
    async for message in executions:
        check_answer(asked, message.id)
        own = Execution.from_pb(message._pb)  # or it would keep the whole page alive
        execution = FlyteWorkflowExecution.promote_from_model(own, session.remote)
        execution.loaded.is_whole = False
        yield execution


async def _by_age(session: Session, request: ResourceListRequest) -> AsyncIterator[Page[Execution]]:
    """The newest executions, then what is not newer than the last of these, and so on.

    What ends, or begins, meanwhile moves nothing: each question has a place of its own to begin at.
    """
    request = request.replace(sort_by=_BY_AGE)
    asked = request
    while True:
        page = await session.admin.list_executions(asked)
        yield page.executions, page.token
        if not page.token:
            return
        if not page.executions:
            raise endless("an empty page leads", page.token)
        created_at = readable(page.executions[-1].closure, "created_at")
        following = asked
        if created_at is not None and created_at < _LAST:
            # The column has microseconds, which are rounded, where the closure has nanoseconds.
            bound = LessThanOrEqual(_BY_AGE.key, created_at + 2 * _MICROSECOND)
            filters = "+".join(filter(None, (request.filters, str(bound))))
            following = request.replace(filters=filters)
        if following.filters == asked.filters:  # More are equally old than fit a page.
            following = asked.replace(limit=min(GROWTH * asked.limit, MOST_ROWS))
        asked = following


async def _sorted(session: Session, request: ResourceListRequest) -> AsyncIterator[Page[Execution]]:
    async def ask(size: int, token: str) -> tuple[Sequence[Execution], str]:
        page = await session.admin.list_executions(request.replace(limit=size, token=token))
        return page.executions, page.token

    async for page in growing(ask, request.limit):
        yield page


async def fetch_task(session: Session, id: Identifier) -> FlyteTask:
    """One version of a task."""

    async def fetch() -> FlyteTask:
        task = await session.admin.get_task(ObjectGetRequest(id=id))
        template = _there(task.closure.compiled_task.template, id)
        check_answer(id, template.id)
        entity = FlyteTask.promote_from_model(template)
        created_at = readable(task.closure, "created_at")
        return registered(session, entity, created_at, task.short_description)

    return await session.cached(FlyteTask, id, fetch)


async def fetch_workflow(session: Session, id: Identifier) -> FlyteWorkflow:
    """One version of a workflow, compiled."""

    async def fetch() -> FlyteWorkflow:
        workflow = await session.admin.get_workflow(ObjectGetRequest(id=id))
        compiled = _there(workflow.closure.compiled_workflow, id)
        check_answer(id, compiled.primary.template.id)
        entity = FlyteWorkflow.promote_from_model(compiled)
        created_at, about = readable(workflow.closure, "created_at"), workflow.short_description
        return registered(session, entity, created_at, about)

    return await session.cached(FlyteWorkflow, id, fetch)


async def fetch_launch_plan(session: Session, id: Identifier) -> FlyteLaunchPlan:
    """One version of a launch plan, in its present state."""
    message = await session.admin.get_launch_plan(ObjectGetRequest(id=id))
    check_answer(id, message.id)
    launch_plan = registered(session, FlyteLaunchPlan.promote_from_model(message))
    session.keep(id, launch_plan)
    return launch_plan


async def fetch_active_launch_plan(
    session: Session, project: str, domain: str, name: str
) -> FlyteLaunchPlan:
    """The version of a launch plan that is active.

    Raises:
        FlyteNotFoundError: If none is.
    """
    id = NamedEntityIdentifier(project=project, domain=domain, name=name)
    message = await session.admin.get_active_launch_plan(ActiveLaunchPlanRequest(id=id))
    check_answer(id, message.id)
    return registered(session, FlyteLaunchPlan.promote_from_model(message))


async def known_launch_plan(session: Session, id: Identifier) -> FlyteLaunchPlan:
    """One version of a launch plan, whose state may have changed since."""
    return await session.cached(FlyteLaunchPlan, id, lambda: fetch_launch_plan(session, id))


def registered(
    session: Session,
    entity: R,
    created_at: datetime | None = None,
    description: str = "",
    *,
    is_outline: bool = False,
) -> R:
    """Something that can be run, with what the server says of it."""
    try:
        url = session.remote.generate_console_url(entity)
    except FlyteAssertion:
        url = None
    return known(entity, About(created_at, description, url, is_outline))


async def entity_id(
    session: Session,
    kind: ResourceType,
    name: str,
    version: str | None,
    project: str,
    domain: str,
) -> Identifier:
    """The identifier of a version; without one, of the version that was registered last.

    Raises:
        FlyteNotFoundError: If no version is registered.
    """
    if version is not None:
        return Identifier(kind, project, domain, name, version)
    request = ResourceListRequest(
        id=NamedEntityIdentifier(project=project, domain=domain, name=name),
        limit=1,
        sort_by=_NEWEST,
    )
    found: Sequence[LaunchPlan | object]
    if kind is ResourceType.TASK:
        found = (await session.admin.list_tasks(request)).tasks
    elif kind is ResourceType.WORKFLOW:
        found = (await session.admin.list_workflows(request)).workflows
    else:
        found = (await session.admin.list_launch_plans(request)).launch_plans
    for newest in found:
        id: Identifier | None = getattr(newest, "id", None)
        if id is not None:
            check_answer(NamedEntityIdentifier(project=project, domain=domain, name=name), id)
            return id
    what = kind.name.lower().replace("_", " ")
    raise FlyteNotFoundError(
        grpc.StatusCode.NOT_FOUND,
        f"no {what} of this name is registered",
        "",
        label(request.id) if request.id else name,
    )


async def list_projects(session: Session) -> list[Project]:
    """All projects that are not archived."""

    async def ask(size: int, token: str) -> tuple[Sequence[Project], str]:
        page = await session.admin.list_projects(ProjectListRequest(limit=size, token=token))
        return page.projects, page.token

    return await all_rows(ask, _PAGE, lambda project: project.id)


async def list_domains(session: Session) -> list[Domain]:
    """The domains that every project has."""
    return list((await session.admin.get_domains(GetDomainRequest())).domains)


def expression(filters: Filters) -> str:
    """Filters in admin's notation, all of which must hold.

    Raises:
        TypeError: If one of them is something else.
    """
    must_be(filters, (str, Filter, Sequence), "filters", "give texts, or Equal and its like")
    several = [filters] if isinstance(filters, (str, Filter)) else filters
    for item in several:
        must_be(item, (str, Filter), "filters", "give texts, or Equal and its like")
    return "+".join(item.to_flyte_idl() if isinstance(item, Filter) else item for item in several)


def order(sort_by: Sort | str | None) -> Sort | None:
    """A sort key: ``created_at``, or ``-created_at`` for the newest first.

    Raises:
        TypeError: If it is something else.
        FlyteValueError: If it names no column.
    """
    if sort_by is None or isinstance(sort_by, Sort):
        return sort_by
    must_be(sort_by, (Sort, str), "sort_by", "it is a column, such as '-started_at'")
    ascending, descending = Sort.Direction.ASCENDING, Sort.Direction.DESCENDING
    direction = descending if sort_by.startswith("-") else ascending
    return Sort(key=named(sort_by.removeprefix("-"), "sort_by"), direction=direction)


def at_most(limit: int | None) -> int | None:
    """A number of rows, or None for all.

    Raises:
        TypeError: If it is something else.
        FlyteValueError: If it is negative.
    """
    if limit is None:
        return None
    must_be(limit, int, "limit")
    if limit < 0:
        raise FlyteValueError(f"limit cannot be {limit}; None stands for all")
    return int(limit)


def _there(part: T, id: Identifier) -> T:
    if part.is_empty:
        raise FlyteDataError(f"the server knows {label(id)}, but not what it is made of")
    return part
