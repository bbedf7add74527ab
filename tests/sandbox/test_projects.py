from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import grpc

from flytebind.models.admin.project import (
    Project,
    ProjectListRequest,
    ProjectRegisterRequest,
)
from flytebind.models.admin.version import GetVersionRequest
from flytebind.runtime import __version__
from tests.sandbox.support import PROJECT, Server


def add(server: Server, id: str, name: str = "A name") -> None:
    server.client.register_project(ProjectRegisterRequest(project=Project(id, name, "")))


def ids(projects: Sequence[Project]) -> list[str]:
    return [project.id for project in projects]


def test_the_projects_of_the_settings_exist_from_the_start(server: Server) -> None:
    assert ids(server.client.list_projects(ProjectListRequest(limit=10)).projects) == [PROJECT]


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


def test_the_version_is_the_one_that_clients_should_take_it_for(server: Server) -> None:
    version = server.client.get_version(GetVersionRequest()).control_plane_version
    assert version is not None
    assert (version.Build, version.Version) == (f"flytebind {__version__}", "v1.16.8+sandbox")
