"""Data that are gone, or never were: what a real server says then, and what that means."""

from __future__ import annotations

import grpc
import pytest
from flyteidl.admin.execution_pb2 import WorkflowExecutionGetDataRequest
from flyteidl.admin.node_execution_pb2 import NodeExecutionGetDataRequest
from flyteidl.core.execution_pb2 import NodeExecution
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.service.dataproxy_pb2 import (
    CreateDownloadLocationRequest,
    CreateDownloadLocationResponse,
)

from flytebind.remote import FlyteDataError, FlyteRemote, FlyteWorkflowExecution
from tests.real import recordings
from tests.real.recordings import Answer, Question
from tests.real.server import RecordedServer
from tests.remote.conftest import Face

GONE = "s3://my-s3-bucket/h3/none.pb"
DATA = "/flyteidl.service.AdminService/GetExecutionData"
NODE_DATA = "/flyteidl.service.AdminService/GetNodeExecutionData"
DOWNLOAD = "/flyteidl.service.DataProxyService/CreateDownloadLocation"
RUNNING = NodeExecution.RUNNING


@pytest.fixture
def gone(server: RecordedServer) -> str:
    """An execution that has succeeded, and whose outputs were removed afterwards."""
    server.add(recordings.rows("conversations", "missing_outputs"))
    return "f7c8ce4837ce0fac85b0"


def test_an_execution_whose_outputs_are_gone_is_whole_all_the_same(
    server: RecordedServer, face: Face, gone: str
) -> None:
    execution = face.fetch_execution(gone)
    face.wait(execution, timeout=60)
    assert execution.is_successful
    assert [node.phase.name for node in execution.node_executions.values()] == ["SUCCEEDED"]
    assert "SUCCEEDED" in str(execution.tree())
    server.calls.clear()
    face.sync(execution, sync_nodes=True)
    assert server.counts() == {}


def test_touching_what_is_gone_says_so(server: RecordedServer, face: Face, gone: str) -> None:
    execution = face.fetch_execution(gone)
    face.sync(execution, sync_nodes=True)
    node = execution.node_executions["n0"]
    server.calls.clear()
    for part in (execution, node):
        for _ in range(2):
            with pytest.raises(FlyteDataError, match=f"outputs of .* are gone: there is no {GONE}"):
                _ = part.outputs
    # The server gives out both or none, and does not say where it keeps inputs of executions.
    with pytest.raises(FlyteDataError, match=f"not give out the inputs of .*{GONE}"):
        _ = execution.inputs
    assert isinstance(node.problem, FlyteDataError)
    assert "are gone" in str(execution.tree())
    assert server.calls == []


def test_inputs_of_a_node_whose_outputs_are_gone_are_read_where_they_are_kept(
    server: RecordedServer, face: Face, gone: str
) -> None:
    execution = face.fetch_execution(gone)
    face.sync(execution, sync_nodes=True)
    node = execution.node_executions["n0"]
    kept = LiteralMap()
    kept.literals["x"].scalar.primitive.integer = 7
    server.put("/kept", kept.SerializeToString())
    request = CreateDownloadLocationRequest(native_url=node.input_uri)
    question = Question.of(DOWNLOAD, request.SerializeToString())
    location = CreateDownloadLocationResponse(signed_url=f"{server.store}/kept")
    server.instead[question] = _answer(location.SerializeToString())
    if face.is_async:
        with pytest.raises(FlyteDataError, match="are gone"):
            face.load(node)  # outputs are
    assert dict(node.inputs) == {"x": 7}
    assert server.fetched == ["/kept"]


def test_what_is_gone_is_said_of_what_was_loaded_late(
    server: RecordedServer, remote: FlyteRemote, gone: str
) -> None:
    execution = remote.fetch_execution(gone).sync(sync_nodes=True, data=False)
    for part in (execution, execution.node_executions["n0"]):
        with pytest.raises(FlyteDataError, match=f"are gone: there is no {GONE}"):
            _ = part.outputs


def test_what_is_not_there_yet_is_asked_for_again(
    server: RecordedServer, remote: FlyteRemote
) -> None:
    name = "f51d62f0d8c43e8e3355"
    server.moments[name] = _while_running(name, "n0")
    execution = remote.fetch_execution(name)
    question = _data_of(execution, "n0")
    server.instead[question] = _missing("s3://my-s3-bucket/inputs.pb")
    execution.sync(sync_nodes=True)
    server.instead.clear()
    node = execution.node_executions["n0"]
    assert not node.is_done
    execution.sync(sync_nodes=True)
    assert node.problem is None
    assert node.inputs["s"] == 60


def test_outputs_of_no_bytes_are_damaged_if_some_are_declared(
    server: RecordedServer, face: Face
) -> None:
    execution = face.fetch_execution("f33cf600663c01f591b6")
    for question in (_data_of(execution, "flowsadd"), _data_of(execution)):
        data = server.answer(question).read(question.method)
        data.ClearField("full_outputs")
        data.outputs.bytes = 0
        server.instead[question] = _answer(data.SerializeToString())
    face.sync(execution, sync_nodes=True)
    for part in (execution, execution.node_executions["flowsadd"]):
        assert part.inputs["b"] == 2
        with pytest.raises(FlyteDataError, match=r"outputs of .* are damaged"):
            _ = part.outputs


def test_other_trouble_is_no_missing_file(server: RecordedServer, remote: FlyteRemote) -> None:
    execution = remote.fetch_execution("f33cf600663c01f591b6")
    question = _data_of(execution, "flowsadd")
    server.instead[question] = Answer(grpc.StatusCode.PERMISSION_DENIED, b"", "not you", (), 0)
    node = execution.sync(sync_nodes=True).node_executions["flowsadd"]
    assert not isinstance(node.problem, FlyteDataError)
    assert node.problem is not None
    server.instead.clear()
    execution.sync(sync_nodes=True)
    assert node.problem is None
    assert node.outputs["o0"] == 22


def _data_of(execution: FlyteWorkflowExecution, node: str = "") -> Question:
    id = execution.id.to_pb()
    if not node:
        return Question.of(DATA, WorkflowExecutionGetDataRequest(id=id).SerializeToString())
    request = NodeExecutionGetDataRequest()
    request.id.execution_id.CopyFrom(id)
    request.id.node_id = node
    return Question.of(NODE_DATA, request.SerializeToString())


def _answer(response: bytes) -> Answer:
    return Answer(grpc.StatusCode.OK, response, "", (), 0)


def _missing(uri: str) -> Answer:
    details = f"failed to get object size for {uri} with NotFound: Not Found\n\tstatus code: 404"
    return Answer(grpc.StatusCode.INTERNAL, b"", details, (), 0)


def _while_running(name: str, node: str) -> int:
    """A moment of a timeline at which a node is running."""
    for row in recordings.rows("timelines", name):
        if row.question.name == "ListNodeExecutions":
            listed = row.answer.read(row.question.method).node_executions
            if any(each.id.node_id == node and each.closure.phase == RUNNING for each in listed):
                return row.answer.at
    raise AssertionError(f"{node} of {name} never runs")
