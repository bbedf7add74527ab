"""The recordings: calls in the order in which a real server got them, and what it answered."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import grpc
from flyteidl.service import admin_pb2, auth_pb2, dataproxy_pb2, identity_pb2, signal_pb2
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc.status_pb2 import Status

RECORDED = Path(__file__).parents[2] / "real" / "recorded"
FILES = sorted(
    str(path.relative_to(RECORDED)).removesuffix(".jsonl.gz")
    for folder in ("calls", "registration")
    for path in (RECORDED / folder).rglob("*.jsonl.gz")
)
_DETAILS = "grpc-status-details-bin"
_SERVICES = {
    service.full_name: service
    for file in (admin_pb2, auth_pb2, dataproxy_pb2, identity_pb2, signal_pb2)
    for service in file.DESCRIPTOR.services_by_name.values()
}


@dataclass
class Answer:
    """What a server said to a call."""

    code: str
    response: Any = None
    """None where it was refused."""
    details: list[Any] = field(default_factory=list)


@dataclass
class Row:
    """One call of a recording."""

    label: str
    method: str
    """As ``/package.Service/Method``."""
    request: bytes
    answer: Answer

    @property
    def case(self) -> str:
        """The run of calls that it belongs to; each begins on an empty server."""
        return self.label.partition(" ")[0]

    @property
    def rpc(self) -> str:
        """The method without its service."""
        return self.method.rpartition("/")[2]


@cache
def method(path: str) -> MethodDescriptor:
    """The descriptor of ``/package.Service/Method``."""
    service, _, name = path[1:].rpartition("/")
    found: MethodDescriptor = _SERVICES[service].methods_by_name[name]
    return found


def parse_request(row: Row) -> Message:
    """The message that was sent."""
    return GetMessageClass(method(row.method).input_type).FromString(row.request)


def parse_response(path: str, data: bytes) -> Message:
    """An answer of a method."""
    return GetMessageClass(method(path).output_type).FromString(data)


def parse_details(trailing: list[tuple[str, bytes]]) -> list[Message]:
    """The details of a status, one message each."""
    found = []
    for key, value in trailing:
        if key == _DETAILS:
            for detail in Status.FromString(value).details:
                name = detail.TypeName()
                message = descriptor_pool.Default().FindMessageTypeByName(name)
                found.append(GetMessageClass(message).FromString(detail.value))
    return found


def read(file: str) -> Iterator[Row]:
    """The calls of a recording."""
    with gzip.open(RECORDED / f"{file}.jsonl.gz", "rt") as lines:
        for line in lines:
            yield _row(json.loads(line))


def cases(file: str) -> Iterator[list[Row]]:
    """The calls of a recording, case by case."""
    for _, rows in groupby(read(file), key=lambda row: row.case):
        yield list(rows)


def _row(raw: dict[str, Any]) -> Row:
    path = raw["method"]
    trailing = [(key, b64decode(value)) for key, value in raw.get("trailing", ())]
    answer = Answer(raw["code"], details=parse_details(trailing))
    if "response" in raw:
        answer.response = parse_response(path, b64decode(raw["response"]))
    return Row(raw.get("label", "registration"), path, b64decode(raw["request"]), answer)


def ask(channel: grpc.Channel, path: str, request: bytes) -> tuple[str, bytes, list[Message]]:
    """Send a call: its code, the bytes of its answer, the details of its status."""
    call: Any = channel.unary_unary(path)
    try:
        return "OK", call(request, timeout=30), []
    except grpc.RpcError as error:
        status: Any = error
        return status.code().name, b"", parse_details(status.trailing_metadata())
