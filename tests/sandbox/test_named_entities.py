from __future__ import annotations

import grpc
import pytest

from flytebind.models.admin.common import (
    NamedEntity,
    NamedEntityGetRequest,
    NamedEntityIdentifier,
    NamedEntityListRequest,
    NamedEntityMetadata,
    NamedEntityState,
    NamedEntityUpdateRequest,
    ObjectGetRequest,
    Sort,
)
from flytebind.models.admin.description_entity import (
    Description,
    DescriptionEntity,
    DescriptionEntityListRequest,
    SourceCode,
)
from flytebind.models.core.identifier import ResourceType
from flytebind.sandbox.admin.named_entities import add_name
from tests.sandbox.support import (
    DOMAIN,
    PROJECT,
    Server,
    identifier,
    refused,
    register,
    task_request,
    workflow_request,
)

INVALID = grpc.StatusCode.INVALID_ARGUMENT
ACTIVE, ARCHIVED = NamedEntityState.NAMED_ENTITY_ACTIVE, NamedEntityState.NAMED_ENTITY_ARCHIVED
KINDS = [ResourceType.TASK, ResourceType.WORKFLOW, ResourceType.LAUNCH_PLAN]
TEXT = DescriptionEntity(
    short_description="Squares",
    long_description=Description(value="Squares a *number*"),
    source_code=SourceCode(link="https://example.com/square.py"),
)


def name(text: str) -> NamedEntityIdentifier:
    return NamedEntityIdentifier(PROJECT, DOMAIN, text)


def update(server: Server, kind: ResourceType, of: str, metadata: NamedEntityMetadata) -> None:
    request = NamedEntityUpdateRequest(resource_type=kind, id=name(of), metadata=metadata)
    server.client.update_named_entity(request)


def listed(server: Server, kind: ResourceType, filters: str = "") -> list[str]:
    request = NamedEntityListRequest(
        resource_type=kind,
        project=PROJECT,
        domain=DOMAIN,
        limit=99,
        filters=filters,
        sort_by=Sort(key="name", direction=Sort.Direction.ASCENDING),
    )
    entities = server.client.list_named_entities(request).entities
    return [entity.id.name for entity in entities if entity.id is not None]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_name_can_be_described_and_archived(server: Server, kind: ResourceType) -> None:
    register(server.client)
    (id,) = listed(server, kind)
    request = NamedEntityGetRequest(resource_type=kind, id=name(id))
    blank = NamedEntityMetadata("", ACTIVE)
    fresh = NamedEntity(resource_type=kind, id=name(id), metadata=blank)
    assert server.client.get_named_entity(request).replace(metadata=blank) == fresh
    update(server, kind, id, NamedEntityMetadata("Text", ARCHIVED))
    metadata = server.client.get_named_entity(request).metadata
    assert metadata == NamedEntityMetadata("Text", ARCHIVED)
    assert listed(server, kind, "eq(state,1)") == [id]
    assert listed(server, kind, "eq(state,0)") == []


def test_an_update_keeps_a_description_that_it_leaves_empty(server: Server) -> None:
    register(server.client)
    update(server, ResourceType.TASK, "square", NamedEntityMetadata("Text", ACTIVE))
    update(server, ResourceType.TASK, "square", NamedEntityMetadata("", ARCHIVED))
    request = NamedEntityGetRequest(resource_type=ResourceType.TASK, id=name("square"))
    metadata = server.client.get_named_entity(request).metadata
    assert metadata == NamedEntityMetadata("Text", ARCHIVED)


def test_a_name_has_one_row_whatever_its_versions(server: Server) -> None:
    for version in ("v1", "v2"):
        server.client.create_task(task_request("square", version))
    server.client.create_task(task_request("cube"))
    assert listed(server, ResourceType.TASK) == ["cube", "square"]
    assert listed(server, ResourceType.TASK, "contains(name,qua)") == ["square"]


def test_a_new_version_leaves_an_archived_name_archived(server: Server) -> None:
    server.client.create_task(task_request("square"))
    update(server, ResourceType.TASK, "square", NamedEntityMetadata("", ARCHIVED))
    server.client.create_task(task_request("square", "v2"))
    assert listed(server, ResourceType.TASK, "eq(state,1)") == ["square"]


def test_workflows_that_the_system_made_are_not_listed(server: Server) -> None:
    register(server.client)
    made = identifier(ResourceType.WORKFLOW, ".flytegen.square")
    add_name(server.store, made, NamedEntityState.SYSTEM_GENERATED)
    assert listed(server, ResourceType.WORKFLOW) == ["flow"]


def test_names_are_listed_in_pages(server: Server) -> None:
    for id in ("a", "b", "c"):
        server.client.create_task(task_request(id))
    request = NamedEntityListRequest(
        resource_type=ResourceType.TASK, project=PROJECT, domain=DOMAIN, limit=2
    )
    first = server.client.list_named_entities(request)
    second = server.client.list_named_entities(request.replace(token=first.token))
    assert (len(first.entities), first.token) == (2, "2")
    assert (len(second.entities), second.token) == (1, "")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"project": ""}, "project"),
        ({"domain": ""}, "domain"),
        ({"resource_type": ResourceType.UNSPECIFIED}, "resource_type"),
        ({"resource_type": ResourceType.DATASET}, "resource_type"),
        ({"limit": 0}, "limit"),
        ({"token": "x"}, "token"),
        ({"filters": "eq(nothing,1)"}, "nothing"),
    ],
)
def test_a_list_names_what_is_wrong_with_its_request(
    server: Server, changes: dict[str, str | int], word: str
) -> None:
    good = {"resource_type": "TASK", "project": PROJECT, "domain": DOMAIN, "limit": 9}
    request = NamedEntityListRequest.from_dict({**good, **changes})
    with refused(INVALID, word):
        server.client.list_named_entities(request)


def test_unknown_and_incomplete_names_are_refused(server: Server) -> None:
    kind = ResourceType.TASK
    get, set = server.client.get_named_entity, server.client.update_named_entity
    with refused(grpc.StatusCode.NOT_FOUND, "ghost"):
        get(NamedEntityGetRequest(resource_type=kind, id=name("ghost")))
    with refused(grpc.StatusCode.NOT_FOUND, "ghost"):
        update(server, kind, "ghost", NamedEntityMetadata("", ACTIVE))
    with refused(INVALID, "name"):
        get(NamedEntityGetRequest(resource_type=kind, id=name("")))
    with refused(INVALID, "id"):
        get(NamedEntityGetRequest(resource_type=kind))
    server.client.create_task(task_request("square"))
    with refused(INVALID, "metadata"):
        set(NamedEntityUpdateRequest(resource_type=kind, id=name("square")))
    with refused(INVALID, "state"):
        update(server, kind, "square", NamedEntityMetadata("", NamedEntityState(9)))


# Description entities


def test_descriptions_come_with_tasks_and_workflows(server: Server) -> None:
    task = task_request("square")
    assert task.spec is not None
    server.client.create_task(task.replace(spec=task.spec.replace(docs=TEXT)))
    workflow = workflow_request("flow")
    assert workflow.spec is not None
    server.client.create_workflow(workflow.replace(spec=workflow.spec.replace(docs=TEXT)))
    for id in (task.id, workflow.id):
        assert id is not None
        shown = server.client.get_description_entity(ObjectGetRequest(id=id))
        assert shown == TEXT.replace(id=id)
    assert server.client.get_task(ObjectGetRequest(id=task.id)).short_description == "Squares"
    flow = server.client.get_workflow(ObjectGetRequest(id=workflow.id))
    assert flow.short_description == "Squares"


def test_descriptions_are_listed_by_name(server: Server) -> None:
    for version in ("v1", "v2"):
        task = task_request("square", version)
        assert task.spec is not None
        server.client.create_task(task.replace(spec=task.spec.replace(docs=TEXT)))
    request = DescriptionEntityListRequest(
        resource_type=ResourceType.TASK, id=name("square"), limit=1
    )
    first = server.client.list_description_entities(request)
    second = server.client.list_description_entities(request.replace(token=first.token))
    versions = [
        entity.id.version
        for page in (first, second)
        for entity in page.descriptionEntities
        if entity.id is not None
    ]
    assert versions == ["v1", "v2"]
    workflows = request.replace(resource_type=ResourceType.WORKFLOW)
    assert server.client.list_description_entities(workflows).descriptionEntities == []
    for bad, word in (
        (request.replace(id=None), "id"),
        (request.replace(id=name("")), "name"),
        (request.replace(limit=0), "limit"),
        (request.replace(resource_type=None), "resource_type"),
    ):
        with refused(INVALID, word):
            server.client.list_description_entities(bad)


def test_a_version_without_a_description_has_none(server: Server) -> None:
    server.client.create_task(task_request("square"))
    id = identifier(ResourceType.TASK, "square")
    with refused(grpc.StatusCode.NOT_FOUND, "square"):
        server.client.get_description_entity(ObjectGetRequest(id=id))
    with refused(INVALID, "resource_type"):
        unspecified = id.replace(resource_type=ResourceType.UNSPECIFIED)
        server.client.get_description_entity(ObjectGetRequest(id=unspecified))
    with refused(INVALID, "version"):
        server.client.get_description_entity(ObjectGetRequest(id=id.replace(version="")))
