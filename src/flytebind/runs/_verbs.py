"""What a remote for Flyte 2 can do."""

from __future__ import annotations

# The face that does not wait asynchronously returns an Iterator.
from collections.abc import (
    AsyncIterator,
    Iterator as Iterator,
    Mapping,
    Sequence,
)
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar

from flytebind.behaviour.filters import Equal, ValueIn
from flytebind.remote._arguments import must_be, named, seconds
from flytebind.remote.errors import FlyteValueError
from flytebind.runs import (
    _files as files,
    _launching as launching,
    _logs as logs,
    _reading as reading,
    _registry as registry,
    _watching as watching,
)
from flytebind.runs._actions import FlyteAction, FlyteRun, Remote, ShowProgress
from flytebind.runs._launching import RunOptions
from flytebind.runs._lists import Filters
from flytebind.runs._names import (
    ROOT,
    checked_action,
    checked_run,
    checked_task,
    label,
    project_of,
)
from flytebind.runs._registry import Version
from flytebind.runs._session import Session
from flytebind.runs._watching import RunChange
from flytebind.v2.models.auth.identity import UserInfoResponse
from flytebind.v2.models.common.identifier import (
    ActionIdentifier,
    ProjectIdentifier,
    RunIdentifier,
    TriggerName,
)
from flytebind.v2.models.common.phase import ActionPhase
from flytebind.v2.models.common.run import RelationType
from flytebind.v2.models.logs.dataplane.payload import LogLine
from flytebind.v2.models.project.project_service import Project
from flytebind.v2.models.secret.definition import Secret, SecretIdentifier
from flytebind.v2.models.task.run import Labels
from flytebind.v2.models.task.task_definition import (
    Task,
    TaskDetails,
    TaskIdentifier,
    TaskName,
    TaskSpec,
)
from flytebind.v2.models.trigger.trigger_definition import Trigger, TriggerDetails
from flytebind.v2.models.workflow.run_definition import ClusterEvent
from flytebind.v2.models.workflow.run_service import GetActionDataURIsResponse

A = TypeVar("A", bound=FlyteAction)

RunLike: TypeAlias = FlyteRun | RunIdentifier | str
"""A run, its identifier, or its name in the remote's own project and domain."""

ActionLike: TypeAlias = FlyteAction | ActionIdentifier
"""An action or its identifier; a run stands for the action that it begins with."""

TaskLike: TypeAlias = TaskDetails | TaskIdentifier | TaskSpec | str
"""A task, its identifier, or its name in the remote's own project and domain."""


class Verbs:
    """The verbs of a remote, as coroutines: one face has them as they are, one runs them.

    Args:
        session: What they ask.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    async def fetch_run(
        self,
        name: str,
        *,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> FlyteRun:
        """Get a run as it is now, without its actions.

        Args:
            name: Its name.
            project: Its project, if not the remote's.
            domain: Its domain, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is none.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        id = self._run_id(name, "fetch_run", project, domain)
        return await self._session.within(
            timeout, f"fetch_run of {label(id)}", partial(reading.fetch_run, self._session, id)
        )

    def list_runs(
        self,
        project: str | None = None,
        domain: str | None = None,
        *,
        phase: ActionPhase | str | Sequence[ActionPhase | str] = (),
        task: str | None = None,
        trigger: str | None = None,
        paused: bool = False,
        filters: Filters = (),
        sort_by: str | None = None,
        limit: int | None = None,
        timeout: timedelta | float | None = None,
    ) -> AsyncIterator[FlyteRun]:
        """Runs, fetched as you go on; the newest first.

        They come without details, which load when they are touched. Lists cannot be filtered by
        labels, nor by what has an ``org``: the server heeds neither.

        Args:
            project: Their project, if not the remote's.
            domain: Their domain, if not the remote's.
            phase: A phase, or several of which it must be one: ``"FAILED"``.
            task: The name of the task that they run.
            trigger: The name of the trigger that has started them.
            paused: Whether only those that have a condition which waits for a signal.
            filters: What else must hold, such as ``GreaterThan("created_at", yesterday)`` of
                ``flytebind.models.filters``, several such, or text: ``"contains(task_name,fit)"``.
                There are ``eq``, ``ne``, ``gt``, ``gte``, ``lt``, ``lte``, ``contains`` and
                ``value_in``.
            sort_by: A column; with a minus before it in descending order: ``"-ended_at"``.
            limit: How many at most; None for all.
            timeout: How long all of them may take to come, in seconds or as a timedelta; None for
                no end. What you do between them does not count.

        Raises:
            TypeError: If filters, column or limit are of another type.
            FlyteValueError: If the server has no such filter, or there is no such phase or limit.
            FlyteCallError: If the server cannot be asked, or does not take the filters; once you
                go on.
            FlyteTimeout: If they take longer; once you go on.
        """
        place = self._session.project_id(project, domain)
        wanted = (
            [filters]
            if isinstance(filters, str) or not isinstance(filters, Sequence)
            else [*filters]
        )
        phases = [phase] if isinstance(phase, (str, ActionPhase)) else [*phase]
        if phases:
            names = [each.name if isinstance(each, ActionPhase) else each for each in phases]
            wanted.append(ValueIn("phase", names))
        for column, value in (("task_name", task), ("trigger_name", trigger)):
            if value is not None:
                wanted.append(Equal(column, named(value, f"{column} of list_runs")))
        found = reading.list_runs(self._session, place, wanted, paused, sort_by, limit)
        return self._session.each_within(timeout, "list_runs", found)

    def watch_runs(
        self,
        project: str | None = None,
        domain: str | None = None,
        *,
        timeout: timedelta | float | None = None,
    ) -> AsyncIterator[FlyteRun]:
        """Runs as they begin and come to other phases: first those that are there, and so on.

        It goes on until you stop, or the time is up.

        Args:
            project: Their project, if not the remote's.
            domain: Their domain, if not the remote's.
            timeout: How long, in seconds or as a timedelta; None for ever.

        Raises:
            FlyteCallError: If the server cannot be asked.
        """
        return watching.watch_runs(
            self._session, self._session.project_id(project, domain), timeout
        )

    async def list_actions(
        self,
        run: RunLike,
        *,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> list[FlyteAction]:
        """All actions of a run, in the order that they were created in.

        ``sync(actions=True)`` and ``wait`` bring them as the ``actions`` of a run.

        Args:
            run: The run, its identifier or its name.
            project: Its project, of a name, if not the remote's.
            domain: Its domain, of a name, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is no such run.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        id = self._run_id(run, "list_actions", project, domain)
        return await self._session.within(
            timeout,
            f"list_actions of {label(id)}",
            partial(reading.list_actions, self._session, id),
        )

    async def fetch_action(
        self,
        run: RunLike,
        name: str = ROOT,
        *,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> FlyteAction:
        """Get one action of a run as it is now.

        Args:
            run: The run, its identifier or its name.
            name: The name of the action; by default the one that the run begins with.
            project: The run's project, of a name, if not the remote's.
            domain: The run's domain, of a name, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is none.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        run_id = self._run_id(run, "fetch_action", project, domain)
        id = ActionIdentifier(run=run_id, name=named(name, "name of fetch_action"))
        return await self._session.within(
            timeout,
            f"fetch_action of {label(id)}",
            partial(reading.fetch_action, self._session, id),
        )

    async def sync(
        self, action: A, *, actions: bool = False, timeout: timedelta | float | None = None
    ) -> A:
        """Bring a run, or an action, up to date.

        Args:
            action: The run or the action; it is changed, and returned.
            actions: Whether to bring the actions of a run, too.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer; what was brought until then stays.
        """
        self._attach(action, "sync")
        await reading.sync(self._session, action, actions=actions, timeout=timeout)
        return action

    async def load(self, action: A, *, timeout: timedelta | float | None = None) -> A:
        """Bring what a run, or an action, would load when it is touched: details and data.

        Args:
            action: The run or the action; it is changed, and returned.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteDataError: If inputs or outputs are more than the server gives out.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        self._attach(action, "load")
        await self._session.within(
            timeout, f"load of {action._label}", partial(reading.load, self._session, action)
        )
        return action

    async def wait(
        self,
        action: A,
        timeout: timedelta | float | None = None,
        *,
        actions: bool = True,
        progress: ShowProgress[A] = None,
    ) -> A:
        """Wait until a run, or an action, is done; then bring all of it.

        Args:
            action: The run or the action; it is changed, and returned.
            timeout: How long at most, in seconds or as a timedelta; None waits for ever.
            actions: Whether to bring all actions of a run at the end.
            progress: Whether to show how far it is. By default where somebody looks: in notebooks,
                and on terminals as a tree, or in lines without rich. True writes lines elsewhere,
                too, and False nothing. A run is shown with its actions. A function is called with
                the run or the action whenever something has come, and when all of it is here.

        Raises:
            FlyteTimeout: If it is not done, and all of it here, in time.
            FlyteCallError: If the server cannot be asked; one that is away for a while can be.
        """
        self._attach(action, "wait")
        await watching.wait(self._session, action, timeout, actions, progress)
        return action

    def watch(
        self, run: FlyteRun, timeout: timedelta | float | None = None
    ) -> AsyncIterator[RunChange]:
        """Every change of phase of a run and its actions, until it is done.

        Args:
            run: The run, which is kept up to date.
            timeout: How long at most, in seconds or as a timedelta; None watches for ever.

        Raises:
            FlyteTimeout: If it is not done in time.
            FlyteCallError: If the server cannot be asked; one that is away for a while can be.
        """
        must_be(run, FlyteRun, "watch", "fetch_run gets one by its name")
        self._attach(run, "watch")
        return watching.watch(self._session, run, timeout)

    async def uris(
        self, action: ActionLike, *, timeout: timedelta | float | None = None
    ) -> GetActionDataURIsResponse:
        """Where the inputs and outputs of an action are stored.

        Args:
            action: The action or its identifier; a run stands for the one that it begins with.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If it has no attempt, such as a condition.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        id = self._action_id(action, "uris")
        return await self._session.within(
            timeout, f"uris of {label(id)}", partial(reading.uris, self._session, id)
        )

    async def run(
        self,
        task: TaskLike,
        inputs: Mapping[str, object] = {},
        *,
        version: str | None = None,
        name: str | None = None,
        options: RunOptions | None = None,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> FlyteRun:
        """Start a run.

        Inputs are looked at first, and files among them uploaded: the server takes anything, and a
        run with an input that does not fit would be started again for ever.

        Args:
            task: What to run: the name of a task that is deployed, what ``fetch_task`` gives, an
                identifier, or a ``TaskSpec`` that is deployed nowhere.
            inputs: Python values by name, or ``Literal`` as they are. Those with a default may be
                left out.
            version: The version, of a name; by default the one that was deployed last.
            name: The name of the run: up to 30 small letters, digits and minus signs, a letter
                first. By default one that nobody has.
            options: How it is to run.
            project: The project of the run, and of a task's name, if not the remote's.
            domain: The domain of both, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is no such task.
            FlyteAlreadyExistsError: If a run of this name exists.
            FlyteValueError: If an input is unknown, missing or does not fit.
            FlyteDataError: If a file cannot be uploaded.
            FlyteCallError: If the server cannot be asked, or refuses.
            FlyteRunTimeout: If it takes longer; its ``run_id`` is what may have been started.
        """
        place = self._session.project_id(project, domain)
        launch = launching.launch_of(self._session, place, _new_name(name, "run"))
        spec = (options or RunOptions()).spec()

        async def start() -> FlyteRun:
            runnable: launching.Runnable
            if isinstance(task, TaskSpec):
                runnable = task
            else:
                runnable = await self._task_id(task, version, "run", project, domain)
            return await launching.run(self._session, runnable, inputs, launch, spec)

        return await self._session.within(timeout, "run", start, launch.too_late)

    async def rerun(
        self,
        run: RunLike,
        *,
        name: str | None = None,
        options: RunOptions | None = None,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> FlyteRun:
        """Run the same again, with the same inputs.

        Args:
            run: The run, its identifier or its name.
            name: The name of the new one; by default one that nobody has.
            options: How it is to run; those of the old run do not count.
            project: The old run's project, of a name, if not the remote's.
            domain: The old run's domain, of a name, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is no such run.
            FlyteAlreadyExistsError: If a run of the new name exists.
            FlyteCallError: If the server cannot be asked, or refuses.
            FlyteRunTimeout: If it takes longer; its ``run_id`` is what may have been started.
        """
        relation = RelationType.RERUN
        return await self._again("rerun", relation, run, name, options, project, domain, timeout)

    async def recover(
        self,
        run: RunLike,
        *,
        name: str | None = None,
        options: RunOptions | None = None,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> FlyteRun:
        """Run the same again, without the actions that have succeeded.

        An open-source server runs all of them: it only notes what the new run is to the old one.

        Args:
            run: The run, its identifier or its name.
            name: The name of the new one; by default one that nobody has.
            options: How it is to run; those of the old run do not count.
            project: The old run's project, of a name, if not the remote's.
            domain: The old run's domain, of a name, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is no such run.
            FlyteAlreadyExistsError: If a run of the new name exists.
            FlyteCallError: If the server cannot be asked, or refuses.
            FlyteRunTimeout: If it takes longer; its ``run_id`` is what may have been started.
        """
        relation = RelationType.RECOVER
        return await self._again("recover", relation, run, name, options, project, domain, timeout)

    async def abort(self, action: A, reason: str, *, timeout: timedelta | float | None = None) -> A:
        """End a run, or an action; what has started it fails then.

        It is looked at first: the server would turn even a success into an abortion, and give an
        earlier one another reason.

        Args:
            action: The run or the action; it is changed, and returned.
            reason: Why, for people to read.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteAssertion: If it is done.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        self._attach(action, "abort")
        must_be(reason, str, "reason of abort", "the run comes first, then the reason")
        await launching.abort(self._session, action, reason, timeout)
        return action

    async def signal(
        self,
        condition: ActionLike,
        value: bool | int | float | str,
        *,
        timeout: timedelta | float | None = None,
    ) -> FlyteAction:
        """Give a condition the value that it waits for.

        Args:
            condition: The action, or its identifier. ``list_actions`` tells them, whose ``kind`` is
                ``condition`` and whose ``title`` is the name in the program.
            value: What it waits for. A whole number goes for a ``float``.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Returns:
            The condition, as it is afterwards.

        Raises:
            FlyteAssertion: If it is no condition, or waits no more.
            FlyteValueError: If the value is of another type.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        id = self._action_id(condition, "signal")
        return await self._session.within(
            timeout, f"signal of {label(id)}", partial(launching.signal, self._session, id, value)
        )

    def logs(
        self,
        action: ActionLike,
        attempt: int | None = None,
        *,
        timeout: timedelta | float | None = None,
    ) -> AsyncIterator[LogLine]:
        """The lines that an attempt at a task has written; while it goes on, those to come as well.

        Args:
            action: The action or its identifier; a run stands for the one that it begins with.
            attempt: Which attempt, from 1 on; by default the last one. Clusters keep the lines of
                earlier ones only for a while, or not at all.
            timeout: How long at most, in seconds or as a timedelta; None for as long as it goes on.

        Raises:
            FlyteNotFoundError: If there are none, or none yet; once you go on.
            FlyteCallError: If the server cannot be asked; once you go on.
            FlyteTimeout: If it goes on for longer; once you go on.
        """
        id = self._action_id(action, "logs")
        seconds(timeout, "timeout")
        which = partial(self._attempt, action, id, attempt)
        return logs.logs(self._session, id, which, timeout)

    def events(
        self,
        action: ActionLike,
        attempt: int | None = None,
        *,
        timeout: timedelta | float | None = None,
    ) -> AsyncIterator[ClusterEvent]:
        """What the cluster says of an attempt; while it goes on, what is to come as well.

        Args:
            action: The action or its identifier; a run stands for the one that it begins with.
            attempt: Which attempt, from 1 on; by default the last one.
            timeout: How long at most, in seconds or as a timedelta; None for as long as it goes on.

        Raises:
            FlyteNotFoundError: If there is no such attempt; once you go on.
            FlyteCallError: If the server cannot be asked; once you go on.
            FlyteTimeout: If it goes on for longer; once you go on.
        """
        id = self._action_id(action, "events")
        seconds(timeout, "timeout")
        which = partial(self._attempt, action, id, attempt)
        return logs.events(self._session, id, which, timeout)

    async def upload(
        self,
        path: str | Path,
        *,
        project: str | None = None,
        domain: str | None = None,
        filename: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> str:
        """Put a local file, or all files of a folder, where tasks can read them.

        Args:
            path: The file or folder. The same one has the same place each time.
            project: Its project, if not the remote's.
            domain: Its domain, if not the remote's.
            filename: The name of a file there; by default the same.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Returns:
            Its URI, to be used as an input.

        Raises:
            FlyteAssertion: If there is no such file, or a folder has none.
            FlyteDataError: If the store does not take it.
            FlyteCallError: If the server gives no place for it: it takes no more than 100 MB.
            FlyteTimeout: If it takes longer.
        """
        place, path = self._session.project_id(project, domain), Path(path)
        if path.is_dir() and filename is not None:
            raise FlyteValueError(f"upload: {path} is a folder, whose files keep their names")
        return await self._session.within(
            timeout,
            f"upload of {path}",
            partial(files.upload, self._session, place, path, filename),
        )

    async def report(
        self,
        action: ActionLike,
        attempt: int | None = None,
        *,
        timeout: timedelta | float | None = None,
    ) -> str:
        """The report that an attempt at a task has written, as HTML.

        Args:
            action: The action or its identifier; a run stands for the one that it begins with.
            attempt: Which attempt, from 1 on; by default the last one.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is none.
            FlyteDataError: If it cannot be read.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        id = self._action_id(action, "report")

        async def read() -> str:
            return await files.report(self._session, id, await self._attempt(action, id, attempt))

        return await self._session.within(timeout, f"report of {label(id)}", read)

    async def download_link(
        self,
        action: ActionLike,
        attempt: int | None = None,
        *,
        lifetime: timedelta | None = None,
        timeout: timedelta | float | None = None,
    ) -> str:
        """A link to the report of an attempt, for a browser. Whoever has it can read the report.

        Args:
            action: The action or its identifier; a run stands for the one that it begins with.
            attempt: Which attempt, from 1 on; by default the last one.
            lifetime: How long the link is to be good; by default an hour.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is no report.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        id = self._action_id(action, "download_link")

        async def sign() -> str:
            which = await self._attempt(action, id, attempt)
            return await files.report_link(self._session, id, which, lifetime)

        return await self._session.within(timeout, f"download_link of {label(id)}", sign)

    async def list_projects(self, *, timeout: timedelta | float | None = None) -> list[Project]:
        """All projects that are not archived.

        Args:
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        return await self._session.within(
            timeout, "list_projects", partial(registry.list_projects, self._session)
        )

    async def create_project(
        self,
        id: str,
        name: str | None = None,
        *,
        description: str = "",
        labels: Mapping[str, str] = {},
        timeout: timedelta | float | None = None,
    ) -> None:
        """Make a project.

        Args:
            id: What requests call it.
            name: What people call it; by default the same.
            description: What it is for.
            labels: What it can be told by.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteAlreadyExistsError: If there is one.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        project = Project(
            id=named(id, "id of create_project"),
            name=name or id,
            description=description or None,
            labels=Labels(values=labels) if labels else None,
            org=self._session.org or None,
        )
        await self._session.within(
            timeout,
            f"create_project of {id!r}",
            partial(registry.create_project, self._session, project),
        )

    def list_tasks(
        self,
        project: str | None = None,
        domain: str | None = None,
        *,
        filters: Filters = (),
        sort_by: str | None = None,
        limit: int | None = None,
        timeout: timedelta | float | None = None,
    ) -> AsyncIterator[Task]:
        """Tasks that are deployed, each in its newest version, fetched as you go on.

        Args:
            project: Their project, if not the remote's.
            domain: Their domain, if not the remote's.
            filters: What must hold, as in ``list_runs``: ``"contains(name,train)"``.
            sort_by: A column, as in ``list_runs``: ``name``, ``version``, ``-created_at``, which is
                the default.
            limit: How many at most; None for all.
            timeout: How long all of them may take to come, in seconds or as a timedelta; None for
                no end. What you do between them does not count.

        Raises:
            TypeError: If filters, column or limit are of another type.
            FlyteValueError: If the server has no such filter, or there is no such limit.
            FlyteCallError: If the server cannot be asked, or does not take the filters; once you
                go on.
            FlyteTimeout: If they take longer; once you go on.
        """
        place = self._session.project_id(project, domain)
        found = registry.list_tasks(self._session, place, filters, sort_by, limit)
        return self._session.each_within(timeout, "list_tasks", found)

    def list_versions(
        self,
        name: str,
        *,
        project: str | None = None,
        domain: str | None = None,
        limit: int | None = None,
        timeout: timedelta | float | None = None,
    ) -> AsyncIterator[Version]:
        """The versions of a task, fetched as you go on; the newest first.

        Args:
            name: Its name.
            project: Its project, if not the remote's.
            domain: Its domain, if not the remote's.
            limit: How many at most; None for all.
            timeout: How long all of them may take to come, in seconds or as a timedelta; None for
                no end. What you do between them does not count.

        Raises:
            FlyteCallError: If the server cannot be asked; once you go on.
            FlyteTimeout: If they take longer; once you go on.
        """
        task = self._task_name(name, "list_versions", project, domain)
        found = registry.list_versions(self._session, task, limit)
        return self._session.each_within(timeout, f"list_versions of {label(task)}", found)

    async def fetch_task(
        self,
        name: str,
        version: str | None = None,
        *,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> TaskDetails:
        """Get a task that is deployed.

        Args:
            name: Its name: ``environment.function``.
            version: Its version; by default the one that was deployed last.
            project: Its project, if not the remote's.
            domain: Its domain, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is none.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """

        async def fetch() -> TaskDetails:
            id = await self._task_id(name, version, "fetch_task", project, domain)
            return await launching.fetch_task(self._session, id)

        return await self._session.within(timeout, "fetch_task", fetch)

    async def deploy_task(
        self,
        spec: TaskSpec,
        name: str,
        version: str,
        *,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> TaskIdentifier:
        """Make a version of a task known. One that is there is replaced, as the server does it.

        Args:
            spec: What it is made of.
            name: Its name.
            version: Its version.
            project: Its project, if not the remote's.
            domain: Its domain, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteValueError: If the spec has no template: the server would keep it, and run nothing.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        must_be(spec, TaskSpec, "spec of deploy_task")
        id = self._version(name, version, "deploy_task", project, domain)
        if spec.task_template is None or spec.task_template.is_empty:
            raise FlyteValueError("deploy_task: the spec has no task_template")
        await self._session.within(
            timeout,
            f"deploy_task of {label(id)}",
            partial(registry.deploy_task, self._session, id, spec),
        )
        return id

    async def list_triggers(
        self,
        task: str | None = None,
        *,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> list[Trigger]:
        """The triggers of a project, or of a task.

        Args:
            task: The name of the task; None for all.
            project: Their project, if not the remote's.
            domain: Their domain, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        if task is not None:
            named(task, "task of list_triggers", "None stands for all")
        place = self._session.project_id(project, domain)
        return await self._session.within(
            timeout, "list_triggers", partial(registry.list_triggers, self._session, place, task)
        )

    async def fetch_trigger(
        self,
        name: str,
        task: str,
        *,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> TriggerDetails:
        """Get a trigger.

        Args:
            name: Its name.
            task: The name of its task.
            project: Its project, if not the remote's.
            domain: Its domain, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is none.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        id = self._trigger(name, task, "fetch_trigger", project, domain)
        return await self._session.within(
            timeout,
            f"fetch_trigger of {label(id)}",
            partial(registry.fetch_trigger, self._session, id),
        )

    async def deploy_trigger(
        self,
        name: str,
        task: TaskLike,
        inputs: Mapping[str, object] = {},
        *,
        version: str | None = None,
        cron: str | None = None,
        timezone: str | None = None,
        every: timedelta | None = None,
        time_input: str | None = None,
        active: bool = True,
        description: str = "",
        options: RunOptions | None = None,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> TriggerDetails:
        """Make a trigger of a task, or another revision of it.

        Args:
            name: Its name.
            task: The task: its name, what ``fetch_task`` gives, or an identifier.
            inputs: Python values by name.
            version: The version, of a name; by default the one that was deployed last.
            cron: When to fire, in five fields: ``0 3 * * *``.
            timezone: Where that is meant: ``Europe/Berlin``; by default UTC.
            every: How often to fire, in place of ``cron``: whole minutes, hours or days.
            time_input: The input that gets the time at which it fires.
            active: Whether it fires from now on.
            description: What it is for.
            options: How its runs are to run.
            project: Its project, if not the remote's.
            domain: Its domain, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is no such task.
            FlyteValueError: If it is not said when, or an input is unknown, missing or does not
                fit.
            FlyteCallError: If the server cannot be asked, or refuses.
            FlyteTimeout: If it takes longer.
        """
        schedule = registry.schedule_of(cron, timezone, every, time_input)
        spec = (options or RunOptions()).spec()

        async def deploy() -> TriggerDetails:
            id = await self._task_id(task, version, "deploy_trigger", project, domain)
            trigger = self._trigger(name, id.name, "deploy_trigger", id.project, id.domain)
            return await registry.deploy_trigger(
                self._session, trigger, id, inputs, schedule, active, description, spec
            )

        return await self._session.within(timeout, f"deploy_trigger of {name!r}", deploy)

    async def activate_trigger(
        self,
        name: str,
        task: str,
        *,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> None:
        """Let a trigger fire.

        Args:
            name: Its name.
            task: The name of its task.
            project: Its project, if not the remote's.
            domain: Its domain, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is none, where the server itself says nothing.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        id = self._trigger(name, task, "activate_trigger", project, domain)
        await self._session.within(
            timeout,
            f"activate_trigger of {label(id)}",
            partial(registry.switch_trigger, self._session, id, True),
        )

    async def deactivate_trigger(
        self,
        name: str,
        task: str,
        *,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> None:
        """Keep a trigger from firing.

        Args:
            name: Its name.
            task: The name of its task.
            project: Its project, if not the remote's.
            domain: Its domain, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is none, where the server itself says nothing.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        id = self._trigger(name, task, "deactivate_trigger", project, domain)
        await self._session.within(
            timeout,
            f"deactivate_trigger of {label(id)}",
            partial(registry.switch_trigger, self._session, id, False),
        )

    async def delete_trigger(
        self,
        name: str,
        task: str,
        *,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> None:
        """Remove a trigger.

        Args:
            name: Its name.
            task: The name of its task.
            project: Its project, if not the remote's.
            domain: Its domain, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is none, where the server itself says nothing.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        id = self._trigger(name, task, "delete_trigger", project, domain)
        await self._session.within(
            timeout,
            f"delete_trigger of {label(id)}",
            partial(registry.delete_trigger, self._session, id),
        )

    async def fire_trigger(
        self,
        name: str,
        task: str,
        *,
        run_name: str | None = None,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> FlyteRun:
        """Start a run as a trigger would, now.

        Args:
            name: The name of the trigger.
            task: The name of its task.
            run_name: The name of the run; by default one that nobody has.
            project: Its project, if not the remote's.
            domain: Its domain, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is no such trigger.
            FlyteAlreadyExistsError: If a run of this name exists.
            FlyteCallError: If the server cannot be asked.
            FlyteRunTimeout: If it takes longer; its ``run_id`` is what may have been started.
        """
        id = self._trigger(name, task, "fire_trigger", project, domain)
        chosen = _new_name(run_name, "fire_trigger")
        launch = launching.launch_of(self._session, project_of(id), chosen)
        work = partial(launching.fire, self._session, id, launch)
        what = f"fire_trigger of {label(id)}"
        return await self._session.within(timeout, what, work, launch.too_late)

    async def list_secrets(
        self,
        *,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> list[Secret]:
        """Secrets, without their values.

        Args:
            project: The project whose secrets to list; None for all there are.
            domain: Its domain, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        scope = self._scope(project, domain)
        return await self._session.within(
            timeout, "list_secrets", partial(registry.list_secrets, self._session, scope)
        )

    async def fetch_secret(
        self,
        name: str,
        *,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> Secret:
        """What is known of a secret, without its value.

        Args:
            name: Its name.
            project: Its project; None for one of all projects.
            domain: Its domain, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is none.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        scope = self._scope(project, domain)
        id = self._secret(name, "fetch_secret", scope)
        return await self._session.within(
            timeout,
            f"fetch_secret of {id.name!r}",
            partial(registry.fetch_secret, self._session, id, scope),
        )

    async def create_secret(
        self,
        name: str,
        value: str | bytes,
        *,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> None:
        """Keep a secret for tasks.

        Args:
            name: Its name.
            value: What it is. It is neither logged nor shown in errors.
            project: The project whose tasks may have it; None for those of all projects.
            domain: The project's domain, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteAlreadyExistsError: If there is one.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        scope = self._scope(project, domain)
        id = self._secret(name, "create_secret", scope)
        must_be(value, (str, bytes), "value of create_secret")
        await self._session.within(
            timeout,
            f"create_secret of {id.name!r}",
            partial(registry.create_secret, self._session, id, scope, value),
        )

    async def update_secret(
        self,
        name: str,
        value: str | bytes,
        *,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> None:
        """Give a secret another value.

        Args:
            name: Its name.
            value: What it is. It is neither logged nor shown in errors.
            project: Its project; None for one of all projects.
            domain: Its domain, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is none.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        scope = self._scope(project, domain)
        id = self._secret(name, "update_secret", scope)
        must_be(value, (str, bytes), "value of update_secret")
        await self._session.within(
            timeout,
            f"update_secret of {id.name!r}",
            partial(registry.update_secret, self._session, id, scope, value),
        )

    async def delete_secret(
        self,
        name: str,
        *,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> None:
        """Remove a secret.

        Args:
            name: Its name.
            project: Its project; None for one of all projects.
            domain: Its domain, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is none.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        scope = self._scope(project, domain)
        id = self._secret(name, "delete_secret", scope)
        await self._session.within(
            timeout,
            f"delete_secret of {id.name!r}",
            partial(registry.delete_secret, self._session, id, scope),
        )

    async def whoami(self, *, timeout: timedelta | float | None = None) -> UserInfoResponse:
        """Whom the server takes the caller for.

        Args:
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteAuthenticationError: If it does not know.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        return await self._session.within(
            timeout, "whoami", partial(registry.whoami, self._session)
        )

    async def _again(
        self,
        call: str,
        relation: RelationType,
        run: RunLike,
        name: str | None,
        options: RunOptions | None,
        project: str | None,
        domain: str | None,
        timeout: timedelta | float | None,
    ) -> FlyteRun:
        id = self._run_id(run, call, project, domain)
        launch = launching.launch_of(self._session, project_of(id), _new_name(name, call))
        spec = (options or RunOptions()).spec()
        work = partial(launching.again, self._session, id, launch, relation, spec)
        return await self._session.within(timeout, f"{call} of {label(id)}", work, launch.too_late)

    async def _attempt(self, action: ActionLike, id: ActionIdentifier, attempt: int | None) -> int:
        """Which attempt is meant: by default the last one."""
        if attempt is not None:
            must_be(attempt, int, "attempt")
            if attempt < 1:
                raise FlyteValueError(f"attempt cannot be {attempt}; they count from 1 on")
            return attempt
        if not isinstance(action, FlyteAction):
            action = await reading.fetch_action(self._session, id)
        return max(action._status.attempts, 1)

    async def _task_id(
        self,
        task: TaskLike,
        version: str | None,
        call: str,
        project: str | None,
        domain: str | None,
    ) -> TaskIdentifier:
        must_be(task, (TaskDetails, TaskIdentifier, TaskSpec, str), f"task of {call}")
        if isinstance(task, str):
            name = self._task_name(task, call, project, domain)
            if version is None:
                return await registry.newest(self._session, name)
            return self._version(task, version, call, project, domain)
        id = task if isinstance(task, TaskIdentifier) else None
        id = task.task_id if isinstance(task, TaskDetails) else id
        if id is None:
            raise FlyteValueError(
                f"{call} takes a task that is deployed, by its name or identifier"
            )
        if version not in (None, id.version):
            raise FlyteValueError(f"{call}: version {version!r}, or {id.version!r} as it has?")
        return checked_task(id, call)

    def _task_name(self, name: str, call: str, project: str | None, domain: str | None) -> TaskName:
        place = self._session.project_id(project, domain)
        return TaskName(
            org=place.organization or None,
            project=place.name,
            domain=place.domain,
            name=named(name, f"task of {call}"),
        )

    def _version(
        self, name: str, version: str, call: str, project: str | None, domain: str | None
    ) -> TaskIdentifier:
        place = self._session.project_id(project, domain)
        return TaskIdentifier(
            org=place.organization or None,
            project=place.name,
            domain=place.domain,
            name=named(name, f"task of {call}"),
            version=named(version, f"version of {call}"),
        )

    def _trigger(
        self, name: str, task: str, call: str, project: str | None, domain: str | None
    ) -> TriggerName:
        place = self._session.project_id(project, domain)
        return TriggerName(
            org=place.organization or None,
            project=place.name,
            domain=place.domain,
            name=named(name, f"name of {call}"),
            task_name=named(task, f"task of {call}"),
        )

    def _scope(self, project: str | None, domain: str | None) -> ProjectIdentifier | None:
        """The project of a secret; None for all of them."""
        if project is None and domain is not None:
            raise FlyteValueError("a secret is of a project in a domain, or of all; give project=")
        return None if project is None else self._session.project_id(project, domain)

    def _secret(self, name: str, call: str, scope: ProjectIdentifier | None) -> SecretIdentifier:
        return SecretIdentifier(
            name=named(name, f"name of {call}"),
            organization=self._session.org or None,
            project=None if scope is None else scope.name,
            domain=None if scope is None else scope.domain,
        )

    def _run_id(
        self, run: RunLike, call: str, project: str | None = None, domain: str | None = None
    ) -> RunIdentifier:
        must_be(run, (FlyteRun, RunIdentifier, str), f"run of {call}")
        if isinstance(run, str):
            run = self._session.run_id(named(run, f"run of {call}"), project, domain)
        return checked_run(run.run_id if isinstance(run, FlyteRun) else run, call)

    def _action_id(self, action: ActionLike, call: str) -> ActionIdentifier:
        must_be(action, (FlyteAction, ActionIdentifier), f"action of {call}")
        return checked_action(action.id if isinstance(action, FlyteAction) else action, call)

    def _attach(self, action: FlyteAction, call: str) -> None:
        must_be(action, FlyteAction, call, "fetch_run and fetch_action get one")
        checked_action(action.id, call)
        attach(action, self._session.remote)


def attach(action: FlyteAction, remote: Remote) -> None:
    """Give a run or an action, and all that belongs to it, a remote."""
    if action._remote is remote:
        return
    action._remote = remote
    if isinstance(action, FlyteRun):
        for each in action._actions.values():
            each._remote = remote


def _new_name(name: str | None, call: str) -> str | None:
    """The name that a run is to have; None for one that nobody has."""
    return None if name is None else named(name, f"name of {call}")
