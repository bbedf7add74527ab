"""What tasks, workflows and launch plans have in common: names with versions."""

from __future__ import annotations

import hashlib

import grpc
from google.protobuf.message import Message

from flytebind.models.admin.common import (
    NamedEntityIdentifier,
    NamedEntityIdentifierList,
    NamedEntityIdentifierListRequest,
    ResourceListRequest,
)
from flytebind.models.core.identifier import Identifier
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._admin.checks import check_name, required, show
from flytebind.sandbox._store import Page, Row, Store, Table
from flytebind.sandbox._store.tables import LAUNCH_PLANS


def key(id: Identifier) -> dict[str, str]:
    """The columns that make a version unique."""
    return {"project": id.project, "domain": id.domain, "name": id.name, "version": id.version}


def get_version(store: Store, table: Table, id: Identifier) -> Row:
    """The row of one version.

    Raises:
        StatusError: NOT_FOUND, naming the id.
    """
    row = store.find(table, **key(id))
    if row is None:
        raise StatusError(grpc.StatusCode.NOT_FOUND, f"missing entity of type {show(id)}")
    return row


def list_versions(store: Store, table: Table, request: ResourceListRequest) -> Page:
    """A page of the versions of a name, or of all names in a project and domain."""
    id = check_name(request.id, "project", "domain")
    where = {"project": id.project, "domain": id.domain}
    if id.name:
        where["name"] = id.name
    return store.page(
        table,
        limit=request.limit,
        token=request.token,
        filters=request.filters,
        sort_by=request.sort_by,
        **where,
    )


def list_names(
    store: Store, table: Table, request: NamedEntityIdentifierListRequest
) -> NamedEntityIdentifierList:
    """A page of the names in a project and domain, each once. Filters are not looked at."""
    scope = {"project": request.project, "domain": request.domain}
    if table is LAUNCH_PLANS:  # asks for neither
        scope = {part: value for part, value in scope.items() if value}
    for part, value in scope.items():
        required(value, part)
    page = store.distinct(
        table,
        ("project", "domain", "name"),
        limit=request.limit,
        token=request.token,
        sort_by=request.sort_by,
        **scope,
    )
    return NamedEntityIdentifierList(
        entities=[
            NamedEntityIdentifier(row["project"], row["domain"], row["name"]) for row in page.rows
        ],
        token=page.token,
    )


def digest(message: Message) -> bytes:
    """A digest that is equal for equal messages: a repeated registration has the same one."""
    return hashlib.sha256(message.SerializeToString(deterministic=True)).digest()
