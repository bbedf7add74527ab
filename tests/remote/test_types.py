"""Values whose declared types cannot be had for a while, or at all."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest

from flytebind.remote import FlyteCallError, FlyteUnavailableError
from flytebind.remote._calls import CallPolicy
from flytebind.sandbox import Sandbox
from flytebind.sandbox.play._workflow import OUTPUT, Workflow
from tests.remote.conftest import Face, open_face, whole_float
from tests.remote.scenes.cluster import Cluster
from tests.remote.scenes.entities import script, step
from tests.remote.scenes.scene import Scene

ONCE = CallPolicy(timeout=5, max_attempts=1)


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Face]:
    """Both, which try each call once."""
    with open_face(request.param, sandbox, policy=ONCE) as face:
        yield face
    sandbox.faults.clear()


@script
def _lonely(w: Workflow) -> None:
    w.output(OUTPUT, w.task(step, x=1))


def without_inputs(sandbox: Sandbox) -> Scene:
    """Done; its only output travels with the answer."""
    with Cluster(sandbox) as cluster:
        tale = cluster.launch(_lonely).begin()
        tale.task("n0", task=step, inputs={"x": 1}, outputs={OUTPUT: 2})
        return tale.succeed(o0=2)


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL])
def test_a_type_that_cannot_be_had_for_a_while_is_not_taken_for_none(
    sandbox: Sandbox, face: Face, code: grpc.StatusCode
) -> None:
    execution = face.fetch_execution(whole_float(sandbox).id.name)
    sandbox.faults.fail(code, method="GetWorkflow")
    if face.is_async:
        with pytest.raises(FlyteCallError, match="GetWorkflow"):
            face.sync(execution)
    else:
        face.sync(execution)
        for _ in range(2):
            with pytest.raises(FlyteCallError, match="GetWorkflow"):
                execution.outputs["o0"]
    sandbox.faults.clear()
    face.sync(execution)
    assert type(execution.outputs["o0"]) is float


def test_a_type_that_cannot_be_had_at_all_leaves_what_the_literal_says(
    sandbox: Sandbox, face: Face
) -> None:
    """A workflow may be hidden from whoever reads its outputs, until somebody allows it."""
    execution = face.fetch_execution(whole_float(sandbox).id.name)
    sandbox.faults.fail(grpc.StatusCode.PERMISSION_DENIED, method="GetWorkflow")
    face.sync(execution, sync_nodes=True)
    nodes = execution.node_executions
    assert type(execution.outputs["o0"]) is type(nodes["n0"].outputs["o0"]) is int
    assert execution.outputs.get("o0", as_type=float) == 2.0
    sandbox.faults.clear()
    face.load(execution)
    face.load(nodes["n0"])
    assert type(execution.outputs["o0"]) is type(nodes["n0"].outputs["o0"]) is float


def test_outputs_that_are_here_take_no_types_to_believe_that_there_are_no_inputs(
    sandbox: Sandbox,
) -> None:
    with open_face("sync", sandbox, policy=ONCE) as face:
        execution = face.fetch_execution(without_inputs(sandbox).id.name)
        sandbox.faults.fail(method="GetWorkflow")
        try:
            assert execution.outputs.literals
            with pytest.raises(FlyteUnavailableError, match="GetWorkflow"):
                assert execution.inputs
        finally:
            sandbox.faults.clear()
        assert dict(execution.inputs) == {}
