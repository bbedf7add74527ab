"""What a server knows beside runs: projects, tasks, triggers and secrets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Final

from flytebind.remote._clients import async_client
from flytebind.remote._operations.pages import Page, all_rows, by_tokens
from flytebind.remote.errors import FlyteDataError, FlyteNotFoundError, FlyteValueError
from flytebind.runs import _translate as translate
from flytebind.runs._answers import check_answer
from flytebind.runs._launching import fetch_task, to_literals
from flytebind.runs._lists import PAGE, Filters, listed, order
from flytebind.runs._names import label, project_of
from flytebind.runs._session import Operation, Session
from flytebind.runtime.grpcio import grpc
from flytebind.v2.models.auth.identity import UserInfoRequest, UserInfoResponse
from flytebind.v2.models.common.identifier import ProjectIdentifier, TriggerName
from flytebind.v2.models.common.list import ListRequest
from flytebind.v2.models.project.project_service import (
    CreateProjectRequest,
    ListProjectsRequest,
    Project,
)
from flytebind.v2.models.secret.definition import Secret, SecretIdentifier, SecretSpec
from flytebind.v2.models.secret.payload import (
    CreateSecretRequest,
    DeleteSecretRequest,
    GetSecretRequest,
    ListSecretsRequest,
    UpdateSecretRequest,
)
from flytebind.v2.models.task.common import (
    Cron,
    FixedRate,
    FixedRateUnit,
    Schedule,
    TriggerAutomationSpec,
    TriggerAutomationSpecType,
)
from flytebind.v2.models.task.run import RunSpec
from flytebind.v2.models.task.task_definition import Task, TaskIdentifier, TaskName, TaskSpec
from flytebind.v2.models.task.task_service import (
    DeployTaskRequest,
    ListTasksRequest,
    ListVersionsRequest,
    ListVersionsResponse,
)
from flytebind.v2.models.trigger.trigger_definition import Trigger, TriggerDetails, TriggerSpec
from flytebind.v2.models.trigger.trigger_service import (
    DeleteTriggersRequest,
    DeployTriggerRequest,
    GetTriggerDetailsRequest,
    ListTriggersRequest,
    UpdateTriggersRequest,
)
from flytebind.v2.services.identity import IdentityServiceAsyncClient
from flytebind.v2.services.secret import SecretServiceAsyncClient

Version = ListVersionsResponse.VersionResponse


async def list_projects(session: Session) -> list[Project]:
    """All projects that are not archived."""

    async def ask(size: int, token: str) -> Page[Project]:
        request = ListProjectsRequest(limit=size, token=token or None, org=session.org or None)
        page = (await session.projects.list_projects(request)).projects
        return ((), "") if page is None else (page.projects, page.token)

    return await all_rows(ask, PAGE, lambda project: project.id, by_tokens)


async def create_project(session: Session, project: Project) -> None:
    """Make a project."""
    await session.projects.create_project(CreateProjectRequest(project=project))


def list_tasks(
    session: Session,
    place: ProjectIdentifier,
    filters: Filters,
    sort_by: str | None,
    limit: int | None,
) -> AsyncIterator[Task]:
    """Tasks in their newest versions, read as one goes on."""

    async def ask(request: ListRequest) -> Page[Task]:
        asked = ListTasksRequest(request=request, project_id=place)
        answer = await session.tasks.list_tasks(asked)
        for task in answer.tasks:
            check_answer(place, task.task_id)
        return answer.tasks, answer.token

    return listed(
        ask, filters, order(sort_by, ["name", "version"]), lambda task: label(task.task_id), limit
    )


def list_versions(session: Session, name: TaskName, limit: int | None) -> AsyncIterator[Version]:
    """The versions of a task, the newest first."""

    async def ask(request: ListRequest) -> Page[Version]:
        asked = ListVersionsRequest(request=request, task_name=name)
        answer = await session.tasks.list_versions(asked)
        return answer.versions, answer.token

    return listed(ask, (), order(None, ["version"]), lambda version: version.version, limit)


async def newest(session: Session, name: TaskName) -> TaskIdentifier:
    """The version of a task that was deployed last.

    Raises:
        FlyteNotFoundError: If there is none.
    """
    async for version in list_versions(session, name, 1):
        return TaskIdentifier(
            org=name.org or None,
            project=name.project,
            domain=name.domain,
            name=name.name,
            version=version.version,
        )
    raise FlyteNotFoundError(
        grpc.StatusCode.NOT_FOUND, "no task of this name is deployed", "", label(name)
    )


async def deploy_task(session: Session, id: TaskIdentifier, spec: TaskSpec) -> None:
    """Make a version of a task known."""
    await session.tasks.deploy_task(DeployTaskRequest(task_id=id, spec=spec))


async def list_triggers(
    session: Session, place: ProjectIdentifier, task: str | None
) -> list[Trigger]:
    """The triggers of a project, or of a task."""
    asked = ListTriggersRequest(project_id=place)
    if task is not None:
        name = TaskName(
            org=place.organization or None, project=place.name, domain=place.domain, name=task
        )
        asked = ListTriggersRequest(task_name=name)

    async def ask(size: int, token: str) -> Page[Trigger]:
        # They cannot be sorted.
        request = ListRequest(limit=size, token=token or None)
        answer = await session.triggers.list_triggers(asked.replace(request=request))
        for trigger in answer.triggers:
            check_answer(place, trigger.id.name)
        return answer.triggers, answer.token

    return await all_rows(ask, PAGE, lambda trigger: label(trigger.id.name), by_tokens)


async def fetch_trigger(session: Session, name: TriggerName) -> TriggerDetails:
    """One trigger."""
    request = GetTriggerDetailsRequest(name=name)
    found = (await session.triggers.get_trigger_details(request)).trigger
    if found is None:
        raise FlyteDataError(f"the server knows trigger {label(name)}, but not what it is")
    check_answer(name, found.id.name)
    return found


async def deploy_trigger(
    session: Session,
    name: TriggerName,
    task: TaskIdentifier,
    inputs: Mapping[str, object],
    schedule: Schedule,
    active: bool,
    description: str,
    run_spec: RunSpec,
) -> TriggerDetails:
    """Make a trigger, or another revision of it.

    The server takes triggers of tasks that are not there, and with inputs that do not fit: the time
    comes, and nobody is told that nothing runs. So both are looked at before.
    """
    spec = (await fetch_task(session, task)).spec
    declared = translate.parameters_of(spec)
    given = {**inputs}
    at = schedule.kickoff_time_input_arg
    if at and at in declared:
        declared = {each: kept for each, kept in declared.items() if each != at}
    elif at:
        raise FlyteValueError(f"trigger {label(name)}: task {label(task)} has no input {at!r}")
    literals = await to_literals(session, given, declared, project_of(name))
    kind = TriggerAutomationSpecType.SCHEDULE
    request = DeployTriggerRequest(
        name=name,
        spec=TriggerSpec(
            inputs=literals,
            run_spec=run_spec,
            active=active,
            task_version=task.version,
            description=description or None,
        ),
        automation_spec=TriggerAutomationSpec(type=kind, schedule=schedule),
    )
    made = (await session.triggers.deploy_trigger(request)).trigger
    if made is None:
        raise FlyteDataError(f"the server has made trigger {label(name)}, and does not show it")
    check_answer(name, made.id.name)
    return made


_UNITS: Final = (
    (timedelta(days=1), FixedRateUnit.DAY),
    (timedelta(hours=1), FixedRateUnit.HOUR),
    (timedelta(minutes=1), FixedRateUnit.MINUTE),
)


def schedule_of(
    cron: str | None, timezone: str | None, every: timedelta | None, time_input: str | None
) -> Schedule:
    """When a trigger is to fire.

    Raises:
        FlyteValueError: If that is not said in one way.
    """
    if (cron is None) == (every is None):
        raise FlyteValueError("when? Give cron='0 3 * * *', or every=timedelta(hours=1)")
    if cron is not None:
        when = Cron(expression=cron, timezone=timezone)
        return Schedule(cron=when, kickoff_time_input_arg=time_input)
    if timezone is not None:
        raise FlyteValueError("a timezone goes with cron alone")
    assert every is not None
    for length, unit in _UNITS:
        if every > timedelta(0) and every % length == timedelta(0):
            rate = FixedRate(value=every // length, unit=unit)
            return Schedule(rate=rate, kickoff_time_input_arg=time_input)
    raise FlyteValueError(f"every must be whole minutes, and more than none; not {every}")


async def switch_trigger(session: Session, name: TriggerName, active: bool) -> None:
    """Let a trigger fire, or keep it from it. The server says nothing if there is none."""
    await fetch_trigger(session, name)
    await session.triggers.update_triggers(UpdateTriggersRequest(names=[name], active=active))


async def delete_trigger(session: Session, name: TriggerName) -> None:
    """Remove a trigger. The server says nothing if there is none."""
    await fetch_trigger(session, name)
    await session.triggers.delete_triggers(DeleteTriggersRequest(names=[name]))


async def _secrets(session: Session, place: ProjectIdentifier | None) -> SecretServiceAsyncClient:
    caller = await session.at(Operation.USE_SECRETS, place)
    return async_client(SecretServiceAsyncClient, caller)


async def list_secrets(session: Session, place: ProjectIdentifier | None) -> list[Secret]:
    """All secrets, or those of a project; without their values."""
    secrets = await _secrets(session, place)
    asked = ListSecretsRequest(organization=session.org or None)
    if place is not None:
        asked = asked.replace(project=place.name, domain=place.domain)

    async def ask(size: int, token: str) -> Page[Secret]:
        answer = await secrets.list_secrets(asked.replace(limit=size, token=token))
        return answer.secrets, answer.token

    return await all_rows(ask, PAGE, _secret_key, by_tokens)


def _secret_key(secret: Secret) -> tuple[str, ...]:
    return secret.id.project, secret.id.domain, secret.id.name


async def fetch_secret(
    session: Session, id: SecretIdentifier, place: ProjectIdentifier | None
) -> Secret:
    """One secret, without its value."""
    found = (await (await _secrets(session, place)).get_secret(GetSecretRequest(id=id))).secret
    if found is None:
        raise FlyteDataError(f"the server knows secret {id.name!r}, and does not show it")
    if found.id.name != id.name:
        raise FlyteDataError(
            f"the server was asked for secret {id.name!r}, and tells of {found.id.name!r}"
        )
    return found


async def create_secret(
    session: Session, id: SecretIdentifier, place: ProjectIdentifier | None, value: str | bytes
) -> None:
    """Keep a secret."""
    request = CreateSecretRequest(id=id, secret_spec=_spec(value))
    await (await _secrets(session, place)).create_secret(request)


async def update_secret(
    session: Session, id: SecretIdentifier, place: ProjectIdentifier | None, value: str | bytes
) -> None:
    """Give a secret another value."""
    request = UpdateSecretRequest(id=id, secret_spec=_spec(value))
    await (await _secrets(session, place)).update_secret(request)


async def delete_secret(
    session: Session, id: SecretIdentifier, place: ProjectIdentifier | None
) -> None:
    """Remove a secret."""
    await (await _secrets(session, place)).delete_secret(DeleteSecretRequest(id=id))


def _spec(value: str | bytes) -> SecretSpec:
    if isinstance(value, bytes):
        return SecretSpec(binary_value=value)
    return SecretSpec(string_value=value)


async def whoami(session: Session) -> UserInfoResponse:
    """Whom the server takes the caller for."""
    client = async_client(IdentityServiceAsyncClient, session.caller)
    return await client.user_info(UserInfoRequest())
