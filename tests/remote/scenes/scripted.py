"""The scripted workflows of the sandbox, played by its engine."""

from __future__ import annotations

import math

from flytebind.models.core.identifier import (
    NodeExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flytebind.sandbox import Sandbox
from flytebind.services.admin import AdminServiceClient
from tests.remote.scenes.observing import observe
from tests.remote.scenes.scene import Kind, NodePhase, Scene
from tests.sandbox.play.watching import Show

_KINDS: dict[str, dict[str, Kind]] = {
    "chain": {},
    "map": {"n1": Kind.ARRAY},
    "branch": {"n2": Kind.BRANCH},
    "subworkflow": {
        "n0": Kind.SUBWORKFLOW,
        "n0-0-n0": Kind.SUBWORKFLOW,
        "n0-0-n1": Kind.SUBWORKFLOW,
    },
    "dynamic": {"n0": Kind.DYNAMIC},
    "launch_plan": {"n0": Kind.LAUNCH_PLAN},
    "gate": {"n0": Kind.GATE, "n2": Kind.GATE, "n3": Kind.GATE},
    "retries": {},
    "failure": {},
    "offloaded": {},
}
"""By the name of the script: the nodes that are no tasks."""
ENDING = tuple(name for name in _KINDS if name != "gate")
"""The scripts that end by themselves, but for ``fan_out``, which is large."""


def played(sandbox: Sandbox, script: str) -> Scene:
    """A scripted workflow, played to its end; one of ``ENDING``."""
    sandbox.engine(math.inf)
    id = sandbox.play(script)
    with sandbox.engine_channel() as channel:
        client = AdminServiceClient(channel)
        Show(sandbox, client, id).end()
        return _observe(client, id, script)


def live_gate(sandbox: Sandbox) -> Scene:
    """The script ``gate``, which waits at n0 for the signal ``number``, an integer.

    It goes on by itself: once the signal has a value, n2 waits for the signal ``sign-off``.
    """
    sandbox.engine(math.inf)
    id = sandbox.play("gate")
    with sandbox.engine_channel() as channel:
        client = AdminServiceClient(channel)
        Show(sandbox, client, id).until_node("n0", NodePhase.RUNNING)
        return _observe(client, id, "gate")


def _observe(client: AdminServiceClient, id: WorkflowExecutionIdentifier, script: str) -> Scene:
    kinds = _KINDS[script]

    def kind_of(node: NodeExecutionIdentifier) -> Kind:
        own = node.execution_id == id  # what it starts are chains of tasks
        return kinds.get(node.node_id, Kind.TASK) if own else Kind.TASK

    return observe(client, id, kind_of)
