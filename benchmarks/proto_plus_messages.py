"""The messages of the benchmarks in proto-plus.

Node executions have all their fields. Of requests and literals only those are here that the samples
use, which if anything makes proto-plus look faster.
"""

# proto-plus is not installed where mypy runs, so its classes are Any there.
# mypy: allow-subclassing-any

from __future__ import annotations

import proto
from google.protobuf import duration_pb2, timestamp_pb2
from proto import MESSAGE, STRING, Field

# A name of its own: protobuf knows the originals, and admits each name once.
__protobuf__ = proto.module(package="flytebind.benchmarks")


class ResourceType(proto.Enum):
    UNSPECIFIED = 0
    TASK = 1
    WORKFLOW = 2
    LAUNCH_PLAN = 3
    DATASET = 4


class Phase(proto.Enum):
    UNDEFINED = 0
    QUEUED = 1
    RUNNING = 2
    SUCCEEDED = 3
    FAILING = 4
    FAILED = 5


class CatalogCacheStatus(proto.Enum):
    CACHE_DISABLED = 0
    CACHE_MISS = 1
    CACHE_HIT = 2
    CACHE_POPULATED = 3


class ExecutionMode(proto.Enum):
    MANUAL = 0
    SCHEDULED = 1
    SYSTEM = 2
    RELAUNCH = 3
    CHILD_WORKFLOW = 4


class Identifier(proto.Message):
    resource_type = Field(proto.ENUM, number=1, enum=ResourceType)
    project = Field(STRING, number=2)
    domain = Field(STRING, number=3)
    name = Field(STRING, number=4)
    version = Field(STRING, number=5)
    org = Field(STRING, number=6)


class WorkflowExecutionIdentifier(proto.Message):
    project = Field(STRING, number=1)
    domain = Field(STRING, number=2)
    name = Field(STRING, number=4)
    org = Field(STRING, number=5)


class NodeExecutionIdentifier(proto.Message):
    node_id = Field(STRING, number=1)
    execution_id = Field(MESSAGE, number=2, message=WorkflowExecutionIdentifier)


class TaskExecutionIdentifier(proto.Message):
    task_id = Field(MESSAGE, number=1, message=Identifier)
    node_execution_id = Field(MESSAGE, number=2, message=NodeExecutionIdentifier)
    retry_attempt = Field(proto.UINT32, number=3)


class CatalogArtifactTag(proto.Message):
    artifact_id = Field(STRING, number=1)
    name = Field(STRING, number=2)


class CatalogMetadata(proto.Message):
    dataset_id = Field(MESSAGE, number=1, message=Identifier)
    artifact_tag = Field(MESSAGE, number=2, message=CatalogArtifactTag)
    source_task_execution = Field(
        MESSAGE, number=3, message=TaskExecutionIdentifier, oneof="source_execution"
    )


class TaskNodeMetadata(proto.Message):
    cache_status = Field(proto.ENUM, number=1, enum=CatalogCacheStatus)
    catalog_key = Field(MESSAGE, number=2, message=CatalogMetadata)
    checkpoint_uri = Field(STRING, number=4)


class WorkflowNodeMetadata(proto.Message):
    executionId = Field(MESSAGE, number=1, message=WorkflowExecutionIdentifier)


class ExecutionError(proto.Message):
    class ErrorKind(proto.Enum):
        UNKNOWN = 0
        USER = 1
        SYSTEM = 2

    code = Field(STRING, number=1)
    message = Field(STRING, number=2)
    error_uri = Field(STRING, number=3)
    kind = Field(proto.ENUM, number=4, enum=ErrorKind)
    timestamp = Field(MESSAGE, number=5, message=timestamp_pb2.Timestamp)
    worker = Field(STRING, number=6)


class Primitive(proto.Message):
    integer = Field(proto.INT64, number=1, oneof="value")
    float_value = Field(proto.DOUBLE, number=2, oneof="value")
    string_value = Field(STRING, number=3, oneof="value")
    boolean = Field(proto.BOOL, number=4, oneof="value")


class Scalar(proto.Message):
    primitive = Field(MESSAGE, number=1, message=Primitive, oneof="value")


class Literal(proto.Message):
    scalar = Field(MESSAGE, number=1, message=Scalar, oneof="value")


class LiteralMap(proto.Message):
    literals = proto.MapField(STRING, MESSAGE, number=1, message=Literal)


class NodeExecutionClosure(proto.Message):
    output_uri = Field(STRING, number=1, oneof="output_result")
    error = Field(MESSAGE, number=2, message=ExecutionError, oneof="output_result")
    phase = Field(proto.ENUM, number=3, enum=Phase)
    started_at = Field(MESSAGE, number=4, message=timestamp_pb2.Timestamp)
    duration = Field(MESSAGE, number=5, message=duration_pb2.Duration)
    created_at = Field(MESSAGE, number=6, message=timestamp_pb2.Timestamp)
    updated_at = Field(MESSAGE, number=7, message=timestamp_pb2.Timestamp)
    workflow_node_metadata = Field(
        MESSAGE, number=8, message=WorkflowNodeMetadata, oneof="target_metadata"
    )
    task_node_metadata = Field(MESSAGE, number=9, message=TaskNodeMetadata, oneof="target_metadata")
    output_data = Field(MESSAGE, number=10, message=LiteralMap, oneof="output_result")
    deck_uri = Field(STRING, number=11)
    dynamic_job_spec_uri = Field(STRING, number=12)


class NodeExecutionMetaData(proto.Message):
    retry_group = Field(STRING, number=1)
    is_parent_node = Field(proto.BOOL, number=2)
    spec_node_id = Field(STRING, number=3)
    is_dynamic = Field(proto.BOOL, number=4)
    is_array = Field(proto.BOOL, number=5)
    is_eager = Field(proto.BOOL, number=6)


class NodeExecution(proto.Message):
    id = Field(MESSAGE, number=1, message=NodeExecutionIdentifier)
    input_uri = Field(STRING, number=2)
    closure = Field(MESSAGE, number=3, message=NodeExecutionClosure)
    metadata = Field(MESSAGE, number=4, message=NodeExecutionMetaData)


class NodeExecutionList(proto.Message):
    node_executions = proto.RepeatedField(MESSAGE, number=1, message=NodeExecution)
    token = Field(STRING, number=2)


class ExecutionMetadata(proto.Message):
    mode = Field(proto.ENUM, number=1, enum=ExecutionMode)
    principal = Field(STRING, number=2)


class ExecutionSpec(proto.Message):
    launch_plan = Field(MESSAGE, number=1, message=Identifier)
    metadata = Field(MESSAGE, number=3, message=ExecutionMetadata)


class ExecutionCreateRequest(proto.Message):
    project = Field(STRING, number=1)
    domain = Field(STRING, number=2)
    name = Field(STRING, number=3)
    spec = Field(MESSAGE, number=4, message=ExecutionSpec)
    inputs = Field(MESSAGE, number=5, message=LiteralMap)
