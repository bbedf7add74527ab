"""What a client should see of an execution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from flytebind.models.core.execution import (
    NodeExecution,
    TaskExecution,
    WorkflowExecution,
)
from flytebind.models.core.identifier import WorkflowExecutionIdentifier

WorkflowPhase = WorkflowExecution.Phase
NodePhase = NodeExecution.Phase
TaskPhase = TaskExecution.Phase


class Kind(Enum):
    """What a node is, by its place in the workflow and what the cluster has told of it."""

    START = auto()
    END = auto()
    TASK = auto()
    ARRAY = auto()
    SUBWORKFLOW = auto()
    DYNAMIC = auto()
    BRANCH = auto()
    GATE = auto()
    LAUNCH_PLAN = auto()
    UNKNOWN = auto()
    """Nobody can tell: its spec is missing, or contradicts what was told."""


@dataclass
class Node:
    """What a client should see of a node execution; it grows as it is told of."""

    id: str
    spec_id: str
    kind: Kind
    phase: NodePhase = NodePhase.UNDEFINED
    inputs: Mapping[str, object] = field(default_factory=dict)
    """As Python values."""
    outputs: Mapping[str, object] = field(default_factory=dict)
    error: str = ""
    """The whole message, which lists cut."""
    attempts: tuple[TaskPhase, ...] = ()
    """Of its task executions, in the order of attempts."""
    children: dict[str, Node] = field(default_factory=dict)
    executions: tuple[Scene, ...] = ()
    """Started by this node: by its launch plan, or by the items of its array."""


@dataclass(frozen=True)
class Scene:
    """What a client should see of an execution."""

    id: WorkflowExecutionIdentifier
    phase: WorkflowPhase
    nodes: Mapping[str, Node]
    """Those without a parent, by id."""
    inputs: Mapping[str, object] = field(default_factory=dict)
    """As Python values."""
    outputs: Mapping[str, object] = field(default_factory=dict)
    error: str = ""
    """The whole message, which lists cut."""
    abort_cause: str = ""
    """What somebody said who asked for its end."""

    def walk(self) -> Iterator[Node]:
        """All nodes of this execution, parents before their children."""
        left = [*self.nodes.values()]
        while left:
            node = left.pop(0)
            yield node
            left = [*node.children.values(), *left]
