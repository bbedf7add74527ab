"""Why an execution did not succeed."""

from __future__ import annotations

import pytest

from flytebind.remote import FlyteAssertion, FlyteExecutionError, FlyteRemote
from flytebind.remote.executions import adopt
from flytebind.sandbox import Sandbox
from tests.remote.conftest import DOMAIN, PROJECT, synced
from tests.remote.scenes import arrays, executions, parents, scripted, tasks
from tests.remote.scenes.scene import NodePhase, WorkflowPhase


def test_the_innermost_node_that_failed_is_the_first_failure(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    node = synced(remote, parents.subworkflow_failed(sandbox)).first_failure()
    assert node is not None
    assert node.id.node_id == "n0-0-n0-0-n0"


def test_a_failure_may_be_in_an_execution_that_a_node_has_launched(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    execution = synced(remote, parents.launch_plan_failed(sandbox))
    node = execution.first_failure()
    assert node is not None
    assert node.id.execution_id != execution.id
    with pytest.raises(FlyteExecutionError) as caught:
        execution.raise_for_status()
    assert f"node n0 (play._step) of execution {node.id.execution_id.name} failed first" in str(
        caught.value
    )


def test_of_several_failures_the_earliest_is_the_first(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    execution = synced(remote, scripted.played(sandbox, "failure"))
    late = execution.node_executions["n0"]  # first in order, but it fails after n2 has
    message = late.to_pb()
    message.closure.CopyFrom(execution.node_executions["n2"].to_pb().closure)
    message.closure.updated_at.seconds += 1
    adopt(late, late.from_pb(message))
    node = execution.first_failure()
    assert node is not None
    assert node.id.node_id == "n2"


@pytest.mark.parametrize("script", ["chain", "retries"])
def test_what_succeeded_in_the_end_has_no_failure(
    sandbox: Sandbox, remote: FlyteRemote, script: str
) -> None:
    execution = synced(remote, scripted.played(sandbox, script))
    assert execution.first_failure() is None
    execution.raise_for_status()


def test_what_failed_below_a_success_was_put_up_with(sandbox: Sandbox, remote: FlyteRemote) -> None:
    """Of a map that may lose some items, or a workflow that goes on without one of its nodes."""
    execution = synced(remote, parents.subworkflow_failed(sandbox))
    outer = execution.node_executions["n0"]
    assert execution.first_failure() is not None
    message = outer.to_pb()
    message.closure.phase = NodePhase.SUCCEEDED
    adopt(outer, outer.from_pb(message))
    assert execution.first_failure() is None
    failed = synced(remote, tasks.failed(sandbox))
    whole = failed.to_pb()
    whole.closure.phase = WorkflowPhase.SUCCEEDED
    adopt(failed, failed.from_pb(whole))
    assert failed.first_failure() is None


def test_the_error_names_execution_phase_and_node_and_has_the_whole_message(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    scene = tasks.failed(sandbox)
    with pytest.raises(FlyteExecutionError) as caught:
        synced(remote, scene).raise_for_status()
    text = str(caught.value)
    assert text.startswith(f"execution {PROJECT}/{DOMAIN}/{scene.id.name} is FAILED: node n1 ")
    for line in tasks.LONG_ERROR.split("\n"):
        assert line in text


def test_without_nodes_the_execution_tells_its_own_error(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    execution = remote.fetch_execution(arrays.map_failed(sandbox).id.name)
    with pytest.raises(FlyteExecutionError, match=r"is FAILED: it failed: .*no step left"):
        execution.raise_for_status()


@pytest.mark.parametrize("phase", [WorkflowPhase.ABORTED, WorkflowPhase.TIMED_OUT])
def test_every_bad_end_raises(sandbox: Sandbox, remote: FlyteRemote, phase: WorkflowPhase) -> None:
    execution = synced(remote, executions.in_phase(sandbox, phase))
    with pytest.raises(FlyteExecutionError, match=rf"is {phase.name}"):
        execution.raise_for_status()


def test_how_it_ends_cannot_be_asked_before_it_does(sandbox: Sandbox, remote: FlyteRemote) -> None:
    execution = synced(remote, parents.subworkflow_running(sandbox))
    with pytest.raises(FlyteAssertion, match="is RUNNING; wait until it is done"):
        execution.raise_for_status()


def test_a_failure_can_be_seen_while_the_execution_goes_on(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    execution = synced(remote, parents.subworkflow_running(sandbox))
    outer = execution.node_executions["n0"]
    message = outer.to_pb()
    message.closure.phase = NodePhase.FAILING
    adopt(outer, outer.from_pb(message))
    assert execution.first_failure() is outer
