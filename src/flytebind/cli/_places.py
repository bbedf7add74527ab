"""The commands that show projects and domains, and what is said where there is no such one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flytebind.cli._connect import connect
from flytebind.cli._exits import DONE, CommandError
from flytebind.cli._options import Call
from flytebind.cli._printing import Column, print_document, print_fields, print_rows, print_table
from flytebind.models.admin.project import Project, ProjectGetRequest
from flytebind.remote import FlyteNotFoundError, FlyteRemote
from flytebind.runtime.fields import did_you_mean

_COLUMNS: Mapping[str, Column[Project]] = {
    "id": lambda project: project.id,
    "name": lambda project: project.name,
    "about": lambda project: project.description,
    "domains": lambda project: ", ".join(each.id for each in project.domains),
    "labels": lambda project: _labels(project),
}


def list_projects(call: Call, *, columns: str | None) -> int:
    """List projects."""
    with connect(call) as (remote, _):
        projects = remote.list_projects()
    shown = ("id", "name", "about")
    print_table(call, projects, _COLUMNS, shown, columns, lambda project: project.id)
    return DONE


def get_project(call: Call, *, name: str) -> int:
    """Print a project."""
    with connect(call) as (remote, _):
        try:
            project = remote.admin.get_project(ProjectGetRequest(id=name))
        except FlyteNotFoundError:
            raise _no_project(name, {each.id for each in remote.list_projects()}) from None
    if call.is_for_people:
        state = "" if project.state == Project.ProjectState.ACTIVE else project.state.name.lower()
        fields = {name: column(project) for name, column in _COLUMNS.items()}
        print_fields({"project": fields.pop("id"), **fields, "state": state})
    else:
        print_document(call, project, name=project.id)
    return DONE


def list_domains(call: Call) -> int:
    """List domains."""
    with connect(call) as (remote, _):
        domains = remote.list_domains()
    if call.is_for_people:
        print_rows(call, [{"id": each.id, "name": each.name} for each in domains], name="id")
    else:
        print_document(call, domains, name="\n".join(each.id for each in domains))
    return DONE


def check_place(remote: FlyteRemote, project: str, domain: str) -> None:
    """Say so if there is nothing since there is no such project or domain.

    Raises:
        CommandError: If that is so.
    """
    projects = {each.id: each for each in remote.list_projects()}
    if project not in projects:
        raise _no_project(project, projects.keys())
    domains = [each.id for each in projects[project].domains]
    if domain not in domains:
        hint = did_you_mean(domain, domains) or f": there are {', '.join(domains)}"
        raise CommandError(f"project {project!r} has no domain {domain!r}{hint}")


def _no_project(name: str, known: Iterable[str]) -> CommandError:
    hint = did_you_mean(name, known) or "; `flytebind project list` shows them"
    return CommandError(f"there is no project {name!r}{hint}")


def _labels(project: Project) -> str:
    values = project.labels.values if project.labels is not None else {}
    return ", ".join(f"{key}={value}" for key, value in sorted(values.items()))
