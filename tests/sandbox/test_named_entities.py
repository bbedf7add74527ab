from __future__ import annotations

from flytebind.models.admin.common import (
    NamedEntityIdentifier,
    NamedEntityListRequest,
    NamedEntityMetadata,
    NamedEntityState,
    NamedEntityUpdateRequest,
    Sort,
)
from flytebind.models.core.identifier import ResourceType
from tests.sandbox.support import (
    DOMAIN,
    PROJECT,
    Server,
    task_request,
)

ACTIVE, ARCHIVED = NamedEntityState.NAMED_ENTITY_ACTIVE, NamedEntityState.NAMED_ENTITY_ARCHIVED


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


# Description entities
