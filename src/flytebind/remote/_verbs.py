"""What a remote can do."""

from __future__ import annotations

import os

# The face that does not wait asynchronously returns an Iterator.
from collections.abc import (
    AsyncIterator,
    Callable,
    Iterable,
    Iterator as Iterator,
    Mapping,
    Sequence,
)
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar

from flytebind._flytekit import advice
from flytebind._transfer.uris import public
from flytebind.looks import ExecutionList
from flytebind.looks._labels import label
from flytebind.models.admin.common import Sort
from flytebind.models.admin.launch_plan import LaunchPlanState
from flytebind.models.admin.project import Domain, Project
from flytebind.models.admin.signal import Signal
from flytebind.models.core.identifier import (
    Identifier,
    ResourceType,
    WorkflowExecutionIdentifier,
)
from flytebind.models.core.metrics import Span
from flytebind.remote import _operations as operations
from flytebind.remote._arguments import must_be, named
from flytebind.remote._naming import new_execution_name
from flytebind.remote._operations.fetch import Filters
from flytebind.remote._registration.read import Registrable
from flytebind.remote._session import Session
from flytebind.remote._time import Time
from flytebind.remote.entities import FlyteLaunchPlan, FlyteTask, FlyteWorkflow
from flytebind.remote.errors import FlyteValueError
from flytebind.remote.executions import (
    FlyteWorkflowExecution,
    RemoteExecutionBase,
    ShowProgress,
    attach,
)
from flytebind.values import RemoteDirectory, RemoteFile, RemotePickle, RemoteTable

E = TypeVar("E", bound=FlyteWorkflowExecution)
X = TypeVar("X", bound=RemoteExecutionBase)

ExecutionLike: TypeAlias = FlyteWorkflowExecution | WorkflowExecutionIdentifier | str
"""An execution, its identifier, or its name in the remote's own project and domain."""

LaunchPlanLike: TypeAlias = FlyteLaunchPlan | Identifier | str
"""A launch plan, its identifier, or its name in the remote's own project and domain."""

_SIGNAL_FIRST = "the signal comes first, then the execution"


class Verbs:
    """The verbs of a remote, as coroutines: one face has them as they are, one runs them.

    Args:
        session: What they ask.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    async def fetch_execution(
        self,
        name: str,
        *,
        project: str | None = None,
        domain: str | None = None,
        type_hints: Mapping[str, type] | None = None,
        timeout: timedelta | float | None = None,
    ) -> FlyteWorkflowExecution:
        """Get an execution as it is now, without its nodes.

        Args:
            name: Its name.
            project: Its project, if not the remote's.
            domain: Its domain, if not the remote's.
            type_hints: By output, the Python type that it becomes.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is none.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        id = self._execution_id(name, "fetch_execution", project, domain)
        return await self._session.within(
            timeout,
            f"fetch_execution of {label(id)}",
            partial(operations.fetch.fetch_execution, self._session, id, type_hints),
        )

    def list_executions(
        self,
        project: str | None = None,
        domain: str | None = None,
        *,
        filters: Filters = (),
        sort_by: Sort | str | None = None,
        limit: int | None = None,
        timeout: timedelta | float | None = None,
    ) -> AsyncIterator[FlyteWorkflowExecution]:
        """Executions, fetched as you go on; the newest first.

        None is left out, whatever begins and ends meanwhile. Sorted by a column, the list is read
        from its beginning with each answer, each four times as long as the one before: servers
        have no order among rows that are equal there, which pages would lose.

        ``ExecutionList(remote.list_executions(limit=20))`` prints as a table.

        Args:
            project: Their project, if not the remote's.
            domain: Their domain, if not the remote's.
            filters: What must hold: ``Equal("phase", "RUNNING")`` of ``flytebind.models.filters``,
                several such, or text: ``"value_in(phase,RUNNING;QUEUED)"``. Archived executions
                are left out unless ``state`` is among them.
            sort_by: A column; with a minus before it in descending order: ``"-started_at"``.
            limit: How many at most; None for all.
            timeout: How long all of them may take to come, in seconds or as a timedelta; None for
                no end. What you do between them does not count.

        Raises:
            TypeError: If filters, column or limit are of another type.
            FlyteValueError: If there is no such limit, or no column to sort by.
            FlyteCallError: If the server cannot be asked, or does not take the filters; once you
                go on.
            FlyteTimeout: If they take longer; once you go on.
        """
        place = self._session.place(project, domain)
        found = operations.fetch.list_executions(self._session, *place, filters, sort_by, limit)
        return self._session.each_within(timeout, "list_executions", found)

    async def recent_executions(
        self,
        project: str | None = None,
        domain: str | None = None,
        limit: int | None = 100,
        filters: Filters = (),
        *,
        timeout: timedelta | float | None = None,
    ) -> ExecutionList[FlyteWorkflowExecution]:
        """The executions that were created last: a list that prints as a table.

        Args:
            project: Their project, if not the remote's.
            domain: Their domain, if not the remote's.
            limit: How many at most; None for all.
            filters: What must hold, as in ``list_executions``.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteCallError: If the server cannot be asked, or does not take the filters.
            FlyteTimeout: If it takes longer.
        """
        place = self._session.place(project, domain)
        found = operations.fetch.list_executions(self._session, *place, filters, None, limit)
        within = self._session.each_within(timeout, "recent_executions", found)
        return ExecutionList([execution async for execution in within])

    async def fetch_task(
        self,
        name: str,
        version: str | None = None,
        *,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> FlyteTask:
        """Get a registered task.

        Args:
            name: Its name.
            version: Its version; by default the one that was registered last.
            project: Its project, if not the remote's.
            domain: Its domain, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is none.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """

        async def fetch() -> FlyteTask:
            id = await self._entity_id(ResourceType.TASK, name, version, project, domain)
            return await operations.fetch.fetch_task(self._session, id)

        return await self._session.within(timeout, "fetch_task", fetch)

    async def fetch_workflow(
        self,
        name: str,
        version: str | None = None,
        *,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> FlyteWorkflow:
        """Get a registered workflow, compiled.

        Args:
            name: Its name.
            version: Its version; by default the one that was registered last.
            project: Its project, if not the remote's.
            domain: Its domain, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is none.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """

        async def fetch() -> FlyteWorkflow:
            id = await self._entity_id(ResourceType.WORKFLOW, name, version, project, domain)
            return await operations.fetch.fetch_workflow(self._session, id)

        return await self._session.within(timeout, "fetch_workflow", fetch)

    async def fetch_launch_plan(
        self,
        name: str,
        version: str | None = None,
        *,
        active: bool = False,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> FlyteLaunchPlan:
        """Get a registered launch plan, in its present state.

        Args:
            name: Its name.
            version: Its version; by default the one that was registered last.
            active: Whether to get the version that is active: the one whose schedule runs.
            project: Its project, if not the remote's.
            domain: Its domain, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is none, or none is active.
            FlyteValueError: If both a version and the active one are asked for.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        if active and version is not None:
            raise FlyteValueError(
                f"fetch_launch_plan: version {version!r} or the active one? Ask for one of them"
            )

        async def fetch() -> FlyteLaunchPlan:
            if active:
                place = self._session.place(project, domain)
                return await operations.fetch.fetch_active_launch_plan(
                    self._session, *place, named(name, "name of fetch_launch_plan")
                )
            kind = ResourceType.LAUNCH_PLAN
            id = await self._entity_id(kind, name, version, project, domain)
            return await operations.fetch.fetch_launch_plan(self._session, id)

        return await self._session.within(timeout, "fetch_launch_plan", fetch)

    def list_tasks(
        self,
        name: str | None = None,
        *,
        latest: bool = False,
        project: str | None = None,
        domain: str | None = None,
        filters: Filters = (),
        sort_by: Sort | str | None = None,
        limit: int | None = None,
        timeout: timedelta | float | None = None,
    ) -> AsyncIterator[FlyteTask]:
        """Versions of registered tasks, fetched as you go on; the newest first.

        Args:
            name: Only versions of this one.
            latest: Whether to list each task once, by its newest version and in the order
                of names, as ``list_task_names`` gives them. That is a call for each.
            project: Their project, if not the remote's.
            domain: Their domain, if not the remote's.
            filters: What must hold, as in ``list_executions``: ``contains(name,train)``,
                ``eq(version,v7)``.
            sort_by: A column, as in ``list_executions``: ``name``, ``version``, ``-created_at``.
            limit: How many at most; None for all.
            timeout: How long all of them may take to come, in seconds or as a timedelta; None for
                no end. What you do between them does not count.

        Raises:
            TypeError: If filters, column or limit are of another type.
            FlyteValueError: If there is no such limit, or no column to sort by, or ``latest`` ones
                are to be sorted.
            FlyteCallError: If the server cannot be asked, or does not take the filters; once you
                go on.
            FlyteTimeout: If they take longer; once you go on.
        """
        which = self._which("list_tasks", name, project, domain, filters, sort_by, limit, latest)
        found = operations.entities.list_tasks(self._session, which)
        return self._session.each_within(timeout, "list_tasks", found)

    def list_task_names(
        self,
        *,
        project: str | None = None,
        domain: str | None = None,
        limit: int | None = None,
        timeout: timedelta | float | None = None,
    ) -> AsyncIterator[str]:
        """The names of registered tasks in alphabetical order, each once.

        Args:
            project: Their project, if not the remote's.
            domain: Their domain, if not the remote's.
            limit: How many at most; None for all.
            timeout: How long all of them may take to come, in seconds or as a timedelta; None for
                no end. What you do between them does not count.

        Raises:
            TypeError: If the limit is of another type.
            FlyteValueError: If there is no such limit.
            FlyteCallError: If the server cannot be asked; once you go on.
            FlyteTimeout: If they take longer; once you go on.
        """
        which = self._which("list_task_names", None, project, domain, (), None, limit)
        found = operations.entities.list_names(self._session, ResourceType.TASK, which)
        return self._session.each_within(timeout, "list_task_names", found)

    def list_workflows(
        self,
        name: str | None = None,
        *,
        latest: bool = False,
        project: str | None = None,
        domain: str | None = None,
        filters: Filters = (),
        sort_by: Sort | str | None = None,
        limit: int | None = None,
        timeout: timedelta | float | None = None,
    ) -> AsyncIterator[FlyteWorkflow]:
        """Versions of registered workflows, fetched as you go on; the newest first.

        They have no nodes: ``fetch_workflow`` gets one with all that it is made of.

        Args:
            name: Only versions of this one.
            latest: Whether to list each workflow once, by its newest version and in the order
                of names, as ``list_workflow_names`` gives them. That is a call for each.
            project: Their project, if not the remote's.
            domain: Their domain, if not the remote's.
            filters: What must hold, as in ``list_executions``: ``contains(name,train)``,
                ``eq(version,v7)``.
            sort_by: A column, as in ``list_executions``: ``name``, ``version``, ``-created_at``.
            limit: How many at most; None for all.
            timeout: How long all of them may take to come, in seconds or as a timedelta; None for
                no end. What you do between them does not count.

        Raises:
            TypeError: If filters, column or limit are of another type.
            FlyteValueError: If there is no such limit, or no column to sort by, or ``latest`` ones
                are to be sorted.
            FlyteCallError: If the server cannot be asked, or does not take the filters; once you
                go on.
            FlyteTimeout: If they take longer; once you go on.
        """
        which = self._which(
            "list_workflows", name, project, domain, filters, sort_by, limit, latest
        )
        found = operations.entities.list_workflows(self._session, which)
        return self._session.each_within(timeout, "list_workflows", found)

    def list_workflow_names(
        self,
        *,
        project: str | None = None,
        domain: str | None = None,
        limit: int | None = None,
        timeout: timedelta | float | None = None,
    ) -> AsyncIterator[str]:
        """The names of registered workflows in alphabetical order, each once.

        Those that a server makes to run single tasks are left out.

        Args:
            project: Their project, if not the remote's.
            domain: Their domain, if not the remote's.
            limit: How many at most; None for all.
            timeout: How long all of them may take to come, in seconds or as a timedelta; None for
                no end. What you do between them does not count.

        Raises:
            TypeError: If the limit is of another type.
            FlyteValueError: If there is no such limit.
            FlyteCallError: If the server cannot be asked; once you go on.
            FlyteTimeout: If they take longer; once you go on.
        """
        which = self._which("list_workflow_names", None, project, domain, (), None, limit)
        found = operations.entities.list_names(self._session, ResourceType.WORKFLOW, which)
        return self._session.each_within(timeout, "list_workflow_names", found)

    def list_launch_plans(
        self,
        name: str | None = None,
        *,
        latest: bool = False,
        active: bool = False,
        project: str | None = None,
        domain: str | None = None,
        filters: Filters = (),
        sort_by: Sort | str | None = None,
        limit: int | None = None,
        timeout: timedelta | float | None = None,
    ) -> AsyncIterator[FlyteLaunchPlan]:
        """Versions of registered launch plans, fetched as you go on; the newest first.

        Args:
            name: Only versions of this one.
            latest: Whether to list each launch plan once, by its newest version and in the order
                of names, as ``list_launch_plan_names`` gives them. That is a call for each.
            active: Whether to list only those that are active.
            project: Their project, if not the remote's.
            domain: Their domain, if not the remote's.
            filters: What must hold, as in ``list_executions``: ``contains(name,train)``,
                ``eq(version,v7)``.
            sort_by: A column, as in ``list_executions``: ``name``, ``version``, ``-created_at``.
            limit: How many at most; None for all.
            timeout: How long all of them may take to come, in seconds or as a timedelta; None for
                no end. What you do between them does not count.

        Raises:
            TypeError: If filters, column or limit are of another type.
            FlyteValueError: If there is no such limit, or no column to sort by, or ``latest`` ones
                are to be sorted.
            FlyteCallError: If the server cannot be asked, or does not take the filters; once you
                go on.
            FlyteTimeout: If they take longer; once you go on.
        """
        which = self._which(
            "list_launch_plans", name, project, domain, filters, sort_by, limit, latest
        )
        found = operations.entities.list_launch_plans(self._session, which, active=active)
        return self._session.each_within(timeout, "list_launch_plans", found)

    def list_launch_plan_names(
        self,
        *,
        project: str | None = None,
        domain: str | None = None,
        limit: int | None = None,
        timeout: timedelta | float | None = None,
    ) -> AsyncIterator[str]:
        """The names of registered launch plans in alphabetical order, each once.

        Those that a server makes to run single tasks are left out.

        Args:
            project: Their project, if not the remote's.
            domain: Their domain, if not the remote's.
            limit: How many at most; None for all.
            timeout: How long all of them may take to come, in seconds or as a timedelta; None for
                no end. What you do between them does not count.

        Raises:
            TypeError: If the limit is of another type.
            FlyteValueError: If there is no such limit.
            FlyteCallError: If the server cannot be asked; once you go on.
            FlyteTimeout: If they take longer; once you go on.
        """
        which = self._which("list_launch_plan_names", None, project, domain, (), None, limit)
        found = operations.entities.list_names(self._session, ResourceType.LAUNCH_PLAN, which)
        return self._session.each_within(timeout, "list_launch_plan_names", found)

    async def activate_launch_plan(
        self,
        launch_plan: LaunchPlanLike,
        version: str | None = None,
        *,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> FlyteLaunchPlan:
        """Make a version of a launch plan the active one, whose schedule runs.

        Another version that was active is so no more.

        Args:
            launch_plan: The launch plan, its identifier or its name.
            version: Its version, of a name; by default the one that was registered last.
            project: Its project, of a name, if not the remote's.
            domain: Its domain, of a name, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Returns:
            The launch plan as it is now.

        Raises:
            FlyteNotFoundError: If there is none.
            FlyteValueError: If a version is given for what has one.
            FlyteCallError: If the server cannot be asked, or refuses.
            FlyteTimeout: If it takes longer.
        """
        call = "activate_launch_plan"

        async def activate() -> FlyteLaunchPlan:
            id = await self._launch_plan_id(call, launch_plan, version, project, domain)
            return await operations.entities.set_state(self._session, id, LaunchPlanState.ACTIVE)

        return await self._session.within(timeout, call, activate)

    async def deactivate_launch_plan(
        self,
        launch_plan: LaunchPlanLike,
        version: str | None = None,
        *,
        project: str | None = None,
        domain: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> FlyteLaunchPlan:
        """Make a version of a launch plan inactive, so that its schedule does not run.

        Args:
            launch_plan: The launch plan, its identifier or its name.
            version: Its version, of a name; by default the one that is active.
            project: Its project, of a name, if not the remote's.
            domain: Its domain, of a name, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Returns:
            The launch plan as it is now.

        Raises:
            FlyteNotFoundError: If there is none, or none is active.
            FlyteValueError: If a version is given for what has one.
            FlyteCallError: If the server cannot be asked, or refuses.
            FlyteTimeout: If it takes longer.
        """
        call = "deactivate_launch_plan"

        async def deactivate() -> FlyteLaunchPlan:
            which = launch_plan
            if isinstance(which, str) and version is None:
                named(which, f"launch_plan of {call}")
                place = self._session.place(project, domain)
                active = operations.fetch.fetch_active_launch_plan(self._session, *place, which)
                which = await active
            id = await self._launch_plan_id(call, which, version, project, domain)
            return await operations.entities.set_state(self._session, id, LaunchPlanState.INACTIVE)

        return await self._session.within(timeout, call, deactivate)

    async def register(
        self,
        source: str | os.PathLike[str] | Iterable[Registrable],
        *,
        version: str | None = None,
        project: str | None = None,
        domain: str | None = None,
        destination: str = ".",
        activate: bool = False,
        dry_run: bool = False,
        progress: Callable[[operations.register.RegisteredEntity], None] | None = None,
        timeout: timedelta | float | None = None,
    ) -> operations.register.Registration:
        """Register what ``pyflyte package`` or ``pyflyte serialize`` has written.

        Each comes after what it is made of. What is registered already and the same stays as it
        is, so a second time does no harm, and one that was broken off can be begun again.

        Args:
            source: A package (``.tgz``), a folder or a file of them; or ``TaskSpec``,
                ``WorkflowSpec`` and ``LaunchPlan`` as models, flytekit's or messages.
            version: The version of what has none of its own.
            project: The project of what has none of its own, if not the remote's.
            domain: The domain of what has none of its own, if not the remote's.
            destination: The folder in which tasks unpack their code, where a package leaves that
                open.
            activate: Whether to make the launch plans active, so that their schedules run.
            dry_run: Whether to change nothing, and only say what would be new.
            progress: Is called with each one when it is registered.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Returns:
            What is new, and what was there.

        Raises:
            FlyteVersionConflictError: If something else is registered under the same version; what
                differs is in ``differences``.
            FlyteValueError: If there is nothing to register, or a version is missing.
            FlyteCallError: If the server cannot be asked, or does not take something.
            OSError: If a file cannot be read.
            FlyteTimeout: If it takes longer.
        """
        if version is not None:
            named(version, "version of register")
        how = operations.register.How(
            *self._session.place(project, domain), version, destination, activate, dry_run
        )
        return await self._session.within(
            timeout,
            "register",
            partial(operations.register.register, self._session, source, how, progress),
        )

    async def list_projects(self, *, timeout: timedelta | float | None = None) -> list[Project]:
        """All projects that are not archived.

        Args:
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        return await self._session.within(
            timeout, "list_projects", partial(operations.fetch.list_projects, self._session)
        )

    async def list_domains(self, *, timeout: timedelta | float | None = None) -> list[Domain]:
        """The domains that each project has.

        Args:
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        return await self._session.within(
            timeout, "list_domains", partial(operations.fetch.list_domains, self._session)
        )

    async def execute(
        self,
        entity: FlyteLaunchPlan | FlyteTask | FlyteWorkflow | Identifier,
        inputs: Mapping[str, object] | None = None,
        project: str | None = None,
        domain: str | None = None,
        *,
        execution_name: str | None = None,
        execution_name_prefix: str | None = None,
        options: operations.launch.LaunchOptions | None = None,
        wait: bool = False,
        type_hints: Mapping[str, type] | None = None,
        overwrite_cache: bool | None = None,
        interruptible: bool | None = None,
        envs: Mapping[str, str] | None = None,
        tags: Sequence[str] | None = None,
        cluster_pool: str | None = None,
        execution_cluster_label: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> FlyteWorkflowExecution:
        """Run a launch plan, a task or a workflow.

        Asking again does no harm: the execution has its name before the server hears of it. What
        is said of how to run it wins over the same in ``options``.

        Args:
            entity: What to run, or its identifier. A workflow is run by the launch plan of its own
                name and version.
            inputs: Python values by name; files are uploaded. Those with defaults may be left out.
            project: Where to run it, if not in the remote's project.
            domain: Where to run it, if not in the remote's domain.
            execution_name: The name of the execution; by default one that nobody has.
            execution_name_prefix: What that name begins with, before a minus.
            options: How to run it.
            wait: Whether to wait until it is done; see ``wait``.
            type_hints: By output, the Python type that it becomes.
            overwrite_cache: Whether to run tasks whose results are cached, and cache the new ones.
            interruptible: Whether tasks may run on machines that can be taken away.
            envs: Environment variables of its tasks.
            tags: Words to find it by.
            cluster_pool: The pool of clusters that it runs in.
            execution_cluster_label: The label of the clusters that it may run on.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteValueError: If an input is missing, unknown, or not of the declared type; or if
                both a name and a prefix are given.
            FlyteAlreadyExistsError: If there is another execution of this name.
            FlyteCallError: If the server cannot be asked, or refuses.
            FlyteExecutionTimeout: If it takes longer; its ``execution_id`` is what was started by
                then, or may have been.
        """
        place = WorkflowExecutionIdentifier(*self._session.place(project, domain), "")
        launch = operations.launch.launch_of(
            place, _execution_name(execution_name, execution_name_prefix)
        )
        how = operations.launch.with_options(
            options,
            overwrite_cache=overwrite_cache,
            interruptible=interruptible,
            envs=envs,
            tags=tags,
            cluster_pool=cluster_pool,
            execution_cluster_label=execution_cluster_label,
        )
        given = {} if inputs is None else inputs
        limit = Time(timeout)
        execution = await self._session.within(
            limit,
            "execute",
            partial(
                operations.launch.execute, self._session, entity, given, launch, how, type_hints
            ),
            launch.too_late,
        )
        if wait:
            await operations.wait.wait(self._session, execution, limit, None, True, None)
        return execution

    async def sync(
        self,
        execution: E,
        *,
        sync_nodes: bool = False,
        data: bool = True,
        timeout: timedelta | float | None = None,
    ) -> E:
        """Bring an execution up to date.

        What is known to be final is not asked for again.

        Args:
            execution: The execution, which is changed.
            sync_nodes: Whether to bring its nodes, too, and what runs for them at any depth.
            data: Whether to bring inputs, outputs and attempts along, which are several calls for
                each node. Without them come states alone.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Returns:
            The same execution.

        Raises:
            FlyteCallError: If the server cannot be asked. What is wrong with a single node is
                found in the node's ``problem`` instead.
            FlyteTimeout: If it takes longer.
        """
        self._attach(execution, "sync")
        return await operations.sync.sync_within(
            self._session, execution, nodes=sync_nodes, data=data, timeout=timeout
        )

    async def load(self, execution: X, *, timeout: timedelta | float | None = None) -> X:
        """Bring all that an execution of a workflow, node or task would load when touched.

        That is its whole error, its interface, its attempts if it is a node's, and its inputs and
        outputs, wherever they are stored.

        Args:
            execution: The execution, which is changed.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Returns:
            The same execution.

        Raises:
            FlyteDataError: If data exists that cannot be had; what can be is here all the same.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        must_be(execution, RemoteExecutionBase, "load")
        await self._session.within(
            timeout, "load", partial(operations.sync.load, self._session, execution)
        )
        return execution

    async def wait(
        self,
        execution: E,
        timeout: timedelta | float | None = None,
        poll_interval: timedelta | float | None = None,
        sync_nodes: bool = True,
        *,
        progress: ShowProgress = None,
    ) -> E:
        """Wait until an execution is done, then bring all of it.

        A poll is one call, whatever the size of the workflow. A server that is away or in trouble
        is waited for, too, for up to 15 minutes.

        Args:
            execution: The execution, which is changed.
            timeout: How long at most, in seconds or as a timedelta; None waits for ever.
            poll_interval: How often to ask; by default at first every half second, then less often
                the longer it takes, up to 30 s.
            sync_nodes: Whether to bring nodes and data at the end.
            progress: Whether to show how far it is. By default where somebody looks: in notebooks,
                and on terminals as a tree, or in lines without rich. True writes lines elsewhere,
                too, and False nothing. Showing nodes takes another call for each level of them. A
                function is called with the execution after each poll, and when all of it is here.

        Returns:
            The same execution.

        Raises:
            FlyteTimeout: If it is not done, and all of it here, in time.
            FlyteCallError: If the server cannot be asked.
        """
        self._attach(execution, "wait")
        return await operations.wait.wait(
            self._session, execution, timeout, poll_interval, sync_nodes, progress
        )

    def watch(
        self,
        execution: FlyteWorkflowExecution,
        timeout: timedelta | float | None = None,
        poll_interval: timedelta | float | None = None,
        *,
        nodes: bool = True,
    ) -> AsyncIterator[operations.wait.Change]:
        """Every change of phase of an execution and its nodes, until it is done.

        It begins with what there is. A phase that comes and goes between two polls is not seen.

        Args:
            execution: The execution, which is changed.
            timeout: How long at most, in seconds or as a timedelta; None watches for ever.
            poll_interval: How often to ask; by default as ``wait`` does.
            nodes: Whether to watch nodes, too, which is a call more for each level of them.

        Raises:
            FlyteTimeout: If it is not done in time.
            FlyteCallError: If the server cannot be asked.
        """
        self._attach(execution, "watch")
        return operations.wait.watch(self._session, execution, timeout, poll_interval, nodes)

    async def terminate(
        self, execution: ExecutionLike, cause: str, *, timeout: timedelta | float | None = None
    ) -> None:
        """Ask for an execution to end; it is ABORTED when its tasks are gone.

        Args:
            execution: The execution, its identifier or its name.
            cause: Why, for people to read.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteCallError: If the server cannot be asked, or the execution is done.
            FlyteTimeout: If it takes longer.
        """
        id = self._execution_id(execution, "terminate")
        must_be(cause, str, "cause of terminate", "the execution comes first, then the cause")
        await operations.launch.terminate(self._session, id, cause, timeout)

    async def relaunch(
        self,
        execution: ExecutionLike,
        *,
        name: str | None = None,
        overwrite_cache: bool = False,
        timeout: timedelta | float | None = None,
    ) -> FlyteWorkflowExecution:
        """Run the same again, with the same inputs.

        Args:
            execution: The execution, its identifier or its name.
            name: The name of the new one; by default one that nobody has.
            overwrite_cache: Whether to run tasks whose results are cached.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteCallError: If the server cannot be asked, or refuses.
            FlyteExecutionTimeout: If it takes longer; its ``execution_id`` is what was started by
                then, or may have been.
        """
        id = self._execution_id(execution, "relaunch")
        launch = operations.launch.launch_of(id, _new_name(name, "relaunch"))
        return await self._session.within(
            timeout,
            f"relaunch of {label(id)}",
            partial(operations.launch.relaunch, self._session, id, launch, overwrite_cache),
            launch.too_late,
        )

    async def recover(
        self,
        execution: ExecutionLike,
        *,
        name: str | None = None,
        timeout: timedelta | float | None = None,
    ) -> FlyteWorkflowExecution:
        """Run a failed execution again, without the nodes that have succeeded.

        Args:
            execution: The execution, its identifier or its name.
            name: The name of the new one; by default one that nobody has.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteCallError: If the server cannot be asked, or refuses.
            FlyteExecutionTimeout: If it takes longer; its ``execution_id`` is what was started by
                then, or may have been.
        """
        id = self._execution_id(execution, "recover")
        launch = operations.launch.launch_of(id, _new_name(name, "recover"))
        return await self._session.within(
            timeout,
            f"recover of {label(id)}",
            partial(operations.launch.recover, self._session, id, launch),
            launch.too_late,
        )

    async def list_signals(
        self,
        execution: ExecutionLike,
        project: str | None = None,
        domain: str | None = None,
        *,
        filters: Filters = (),
        timeout: timedelta | float | None = None,
    ) -> list[Signal]:
        """What the gates of an execution wait for, or have been given.

        Args:
            execution: The execution, its identifier or its name.
            project: Its project, of a name, if not the remote's.
            domain: Its domain, of a name, if not the remote's.
            filters: What must hold, as in ``list_executions``.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        id = self._execution_id(execution, "list_signals", project, domain)
        return await self._session.within(
            timeout,
            f"list_signals of {label(id)}",
            partial(operations.signals.list_signals, self._session, id, filters),
        )

    async def approve(
        self,
        signal_id: str,
        execution: ExecutionLike,
        project: str | None = None,
        domain: str | None = None,
        *,
        timeout: timedelta | float | None = None,
    ) -> None:
        """Let a gate that waits for approval go on.

        Args:
            signal_id: The name of the signal.
            execution: The execution, its identifier or its name.
            project: Its project, of a name, if not the remote's.
            domain: Its domain, of a name, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteCallError: If the server cannot be asked, or nothing waits for it.
            FlyteTimeout: If it takes longer.
        """
        signal = named(signal_id, "signal_id of approve", _SIGNAL_FIRST)
        id = self._execution_id(execution, "approve", project, domain)
        await self._session.within(
            timeout,
            f"approve of {signal!r}",
            partial(operations.signals.answer, self._session, id, signal, True),
        )

    async def reject(
        self,
        signal_id: str,
        execution: ExecutionLike,
        project: str | None = None,
        domain: str | None = None,
        *,
        timeout: timedelta | float | None = None,
    ) -> None:
        """Let a gate that waits for approval fail.

        Args:
            signal_id: The name of the signal.
            execution: The execution, its identifier or its name.
            project: Its project, of a name, if not the remote's.
            domain: Its domain, of a name, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteCallError: If the server cannot be asked, or nothing waits for it.
            FlyteTimeout: If it takes longer.
        """
        signal = named(signal_id, "signal_id of reject", _SIGNAL_FIRST)
        id = self._execution_id(execution, "reject", project, domain)
        await self._session.within(
            timeout,
            f"reject of {signal!r}",
            partial(operations.signals.answer, self._session, id, signal, False),
        )

    async def set_input(
        self,
        signal_id: str,
        execution: ExecutionLike,
        value: object,
        project: str | None = None,
        domain: str | None = None,
        *,
        timeout: timedelta | float | None = None,
    ) -> None:
        """Give a gate the value that it waits for.

        Args:
            signal_id: The name of the signal.
            execution: The execution, its identifier or its name.
            value: A Python value of the signal's type, or a ``Literal``; files are uploaded.
            project: Its project, of a name, if not the remote's.
            domain: Its domain, of a name, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteAssertion: If nothing waits for it.
            FlyteValueError: If it is not of the signal's type.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        signal = named(signal_id, "signal_id of set_input", _SIGNAL_FIRST)
        id = self._execution_id(execution, "set_input", project, domain)
        await self._session.within(
            timeout,
            f"set_input of {signal!r}",
            partial(operations.signals.set_input, self._session, id, signal, value),
        )

    async def get(self, flyte_uri: str, *, timeout: timedelta | float | None = None) -> object:
        """What is behind a Flyte URL.

        Args:
            flyte_uri: Such as ``flyte://v1/flytesnacks/development/f7a9c2/n0/o/o0``.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Returns:
            A ``LiteralsResolver`` for all inputs or outputs, a value for one of them, and links
            for a deck.

        Raises:
            FlyteCallError: If there is nothing.
            FlyteAssertion: If the node has not come so far, or came to a bad end.
            FlyteDataError: If there is something that cannot be had.
            FlyteTimeout: If it takes longer.
        """
        uri = named(flyte_uri, "flyte_uri of get")
        return await self._session.within(
            timeout, "get", partial(operations.urls.get, self._session, uri)
        )

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
            FlyteCallError: If the server gives no place for it.
            FlyteTimeout: If it takes longer.
        """
        place = self._session.place(project, domain)
        path = Path(path)
        if path.is_dir():
            if filename is not None:
                raise FlyteValueError(f"upload: {path} is a folder, whose files keep their names")
            work = partial(operations.folders.upload_folder, self._session, path, *place)
        else:
            work = partial(operations.uploads.upload, self._session, path, *place, filename)
        return await self._session.within(timeout, f"upload of {path}", work)

    async def download(
        self,
        what: operations.downloads.Handle | str,
        to: str | os.PathLike[str] | None = None,
        *,
        timeout: timedelta | float | None = None,
    ) -> Path:
        """Get a file, a folder or a table to this machine.

        It is read through links that the server signs, or else with the credentials of this
        machine. To list a folder takes the latter.

        Args:
            what: A handle, or where a file is.
            to: The file to write, or a folder to write it into, which is made as needed if this
                ends with a slash; the folder to make of a folder or a table. By default one in a
                new temporary folder, which is yours to remove.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Returns:
            Where it is now. It is there when it is complete.

        Raises:
            FlyteDataError: If it cannot be read in either way, or not be written.
            FlyteValueError: If something is there that cannot be replaced, or it is elsewhere.
            FlyteTimeout: If it takes longer.
        """
        if isinstance(to, str) and "://" in to:
            raise FlyteValueError(
                f"download writes to this machine, not to {public(to)}; what to get comes first"
            )
        kinds = (str, RemoteFile, RemoteDirectory, RemoteTable, RemotePickle)
        must_be(what, kinds, "download", advice("FlyteRemote.download"))
        return await self._session.within(
            timeout, "download", partial(operations.downloads.download, self._session, what, to)
        )

    async def get_execution_metrics(
        self, execution: ExecutionLike, depth: int = 10, *, timeout: timedelta | float | None = None
    ) -> Span:
        """Where the time went: spans of an execution, its nodes and tasks.

        Args:
            execution: The execution, its identifier or its name.
            depth: How many levels.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        id = self._execution_id(execution, "get_execution_metrics")
        return await self._session.within(
            timeout,
            f"get_execution_metrics of {label(id)}",
            partial(operations.metrics.get_execution_metrics, self._session, id, depth),
        )

    def _execution_id(
        self,
        execution: ExecutionLike,
        call: str,
        project: str | None = None,
        domain: str | None = None,
    ) -> WorkflowExecutionIdentifier:
        kinds = (FlyteWorkflowExecution, WorkflowExecutionIdentifier, str)
        must_be(execution, kinds, f"execution of {call}")
        if isinstance(execution, str):
            place = self._session.place(project, domain)
            execution = WorkflowExecutionIdentifier(*place, execution)
        id = execution if isinstance(execution, WorkflowExecutionIdentifier) else execution.id
        named(id.name, f"execution of {call}")
        return id

    def _attach(self, execution: FlyteWorkflowExecution, call: str) -> None:
        hint = "fetch_execution gets one, and its nodes are brought with it"
        must_be(execution, FlyteWorkflowExecution, call, hint)
        attach(execution, self._session.remote)

    def _which(
        self,
        call: str,
        name: str | None,
        project: str | None,
        domain: str | None,
        filters: Filters,
        sort_by: Sort | str | None,
        limit: int | None,
        latest: bool = False,
    ) -> operations.entities.Which:
        if name is not None:
            named(name, f"name of {call}", "None stands for all")
        place = self._session.place(project, domain)
        return operations.entities.Which(*place, name, filters, sort_by, limit, latest)

    async def _launch_plan_id(
        self,
        call: str,
        launch_plan: LaunchPlanLike,
        version: str | None,
        project: str | None,
        domain: str | None,
    ) -> Identifier:
        must_be(launch_plan, (FlyteLaunchPlan, Identifier, str), f"launch_plan of {call}")
        if isinstance(launch_plan, str):
            kind = ResourceType.LAUNCH_PLAN
            return await self._entity_id(kind, launch_plan, version, project, domain, call)
        id = launch_plan if isinstance(launch_plan, Identifier) else launch_plan.id
        if version not in (None, id.version):
            raise FlyteValueError(f"{call}: version {version!r}, or {id.version!r} as it has?")
        return id

    async def _entity_id(
        self,
        kind: ResourceType,
        name: str,
        version: str | None,
        project: str | None,
        domain: str | None,
        call: str | None = None,
    ) -> Identifier:
        call = call or f"fetch_{kind.name.lower()}"
        named(name, f"name of {call}")
        if version is not None:
            named(version, f"version of {call}", "None stands for the newest")
        place = self._session.place(project, domain)
        return await operations.fetch.entity_id(self._session, kind, name, version, *place)


def _execution_name(name: str | None, prefix: str | None) -> str | None:
    if prefix is None:
        return _new_name(name, "execute")
    if name is not None:
        raise FlyteValueError("execute: execution_name or execution_name_prefix? Give one of them")
    return f"{named(prefix, 'execution_name_prefix of execute')}-{new_execution_name()[1:]}"


def _new_name(name: str | None, call: str) -> str | None:
    """The name that an execution is to have; None for one that nobody has."""
    return None if name is None else named(name, f"name of {call}")
