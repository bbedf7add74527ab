"""Data that a real server has, and what becomes of it when it cannot be read."""

from __future__ import annotations

import grpc
import pytest

from flytebind.remote import FlyteDataError
from tests.real.recordings import Answer
from tests.real.server import RecordedServer
from tests.remote.conftest import Face
from tests.remote.values import samples as s
from tests.remote.values.samples import inside

#: It takes no inputs, and gives a float.
NAME = "f05265ad51ace5e92000"


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
