"""Which phases are the end, and which of these are good."""

from __future__ import annotations

from typing import Final, TypeAlias

from flytebind.models.core.execution import NodeExecution, TaskExecution, WorkflowExecution

Phase: TypeAlias = WorkflowExecution.Phase | NodeExecution.Phase | TaskExecution.Phase

#: The phases that an execution never leaves. A node that was recovered is done.
DONE: Final[frozenset[tuple[type, int]]] = frozenset(
    (type(phase), int(phase))
    for phase in (
        WorkflowExecution.Phase.SUCCEEDED,
        WorkflowExecution.Phase.FAILED,
        WorkflowExecution.Phase.TIMED_OUT,
        WorkflowExecution.Phase.ABORTED,
        NodeExecution.Phase.SUCCEEDED,
        NodeExecution.Phase.FAILED,
        NodeExecution.Phase.TIMED_OUT,
        NodeExecution.Phase.ABORTED,
        NodeExecution.Phase.SKIPPED,
        NodeExecution.Phase.RECOVERED,
        TaskExecution.Phase.SUCCEEDED,
        TaskExecution.Phase.FAILED,
        TaskExecution.Phase.ABORTED,
        TaskExecution.Phase.RETRYABLE_FAILED,
    )
)

#: Those of them that leave outputs behind.
SUCCESSFUL: Final[frozenset[tuple[type, int]]] = frozenset(
    (type(phase), int(phase))
    for phase in (
        WorkflowExecution.Phase.SUCCEEDED,
        NodeExecution.Phase.SUCCEEDED,
        NodeExecution.Phase.RECOVERED,
        TaskExecution.Phase.SUCCEEDED,
    )
)

#: In these, inputs may not have been put together yet.
NOT_STARTED: Final[frozenset[tuple[type, int]]] = frozenset(
    (type(phase), int(phase))
    for phase in (
        NodeExecution.Phase.UNDEFINED,
        NodeExecution.Phase.QUEUED,
        NodeExecution.Phase.SKIPPED,
    )
)


def is_in(phase: Phase, phases: frozenset[tuple[type, int]]) -> bool:
    """Whether a phase is among these. Numbers mean different things for each kind of execution."""
    return (type(phase), int(phase)) in phases
