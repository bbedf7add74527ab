"""Descriptions that came with tasks and workflows."""

from __future__ import annotations

import grpc

from flytebind.models.admin.common import ObjectGetRequest
from flytebind.models.admin.description_entity import (
    DescriptionEntity,
    DescriptionEntityList,
    DescriptionEntityListRequest,
)
from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox.admin.checks import check_identifier, check_name, invalid, required, show
from flytebind.sandbox.admin.part import Part
from flytebind.sandbox.admin.resources import key
from flytebind.sandbox.store import Store
from flytebind.sandbox.store.tables import DESCRIPTION_ENTITIES


class DescriptionEntities(Part):
    """Shows descriptions; they are stored with the task or workflow, and never change."""

    def get_description_entity(
        self, request: ObjectGetRequest, context: grpc.ServicerContext
    ) -> DescriptionEntity:
        """Show the description of one version."""
        id = required(request.id, "id")
        _check_kind(id.resource_type)
        check_identifier(id)
        row = self.store.find(DESCRIPTION_ENTITIES, resource_type=int(id.resource_type), **key(id))
        if row is None:
            raise StatusError(grpc.StatusCode.NOT_FOUND, f"{show(id)} has no description")
        return DescriptionEntity.from_bytes(row["model"])

    def list_description_entities(
        self, request: DescriptionEntityListRequest, context: grpc.ServicerContext
    ) -> DescriptionEntityList:
        """Show the descriptions of the versions of a name."""
        id = check_name(request.id)
        page = self.store.page(
            DESCRIPTION_ENTITIES,
            limit=request.limit,
            token=request.token,
            filters=request.filters,
            sort_by=request.sort_by,
            resource_type=int(_check_kind(request.resource_type)),
            project=id.project,
            domain=id.domain,
            name=required(id.name, "name"),
        )
        return DescriptionEntityList(
            descriptionEntities=[DescriptionEntity.from_bytes(row["model"]) for row in page.rows],
            token=page.token,
        )


def add_description(store: Store, id: Identifier, description: DescriptionEntity) -> None:
    """Store the description that a new version brought."""
    store.insert(
        DESCRIPTION_ENTITIES,
        {
            "resource_type": int(id.resource_type),
            **key(id),
            "short_description": description.short_description,
            "model": description.replace(id=id).to_bytes(),
        },
    )


def _check_kind(kind: ResourceType) -> ResourceType:
    if kind == ResourceType.UNSPECIFIED or not kind.is_recognized:
        invalid("invalid value for resource_type")
    return kind
