"""Sync of every kind of workflow: what it brings, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import grpc
import pytest
from flyteidl.core.execution_pb2 import TaskExecution as TaskExecutionPb

from flytebind.models.core.execution import ExecutionError
from flytebind.remote import (
    FlyteAssertion,
    FlyteCallError,
    FlyteDataError,
    FlyteNotFoundError,
    FlyteRemote,
    FlyteUnavailableError,
    FlyteWorkflowExecution,
)
from flytebind.remote._calls import CallPolicy
from flytebind.sandbox import Sandbox
from flytebind.sandbox._settings import Settings
from flytebind.sandbox._store import tables
from flytebind.sandbox.play._events import Attempt
from flytebind.sandbox.play._values import to_literal
from flytebind.sandbox.play._workflow import OUTPUT, Workflow
from tests.remote.conftest import DOMAIN, PROJECT, Face, Make, config, open_face, see, walk
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
from tests.remote.scenes.cluster import Cluster
from tests.remote.scenes.entities import script, step, steps
from tests.remote.scenes.scene import Kind, NodePhase, Scene, TaskPhase, WorkflowPhase
from tests.remote.scenes.telling import user_error

FINISHED: dict[str, Make] = {
    "names like start and end": tasks.names_like_start_and_end,
    "long names": tasks.long_names,
    "retries": tasks.retries,
    "failed": tasks.failed,
    "cached": tasks.cached,
    "map failed": arrays.map_failed,
    "map of launch plans": arrays.map_launch_plans,
    "branch": parents.branch,
    "branch marked as a parent": partial(parents.branch, is_parent=True),
    "subworkflow failed": parents.subworkflow_failed,
    "launch plan failed": parents.launch_plan_failed,
    "launch plan in subworkflow": parents.launch_plan_in_subworkflow,
    "launch plan of launch plan": parents.launch_plan_of_launch_plan,
    "recovered": parents.recovered,
    "recovered task": parents.recovered_task,
    "eager": parents.eager,
    "gates passed": gates.passed,
    "gate refused": gates.refused,
    **{
        phase.name: partial(executions.in_phase, phase=phase)
        for phase in (WorkflowPhase.FAILED, WorkflowPhase.ABORTED, WorkflowPhase.TIMED_OUT)
    },
    "single task": executions.single_task,
    "offloaded": data.offloaded,
    "subworkflows": partial(nested, parents=2, children=2),
    **{name: partial(scripted.played, script=name) for name in scripted.ENDING},
}
UNFINISHED: dict[str, Make] = {
    "retrying": tasks.retrying,
    "early": tasks.early,
    **{
        f"bare {phase.name}": partial(tasks.bare, phase=phase)
        for phase in NodePhase
        # These say that there are data, and there are none; see below.
        if phase not in (NodePhase.SUCCEEDED, NodePhase.RECOVERED)
    },
    "map running": arrays.map_running,
    "map of launch plans running": partial(arrays.map_launch_plans, running=True),
    "subworkflow running": parents.subworkflow_running,
    "dynamic unresolved": parents.dynamic_unresolved,
    "dynamic running": parents.dynamic_running,
    "launch plan running": parents.launch_plan_running,
    "gates waiting": gates.waiting,
    **{
        phase.name: partial(executions.in_phase, phase=phase)
        for phase in (
            WorkflowPhase.UNDEFINED,
            WorkflowPhase.QUEUED,
            WorkflowPhase.RUNNING,
            WorkflowPhase.SUCCEEDING,
            WorkflowPhase.FAILING,
            WorkflowPhase.ABORTING,
        )
    },
    "unknown phase": strange.unknown_phase,
    "strange nodes": strange.strange_nodes,
    "single task running": partial(executions.single_task, running=True),
}
SCENES = FINISHED | UNFINISHED


@script
def _launching(w: Workflow) -> None:
    w.output(OUTPUT, w.launch_plan(steps, x=w.input("x", 1)))


def fetch(remote: FlyteRemote, scene: Scene) -> FlyteWorkflowExecution:
    return remote.fetch_execution(scene.id.name)


# What it brings.


@pytest.mark.parametrize("make", SCENES.values(), ids=SCENES)
def test_sync_brings_all_that_a_scene_tells(sandbox: Sandbox, face: Face, make: Make) -> None:
    scene = make(sandbox)
    execution = face.fetch_execution(scene.id.name)
    assert face.sync(execution, sync_nodes=True) is execution
    sandbox.calls.clear()
    assert see(execution, scene) == scene
    # Numbers may be floats, which interfaces tell; nothing else is left to load.
    assert sandbox.calls.counts().keys() <= {"GetWorkflow", "GetTask", "GetLaunchPlan"}


@pytest.mark.parametrize("make", FINISHED.values(), ids=FINISHED)
def test_a_second_sync_of_what_is_finished_costs_nothing(
    sandbox: Sandbox, remote: FlyteRemote, make: Make
) -> None:
    scene = make(sandbox)
    execution = fetch(remote, scene).sync(sync_nodes=True)
    nodes = list(walk(execution))
    sandbox.calls.clear()
    execution.sync(sync_nodes=True)
    assert sandbox.calls.counts() == {}
    assert [id(node) for node in walk(execution)] == [id(node) for node in nodes]


@pytest.mark.parametrize("make", SCENES.values(), ids=SCENES)
def test_states_alone_are_all_states(sandbox: Sandbox, face: Face, make: Make) -> None:
    scene = make(sandbox)
    execution = face.fetch_execution(scene.id.name)
    face.sync(execution, sync_nodes=True, data=False)
    own = [node for node in walk(execution) if node.id.execution_id == scene.id]
    found = {node.id.node_id: node.phase for node in own}
    assert found == {node.id: node.phase for node in scene.walk()}


def test_sync_returns_the_execution_itself(sandbox: Sandbox, remote: FlyteRemote) -> None:
    execution = fetch(remote, executions.in_phase(sandbox, WorkflowPhase.RUNNING))
    assert execution.sync() is execution
    assert execution.sync(sync_nodes=True) is execution
    assert execution.sync(data=False) is execution


def test_a_loop_of_syncs_sees_the_end(sandbox: Sandbox, remote: FlyteRemote) -> None:
    execution = remote.fetch_execution(sandbox.play("chain").name)
    while not execution.is_done:
        execution.sync()
    assert execution.outputs["summary"] == "the result is 15"
    assert execution.node_executions == {}


def test_nodes_come_with_sync_nodes_alone(sandbox: Sandbox, chain: FlyteWorkflowExecution) -> None:
    sandbox.calls.clear()
    chain.sync()
    assert chain.node_executions == {}
    assert sandbox.calls.counts() == {"GetExecutionData": 1}
    chain.sync(sync_nodes=True)
    assert list(chain.node_executions) == ["start-node", "n0", "n1", "n2", "end-node"]


def test_the_dictionary_of_nodes_is_the_callers_own(chain: FlyteWorkflowExecution) -> None:
    chain.sync(sync_nodes=True)
    chain.node_executions.clear()
    chain.node_executions["n0"].task_executions.clear()
    assert len(chain.node_executions) == 5
    assert len(chain.node_executions["n0"].task_executions) == 1


def test_executions_of_a_node_are_what_runs_for_it(sandbox: Sandbox, remote: FlyteRemote) -> None:
    def executions_of(make: Make, id: str) -> list[str]:
        node = fetch(remote, make(sandbox)).sync(sync_nodes=True).node_executions[id]
        return [type(each).__name__ for each in node.executions]

    assert executions_of(tasks.retries, "n0") == ["FlyteTaskExecution"] * 3
    assert executions_of(parents.launch_plan_failed, "n0") == ["FlyteWorkflowExecution"]
    assert executions_of(parents.subworkflow_failed, "n0") == ["FlyteNodeExecution"] * 2
    assert executions_of(parents.branch, "n1") == ["FlyteNodeExecution"]
    assert executions_of(parents.dynamic_running, "n0") == ["FlyteTaskExecution"]
    assert executions_of(gates.passed, "n0") == []
    assert executions_of(gates.passed, "start-node") == []


def test_a_failure_node_is_there(sandbox: Sandbox, remote: FlyteRemote) -> None:
    execution = fetch(remote, scripted.played(sandbox, "failure")).sync(sync_nodes=True)
    assert execution.node_executions["fn0"].outputs["o0"] == "ada has been told"


def test_data_of_single_attempts_load_when_they_are_touched(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    execution = fetch(remote, tasks.retries(sandbox)).sync(sync_nodes=True)
    *failed, last = execution.node_executions["n0"].task_executions
    sandbox.calls.clear()
    assert (last.inputs["x"], last.outputs["o0"]) == (1, 2)
    assert sandbox.calls["GetTaskExecutionData"] == 1
    assert failed[1].error is not None
    assert failed[1].error.message == "connection reset"
    for attempt in failed:
        assert attempt.inputs["x"] == 1
        with pytest.raises(FlyteAssertion, match=f"/n0/{attempt.id.retry_attempt} has no outputs"):
            _ = attempt.outputs


# Errors that lists cut.


@pytest.mark.parametrize("shift", range(4))
def test_errors_are_whole_wherever_a_list_cuts_them(
    sandbox: Sandbox, face: Face, shift: int
) -> None:
    # Lists cut at 100 bytes, and take what is left of a character away, too.
    message = "x" * (100 - shift) + "\N{SNOWMAN}\N{GRINNING FACE}" + "y" * 50
    with Cluster(sandbox) as cluster:
        tale = cluster.launch(steps, x=1).begin()
        tale.task("n0", TaskPhase.FAILED, inputs={"x": 1}, error=message)
        scene = tale.fail(message)
    execution = face.fetch_execution(scene.id.name)
    face.sync(execution, sync_nodes=True)
    for each in (execution, execution.node_executions["n0"]):
        assert each.error.message == message
        with pytest.raises(FlyteAssertion) as caught:
            _ = each.outputs
        assert str(caught.value).endswith(message)


def test_states_alone_have_whole_errors_too(sandbox: Sandbox, remote: FlyteRemote) -> None:
    execution = fetch(remote, tasks.failed(sandbox)).sync(sync_nodes=True, data=False)
    error = execution.node_executions["n1"].error
    assert error is not None
    assert error.message == tasks.LONG_ERROR


def test_a_listed_execution_has_its_whole_error(sandbox: Sandbox, face: Face) -> None:
    scene = tasks.failed(sandbox)
    (listed,) = face.list_executions(filters=f"eq(execution_name,{scene.id.name})")
    assert len(listed.closure.error.message.encode()) <= 100
    if face.is_async:
        with pytest.raises(FlyteAssertion, match=r"await remote\.load\(execution\)"):
            _ = listed.error
        face.load(listed)
    assert listed.error.message == scene.error
    with pytest.raises(FlyteAssertion) as caught:
        _ = listed.outputs
    assert "it failed: USER:Unknown: [n1]: ValueError: 17 rows" in str(caught.value)


# What it costs.


@pytest.mark.parametrize("count", [1, 5, 40])
def test_a_task_node_costs_two_calls(sandbox: Sandbox, remote: FlyteRemote, count: int) -> None:
    scene = wide(sandbox, count)
    execution = fetch(remote, scene)
    sandbox.calls.clear()
    execution.sync(sync_nodes=True)
    assert sandbox.calls.total() <= 2 * count + 3
    assert sandbox.calls["GetTaskExecution"] == sandbox.calls["GetTaskExecutionData"] == 0


def test_states_alone_cost_three_calls_at_most(sandbox: Sandbox, remote: FlyteRemote) -> None:
    execution = fetch(remote, wide(sandbox, 40))
    sandbox.calls.clear()
    execution.sync(sync_nodes=True, data=False)
    assert sandbox.calls.total() <= 3
    assert len(execution.node_executions) == 42
    sandbox.calls.clear()
    execution.sync(sync_nodes=True, data=False)
    assert sandbox.calls.total() == 0


def test_start_and_end_nodes_cost_nothing_at_any_depth(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    execution = fetch(remote, nested(sandbox, parents=3, children=2))
    sandbox.calls.clear()
    execution.sync(sync_nodes=True)
    # Three parents, and six tasks below them.
    assert sandbox.calls["GetNodeExecutionData"] == 9
    assert sandbox.calls["ListTaskExecutions"] == 6
    assert sandbox.calls["ListNodeExecutions"] == 4


def test_a_running_execution_is_brought_up_to_date_in_place(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    with Cluster(sandbox) as cluster:
        tale = cluster.launch(steps, x=1).begin()
        tale.task("n0", inputs={"x": 1}, outputs={"o0": 2})
        running = tale.queue("n1", Kind.TASK, inputs={"x": 2})
        tale.attempt(running, TaskPhase.FAILED, error="no luck")
        tale.attempt(running, TaskPhase.RUNNING)

        execution = remote.fetch_execution(tale.id.name).sync(sync_nodes=True)
        nodes = execution.node_executions
        attempts = nodes["n1"].task_executions
        sandbox.calls.clear()
        execution.sync(sync_nodes=True)
        # The node that is done, and what it took and gave, are not asked for again.
        assert sandbox.calls.counts() == {
            "GetExecution": 1,
            "ListNodeExecutions": 1,
            "ListTaskExecutions": 1,
        }

        last = Attempt("n1", step.id, 1)
        literals = {"o0": to_literal(3)}
        tale.events.task(last, TaskExecutionPb.SUCCEEDED, outputs=literals)
        tale.tell(running, NodePhase.SUCCEEDED, outputs={"o0": 3})
        tale.succeed(o0=3)
        sandbox.calls.clear()
        execution.sync(sync_nodes=True)
        assert sandbox.calls["GetNodeExecutionData"] == 1
        assert sandbox.calls["ListTaskExecutions"] == 1

    assert all(execution.node_executions[name] is node for name, node in nodes.items())
    assert nodes["n1"].phase is NodePhase.SUCCEEDED
    assert nodes["n1"].outputs["o0"] == 3
    now = nodes["n1"].task_executions
    assert [id(each) for each in now] == [id(each) for each in attempts]
    assert [each.phase for each in now] == [TaskPhase.FAILED, TaskPhase.SUCCEEDED]


def test_children_of_a_running_node_are_brought_up_to_date_in_place(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    with Cluster(sandbox) as cluster:
        cluster.register(steps)
        tale = cluster.launch(_launching, x=1).begin()
        node = tale.queue("n0", Kind.LAUNCH_PLAN, inputs={"x": 1})
        child = cluster.launch(steps, by=(tale, node), x=1).begin()
        tale.run(node, child)
        execution = remote.fetch_execution(tale.id.name).sync(sync_nodes=True)
        (before,) = execution.node_executions["n0"].workflow_executions
        assert before.phase is WorkflowPhase.RUNNING
        child.task("n0", inputs={"x": 1}, outputs={"o0": 2})
        child.task("n1", inputs={"x": 2}, outputs={"o0": 3})
        child.succeed(o0=3)
        execution.sync(sync_nodes=True)
        (after,) = execution.node_executions["n0"].workflow_executions
    assert after is before
    assert after.outputs["o0"] == 3
    assert list(after.node_executions) == ["start-node", "n0", "n1", "end-node"]


def test_inputs_and_outputs_load_when_they_are_touched_and_once(
    sandbox: Sandbox, chain: FlyteWorkflowExecution
) -> None:
    chain.sync(sync_nodes=True, data=False)
    node = chain.node_executions["n0"]
    sandbox.calls.clear()
    assert (len(node.inputs), len(node.outputs)) == (1, 1)
    assert node.inputs is node.inputs
    assert sandbox.calls.counts() == {"GetNodeExecutionData": 1}
    assert len(node.task_executions) == 1
    assert len(node.task_executions) == 1
    assert sandbox.calls["ListTaskExecutions"] == 1
    sandbox.calls.clear()
    assert (chain.inputs["rows"], chain.outputs["summary"]) == (5, "the result is 15")
    assert sandbox.calls["GetExecutionData"] == 1


@pytest.mark.parametrize("data", [False, True])
def test_the_start_and_the_end_have_data_as_well(sandbox: Sandbox, face: Face, data: bool) -> None:
    execution = face.fetch_execution(tasks.retries(sandbox).id.name)
    face.sync(execution, sync_nodes=True, data=data)
    start, end = (execution.node_executions[id] for id in ("start-node", "end-node"))
    if face.is_async and not data:
        with pytest.raises(FlyteAssertion, match=r"await remote\.load\(execution\)"):
            _ = start.outputs
        face.load(start)
        face.load(end)
    assert dict(start.outputs) == {"x": 1}
    # As recorded: an end passes on to nobody what it takes.
    assert (dict(end.inputs), dict(end.outputs)) == ({"o0": 3}, {})


def test_outputs_are_there_once_an_execution_is_done(sandbox: Sandbox, remote: FlyteRemote) -> None:
    """What was brought while it ran is not taken for all that there is."""
    with Cluster(sandbox) as cluster:
        tale = cluster.launch(steps, x=1).begin()
        execution = remote.fetch_execution(tale.id.name).sync(sync_nodes=True)
        assert dict(execution.inputs) == {"x": 1}
        tale.task("n0", inputs={"x": 1}, outputs={"o0": 2})
        tale.succeed(o0=3)
    execution.sync(data=False)
    assert dict(execution.outputs) == {"o0": 3}
    assert dict(execution.inputs) == {"x": 1}


@pytest.mark.parametrize("data", [False, True])
def test_a_running_execution_without_inputs_has_none(
    sandbox: Sandbox, face: Face, data: bool
) -> None:
    execution = face.fetch_execution(gates.waiting(sandbox).id.name)
    face.sync(execution, sync_nodes=True, data=data)
    if face.is_async and not data:
        face.load(execution)
    assert dict(execution.inputs) == {}


def test_lists_that_are_too_large_for_the_channel_come_in_smaller_pages(
    sandbox: Sandbox,
) -> None:
    scene = tasks.names_like_start_and_end(sandbox)
    small = replace(config(sandbox), max_message_bytes=1000)
    with FlyteRemote(small, PROJECT, DOMAIN) as remote:
        execution = fetch(remote, scene)
        sandbox.calls.clear()
        assert see(execution.sync(sync_nodes=True), scene) == scene
        assert sandbox.calls["ListNodeExecutions"] > 2


# Nodes that cannot be resolved, and data that cannot be had.


def test_a_node_that_no_workflow_has_is_a_problem_of_its_own(sandbox: Sandbox, face: Face) -> None:
    scene = strange.strange_nodes(sandbox)
    execution = face.fetch_execution(scene.id.name)
    for _ in range(2):  # it stays one
        face.sync(execution, sync_nodes=True)
        nodes = execution.node_executions
        assert isinstance(nodes["n9"].problem, FlyteDataError)
        assert "'n9'" in str(nodes["n9"].problem)
        assert all(nodes[id].problem is None for id in ("n0", "n1", "n3"))


def test_children_of_what_is_no_parent_have_no_interface(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    """Nothing declares them, least of all the node of the same name one level up."""
    eager = fetch(remote, parents.eager(sandbox)).sync(sync_nodes=True)
    strangers = fetch(remote, strange.strange_nodes(sandbox)).sync(sync_nodes=True)
    for child in (
        eager.node_executions["n1"].subworkflow_node_executions["n1-0-n0"],
        strangers.node_executions["n2"].subworkflow_node_executions["n2-0-n0"],
    ):
        with pytest.raises(FlyteDataError, match=child.id.node_id):
            _ = child.interface
        assert len(child.outputs) == 1


def test_one_bad_node_does_not_lose_the_rest(sandbox: Sandbox, face: Face) -> None:
    scene = wide(sandbox, 5)
    sandbox.faults.fail(grpc.StatusCode.UNKNOWN, method="GetNodeExecutionData", times=1)
    execution = face.fetch_execution(scene.id.name)
    face.sync(execution, sync_nodes=True)
    sandbox.faults.clear()
    (bad,) = (node for node in walk(execution) if node.problem is not None)
    assert isinstance(bad.problem, FlyteCallError)
    assert bad.problem.code is grpc.StatusCode.UNKNOWN
    assert bad.id.node_id in str(bad.problem)
    assert bad.is_boundary or len(bad.task_executions) == 1
    face.sync(execution, sync_nodes=True)  # what is missing is asked for again
    assert bad.problem is None
    assert see(execution, scene) == scene


@pytest.mark.parametrize(
    ("rpc", "make", "bad"),
    [
        ("ListTaskExecutions", tasks.failed, "n0"),
        ("GetNodeExecution", tasks.failed, "n1"),
        ("GetNodeExecutionData", parents.subworkflow_failed, "n0"),
    ],
)
def test_whatever_cannot_be_brought_of_a_node_is_its_problem(
    sandbox: Sandbox, rpc: str, make: Make, bad: str
) -> None:
    scene = make(sandbox)
    with FlyteRemote(config(sandbox), PROJECT, DOMAIN, max_calls=1) as remote:  # in order
        execution = fetch(remote, scene)
        sandbox.faults.fail(grpc.StatusCode.UNKNOWN, method=rpc, times=1)
        execution.sync(sync_nodes=True)
        sandbox.faults.clear()
        problems = {node.id.node_id: node.problem for node in walk(execution) if node.problem}
        assert problems.keys() == {bad}
        assert str(problems[bad]).startswith(f"{rpc} of {PROJECT}/{DOMAIN}/{scene.id.name}/{bad}: ")
        assert see(execution.sync(sync_nodes=True), scene) == scene


def test_without_a_list_of_nodes_there_is_no_sync(sandbox: Sandbox, remote: FlyteRemote) -> None:
    scene = parents.subworkflow_running(sandbox)
    execution = fetch(remote, scene).sync(sync_nodes=True)
    nodes = execution.node_executions
    sandbox.faults.fail(grpc.StatusCode.UNKNOWN, method="ListNodeExecutions", times=1)
    with pytest.raises(FlyteCallError, match=f"ListNodeExecutions of .*/{scene.id.name}: UNKNOWN"):
        execution.sync(sync_nodes=True)
    sandbox.faults.clear()
    assert execution.node_executions == nodes  # what was there is still there
    assert see(execution.sync(sync_nodes=True), scene) == scene


def test_a_launched_execution_that_is_gone_is_the_problem_of_its_node(
    sandbox: Sandbox, face: Face
) -> None:
    scene = arrays.map_launch_plans(sandbox)
    gone, kept = scene.nodes["n0"].executions
    row = sandbox.admin.store.find(tables.EXECUTIONS, execution_name=gone.id.name)
    assert row is not None
    with sandbox.admin.store.transaction():
        sandbox.admin.store.update(
            tables.EXECUTIONS, row["id"], {"execution_name": f"x{gone.id.name[1:]}"}
        )
    execution = face.fetch_execution(scene.id.name)
    face.sync(execution, sync_nodes=True)
    node = execution.node_executions["n0"]
    assert isinstance(node.problem, FlyteNotFoundError)
    assert gone.id.name in str(node.problem)
    assert [child.id for child in node.workflow_executions] == [kept.id]
    assert dict(execution.outputs) == scene.outputs


def test_a_connection_that_fails_fails_the_sync(sandbox: Sandbox) -> None:
    scene = wide(sandbox, 3)
    policy = CallPolicy(max_attempts=2, first_pause=0.01)
    with FlyteRemote(config(sandbox), PROJECT, DOMAIN, policy=policy) as remote:
        execution = fetch(remote, scene)
        sandbox.faults.fail(method="GetNodeExecutionData")
        with pytest.raises(FlyteUnavailableError, match=r"GetNodeExecutionData of .*/n"):
            execution.sync(sync_nodes=True)
        sandbox.faults.clear()
        assert see(execution.sync(sync_nodes=True), scene) == scene


def test_a_workflow_that_cannot_be_had_does_not_fail_a_sync(sandbox: Sandbox) -> None:
    """It would only tell whether there should have been inputs."""
    scene = wide(sandbox, 3)
    for kind in ("sync", "async"):
        with open_face(kind, sandbox) as face:
            execution = face.fetch_execution(scene.id.name)
            sandbox.faults.fail(grpc.StatusCode.UNKNOWN, method="GetWorkflow")
            face.sync(execution, sync_nodes=True)
            sandbox.faults.clear()
            face.load(execution)
            assert see(execution, scene) == scene


def test_data_that_is_not_there_yet_is_no_problem(sandbox: Sandbox, face: Face) -> None:
    scene = data.not_there_yet(sandbox)
    execution = face.fetch_execution(scene.id.name)
    face.sync(execution, sync_nodes=True)
    node = execution.node_executions["n0"]
    assert node.problem is None
    assert dict(node.inputs) == {}
    sandbox.faults.clear()
    face.sync(execution, sync_nodes=True)
    assert dict(node.inputs) == {"x": 1}


def test_data_of_a_finished_node_that_are_not_there_are_its_problem(
    sandbox: Sandbox, remote: FlyteRemote, chain: FlyteWorkflowExecution
) -> None:
    sandbox.faults.fail(grpc.StatusCode.NOT_FOUND, "gone", method="GetNodeExecutionData", times=3)
    chain.sync(sync_nodes=True)
    sandbox.faults.clear()
    problems = {id: node.problem for id, node in chain.node_executions.items()}
    assert {id for id, problem in problems.items() if problem is not None} == {"n0", "n1", "n2"}
    assert isinstance(problems["n0"], FlyteNotFoundError)


HIDDEN: dict[str, tuple[Settings, Make]] = {
    "offloaded": (Settings(max_download_bytes=100), partial(data.offloaded, size=200)),
    "inline": (
        Settings(max_inline_bytes=100, inline_event_data=True),
        partial(data.too_large_inline, size=200),
    ),
    "gone": (Settings(), data.gone),
    "damaged": (Settings(), data.damaged),
}


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(("settings", "make"), HIDDEN.values(), ids=HIDDEN)
def test_data_that_the_server_does_not_give_out_are_a_clear_error(
    settings: Settings, make: Make, kind: str
) -> None:
    with Sandbox(settings=settings) as sandbox, open_face(kind, sandbox) as face:
        execution = face.fetch_execution(make(sandbox).id.name)
        face.sync(execution, sync_nodes=True)
        node = execution.node_executions["n0"]
        expected = f"outputs of node execution {PROJECT}/{DOMAIN}/{execution.id.name}/n0"
        for _ in range(2):
            with pytest.raises(FlyteDataError, match=f"{expected}.*maxDownloadMBs.*signed URLs"):
                _ = node.outputs
            assert isinstance(node.problem, FlyteDataError)
            assert expected in str(node.problem) or "inputs of" in str(node.problem)
            face.sync(execution, sync_nodes=True)
        if execution.is_done:
            with pytest.raises(FlyteDataError, match="outputs of execution"):
                _ = execution.outputs


def test_hidden_inputs_of_an_execution_are_a_clear_error() -> None:
    settings = Settings(max_download_bytes=100)
    with Sandbox(settings=settings) as sandbox, FlyteRemote(config(sandbox), PROJECT, DOMAIN) as r:
        execution = r.fetch_execution(data.offloaded(sandbox, size=200).id.name)
        with pytest.raises(FlyteDataError, match="without the inputs of execution"):
            _ = execution.inputs


def test_outputs_that_a_node_never_gave_are_not_called_hidden(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    """The server names no place for them, so there is nothing that it could hide."""
    execution = fetch(remote, tasks.skipped(sandbox)).sync(sync_nodes=True)
    assert dict(execution.outputs) == {}


def test_an_error_is_one_of_the_server(sandbox: Sandbox, remote: FlyteRemote) -> None:
    with Cluster(sandbox) as cluster:
        tale = cluster.launch(steps, x=1).begin()
        scene = tale.fail("no step left")
    error = fetch(remote, scene).error
    assert isinstance(error, ExecutionError)
    assert error == ExecutionError.from_pb(user_error("no step left"))
