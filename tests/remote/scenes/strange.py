"""What a client cannot understand, and must survive."""

from __future__ import annotations

from flytebind.models.admin.execution import Execution
from flytebind.models.admin.node_execution import NodeExecution
from flytebind.models.admin.task_execution import TaskExecution
from flytebind.sandbox import Sandbox
from flytebind.sandbox._store import Row, Table, Value, tables
from flytebind.sandbox.play._workflow import Workflow
from tests.remote.scenes.cluster import begun
from tests.remote.scenes.entities import script, step, steps
from tests.remote.scenes.scene import Kind, NodePhase, Scene, TaskPhase, WorkflowPhase
from tests.remote.scenes.telling import Tale

UNKNOWN_PHASE = 42
"""One of a flyteidl to come."""


@script
def _four_steps(w: Workflow) -> None:
    x = w.input("x", 1)
    for _ in range(4):
        promise = w.task(step, x=x)
    w.output("o0", promise)


def strange_nodes(sandbox: Sandbox) -> Scene:
    """Running, and four of six nodes are nothing that one can make sense of.

    ==  ============================================================================================
    n0  An ordinary task, done.
    n1  A task in a phase without a name, as is its attempt; see ``UNKNOWN_PHASE``.
    n2  Said to be a parent, and there is a child, yet it is neither a subworkflow nor dynamic.
    n3  An ordinary task, running.
    n9  In no workflow.
    n8  In no workflow, and with a child, as if it were a parent.
    ==  ============================================================================================
    """
    with begun(sandbox, _four_steps, x=1) as tale:
        tale.task("n0", inputs={"x": 1}, outputs={"o0": 2})
        unnamed = tale.task("n1", TaskPhase.RUNNING, inputs={"x": 1})
        for spec_id in ("n2", "n8"):
            parent = tale.queue(spec_id, Kind.UNKNOWN, inputs={"x": 1}, is_parent=True)
            tale.run(parent)
            child = tale.queue("n0", Kind.UNKNOWN, parent, inputs={"x": 1})
            tale.tell(child, NodePhase.SUCCEEDED, outputs={"o0": 2})
        tale.task("n3", TaskPhase.RUNNING, inputs={"x": 1})
        missing = tale.queue("n9", Kind.UNKNOWN, inputs={"x": 1})
        tale.tell(missing, NodePhase.SUCCEEDED, outputs={"o0": 2})

    row = _row(sandbox, tables.NODE_EXECUTIONS, tale, node_id="n1")
    node = NodeExecution.from_bytes(row["model"])
    unnamed.phase = NodePhase(UNKNOWN_PHASE)
    node = node.replace(closure=node.closure.replace(phase=unnamed.phase))
    _set_phase(sandbox, tables.NODE_EXECUTIONS, row, node.to_bytes())

    row = _row(sandbox, tables.TASK_EXECUTIONS, tale, node_id="n1")
    attempt = TaskExecution.from_bytes(row["model"])
    unnamed.attempts = (TaskPhase(UNKNOWN_PHASE),)
    attempt = attempt.replace(closure=attempt.closure.replace(phase=unnamed.attempts[0]))
    _set_phase(sandbox, tables.TASK_EXECUTIONS, row, attempt.to_bytes())
    return tale.scene()


def unknown_phase(sandbox: Sandbox) -> Scene:
    """An execution in a phase without a name; see ``UNKNOWN_PHASE``."""
    with begun(sandbox, steps, x=1) as tale:
        pass
    row = _row(sandbox, tables.EXECUTIONS, tale)
    execution = Execution.from_bytes(row["model"])
    tale.phase = WorkflowPhase(UNKNOWN_PHASE)
    execution = execution.replace(closure=execution.closure.replace(phase=tale.phase))
    _set_phase(sandbox, tables.EXECUTIONS, row, execution.to_bytes())
    return tale.scene()


# Admin takes no event with a phase that it does not know, so these go behind its back.


def _row(sandbox: Sandbox, table: Table, tale: Tale, **where: Value) -> Row:
    row = sandbox.admin.store.find(table, execution_name=tale.id.name, **where)
    assert row is not None
    return row


def _set_phase(sandbox: Sandbox, table: Table, row: Row, model: bytes) -> None:
    with sandbox.admin.store.transaction():
        changes: dict[str, Value] = {"phase": str(UNKNOWN_PHASE), "model": model}
        sandbox.admin.store.update(table, row["id"], changes)
