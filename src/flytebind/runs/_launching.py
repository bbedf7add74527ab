"""Starting runs, ending them, and telling conditions what they wait for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeAlias

from flytebind.models.core.interface import Parameter
from flytebind.models.core.literals import LiteralMap
from flytebind.remote._arguments import must_be
from flytebind.remote._launches import Launch
from flytebind.remote._operations.inputs import with_uploads
from flytebind.remote.errors import (
    FlyteAlreadyExistsError,
    FlyteAssertion,
    FlyteDataError,
    FlyteNotFoundError,
    FlyteValueError,
)
from flytebind.runs import _translate as translate
from flytebind.runs._actions import FlyteAction, FlyteRun
from flytebind.runs._answers import check_answer
from flytebind.runs._errors import FlyteRunTimeout
from flytebind.runs._files import upload
from flytebind.runs._names import (
    checked_task,
    label,
    new_run_name,
    project_of,
)
from flytebind.runs._reading import bring_data, bring_details, fetch_action, fetch_run
from flytebind.runs._session import Operation, Session
from flytebind.runtime.grpcio import grpc
from flytebind.runtime.homes import public_in
from flytebind.v2.models.common.identifier import (
    ActionIdentifier,
    ProjectIdentifier,
    RunIdentifier,
    TriggerName,
)
from flytebind.v2.models.common.run import Relation, RelationType
from flytebind.v2.models.core.types import SimpleType
from flytebind.v2.models.dataproxy.dataproxy_service import UploadInputsRequest
from flytebind.v2.models.task.common import Inputs
from flytebind.v2.models.task.run import (
    Annotations,
    Envs,
    Labels,
    RawDataStorage,
    Recover,
    RunSpec,
)
from flytebind.v2.models.task.task_definition import TaskDetails, TaskIdentifier, TaskSpec
from flytebind.v2.models.task.task_service import GetTaskDetailsRequest
from flytebind.v2.models.workflow.run_definition import RunSource
from flytebind.v2.models.workflow.run_service import (
    AbortActionRequest,
    AbortRunRequest,
    CreateRunRequest,
    EventPayload,
    SignalEventRequest,
)
from flytebind.values._literal import literal_map
from flytebind.values._stored import Uploads

Runnable: TypeAlias = TaskIdentifier | TaskSpec
"""What a run can begin with: a task that is deployed, or one that goes along."""


@public_in("flytebind.runs")
@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a run is to run; what is not said is the server's choice."""

    labels: Mapping[str, str] = field(default_factory=dict)
    """What it can be told by. Lists cannot be filtered by it."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Annotations of the resources that are made for it."""
    envs: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of its tasks."""
    interruptible: bool | None = None
    """Whether tasks may run on machines that can be taken away."""
    overwrite_cache: bool = False
    """Whether to run tasks whose results are cached. An open-source server does not heed it."""
    max_parallelism: int = 0
    """How many actions may go on at once; 0 for any number."""
    raw_output_prefix: str = ""
    """Where tasks put their large data: ``s3://bucket/folder``."""
    queue: str = ""
    """The queue that it waits in."""
    cluster_pool: str = ""
    """The pool of clusters that it runs in."""

    def spec(self) -> RunSpec:
        """The same as requests have it."""
        prefix = self.raw_output_prefix
        return RunSpec(
            labels=Labels(values=self.labels) if self.labels else None,
            annotations=Annotations(values=self.annotations) if self.annotations else None,
            envs=Envs(self.envs) if self.envs else None,
            interruptible=self.interruptible,
            overwrite_cache=self.overwrite_cache or None,
            max_action_concurrency=self.max_parallelism or None,
            raw_data_storage=RawDataStorage(raw_data_prefix=prefix) if prefix else None,
            queue=self.queue or None,
            cluster_pool=self.cluster_pool or None,
        )


async def fetch_task(session: Session, id: TaskIdentifier) -> TaskDetails:
    """One version of a task."""
    request = GetTaskDetailsRequest(task_id=checked_task(id, "fetch_task"))
    details = (await session.tasks.get_task_details(request)).details
    if details.is_empty:
        raise FlyteDataError(f"the server knows task {label(id)}, but not what it is made of")
    check_answer(id, details.task_id)
    return details


async def run(
    session: Session,
    task: Runnable,
    inputs: Mapping[str, object],
    launch: Launch[RunIdentifier],
    spec: RunSpec,
) -> FlyteRun:
    """Start a run with Python values for inputs.

    The server takes any inputs. A run with an unknown one, or with one of a wrong type, breaks down
    before it can say so, and is started again for ever: so they are looked at before.
    """
    task_spec = task if isinstance(task, TaskSpec) else (await fetch_task(session, task)).spec
    place = project_of(launch.id)
    literals = await to_literals(session, inputs, translate.parameters_of(task_spec), place)
    return await start(session, task, literals, launch, spec)


async def to_literals(
    session: Session,
    inputs: Mapping[str, object],
    declared: Mapping[str, Parameter],
    place: ProjectIdentifier,
) -> Inputs:
    """Python values as the inputs of a task; files among them go up first.

    Raises:
        FlyteValueError: If a value does not fit.
        FlyteDataError: If a file cannot be uploaded. Both say which input that is.
        FlyteCallError: If the server gives no place for it.
    """
    must_be(inputs, Mapping, "inputs", "they are values by name")
    given = dict(inputs)

    def convert(uploads: Uploads) -> LiteralMap:
        return literal_map(given, declared, uploads)

    async def put(path: Path) -> str:
        return await upload(session, place, path, None)

    return translate.inputs_of(await with_uploads(session.io, convert, put, _no_links), declared)


async def _no_links(link: str) -> str:
    raise FlyteDataError(f"{link}: Flyte 2 has no such links; give a URI of the store")


async def start(
    session: Session,
    task: Runnable,
    inputs: Inputs,
    launch: Launch[RunIdentifier],
    spec: RunSpec,
) -> FlyteRun:
    """Start a run with literals for inputs, which are stored first."""
    await _check_free(session, launch)
    proxy = await session.data_proxy(Operation.UPLOAD_INPUTS, project_of(launch.id))
    storing = UploadInputsRequest(run_id=launch.id, inputs=inputs)
    creating = CreateRunRequest(run_id=launch.id, run_spec=spec, source=RunSource.CLI)
    if isinstance(task, TaskSpec):
        storing, creating = storing.replace(task_spec=task), creating.replace(task_spec=task)
    else:
        storing, creating = storing.replace(task_id=task), creating.replace(task_id=task)
    stored = (await proxy.upload_inputs(storing)).offloaded_input_data
    return await _create(session, launch, creating.replace(offloaded_input_data=stored))


async def fire(session: Session, trigger: TriggerName, launch: Launch[RunIdentifier]) -> FlyteRun:
    """Start a run as a trigger would."""
    await _check_free(session, launch)
    request = CreateRunRequest(run_id=launch.id, trigger_name=trigger)
    return await _create(session, launch, request)


def launch_of(
    session: Session, place: ProjectIdentifier, name: str | None
) -> Launch[RunIdentifier]:
    """A run that is to be started.

    Args:
        session: Whose organization it is of.
        place: Where.
        name: What it is to be called; None for a name that nobody has.
    """
    id = RunIdentifier(
        org=session.org or None,
        project=place.name,
        domain=place.domain,
        name=name or new_run_name(),
    )
    chosen = name is not None
    return Launch(id, f"run {label(id)}", is_chosen=chosen, error=FlyteRunTimeout)


async def _check_free(session: Session, launch: Launch[RunIdentifier]) -> None:
    """Look up a name that somebody has chosen.

    Asked to make a run whose name is taken, the server answers as if it had, with the other one.

    Raises:
        FlyteAlreadyExistsError: If the name is taken.
    """
    if launch.is_chosen:
        try:
            await fetch_run(session, launch.id)
        except FlyteNotFoundError:
            return
        raise _taken(launch.id)


async def _create(
    session: Session, launch: Launch[RunIdentifier], request: CreateRunRequest
) -> FlyteRun:
    """Make a run; asked twice, as after a connection that broke, the server makes one.

    Raises:
        FlyteAlreadyExistsError: If it is another one, which somebody has made in the meantime.
    """
    launch.is_asked_for = True
    answer = (await session.runs.create_run(request)).run
    run = FlyteRun(answer, session.remote)
    if not run.name:
        raise FlyteDataError("the server has made a run, but does not say which")
    wanted, made = request.task_id, run.task_id
    is_other = (
        wanted is not None
        and made is not None
        and (wanted.name, wanted.version)
        != (
            made.name,
            made.version,
        )
    )
    if is_other or run.is_done:
        raise _taken(launch.id)
    check_answer(launch.id, run.run_id)
    return run


def _taken(id: RunIdentifier) -> FlyteAlreadyExistsError:
    return FlyteAlreadyExistsError(
        grpc.StatusCode.ALREADY_EXISTS,
        "a run of this name exists; give another name, or none",
        "CreateRun",
        label(id),
    )


async def again(
    session: Session,
    id: RunIdentifier,
    launch: Launch[RunIdentifier],
    relation: RelationType,
    spec: RunSpec,
) -> FlyteRun:
    """Run the same task again, with the same inputs."""
    old = await fetch_run(session, id)
    await bring_data(session, old)
    task = old.details.task
    if task is None:
        raise FlyteDataError(f"the server does not say what run {label(id)} was made of")
    names = list(translate.parameters_of(task))
    assert old.loaded.inputs is not None  # or an error said so
    inputs = translate.inputs_of(old.loaded.inputs, names)
    spec = spec.replace(relation=Relation(related_to=id, relation_type=relation))
    if relation is RelationType.RECOVER:
        spec = spec.replace(recover=Recover())
    # The task may not be deployed, or be another by now: it is the run that knows it.
    return await start(session, task, inputs, launch, spec)


async def abort(
    session: Session, action: FlyteAction, reason: str, timeout: timedelta | float | None
) -> None:
    """End a run or an action, unless it is done, in so much time for all that this takes.

    The server would turn even a success into an abortion, and replace the reason of an earlier one.

    Raises:
        FlyteAssertion: If it is done.
        FlyteTimeout: If it takes longer.
    """
    work = partial(_abort, session, action, reason)
    await session.within(timeout, f"abort of {action._label}", work)


async def _abort(session: Session, action: FlyteAction, reason: str) -> None:
    await bring_details(session, action)
    if action.is_done:
        said = f" ({action.abort_reason})" if action.abort_reason else ""
        raise FlyteAssertion(
            f"{action._label} is {action.phase.name}{said}: there is nothing to abort, and"
            " nothing was sent"
        )
    if isinstance(action, FlyteRun):
        await session.runs.abort_run(AbortRunRequest(run_id=action.run_id, reason=reason))
    else:
        await session.runs.abort_action(AbortActionRequest(action_id=action.id, reason=reason))
    await bring_details(session, action)


async def signal(session: Session, id: ActionIdentifier, value: object) -> FlyteAction:
    """Give a condition the value that it waits for.

    Raises:
        FlyteAssertion: If the action is no condition, or has been given one.
        FlyteValueError: If the value is of another type.
    """
    action = await fetch_action(session, id)
    condition = action.details.condition
    if condition is None:
        raise FlyteAssertion(f"{action._label} is a {action.kind}, and waits for no signal")
    if action.is_done:
        phase = action.phase.name
        raise FlyteAssertion(f"{action._label} is {phase}: it waits for no signal any more")
    declared = None if condition.type is None else condition.type.simple
    payload = _payload(value, declared)
    if payload is None:
        wanted = "nothing known" if declared is None else declared.name.lower()
        given = type(value).__name__
        raise FlyteValueError(f"{action._label} waits for a value of {wanted}, not {given}")
    await session.runs.signal_event(
        SignalEventRequest(action_id=id, parent_action_name=action.parent, payload=payload)
    )
    await bring_details(session, action)
    return action


def _payload(value: object, declared: SimpleType | None) -> EventPayload | None:
    """A value as a signal; None if it is not of the type that is waited for."""
    match declared, value:
        case SimpleType.BOOLEAN, bool():
            return EventPayload(bool_value=value)
        case (SimpleType.INTEGER | SimpleType.FLOAT), bool():
            return None
        case SimpleType.INTEGER, int():
            return EventPayload(int_value=value)
        case SimpleType.FLOAT, int() | float():
            return EventPayload(float_value=float(value))
        case SimpleType.STRING, str():
            return EventPayload(string_value=value)
    return None
