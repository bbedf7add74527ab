"""What a real server answered while its database was away for ten seconds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from flytebind.models.admin.execution import ExecutionCreateRequest
from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.remote import (
    AsyncFlyteRemote,
    CallPolicy,
    FlyteCallError,
    FlyteInvalidInputError,
    FlyteOutageError,
    FlyteRemote,
)
from tests.real import recordings
from tests.real.recordings import Answer, Question
from tests.real.server import RecordedServer
from tests.remote.conftest import DOMAIN, PROJECT, Face
from tests.remote.io.driving import when

QUICK = CallPolicy(timeout=2, max_attempts=3, first_pause=0.01, longest_pause=0.05)
NAME = "faaae0611360409bdd97"
#: More polls than one call makes in its time.
POLLS_AWAY = 60


class Restarting(RecordedServer):
    """Runs an execution, loses its database, and has it back after some polls."""

    def __init__(self) -> None:
        super().__init__()
        rows = list(recordings.rows("conversations", "postgres_down"))
        self.add(row for row in rows if row.answer.code is grpc.StatusCode.OK)
        self.add(recordings.rows("conversations", "life"))  # it has what runs
        self.away = {row.question: row.answer for row in rows if row.answer.code.name != "OK"}
        polls = [row for row in rows if row.question.name == "GetExecution"]
        self._poll = polls[0].question
        running = polls[2].answer
        gone = [row.answer for row in polls if row.answer.code is grpc.StatusCode.INTERNAL]
        self._polls = [running, running, gone[0], *gone[1:] * POLLS_AWAY]
        self._lock = threading.Lock()

    def answer(self, question: Question) -> Answer:
        """What it says now."""
        if question == self._poll:
            with self._lock:
                if self._polls:
                    return self._polls.pop(0)
        return super().answer(question)

    def lose_database(self) -> None:
        """Let all that was asked in the outage be answered so for good."""
        self._polls.clear()
        self.instead.update(self.away)


@pytest.fixture
def restarting() -> Iterator[Restarting]:
    server = Restarting()
    with server:
        yield server


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest, restarting: Restarting) -> Iterator[Face]:
    make = FlyteRemote if request.param == "sync" else AsyncFlyteRemote
    face = Face(make(restarting.config, PROJECT, DOMAIN, policy=QUICK))
    yield face
    face.close()


def test_a_wait_outlives_the_outage(restarting: Restarting, face: Face) -> None:
    execution = face.fetch_execution(NAME)
    face.wait(execution, poll_interval=0.02, timeout=60)
    assert execution.is_successful
    assert restarting.counts()["GetExecution"] > POLLS_AWAY


def test_watching_outlives_the_outage(restarting: Restarting, face: Face) -> None:
    execution = face.fetch_execution(NAME)
    changes = face.watch(execution, poll_interval=0.02, timeout=60)
    assert [change.phase.name for change in changes] == ["RUNNING", "SUCCEEDED"]


@pytest.mark.parametrize(
    ("verb", "arguments", "call"),
    [
        ("fetch_execution", [NAME], "GetExecution"),
        ("fetch_task", ["wfs.add", "v2"], "GetTask"),
        ("recent_executions", [], "ListExecutions"),
        ("list_projects", [], "ListProjects"),
    ],
)
def test_reads_are_tried_again_until_their_time_is_over(
    restarting: Restarting, face: Face, verb: str, arguments: list[Any], call: str
) -> None:
    restarting.lose_database()
    with pytest.raises(FlyteOutageError, match="connection refused") as caught:
        getattr(face, verb)(*arguments)
    assert (caught.value.call, caught.value.code) == (call, grpc.StatusCode.UNAVAILABLE)
    attempts = caught.value.attempts
    assert attempts > QUICK.max_attempts
    # The deadline may end the last one on its way.
    assert attempts - 1 <= restarting.counts()[call] <= attempts


def test_a_read_outlives_an_outage_that_is_shorter_than_its_time(
    restarting: Restarting, face: Face
) -> None:
    restarting.lose_database()

    def come_back() -> None:
        restarting.instead.clear()

    returning = when(lambda: restarting.counts().get("GetExecution", 0) > 5, come_back)
    assert face.fetch_execution(NAME).is_successful
    returning.join()


def test_ending_an_execution_is_tried_once(restarting: Restarting, face: Face) -> None:
    restarting.lose_database()
    with pytest.raises(FlyteOutageError):
        face.terminate(NAME, "x")
    assert restarting.counts() == {"TerminateExecution": 1}


def test_an_execution_that_cannot_be_made_now_is_not_blamed_on_its_inputs(
    restarting: Restarting, face: Face
) -> None:
    """The server says INVALID_ARGUMENT, since it cannot look up whether there is the project."""
    restarting.lose_database()
    create = next(each for each in restarting.away if each.name == "CreateExecution")
    said = restarting.away[create]
    assert said.code is grpc.StatusCode.INVALID_ARGUMENT
    id = Identifier(ResourceType.LAUNCH_PLAN, PROJECT, DOMAIN, "wfs.simple", "v1")
    name = ExecutionCreateRequest.from_bytes(create.request).name
    with pytest.raises(FlyteCallError) as caught:
        face.execute(id, {"x": 1}, execution_name=name)
    error = caught.value
    assert type(error) is FlyteOutageError
    assert not isinstance(error, FlyteInvalidInputError)
    assert error.code is grpc.StatusCode.UNAVAILABLE
    assert said.details in str(error)
    assert "nothing is wrong with what was sent" in str(error)
    assert restarting.counts()["CreateExecution"] == error.attempts == 1
