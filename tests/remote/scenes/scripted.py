"""The scripted workflows of the sandbox, played by its engine, as plain clients see them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from flytebind.models.admin.node_execution import NodeExecution
from flytebind.sandbox import Sandbox
from flytebind.sandbox._admin.compiler import END, START
from flytebind.services.admin import AdminServiceClient
from tests.remote.scenes.scene import Kind, Node, NodePhase, Scene
from tests.sandbox.play.watching import Show, to_natives

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
    with sandbox.engine_channel() as channel:
        show = Show(sandbox, AdminServiceClient(channel), sandbox.play(script))
        show.end()
        return _seen(show, _KINDS[script])


def live_gate(sandbox: Sandbox) -> Scene:
    """The script ``gate``, which waits at n0 for the signal ``number``, an integer.

    It goes on by itself: once the signal has a value, n2 waits for the signal ``sign-off``.
    """
    sandbox.engine(math.inf)
    with sandbox.engine_channel() as channel:
        show = Show(sandbox, AdminServiceClient(channel), sandbox.play("gate"))
        show.until_node("n0", NodePhase.RUNNING)
        return _seen(show, _KINDS["gate"])


def _seen(show: Show, kinds: Mapping[str, Kind]) -> Scene:
    """What a server says of an execution; no single answer tells the kind of a node."""
    closure = show.get().closure
    error = "" if closure.error is None else closure.error.message
    nodes = _nodes(show, "", kinds)
    return Scene(show.id, closure.phase, nodes, show.inputs(), show.outputs(), error)


def _nodes(show: Show, parent: str, kinds: Mapping[str, Kind]) -> dict[str, Node]:
    return {id: _node(show, node, kinds) for id, node in show.nodes(parent).items()}


def _node(show: Show, node: NodeExecution, kinds: Mapping[str, Kind]) -> Node:
    id, spec_id = node.id.node_id, node.metadata.spec_node_id
    data = show.data(id)
    attempts = show.attempts(id)
    errors = [attempt.closure.error for attempt in attempts if attempt.closure.error is not None]
    launched = node.closure.workflow_node_metadata
    return Node(
        id,
        spec_id,
        {START: Kind.START, END: Kind.END}.get(spec_id) or kinds.get(id, Kind.TASK),
        node.closure.phase,
        to_natives(data.full_inputs),
        to_natives(data.full_outputs),
        # Its own is cut in a list.
        errors[-1].message if node.closure.error is not None else "",
        tuple(attempt.closure.phase for attempt in attempts),
        _nodes(show, id, kinds),
        # What scripts start are chains of tasks.
        () if launched is None else (_seen(replace(show, id=launched.execution_id), {}),),
    )
