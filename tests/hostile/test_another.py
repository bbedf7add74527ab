"""Answers about something else than what was asked for."""

from __future__ import annotations

import pytest
from flyteidl.admin.execution_pb2 import WorkflowExecutionGetRequest

from flytebind.remote import FlyteDataError
from tests.hostile.admin import HostileAdmin, execution
from tests.remote.conftest import Face

ANOTHER = "asked for execution .*/hostile, and tells of .*/another"


def test_an_execution_that_was_not_asked_for_is_not_fetched(
    face: Face, admin: HostileAdmin
) -> None:
    admin.tell("GetExecution", WorkflowExecutionGetRequest, lambda request: execution("another"))
    with pytest.raises(FlyteDataError, match=ANOTHER):
        face.fetch_execution("hostile")


@pytest.mark.parametrize("verb", ["sync", "wait"])
def test_an_execution_never_becomes_another(face: Face, admin: HostileAdmin, verb: str) -> None:
    running = execution("hostile")
    running.closure.phase = 2
    admin.tell("GetExecution", WorkflowExecutionGetRequest, lambda request: running)
    found = face.fetch_execution("hostile")
    admin.tell("GetExecution", WorkflowExecutionGetRequest, lambda request: execution("another"))
    with pytest.raises(FlyteDataError, match=ANOTHER):
        getattr(face, verb)(found)
    assert found.id.name == "hostile"
