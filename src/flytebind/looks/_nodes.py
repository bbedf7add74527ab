"""What a node's message says, beyond its fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flytebind.models.admin.node_execution import NodeExecution
from flytebind.models.admin.task_execution import TaskExecution
from flytebind.models.core.catalog import CatalogCacheStatus
from flytebind.models.core.execution import ExecutionError

START_NODE: Final = "start-node"
END_NODE: Final = "end-node"


def spec_id(node: NodeExecution) -> str:
    """Its id in the compiled workflow."""
    # Ids below other nodes have prefixes, and long ones are replaced by hashes.
    return node.metadata.spec_node_id or node.id.node_id


def is_boundary(node: NodeExecution) -> bool:
    """Whether it is the start or the end of a workflow, which run nothing."""
    return spec_id(node) in (START_NODE, END_NODE)


def is_cached(node: NodeExecution) -> bool:
    """Whether its outputs were found in the cache."""
    task = node.closure.task_node_metadata
    return task is not None and task.cache_status is CatalogCacheStatus.CACHE_HIT


def lacks_error(node: NodeExecution) -> bool:
    """Whether it failed and does not say why, as nodes with a deck, and eager ones."""
    closure = node.closure
    return closure.phase.name in ("FAILED", "TIMED_OUT") and closure.error is None


def error_of(node: NodeExecution, attempts: Sequence[TaskExecution]) -> ExecutionError | None:
    """Why it failed, from its last attempt where only that tells; None if it did not."""
    told = attempts[-1] if attempts and lacks_error(node) else node
    return told.closure.error
