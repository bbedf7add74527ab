"""Node executions while they are told of."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING

from flytebind.sandbox.play._events import NodeFacts
from tests.remote.scenes.scene import Kind, Node, NodePhase, TaskPhase

if TYPE_CHECKING:
    from tests.remote.scenes.telling import Tale

_MAX_ID_LENGTH = 20
_ALPHABET = str.maketrans("234567", "123456")


def node_id(spec_id: str, parent: str = "") -> str:
    """The id that propeller gives a node: unique in the execution, and at most 20 characters.

    A longer one becomes a hash, so that even a start node is known by its ``spec_node_id`` alone.
    """
    plain = f"{parent}-0-{spec_id}" if parent else spec_id
    if len(plain) <= _MAX_ID_LENGTH:
        return plain
    # FNV-1a of 32 bits, in base 32 with letters of its own.
    digest = reduce(lambda hash, byte: (hash ^ byte) * 16777619 % 2**32, plain.encode(), 2166136261)
    text = base64.b32encode(digest.to_bytes(4, "big")).decode().rstrip("=")
    return f"f{text.lower().translate(_ALPHABET)}"


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
