"""The commands that show what can be run, and those that make launch plans active."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from flytebind.cli._connect import connect, place
from flytebind.cli._exits import DONE, CommandError
from flytebind.cli._options import Call
from flytebind.cli._places import check_place
from flytebind.cli._printing import Column, open_page, print_document, print_table, say_what_is_left
from flytebind.looks._entity_card import timing
from flytebind.looks._labels import label
from flytebind.looks._words import harmless, moment
from flytebind.remote import (
    FlyteLaunchPlan,
    FlyteNotFoundError,
    FlyteRemote,
    FlyteTask,
    FlyteWorkflow,
)
from flytebind.runtime.fields import did_you_mean

E = TypeVar("E", bound=FlyteTask | FlyteWorkflow | FlyteLaunchPlan)

#: Among so many names one is looked for that somebody may have meant.
_MOST_NAMES = 1000

_COLUMNS: Mapping[str, Column[FlyteTask | FlyteWorkflow | FlyteLaunchPlan]] = {
    "name": lambda entity: entity.name,
    "version": lambda entity: entity.id.version,
    "registered": lambda entity: moment(entity.created_at),
    "inputs": lambda entity: ", ".join(f"{name}: {it}" for name, it in entity.inputs.items()),
    "about": lambda entity: entity.description,
}


@dataclass(frozen=True)
class _Kind(Generic[E]):
    """The commands of one kind of what can be run."""

    name: str
    """``launch-plan``"""
    listing: Callable[[FlyteRemote], Callable[..., Iterator[E]]]
    names: Callable[[FlyteRemote], Callable[..., Iterator[str]]]
    fetching: Callable[[FlyteRemote], Callable[..., E]]
    columns: Mapping[str, Column[E]]
    shown: Sequence[str]
    """The columns that most people want."""

    def list(
        self,
        call: Call,
        *,
        name: str | None,
        versions: bool,
        filter: Sequence[str],
        sort: str | None,
        limit: int,
        columns: str | None,
    ) -> int:
        """List them: each once, or all versions."""
        return self.list_those(call, name, versions, filter, sort, limit, columns, active=False)

    def list_those(
        self,
        call: Call,
        name: str | None,
        versions: bool,
        filter: Sequence[str],
        sort: str | None,
        limit: int,
        columns: str | None,
        *,
        active: bool,
    ) -> int:
        """The same, or only those that are active."""
        only_active: dict[str, bool] = {"active": True} if active else {}
        with connect(call) as (remote, config):
            project, domain = place(config)
            found = [
                *self.listing(remote)(
                    name,
                    latest=not (versions or name or sort or active),
                    project=project,
                    domain=domain,
                    filters=filter,
                    sort_by=sort,
                    limit=limit + 1,
                    **only_active,
                )
            ]
            if not found:
                check_place(remote, project, domain)
                if name is not None and not (filter or active):
                    raise self._nobody(remote, name, project, domain)
        print_table(
            call, found[:limit], self.columns, self.shown, columns, lambda row: label(row.id)
        )
        say_what_is_left(call, len(found), limit)
        return DONE

    def get(self, call: Call, *, name: str, version: str | None, web: bool) -> int:
        """Print one of them, its inputs and its outputs."""
        return self.get_that(call, name, version, web, active=False)

    def get_that(
        self, call: Call, name: str, version: str | None, web: bool, *, active: bool
    ) -> int:
        """The same, or the version that is active."""
        only_active: dict[str, bool] = {"active": True} if active else {}
        with self.one(call, name, version) as (remote, name, version, project, domain):
            fetch = self.fetching(remote)
            entity = fetch(name, version, project=project, domain=domain, **only_active)
        if web:
            return open_page(entity.console_url)
        if call.is_for_people:
            print(entity.card())
        else:
            print_document(call, entity, name=label(entity.id))
        return DONE

    @contextmanager
    def one(
        self, call: Call, name: str, version: str | None
    ) -> Iterator[tuple[FlyteRemote, str, str | None, str, str]]:
        """The remote, and the name, version, project and domain that a command is about."""
        parts = name.split("/")
        is_whole = len(parts) == 4 and all(parts)  # as -o name prints it
        if is_whole and version not in (None, parts[3]):
            raise CommandError(f"which version: {parts[3]!r} or {version!r}?")
        with connect(call) as (remote, config):
            if is_whole:
                project, domain, name, version = parts
            else:
                project, domain = place(config)
            try:
                yield remote, name, version, project, domain
            except FlyteNotFoundError as error:
                known = list(self.names(remote)(project=project, domain=domain, limit=_MOST_NAMES))
                if name in known:
                    hint = f"; `flytebind {self.name} list {name}` shows its versions"
                    raise CommandError(f"{error}{hint}") from None
                raise self._nobody(remote, name, project, domain, known) from None

    def _nobody(
        self,
        remote: FlyteRemote,
        name: str,
        project: str,
        domain: str,
        known: Sequence[str] | None = None,
    ) -> CommandError:
        """What to say where there is nothing of a name."""
        if known is None:
            known = list(self.names(remote)(project=project, domain=domain, limit=_MOST_NAMES))
        check_place(remote, project, domain)
        hint = did_you_mean(name, known) or f"; `flytebind {self.name} list` shows what there is"
        what = self.name.replace("-", " ")
        return CommandError(f"{project}/{domain} has no {what} {name!r}{hint}")


_TASK = _Kind[FlyteTask](
    "task",
    lambda remote: remote.list_tasks,
    lambda remote: remote.list_task_names,
    lambda remote: remote.fetch_task,
    {**_COLUMNS, "type": lambda task: task.type},
    ("name", "version", "registered", "type"),
)
_WORKFLOW = _Kind[FlyteWorkflow](
    "workflow",
    lambda remote: remote.list_workflows,
    lambda remote: remote.list_workflow_names,
    lambda remote: remote.fetch_workflow,
    _COLUMNS,
    ("name", "version", "registered", "about"),
)
_LAUNCH_PLAN = _Kind[FlyteLaunchPlan](
    "launch-plan",
    lambda remote: remote.list_launch_plans,
    lambda remote: remote.list_launch_plan_names,
    lambda remote: remote.fetch_launch_plan,
    {
        **_COLUMNS,
        "state": lambda plan: "active" if plan.is_active else "inactive",
        "schedule": lambda plan: "" if plan.schedule is None else timing(plan.schedule),
        "workflow": lambda plan: plan.workflow_id.name,
    },
    ("name", "version", "registered", "state", "schedule"),
)

list_tasks, get_task = _TASK.list, _TASK.get
list_workflows, get_workflow = _WORKFLOW.list, _WORKFLOW.get


def list_launch_plans(
    call: Call,
    *,
    name: str | None,
    versions: bool,
    active: bool,
    filter: Sequence[str],
    sort: str | None,
    limit: int,
    columns: str | None,
) -> int:
    """List launch plans: each once, all versions, or those that are active."""
    return _LAUNCH_PLAN.list_those(
        call, name, versions, filter, sort, limit, columns, active=active
    )


def get_launch_plan(call: Call, *, name: str, version: str | None, active: bool, web: bool) -> int:
    """Print a launch plan, its inputs and its outputs."""
    return _LAUNCH_PLAN.get_that(call, name, version, web, active=active)


def activate(call: Call, *, name: str, version: str | None) -> int:
    """Make a version of a launch plan the active one."""
    with _LAUNCH_PLAN.one(call, name, version) as (remote, name, version, project, domain):
        plan = remote.activate_launch_plan(name, version, project=project, domain=domain)
    return _told(call, plan)


def deactivate(call: Call, *, name: str, version: str | None) -> int:
    """Make a launch plan inactive."""
    with _LAUNCH_PLAN.one(call, name, version) as (remote, name, version, project, domain):
        plan = remote.deactivate_launch_plan(name, version, project=project, domain=domain)
    return _told(call, plan)


def _told(call: Call, plan: FlyteLaunchPlan) -> int:
    if not call.is_for_people:
        print_document(call, plan, name=label(plan.id))
    elif not call.quiet:
        state = "active" if plan.is_active else "inactive"
        when = f", {timing(plan.schedule)}" if plan.is_active and plan.schedule else ""
        print(harmless(f"{label(plan.id)} is {state}{when}"))
    return DONE
