"""Each script, from its launch to its end, as a client sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest

from flytebind.models.admin.execution import ExecutionMetadata
from flytebind.models.admin.node_execution import GetDynamicNodeWorkflowRequest
from flytebind.models.core.execution import ExecutionError
from flytebind.models.core.literals import Primitive
from flytebind.sandbox._blobs import BlobStore
from flytebind.sandbox.play import SCRIPTS
from flytebind.sandbox.play._values import to_native
from tests.sandbox.play.watching import NodePhase, Show, TaskPhase, WorkflowPhase

Start: TypeAlias = Callable[[str], Show]

OUTPUTS: dict[str, dict[str, object]] = {
    "chain": {"summary": "the result is 15"},
    "map": {"total": 30},
    "branch": {"model": "a large model of 78 rows"},
    "subworkflow": {"summary": "the result is 81"},
    "dynamic": {"summary": "the result is 14"},
    "launch_plan": {"message": "the result is 6 has been told"},
    "retries": {"page": "what https://example.org has to say"},
    "offloaded": {"total": 500500},
}


def test_no_script_is_forgotten_here() -> None:
    assert OUTPUTS.keys() | {"gate", "failure", "fan_out"} == SCRIPTS.keys()


@pytest.mark.parametrize("script", OUTPUTS)
def test_a_script_succeeds_and_gives_what_its_tasks_compute(show: Start, script: str) -> None:
    play = show(script)
    assert play.end().closure.phase == WorkflowPhase.SUCCEEDED
    assert play.outputs() == OUTPUTS[script]
    phases = play.phases()
    assert {"start-node", "n0", "end-node"} <= phases.keys()
    assert set(phases.values()) == {NodePhase.SUCCEEDED}
    closure = play.get().closure
    assert closure.started_at is not None
    assert closure.duration is not None


def test_a_chain_hands_values_on_from_task_to_task(show: Start) -> None:
    play = show("chain")
    play.end()
    given = play.data("n0").full_outputs.literals["o0"]
    assert play.data("n1").full_inputs.literals["values"] == given
    assert to_native(given.to_pb()) == [1, 2, 3, 4, 5]


def test_workflows_nodes_and_tasks_go_through_their_phases(show: Start) -> None:
    play = show("chain")
    play.end()
    assert play.told() == ["QUEUED", "RUNNING", "SUCCEEDING", "SUCCEEDED"]
    assert play.told("n0") == [
        "node QUEUED",
        "task QUEUED",
        "node RUNNING",
        "task RUNNING",
        "task SUCCEEDED",
        "node SUCCEEDED",
    ]
    assert play.told("start-node") == ["node SUCCEEDED"]


def test_a_map_task_tells_of_each_item(show: Start) -> None:
    play = show("map")
    play.end()
    node = play.nodes()["n1"]
    assert node.metadata.is_array
    assert not node.metadata.is_parent_node
    (attempt,) = play.attempts("n1")
    metadata = attempt.closure.metadata
    assert metadata is not None
    items = metadata.external_resources
    assert [(item.index, item.phase) for item in items] == [
        (index, TaskPhase.SUCCEEDED) for index in range(4)
    ]
    assert metadata.plugin_identifier == "k8s-array"


def test_of_a_branch_the_chosen_arm_alone_runs(show: Start) -> None:
    play = show("branch")
    play.end()
    assert play.nodes()["n2"].metadata.is_parent_node
    assert play.phases("n2") == {"n2-0-n2-n0": NodePhase.SUCCEEDED}
    assert play.nodes("n2")["n2-0-n2-n0"].metadata.spec_node_id == "n2-n0"


def test_subworkflows_are_children_to_any_depth(show: Start) -> None:
    play = show("subworkflow")
    play.end()
    assert play.nodes()["n0"].metadata.is_parent_node
    outer = play.nodes("n0")
    assert outer.keys() == {"n0-0-start-node", "n0-0-n0", "n0-0-n1", "n0-0-end-node"}
    assert outer["n0-0-n1"].metadata.is_parent_node
    assert play.phases("n0-0-n1") == {
        "n0-0-n1-0-start-node": NodePhase.SUCCEEDED,
        "n0-0-n1-0-n0": NodePhase.SUCCEEDED,
        "n0-0-n1-0-end-node": NodePhase.SUCCEEDED,
    }


def test_a_dynamic_task_shows_the_workflow_that_it_yields(show: Start) -> None:
    play = show("dynamic")
    play.end()
    metadata = play.nodes()["n0"].metadata
    assert metadata.is_dynamic
    assert metadata.is_parent_node
    request = GetDynamicNodeWorkflowRequest(id=play.node_id("n0"))
    compiled = play.client.get_dynamic_node_workflow(request, timeout=10).to_pb()
    ids = [node.id for node in compiled.compiled_workflow.primary.template.nodes]
    assert ids == ["start-node", "end-node", "n0", "n1", "n2", "n3"]
    assert play.phases("n0") == {f"n0-0-{id}": NodePhase.SUCCEEDED for id in ids}


def test_a_launch_plan_runs_in_an_execution_of_its_own(
    show: Start, watch: Callable[[object], Show]
) -> None:
    play = show("launch_plan")
    play.end()
    node = play.nodes()["n0"]
    assert node.closure.workflow_node_metadata is not None
    child = watch(node.closure.workflow_node_metadata.execution_id)
    metadata = child.get().spec.metadata
    assert child.phase() == WorkflowPhase.SUCCEEDED
    assert metadata.mode == ExecutionMetadata.ExecutionMode.CHILD_WORKFLOW
    assert metadata.parent_node_execution == node.id
    assert not node.metadata.is_parent_node


def test_an_attempt_that_fails_is_followed_by_another(show: Start) -> None:
    play = show("retries")
    play.end()
    first, second = play.attempts("n0")
    assert first.closure.phase == TaskPhase.FAILED
    assert first.closure.error is not None
    assert "reset" in first.closure.error.message
    assert second.closure.phase == TaskPhase.SUCCEEDED
    assert play.nodes()["n0"].closure.error is None


def test_a_failure_ends_the_workflow_and_runs_its_failure_node(show: Start) -> None:
    play = show("failure")
    error = play.end().closure.error
    assert play.phase() == WorkflowPhase.FAILED
    assert error is not None
    assert error.kind == ExecutionError.ErrorKind.USER
    assert len(error.message.encode()) > 100
    assert play.phases() == {
        "start-node": NodePhase.SUCCEEDED,
        "n0": NodePhase.SUCCEEDED,
        "n1": NodePhase.SUCCEEDED,
        "n2": NodePhase.FAILED,
        "fn0": NodePhase.SUCCEEDED,
    }
    cut = play.nodes()["n2"].closure.error
    assert cut is not None
    assert len(cut.message) == 100
    assert error.message.startswith(cut.message)


def test_a_fan_out_has_as_many_nodes_side_by_side_as_a_workflow_may_have(show: Start) -> None:
    play = show("fan_out")
    assert play.end().closure.phase == WorkflowPhase.SUCCEEDED
    assert play.outputs() == {"total": sum(index % 7 for index in range(97))}
    phases = play.phases()
    assert len(phases) == play.sandbox.settings.max_workflow_nodes  # start and end among them
    assert set(phases.values()) == {NodePhase.SUCCEEDED}


def test_offloaded_data_is_in_files_that_events_point_to(show: Start) -> None:
    play = show("offloaded")
    closure = play.end().closure
    blobs: BlobStore = play.sandbox.admin.blobs
    assert closure.output_data is None
    assert closure.outputs is not None
    assert blobs.size(closure.outputs.uri or "")
    node = play.nodes()["n0"]
    assert blobs.size(node.input_uri)
    assert blobs.size(node.closure.output_uri or "")
    values = to_native(play.data("n0").full_outputs.literals["o0"].to_pb())
    assert values == list(range(1, 1001))


def test_a_gate_waits_for_its_signals(show: Start) -> None:
    play = show("gate")
    play.until_node("n0", NodePhase.RUNNING)
    play.signal("number", Primitive(integer=12))
    play.until_node("n2", NodePhase.RUNNING)
    assert play.phases()["n1"] == NodePhase.SUCCEEDED
    assert "n3" not in play.phases()
    play.signal("sign-off", Primitive(boolean=True))
    assert play.end().closure.phase == WorkflowPhase.SUCCEEDED
    assert play.outputs() == {"summary": "the result is 144"}


def test_a_gate_that_is_refused_fails_the_workflow(show: Start) -> None:
    play = show("gate")
    play.until_node("n0", NodePhase.RUNNING)
    play.signal("number", Primitive(integer=1))
    play.until_node("n2", NodePhase.RUNNING)
    play.signal("sign-off", Primitive(boolean=False))
    error = play.end().closure.error
    assert play.phase() == WorkflowPhase.FAILED
    assert error is not None
    assert error.code == "ReceivedRejectSignal"
