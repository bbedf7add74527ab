"""Lists are asked for in a way that the server understands, and read to their end."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from flyteidl2.common.identifier_pb2 import ActionIdentifier, RunIdentifier
from flyteidl2.workflow.run_service_pb2 import (
    ListActionsResponse,
    ListRunsResponse,
    WatchActionsResponse,
)

from flytebind.models.filters import Contains, Equal, GreaterThan, ValueIn
from flytebind.remote import FlyteInvalidInputError, FlyteNotFoundError, FlyteValueError
from flytebind.runs import Flyte2Remote
from flytebind.v2.models.common.phase import ActionPhase
from tests.remote.conftest import Face
from tests.runs.conftest import DOMAIN, PROJECT
from tests.runs.recordings import Answer, Question, calls, expected
from tests.runs.server import RecordedServer

#: How the server numbers functions.
EQUAL, GREATER, CONTAINS, VALUE_IN = 0, 2, 6, 7


def filters(server: RecordedServer, name: str = "ListRuns") -> list[tuple[int, str, list[str]]]:
    """What the last request asked for."""
    return [
        (each.function, each.field, list(each.values))
        for each in server.asked(name)[-1].request.filters
    ]


def run_id(name: str) -> RunIdentifier:
    """A run of the project that the remote is asked about."""
    return RunIdentifier(project=PROJECT, domain=DOMAIN, name=name)


def test_runs_are_listed_page_by_page_and_each_once(face: Face, server: RecordedServer) -> None:
    whole = ListRunsResponse()
    for number in range(230):
        run = whole.runs.add()
        run.action.id.run.MergeFrom(run_id(f"r{number}"))
        run.action.id.name = "a0"
    server.instead["ListRuns"] = Answer(grpc.StatusCode.OK, (whole.SerializeToString(),))
    assert [run.name for run in face.list_runs()] == [f"r{number}" for number in range(230)]
    asked = server.asked("ListRuns")
    assert [each.request.token for each in asked] == ["", "100", "200"]
    # Rows that are equally old have no order of their own.
    assert [each.key for each in asked[0].request.sort_by_fields] == ["created_at", "run_name"]
    assert len(list(face.list_runs(limit=7))) == 7
    assert server.asked("ListRuns")[-1].request.limit == 7


def test_a_full_last_page_is_followed_by_an_empty_one(face: Face, server: RecordedServer) -> None:
    whole = ListRunsResponse()
    for number in range(100):
        whole.runs.add().action.id.run.MergeFrom(run_id(f"r{number}"))
    server.instead["ListRuns"] = Answer(grpc.StatusCode.OK, (whole.SerializeToString(),))
    assert len(face.list_runs()) == 100
    assert server.counts()["ListRuns"] == 2


def test_recorded_runs_are_listed_with_what_lists_say_of_them(
    face: Face, server: RecordedServer
) -> None:
    listed = {run.name: run for run in face.list_runs(phase="SUCCEEDED")}
    assert listed
    assert filters(server) == [(EQUAL, "phase", ["5"])]
    for run in listed.values():
        assert run.is_successful
        assert run.duration is not None
    assert not server.counts().keys() & {"GetRunDetails"}


def test_details_of_a_listed_run_load_when_they_are_touched(
    remote: Flyte2Remote, server: RecordedServer
) -> None:
    runs = remote.list_runs(filters=GreaterThan("phase", "SUCCEEDED"))
    run = next(run for run in runs if run.name == "talk-6")
    assert run.error is not None
    assert run.error.message
    assert len(run.attempts) == 1
    assert server.counts() == {"ListRuns": 1, "GetRunDetails": 1}


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ({"phase": "succeeded"}, [(EQUAL, "phase", ["5"])]),
        ({"phase": ["FAILED", ActionPhase.TIMED_OUT]}, [(VALUE_IN, "phase", ["6", "8"])]),
        ({"filters": ValueIn("task_name", ["a"])}, [(EQUAL, "task_name", ["a"])]),
        ({"filters": Equal("phase", ActionPhase.SUCCEEDED)}, [(EQUAL, "phase", ["5"])]),
        ({"task": "rec.boom"}, [(EQUAL, "task_name", ["rec.boom"])]),
        ({"trigger": "every"}, [(EQUAL, "trigger_name", ["every"])]),
        (
            {"filters": "contains(task_name,par)+gt(duration_ms,5)"},
            [
                (CONTAINS, "task_name", ["par"]),
                (GREATER, "duration_ms", ["5"]),
            ],
        ),
        (
            {"filters": [Contains("task_name", ["b"]), GreaterThan("duration_ms", 1)]},
            [
                (CONTAINS, "task_name", ["b"]),
                (GREATER, "duration_ms", ["1"]),
            ],
        ),
    ],
)
def test_filters_are_written_as_the_server_reads_them(
    arguments: dict[str, Any], asked: list[Any], remote: Flyte2Remote, server: RecordedServer
) -> None:
    server.instead["ListRuns"] = Answer(grpc.StatusCode.OK, (b"",))
    assert list(remote.list_runs(**arguments)) == []
    assert filters(server) == asked


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"phase": "DONE"}, "there is no phase 'DONE'"),
        ({"filters": Contains("phase", ["5"])}, "phases can be equal or in a list"),
        ({"filters": Equal("labels.team", "a")}, "cannot filter by labels"),
        ({"limit": -1}, "limit cannot be -1"),
    ],
)
def test_filters_that_the_server_breaks_down_over_are_never_sent(
    arguments: dict[str, Any], problem: str, remote: Flyte2Remote, server: RecordedServer
) -> None:
    with pytest.raises(FlyteValueError, match=problem):
        list(remote.list_runs(**arguments))
    assert not server.calls


def test_what_the_server_refuses_it_says_itself(face: Face, server: RecordedServer) -> None:
    case = next(each for each in calls("talks", "list_runs") if each.case == "sort zzz desc")
    server.instead["ListRuns"] = case.answer
    with pytest.raises(FlyteInvalidInputError, match="invalid sort field: zzz"):
        face.list_runs(sort_by="-zzz")


def test_actions_of_a_run_that_is_not_there_are_an_error(
    face: Face, server: RecordedServer
) -> None:
    server.instead["ListActions"] = Answer(grpc.StatusCode.OK, (b"",))  # as the server answers
    with pytest.raises(FlyteNotFoundError, match="flytesnacks/development/nope"):
        face.list_actions("nope")
    assert "WatchActions" not in server.counts()  # which would never answer


def test_a_thousand_actions_take_a_page_each_hundred_and_one_look_at_what_they_are(
    face: Face, server: RecordedServer
) -> None:
    whole = ListActionsResponse()
    for number in range(1000):
        whole.actions.add().id.MergeFrom(ActionIdentifier(run=run_id("r1"), name=f"a{number}"))
    server.instead["ListActions"] = Answer(grpc.StatusCode.OK, (whole.SerializeToString(),))

    def described(question: Question) -> Answer:
        message = WatchActionsResponse()
        for row in whole.actions:
            each = message.enriched_actions.add().action
            each.id.CopyFrom(row.id)
            each.metadata.task.short_name = "t"
            each.metadata.funtion_name = "env.t"
        return Answer(None, (message.SerializeToString(),))

    server.instead["WatchActions"] = described
    found = face.list_actions("r1")
    assert [each.name for each in found] == [f"a{number}" for number in range(1000)]
    assert {each.title for each in found} == {"env.t"}
    assert server.counts() == {"ListActions": 11, "WatchActions": 1}


def test_actions_are_described_one_by_one_where_watching_tells_nothing(
    face: Face, server: RecordedServer
) -> None:
    server.instead["WatchActions"] = Answer(grpc.StatusCode.UNIMPLEMENTED, (), "not here")
    found = face.list_actions(expected()["traced"]["run"])
    assert [each.kind for each in found] == ["task", "trace", "trace"]
    assert server.counts()["GetActionDetails"] == 3
