"""Descriptions that came with tasks and workflows."""

from __future__ import annotations

import grpc

from flytebind.models.admin.common import ObjectGetRequest
from flytebind.models.admin.description_entity import (
    DescriptionEntity,
    DescriptionEntityList,
    DescriptionEntityListRequest,
)
from flytebind.models.core.identifier import Identifier
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._admin.checks import check_identifier, check_name, required, show
from flytebind.sandbox._admin.part import Part
from flytebind.sandbox._admin.resources import key
from flytebind.sandbox._store import Store
from flytebind.sandbox._store.tables import DESCRIPTION_ENTITIES


class DescriptionEntities(Part):
    """Shows descriptions; they are stored with the task or workflow, and never change."""

    def get_description_entity(
        self, request: ObjectGetRequest, context: grpc.ServicerContext
    ) -> DescriptionEntity:
        """Show the description of one version; the kind in the id is not looked at."""
        id = check_identifier(request.id)
        row = self.store.find(
            DESCRIPTION_ENTITIES, resource_type=int(id.resource_type), **key(id)
        ) or self.store.find(DESCRIPTION_ENTITIES, **key(id))
        if row is None:
            raise StatusError(grpc.StatusCode.NOT_FOUND, f"{show(id)} has no description")
        return DescriptionEntity.from_bytes(row["model"])

    def list_description_entities(
        self, request: DescriptionEntityListRequest, context: grpc.ServicerContext
    ) -> DescriptionEntityList:
        """Show the descriptions of the versions of a name, of whatever kind."""
        id = check_name(request.id)
        page = self.store.page(
            DESCRIPTION_ENTITIES,
            limit=request.limit,
            token=request.token,
            filters=request.filters,
            sort_by=request.sort_by,
            project=id.project,
            domain=id.domain,
            name=required(id.name, "name"),
        )
        return DescriptionEntityList(
            descriptionEntities=[DescriptionEntity.from_bytes(row["model"]) for row in page.rows],
            token=page.token,
        )


def add_description(store: Store, id: Identifier, description: DescriptionEntity) -> None:
    """Store the description that a new version brought, without its tags."""
    kept = description.replace(id=id.replace(org="")).to_pb()
    kept.ClearField("tags")
    kept.long_description.SetInParent()
    kept.source_code.SetInParent()
    store.insert(
        DESCRIPTION_ENTITIES,
        {
            "resource_type": int(id.resource_type),
            **key(id),
            "short_description": description.short_description,
            "model": kept.SerializeToString(),
        },
    )
