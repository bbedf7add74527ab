"""Getting and listing what the server knows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from flytebind.behaviour.filters import Filter
from flytebind.models.admin.common import (
    NamedEntityIdentifier,
    ObjectGetRequest,
    ResourceListRequest,
    Sort,
)
from flytebind.models.admin.execution import Execution, WorkflowExecutionGetRequest
from flytebind.models.admin.launch_plan import LaunchPlan
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
from flytebind.remote.entities import FlyteLaunchPlan, FlyteTask, FlyteWorkflow
from flytebind.remote.errors import FlyteDataError, FlyteNotFoundError
from flytebind.remote.executions import FlyteWorkflowExecution
from flytebind.remote.naming import label
from flytebind.remote.session import Session
from flytebind.runtime.model import Model

import grpc  # isort: skip

T = TypeVar("T", bound=Model[Any])

Filters: TypeAlias = str | Filter | Sequence[str | Filter]
"""What must hold: filters, or their text in admin's notation."""

_PAGE = 100
_NEWEST = Sort(key="created_at", direction=Sort.Direction.DESCENDING)


async def fetch_execution(
    session: Session,
    id: WorkflowExecutionIdentifier,
    type_hints: Mapping[str, type] | None = None,
) -> FlyteWorkflowExecution:
    """One execution, as it is now."""
    message = await session.admin.get_execution(WorkflowExecutionGetRequest(id=id))
    return FlyteWorkflowExecution.promote_from_model(message, session.remote, type_hints)


async def list_executions(
    session: Session,
    project: str,
    domain: str,
    filters: Filters,
    sort_by: Sort | str | None,
    limit: int | None,
) -> AsyncIterator[FlyteWorkflowExecution]:
    """Executions page by page."""
    seen = set[str]()
    token = ""
    left = limit
    while left is None or left > 0:
        size = _PAGE if left is None else min(_PAGE, left)
        page = await session.admin.list_executions(
            ResourceListRequest(
                id=NamedEntityIdentifier(project=project, domain=domain),
                limit=size,
                token=token,
                filters=expression(filters),
                sort_by=order(sort_by) or _NEWEST,
            )
        )
        for message in page.executions:
            # Whatever begins while we read moves older ones on to the next page.
            if message.id.name not in seen:
                seen.add(message.id.name)
                yield _listed(session, message)
                if left is not None:
                    left -= 1
        token = page.token
        if not token:
            return


def _listed(session: Session, message: Execution) -> FlyteWorkflowExecution:
    own = Execution.from_pb(message._pb)  # or it would keep the whole page alive
    execution = FlyteWorkflowExecution.promote_from_model(own, session.remote)
    execution._is_whole = False
    return execution


async def fetch_task(session: Session, id: Identifier) -> FlyteTask:
    """One version of a task."""

    async def fetch() -> FlyteTask:
        task = await session.admin.get_task(ObjectGetRequest(id=id))
        return FlyteTask.promote_from_model(_there(task.closure.compiled_task.template, id))

    return await session.cached(FlyteTask, id, fetch)


async def fetch_workflow(session: Session, id: Identifier) -> FlyteWorkflow:
    """One version of a workflow, compiled."""

    async def fetch() -> FlyteWorkflow:
        workflow = await session.admin.get_workflow(ObjectGetRequest(id=id))
        return FlyteWorkflow.promote_from_model(_there(workflow.closure.compiled_workflow, id))

    return await session.cached(FlyteWorkflow, id, fetch)


async def fetch_launch_plan(session: Session, id: Identifier) -> FlyteLaunchPlan:
    """One version of a launch plan."""

    async def fetch() -> FlyteLaunchPlan:
        launch_plan = await session.admin.get_launch_plan(ObjectGetRequest(id=id))
        return FlyteLaunchPlan.promote_from_model(launch_plan)

    return await session.cached(FlyteLaunchPlan, id, fetch)


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
    if version:
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
    projects: list[Project] = []
    token = ""
    while True:
        page = await session.admin.list_projects(ProjectListRequest(limit=_PAGE, token=token))
        projects.extend(page.projects)
        token = page.token
        if not token:
            return projects


async def list_domains(session: Session) -> list[Domain]:
    """The domains that every project has."""
    return list((await session.admin.get_domains(GetDomainRequest())).domains)


def expression(filters: Filters) -> str:
    """Filters in admin's notation, all of which must hold."""
    several = [filters] if isinstance(filters, (str, Filter)) else filters
    return "+".join(item.to_flyte_idl() if isinstance(item, Filter) else item for item in several)


def order(sort_by: Sort | str | None) -> Sort | None:
    """A sort key: ``created_at``, or ``-created_at`` for the newest first."""
    if sort_by is None or isinstance(sort_by, Sort):
        return sort_by
    ascending, descending = Sort.Direction.ASCENDING, Sort.Direction.DESCENDING
    direction = descending if sort_by.startswith("-") else ascending
    return Sort(key=sort_by.removeprefix("-"), direction=direction)


def _there(part: T, id: Identifier) -> T:
    if part.is_empty:
        raise FlyteDataError(f"the server knows {label(id)}, but not what it is made of")
    return part
