"""Executions: started, stopped, looked at."""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Callable, Iterable
from datetime import timezone
from typing import TypeAlias

import grpc
from flyteidl.admin.execution_pb2 import (
    Execution as ExecutionPb,
    ExecutionCreateRequest as ExecutionCreateRequestPb,
    ExecutionList as ExecutionListPb,
    ExecutionMetadata,
    ExecutionState,
)
from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.core.execution_pb2 import ExecutionError, WorkflowExecution
from flyteidl.core.identifier_pb2 import (
    WorkflowExecutionIdentifier as WorkflowExecutionIdentifierPb,
)
from flyteidl.core.literals_pb2 import LiteralMap

from flytebind.models.admin.common import ResourceListRequest
from flytebind.models.admin.execution import (
    Execution,
    ExecutionCreateRequest,
    ExecutionCreateResponse,
    ExecutionList,
    ExecutionRecoverRequest,
    ExecutionRelaunchRequest,
    ExecutionTerminateRequest,
    ExecutionTerminateResponse,
    ExecutionUpdateRequest,
    ExecutionUpdateResponse,
    WorkflowExecutionGetRequest,
)
from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._admin.checks import (
    check_labels,
    check_name,
    check_notifications,
    invalid,
)
from flytebind.sandbox._admin.events import already_terminal, error_columns, has_ended
from flytebind.sandbox._admin.execution_config import resolve_config
from flytebind.sandbox._admin.launch import Launch, execution_inputs, resolve_launch
from flytebind.sandbox._admin.lookup import (
    describe_execution,
    get_execution,
    get_node_execution,
    missing,
)
from flytebind.sandbox._admin.node_executions import cut
from flytebind.sandbox._admin.part import Part
from flytebind.sandbox._admin.phases import TERMINAL_WORKFLOW
from flytebind.sandbox._admin.projects import check_project_domain
from flytebind.sandbox._blobs import BlobStore
from flytebind.sandbox._clock import Clock
from flytebind.sandbox._http import HttpServer
from flytebind.sandbox._settings import Settings
from flytebind.sandbox._store import DuplicateError, Row, Store, Value, tables
from flytebind.sandbox.auth import principal

_logger = logging.getLogger("flytebind.sandbox")

_NAME = re.compile(r"[a-z][a-z\-0-9]*")
_MAX_NAME_LENGTH = 63
_MAX_TAG_LENGTH = 255
#: No vowels, so that no name is a word; neither 0, 1 nor 3, which look like letters.
_NAME_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
#: A filter on a field called state, of executions or of what they are joined with.
_STATE_FILTER = re.compile(r"\(\s*(\w+\.)?state\s*,")


Listener: TypeAlias = Callable[[WorkflowExecutionIdentifier], None]


class Executions(Part):
    """Starts, stops and answers for executions.

    Nothing runs by itself: an execution is UNDEFINED until somebody sends events.
    """

    def __init__(
        self, store: Store, blobs: BlobStore, http: HttpServer, clock: Clock, settings: Settings
    ) -> None:
        super().__init__(store, blobs, http, clock, settings)
        self.created_listeners: list[Listener] = []
        """Called with each new execution, once it is stored, in the thread of the call."""
        self.terminated_listeners: list[Listener] = []
        """Called with each execution that is asked to end, in the same way."""

    def create_execution(
        self, request: ExecutionCreateRequest, context: grpc.ServicerContext
    ) -> ExecutionCreateResponse:
        """Start an execution of a launch plan or of a single task.

        Raises:
            StatusError: INVALID_ARGUMENT for a bad name, an unknown project or domain, another
                resource type, and inputs that are unknown, missing or of the wrong type; NOT_FOUND
                for the launch plan, the task or the parent node; ALREADY_EXISTS for the name.
        """
        return self._create(request.to_pb(), context, source=None)

    def relaunch_execution(
        self, request: ExecutionRelaunchRequest, context: grpc.ServicerContext
    ) -> ExecutionCreateResponse:
        """Start an execution as another was, with the inputs that it was given.

        Raises:
            StatusError: As ``create_execution``; NOT_FOUND for the other.
        """
        pb = request.to_pb()
        with self.store.transaction():
            source = self._source(pb.id)
            create = self._again(source, pb.id, pb.name, ExecutionMetadata.RELAUNCH)
            create.spec.overwrite_cache = pb.overwrite_cache
        return self._create(create, context, source)

    def recover_execution(
        self, request: ExecutionRecoverRequest, context: grpc.ServicerContext
    ) -> ExecutionCreateResponse:
        """Start an execution that takes over what another has finished.

        Raises:
            StatusError: As ``create_execution``; NOT_FOUND for the other.
        """
        pb = request.to_pb()
        with self.store.transaction():
            source = self._source(pb.id)
            create = self._again(source, pb.id, pb.name, ExecutionMetadata.RECOVERED)
            if pb.HasField("metadata"):
                metadata = create.spec.metadata
                metadata.ClearField("parent_node_execution")
                if pb.metadata.HasField("parent_node_execution"):
                    metadata.parent_node_execution.CopyFrom(pb.metadata.parent_node_execution)
        return self._create(create, context, source)

    def get_execution(
        self, request: WorkflowExecutionGetRequest, context: grpc.ServicerContext
    ) -> Execution:
        """An execution, its error message whole.

        Raises:
            StatusError: INVALID_ARGUMENT, NOT_FOUND.
        """
        return Execution.from_bytes(get_execution(self.store, request.to_pb().id)["model"])

    def update_execution(
        self, request: ExecutionUpdateRequest, context: grpc.ServicerContext
    ) -> ExecutionUpdateResponse:
        """Archive an execution, or make it active again.

        Raises:
            StatusError: INVALID_ARGUMENT, NOT_FOUND.
        """
        pb = request.to_pb()
        with self.store.transaction():
            row = get_execution(self.store, pb.id)
            execution = ExecutionPb.FromString(row["model"])
            details = execution.closure.state_change_details
            details.state = pb.state
            details.principal = principal(context)
            details.occurred_at.FromDatetime(self.clock.now())
            changes: dict[str, Value] = {
                "state": pb.state,
                "model": execution.SerializeToString(),
            }
            self.store.update(tables.EXECUTIONS, row["id"], changes)
        return ExecutionUpdateResponse()

    def list_executions(
        self, request: ResourceListRequest, context: grpc.ServicerContext
    ) -> ExecutionList:
        """A page of the executions of a project and domain.

        They are the active ones, unless a filter on ``state`` says otherwise. Error messages are
        cut, inputs left out.

        Raises:
            StatusError: INVALID_ARGUMENT for a missing project or domain, limit 0, a bad token,
                filter or sort key.
        """
        id = check_name(request.id, "project", "domain")
        where: dict[str, Value] = {
            "execution_project": id.project,
            "execution_domain": id.domain,
        }
        if id.name:
            where["execution_name"] = id.name
        if not _STATE_FILTER.search(request.filters):
            where["state"] = ExecutionState.EXECUTION_ACTIVE
        page = self.store.page(
            tables.EXECUTIONS,
            limit=request.limit,
            token=request.token,
            filters=request.filters,
            sort_by=request.sort_by,
            **where,
        )
        answer = ExecutionListPb(token=page.token)
        for row in page.rows:
            execution: ExecutionPb = answer.executions.add()
            execution.MergeFromString(row["model"])
            execution.spec.ClearField("inputs")
            closure = execution.closure
            if closure.HasField("error"):
                message = cut(closure.error.message, self.settings.max_list_error_bytes)
                closure.error.message = message
        return ExecutionList._wrap(answer)

    def terminate_execution(
        self, request: ExecutionTerminateRequest, context: grpc.ServicerContext
    ) -> ExecutionTerminateResponse:
        """Ask for an execution's end: it is ABORTING until an event says that it is ABORTED.

        Raises:
            StatusError: INVALID_ARGUMENT, NOT_FOUND; FAILED_PRECONDITION, with an
                ``EventFailureReason``, for one that has ended.
        """
        pb = request.to_pb()
        with self.store.transaction():
            row = get_execution(self.store, pb.id)
            phase: str = row["phase"]
            if has_ended(phase, WorkflowExecution.Phase.Value, TERMINAL_WORKFLOW):
                message = f"execution {describe_execution(pb.id)} has ended: it is {phase}"
                raise already_terminal(message, phase)
            execution = ExecutionPb.FromString(row["model"])
            execution.closure.phase = WorkflowExecution.ABORTING
            execution.closure.abort_metadata.cause = pb.cause
            execution.closure.abort_metadata.principal = principal(context)
            changes: dict[str, Value] = {
                "phase": "ABORTING",
                "abort_cause": pb.cause,
                "model": execution.SerializeToString(),
            }
            self.store.update(tables.EXECUTIONS, row["id"], changes)
        _tell(self.terminated_listeners, WorkflowExecutionIdentifier.from_pb(pb.id))
        return ExecutionTerminateResponse()

    def _source(self, id: WorkflowExecutionIdentifierPb) -> Row:
        """The execution that another is to be like."""
        if not (id.project or id.domain or id.name):
            missing("project")
        return get_execution(self.store, id, checks=False)

    def _again(
        self,
        source: Row,
        id: WorkflowExecutionIdentifierPb,
        name: str,
        mode: ExecutionMetadata.ExecutionMode.ValueType,
    ) -> ExecutionCreateRequestPb:
        """The request that would have made an execution as it is, in another mode."""
        execution = ExecutionPb.FromString(source["model"])
        create = ExecutionCreateRequestPb(
            project=id.project, domain=id.domain, name=name, spec=execution.spec
        )
        create.spec.metadata.mode = mode
        create.spec.metadata.reference_execution.CopyFrom(execution.id)
        create.inputs.MergeFromString(source["inputs"])
        row = self.store.find(tables.LAUNCH_PLANS, id=source["launch_plan_id"])
        if row is not None:
            # Fixed inputs are never given; the launch plan adds them again.
            for fixed in LaunchPlan.FromString(row["model"]).spec.fixed_inputs.literals:
                create.inputs.literals.pop(fixed, None)
        return create

    def _create(
        self,
        request: ExecutionCreateRequestPb,
        context: grpc.ServicerContext,
        source: Row | None,
    ) -> ExecutionCreateResponse:
        id = WorkflowExecutionIdentifierPb(
            project=request.project,
            domain=request.domain,
            name=request.name or _random_name(),
        )
        _check_id(request)
        check_labels(request.spec.labels.values)
        check_notifications(request.spec.notifications.notifications)
        with self.store.transaction():
            check_project_domain(self.store, self.settings, id.project, id.domain)
            if not request.HasField("spec"):
                missing("spec")
            launch = resolve_launch(self, request.spec.launch_plan, context)
            # Inputs were a part of the spec once.
            given = request.inputs if request.inputs.literals else request.spec.inputs
            inputs = execution_inputs(given, launch.plan)
            execution = ExecutionPb(id=id, spec=request.spec)
            metadata = execution.spec.metadata
            metadata.principal = principal(context)
            metadata.ClearField("artifact_ids")  # only the server sets them
            links = self._inherit(metadata)
            resolve_config(self, id, execution.spec, launch.asked)
            if source is not None:
                links["source_execution_id"] = source["id"]
            metadata.system_metadata.Clear()
            metadata.system_metadata.namespace = f"{id.project}-{id.domain}"
            self._open(execution, launch)
            try:
                self.store.insert(
                    tables.EXECUTIONS, {**_columns(execution, launch, inputs), **links}
                )
                self._tag(id, execution.spec.tags)
            except DuplicateError:
                message = f"execution {describe_execution(id)}, or a tag of it, already exists"
                raise StatusError(grpc.StatusCode.ALREADY_EXISTS, message) from None
        created = WorkflowExecutionIdentifier.from_pb(id)
        _tell(self.created_listeners, created)
        return ExecutionCreateResponse(id=created)

    def _inherit(self, metadata: ExecutionMetadata) -> dict[str, Value]:
        """Take over what follows from the parent node; answers the columns that point to it."""
        if not metadata.parent_node_execution.HasField("execution_id"):
            return {}
        field = "spec.metadata.parent_node_execution"
        node = get_node_execution(self.store, metadata.parent_node_execution, field)
        source = get_execution(self.store, metadata.parent_node_execution.execution_id, field)
        parent = ExecutionPb.FromString(source["model"]).spec.metadata
        metadata.principal = parent.principal
        metadata.nesting = parent.nesting + 1
        return {"parent_node_execution_id": node["id"], "source_execution_id": source["id"]}

    def _tag(self, id: WorkflowExecutionIdentifierPb, tags: Iterable[str]) -> None:
        for tag in tags:
            if len(tag) > _MAX_TAG_LENGTH:
                message = f"tag {tag[:20]!r}... is longer than {_MAX_TAG_LENGTH} characters"
                raise StatusError(grpc.StatusCode.UNKNOWN, message)
            columns = {
                "execution_project": id.project,
                "execution_domain": id.domain,
                "execution_name": id.name,
            }
            self.store.insert(tables.EXECUTION_TAGS, {**columns, "key": tag, "value": ""})

    def _open(self, execution: ExecutionPb, launch: Launch) -> None:
        closure = execution.closure
        closure.created_at.FromDatetime(self.clock.now())
        closure.updated_at.CopyFrom(closure.created_at)
        closure.workflow_id.CopyFrom(launch.plan.spec.workflow_id)
        details = closure.state_change_details
        details.principal = execution.spec.metadata.principal
        details.occurred_at.CopyFrom(closure.created_at)
        if execution.spec.notifications.notifications:
            closure.notifications.extend(execution.spec.notifications.notifications)
        elif not execution.spec.disable_all:
            closure.notifications.extend(launch.plan.spec.entity_metadata.notifications)
        label = execution.spec.execution_cluster_label.value
        if label:
            closure.phase = WorkflowExecution.FAILED
            closure.error.code = "Internal"
            closure.error.kind = ExecutionError.SYSTEM
            closure.error.message = (
                "failed to create workflow in propeller "
                f"execution cluster label {label} is not supported"
            )


def _random_name() -> str:
    return "a" + "".join(random.choices(_NAME_ALPHABET, k=19))


def _check_id(request: ExecutionCreateRequestPb) -> None:
    for field in ("project", "domain"):
        if not getattr(request, field):
            missing(field)
    if len(request.name) > _MAX_NAME_LENGTH:
        invalid(f"name {request.name!r} is longer than {_MAX_NAME_LENGTH} characters")
    if request.name and not _NAME.fullmatch(request.name.lower()):
        invalid(f"name {request.name!r} is not a letter followed by letters, digits and hyphens")


def _columns(execution: ExecutionPb, launch: Launch, inputs: LiteralMap) -> dict[str, Value]:
    id, metadata = execution.id, execution.spec.metadata
    created_at = execution.closure.created_at.ToDatetime(timezone.utc)
    return {
        "execution_project": id.project,
        "execution_domain": id.domain,
        "execution_name": id.name,
        "launch_plan_id": launch.launch_plan_id or 0,
        "workflow_id": launch.workflow_id,
        "task_id": launch.task_id or 0,
        "phase": WorkflowExecution.Phase.Name(execution.closure.phase),
        "execution_created_at": created_at,
        "execution_updated_at": created_at,
        "mode": metadata.mode,
        "cluster": metadata.system_metadata.execution_cluster,
        "user": metadata.principal,
        "state": ExecutionState.EXECUTION_ACTIVE,
        "inputs": inputs.SerializeToString(),
        **(error_columns(execution.closure.error) if execution.closure.HasField("error") else {}),
        "model": execution.SerializeToString(),
    }


def _tell(listeners: list[Listener], id: WorkflowExecutionIdentifier) -> None:
    for listener in list(listeners):
        try:
            listener(id)
        except Exception:
            _logger.exception("a listener failed at %s/%s/%s", id.project, id.domain, id.name)
