"""Which phases are the end, and which of these are good: their names, the same for all kinds."""

from __future__ import annotations

from typing import Final, TypeAlias

from flytebind.models.core.execution import NodeExecution, TaskExecution, WorkflowExecution

Phase: TypeAlias = WorkflowExecution.Phase | NodeExecution.Phase | TaskExecution.Phase

#: The phases that leave outputs behind.
SUCCESSFUL: Final = frozenset({"SUCCEEDED", "RECOVERED"})

#: Those that an execution never leaves. A node that was recovered is done.
DONE: Final = SUCCESSFUL | {"FAILED", "TIMED_OUT", "ABORTED", "SKIPPED", "RETRYABLE_FAILED"}

#: Those in which something goes on.
RUNNING: Final = frozenset({"RUNNING", "DYNAMIC_RUNNING"})

#: In these, a node's inputs may not have been put together yet.
NOT_STARTED: Final = frozenset({"UNDEFINED", "QUEUED", "SKIPPED"})
