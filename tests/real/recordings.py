"""What a real Flyte answered, as it was recorded: rows of calls, and what lay behind links."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import grpc
from flyteidl.service import admin_pb2, dataproxy_pb2, signal_pb2
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

FOLDER = Path(__file__).parent / "recorded"

_SERVICES = {
    service.full_name: service
    for file in (admin_pb2, dataproxy_pb2, signal_pb2)
    for service in file.DESCRIPTOR.services_by_name.values()
}
#: What chooses among rows of a list. Recorded lists are whole.
_CHOICES = ("limit", "token", "sort_by", "filters")

EXECUTIONS = sorted(path.name.partition(".")[0] for path in (FOLDER / "executions").iterdir())
TIMELINES = sorted(
    name
    for path in (FOLDER / "timelines").iterdir()
    if (name := path.name.partition(".")[0]) != "entities"
)


class Question(NamedTuple):
    """A call, and what it asks for."""

    method: str
    """``/flyteidl.service.AdminService/GetExecution``"""
    request: bytes

    @classmethod
    def of(cls, method: str, request: bytes) -> Question:
        """The question that a request asks, however it wants its list to be cut."""
        message = request_type(method).FromString(request)
        for name in _CHOICES:
            if name in message.DESCRIPTOR.fields_by_name:
                message.ClearField(name)
        return cls(method, message.SerializeToString(deterministic=True))

    def read(self) -> Any:
        """The request as plain protobuf."""
        return request_type(self.method).FromString(self.request)

    @property
    def name(self) -> str:
        """``GetExecution``"""
        return self.method.rpartition("/")[2]


@dataclass(frozen=True)
class Answer:
    """What the server said, and when in the order of its timeline."""

    code: grpc.StatusCode
    response: bytes
    details: str
    trailing: tuple[tuple[str, bytes], ...]
    at: int

    def read(self, method: str) -> Any:
        """The answer as plain protobuf."""
        return response_type(method).FromString(self.response)


class Row(NamedTuple):
    """A call and its answer."""

    label: str
    question: Question
    answer: Answer


def request_type(method: str) -> type[Message]:
    """The class of a method's requests."""
    return GetMessageClass(_method(method).input_type)


def response_type(method: str) -> type[Message]:
    """The class of a method's answers."""
    return GetMessageClass(_method(method).output_type)


def methods() -> list[str]:
    """All methods of the services that were recorded."""
    return [f"/{name}/{each.name}" for name, it in _SERVICES.items() for each in it.methods]


def rows(kind: str, name: str) -> Iterator[Row]:
    """The calls of one recording: ``rows("executions", "f05265ad51ace5e92000")``."""
    for line in _lines(kind, name):
        if "method" in line:
            answer = Answer(
                grpc.StatusCode[line.get("code", "OK")],
                b64decode(line.get("response", "")),
                line.get("details", ""),
                tuple((key, b64decode(value)) for key, value in line.get("trailing", ())),
                line.get("at", 0),
            )
            question = Question.of(line["method"], b64decode(line["request"]))
            yield Row(line.get("label", ""), question, answer)


def blobs(name: str) -> dict[str, bytes | None]:
    """By path, what lay behind the links of an execution; None where nothing did."""
    return {
        "/" + line["link"].split("/", 3)[3]: _blob(line["blob"]) if "blob" in line else None
        for line in _lines("executions", name)
        if "link" in line
    }


def exchanges(store: str) -> list[dict[str, Any]]:
    """What was sent to a store, and what it answered: see the README beside the recordings."""
    return _lines("stores", store)


def expected() -> dict[str, Any]:
    """What flytekit read of each execution."""
    found: dict[str, Any] = json.loads((FOLDER / "expected.json").read_bytes())
    return found


def _method(path: str) -> Any:
    service, _, name = path[1:].partition("/")
    return _SERVICES[service].methods_by_name[name]


@cache
def _lines(kind: str, name: str) -> list[dict[str, Any]]:
    text = gzip.decompress((FOLDER / kind / f"{name}.jsonl.gz").read_bytes())
    return [json.loads(line) for line in text.splitlines()]


def _blob(name: str) -> bytes:
    return gzip.decompress((FOLDER / "blobs" / f"{name}.gz").read_bytes())
