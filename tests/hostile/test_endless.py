"""Lists without end, and executions that go round in a circle."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from flyteidl.admin.common_pb2 import ResourceListRequest
from flyteidl.admin.execution_pb2 import ExecutionList
from flyteidl.admin.node_execution_pb2 import NodeExecutionList, NodeExecutionListRequest
from flyteidl.admin.project_pb2 import Project, ProjectListRequest, Projects
from google.protobuf.message import Message

from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.models.core.literals import (
    Literal,
    LiteralCollection,
    LiteralOffloadedMetadata,
)
from flytebind.remote import FlyteDataError, FlyteTimeout, FlyteWorkflowExecution
from flytebind.remote._io.blocking import run
from flytebind.remote._operations import descent, offloaded, pages
from tests.hostile.admin import ENDLESS, LISTS, NAME, Answer, HostileAdmin, execution, node
from tests.remote.conftest import Face

_HOSTILE = WorkflowExecutionIdentifier.from_pb(NAME)

#: What asks for each list. Those with a limit have less than that on their pages.
_VERBS: dict[str, Callable[[Face], object]] = {
    "ListExecutions": lambda face: face.recent_executions(limit=5),
    "ListProjects": lambda face: face.list_projects(),
    "ListSignals": lambda face: face.list_signals(_HOSTILE),
    "ListTasks": lambda face: face.list_tasks(limit=5),
    "ListWorkflows": lambda face: face.list_workflows(sort_by="name"),
    "ListLaunchPlans": lambda face: face.list_launch_plans(),
    "ListTaskIds": lambda face: face.list_tasks(latest=True),
    "ListNodeExecutions": lambda face: _synced(face),
}


def _synced(face: Face) -> FlyteWorkflowExecution:
    execution = face.fetch_execution("hostile")
    face.sync(execution, sync_nodes=True, data=False)
    assert isinstance(execution, FlyteWorkflowExecution)
    return execution


@pytest.mark.parametrize("misbehave", ENDLESS)
@pytest.mark.parametrize("call", _VERBS)
def test_a_list_that_does_not_go_on_is_an_error_that_names_the_page(
    face: Face, admin: HostileAdmin, call: str, misbehave: Callable[[Message], Answer]
) -> None:
    request, page = LISTS[call]
    admin.tell(call, request, misbehave(page))
    if call == "ListTaskIds":
        admin.tell("ListTasks", ResourceListRequest, lambda request: LISTS["ListTasks"][1])
    with pytest.raises(FlyteDataError, match=r"no end: .* page '[0-9]+'"):
        _VERBS[call](face)
    assert admin.calls < 20


def _nodes(admin: HostileAdmin, names: Callable[[Any], list[str]]) -> None:
    """Tell of nodes that are parents."""
    admin.tell(
        "ListNodeExecutions",
        NodeExecutionListRequest,
        lambda request: NodeExecutionList(
            node_executions=[node(request, name, parent=True) for name in names(request)]
        ),
    )


@pytest.mark.parametrize("misbehave", ENDLESS)
def test_attempts_without_end_are_a_problem_of_their_node_alone(
    face: Face, admin: HostileAdmin, misbehave: Callable[[Message], Answer]
) -> None:
    request, page = LISTS["ListTaskExecutions"]
    admin.tell("ListTaskExecutions", request, misbehave(page))
    admin.tell(
        "ListNodeExecutions",
        NodeExecutionListRequest,
        lambda request: NodeExecutionList(node_executions=[node(request, "n0")]),
    )
    execution = face.fetch_execution("hostile")
    face.sync(execution, sync_nodes=True)
    assert "no end" in str(execution.node_executions["n0"].problem)
    assert admin.calls < 30


def test_a_limit_holds_whatever_more_a_server_sends(face: Face, admin: HostileAdmin) -> None:
    numbers = count()

    def more(request: ResourceListRequest) -> ExecutionList:
        several = [execution(f"e{next(numbers)}") for _ in range(1000)]
        return ExecutionList(executions=several, token=str(next(numbers)))

    admin.tell("ListExecutions", ResourceListRequest, more)
    assert len(face.recent_executions(limit=5)) == 5
    assert admin.calls == 1


def test_a_list_that_is_kept_as_a_whole_has_a_largest_size(
    face: Face, admin: HostileAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_ROWS", 1000)
    numbers = count()

    def more(request: ProjectListRequest) -> Projects:
        several = [Project(id=f"p{next(numbers)}") for _ in range(50)]
        return Projects(projects=several, token=str(next(numbers)))

    admin.tell("ListProjects", ProjectListRequest, more)
    with pytest.raises(FlyteDataError, match="more than 1,000 rows"):
        face.list_projects()


@pytest.mark.parametrize("names", [["n0"], ["n0", "n1"]], ids=["itself", "each-other"])
def test_a_node_inside_of_itself_is_visited_once(
    face: Face, admin: HostileAdmin, names: list[str]
) -> None:
    _nodes(admin, lambda request: names)
    found = _synced(face)
    inner = found.node_executions["n0"].subworkflow_node_executions["n0"]
    assert "below itself" in str(inner.problem)
    assert admin.calls < 10


def test_an_execution_that_launches_itself_is_entered_once(face: Face, admin: HostileAdmin) -> None:
    def launch(request: NodeExecutionListRequest) -> NodeExecutionList:
        launcher = node(request, "n0")
        launcher.closure.workflow_node_metadata.executionId.CopyFrom(NAME)
        return NodeExecutionList(node_executions=[launcher])

    admin.tell("ListNodeExecutions", NodeExecutionListRequest, launch)
    found = _synced(face)
    assert "launched itself" in str(found.node_executions["n0"].problem)
    assert admin.calls < 10


def test_executions_that_launch_ever_new_ones_end_at_some_depth(
    face: Face, admin: HostileAdmin
) -> None:
    def launch(request: NodeExecutionListRequest) -> NodeExecutionList:
        launcher = node(request, "n0")
        child = launcher.closure.workflow_node_metadata.executionId
        child.CopyFrom(NAME)
        child.name = request.workflow_execution_id.name + "x"
        return NodeExecutionList(node_executions=[launcher])

    admin.tell("ListNodeExecutions", NodeExecutionListRequest, launch)
    found = _synced(face)
    for _ in range(descent.MOST_LEVELS):
        found = found.node_executions["n0"].workflow_executions[0]
    assert f"more than {descent.MOST_LEVELS} levels" in str(found.node_executions["n0"].problem)


def _fan_out(admin: HostileAdmin) -> None:
    numbers = count()
    _nodes(admin, lambda request: [f"n{next(numbers)}" for _ in range(50)])


def test_nodes_that_fan_out_for_ever_end_the_sync(
    face: Face, admin: HostileAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(descent, "MOST_NODES", 2000)
    _fan_out(admin)
    with pytest.raises(FlyteDataError, match="more than 2,000 nodes"):
        _synced(face)


def test_the_timeout_of_a_wait_holds_against_nodes_that_fan_out_for_ever(
    face: Face, admin: HostileAdmin
) -> None:
    _fan_out(admin)
    execution = face.fetch_execution("hostile")
    began = time.monotonic()
    with pytest.raises(FlyteTimeout):
        face.wait(execution, timeout=0.5, sync_nodes=True)
    assert time.monotonic() - began < 5


def test_a_value_whose_parts_name_ever_more_parts_comes_to_an_end(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = count()

    def elsewhere() -> Literal:
        metadata = LiteralOffloadedMetadata(uri=f"s3://bucket/{next(numbers)}")
        return Literal(offloaded_metadata=metadata)

    async def fetch(*_: object) -> Literal:
        return Literal(collection=LiteralCollection([elsewhere() for _ in range(3)]))

    monkeypatch.setattr(offloaded, "MOST_PARTS", 50)
    monkeypatch.setattr(offloaded, "fetch", fetch)
    session = face.remote._session
    fetching = offloaded.fetch_all(session, [elsewhere()], "outputs")
    fetched = (
        face._loop.run_until_complete(fetching) if face.is_async else run(fetching, session.turns)
    )
    assert len(fetched.literals) <= 50
    assert "more than 50 parts" in str(next(iter(fetched.problems.values())))
