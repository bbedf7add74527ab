"""Gate nodes: those that wait, and those that have been passed."""

from __future__ import annotations

from flyteidl.admin.signal_pb2 import SignalSetRequest as SetRequest

from flytebind.models.admin.signal import SignalSetRequest
from flytebind.sandbox import Sandbox
from flytebind.sandbox.play._launching import create_signal
from flytebind.sandbox.play._values import literal_type, to_literal
from flytebind.sandbox.play._workflow import OUTPUT, Workflow
from tests.remote.scenes.cluster import Cluster
from tests.remote.scenes.entities import script, step
from tests.remote.scenes.scene import Kind, NodePhase, Scene
from tests.remote.scenes.telling import Tale

NUMBER = "number"
"""The signal that the input of n0 comes from."""
SIGN_OFF = "sign-off"
"""The signal that approves n1."""


@script
def _gates(w: Workflow) -> None:
    number = w.wait_for_input(NUMBER, int)
    gates = [w.approve(SIGN_OFF, number), w.sleep(3600, after=[])]
    w.output("o0", w.task(step, x=number, after=gates))


def waiting(sandbox: Sandbox) -> Scene:
    """Running; n0 waits for an integer, n1 for an approval, n2 sleeps. Nobody goes on from here."""
    with Cluster(sandbox) as cluster:
        tale = cluster.launch(_gates).begin()
        _signal(cluster, tale, NUMBER, int)
        _signal(cluster, tale, SIGN_OFF, bool)
        for gate in ("n0", "n1", "n2"):
            tale.run(tale.queue(gate, Kind.GATE, inputs={}))
        return tale.scene()


def passed(sandbox: Sandbox) -> Scene:
    """Done; the input of n0 was 7."""
    with Cluster(sandbox) as cluster:
        tale = cluster.launch(_gates).begin()
        _signal(cluster, tale, NUMBER, int, 7)
        _signal(cluster, tale, SIGN_OFF, bool, True)
        for gate, outputs in (("n0", {OUTPUT: 7}), ("n1", {}), ("n2", {})):
            node = tale.queue(gate, Kind.GATE, inputs={})
            tale.run(node)
            tale.tell(node, NodePhase.SUCCEEDED, outputs=outputs)
        tale.task("n3", inputs={"x": 7}, outputs={"o0": 8})
        return tale.succeed(o0=8)


def refused(sandbox: Sandbox) -> Scene:
    """Failed; n1 was not approved, so n0 and the sleep of n2 were aborted."""
    error = f"{SIGN_OFF} was not approved"
    with Cluster(sandbox) as cluster:
        tale = cluster.launch(_gates).begin()
        _signal(cluster, tale, NUMBER, int)
        _signal(cluster, tale, SIGN_OFF, bool, False)
        nodes = [tale.queue(gate, Kind.GATE, inputs={}) for gate in ("n0", "n1", "n2")]
        for node in nodes:
            tale.run(node)
        tale.tell(nodes[1], NodePhase.FAILED, error=error)
        tale.tell(nodes[0], NodePhase.ABORTED)
        tale.tell(nodes[2], NodePhase.ABORTED)
        return tale.fail(error)


def _signal(cluster: Cluster, tale: Tale, name: str, kind: type, value: int | None = None) -> None:
    signal = create_signal(cluster.signals, tale.id.to_pb(), name, literal_type(kind))
    if value is not None:
        request = SetRequest(id=signal.id, value=to_literal(value))
        cluster.signals.set_signal(SignalSetRequest.from_pb(request))
