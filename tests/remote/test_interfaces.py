"""What executions run: workflows, tasks, and the types of what goes in and comes out."""

from __future__ import annotations

from functools import partial

import pytest

from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.models.core.interface import TypedInterface
from flytebind.models.core.types import LiteralType, SimpleType
from flytebind.remote import FlyteNotFoundError, FlyteRemote, FlyteTask, FlyteWorkflow
from flytebind.sandbox import Sandbox
from flytebind.sandbox.play._values import literal_type, to_literal
from flytebind.sandbox.play._workflow import OUTPUT, Promise, Script, Workflow
from tests.remote.conftest import DOMAIN, PROJECT, Face, Make, walk
from tests.remote.scenes import arrays, executions, gates, parents, scripted, tasks
from tests.remote.scenes.cluster import Cluster
from tests.remote.scenes.entities import step
from tests.remote.scenes.scene import Kind, Scene

INTEGER = LiteralType(simple=SimpleType.INTEGER)
INTEGERS = LiteralType(collection_type=INTEGER)
STRING = LiteralType(simple=SimpleType.STRING)


def types(interface: TypedInterface | None) -> tuple[dict[str, LiteralType], ...] | None:
    """Inputs and outputs, without their descriptions."""
    if interface is None:
        return None
    sides = (interface.inputs, interface.outputs)
    return tuple({name: variable.type for name, variable in side.items()} for side in sides)


def mapped(sandbox: Sandbox) -> Scene:
    """Running; n0 is an array over a task, whose interface is the array's."""

    def write(w: Workflow) -> None:
        kind = literal_type(list[int])
        w.template.interface.inputs.variables["x"].type.CopyFrom(kind)
        w.defaults["x"] = to_literal([1, 2])
        w.output(OUTPUT, w.map(step, x=Promise("", "x", kind)))

    with Cluster(sandbox) as cluster:
        tale = cluster.launch(Script("mapped", False, write)).begin()
        tale.queue("n0", Kind.ARRAY, inputs={"x": [1, 2]})
        return tale.scene()


TAKES_X = ({"x": INTEGER}, {"o0": INTEGER})
LISTS_X = ({"x": INTEGERS}, {"o0": INTEGERS})
PLAYED = partial(partial, scripted.played)
NODES: dict[str, tuple[Make, dict[str, tuple[dict[str, LiteralType], ...] | None]]] = {
    "task": (
        tasks.retries,
        {"n0": TAKES_X, "start-node": ({}, {"x": INTEGER}), "end-node": ({"o0": INTEGER}, {})},
    ),
    "cached": (tasks.cached, {"n0": TAKES_X}),
    "recovered": (parents.recovered_task, {"n0": TAKES_X}),
    "subworkflows": (
        parents.subworkflow_failed,
        {"n0": TAKES_X, "n0-0-n0": TAKES_X, "n0-0-n0-0-n0": TAKES_X},
    ),
    "dynamic": (parents.dynamic_running, {"n0": TAKES_X, "n0-0-n1": TAKES_X}),
    "branch": (parents.branch, {"n1": None, "n1-0-n1-n1": TAKES_X}),
    "branch marked as a parent": (
        partial(parents.branch, is_parent=True),
        {"n1": None, "n1-0-n1-n1": TAKES_X},
    ),
    "launch plan": (parents.launch_plan_failed, {"n0": TAKES_X}),
    "launch plan in subworkflow": (
        parents.launch_plan_in_subworkflow,
        {"n0": TAKES_X, "n0-0-n0": TAKES_X},
    ),
    "array": (mapped, {"n0": LISTS_X}),
    "gates": (gates.passed, {"n0": ({}, {"o0": INTEGER}), "n1": ({}, {}), "n2": ({}, {})}),
    "single task": (executions.single_task, {executions.SINGLE_TASK_NODE: TAKES_X}),
    "failure node": (PLAYED(script="failure"), {"fn0": ({"who": STRING}, {"o0": STRING})}),
}


@pytest.mark.parametrize(("make", "expected"), NODES.values(), ids=NODES)
def test_nodes_have_the_interface_of_what_they_run(
    sandbox: Sandbox,
    face: Face,
    make: Make,
    expected: dict[str, tuple[dict[str, LiteralType], ...] | None],
) -> None:
    scene = make(sandbox)
    execution = face.fetch_execution(scene.id.name)
    face.sync(execution, sync_nodes=True)
    own = [node for node in walk(execution) if node.id.execution_id == scene.id]
    nodes = {node.id.node_id: node for node in own}
    for id in expected:
        face.load(nodes[id])
    assert {id: types(nodes[id].interface) for id in expected} == expected


def test_executions_tasks_and_workflows_have_interfaces(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    execution = remote.fetch_execution(parents.subworkflow_failed(sandbox).id.name)
    assert types(execution.interface) == TAKES_X
    execution = remote.fetch_execution(executions.single_task(sandbox).id.name)
    assert types(execution.interface) == TAKES_X
    execution.sync(sync_nodes=True)
    (attempt,) = execution.node_executions[executions.SINGLE_TASK_NODE].task_executions
    assert types(attempt.interface) == TAKES_X


def test_one_call_serves_a_whole_execution(sandbox: Sandbox, remote: FlyteRemote) -> None:
    scene = parents.subworkflow_failed(sandbox)
    with FlyteRemote(remote.config, PROJECT, DOMAIN) as fresh:
        execution = fresh.fetch_execution(scene.id.name).sync(sync_nodes=True)
        sandbox.calls.clear()
        assert all(node.interface for node in walk(execution) if not node.is_boundary)
        assert execution.interface is not None
        assert execution.flyte_workflow.interface == execution.interface
        assert sandbox.calls.counts() == {"GetWorkflow": 1}


def test_the_workflow_of_an_execution_is_a_typed_view(sandbox: Sandbox, face: Face) -> None:
    execution = face.fetch_execution(parents.subworkflow_failed(sandbox).id.name)
    face.load(execution)
    workflow = execution.flyte_workflow
    assert type(workflow) is FlyteWorkflow
    assert workflow.name == "scenes.subworkflows"
    assert workflow.id == execution.closure.workflow_id
    assert [node.id for node in workflow.template.nodes if node.workflow_node] == ["n0"]
    inner = Identifier(ResourceType.WORKFLOW, PROJECT, DOMAIN, "scenes.inner", "v1")
    template = workflow.sub_workflow(inner)
    assert template is not None
    assert template.id == inner
    step = Identifier(ResourceType.TASK, PROJECT, DOMAIN, "play._step", "v1")
    task = workflow.task(step)
    assert type(task) is FlyteTask
    assert (task.name, types(task.interface)) == ("play._step", TAKES_X)
    assert workflow.task(inner) is None
    assert workflow.sub_workflow(step) is None


def test_the_task_of_an_attempt_is_a_typed_view(sandbox: Sandbox, face: Face) -> None:
    execution = face.fetch_execution(tasks.retries(sandbox).id.name)
    face.sync(execution, sync_nodes=True)
    attempt = execution.node_executions["n0"].task_executions[-1]
    face.load(attempt)
    assert type(attempt.task) is FlyteTask
    assert attempt.task.id == attempt.id.task_id
    assert attempt.task.type == "python-task"
    assert attempt.interface == attempt.task.interface


def test_a_task_that_is_gone_is_not_found_when_it_is_asked_for(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    execution = remote.fetch_execution(arrays.map_launch_plans(sandbox).id.name)
    (attempt,) = execution.sync(sync_nodes=True).node_executions["n0"].task_executions
    with pytest.raises(FlyteNotFoundError, match=r"GetTask of .*/scenes.steps/v1"):
        _ = attempt.task
    assert attempt.outputs["o0"] == [2, 3]  # values do without


def test_launch_plans_name_their_workflow(remote: FlyteRemote) -> None:
    plan = remote.fetch_launch_plan("chain")
    assert (plan.name, plan.id) == (
        "chain",
        Identifier(ResourceType.LAUNCH_PLAN, PROJECT, DOMAIN, "chain", "v1"),
    )
    assert plan.workflow_id == Identifier(ResourceType.WORKFLOW, PROJECT, DOMAIN, "chain", "v1")
