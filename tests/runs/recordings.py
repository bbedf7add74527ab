"""What a real Flyte 2 answered, as it was recorded."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import grpc
from flyteidl2.auth import identity_pb2 as identity
from flyteidl2.cluster import service_pb2 as cluster
from flyteidl2.dataproxy import dataproxy_service_pb2 as dataproxy
from flyteidl2.project import project_service_pb2 as project
from flyteidl2.secret import secret_pb2 as secret
from flyteidl2.task import task_service_pb2 as task
from flyteidl2.trigger import trigger_service_pb2 as trigger
from flyteidl2.workflow import run_service_pb2 as run
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

FOLDER = Path(__file__).parent / "recorded"

METHODS: dict[str, MethodDescriptor] = {
    f"/{service.full_name}/{method.name}": method
    for file in (run, dataproxy, cluster, task, project, trigger, secret, identity)
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}

RUNS = sorted(path.name.partition(".")[0] for path in (FOLDER / "runs").iterdir())
TIMELINES = sorted(path.name.partition(".")[0] for path in (FOLDER / "timelines").iterdir())


class Question(NamedTuple):
    """A call, and what it asks for."""

    method: str
    """``/flyteidl2.workflow.RunService/GetRunDetails``"""
    request: bytes

    @classmethod
    def of(cls, method: str, request: bytes) -> Question:
        """The question that a request asks, however it wants its list to be cut and sorted."""
        message: Any = GetMessageClass(METHODS[method].input_type).FromString(request)
        fields = message.DESCRIPTOR.fields_by_name
        if "request" in fields and fields["request"].message_type.name == "ListRequest":
            filters = list(message.request.filters)
            message.ClearField("request")
            if filters:
                message.request.filters.extend(filters)
        elif METHODS[method].name.startswith("List"):
            message.ClearField("limit")
            message.ClearField("token")
        return cls(method, message.SerializeToString(deterministic=True))

    @property
    def name(self) -> str:
        """``GetRunDetails``"""
        return self.method.rpartition("/")[2]


class Answer(NamedTuple):
    """What the server said: one message, or those of a stream."""

    code: grpc.StatusCode | None
    """None where the server left a stream open."""
    messages: tuple[bytes, ...]
    details: str = ""


@cache
def lines(folder: str, name: str) -> list[dict[str, Any]]:
    """All lines of a recording but its head."""
    with gzip.open(FOLDER / folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file][1:]


@cache
def head(folder: str, name: str) -> dict[str, Any]:
    """What a recording is of."""
    with gzip.open(FOLDER / folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        found: dict[str, Any] = json.loads(file.readline())
    return found


@cache
def expected() -> dict[str, dict[str, Any]]:
    """What the SDK reads of each run."""
    found: dict[str, dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text("utf-8"))
    return found


class Call(NamedTuple):
    """A call and its answer."""

    case: str
    """What it is an example of, in conversations."""
    question: Question
    answer: Answer
    is_by_age: bool
    """Whether it asks for a list in order of age."""


def calls(folder: str, name: str) -> list[Call]:
    """The calls of a recording."""
    found = []
    for line in lines(folder, name):
        if line.get("method") not in METHODS or "request" not in line or "event" in line:
            continue
        request = b64decode(line["request"])
        question = Question.of(line["method"], request)
        case = line.get("case", "")
        found.append(Call(case, question, answer(line), b"created_at" in request))
    return found


def answer(line: dict[str, Any]) -> Answer:
    """What a line says that was answered."""
    code = line.get("code", "OK")
    said = (
        line["messages"] if "messages" in line else [line["response"]] if "response" in line else []
    )
    status = None if code == "CUT" else grpc.StatusCode[code]
    return Answer(status, tuple(map(b64decode, said)), line.get("details", ""))
