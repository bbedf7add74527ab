"""Node executions while they are told of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flytebind.sandbox.play._events import NodeFacts
from tests.remote.scenes.scene import Kind, Node, NodePhase, TaskPhase

if TYPE_CHECKING:
    from tests.remote.scenes.telling import Tale


@dataclass
class NodeTale:
    """A node execution so far."""

    facts: NodeFacts
    kind: Kind
    phase: NodePhase = NodePhase.UNDEFINED
    inputs: Mapping[str, object] = field(default_factory=dict)
    outputs: Mapping[str, object] = field(default_factory=dict)
    error: str = ""
    attempts: list[TaskPhase] = field(default_factory=list)
    children: list[NodeTale] = field(default_factory=list)
    executions: list[Tale] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Unique in the execution."""
        return self.facts.id

    def note(
        self,
        phase: NodePhase,
        *,
        inputs: Mapping[str, object] | None = None,
        outputs: Mapping[str, object] | None = None,
        error: str = "",
    ) -> None:
        """Note its new phase, and what was told with it."""
        self.phase = phase
        self.inputs = inputs or self.inputs
        self.outputs = outputs or self.outputs
        self.error = error or self.error

    def expected(self) -> Node:
        """What a client should see of it."""
        return Node(
            self.id,
            self.facts.spec_id,
            self.kind,
            self.phase,
            self.inputs,
            self.outputs,
            self.error,
            tuple(self.attempts),
            expected(self.children),
            tuple(execution.scene() for execution in self.executions),
        )


def expected(nodes: Iterable[NodeTale]) -> dict[str, Node]:
    """What a client should see of nodes, by id."""
    return {node.id: node.expected() for node in nodes}
