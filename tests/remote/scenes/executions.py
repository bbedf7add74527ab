"""Executions in every phase."""

from __future__ import annotations

from flytebind.sandbox import Sandbox
from tests.remote.scenes.cluster import Cluster
from tests.remote.scenes.entities import step, steps
from tests.remote.scenes.scene import NodePhase, Scene, TaskPhase, WorkflowPhase
from tests.remote.scenes.telling import Tale

CAUSE = "took too long, and nobody waits for it any more"
ERROR = "ValueError: no step left"
SINGLE_TASK_NODE = "playstep"
"""The only node of ``single_task``, which admin names after the task."""


def in_phase(sandbox: Sandbox, phase: WorkflowPhase) -> Scene:
    """An execution of two tasks that has come to a phase."""
    with Cluster(sandbox) as cluster:
        tale = cluster.launch(steps, x=1)
        _TELL[phase](tale)
        return tale.scene()


def single_task(sandbox: Sandbox, *, running: bool = False) -> Scene:
    """An execution whose ``spec.launch_plan`` is a task.

    Args:
        sandbox: Where it is put.
        running: Whether it still runs; otherwise it is done.
    """
    with Cluster(sandbox) as cluster:
        tale = cluster.launch_task(step, x=1).begin()
        if running:
            tale.task(SINGLE_TASK_NODE, TaskPhase.RUNNING, inputs={"x": 1})
            return tale.scene()
        tale.task(SINGLE_TASK_NODE, inputs={"x": 1}, outputs={"o0": 2})
        return tale.succeed(o0=2)


def _undefined(tale: Tale) -> None:
    """Nothing has happened."""


def _queued(tale: Tale) -> None:
    tale.go(WorkflowPhase.QUEUED)


def _running(tale: Tale) -> None:
    tale.begin().task("n0", TaskPhase.RUNNING, inputs={"x": 1})


def _succeeding(tale: Tale) -> None:
    _finish_tasks(tale)
    tale.end_node({"o0": 3})
    tale.go(WorkflowPhase.SUCCEEDING)


def _succeeded(tale: Tale) -> None:
    _finish_tasks(tale)
    tale.succeed(o0=3)


def _failing(tale: Tale) -> None:
    tale.begin().task("n0", TaskPhase.FAILED, inputs={"x": 1}, error=ERROR)
    tale.go(WorkflowPhase.FAILING, error=ERROR)


def _failed(tale: Tale) -> None:
    _failing(tale)
    tale.go(WorkflowPhase.FAILED, error=ERROR)


def _aborting(tale: Tale) -> None:
    _running(tale)
    tale.terminate(CAUSE)


def _aborted(tale: Tale) -> None:
    node = tale.begin().task("n0", TaskPhase.ABORTED, inputs={"x": 1})
    tale.terminate(CAUSE)
    tale.tell(node, NodePhase.ABORTED)
    tale.go(WorkflowPhase.ABORTED)


def _timed_out(tale: Tale) -> None:
    node = tale.begin().task("n0", TaskPhase.ABORTED, inputs={"x": 1})
    tale.tell(node, NodePhase.TIMED_OUT)
    tale.go(WorkflowPhase.TIMED_OUT)


def _finish_tasks(tale: Tale) -> None:
    tale.begin().task("n0", inputs={"x": 1}, outputs={"o0": 2})
    tale.task("n1", inputs={"x": 2}, outputs={"o0": 3})


_TELL = {
    WorkflowPhase.UNDEFINED: _undefined,
    WorkflowPhase.QUEUED: _queued,
    WorkflowPhase.RUNNING: _running,
    WorkflowPhase.SUCCEEDING: _succeeding,
    WorkflowPhase.SUCCEEDED: _succeeded,
    WorkflowPhase.FAILING: _failing,
    WorkflowPhase.FAILED: _failed,
    WorkflowPhase.ABORTING: _aborting,
    WorkflowPhase.ABORTED: _aborted,
    WorkflowPhase.TIMED_OUT: _timed_out,
}
