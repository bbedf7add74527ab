"""Node executions, as events have left them."""

from __future__ import annotations

import grpc
from flyteidl.admin.node_execution_pb2 import (
    DynamicNodeWorkflowResponse as DynamicNodeWorkflowResponsePb,
    NodeExecution as NodeExecutionPb,
    NodeExecutionList as NodeExecutionListPb,
)
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier

from flytebind.models.admin.node_execution import (
    DynamicNodeWorkflowResponse,
    GetDynamicNodeWorkflowRequest,
    NodeExecution,
    NodeExecutionForTaskListRequest,
    NodeExecutionGetRequest,
    NodeExecutionList,
    NodeExecutionListRequest,
)
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._admin.lookup import (
    describe_node,
    execution_key,
    get_node_execution,
    get_task_execution,
)
from flytebind.sandbox._admin.part import Part
from flytebind.sandbox._store import Page, Value, tables


class NodeExecutions(Part):
    """Answers for the node executions of each execution."""

    def get_node_execution(
        self, request: NodeExecutionGetRequest, context: grpc.ServicerContext
    ) -> NodeExecution:
        """A node execution, its error message whole.

        Raises:
            StatusError: INVALID_ARGUMENT, NOT_FOUND.
        """
        row = get_node_execution(self.store, request.to_pb().id, checks=False)
        return NodeExecution.from_bytes(row["model"])

    def list_node_executions(
        self, request: NodeExecutionListRequest, context: grpc.ServicerContext
    ) -> NodeExecutionList:
        """A page of the node executions without a parent, or of those below ``unique_parent_id``.

        Error messages are cut.

        Raises:
            StatusError: INVALID_ARGUMENT for limit 0, a bad token, filter or sort key; NOT_FOUND
                for an unknown parent.
        """
        id = request.to_pb().workflow_execution_id
        where: dict[str, Value] = {**execution_key(id, "workflow_execution_id")}
        if request.unique_parent_id:
            parent = NodeExecutionIdentifier(node_id=request.unique_parent_id, execution_id=id)
            where["parent_id"] = get_node_execution(self.store, parent)["id"]
        else:
            where |= {"parent_id": None, "parent_task_execution_id": None}
        page = self.store.page(
            tables.NODE_EXECUTIONS,
            limit=request.limit,
            token=request.token,
            filters=request.filters,
            sort_by=request.sort_by,
            **where,
        )
        return self._list(page, within=bool(request.unique_parent_id))

    def list_node_executions_for_task(
        self, request: NodeExecutionForTaskListRequest, context: grpc.ServicerContext
    ) -> NodeExecutionList:
        """A page of the node executions that a task execution has yielded; error messages are cut.

        Raises:
            StatusError: INVALID_ARGUMENT for limit 0, a bad token, filter or sort key; NOT_FOUND
                for an unknown task execution.
        """
        id = request.to_pb().task_execution_id
        task = get_task_execution(self.store, id, "task_execution_id")
        page = self.store.page(
            tables.NODE_EXECUTIONS,
            limit=request.limit,
            token=request.token,
            filters=request.filters,
            sort_by=request.sort_by,
            parent_task_execution_id=task["id"],
        )
        return self._list(page)

    def get_dynamic_node_workflow(
        self, request: GetDynamicNodeWorkflowRequest, context: grpc.ServicerContext
    ) -> DynamicNodeWorkflowResponse:
        """The workflow that a dynamic node has yielded.

        Raises:
            StatusError: INVALID_ARGUMENT; NOT_FOUND, also for a node that has yielded none.
        """
        id = request.to_pb().id
        row = get_node_execution(self.store, id, checks=False)
        if row["dynamic_workflow"] is None:
            message = f"node execution {describe_node(id)} has no dynamic workflow"
            raise StatusError(grpc.StatusCode.NOT_FOUND, message)
        response = DynamicNodeWorkflowResponsePb()
        response.compiled_workflow.MergeFromString(row["dynamic_workflow"])
        return DynamicNodeWorkflowResponse._wrap(response)

    def _list(self, page: Page, *, within: bool = False) -> NodeExecutionList:
        """The answer; nodes within another one are parents as soon as they have children."""
        answer = NodeExecutionListPb(token=page.token)
        for row in page.rows:
            node: NodeExecutionPb = answer.node_executions.add()
            node.MergeFromString(row["model"])
            if within and self.store.find(tables.NODE_EXECUTIONS, "id", parent_id=row["id"]):
                node.metadata.is_parent_node = True
            if node.closure.HasField("error"):
                message = node.closure.error.message
                node.closure.error.message = cut(message, self.settings.max_list_error_bytes)
        return NodeExecutionList._wrap(answer)


def cut(message: str, limit: int) -> str:
    """The first ``limit`` bytes of a message, less what is left of a character cut in two."""
    return message.encode()[:limit].decode(errors="ignore")
