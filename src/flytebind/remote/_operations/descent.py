"""How far down a sync has come, and what it has met on its way.

Executions have nodes, these have nodes and launch executions: a server may tell of that without
end, or in a circle.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from flytebind.looks._labels import label
from flytebind.models.core.identifier import NodeExecutionIdentifier, WorkflowExecutionIdentifier
from flytebind.remote.errors import FlyteDataError

MOST_LEVELS = 64
"""How many levels of nodes and launched executions are brought, one below the other."""

MOST_NODES = 200_000
"""How many nodes one sync brings, at all levels together."""


class TooManyNodes(FlyteDataError):
    """There are so many that the sync ends; it is not about a single node."""


@dataclass
class _Total:
    nodes: int = 0


@dataclass(frozen=True)
class Descent:
    """The way from the execution that is synced to a level below it."""

    executions: frozenset[WorkflowExecutionIdentifier]
    """The execution, and those that it is inside of."""
    parents: set[str] = field(default_factory=set)
    """The nodes of this execution whose nodes have been asked for."""
    depth: int = 0
    total: _Total = field(default_factory=_Total)

    @classmethod
    def into(cls, execution: WorkflowExecutionIdentifier) -> Descent:
        """The beginning of a sync."""
        return cls(frozenset([execution]))

    def to_nodes_of(self, parent: NodeExecutionIdentifier) -> Descent:
        """One level further down.

        Raises:
            FlyteDataError: If it is too deep, or has been there.
        """
        if parent.node_id in self.parents:
            raise FlyteDataError(f"the server lists node {label(parent)} below itself, or twice")
        self.parents.add(parent.node_id)
        return self._deeper(label(parent))

    def to_launched(self, execution: WorkflowExecutionIdentifier) -> Descent:
        """Into an execution that a node has launched.

        Raises:
            FlyteDataError: If it is too deep, or inside of itself.
        """
        if execution in self.executions:
            raise FlyteDataError(
                f"the server says that execution {label(execution)} launched itself"
            )
        deeper = self._deeper(label(execution))
        return replace(deeper, executions=self.executions | {execution}, parents=set())

    def count_node(self) -> None:
        """Note that there is one more.

        Raises:
            TooManyNodes: If there are too many.
        """
        self.total.nodes += 1
        if self.total.nodes > MOST_NODES:
            raise TooManyNodes(f"there are more than {MOST_NODES:,} nodes, too many for one sync")

    def _deeper(self, where: str) -> Descent:
        if self.depth == MOST_LEVELS:
            raise FlyteDataError(
                f"{where} is more than {MOST_LEVELS} levels below what is synced: sync it by itself"
            )
        return replace(self, depth=self.depth + 1)
