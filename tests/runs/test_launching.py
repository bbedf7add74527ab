"""Runs are started, ended and signalled, and what the server would let pass is refused."""

from __future__ import annotations

import pickle
import threading
from pathlib import Path
from typing import Any

import grpc
import pytest
from flyteidl2.dataproxy.dataproxy_service_pb2 import UploadInputsResponse
from flyteidl2.task.task_service_pb2 import GetTaskDetailsResponse
from flyteidl2.workflow.run_definition_pb2 import Run
from flyteidl2.workflow.run_service_pb2 import (
    AbortRunResponse,
    CreateRunResponse,
    GetActionDetailsResponse,
    GetRunDetailsResponse,
    SignalEventResponse,
)
from google.protobuf.message import Message

from flytebind.remote import (
    FlyteAlreadyExistsError,
    FlyteAssertion,
    FlyteNotFoundError,
    FlyteTimeout,
    FlyteValueError,
)
from flytebind.runs import Flyte2Remote, FlyteRunTimeout, RunOptions
from flytebind.v2.models.common.identifier import ActionIdentifier, RunIdentifier
from tests.remote.conftest import Face
from tests.runs.recordings import Answer, Question, calls, expected
from tests.runs.server import RecordedServer
from tools.documents import blocks_in
from tools.written import ROOT

SQUARE = "rec.square"


def ok(message: Message) -> Answer:
    """An answer that went well."""
    return Answer(grpc.StatusCode.OK, (message.SerializeToString(),))


def said(case: str, talk: str = "create_run") -> Answer:
    """What was answered in a case of a conversation."""
    return next(call.answer for call in calls("talks", talk) if call.case == case)


def know_versions(server: RecordedServer) -> None:
    """Have it tell which versions of the task there are, w2 the newest."""
    server.instead["ListVersions"] = said("versions page 1", "tasks")
    newest = GetTaskDetailsResponse.FromString(said("get the first", "tasks").messages[0])
    newest.details.task_id.version = "w2"
    server.instead["GetTaskDetails"] = ok(newest)


@pytest.fixture
def server(server: RecordedServer) -> RecordedServer:
    """One that makes any run, stores any inputs, and knows no run by a name that is asked for."""

    def made(question: Question) -> Answer:
        asked = server.asked("CreateRun")[-1]
        run = Run()
        run.action.id.run.CopyFrom(asked.run_id)
        run.action.id.name = "a0"
        run.action.status.phase = 1
        return ok(CreateRunResponse(run=run))

    server.instead["CreateRun"] = made
    stored = UploadInputsResponse()
    stored.offloaded_input_data.uri, stored.offloaded_input_data.inputs_hash = "s3://in", "h"
    server.instead["UploadInputs"] = ok(stored)
    return server


def test_run_stores_its_inputs_and_names_the_run_itself(face: Face, server: RecordedServer) -> None:
    options = RunOptions(labels={"team": "a"}, envs={"LEVEL": "1"}, interruptible=False)
    run = face.run(SQUARE, {"x": 4}, version="v1", options=options)
    [stored], [created] = server.asked("UploadInputs"), server.asked("CreateRun")
    assert [
        (each.name, each.value.scalar.primitive.integer) for each in stored.inputs.literals
    ] == [("x", 4)]
    assert created.offloaded_input_data.uri == "s3://in"
    assert created.task_id.version == "v1"
    assert created.run_id.name == stored.run_id.name == run.name
    assert dict(created.run_spec.labels.values) == {"team": "a"}
    assert [(each.key, each.value) for each in created.run_spec.envs.values] == [("LEVEL", "1")]
    assert created.run_spec.HasField("interruptible")
    assert not run.is_done


@pytest.mark.parametrize(
    ("mute", "words"),
    [
        ("GetTaskDetails", "nothing was started"),
        ("UploadInputs", "nothing was started"),
        ("CreateRun", "run .* may have been started all the same"),
    ],
)
def test_what_may_have_been_started_is_not_lost_when_the_time_is_over(
    mute: str, words: str, face: Face, server: RecordedServer
) -> None:
    over = threading.Event()

    def say_nothing(question: Question) -> Answer:
        over.wait(30)
        return Answer(grpc.StatusCode.UNAVAILABLE, ())

    server.instead[mute] = say_nothing
    expected = rf"^run took longer than the 0\.2 s that were allowed; {words}$"
    with pytest.raises(FlyteRunTimeout, match=expected) as caught:
        face.run(SQUARE, {"x": 4}, version="v1", timeout=0.2)
    over.set()
    asked = [each.run_id.name for each in server.asked("CreateRun")]
    id = caught.value.run_id
    assert asked == ([] if id is None else [id.name])
    assert pickle.loads(pickle.dumps(caught.value)).run_id == id


def test_run_takes_the_version_that_was_deployed_last(face: Face, server: RecordedServer) -> None:
    know_versions(server)
    face.run(SQUARE, {"x": 4})
    [asked] = server.asked("ListVersions")
    assert asked.request.limit == 1
    assert asked.request.sort_by_fields[0].key == "created_at"
    assert not asked.request.sort_by_fields[0].direction  # the newest first
    assert server.asked("CreateRun")[0].task_id.version == "w2"


def test_what_the_docs_show_runs(
    server: RecordedServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a recorded run in place of theirs."""
    run = str(expected()["simple"]["run"])
    monkeypatch.setattr("flytebind.runs._launching.new_run_name", lambda: run)
    know_versions(server)
    [(_, block)] = blocks_in(ROOT / "docs" / "flyte2.md", "pycon")
    code = "\n".join(line[4:] for line in block.splitlines())
    for theirs, ours in (('"flyte.example.com"', "config"), ("train.fit", SQUARE), ("epochs", "x")):
        assert theirs in code
        code = code.replace(theirs, ours)
    exec(code, {"config": server.config})
    assert capsys.readouterr().out.splitlines()[-1] == "9"
    assert server.asked("CreateRun")[0].task_id.name == SQUARE


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        ({}, r"inputs\['x'\] is missing"),
        ({"x": "one"}, r"inputs\['x'\]"),
        ({"x": 1, "y": 2}, "inputs has no 'y'"),
    ],
)
def test_inputs_that_do_not_fit_are_never_sent(
    inputs: dict[str, object], problem: str, face: Face, server: RecordedServer
) -> None:
    with pytest.raises(FlyteValueError, match=problem):
        face.run(SQUARE, inputs, version="v1")
    assert server.counts() == {"GetTaskDetails": 1}


def test_an_input_with_a_default_may_be_left_out(face: Face, server: RecordedServer) -> None:
    face.run("rec.ticking", version="v1")
    assert not server.asked("UploadInputs")[0].inputs.literals


def test_a_file_among_inputs_goes_up_first(
    face: Face, server: RecordedServer, tmp_path: Path
) -> None:
    details = next(
        call.answer for call in calls("runs", "files") if call.question.name == "GetRunDetails"
    )
    task = GetTaskDetailsResponse()
    task.details.spec.CopyFrom(
        GetRunDetailsResponse.FromString(details.messages[0]).details.action.task
    )
    id = task.details.task_id
    id.project, id.domain, id.name, id.version = "flytesnacks", "development", "rec.files", "v1"
    server.instead["GetTaskDetails"] = ok(task)
    server.instead["CreateUploadLocation"] = said("an upload location", "dataproxy")
    path = tmp_path / "h.txt"
    path.write_bytes(b"hello world\n")
    face.run("rec.files", {"f": path}, version="v1")

    [asked] = server.asked("CreateUploadLocation")
    assert (asked.project, asked.domain, asked.filename) == ("flytesnacks", "development", "h.txt")
    assert asked.content_length == 12
    [(headers, content)] = server.put.values()
    assert content == b"hello world\n"
    assert headers["Content-Length"] == "12"  # and not 24, as the server says
    blob = server.asked("UploadInputs")[0].inputs.literals[0].value.scalar.blob
    assert blob.uri.startswith("s3://flyte-data/uploads/")


def test_an_unknown_task_is_not_found(face: Face, server: RecordedServer) -> None:
    for task, version in ((SQUARE, "nope"), ("nope.t", "v1"), ("nope.t", None)):
        with pytest.raises(FlyteNotFoundError):
            face.run(task, {"x": 1}, version=version)
    assert not server.asked("CreateRun")


def test_a_name_that_is_taken_is_refused_where_the_server_gives_the_other_run(
    face: Face, server: RecordedServer
) -> None:
    taken = expected()["simple"]["run"]
    with pytest.raises(FlyteAlreadyExistsError, match=f"flytesnacks/development/{taken}"):
        face.run(SQUARE, {"x": 1}, version="v1", name=taken)
    assert not server.asked("CreateRun")


def test_another_run_that_was_made_in_the_meantime_is_not_taken_for_ours(
    face: Face, server: RecordedServer
) -> None:
    server.instead["CreateRun"] = said("by trigger name")  # of another task
    with pytest.raises(FlyteAlreadyExistsError):
        face.run(SQUARE, {"x": 1}, version="v1", name="talk-99")


def test_a_name_that_the_server_refuses_says_what_is_wrong(
    face: Face, server: RecordedServer
) -> None:
    server.instead["CreateRun"] = said("a bad name")
    with pytest.raises(Exception, match="a DNS-1035 label must consist of"):
        face.run(SQUARE, {"x": 1}, version="v1", name="Talk_13!")


@pytest.mark.parametrize(("verb", "relation"), [("rerun", 1), ("recover", 2)])
def test_a_run_is_run_again_with_its_task_and_inputs(
    verb: str, relation: int, face: Face, server: RecordedServer
) -> None:
    old = expected()["parent_children"]["run"]
    run = getattr(face, verb)(old)
    [stored], [created] = server.asked("UploadInputs"), server.asked("CreateRun")
    assert {each.name for each in stored.inputs.literals} == {"xs", "name"}
    assert created.task_spec.task_template.id.name == "rec.parent"
    assert created.run_spec.relation.related_to.name == old
    assert created.run_spec.relation.relation_type == relation
    assert created.run_spec.HasField("recover") is (verb == "recover")
    assert run.name != old


@pytest.mark.parametrize("kind", ["simple", "failing", "aborted_run"])
def test_what_is_done_is_not_aborted(kind: str, face: Face, server: RecordedServer) -> None:
    run = face.fetch_run(expected()[kind]["run"])
    with pytest.raises(FlyteAssertion, match="there is nothing to abort, and nothing was sent"):
        face.abort(run, "late")
    [root] = [each for each in face.list_actions(run) if each.name == "a0"]
    with pytest.raises(FlyteAssertion, match="there is nothing to abort"):
        face.abort(root, "late")
    assert not {"AbortRun", "AbortAction"} & server.counts().keys()


def test_an_end_that_does_not_come_in_time_is_given_up(server: RecordedServer) -> None:
    over = threading.Event()

    def say_nothing(question: Question) -> Answer:
        over.wait(30)
        return Answer(grpc.StatusCode.UNAVAILABLE, ())

    with Flyte2Remote(server.config, "flytesnacks", "development") as remote:
        run = remote.fetch_run(expected()["simple"]["run"])
        server.instead["GetRunDetails"] = say_nothing
        with pytest.raises(FlyteTimeout, match=r"^abort of .* took longer than the 0\.2 s that"):
            run.abort("enough", timeout=0.2)
        over.set()


def test_a_run_that_goes_on_is_aborted_with_a_reason(face: Face, server: RecordedServer) -> None:
    run = face.fetch_run(server.play("simple", 60))
    server.instead["AbortRun"] = ok(AbortRunResponse())
    assert face.abort(run, "enough") is run
    [asked] = server.asked("AbortRun")
    assert (asked.run_id.name, asked.reason) == ("tl-simple", "enough")


def condition(server: RecordedServer, kind: str = "condition_bool") -> ActionIdentifier:
    """A condition that waits: what was recorded of one, before it was signalled."""
    name = next(each for each in expected()[kind]["actions"] if each["kind"] == "condition")["name"]
    run = RunIdentifier(project="flytesnacks", domain="development", name=expected()[kind]["run"])
    question = next(
        call
        for call in calls("runs", kind)
        if call.question.name == "GetActionDetails" and name.encode() in call.question.request
    )
    details = GetActionDetailsResponse.FromString(question.answer.messages[0])
    details.details.ClearField("signal_info")
    details.details.status.phase = 9
    server.instead["GetActionDetails"] = ok(details)
    server.instead["SignalEvent"] = ok(SignalEventResponse())
    return ActionIdentifier(run=run, name=name)


def test_a_condition_gets_its_value(face: Face, server: RecordedServer) -> None:
    waiting = condition(server)
    face.signal(waiting, True)
    [asked] = server.asked("SignalEvent")
    assert asked.payload.bool_value is True
    assert (asked.action_id.name, asked.parent_action_name) == (waiting.name, "a0")


@pytest.mark.parametrize("value", [1, "yes", None, 1.0])
def test_a_signal_of_another_type_is_never_sent(
    value: Any, face: Face, server: RecordedServer
) -> None:
    with pytest.raises(FlyteValueError, match="waits for a value of boolean"):
        face.signal(condition(server), value)
    assert not server.asked("SignalEvent")


def test_a_condition_that_is_done_is_not_signalled_again(
    face: Face, server: RecordedServer
) -> None:
    waiting = condition(server)
    server.instead.clear()
    with pytest.raises(FlyteAssertion, match="is SUCCEEDED: it waits for no signal any more"):
        face.signal(waiting, True)
    run = face.fetch_run(expected()["simple"]["run"])
    with pytest.raises(FlyteAssertion, match="is a task, and waits for no signal"):
        face.signal(run, True)


def test_a_condition_has_what_it_was_given_as_its_output(face: Face) -> None:
    for kind, value in (("condition_bool", True), ("condition_str", "hello")):
        [found] = [
            each for each in face.list_actions(expected()[kind]["run"]) if each.kind == "condition"
        ]
        face.load(found)
        assert dict(found.outputs) == {"o0": value}
        assert dict(found.inputs) == {}


def test_an_identifier_without_a_part_is_never_sent(
    remote: Flyte2Remote, server: RecordedServer
) -> None:
    for id in (
        RunIdentifier(project="flytesnacks", domain="", name="r1"),
        RunIdentifier(project="", domain="development", name="r1"),
        RunIdentifier(project="flytesnacks", domain="development", name=""),
    ):
        with pytest.raises(FlyteValueError):
            remote.list_actions(id)
        with pytest.raises(FlyteValueError):
            remote.uris(ActionIdentifier(run=id, name="a0"))
    with pytest.raises(FlyteValueError):
        remote.fetch_run(" ")
    assert not server.calls
