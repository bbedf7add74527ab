"""Where inputs and outputs may be, and what may have become of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import grpc
from flyteidl.core.execution_pb2 import NodeExecution, WorkflowExecution

from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.models.core.literals import Literal
from flytebind.sandbox import Sandbox
from flytebind.sandbox.play._values import Literals
from flytebind.sandbox.play._workflow import Workflow
from tests.remote.scenes.cluster import Cluster, begun
from tests.remote.scenes.entities import say, script, steps
from tests.remote.scenes.scene import Kind, NodePhase, Scene, TaskPhase, WorkflowPhase


@script
def _saying(w: Workflow) -> None:
    w.output("o0", w.task(say, text=w.input("text", "hello")))


def give(sandbox: Sandbox, outputs: Mapping[str, Literal]) -> Scene:
    """Running; n0 is done and gave these literals."""
    with begun(sandbox, steps, x=1) as tale:
        node = tale.queue("n0", Kind.TASK, inputs={"x": 1})
        facts = tale.facts[node.id]
        tale.events.node(facts, NodeExecution.SUCCEEDED, outputs=_as_they_are(outputs))
        node.phase = NodePhase.SUCCEEDED
        return tale.scene()


def given(sandbox: Sandbox, outputs: Mapping[str, Literal]) -> Scene:
    """Done, with these literals as its outputs."""
    with begun(sandbox, steps, x=1) as tale:
        tale.go(WorkflowPhase.SUCCEEDING)
        tale.events.workflow(WorkflowExecution.SUCCEEDED, outputs=_as_they_are(outputs))
        return tale.scene()


def _as_they_are(literals: Mapping[str, Literal]) -> Literals:
    return {name: literal.to_pb() for name, literal in literals.items()}


def offloaded(sandbox: Sandbox, *, size: int = 10) -> Scene:
    """Done; the inputs and outputs of n0 and its attempt are files, so are the workflow's outputs.

    How the server answers follows from its settings: inline up to ``max_download_bytes``, with a
    link besides where ``signed_urls`` are on, and otherwise with an empty map. The inputs of the
    execution itself never have a link.

    Args:
        sandbox: Where it is put.
        size: The number of characters of every value; each map of literals takes some bytes more.
    """
    text = "x" * size
    with begun(sandbox, replace(_saying, offloads=True), text=text) as tale:
        tale.task("n0", task=say, inputs={"text": text}, outputs={"o0": text})
        return tale.succeed(o0=text)


def too_large_inline(sandbox: Sandbox, *, size: int) -> Scene:
    """Running; n0 is done, with an output that the cluster sent inline and admin does not give.

    Admin takes it whatever its size, and leaves it out above ``max_inline_bytes``. The attempt has
    no outputs: admin takes only those that it can give.
    """
    text = "x" * size
    with Cluster(sandbox) as cluster:
        tale = cluster.launch(_saying).begin()
        node = tale.queue("n0", Kind.TASK, inputs={"text": "hello"})
        tale.attempt(node, TaskPhase.SUCCEEDED, task=say.id)
        tale.tell(node, NodePhase.SUCCEEDED, outputs={"o0": text})
        return tale.scene()


def gone(sandbox: Sandbox) -> Scene:
    """As ``offloaded``, but all files have been removed."""
    scene = offloaded(sandbox)
    for file in files(sandbox, scene.id):
        file.unlink()
    return scene


def damaged(sandbox: Sandbox) -> Scene:
    """As ``offloaded``, but all files hold something else now."""
    scene = offloaded(sandbox)
    for file in files(sandbox, scene.id):
        file.write_bytes(b"\xff no literals \xff")
    return scene


def not_there_yet(sandbox: Sandbox, *, times: int | None = None) -> Scene:
    """Running, as n0 is; the server answers NOT_FOUND for the data of nodes, of all executions.

    Args:
        sandbox: Where it is put.
        times: How often it does; None until ``sandbox.faults.clear()``.
    """
    with begun(sandbox, steps, x=1) as tale:
        tale.task("n0", TaskPhase.RUNNING, inputs={"x": 1})
    sandbox.faults.fail(
        grpc.StatusCode.NOT_FOUND,
        "the outputs are not there",
        method="GetNodeExecutionData",
        times=times,
    )
    return tale.scene()


def files(sandbox: Sandbox, id: WorkflowExecutionIdentifier) -> Iterator[Path]:
    """The files that hold the data of an execution."""
    folder = f"metadata/propeller/{id.project}-{id.domain}-{id.name}"
    return (sandbox.admin.blobs.folder / folder).rglob("*.pb")
