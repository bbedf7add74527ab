"""Projects, tasks, triggers, secrets, logs, events and reports."""

from __future__ import annotations

from datetime import timedelta

import grpc
import pytest

from flytebind.remote import (
    FlyteAlreadyExistsError,
    FlyteAuthenticationError,
    FlyteCallError,
    FlyteDataError,
    FlyteNotFoundError,
    FlyteValueError,
)
from flytebind.runs import Flyte2Remote
from flytebind.v2.models.task.task_definition import TaskSpec
from tests.remote.conftest import Face
from tests.runs.recordings import Answer, calls, expected
from tests.runs.server import RecordedServer

EMPTY = Answer(grpc.StatusCode.OK, (b"",))


def said(talk: str, case: str) -> Answer:
    """What was answered in a case of a conversation."""
    return next(call.answer for call in calls("talks", talk) if call.case == case)


def test_projects_are_listed_and_made(face: Face, server: RecordedServer) -> None:
    assert "flytesnacks" in [project.id for project in face.list_projects()]
    server.instead["CreateProject"] = EMPTY
    face.create_project("p1", description="d", labels={"a": "b"})
    [asked] = server.asked("CreateProject")
    assert (asked.project.id, asked.project.name) == ("p1", "p1")
    assert dict(asked.project.labels.values) == {"a": "b"}
    server.instead["CreateProject"] = said("projects", "create twice")
    with pytest.raises(FlyteAlreadyExistsError, match="project already exists: rec-p1"):
        face.create_project("rec-p1")


def test_tasks_and_their_versions_are_listed_and_fetched(
    face: Face, server: RecordedServer
) -> None:
    tasks = [task.task_id.name for task in face.list_tasks() if task.task_id]
    assert len(tasks) == len(set(tasks)) == 36
    assert {version.version for version in face.list_versions("rec.square")} == {"v1", "w1", "w2"}
    task = face.fetch_task("rec.square", "v1")
    assert task.spec is not None
    assert task.spec.short_name == "square"
    with pytest.raises(FlyteNotFoundError, match=r"rec\.square/nope"):
        face.fetch_task("rec.square", "nope")


def test_a_task_without_a_template_is_not_deployed(face: Face, server: RecordedServer) -> None:
    with pytest.raises(FlyteValueError, match="has no task_template"):
        face.deploy_task(TaskSpec(short_name="x"), "a.b", "1")
    assert not server.calls
    spec = face.fetch_task("rec.square", "v1").spec
    server.instead["DeployTask"] = EMPTY
    id = face.deploy_task(spec, "rec.square", "w9")
    assert (id.name, id.version) == ("rec.square", "w9")
    assert server.asked("DeployTask")[0].task_id.version == "w9"


def test_a_trigger_is_deployed_with_inputs_that_fit_its_task(
    face: Face, server: RecordedServer
) -> None:
    server.instead["DeployTrigger"] = said("triggers", "deploy a rate")
    made = face.deploy_trigger(
        "hourly", "rec.ticking", {"n": 3}, version="v1", every=timedelta(hours=2), active=False
    )
    assert made.id is not None
    [asked] = server.asked("DeployTrigger")
    assert asked.automation_spec.schedule.rate.value == 2
    assert asked.automation_spec.schedule.rate.unit == 2  # hours
    assert asked.spec.inputs.literals[0].value.scalar.primitive.integer == 3
    assert (asked.spec.task_version, asked.spec.active) == ("v1", False)

    server.calls.clear()
    for wrong in ({"cron": "0 3 * * *", "every": timedelta(hours=1)}, {}, {"every": timedelta(0)}):
        with pytest.raises(FlyteValueError):
            face.deploy_trigger("t", "rec.ticking", version="v1", **wrong)
    with pytest.raises(FlyteValueError, match="inputs has no 'zz'"):
        face.deploy_trigger("t", "rec.ticking", {"zz": 1}, version="v1", cron="0 3 * * *")
    with pytest.raises(FlyteNotFoundError):
        face.deploy_trigger("t", "nope.t", version="v1", cron="0 3 * * *")
    assert not server.asked("DeployTrigger")


def test_a_trigger_that_is_not_there_is_an_error_where_the_server_says_nothing(
    face: Face, server: RecordedServer
) -> None:
    server.instead["UpdateTriggers"] = server.instead["DeleteTriggers"] = EMPTY
    server.instead["GetTriggerDetails"] = said("triggers", "get unknown")
    for verb in ("activate_trigger", "deactivate_trigger", "delete_trigger"):
        with pytest.raises(FlyteNotFoundError, match="trigger not found"):
            getattr(face, verb)("nope", "rec.ticking")
    assert set(server.counts()) == {"GetTriggerDetails"}

    server.instead["GetTriggerDetails"] = said("triggers", "get the deployed one")
    face.activate_trigger("every", "rec.ticking")
    assert server.asked("UpdateTriggers")[0].active is True
    face.delete_trigger("every", "rec.ticking")
    assert server.asked("DeleteTriggers")[0].names[0].name == "every"
    assert {each.id.name.name for each in face.list_triggers() if each.id} >= {"every"}


def test_secrets_come_without_values_and_values_are_never_shown(
    face: Face, server: RecordedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    assert "rec_s2" in [each.id.name for each in face.list_secrets() if each.id]
    server.instead["CreateSecret"] = said("secrets", "create twice")
    with pytest.raises(FlyteAlreadyExistsError) as caught:
        face.create_secret("rec_s1", "hush-hush", project="flytesnacks")
    assert "hush-hush" not in f"{caught.value!r}{caught.value}{caplog.text}"
    [asked] = server.asked("CreateSecret")
    assert (asked.id.name, asked.id.project, asked.id.domain) == (
        "rec_s1",
        "flytesnacks",
        "development",
    )
    server.instead["DeleteSecret"] = said("secrets", "delete twice")
    with pytest.raises(FlyteNotFoundError, match="secret rec_s1 not found"):
        face.delete_secret("rec_s1")


def test_logs_are_those_of_the_last_attempt(face: Face) -> None:
    for kind in ("simple", "retries_exhausted", "failing"):
        run = face.fetch_run(expected()[kind]["run"])
        lines = [line.message for line in face.logs(run)]
        # The SDK writes a prefix before each line, and folds lines that it has split.
        wanted = [line.removeprefix(" ") for line in expected()[kind]["log_lines"]]
        assert [part for line in lines for part in line.split("\n")] == wanted


def test_logs_that_are_not_there_are_an_error(face: Face) -> None:
    run = face.fetch_run(expected()["retries_exhausted"]["run"])
    with pytest.raises(FlyteNotFoundError):
        face.logs(run, attempt=9)
    with pytest.raises(FlyteValueError, match="they count from 1 on"):
        face.logs(run, attempt=0)


def test_events_tell_what_the_cluster_did(face: Face) -> None:
    events = face.events(face.fetch_run(expected()["simple"]["run"]))
    assert events[0].message == "task submitted to K8s"


def test_a_report_is_read_through_its_link(face: Face, server: RecordedServer) -> None:
    wanted = expected()["report"]
    run = face.fetch_run(wanted["run"])
    link = face.download_link(run)
    path = link.removeprefix(server.store).partition("?")[0]
    with pytest.raises(FlyteDataError, match="cannot be read"):
        face.report(run)
    server.stored[path] = wanted["report"].encode()
    assert face.report(run) == wanted["report"]
    with pytest.raises(FlyteNotFoundError, match="artifact not found"):
        face.report(face.fetch_run(expected()["simple"]["run"]))


def test_uris_tell_where_data_are(face: Face) -> None:
    uris = face.uris(face.fetch_run(expected()["simple"]["run"]))
    assert uris.outputs_uri.endswith("/a0/1/outputs.pb")


def test_data_that_the_server_does_not_read_are_an_error_of_their_own(
    face: Face, server: RecordedServer
) -> None:
    server.instead["GetActionData"] = said("dataproxy", "data of a run with big inputs")
    run = face.fetch_run(expected()["simple"]["run"])
    with pytest.raises(FlyteDataError, match=r"limit exceeded.*uris\(\.\.\.\)"):
        face.load(run)
    assert server.counts()["GetActionData"] == 1  # asking again does not help


def test_who_one_is_comes_from_a_proxy_or_not_at_all(face: Face, server: RecordedServer) -> None:
    server.instead["UserInfo"] = said("cluster_auth_logs", "user info")
    with pytest.raises(FlyteAuthenticationError, match="no authenticated identity"):
        face.whoami()


def test_data_are_asked_for_where_the_server_says_that_they_are(server: RecordedServer) -> None:
    name = expected()["simple"]["run"]
    with (
        RecordedServer(["simple"]) as cluster,
        Flyte2Remote(server.config, "flytesnacks", "development") as remote,
    ):
        server.cluster = f"http://{cluster.endpoint}"
        assert remote.fetch_run(name).outputs["o0"] == 9
        assert cluster.counts() == {"GetActionData": 1}
        assert server.counts() == {"GetRunDetails": 1, "SelectCluster": 1}


def test_a_cluster_without_tls_gets_nothing_from_a_remote_with_tls() -> None:
    remote = Flyte2Remote("flyte.example.org:443", "flytesnacks", "development")
    with remote, pytest.raises(FlyteDataError, match="has no TLS; nothing is sent"):
        remote._session._cluster("http://127.0.0.1:1")


def test_errors_name_what_a_call_was_about(face: Face) -> None:
    with pytest.raises(FlyteCallError) as caught:
        face.fetch_action("nope", "a7")
    assert "GetActionDetails of flytesnacks/development/nope/a7" in str(caught.value)
