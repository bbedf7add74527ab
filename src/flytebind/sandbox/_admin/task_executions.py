"""Task executions, as events have left them."""

from __future__ import annotations

import grpc
from flyteidl.admin.task_execution_pb2 import TaskExecutionList as TaskExecutionListPb

from flytebind.models.admin.task_execution import (
    TaskExecution,
    TaskExecutionGetRequest,
    TaskExecutionList,
    TaskExecutionListRequest,
)
from flytebind.sandbox._admin.lookup import get_task_execution, node_key
from flytebind.sandbox._admin.part import Part
from flytebind.sandbox._store import tables


class TaskExecutions(Part):
    """Answers for the attempts at each task."""

    def get_task_execution(
        self, request: TaskExecutionGetRequest, context: grpc.ServicerContext
    ) -> TaskExecution:
        """One attempt at a task.

        Raises:
            StatusError: INVALID_ARGUMENT, NOT_FOUND.
        """
        row = get_task_execution(self.store, request.to_pb().id)
        return TaskExecution.from_bytes(row["model"])

    def list_task_executions(
        self, request: TaskExecutionListRequest, context: grpc.ServicerContext
    ) -> TaskExecutionList:
        """A page of the attempts of one node, error messages whole; empty for an unknown node.

        Raises:
            StatusError: INVALID_ARGUMENT for limit 0, a bad token, filter or sort key.
        """
        page = self.store.page(
            tables.TASK_EXECUTIONS,
            limit=request.limit,
            token=request.token,
            filters=request.filters,
            sort_by=request.sort_by,
            **node_key(request.to_pb().node_execution_id, "node_execution_id"),
        )
        answer = TaskExecutionListPb(token=page.token)
        for row in page.rows:
            answer.task_executions.add().MergeFromString(row["model"])
        return TaskExecutionList._wrap(answer)
