"""Names of tasks, workflows and launch plans, with what holds for all their versions."""

from __future__ import annotations

import grpc

from flytebind.models.admin.common import (
    NamedEntity,
    NamedEntityGetRequest,
    NamedEntityIdentifier,
    NamedEntityList,
    NamedEntityListRequest,
    NamedEntityMetadata,
    NamedEntityState,
    NamedEntityUpdateRequest,
    NamedEntityUpdateResponse,
)
from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._admin.checks import check_name, invalid, required
from flytebind.sandbox._admin.part import Part
from flytebind.sandbox._store import Row, Store, Value
from flytebind.sandbox._store.tables import NAMED_ENTITIES

#: Marks the names of workflows and launch plans that are made up around a task.
GENERATED = ".flytegen."
_MAX_DESCRIPTION = 300
_KINDS = (ResourceType.TASK, ResourceType.WORKFLOW, ResourceType.LAUNCH_PLAN)


class NamedEntities(Part):
    """Descriptions and states of names.

    A name gets its row with its first version, so that a list is one query over rows that exist.
    """

    def get_named_entity(
        self, request: NamedEntityGetRequest, context: grpc.ServicerContext
    ) -> NamedEntity:
        """Show a name with its description and state."""
        return _show(self._find(request.resource_type, request.id))

    def update_named_entity(
        self, request: NamedEntityUpdateRequest, context: grpc.ServicerContext
    ) -> NamedEntityUpdateResponse:
        """An empty description stays as it is; the state never does."""
        with self.store.transaction():
            row = self._find(request.resource_type, request.id)
            metadata = required(request.metadata, "metadata")
            if len(metadata.description) > _MAX_DESCRIPTION:
                message = f"the description is longer than {_MAX_DESCRIPTION} characters"
                raise StatusError(grpc.StatusCode.UNKNOWN, message)
            self.store.update(
                NAMED_ENTITIES,
                row["id"],
                {
                    "description": metadata.description or row["description"],
                    "state": int(metadata.state),
                },
            )
        return NamedEntityUpdateResponse()

    def list_named_entities(
        self, request: NamedEntityListRequest, context: grpc.ServicerContext
    ) -> NamedEntityList:
        """Names that the system made for single tasks are left out, unless there is a filter.

        As with flyteadmin a filter sees one page's names alone, so that pages may be short.
        """
        project = required(request.project, "project")
        domain = required(request.domain, "domain")
        kind = _check_kind(request.resource_type)
        if request.sort_by is not None and request.sort_by.key in ("description", "state"):
            message = f"names cannot be sorted by {request.sort_by.key}"
            raise StatusError(grpc.StatusCode.UNKNOWN, message)
        page = self.store.page_first(
            NAMED_ENTITIES,
            limit=request.limit,
            token=request.token,
            filters=request.filters or f"not_like(name,{GENERATED}%)",
            sort_by=request.sort_by,
            resource_type=int(kind),
            project=project,
            domain=domain,
        )
        return NamedEntityList(entities=[_show(row) for row in page.rows], token=page.token)

    def _find(self, kind: ResourceType, id: NamedEntityIdentifier | None) -> Row:
        kind = _check_kind(kind)
        id = check_name(id)
        row = self.store.find(
            NAMED_ENTITIES,
            resource_type=int(kind),
            project=id.project,
            domain=id.domain,
            name=id.name,
        )
        if row is None:
            raise StatusError(
                grpc.StatusCode.NOT_FOUND,
                f"{kind.name} {id.project}:{id.domain}:{id.name} not found",
            )
        return row


def add_name(store: Store, id: Identifier) -> None:
    """Let a name exist; called with each new version. A name that exists stays as it is."""
    name: dict[str, Value] = {
        "resource_type": int(id.resource_type),
        "project": id.project,
        "domain": id.domain,
        "name": id.name,
    }
    if store.find(NAMED_ENTITIES, **name) is None:
        store.insert(NAMED_ENTITIES, name)


def mark_generated(store: Store, id: Identifier) -> None:
    """Let a name be one that the system has made."""
    row = store.find(
        NAMED_ENTITIES,
        resource_type=int(id.resource_type),
        project=id.project,
        domain=id.domain,
        name=id.name,
    )
    if row is not None:
        state = int(NamedEntityState.SYSTEM_GENERATED)
        store.update(NAMED_ENTITIES, row["id"], {"state": state})


def _check_kind(kind: ResourceType) -> ResourceType:
    if kind not in _KINDS:
        invalid(f"invalid value for resource_type: {kind.name.lower()}")
    return kind


def _show(row: Row) -> NamedEntity:
    return NamedEntity(
        resource_type=ResourceType(row["resource_type"]),
        id=NamedEntityIdentifier(row["project"], row["domain"], row["name"]),
        metadata=NamedEntityMetadata(
            description=row["description"] or "", state=NamedEntityState(row["state"])
        ),
    )
