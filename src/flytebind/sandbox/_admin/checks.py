"""What admin checks in every request before it looks anything up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import NoReturn, TypeVar

import grpc
from flyteidl.admin.common_pb2 import Notification
from google.protobuf.timestamp_pb2 import Timestamp

from flytebind.models.admin.common import NamedEntityIdentifier
from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._admin.phases import TERMINAL_WORKFLOW

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


def moment(time: Timestamp) -> datetime:
    """A time, to the microsecond.

    Raises:
        OverflowError: If it is outside of the years 1 to 9999.
        ValueError: If its nanoseconds are more than a second has, or less than none.
    """
    if not 0 <= time.nanos < 1_000_000_000:  # which protobuf 4 does not look at
        raise ValueError(time.nanos)
    return time.ToDatetime(timezone.utc)


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


def filled(id: Identifier | None, kind: ResourceType) -> Identifier:
    """An identifier as ``check_identifier`` wants it, whose kind may be left out.

    Raises:
        StatusError: INVALID_ARGUMENT, naming the part.
    """
    id = required(id, "id")
    if id.resource_type is ResourceType.UNSPECIFIED:
        id = id.replace(resource_type=kind)
    return check_identifier(id, kind)


def of_kind(id: Identifier | None, kind: ResourceType) -> Identifier:
    """An identifier where nobody looks at the kind, nor whether all parts are there."""
    if id is None:
        return Identifier(kind, "", "", "", "")
    return id.replace(resource_type=kind)


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


def check_notifications(notifications: Iterable[Notification]) -> None:
    """Notifications of ends, to somebody.

    Raises:
        StatusError: INVALID_ARGUMENT, saying what is missing.
    """
    for notification in notifications:
        if any(phase not in TERMINAL_WORKFLOW for phase in notification.phases):
            invalid("invalid value for phase: notifications tell of ends only")
        kind = notification.WhichOneof("type")
        if kind is None:
            invalid("invalid value for notification type")
        recipients = list(getattr(notification, kind).recipients_email)
        if not recipients:
            invalid("missing recipients")
        if "" in recipients:
            invalid("missing recipient")


def show(id: Identifier) -> str:
    """An identifier in a message, in the words of flyteadmin, which scripts look for."""
    parts = f'project:"{id.project}" domain:"{id.domain}" name:"{id.name}" version:"{id.version}"'
    return f"{id.resource_type.name} with identifier {parts}"
