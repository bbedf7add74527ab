"""Each scene over the wire, as plain generated clients see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TypeAlias

import grpc
import pytest

from flytebind.models.admin.execution import (
    Execution,
    ExecutionMetadata,
    WorkflowExecutionGetRequest,
)
from flytebind.models.admin.node_execution import (
    GetDynamicNodeWorkflowRequest,
    NodeExecution,
    NodeExecutionGetDataRequest,
    NodeExecutionGetDataResponse,
)
from flytebind.models.admin.signal import SignalListRequest
from flytebind.models.core.catalog import CatalogCacheStatus
from flytebind.models.core.identifier import NodeExecutionIdentifier, ResourceType
from flytebind.sandbox import Sandbox
from flytebind.sandbox._settings import Settings
from flytebind.services.admin import AdminServiceClient
from flytebind.services.signal import SignalServiceClient
from tests.remote.scenes import (
    arrays,
    data,
    executions,
    gates,
    parents,
    scripted,
    strange,
    tasks,
)
from tests.remote.scenes.bulk import nested, wide
from tests.remote.scenes.observing import list_attempts, list_nodes, observe
from tests.remote.scenes.scene import Kind, Node, NodePhase, Scene, TaskPhase, WorkflowPhase

Make: TypeAlias = Callable[[Sandbox], Scene]

SCENES: dict[str, Make] = {
    "names like start and end": tasks.names_like_start_and_end,
    "long names": tasks.long_names,
    "retries": tasks.retries,
    "retrying": tasks.retrying,
    "failed": tasks.failed,
    "cached": tasks.cached,
    "early": tasks.early,
    **{f"bare {phase.name}": partial(tasks.bare, phase=phase) for phase in NodePhase},
    "skipped": tasks.skipped,
    "map running": arrays.map_running,
    "map failed": arrays.map_failed,
    "map of launch plans": arrays.map_launch_plans,
    "map of launch plans running": partial(arrays.map_launch_plans, running=True),
    "branch": parents.branch,
    "branch marked as a parent": partial(parents.branch, is_parent=True),
    "subworkflow running": parents.subworkflow_running,
    "subworkflow failed": parents.subworkflow_failed,
    "dynamic unresolved": parents.dynamic_unresolved,
    "dynamic running": parents.dynamic_running,
    "launch plan running": parents.launch_plan_running,
    "launch plan failed": parents.launch_plan_failed,
    "launch plan in subworkflow": parents.launch_plan_in_subworkflow,
    "launch plan of launch plan": parents.launch_plan_of_launch_plan,
    "recovered": parents.recovered,
    "recovered task": parents.recovered_task,
    "eager": parents.eager,
    "gates waiting": gates.waiting,
    "gates passed": gates.passed,
    "gate refused": gates.refused,
    **{phase.name: partial(executions.in_phase, phase=phase) for phase in WorkflowPhase},
    "unknown phase": strange.unknown_phase,
    "strange nodes": strange.strange_nodes,
    "single task": executions.single_task,
    "single task running": partial(executions.single_task, running=True),
    "offloaded": data.offloaded,
    "a few nodes": partial(wide, nodes=5),
    "a few subworkflows": partial(nested, parents=3, children=4),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One for all scenes that set nothing of it."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def client(sandbox: Sandbox) -> Iterator[AdminServiceClient]:
    with sandbox.channel() as channel:
        yield AdminServiceClient(channel)


def get(client: AdminServiceClient, scene: Scene) -> Execution:
    return client.get_execution(WorkflowExecutionGetRequest(id=scene.id), timeout=10)


def get_data(client: AdminServiceClient, scene: Scene, node: str) -> NodeExecutionGetDataResponse:
    request = NodeExecutionGetDataRequest(id=NodeExecutionIdentifier(node, scene.id))
    return client.get_node_execution_data(request, timeout=10)


def flags(node: NodeExecution) -> set[str]:
    """What a cluster has marked a node as."""
    marks = {
        "parent": node.metadata.is_parent_node,
        "dynamic": node.metadata.is_dynamic,
        "array": node.metadata.is_array,
        "eager": node.metadata.is_eager,
    }
    return {name for name, is_set in marks.items() if is_set}


def look(client: AdminServiceClient, scene: Scene) -> Scene:
    """What the server says, with the kinds that the scene tells."""
    kinds: dict[NodeExecutionIdentifier, Kind] = {}

    def note(told: Scene) -> None:
        for node in told.walk():
            kinds[NodeExecutionIdentifier(node.id, told.id)] = node.kind
            for execution in node.executions:
                note(execution)

    note(scene)
    return observe(client, scene.id, kinds.__getitem__)


@pytest.mark.parametrize("make", SCENES.values(), ids=SCENES.keys())
def test_the_server_shows_what_a_scene_tells(
    sandbox: Sandbox, client: AdminServiceClient, make: Make
) -> None:
    scene = make(sandbox)
    assert look(client, scene) == scene


@pytest.mark.parametrize("script", scripted.ENDING)
def test_scripted_workflows_play_to_their_ends(
    sandbox: Sandbox, client: AdminServiceClient, script: str
) -> None:
    scene = scripted.played(sandbox, script)
    expected = WorkflowPhase.FAILED if script == "failure" else WorkflowPhase.SUCCEEDED
    assert scene.phase == get(client, scene).closure.phase == expected
    assert {node.kind for node in scene.walk()} >= {Kind.START, Kind.TASK}
    assert all(
        node.outputs for node in scene.walk() if node.phase == NodePhase.SUCCEEDED and node.inputs
    )


def test_scripted_parents_and_arrays_are_told_apart(sandbox: Sandbox) -> None:
    by_kind = {
        node.kind: node
        for script in ("map", "branch", "subworkflow", "dynamic", "launch_plan")
        for node in reversed(list(scripted.played(sandbox, script).walk()))
    }
    assert by_kind[Kind.BRANCH].children.keys() == {"n2-0-n2-n0"}
    assert by_kind[Kind.SUBWORKFLOW].children["n0-0-n1"].children.keys() == {
        "n0-0-n1-0-start-node",
        "n0-0-n1-0-n0",
        "n0-0-n1-0-end-node",
    }
    assert by_kind[Kind.DYNAMIC].attempts == (TaskPhase.SUCCEEDED,)
    assert len(by_kind[Kind.DYNAMIC].children) == 6
    (child,) = by_kind[Kind.LAUNCH_PLAN].executions
    assert child.outputs == {"summary": "the result is 6"}
    assert by_kind[Kind.ARRAY].outputs == {"o0": [1, 4, 9, 16]}


def test_a_failure_node_runs_after_the_failure(sandbox: Sandbox) -> None:
    scene = scripted.played(sandbox, "failure")
    assert scene.nodes["n2"].phase == NodePhase.FAILED
    assert scene.nodes["fn0"].phase == NodePhase.SUCCEEDED
    assert scene.nodes["fn0"].spec_id == "fn0"


def test_a_live_gate_waits_for_its_signal(sandbox: Sandbox, client: AdminServiceClient) -> None:
    scene = scripted.live_gate(sandbox)
    assert scene.nodes["n0"].kind is Kind.GATE
    assert scene.nodes["n0"].phase == NodePhase.RUNNING
    assert get(client, scene).closure.phase == WorkflowPhase.RUNNING


def test_ids_that_would_be_too_long_are_hashes(
    sandbox: Sandbox, client: AdminServiceClient
) -> None:
    scene = tasks.long_names(sandbox)
    top = list_nodes(client, scene.id)
    (parent,) = (node for node in top.values() if node.metadata.is_parent_node)
    below = list_nodes(client, scene.id, parent.id.node_id)
    assert max(map(len, [*top, *below])) <= 20
    assert {node.metadata.spec_node_id for id, node in top.items() if "-" not in id} == {
        "a-workflow-of-long-names",
        tasks.LONG_NAME,
    }
    assert {node.metadata.spec_node_id for id, node in below.items() if "-" not in id} == {
        "start-node",
        tasks.LONG_NAME,
    }


def test_lists_cut_the_errors_that_tasks_and_executions_have_whole(
    sandbox: Sandbox, client: AdminServiceClient
) -> None:
    scene = tasks.failed(sandbox)
    node = list_nodes(client, scene.id)["n1"]
    assert node.closure.error is not None
    assert len(node.closure.error.message) < 100
    assert scene.nodes["n1"].error.startswith(node.closure.error.message)
    errors = [attempt.closure.error for attempt in list_attempts(client, node.id)]
    assert [error.message for error in errors if error is not None] == [tasks.LONG_ERROR] * 3


def test_a_cached_node_says_so_and_has_no_attempts(
    sandbox: Sandbox, client: AdminServiceClient
) -> None:
    scene = tasks.cached(sandbox)
    nodes = list_nodes(client, scene.id)
    statuses = [
        metadata.cache_status
        for id in ("n0", "n1")
        if (metadata := nodes[id].closure.task_node_metadata) is not None
    ]
    assert statuses == [CatalogCacheStatus.CACHE_HIT, CatalogCacheStatus.CACHE_POPULATED]
    assert scene.nodes["n0"].attempts == ()
    assert scene.nodes["n1"].attempts == (TaskPhase.SUCCEEDED,)


def test_items_of_arrays_have_phases_and_attempts_of_their_own(
    sandbox: Sandbox, client: AdminServiceClient
) -> None:
    scene = arrays.map_running(sandbox)
    node = list_nodes(client, scene.id)["n0"]
    assert flags(node) == {"array"}
    (attempt,) = list_attempts(client, node.id)
    assert attempt.closure.metadata is not None
    items = attempt.closure.metadata.external_resources
    assert tuple((item.index, item.retry_attempt, item.phase) for item in items) == (
        arrays.RUNNING_ITEMS
    )
    assert [item.index for item in items if item.cache_status == CatalogCacheStatus.CACHE_HIT] == [
        3
    ]


@pytest.mark.parametrize("running", [False, True])
def test_items_of_an_array_of_launch_plans_name_their_executions(
    sandbox: Sandbox, client: AdminServiceClient, running: bool
) -> None:
    scene = arrays.map_launch_plans(sandbox, running=running)
    node = list_nodes(client, scene.id)["n0"]
    assert flags(node) == {"array"}
    assert node.closure.workflow_node_metadata is None
    last = WorkflowPhase.RUNNING if running else WorkflowPhase.SUCCEEDED
    children = scene.nodes["n0"].executions
    assert [child.phase for child in children] == [WorkflowPhase.SUCCEEDED, last]
    for child in children:
        metadata = get(client, child).spec.metadata
        assert metadata.mode == ExecutionMetadata.ExecutionMode.CHILD_WORKFLOW
        assert metadata.parent_node_execution == node.id


MARKS: dict[str, tuple[Make, Mapping[str, set[str]]]] = {
    "branch": (parents.branch, {"n1": set()}),
    "branch marked as a parent": (partial(parents.branch, is_parent=True), {"n1": {"parent"}}),
    "subworkflow": (parents.subworkflow_running, {"n0": {"parent"}}),
    "dynamic": (parents.dynamic_running, {"n0": {"parent", "dynamic"}}),
    "dynamic unresolved": (parents.dynamic_unresolved, {"n0": {"dynamic"}}),
    "launch plan": (parents.launch_plan_running, {"n0": set(), "n1": set()}),
    "eager": (parents.eager, {"n0": set(), "n1": {"parent"}}),
    "gates": (gates.waiting, {"n0": set(), "n1": set(), "n2": set()}),
    "strange": (strange.strange_nodes, {"n2": {"parent"}, "n8": {"parent"}, "n9": set()}),
}


@pytest.mark.parametrize(("make", "expected"), MARKS.values(), ids=MARKS.keys())
def test_nodes_are_marked_as_a_cluster_does(
    sandbox: Sandbox,
    client: AdminServiceClient,
    make: Make,
    expected: Mapping[str, set[str]],
) -> None:
    nodes = list_nodes(client, make(sandbox).id)
    assert {id: flags(nodes[id]) for id in expected} == expected


@pytest.mark.parametrize("is_parent", [False, True])
def test_the_chosen_arm_hangs_below_its_branch(
    sandbox: Sandbox, client: AdminServiceClient, is_parent: bool
) -> None:
    scene = parents.branch(sandbox, is_parent=is_parent)
    (arm,) = list_nodes(client, scene.id, "n1").values()
    assert (arm.id.node_id, arm.metadata.spec_node_id) == ("n1-0-n1-n1", "n1-n1")


def test_a_dynamic_node_has_a_workflow_once_it_has_yielded_it(
    sandbox: Sandbox, client: AdminServiceClient
) -> None:
    unresolved = get_data(client, parents.dynamic_unresolved(sandbox), "n0")
    assert unresolved.dynamic_workflow is None
    scene = parents.dynamic_running(sandbox)
    yielded = get_data(client, scene, "n0").dynamic_workflow
    assert yielded is not None
    template = yielded.compiled_workflow.primary.template
    assert {node.id for node in template.nodes} == {"start-node", "end-node", "n0", "n1"}
    request = GetDynamicNodeWorkflowRequest(id=NodeExecutionIdentifier("n0", scene.id))
    answer = client.get_dynamic_node_workflow(request, timeout=10)
    assert answer.compiled_workflow == yielded.compiled_workflow


@pytest.mark.parametrize("make", [parents.recovered, parents.recovered_task])
def test_recovered_executions_name_what_they_recover(
    sandbox: Sandbox, client: AdminServiceClient, make: Make
) -> None:
    scene = make(sandbox)
    metadata = get(client, scene).spec.metadata
    assert metadata.mode == ExecutionMetadata.ExecutionMode.RECOVERED
    assert metadata.reference_execution is not None
    node = scene.nodes["n0"]
    assert (node.phase, node.attempts) == (NodePhase.RECOVERED, ())
    assert node.inputs
    assert node.outputs


def test_signals_of_gates_are_there_and_have_values_once_passed(sandbox: Sandbox) -> None:
    with sandbox.channel() as channel:
        signals = SignalServiceClient(channel)

        def values(scene: Scene) -> dict[str, bool]:
            request = SignalListRequest(workflow_execution_id=scene.id, limit=10)
            found = signals.list_signals(request, timeout=10).signals
            return {each.id.signal_id: each.value is not None for each in found if each.id}

        assert values(gates.waiting(sandbox)) == {gates.NUMBER: False, gates.SIGN_OFF: False}
        assert values(gates.passed(sandbox)) == {gates.NUMBER: True, gates.SIGN_OFF: True}


@pytest.mark.parametrize("phase", list(WorkflowPhase))
def test_executions_come_to_every_phase(
    sandbox: Sandbox, client: AdminServiceClient, phase: WorkflowPhase
) -> None:
    closure = get(client, executions.in_phase(sandbox, phase)).closure
    assert closure.phase == phase
    failing = phase in (WorkflowPhase.FAILING, WorkflowPhase.FAILED)
    aborting = phase in (WorkflowPhase.ABORTING, WorkflowPhase.ABORTED)
    assert (closure.error is not None) == failing
    assert (closure.abort_metadata is not None) == aborting


def test_a_single_task_is_its_own_launch_plan(sandbox: Sandbox, client: AdminServiceClient) -> None:
    execution = get(client, executions.single_task(sandbox))
    assert execution.spec.launch_plan.resource_type == ResourceType.TASK
    assert execution.closure.workflow_id is not None
    assert execution.closure.workflow_id.name.startswith(".flytegen.")


def test_large_offloaded_data_reads_as_empty_without_links() -> None:
    limit = data.size_of(o0="x" * 100)
    settings = Settings(max_download_bytes=limit)
    with Sandbox(settings=settings) as sandbox, sandbox.channel() as channel:
        client = AdminServiceClient(channel)
        fits = data.offloaded(sandbox, size=100)
        assert look(client, fits).outputs == fits.outputs
        seen = look(client, data.offloaded(sandbox, size=200))
        assert seen.outputs == seen.nodes["n0"].outputs == seen.nodes["n0"].inputs == {}


def test_large_offloaded_data_has_a_link_where_links_are_on() -> None:
    settings = Settings(max_download_bytes=100, signed_urls=True)
    with Sandbox(settings=settings) as sandbox, sandbox.channel() as channel:
        scene = data.offloaded(sandbox, size=1000)
        answer = get_data(AdminServiceClient(channel), scene, "n0")
        assert answer.full_outputs is not None
        assert not answer.full_outputs.literals
        assert answer.outputs is not None
        assert answer.outputs.bytes == data.size_of(**scene.nodes["n0"].outputs)
        assert answer.outputs.url.startswith("http")


def test_large_inline_data_reads_as_empty() -> None:
    settings = Settings(max_inline_bytes=100, inline_event_data=True)
    with Sandbox(settings=settings) as sandbox, sandbox.channel() as channel:
        scene = data.too_large_inline(sandbox, size=1000)
        seen = look(AdminServiceClient(channel), scene).nodes["n0"]
        assert (seen.phase, seen.outputs) == (NodePhase.SUCCEEDED, {})
        assert scene.nodes["n0"].outputs


@pytest.mark.parametrize("make", [data.gone, data.damaged])
def test_lost_data_reads_as_empty(sandbox: Sandbox, client: AdminServiceClient, make: Make) -> None:
    scene = make(sandbox)
    seen = look(client, scene)
    assert seen.phase == WorkflowPhase.SUCCEEDED
    assert seen.outputs == seen.nodes["n0"].inputs == seen.nodes["n0"].outputs == {}
    assert seen.inputs == scene.inputs  # no file


def test_data_of_nodes_can_be_not_there_yet() -> None:
    with Sandbox() as sandbox, sandbox.channel() as channel:
        client = AdminServiceClient(channel)
        scene = data.not_there_yet(sandbox, times=1)
        with pytest.raises(grpc.RpcError) as caught:
            get_data(client, scene, "n0")
        assert caught.value.code() == grpc.StatusCode.NOT_FOUND
        assert look(client, scene) == scene


def leaves(nodes: Mapping[str, Node]) -> list[Node]:
    return [node for node in nodes.values() if node.kind is Kind.TASK]


def test_large_scenes_are_in_the_file_for_the_next_process(tmp_path: Path) -> None:
    db = tmp_path / "flyte.sqlite"
    with Sandbox(db=db) as sandbox:
        flat, deep = wide(sandbox, 300), nested(sandbox, 10, 20)
    with Sandbox(db=db) as sandbox, sandbox.channel() as channel:
        client = AdminServiceClient(channel)
        assert look(client, flat) == flat
        assert look(client, deep) == deep
    assert len(leaves(flat.nodes)) == 300
    assert sum(len(leaves(node.children)) for node in deep.nodes.values()) == 200


def test_copied_nodes_come_in_the_order_of_their_making(
    sandbox: Sandbox, client: AdminServiceClient
) -> None:
    scene = wide(sandbox, 20)
    ids = list(list_nodes(client, scene.id))
    assert ids == ["start-node", *(f"n{number}" for number in range(20)), "end-node"]
