"""Data that a real server has, and what becomes of it when it cannot be read."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from flyteidl.service import dataproxy_pb2

from flytebind.remote import FlyteDataError, FlyteInvalidInputError
from tests.real import recordings
from tests.real.recordings import Answer, Question
from tests.real.server import RecordedServer
from tests.remote.conftest import DOMAIN, PROJECT, Face
from tests.values import samples as s
from tests.values.samples import inside

NAME = "f05265ad51ace5e92000"
GET_DATA = "/flyteidl.service.DataProxyService/GetData"


def instead(server: RecordedServer, method: str, response: bytes) -> None:
    """Answer all calls of a method with something else."""
    for question in [*server.known(method)]:
        server.instead[question] = Answer(grpc.StatusCode.OK, response, "", (), 0)


def deep(lists: int) -> bytes:
    data = s.integer(1).to_bytes()
    for _ in range(lists):
        data = inside(2, inside(1, data))
    return inside(1, inside(1, b"o0") + inside(2, data))


def test_an_answer_that_nests_too_deeply_loses_the_data_alone(
    server: RecordedServer, face: Face
) -> None:
    instead(server, "GetExecutionData", inside(4, deep(60)))  # full_outputs
    execution = face.fetch_execution(NAME)
    face.wait(execution)
    assert execution.is_successful
    assert execution.node_executions["n0"].outputs
    expected = f"GetExecutionData of .*/{NAME}: the answer nests 125 messages"
    with pytest.raises(FlyteDataError, match=expected):
        face.load(execution)
    if not face.is_async:
        with pytest.raises(FlyteDataError, match=expected):
            _ = execution.outputs


@pytest.mark.parametrize("method", ["GetNodeExecutionData", "GetTaskExecutionData"])
def test_a_node_whose_data_nest_too_deeply_has_a_problem(
    server: RecordedServer, face: Face, method: str
) -> None:
    instead(server, method, inside(4, deep(60)))
    execution = face.fetch_execution(NAME)
    face.sync(execution, sync_nodes=True)
    assert execution.outputs
    if method == "GetNodeExecutionData":
        assert "nests 125 messages" in str(execution.node_executions["n0"].problem)


@pytest.mark.parametrize("garbage", [b"\xff\xff", b"\x0a\x05abc"])
def test_an_answer_that_is_none_is_said_at_once(
    server: RecordedServer, face: Face, garbage: bytes
) -> None:
    instead(server, "GetExecution", garbage)
    expected = f"^GetExecution of .*/{NAME}: the answer is no Execution$"
    with pytest.raises(FlyteDataError, match=expected):
        face.fetch_execution(NAME)
    assert server.counts() == {"GetExecution": 1}


#: One task, which gives ``o0``.
SIMPLE = "f419aad608c5c646e939"


def url(name: str, rest: str) -> str:
    return f"flyte://v1/{PROJECT}/{DOMAIN}/{name}/{rest}"


def answers_without_data(server: RecordedServer, name: str) -> None:
    """Answer about one's Flyte URLs as was recorded of files of 3 MB, and of damaged ones."""
    for row in recordings.rows("conversations", "get_data"):
        if not row.label.startswith("get_data 3 MB"):
            continue
        asked = dataproxy_pb2.GetDataRequest.FromString(row.question.request)
        asked.flyte_url = url(name, asked.flyte_url.split("/", 6)[6])
        question = Question.of(row.question.method, asked.SerializeToString())
        server.instead[question] = row.answer
    server.inlines = False  # data are behind links


def test_what_the_server_has_not_read_is_read_behind_its_link(
    server: RecordedServer, face: Face
) -> None:
    answers_without_data(server, SIMPLE)
    execution = face.fetch_execution(SIMPLE)
    face.sync(execution, sync_nodes=True)
    node = execution.node_executions["n0"]
    face.load(node)
    assert node.outputs
    for rest in ("n0/o", "n0/0/o"):
        assert face.get(url(SIMPLE, rest)) == node.outputs
    assert face.get(url(SIMPLE, "n0/o/o0")) == node.outputs["o0"]


@pytest.mark.parametrize("damage", [b"", b"\xff" * 9])
def test_what_is_damaged_is_said_and_not_read_as_nothing(
    server: RecordedServer, face: Face, damage: bytes
) -> None:
    answers_without_data(server, SIMPLE)

    def break_outputs(question: Question, message: Any) -> None:
        if question.name in ("GetNodeExecutionData", "GetTaskExecutionData"):
            message.outputs.url, message.outputs.bytes = f"{server.store}/damaged", len(damage)
            message.ClearField("full_outputs")

    server.rewrite = break_outputs
    server.put("/damaged", damage)
    for rest in ("n0/o", "n0/0/o", "n0/o/o0"):
        with pytest.raises(FlyteDataError, match=r"outputs of .*(is no LiteralMap|are damaged)"):
            face.get(url(SIMPLE, rest))


def test_a_name_that_is_not_there_is_the_error_of_the_server(
    server: RecordedServer, face: Face
) -> None:
    answers_without_data(server, SIMPLE)
    asked = dataproxy_pb2.GetDataRequest(flyte_url=url(SIMPLE, "n0/o/o9"))
    question = Question.of(GET_DATA, asked.SerializeToString())
    details = "name [o9] not found in node execution"
    server.instead[question] = Answer(grpc.StatusCode.INVALID_ARGUMENT, b"", details, (), 0)
    with pytest.raises(FlyteInvalidInputError, match=r"name \[o9\] not found"):
        face.get(url(SIMPLE, "n0/o/o9"))


def test_what_is_gone_is_said_to_be_gone(server: RecordedServer, face: Face) -> None:
    execution = face.fetch_execution(SIMPLE)
    face.sync(execution, sync_nodes=True)
    uri = execution.node_executions["n0"].closure.output_uri
    rows = recordings.rows("conversations", "get_data")
    gone = next(row for row in rows if row.label == "get_data gone n0/o").answer
    details = gone.details.replace("s3://my-s3-bucket/h3/none.pb", uri)
    asked = dataproxy_pb2.GetDataRequest(flyte_url=url(SIMPLE, "n0/o"))
    for question in (
        Question.of(GET_DATA, asked.SerializeToString()),
        *server.known("GetNodeExecutionData"),
    ):
        server.instead[question] = Answer(grpc.StatusCode.INTERNAL, b"", details, (), 0)
    with pytest.raises(FlyteDataError, match=f"are gone: there is no {uri}"):
        face.get(url(SIMPLE, "n0/o"))
