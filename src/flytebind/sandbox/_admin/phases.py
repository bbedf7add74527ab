"""The phases that an execution never leaves."""

from __future__ import annotations

from typing import Final

from flyteidl.core.execution_pb2 import NodeExecution, TaskExecution, WorkflowExecution

TERMINAL_WORKFLOW: Final = frozenset(
    {
        WorkflowExecution.SUCCEEDED,
        WorkflowExecution.FAILED,
        WorkflowExecution.TIMED_OUT,
        WorkflowExecution.ABORTED,
    }
)
TERMINAL_NODE: Final = frozenset(
    {
        NodeExecution.SUCCEEDED,
        NodeExecution.FAILED,
        NodeExecution.TIMED_OUT,
        NodeExecution.ABORTED,
        NodeExecution.SKIPPED,
        NodeExecution.RECOVERED,
    }
)
TERMINAL_TASK: Final = frozenset(
    {TaskExecution.SUCCEEDED, TaskExecution.FAILED, TaskExecution.ABORTED}
)
