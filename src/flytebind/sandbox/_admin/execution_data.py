"""Inputs and outputs of executions."""

from __future__ import annotations

import grpc
from flyteidl.admin.common_pb2 import FlyteURLs, UrlBlob
from flyteidl.admin.execution_pb2 import (
    WorkflowExecutionGetDataResponse as WorkflowExecutionGetDataResponsePb,
)
from flyteidl.admin.node_execution_pb2 import (
    NodeExecution,
    NodeExecutionGetDataResponse as NodeExecutionGetDataResponsePb,
)
from flyteidl.admin.task_execution_pb2 import (
    TaskExecutionGetDataResponse as TaskExecutionGetDataResponsePb,
)
from flyteidl.core.literals_pb2 import LiteralMap
from google.protobuf.message import DecodeError

from flytebind.models.admin.execution import (
    WorkflowExecutionGetDataRequest,
    WorkflowExecutionGetDataResponse,
)
from flytebind.models.admin.node_execution import (
    NodeExecutionGetDataRequest,
    NodeExecutionGetDataResponse,
)
from flytebind.models.admin.task_execution import (
    TaskExecutionGetDataRequest,
    TaskExecutionGetDataResponse,
)
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._admin.lookup import (
    get_execution,
    get_node_execution,
    get_task_execution,
)
from flytebind.sandbox._admin.part import Part


class ExecutionData(Part):
    """Answers for what went into executions and what came out.

    Data that is absent, too large or no LiteralMap reads as an empty map, as with flyteadmin. With
    ``settings.signed_urls``, offloaded data has a link besides, and a file that is not there is an
    error; data kept inline has no link.
    """

    def get_execution_data(
        self, request: WorkflowExecutionGetDataRequest, context: grpc.ServicerContext
    ) -> WorkflowExecutionGetDataResponse:
        """Inputs and outputs of an execution.

        Raises:
            StatusError: INVALID_ARGUMENT, NOT_FOUND; INTERNAL for a file that cannot be linked to.
        """
        row = get_execution(self.store, request.to_pb().id, checks=False)
        response = WorkflowExecutionGetDataResponsePb()
        # An execution's inputs are always offloaded, so the limit on reading offloaded data holds.
        inputs = row["inputs"] or b""
        response.full_inputs.SetInParent()
        if len(inputs) <= self.settings.max_download_bytes:
            response.full_inputs.MergeFromString(inputs)
        response.inputs.SetInParent()
        if self.settings.signed_urls:
            id = request.to_pb().id
            path = f"metadata/{id.project}/{id.domain}/{id.name}/inputs"
            # Nobody needs the file before there is a link to it.
            self._sign(response.inputs, self.blobs.write(path, inputs))
        self._read(response.full_outputs, response.outputs, row["outputs"], row["output_uri"])
        return WorkflowExecutionGetDataResponse._wrap(response)

    def get_node_execution_data(
        self, request: NodeExecutionGetDataRequest, context: grpc.ServicerContext
    ) -> NodeExecutionGetDataResponse:
        """Inputs and outputs of a node execution, and the workflow that it has yielded.

        Raises:
            StatusError: INVALID_ARGUMENT, NOT_FOUND; INTERNAL for a file that cannot be linked to.
        """
        id = request.to_pb().id
        row = get_node_execution(self.store, id, checks=False)
        response = NodeExecutionGetDataResponsePb()
        self._read(response.full_inputs, response.inputs, row["inputs"], row["input_uri"])
        self._read(response.full_outputs, response.outputs, row["outputs"], row["output_uri"])
        closure = NodeExecution.FromString(row["model"]).closure
        execution = id.execution_id
        path = f"{execution.project}/{execution.domain}/{execution.name}/{id.node_id}"
        response.flyte_urls.CopyFrom(_flyte_urls(path, deck=closure.deck_uri != ""))
        if row["dynamic_workflow"] is not None:
            dynamic = response.dynamic_workflow
            dynamic.compiled_workflow.MergeFromString(row["dynamic_workflow"])
            dynamic.id.CopyFrom(dynamic.compiled_workflow.primary.template.id)
            dynamic.dynamic_job_spec_uri = closure.dynamic_job_spec_uri
        return NodeExecutionGetDataResponse._wrap(response)

    def get_task_execution_data(
        self, request: TaskExecutionGetDataRequest, context: grpc.ServicerContext
    ) -> TaskExecutionGetDataResponse:
        """Inputs and outputs of one attempt at a task.

        Raises:
            StatusError: INVALID_ARGUMENT, NOT_FOUND; INTERNAL for a file that cannot be linked to.
        """
        id = request.to_pb().id
        row = get_task_execution(self.store, id)
        response = TaskExecutionGetDataResponsePb()
        self._read(response.full_inputs, response.inputs, row["inputs"], row["input_uri"])
        self._read(response.full_outputs, response.outputs, row["outputs"], row["output_uri"])
        node = id.node_execution_id
        execution = node.execution_id
        path = (
            f"{execution.project}/{execution.domain}/{execution.name}/"
            f"{node.node_id}/{id.retry_attempt}"
        )
        response.flyte_urls.CopyFrom(_flyte_urls(path, deck=False))
        return TaskExecutionGetDataResponse._wrap(response)

    def _read(self, full: LiteralMap, link: UrlBlob, inline: bytes | None, uri: str | None) -> None:
        """Fill in inline data, or offloaded data and its link."""
        full.SetInParent()
        link.SetInParent()
        if inline is not None:
            if len(inline) <= self.settings.max_inline_bytes:
                full.MergeFromString(inline)
            return
        if not uri:
            return
        if self.settings.signed_urls:
            self._sign(link, uri)
        data = self.blobs.read(uri, limit=self.settings.max_download_bytes)
        if data is not None:
            try:
                full.MergeFromString(data)
            except DecodeError:
                full.Clear()

    def _sign(self, link: UrlBlob, uri: str) -> None:
        """Link to a file, which must be there: an empty one is how nothing is answered."""
        own_uri = self.blobs.canonical(uri)
        if own_uri is None:
            message = f"failed to get object size for {uri} with NotFound: Not Found"
            raise StatusError(grpc.StatusCode.INTERNAL, message)
        expires_at = self.clock.now() + self.settings.signed_url_lifetime
        link.url = self.http.signed_url("GET", own_uri, expires_at)
        link.bytes = self.blobs.size(own_uri) or 0


def _flyte_urls(path: str, *, deck: bool) -> FlyteURLs:
    base = f"flyte://v1/{path}"
    return FlyteURLs(inputs=f"{base}/i", outputs=f"{base}/o", deck=f"{base}/d" if deck else "")
