"""What a server says later, or never: ends of parts, and what a dynamic node has yielded."""

from __future__ import annotations

from typing import Any

import pytest
from flyteidl.core.execution_pb2 import NodeExecution, TaskExecution, WorkflowExecution

from flytebind.remote import FlyteExecutionError, FlyteRemote
from flytebind.remote.executions import walk
from tests.real import plain, recordings
from tests.real.differing import differences
from tests.real.recordings import EXECUTIONS, Question
from tests.real.seeing import seen
from tests.real.server import RecordedServer
from tests.remote.conftest import Face


def _all_parts_run(question: Question, message: Any) -> None:
    """As if nothing had been heard of the ends of attempts, of inner nodes and of the end."""
    for task in getattr(message, "task_executions", ()):
        task.closure.phase = TaskExecution.RUNNING
    for node in getattr(message, "node_executions", ()):
        if node.metadata.spec_node_id != "start-node":
            node.closure.phase = NodeExecution.RUNNING


def _inner_parts_run(question: Question, message: Any) -> None:
    """The same, of what is inside of nodes of the first level alone."""
    if question.name == "ListNodeExecutions" and not question.read().unique_parent_id:
        return
    _all_parts_run(question, message)
    if question.name == "GetExecution" and message.spec.metadata.HasField("parent_node_execution"):
        message.closure.phase = WorkflowExecution.RUNNING


@pytest.mark.parametrize("late", [_all_parts_run, _inner_parts_run])
@pytest.mark.parametrize("name", EXECUTIONS)
def test_what_is_inside_may_end_after_what_it_is_part_of(
    server: RecordedServer, remote: FlyteRemote, name: str, late: Any
) -> None:
    server.rewrite = late
    execution = remote.fetch_execution(name).sync(sync_nodes=True)
    server.rewrite = None
    execution.sync(sync_nodes=True)
    assert differences(seen(execution), plain.right(name)) == []
    server.calls.clear()
    execution.sync(sync_nodes=True)
    assert server.counts() == {}


def test_waiting_hears_of_ends_that_come_a_moment_later(server: RecordedServer, face: Face) -> None:
    """As of the attempt that is aborted because it takes too long."""
    lists = 0

    def late(question: Question, message: Any) -> None:
        nonlocal lists
        if question.name == "ListTaskExecutions":
            lists += 1
            if lists == 1:
                _all_parts_run(question, message)

    server.rewrite = late
    execution = face.fetch_execution("f09bc83a7f0e3a81a995")
    face.wait(execution, timeout=60)
    attempts = execution.node_executions["n0"].task_executions
    assert [attempt.phase.name for attempt in attempts] == ["ABORTED"]


def test_waiting_ends_where_parts_never_do(server: RecordedServer, face: Face) -> None:
    server.rewrite = _all_parts_run
    execution = face.fetch_execution("f09bc83a7f0e3a81a995")
    face.wait(execution, timeout=60)
    attempts = execution.node_executions["n0"].task_executions
    assert [attempt.phase.name for attempt in attempts] == ["RUNNING"]
    assert server.counts()["ListTaskExecutions"] == 3


RUNNING_DYNAMIC = ("f7846033f7545276bea2", 6810)
"""A timeline, and a moment of it at which n1 and its children run."""


def _nothing_yielded(question: Question, message: Any) -> None:
    if question.name == "GetNodeExecutionData":
        message.ClearField("dynamic_workflow")


def _one_task_yielded(question: Question, message: Any) -> None:
    if question.name == "GetNodeExecutionData" and message.HasField("dynamic_workflow"):
        template = message.dynamic_workflow.compiled_workflow.primary.template
        kept = [node for node in template.nodes if node.id in ("start-node", "dn0")]
        del template.nodes[:]
        template.nodes.extend(kept)


@pytest.mark.parametrize("before", [_nothing_yielded, _one_task_yielded])
def test_what_a_dynamic_node_yields_may_grow(
    server: RecordedServer, face: Face, before: Any
) -> None:
    name, server.moments[name] = RUNNING_DYNAMIC
    execution = face.fetch_execution(name)
    server.rewrite = before
    face.sync(execution, sync_nodes=True)
    server.rewrite = None
    face.sync(execution, sync_nodes=True)
    children = execution.node_executions["n1"].subworkflow_node_executions
    for id, takes in (("n1-0-dn0", {"n"}), ("n1-0-dn1", {"a"})):
        face.load(children[id])
        interface = children[id].interface
        assert interface is not None
        assert interface.inputs.keys() == takes
        assert children[id].problem is None


@pytest.mark.parametrize("data", [True, False])
@pytest.mark.parametrize("name", ["f0d3a93f669d2e5da8f9", "f3ef17599ae789cdc324"])
def test_the_error_of_an_attempt_is_its_nodes_where_that_has_none(
    remote: FlyteRemote, name: str, data: bool
) -> None:
    """Nodes with a deck have none, and eager ones."""
    execution = remote.fetch_execution(name).sync(sync_nodes=True, data=data)
    node = execution.first_failure()
    assert node is not None
    assert node.closure.error is None
    assert node.error is not None
    assert node.error.code == "USER:RuntimeError"
    assert "USER:RuntimeError" in str(execution.tree())
    with pytest.raises(
        FlyteExecutionError, match=rf"{node.id.node_id} \(.+\) failed first: USER:Run"
    ):
        execution.raise_for_status()


def test_attempts_of_a_node_with_children_to_be_are_found(
    server: RecordedServer, face: Face
) -> None:
    """It is marked as a parent, as eager ones are, and no server tells which of these it is."""
    for conversation in ("missing_outputs", "eager"):
        server.add(recordings.rows("conversations", conversation))
    execution = face.fetch_execution("f95dc27d50b0bd92e362")
    face.sync(execution, sync_nodes=True)
    node = execution.node_executions["n0"]
    assert node.metadata.is_parent_node
    assert not node.metadata.is_eager
    assert [attempt.phase.name for attempt in node.task_executions] == ["SUCCEEDED"]


def test_what_never_ends_takes_no_more_time_once_all_is_over(
    server: RecordedServer, remote: FlyteRemote
) -> None:
    server.rewrite = _all_parts_run
    execution = remote.fetch_execution("f66d3460147ce43ccf19").sync(sync_nodes=True)
    assert execution.phase.name == "ABORTED"
    (left,) = (node for node in walk(execution) if not node.is_boundary)
    assert left.phase.name == "RUNNING"
    made = execution.tree().root
    assert made.time is not None
    assert [child.time for child in made.children] == [None]
