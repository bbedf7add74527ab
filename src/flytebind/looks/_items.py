"""Items of array nodes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flytebind.looks._nodes import error_of, is_cached
from flytebind.looks._phases import DONE, Phase
from flytebind.models.admin.node_execution import NodeExecution
from flytebind.models.admin.task_execution import TaskExecution
from flytebind.models.core.catalog import CatalogCacheStatus
from flytebind.models.core.execution import ExecutionError, TaskLog
from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.models.event.event import ExternalResourceInfo
from flytebind.runtime.homes import public_in


@public_in("flytebind.looks")
@dataclass(frozen=True)
class ArrayItem:
    """One item of an array node: what becomes of one element of the list that it goes through."""

    index: int
    """Its place in the list, from 0."""
    phase: Phase
    """Where it stands."""
    attempts: int
    """How often it was tried."""
    error: ExecutionError | None
    """Why it failed, if the server tells that of each; the node's own error tells of all."""
    is_cached: bool
    """Whether its outputs were found in the cache."""
    logs: tuple[TaskLog, ...]
    """Where the logs of its last attempt are."""
    execution_id: WorkflowExecutionIdentifier | None = None
    """The execution that it is, where a launch plan is mapped."""

    @property
    def is_done(self) -> bool:
        """Whether it has come to its end, good or bad."""
        return self.phase.name in DONE


def items_in(resources: Iterable[ExternalResourceInfo]) -> list[ArrayItem]:
    """The items that an attempt tells of, by index; of each the last try counts."""
    last: dict[int, ExternalResourceInfo] = {}
    for resource in resources:
        known = last.get(resource.index)
        if known is None or known.retry_attempt <= resource.retry_attempt:
            last[resource.index] = resource
    return [_item(last[index]) for index in sorted(last)]


def item_of(node: NodeExecution, attempts: Sequence[TaskExecution], place: int) -> ArrayItem:
    """The item that a node below an array node is.

    Args:
        node: The node.
        attempts: What is known of the attempts at its task.
        place: Its place among such nodes, for a server that does not tell its index.
    """
    told = re.fullmatch(r"n(\d+)", node.metadata.spec_node_id)
    return ArrayItem(
        int(told[1]) if told else place,
        node.closure.phase,
        len(attempts),
        error_of(node, attempts),
        is_cached(node),
        tuple(attempts[-1].closure.logs) if attempts else (),
    )


def _item(resource: ExternalResourceInfo) -> ArrayItem:
    launched = resource.workflow_node_metadata
    return ArrayItem(
        resource.index,
        resource.phase,
        resource.retry_attempt + 1,
        None,
        resource.cache_status is CatalogCacheStatus.CACHE_HIT,
        tuple(resource.logs),
        launched.execution_id if launched is not None else None,
    )
