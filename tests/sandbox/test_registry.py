from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import grpc

from flytebind.models.admin.common import (
    NamedEntityIdentifier,
    ObjectGetRequest,
    ResourceListRequest,
    Sort,
)
from tests.sandbox.support import (
    DOMAIN,
    PROJECT,
    Server,
    refused,
    task_node,
    task_request,
    workflow_request,
)

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOON = datetime(2026, 1, 2, 12, 0, 0, 250_000, tzinfo=timezone.utc)
HERE = NamedEntityIdentifier(PROJECT, DOMAIN)


# Tasks


def test_a_task_comes_back_compiled_and_with_the_time_of_the_clock(server: Server) -> None:
    server.clock.freeze(NOON)
    request = task_request("square")
    server.client.create_task(request)
    assert request.id is not None
    task = server.client.get_task(ObjectGetRequest(id=request.id))
    assert task.id == request.id
    assert task.closure is not None
    assert task.closure.created_at == NOON
    assert request.spec is not None
    assert request.spec.template is not None
    template = task.closure.to_pb().compiled_task.template
    expected = request.spec.template.to_pb()
    expected.id.CopyFrom(request.id.to_pb())
    assert template == expected


def test_one_of_many_concurrent_registrations_wins(server: Server) -> None:
    def code(number: int) -> grpc.StatusCode:
        try:
            server.client.create_task(task_request("t", image=f"python:{number % 2}"))
        except grpc.RpcError as error:
            return error.code()
        return grpc.StatusCode.OK

    with ThreadPoolExecutor(8) as pool:
        codes = Counter(pool.map(code, range(16)))
    assert codes == {
        grpc.StatusCode.OK: 1,
        grpc.StatusCode.ALREADY_EXISTS: 7,
        INVALID: 8,
    }


def test_tasks_are_listed_by_place_or_by_name_in_pages(server: Server) -> None:
    for name, version in (("a", "v1"), ("a", "v2"), ("b", "v1")):
        server.client.create_task(task_request(name, version))

    def listed(request: ResourceListRequest) -> tuple[list[str], str]:
        page = server.client.list_tasks(request)
        ids = [task.id for task in page.tasks if task.id is not None]
        return [f"{id.name}:{id.version}" for id in ids], page.token

    assert listed(ResourceListRequest(id=HERE, limit=9)) == (["a:v1", "a:v2", "b:v1"], "")
    assert listed(ResourceListRequest(id=HERE, limit=2)) == (["a:v1", "a:v2"], "2")
    assert listed(ResourceListRequest(id=HERE, limit=2, token="2")) == (["b:v1"], "")
    named = NamedEntityIdentifier(PROJECT, DOMAIN, "a")
    newest = Sort(key="version", direction=Sort.Direction.DESCENDING)
    assert listed(ResourceListRequest(id=named, limit=9, sort_by=newest)) == (["a:v2", "a:v1"], "")
    matching = ResourceListRequest(id=HERE, limit=9, filters="contains(name,b)+eq(version,v1)")
    assert listed(matching) == (["b:v1"], "")
    elsewhere = NamedEntityIdentifier(PROJECT, "staging")
    assert listed(ResourceListRequest(id=elsewhere, limit=9)) == ([], "")


# Workflows


def test_all_reasons_are_told_at_once(server: Server) -> None:
    nodes = [task_node("n0", "ghost"), task_node("n1", "spook")]
    with refused(INVALID, "ghost", "spook"):
        server.client.create_workflow(workflow_request("broken", *nodes))
