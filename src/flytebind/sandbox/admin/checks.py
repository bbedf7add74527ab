"""What admin checks in every request before it looks anything up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NoReturn, TypeVar

import grpc

from flytebind.models.admin.common import NamedEntityIdentifier
from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.runtime.rpc import StatusError

T = TypeVar("T")

_LABEL_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_DNS_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_MAX_LABELS = 16


def invalid(message: str) -> NoReturn:
    """End the call with INVALID_ARGUMENT."""
    raise StatusError(grpc.StatusCode.INVALID_ARGUMENT, message)


def required(value: T | None, field: str) -> T:
    """The value, which must be there and, if it is a text or a list, not be empty.

    Raises:
        StatusError: INVALID_ARGUMENT, naming the field.
    """
    if value is None or value in ("", b""):
        invalid(f"missing {field}")
    return value


def check_identifier(id: Identifier | None, kind: ResourceType | None = None) -> Identifier:
    """An identifier with every part; of the given kind, or of any that is known.

    Raises:
        StatusError: INVALID_ARGUMENT, naming the part.
    """
    id = required(id, "id")
    if kind is not None and id.resource_type != kind:
        invalid(
            f"unexpected resource_type {id.resource_type.name.lower()} in the id: "
            f"expected {kind.name.lower()}"
        )
    for field in ("project", "domain", "name", "version"):
        required(getattr(id, field), field)
    return id


def check_name(id: NamedEntityIdentifier | None, *fields: str) -> NamedEntityIdentifier:
    """The id of all versions of something, with the given parts, or all of them.

    Raises:
        StatusError: INVALID_ARGUMENT, naming the part.
    """
    id = required(id, "id")
    for field in fields or ("project", "domain", "name"):
        required(getattr(id, field), field)
    return id


def check_labels(labels: Mapping[str, str]) -> None:
    """Labels as Kubernetes takes them, and at most 16.

    Raises:
        StatusError: INVALID_ARGUMENT, naming the label.
    """
    if len(labels) > _MAX_LABELS:
        invalid(f"labels: {len(labels)} entries, at most {_MAX_LABELS} are allowed")
    for key, value in labels.items():
        prefix, slash, name = key.rpartition("/")
        if not _LABEL_NAME.fullmatch(name) or (
            slash and (len(prefix) > 253 or not _DNS_NAME.fullmatch(prefix))
        ):
            invalid(f"labels: {key!r} is not a label's key")
        if value and not _LABEL_NAME.fullmatch(value):
            invalid(f"labels: {value!r} is not a label's value")


def show(id: Identifier) -> str:
    """An identifier in a message."""
    parts = (id.project, id.domain, id.name, id.version)
    return f"{id.resource_type.name.lower()} {':'.join(parts)}"
