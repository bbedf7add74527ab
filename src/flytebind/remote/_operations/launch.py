"""Starting executions, and ending them. Each can be asked twice without happening twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

from flytebind.looks._labels import label
from flytebind.looks._words import readable
from flytebind.models.admin.cluster_assignment import ClusterAssignment
from flytebind.models.admin.common import (
    Annotations,
    Envs,
    Labels,
    Notification,
    RawOutputDataConfig,
)
from flytebind.models.admin.execution import (
    ExecutionCreateRequest,
    ExecutionCreateResponse,
    ExecutionMetadata,
    ExecutionRecoverRequest,
    ExecutionRelaunchRequest,
    ExecutionSpec,
    ExecutionTerminateRequest,
    NotificationList,
)
from flytebind.models.admin.matchable_resource import ExecutionClusterLabel
from flytebind.models.core.identifier import (
    Identifier,
    ResourceType,
    WorkflowExecutionIdentifier,
)
from flytebind.models.core.interface import Parameter, Variable
from flytebind.models.core.security import SecurityContext
from flytebind.remote._answers import check_answer
from flytebind.remote._arguments import must_be, named
from flytebind.remote._launches import Launch
from flytebind.remote._naming import new_execution_name
from flytebind.remote._operations.data import bring_side
from flytebind.remote._operations.fetch import fetch_execution, fetch_task, known_launch_plan
from flytebind.remote._operations.inputs import to_literals
from flytebind.remote._session import Session
from flytebind.remote.entities import FlyteLaunchPlan, FlyteTask, FlyteWorkflow
from flytebind.remote.errors import (
    FlyteAlreadyExistsError,
    FlyteAssertion,
    FlyteCallError,
    FlyteDataError,
    FlyteExecutionTimeout,
    FlyteValueError,
)
from flytebind.remote.executions import FlyteWorkflowExecution
from flytebind.runtime.grpcio import grpc
from flytebind.runtime.homes import public_in

# Clocks of clients and servers differ by less.
_CLOCK_SKEW = timedelta(minutes=5)


@public_in("flytebind.remote")
@dataclass(frozen=True, kw_only=True)
class LaunchOptions:
    """How an execution runs; what is not said is the server's choice."""

    overwrite_cache: bool = False
    """Whether to run tasks whose results are cached, and to cache the new ones."""
    interruptible: bool | None = None
    """Whether tasks may run on machines that can be taken away."""
    max_parallelism: int = 0
    """How many tasks may run at once."""
    labels: Mapping[str, str] | Labels = field(default_factory=dict)
    """Labels of the resources that are made for it."""
    annotations: Mapping[str, str] | Annotations = field(default_factory=dict)
    """Annotations of the resources that are made for it."""
    envs: Mapping[str, str] | Envs = field(default_factory=dict)
    """Environment variables of its tasks."""
    tags: Sequence[str] = ()
    """Words to find it by."""
    raw_output_prefix: str = ""
    """Where tasks put their large data: ``s3://bucket/folder``."""
    security_context: SecurityContext | None = None
    """Whom tasks run as: ``SecurityContext(run_as=Identity(k8s_service_account="name"))``."""
    cluster_pool: str = ""
    """The pool of clusters that it runs in."""
    execution_cluster_label: str = ""
    """The label of the clusters that it may run on."""
    notifications: Sequence[Notification] = ()
    """Whom to tell of which phases, in place of those of the launch plan."""
    disable_notifications: bool = False
    """Whether to tell nobody, whatever the launch plan says."""

    def __post_init__(self) -> None:
        if self.notifications and self.disable_notifications:
            raise FlyteValueError("LaunchOptions: notifications, or disable_notifications?")


def with_options(options: LaunchOptions | None, **given: object) -> LaunchOptions:
    """Options with those in place of others that are given, which are not None."""
    options = options or LaunchOptions()
    # Not ``replace``: subclasses may be made in another way.
    said: dict[str, Any] = {
        each.name: getattr(options, each.name) for each in fields(LaunchOptions)
    }
    said.update({name: each for name, each in given.items() if each is not None})
    return LaunchOptions(**said)


RUNNABLE = (FlyteLaunchPlan, FlyteTask, FlyteWorkflow, Identifier)


def launchable(entity: FlyteLaunchPlan | FlyteTask | FlyteWorkflow | Identifier) -> Identifier:
    """What to name in a request that runs something.

    A workflow is run by the launch plan of its own name and version, which registration makes.
    """
    must_be(entity, RUNNABLE, "execute", "fetch_launch_plan gets one by its name")
    id = entity if isinstance(entity, Identifier) else entity.id
    if id.is_empty:
        raise FlyteAssertion("the launch plan has no identifier")
    for part in ("name", "version"):
        named(getattr(id, part), f"{part} of what execute runs")
    if id.resource_type is ResourceType.WORKFLOW:
        return id.replace(resource_type=ResourceType.LAUNCH_PLAN)
    return id


def launch_of(
    like: WorkflowExecutionIdentifier, name: str | None
) -> Launch[WorkflowExecutionIdentifier]:
    """An execution that is to be started where another is.

    Args:
        like: The other one.
        name: What it is to be called; None for a name that nobody has.
    """
    id = like.replace(name=name or new_execution_name())
    chosen = name is not None
    return Launch(id, f"execution {label(id)}", is_chosen=chosen, error=FlyteExecutionTimeout)


async def execute(
    session: Session,
    entity: FlyteLaunchPlan | FlyteTask | FlyteWorkflow | Identifier,
    inputs: Mapping[str, object],
    launch: Launch[WorkflowExecutionIdentifier],
    options: LaunchOptions,
    type_hints: Mapping[str, type] | None,
) -> FlyteWorkflowExecution:
    """Start an execution with Python values for inputs."""
    id, new = launchable(entity), launch.id
    must_be(inputs, Mapping, "execute", "inputs are values by name")
    declared = await _declared_inputs(session, id)
    literals = await to_literals(session, inputs, declared, new.project, new.domain)
    request = ExecutionCreateRequest(
        project=new.project,
        domain=new.domain,
        name=new.name,
        spec=_spec(id, options),
        inputs=literals,
    )
    began = datetime.now(timezone.utc)
    launch.is_asked_for = True
    try:
        created = await session.admin.create_execution(request)
    except FlyteAlreadyExistsError as error:
        execution = await _made_before(session, new, error)
        if launch.is_chosen and not await _is_made_by(session, execution, request, began):
            raise
    else:
        launch.is_made = True
        execution = await fetch_execution(session, _id_of(created, new))
    execution.loaded.type_hints = type_hints
    return execution


async def relaunch(
    session: Session,
    id: WorkflowExecutionIdentifier,
    launch: Launch[WorkflowExecutionIdentifier],
    overwrite_cache: bool,
) -> FlyteWorkflowExecution:
    """Run something again, with the same inputs."""
    name = launch.id.name
    request = ExecutionRelaunchRequest(id=id, name=name, overwrite_cache=overwrite_cache)
    return await _again(session, id, launch, partial(session.admin.relaunch_execution, request))


async def recover(
    session: Session,
    id: WorkflowExecutionIdentifier,
    launch: Launch[WorkflowExecutionIdentifier],
) -> FlyteWorkflowExecution:
    """Run something again from where it failed."""
    request = ExecutionRecoverRequest(id=id, name=launch.id.name)
    return await _again(session, id, launch, partial(session.admin.recover_execution, request))


async def terminate(
    session: Session,
    id: WorkflowExecutionIdentifier,
    cause: str,
    timeout: timedelta | float | None,
) -> None:
    """Ask for an execution to end, in so much time for all that this takes."""
    work = partial(_terminate, session, id, cause)
    await session.within(timeout, f"terminate of {label(id)}", work)


async def _terminate(session: Session, id: WorkflowExecutionIdentifier, cause: str) -> None:
    try:
        await session.admin.terminate_execution(ExecutionTerminateRequest(id=id, cause=cause))
    except FlyteCallError as error:
        # An earlier attempt may have been heard, and have done it.
        if error.code is not grpc.StatusCode.FAILED_PRECONDITION or error.attempts == 1:
            raise


async def _again(
    session: Session,
    old: WorkflowExecutionIdentifier,
    launch: Launch[WorkflowExecutionIdentifier],
    ask: Callable[[], Awaitable[ExecutionCreateResponse]],
) -> FlyteWorkflowExecution:
    """Make another run of an execution."""
    began = datetime.now(timezone.utc)
    launch.is_asked_for = True
    try:
        created = await ask()
    except FlyteAlreadyExistsError as error:
        execution = await _made_before(session, launch.id, error)
        if execution.spec.metadata.reference_execution != old or not _is_new(execution, began):
            raise
        return execution
    launch.is_made = True
    return await fetch_execution(session, _id_of(created, launch.id))


async def _made_before(
    session: Session, id: WorkflowExecutionIdentifier, error: FlyteAlreadyExistsError
) -> FlyteWorkflowExecution:
    """The execution that has the name; an earlier attempt of this very call may have made it.

    Raises:
        FlyteAlreadyExistsError: If there was no earlier attempt.
    """
    if error.attempts == 1:
        raise error
    return await fetch_execution(session, id)


async def _is_made_by(
    session: Session,
    execution: FlyteWorkflowExecution,
    request: ExecutionCreateRequest,
    began: datetime,
) -> bool:
    """Whether an execution is what a request has asked for."""
    if request.spec is None or execution.spec.launch_plan != request.spec.launch_plan:
        return False
    if not _is_new(execution, began):
        return False
    inputs = request.inputs.literals if request.inputs is not None else {}
    await bring_side(session, execution, "inputs")
    stored = execution.inputs.literals  # with the defaults
    return all(stored.get(name) == literal for name, literal in inputs.items())


def _is_new(execution: FlyteWorkflowExecution, began: datetime) -> bool:
    created_at = readable(execution.closure, "created_at")
    return created_at is not None and bool(created_at >= began - _CLOCK_SKEW)


async def _declared_inputs(
    session: Session, id: Identifier
) -> Mapping[str, Variable] | Mapping[str, Parameter]:
    if id.resource_type is ResourceType.TASK:
        return (await fetch_task(session, id)).interface.inputs
    return (await known_launch_plan(session, id)).closure.expected_inputs.parameters


def _spec(id: Identifier, options: LaunchOptions) -> ExecutionSpec:
    labels, annotations, envs = options.labels, options.annotations, options.envs
    if not isinstance(labels, Labels):
        labels = Labels(labels)
    if not isinstance(annotations, Annotations):
        annotations = Annotations(annotations)
    if not isinstance(envs, Envs):
        envs = Envs(envs)
    prefix, pool = options.raw_output_prefix, options.cluster_pool
    label = options.execution_cluster_label
    return ExecutionSpec(
        id,
        ExecutionMetadata(ExecutionMetadata.ExecutionMode.MANUAL, "", 0),
        notifications=NotificationList(options.notifications) if options.notifications else None,
        disable_all=options.disable_notifications or None,
        labels=None if labels.is_empty else labels,
        annotations=None if annotations.is_empty else annotations,
        security_context=options.security_context,
        raw_output_data_config=RawOutputDataConfig(prefix) if prefix else None,
        cluster_assignment=ClusterAssignment(pool) if pool else None,
        max_parallelism=options.max_parallelism or None,
        overwrite_cache=options.overwrite_cache or None,
        interruptible=options.interruptible,
        envs=None if envs.is_empty else envs,
        tags=list(options.tags) or None,
        execution_cluster_label=ExecutionClusterLabel(label) if label else None,
    )


def _id_of(
    created: ExecutionCreateResponse, asked: WorkflowExecutionIdentifier
) -> WorkflowExecutionIdentifier:
    if created.id is None:
        raise FlyteDataError("the server has made an execution, but does not say which")
    check_answer(asked, created.id)
    return created.id
