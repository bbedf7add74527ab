from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from flytebind.models.admin.common import Labels, Sort
from flytebind.models.admin.project import (
    Domain,
    GetDomainRequest,
    InactiveProject,
    Project,
    ProjectGetRequest,
    ProjectListRequest,
    ProjectRegisterRequest,
)
from flytebind.models.admin.version import GetVersionRequest
from flytebind.runtime import __version__
from flytebind.runtime.rpc import status_details
from tests.sandbox.support import PROJECT, Server, refused, task_request

INVALID = grpc.StatusCode.INVALID_ARGUMENT
ARCHIVED = Project.ProjectState.ARCHIVED


def add(server: Server, id: str, name: str = "A name") -> None:
    server.client.register_project(ProjectRegisterRequest(project=Project(id, name, "")))


def ids(projects: Sequence[Project]) -> list[str]:
    return [project.id for project in projects]


def test_a_new_project_is_shown_with_the_domains_that_all_have(server: Server) -> None:
    labels = Labels({"team": "ml"})
    project = Project(id="vision", name="Vision", description="Sees", labels=labels)
    server.client.register_project(ProjectRegisterRequest(project=project))
    shown = server.client.get_project(ProjectGetRequest(id="vision"))
    domains = [
        Domain(id="development", name="Development"),
        Domain(id="staging", name="Staging"),
        Domain(id="production", name="Production"),
    ]
    assert shown == project.replace(domains=domains)
    assert server.client.get_domains(GetDomainRequest()).domains == domains


def test_the_projects_of_the_settings_exist_from_the_start(server: Server) -> None:
    assert ids(server.client.list_projects(ProjectListRequest(limit=10)).projects) == [PROJECT]


@pytest.mark.parametrize(
    ("project", "field"),
    [
        (Project("a", "", ""), "project_name"),
        (Project("", "A", ""), "project_id"),
        (Project("No_Label", "A", ""), "project_id"),
        (Project("a" * 64, "A", ""), "project_id"),
        (Project("a", "A" * 65, ""), "project_name"),
        (Project("a", "A", "x" * 301), "project_description"),
        (Project("a", "A", "", domains=[Domain("development", "")]), "domains"),
        (Project("a", "A", "", labels=Labels({"no key": "x"})), "labels"),
        (Project("a", "A", "", labels=Labels({"key": "no value"})), "labels"),
        (Project("a", "A", "", labels=Labels({"-bad.example/key": "x"})), "labels"),
        (Project("a", "A", "", labels=Labels({f"k{i}": "x" for i in range(17)})), "labels"),
        (Project("a", "A", "", Project.ProjectState(17)), "project_state"),
        (None, "project"),
    ],
)
def test_a_bad_project_is_refused_by_the_name_of_its_field(
    server: Server, project: Project | None, field: str
) -> None:
    with refused(INVALID, field):
        server.client.register_project(ProjectRegisterRequest(project=project))
    assert ids(server.client.list_projects(ProjectListRequest(limit=10)).projects) == [PROJECT]


def test_labels_may_have_a_prefix(server: Server) -> None:
    labels = Labels({"example.com/team": "", "a": "b_c.d"})
    project = Project("labelled", "L", "", labels=labels)
    server.client.register_project(ProjectRegisterRequest(project=project))
    assert server.client.get_project(ProjectGetRequest(id="labelled")).labels == labels


def test_one_of_many_concurrent_registrations_wins(server: Server) -> None:
    def code(_: int) -> grpc.StatusCode:
        try:
            add(server, "race")
        except grpc.RpcError as error:
            return error.code()
        return grpc.StatusCode.OK

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(code, range(16)))
    assert sorted(codes, key=str) == sorted(
        [grpc.StatusCode.OK] + [grpc.StatusCode.ALREADY_EXISTS] * 15, key=str
    )


def test_an_update_keeps_texts_that_it_leaves_empty_but_not_the_state(server: Server) -> None:
    project = Project(id="p", name="Name", description="Text", labels=Labels({"a": "b"}))
    server.client.register_project(ProjectRegisterRequest(project=project))
    server.client.update_project(Project("p", "", "New", ARCHIVED))
    shown = server.client.get_project(ProjectGetRequest(id="p"))
    assert shown.replace(domains=None) == project.replace(description="New", state=ARCHIVED)
    server.client.update_project(Project("p", "", ""))
    assert server.client.get_project(ProjectGetRequest(id="p")).state == Project.ProjectState.ACTIVE


def test_unknown_projects_are_not_found(server: Server) -> None:
    with refused(grpc.StatusCode.NOT_FOUND, "ghost"):
        server.client.get_project(ProjectGetRequest(id="ghost"))
    with refused(grpc.StatusCode.NOT_FOUND, "ghost"):
        server.client.update_project(Project("ghost", "x", ""))


def test_archived_projects_show_only_in_filtered_lists(server: Server) -> None:
    add(server, "old")
    server.client.update_project(Project("old", "", "", ARCHIVED))
    listed = server.client.list_projects
    assert ids(listed(ProjectListRequest(limit=10)).projects) == [PROJECT]
    assert ids(listed(ProjectListRequest(limit=10, filters="eq(state,1)")).projects) == ["old"]


def test_projects_are_listed_by_id_page_by_page(server: Server) -> None:
    for id in ("zebra", "ant", "bee"):
        add(server, id)
    first = server.client.list_projects(ProjectListRequest(limit=2))
    second = server.client.list_projects(ProjectListRequest(limit=2, token=first.token))
    third = server.client.list_projects(ProjectListRequest(limit=2, token=second.token))
    assert (ids(first.projects), first.token) == (["ant", "bee"], "2")
    assert (ids(second.projects), second.token) == ([PROJECT, "zebra"], "4")
    assert (ids(third.projects), third.token) == ([], "")
    everything = server.client.list_projects(ProjectListRequest())
    assert (len(everything.projects), everything.token) == (4, "")


def test_a_list_of_projects_can_be_sorted(server: Server) -> None:
    add(server, "ant", name="Z")
    descending = Sort(key="name", direction=Sort.Direction.DESCENDING)
    projects = server.client.list_projects(ProjectListRequest(limit=9, sort_by=descending)).projects
    assert ids(projects) == [PROJECT, "ant"]


@pytest.mark.parametrize(
    "request_",
    [
        ProjectListRequest(limit=1, token="x"),
        ProjectListRequest(limit=1, filters="eq(nothing,1)"),
        ProjectListRequest(limit=1, sort_by=Sort("nothing", Sort.Direction.DESCENDING)),
    ],
)
def test_a_list_refuses_what_it_cannot_read(server: Server, request_: ProjectListRequest) -> None:
    with refused(INVALID):
        server.client.list_projects(request_)


def test_nothing_is_created_in_an_archived_project(server: Server) -> None:
    server.client.update_project(Project(PROJECT, "", "", ARCHIVED))
    with pytest.raises(grpc.RpcError) as caught:
        server.client.create_task(task_request("t"))
    assert caught.value.code() == INVALID
    (detail,) = status_details(caught.value)
    assert detail.unpack(InactiveProject) == InactiveProject(id=PROJECT)


def test_the_version_is_the_one_that_clients_should_take_it_for(server: Server) -> None:
    version = server.client.get_version(GetVersionRequest()).control_plane_version
    assert version is not None
    assert (version.Build, version.Version) == (f"flytebind {__version__}", "v1.16.8+sandbox")
