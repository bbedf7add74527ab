"""Nodes with nodes or executions of their own below them."""

from __future__ import annotations

from dataclasses import replace

from flyteidl.core.condition_pb2 import ComparisonExpression

from flytebind.sandbox import Sandbox
from flytebind.sandbox.play._registration import compile_yielded
from flytebind.sandbox.play._values import to_literals
from flytebind.sandbox.play._workflow import Workflow, call
from tests.remote.scenes.cluster import Cluster, begun
from tests.remote.scenes.entities import grow, orchestrate, script, step, steps
from tests.remote.scenes.scene import Kind, Node, NodePhase, Scene, TaskPhase, WorkflowPhase
from tests.remote.scenes.telling import Tale


@script
def _branch(w: Workflow) -> None:
    x = w.task(step, x=w.input("x", 1))
    model = w.branch(
        x, ComparisonExpression.GT, 10, then=call(step, x=x), otherwise=call(step, x=x)
    )
    w.output("o0", model)


def _inner() -> Workflow:
    inner = Workflow("scenes.inner")
    inner.output("o0", inner.task(step, x=inner.input("x", 1)))
    return inner


@script
def _subworkflows(w: Workflow) -> None:
    outer = Workflow("scenes.outer")
    outer.output("o0", outer.task(step, x=outer.subworkflow(_inner(), x=outer.input("x", 1))))
    w.output("o0", w.subworkflow(outer, x=w.input("x", 1)))


@script
def _dynamic(w: Workflow) -> None:
    w.output("o0", w.task(grow, x=w.input("x", 1)))


@script
def _two_plans(w: Workflow) -> None:
    w.output("o0", w.launch_plan(steps, x=w.launch_plan(steps, x=w.input("x", 1))))


@script
def _plan(w: Workflow) -> None:
    w.output("o0", w.launch_plan(steps, x=w.input("x", 1)))


@script
def _plan_of_plan(w: Workflow) -> None:
    w.output("o0", w.launch_plan(_plan, x=w.input("x", 1)))


@script
def _plan_in_subworkflow(w: Workflow) -> None:
    inner = Workflow("scenes.plan_in_subworkflow.inner")
    inner.output("o0", inner.launch_plan(steps, x=inner.input("x", 1)))
    w.output("o0", w.subworkflow(inner, x=w.input("x", 1)))


@script
def _eager(w: Workflow) -> None:
    w.output("o0", w.task(orchestrate, x=w.task(orchestrate, x=w.input("x", 1))))


def branch(sandbox: Sandbox, *, is_parent: bool = False) -> Scene:
    """Done; n1 is a branch, whose second arm has run below it.

    Args:
        sandbox: Where it is put.
        is_parent: Whether the cluster has marked the branch as a parent. Propellers do not, and
            its child is there all the same (flytekit#3274).
    """
    with Cluster(sandbox) as cluster:
        tale = cluster.launch(_branch, x=1).begin()
        tale.task("n0", inputs={"x": 1}, outputs={"o0": 2})
        node = tale.queue("n1", Kind.BRANCH, inputs={"value": 2}, is_parent=is_parent)
        tale.run(node)
        tale.task("n1-n1", parent=node, inputs={"x": 2}, outputs={"o0": 3})
        tale.tell(node, NodePhase.SUCCEEDED, outputs={"o0": 3})
        return tale.succeed(o0=3)


def subworkflow_running(sandbox: Sandbox) -> Scene:
    """Running, two levels deep: n0, n0-0-n0 and n0-0-n0-0-n0, all of them running."""
    with begun(sandbox, _subworkflows, x=1) as tale:
        outer = _open_subworkflow(tale, "n0", None, 1)
        inner = _open_subworkflow(tale, "n0", outer, 1)
        tale.task("n0", TaskPhase.RUNNING, parent=inner, inputs={"x": 1})
        return tale.scene()


def subworkflow_failed(sandbox: Sandbox) -> Scene:
    """Failed, because n0-0-n0-0-n0 has; n0 and n0-0-n0 say so too."""
    error = "no step left"
    with begun(sandbox, _subworkflows, x=1) as tale:
        outer = _open_subworkflow(tale, "n0", None, 1)
        inner = _open_subworkflow(tale, "n0", outer, 1)
        tale.task("n0", TaskPhase.FAILED, parent=inner, inputs={"x": 1}, error=error)
        tale.tell(inner, NodePhase.FAILED, error=error)
        tale.tell(outer, NodePhase.FAILED, error=error)
        return tale.fail(error)


def dynamic_unresolved(sandbox: Sandbox) -> Scene:
    """Running; n0 is dynamic, its task runs, and nobody knows the workflow yet (flyte#5349)."""
    with begun(sandbox, _dynamic, x=1) as tale:
        _run_dynamic_task(tale, TaskPhase.RUNNING)
        return tale.scene()


def dynamic_running(sandbox: Sandbox) -> Scene:
    """DYNAMIC_RUNNING; n0 has yielded a workflow, whose n0 is done and whose n1 runs."""
    with Cluster(sandbox) as cluster:
        tale = cluster.launch(_dynamic, x=1).begin()
        node = _run_dynamic_task(tale, TaskPhase.SUCCEEDED)
        yielded = compile_yielded(cluster.client, grow.expand(to_literals({"x": 1})))
        tale.unfold(node, yielded)
        tale.start_node(node)
        tale.task("n0", parent=node, inputs={"x": 1}, outputs={"o0": 2})
        tale.task("n1", TaskPhase.RUNNING, parent=node, inputs={"x": 2})
        return tale.scene()


def launch_plan_running(sandbox: Sandbox) -> Scene:
    """Running; n0 has started an execution, which runs; n1 is about to start one."""
    with Cluster(sandbox) as cluster:
        cluster.register(steps)
        tale = cluster.launch(_two_plans, x=1).begin()
        node = tale.queue("n0", Kind.LAUNCH_PLAN, inputs={"x": 1})
        child = cluster.launch(steps, by=(tale, node), x=1).begin()
        tale.run(node, child)
        child.task("n0", TaskPhase.RUNNING, inputs={"x": 1})
        tale.queue("n1", Kind.LAUNCH_PLAN)
        return tale.scene()


def launch_plan_failed(sandbox: Sandbox) -> Scene:
    """Failed, because the execution of n0 has."""
    error = "no step left"
    with Cluster(sandbox) as cluster:
        cluster.register(steps)
        tale = cluster.launch(_plan, x=1).begin()
        node = tale.queue("n0", Kind.LAUNCH_PLAN, inputs={"x": 1})
        child = cluster.launch(steps, by=(tale, node), x=1).begin()
        tale.run(node, child)
        child.task("n0", TaskPhase.FAILED, inputs={"x": 1}, error=error)
        child.fail(error)
        tale.tell(node, NodePhase.FAILED, error=error)
        return tale.fail(error)


def launch_plan_in_subworkflow(sandbox: Sandbox) -> Scene:
    """Done; n0-0-n0, in a subworkflow, has run an execution (flyte#1482)."""
    with Cluster(sandbox) as cluster:
        cluster.register(steps)
        tale = cluster.launch(_plan_in_subworkflow, x=1).begin()
        parent = _open_subworkflow(tale, "n0", None, 1)
        _run_steps(cluster, tale, parent)
        tale.end_node({"o0": 3}, parent)
        tale.tell(parent, NodePhase.SUCCEEDED, outputs={"o0": 3})
        return tale.succeed(o0=3)


def launch_plan_of_launch_plan(sandbox: Sandbox) -> Scene:
    """Done; the execution of n0 has a node n0 that ran another one."""
    with Cluster(sandbox) as cluster:
        cluster.register(steps, _plan)
        tale = cluster.launch(_plan_of_plan, x=1).begin()
        node = tale.queue("n0", Kind.LAUNCH_PLAN, inputs={"x": 1})
        child = cluster.launch(_plan, by=(tale, node), x=1).begin()
        tale.run(node, child)
        _run_steps(cluster, child, None)
        child.succeed(o0=3)
        tale.tell(node, NodePhase.SUCCEEDED, outputs={"o0": 3})
        return tale.succeed(o0=3)


def recovered(sandbox: Sandbox) -> Scene:
    """Done; n0 is RECOVERED, n1 was not.

    Which execution n0 started in the first place no server tells: of a node's first event
    flyteadmin drops it.
    """
    with Cluster(sandbox) as cluster:
        cluster.register(steps)
        first = cluster.launch(_two_plans, x=1).begin()
        _run_steps(cluster, first, None)
        first.tell(first.queue("n1", Kind.LAUNCH_PLAN), NodePhase.ABORTED)
        first.go(WorkflowPhase.ABORTED)

        second = cluster.launch(_two_plans, recovers=first.id, x=1).begin()
        outputs = {"o0": 3}
        second.recover("n0", Kind.LAUNCH_PLAN, inputs={"x": 1}, outputs=outputs)
        _run_steps(cluster, second, None, "n1", 3)
        return second.succeed(o0=5)


def recovered_task(sandbox: Sandbox) -> Scene:
    """Done; n0 is RECOVERED, so it has data and no task executions."""
    with Cluster(sandbox) as cluster:
        first = cluster.launch(steps, x=1).begin()
        first.task("n0", inputs={"x": 1}, outputs={"o0": 2})
        first.task("n1", TaskPhase.FAILED, inputs={"x": 2}, error="no step left")
        first.fail("no step left")

        second = cluster.launch(steps, recovers=first.id, x=1).begin()
        second.recover("n0", Kind.TASK, inputs={"x": 1}, outputs={"o0": 2})
        second.task("n1", inputs={"x": 2}, outputs={"o0": 3})
        return second.succeed(o0=3)


def eager(sandbox: Sandbox) -> Scene:
    """Done; n0 and n1 are eager tasks.

    What n0 has started are executions of their own, known by a label alone. n1 is marked as a
    parent, and has a child that no workflow declares.
    """
    with Cluster(sandbox) as cluster:
        tale = cluster.launch(_eager, x=1).begin()
        first = tale.queue("n0", Kind.TASK, inputs={"x": 1})
        tale.attempt(first, TaskPhase.SUCCEEDED, task=orchestrate.id, outputs={"o0": 3})
        child = cluster.launch(steps, labels={"eager-exec": tale.id.name}, x=1)
        child.begin().go(WorkflowPhase.ABORTED)
        _end_eager(tale, first, 3)

        second = tale.queue("n1", Kind.TASK, inputs={"x": 3}, is_parent=True)
        tale.attempt(second, TaskPhase.SUCCEEDED, task=orchestrate.id, outputs={"o0": 4})
        below = tale.queue("n0", Kind.UNKNOWN, second, inputs={"x": 3})
        tale.tell(below, NodePhase.SUCCEEDED, outputs={"o0": 4})
        _end_eager(tale, second, 4)
        return tale.succeed(o0=4)


def _open_subworkflow(tale: Tale, spec_id: str, parent: Node | None, x: int) -> Node:
    node = tale.queue(spec_id, Kind.SUBWORKFLOW, parent, inputs={"x": x})
    tale.run(node)
    tale.start_node(node)
    return node


def _run_steps(
    cluster: Cluster, tale: Tale, parent: Node | None, spec_id: str = "n0", x: int = 1
) -> Tale:
    """A node that runs the launch plan ``steps`` to its end; answers the execution of that."""
    node = tale.queue(spec_id, Kind.LAUNCH_PLAN, parent, inputs={"x": x})
    child = cluster.launch(steps, by=(tale, node), x=x).begin()
    tale.run(node, child)
    child.task("n0", inputs={"x": x}, outputs={"o0": x + 1})
    child.task("n1", inputs={"x": x + 1}, outputs={"o0": x + 2})
    child.succeed(o0=x + 2)
    tale.tell(node, NodePhase.SUCCEEDED, outputs={"o0": x + 2})
    return child


def _run_dynamic_task(tale: Tale, phase: TaskPhase) -> Node:
    node = tale.queue("n0", Kind.DYNAMIC, inputs={"x": 1})
    tale.facts[node.id] = replace(tale.facts[node.id], is_dynamic=True)
    tale.attempt(node, phase, task=grow.id)
    return node


def _end_eager(tale: Tale, node: Node, result: int) -> None:
    tale.facts[node.id] = replace(tale.facts[node.id], is_eager=True)
    tale.tell(node, NodePhase.SUCCEEDED, outputs={"o0": result})
