"""The messages of the benchmarks as betterproto2's compiler would write them.

Node executions have all their fields. Of requests and literals only those are here that the samples
use, which if anything makes betterproto2 look faster.
"""

# betterproto2 is not installed where mypy runs, so its classes are Any there.
# mypy: allow-subclassing-any
# ruff: noqa: RUF009 - betterproto2's `field` is a dataclass field

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import betterproto2
from betterproto2 import TYPE_MESSAGE, TYPE_STRING, field

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(eq=False, repr=False)
class Timestamp(betterproto2.Message):
    seconds: int = field(1, betterproto2.TYPE_INT64)
    nanos: int = field(2, betterproto2.TYPE_INT32)

    @classmethod
    def from_wrapped(cls, wrapped: datetime) -> Timestamp:
        since = wrapped - EPOCH
        return cls(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1000)

    def to_wrapped(self) -> datetime:
        return EPOCH + timedelta(0, self.seconds, self.nanos // 1000)


@dataclass(eq=False, repr=False)
class Duration(betterproto2.Message):
    seconds: int = field(1, betterproto2.TYPE_INT64)
    nanos: int = field(2, betterproto2.TYPE_INT32)

    @classmethod
    def from_wrapped(cls, wrapped: timedelta) -> Duration:
        return cls(
            seconds=wrapped.days * 86_400 + wrapped.seconds, nanos=wrapped.microseconds * 1000
        )

    def to_wrapped(self) -> timedelta:
        return timedelta(0, self.seconds, self.nanos // 1000)


class ResourceType(betterproto2.Enum):
    UNSPECIFIED = 0
    TASK = 1
    WORKFLOW = 2
    LAUNCH_PLAN = 3
    DATASET = 4


class Phase(betterproto2.Enum):
    UNDEFINED = 0
    QUEUED = 1
    RUNNING = 2
    SUCCEEDED = 3
    FAILING = 4
    FAILED = 5


class CatalogCacheStatus(betterproto2.Enum):
    CACHE_DISABLED = 0
    CACHE_MISS = 1
    CACHE_HIT = 2
    CACHE_POPULATED = 3


class ExecutionMode(betterproto2.Enum):
    MANUAL = 0
    SCHEDULED = 1
    SYSTEM = 2
    RELAUNCH = 3
    CHILD_WORKFLOW = 4


@dataclass(eq=False, repr=False)
class Identifier(betterproto2.Message):
    resource_type: ResourceType = field(
        1, betterproto2.TYPE_ENUM, default_factory=lambda: ResourceType(0)
    )
    project: str = field(2, TYPE_STRING)
    domain: str = field(3, TYPE_STRING)
    name: str = field(4, TYPE_STRING)
    version: str = field(5, TYPE_STRING)
    org: str = field(6, TYPE_STRING)


@dataclass(eq=False, repr=False)
class WorkflowExecutionIdentifier(betterproto2.Message):
    project: str = field(1, TYPE_STRING)
    domain: str = field(2, TYPE_STRING)
    name: str = field(4, TYPE_STRING)
    org: str = field(5, TYPE_STRING)


@dataclass(eq=False, repr=False)
class NodeExecutionIdentifier(betterproto2.Message):
    node_id: str = field(1, TYPE_STRING)
    execution_id: WorkflowExecutionIdentifier | None = field(2, TYPE_MESSAGE, optional=True)


@dataclass(eq=False, repr=False)
class TaskExecutionIdentifier(betterproto2.Message):
    task_id: Identifier | None = field(1, TYPE_MESSAGE, optional=True)
    node_execution_id: NodeExecutionIdentifier | None = field(2, TYPE_MESSAGE, optional=True)
    retry_attempt: int = field(3, betterproto2.TYPE_UINT32)


@dataclass(eq=False, repr=False)
class CatalogArtifactTag(betterproto2.Message):
    artifact_id: str = field(1, TYPE_STRING)
    name: str = field(2, TYPE_STRING)


@dataclass(eq=False, repr=False)
class CatalogMetadata(betterproto2.Message):
    dataset_id: Identifier | None = field(1, TYPE_MESSAGE, optional=True)
    artifact_tag: CatalogArtifactTag | None = field(2, TYPE_MESSAGE, optional=True)
    source_task_execution: TaskExecutionIdentifier | None = field(
        3, TYPE_MESSAGE, optional=True, group="source_execution"
    )


@dataclass(eq=False, repr=False)
class TaskNodeMetadata(betterproto2.Message):
    cache_status: CatalogCacheStatus = field(
        1, betterproto2.TYPE_ENUM, default_factory=lambda: CatalogCacheStatus(0)
    )
    catalog_key: CatalogMetadata | None = field(2, TYPE_MESSAGE, optional=True)
    checkpoint_uri: str = field(4, TYPE_STRING)


@dataclass(eq=False, repr=False)
class WorkflowNodeMetadata(betterproto2.Message):
    execution_id: WorkflowExecutionIdentifier | None = field(1, TYPE_MESSAGE, optional=True)


class ErrorKind(betterproto2.Enum):
    UNKNOWN = 0
    USER = 1
    SYSTEM = 2


@dataclass(eq=False, repr=False)
class ExecutionError(betterproto2.Message):
    code: str = field(1, TYPE_STRING)
    message: str = field(2, TYPE_STRING)
    error_uri: str = field(3, TYPE_STRING)
    kind: ErrorKind = field(4, betterproto2.TYPE_ENUM, default_factory=lambda: ErrorKind(0))
    timestamp: datetime | None = field(5, TYPE_MESSAGE, unwrap=lambda: Timestamp, optional=True)
    worker: str = field(6, TYPE_STRING)


@dataclass(eq=False, repr=False)
class Primitive(betterproto2.Message):
    integer: int | None = field(1, betterproto2.TYPE_INT64, optional=True, group="value")
    float_value: float | None = field(2, betterproto2.TYPE_DOUBLE, optional=True, group="value")
    string_value: str | None = field(3, TYPE_STRING, optional=True, group="value")
    boolean: bool | None = field(4, betterproto2.TYPE_BOOL, optional=True, group="value")


@dataclass(eq=False, repr=False)
class Scalar(betterproto2.Message):
    primitive: Primitive | None = field(1, TYPE_MESSAGE, optional=True, group="value")


@dataclass(eq=False, repr=False)
class Literal(betterproto2.Message):
    scalar: Scalar | None = field(1, TYPE_MESSAGE, optional=True, group="value")


@dataclass(eq=False, repr=False)
class LiteralMap(betterproto2.Message):
    literals: dict[str, Literal] = field(
        1, betterproto2.TYPE_MAP, map_meta=betterproto2.map_meta(TYPE_STRING, TYPE_MESSAGE)
    )


@dataclass(eq=False, repr=False)
class NodeExecutionClosure(betterproto2.Message):
    output_uri: str | None = field(1, TYPE_STRING, optional=True, group="output_result")
    error: ExecutionError | None = field(2, TYPE_MESSAGE, optional=True, group="output_result")
    phase: Phase = field(3, betterproto2.TYPE_ENUM, default_factory=lambda: Phase(0))
    started_at: datetime | None = field(4, TYPE_MESSAGE, unwrap=lambda: Timestamp, optional=True)
    duration: timedelta | None = field(5, TYPE_MESSAGE, unwrap=lambda: Duration, optional=True)
    created_at: datetime | None = field(6, TYPE_MESSAGE, unwrap=lambda: Timestamp, optional=True)
    updated_at: datetime | None = field(7, TYPE_MESSAGE, unwrap=lambda: Timestamp, optional=True)
    workflow_node_metadata: WorkflowNodeMetadata | None = field(
        8, TYPE_MESSAGE, optional=True, group="target_metadata"
    )
    task_node_metadata: TaskNodeMetadata | None = field(
        9, TYPE_MESSAGE, optional=True, group="target_metadata"
    )
    output_data: LiteralMap | None = field(10, TYPE_MESSAGE, optional=True, group="output_result")
    deck_uri: str = field(11, TYPE_STRING)
    dynamic_job_spec_uri: str = field(12, TYPE_STRING)


@dataclass(eq=False, repr=False)
class NodeExecutionMetaData(betterproto2.Message):
    retry_group: str = field(1, TYPE_STRING)
    is_parent_node: bool = field(2, betterproto2.TYPE_BOOL)
    spec_node_id: str = field(3, TYPE_STRING)
    is_dynamic: bool = field(4, betterproto2.TYPE_BOOL)
    is_array: bool = field(5, betterproto2.TYPE_BOOL)
    is_eager: bool = field(6, betterproto2.TYPE_BOOL)


@dataclass(eq=False, repr=False)
class NodeExecution(betterproto2.Message):
    id: NodeExecutionIdentifier | None = field(1, TYPE_MESSAGE, optional=True)
    input_uri: str = field(2, TYPE_STRING)
    closure: NodeExecutionClosure | None = field(3, TYPE_MESSAGE, optional=True)
    metadata: NodeExecutionMetaData | None = field(4, TYPE_MESSAGE, optional=True)


@dataclass(eq=False, repr=False)
class NodeExecutionList(betterproto2.Message):
    node_executions: list[NodeExecution] = field(1, TYPE_MESSAGE, repeated=True)
    token: str = field(2, TYPE_STRING)


@dataclass(eq=False, repr=False)
class ExecutionMetadata(betterproto2.Message):
    mode: ExecutionMode = field(1, betterproto2.TYPE_ENUM, default_factory=lambda: ExecutionMode(0))
    principal: str = field(2, TYPE_STRING)


@dataclass(eq=False, repr=False)
class ExecutionSpec(betterproto2.Message):
    launch_plan: Identifier | None = field(1, TYPE_MESSAGE, optional=True)
    metadata: ExecutionMetadata | None = field(3, TYPE_MESSAGE, optional=True)


@dataclass(eq=False, repr=False)
class ExecutionCreateRequest(betterproto2.Message):
    project: str = field(1, TYPE_STRING)
    domain: str = field(2, TYPE_STRING)
    name: str = field(3, TYPE_STRING)
    spec: ExecutionSpec | None = field(4, TYPE_MESSAGE, optional=True)
    inputs: LiteralMap | None = field(5, TYPE_MESSAGE, optional=True)
