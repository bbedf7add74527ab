"""Registering what was serialized: in the right order, once, and nothing in place of another."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from flyteidl.admin import launch_plan_pb2, task_pb2, workflow_pb2

from flytebind.looks._labels import label
from flytebind.models.admin.common import ObjectGetRequest
from flytebind.models.admin.launch_plan import (
    LaunchPlanCreateRequest,
    LaunchPlanSpec,
    LaunchPlanState,
)
from flytebind.models.admin.task import TaskCreateRequest, TaskSpec
from flytebind.models.admin.workflow import WorkflowCreateRequest, WorkflowSpec
from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.models.service.dataproxy import CreateUploadLocationRequest
from flytebind.remote._clients import async_client
from flytebind.remote._operations.entities import set_state
from flytebind.remote._operations.uploads import legal_name, read_through, send
from flytebind.remote._registration.compare import Stored, difference, is_same
from flytebind.remote._registration.fill import Filling, fill, fill_code, needs_code
from flytebind.remote._registration.order import in_waves
from flytebind.remote._registration.read import Registrable, Spec, id_of, read
from flytebind.remote._session import Session
from flytebind.remote.errors import (
    FlyteAlreadyExistsError,
    FlyteError,
    FlyteInvalidInputError,
    FlyteNotFoundError,
    FlyteValueError,
    FlyteVersionConflictError,
)
from flytebind.runtime.homes import public_in
from flytebind.services.dataproxy import DataProxyServiceAsyncClient


@public_in("flytebind.remote")
@dataclass(frozen=True)
class RegisteredEntity:
    """A task, a workflow or a launch plan that is registered now, or would be."""

    id: Identifier
    is_new: bool
    """Whether it was not there before; otherwise the same was."""

    @property
    def kind(self) -> str:
        """What it is: ``launch plan``."""
        return self.id.resource_type.name.lower().replace("_", " ")

    def __str__(self) -> str:
        """In a line: ``new        task         flytesnacks/development/flows.add/v1``."""
        return f"{'new' if self.is_new else 'unchanged':9}  {self.kind:11}  {label(self.id)}"


@public_in("flytebind.remote")
@dataclass(frozen=True, repr=False)
class Registration:
    """What has become of a package, or would."""

    entities: tuple[RegisteredEntity, ...]
    """All of it, in the order in which it was registered."""
    code: str | None = None
    """The URI of the code that its tasks run; None where it brings none."""
    is_dry_run: bool = False
    """Whether nothing was changed on the server."""

    @property
    def new(self) -> list[Identifier]:
        """What was not there before."""
        return [each.id for each in self.entities if each.is_new]

    @property
    def unchanged(self) -> list[Identifier]:
        """What was there already, and the same."""
        return [each.id for each in self.entities if not each.is_new]

    def __str__(self) -> str:
        """In a line: ``3 tasks, 1 workflow, 1 launch plan: 4 new, 1 unchanged``."""
        kinds: dict[str, int] = {}
        for each in self.entities:
            kinds[each.kind] = kinds.get(each.kind, 0) + 1
        counts = ", ".join(f"{n} {kind}{'s' * (n != 1)}" for kind, n in kinds.items())
        would = " would be" if self.is_dry_run else ""
        return f"{counts}: {len(self.new)}{would} new, {len(self.unchanged)} unchanged"

    def __repr__(self) -> str:
        return f"<Registration: {self}>"  # a notebook shows it unasked


@dataclass(frozen=True)
class How:
    """How to register."""

    project: str
    domain: str
    version: str | None
    destination: str
    activate: bool
    dry_run: bool


async def register(
    session: Session,
    source: str | os.PathLike[str] | Iterable[Registrable],
    how: How,
    note: Callable[[RegisteredEntity], None] | None,
) -> Registration:
    """Register a package, a folder, a file or models."""
    with ExitStack() as stack:
        if isinstance(source, (str, os.PathLike)):
            package = await session.io.in_thread(partial(read, source, stack))
        else:
            package = read(source, stack)
        waiting = sorted(id_of(spec).name for spec in package.specs if needs_code(spec))
        if waiting and package.code is None:
            raise FlyteValueError(
                f"{', '.join(waiting[:3])}{', ...' if len(waiting) > 3 else ''}: what they run"
                " comes from an archive of code, and none is here; register the package, or the"
                " folder that has the fast....tar.gz"
            )
        filling = Filling(how.project, how.domain, how.version, how.destination)
        items = _filled(package.specs, filling)
        code = None
        if waiting and package.code is not None:
            code = await _put_code(session, package.code, how)
            for spec in items.values():
                fill_code(spec, code)
    done: list[RegisteredEntity] = []
    for wave in in_waves(items):
        outcomes = await session.io.gather(_one(session, items[key], how) for key in wave)
        made = [each for each in outcomes if isinstance(each, RegisteredEntity)]
        if note is not None:
            for entity in made:
                note(entity)
        _raise_any(outcomes)
        done += made
    if how.activate and not how.dry_run:
        plans = [each.id for each in done if each.id.resource_type is ResourceType.LAUNCH_PLAN]
        await session.io.gather(set_state(session, id, LaunchPlanState.ACTIVE) for id in plans)
    return Registration(tuple(done), code, how.dry_run)


def _filled(specs: Iterable[Spec], filling: Filling) -> Mapping[bytes, Spec]:
    """What is to be registered, by its identifier; what comes twice is there once."""
    items: dict[bytes, Spec] = {}
    for spec in specs:
        fill(spec, filling)
        id = id_of(spec)
        known = items.setdefault(id.SerializeToString(deterministic=True), spec)
        if known != spec:
            raise FlyteValueError(
                f"there are two of {label(Identifier.from_pb(id))}, and they differ"
            )
    return items


async def _put_code(session: Session, path: Path, how: How) -> str:
    """Bring the code to where tasks can read it; in a dry run, only ask where that would be."""
    content = await session.io.in_thread(partial(read_through, path))
    ask = CreateUploadLocationRequest(
        project=how.project,
        domain=how.domain,
        filename=legal_name(path.name),
        content_md5=content.md5,
    )
    if not how.dry_run:
        return await send(session, content, ask)
    proxy = async_client(DataProxyServiceAsyncClient, session.caller)
    return (await proxy.create_upload_location(ask)).native_url


async def _one(session: Session, spec: Spec, how: How) -> RegisteredEntity | FlyteError:
    """Register one; what is wrong with it is returned, so that the others come to their end."""
    id = Identifier.from_pb(id_of(spec))
    try:
        is_new = await (_would_be_new if how.dry_run else _create)(session, id, spec)
    except FlyteError as error:
        return error
    return RegisteredEntity(id, is_new)


async def _create(session: Session, id: Identifier, spec: Spec) -> bool:
    """Register; returns whether it was not there."""
    try:
        match spec:
            case task_pb2.TaskSpec():
                task = TaskCreateRequest(id=id, spec=TaskSpec.from_pb(spec))
                await session.admin.create_task(task)
            case workflow_pb2.WorkflowSpec():
                workflow = WorkflowCreateRequest(id=id, spec=WorkflowSpec.from_pb(spec))
                await session.admin.create_workflow(workflow)
            case launch_plan_pb2.LaunchPlan():
                plan = LaunchPlanCreateRequest(id=id, spec=LaunchPlanSpec.from_pb(spec.spec))
                await session.admin.create_launch_plan(plan)
    except FlyteAlreadyExistsError as error:
        return error.attempts > 1  # an earlier try was heard
    except FlyteInvalidInputError:
        await _would_be_new(session, id, spec)  # or its error says what differs
        raise
    return True


async def _would_be_new(session: Session, id: Identifier, spec: Spec) -> bool:
    """Whether it is not there.

    Raises:
        FlyteVersionConflictError: If it is there, and another one.
    """
    try:
        theirs = await _stored(session, id)
    except FlyteNotFoundError:
        return True
    ours = _to_be_stored(spec)
    if not is_same(ours, theirs):
        raise FlyteVersionConflictError({id: difference(ours, theirs)})
    return False


async def _stored(session: Session, id: Identifier) -> Stored:
    request = ObjectGetRequest(id=id)
    match id.resource_type:
        case ResourceType.TASK:
            task = await session.admin.get_task(request)
            return task.closure.compiled_task.template.to_pb()
        case ResourceType.WORKFLOW:
            workflow = await session.admin.get_workflow(request)
            closure = workflow.closure.compiled_workflow._pb
            sub_workflows = [each.template for each in closure.sub_workflows]
            return workflow_pb2.WorkflowSpec(
                template=closure.primary.template, sub_workflows=sub_workflows
            )
        case _:
            return (await session.admin.get_launch_plan(request)).spec.to_pb()


def _to_be_stored(spec: Spec) -> Stored:
    match spec:
        case task_pb2.TaskSpec():
            return spec.template
        case workflow_pb2.WorkflowSpec():
            return spec
        case _:
            return spec.spec


def _raise_any(outcomes: Iterable[RegisteredEntity | FlyteError]) -> None:
    """Raise what went wrong: all that is in the way at once, or else the first error."""
    errors = [each for each in outcomes if isinstance(each, FlyteError)]
    for error in errors:
        if not isinstance(error, FlyteVersionConflictError):
            raise error
    conflicts = dict(_conflicts(errors))
    if conflicts:
        raise FlyteVersionConflictError(conflicts)


def _conflicts(errors: Iterable[FlyteError]) -> Iterator[tuple[Identifier, str]]:
    for error in errors:
        if isinstance(error, FlyteVersionConflictError):
            yield from error.differences.items()
