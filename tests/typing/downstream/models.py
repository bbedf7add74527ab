"""What every model can do, and the protobuf messages underneath."""

import copy
import pickle
from collections.abc import Sequence
from datetime import timedelta

from flyteidl.admin import execution_pb2
from flyteidl.core import identifier_pb2, literals_pb2, tasks_pb2
from google.protobuf.message import Message
from typing_extensions import assert_type

from flytebind import models
from flytebind.models import core, model_for
from flytebind.models.admin.launch_plan import LaunchPlanMetadata
from flytebind.models.core.identifier import ResourceType, WorkflowExecutionIdentifier
from flytebind.models.core.tasks import ExtendedResources
from flytebind.models.core.workflow import NodeMetadata, TaskNodeOverrides
from flytebind.models.execution import Execution, ExecutionClosure
from flytebind.models.literals import LiteralMap
from flytebind.models.security import Secret, SecurityContext
from flytebind.runtime import FlyteIdlEntity
from flytebind.runtime.any import AnyMessage
from flytebind.runtime.typing import JsonObject


def to_and_from_protobuf(execution: Execution, message: execution_pb2.Execution) -> None:
    assert_type(Execution.from_flyte_idl(message), Execution)
    assert_type(execution.to_flyte_idl(), execution_pb2.Execution)
    assert_type(execution.to_flyte_idl().id, identifier_pb2.WorkflowExecutionIdentifier)
    assert_type(execution.to_flyte_idl().id.name, str)
    assert_type(execution.to_pb().spec, execution_pb2.ExecutionSpec)
    assert_type(Execution.from_pb(message).closure, ExecutionClosure)
    assert_type(LiteralMap({}).to_flyte_idl().literals["a"], literals_pb2.Literal)


def to_and_from_bytes_and_json(execution: Execution, data: bytes) -> None:
    assert_type(execution.serialize_to_string(), bytes)
    assert_type(execution.to_bytes(), bytes)
    assert_type(Execution.from_bytes(data), Execution)
    assert_type(execution.to_json(indent=2, proto_names=True), str)
    assert_type(Execution.from_json(data, ignore_unknown_fields=True), Execution)
    assert_type(execution.to_dict(), JsonObject)
    assert_type(Execution.from_dict(execution.to_dict()), Execution)
    assert_type(Execution.from_dict({"id": {"name": "a"}, "spec": {}}), Execution)


def changes_make_a_new_one(identifier: WorkflowExecutionIdentifier, execution: Execution) -> None:
    assert_type(identifier.replace(name="b"), WorkflowExecutionIdentifier)
    assert_type(execution.replace(id=identifier, closure=execution.closure), Execution)
    assert_type(execution.closure.replace(error=None).error is None, bool)
    assert_type(copy.copy(execution), Execution)
    assert_type(copy.deepcopy(execution.spec).launch_plan.version, str)
    assert_type(pickle.dumps(identifier), bytes)


def what_else_constructors_take(secret: Secret, gpus: tasks_pb2.ExtendedResources) -> None:
    assert_type(SecurityContext(secrets=secret).secrets, Sequence[Secret])
    assert_type(SecurityContext().replace(secrets=[secret]), SecurityContext)
    assert_type(TaskNodeOverrides(None, gpus).extended_resources, ExtendedResources | None)
    assert_type(NodeMetadata("n", timeout=0).timeout, timedelta | None)


def equality_hash_and_text(execution: Execution) -> None:
    assert_type(execution == execution.replace(), bool)
    assert_type({execution: "a"}, dict[Execution, str])
    assert_type(execution.short_string(), str)
    assert_type(execution.verbose_string(), str)


class NamedExecution(Execution):
    """A downstream subclass."""

    @property
    def label(self) -> str:
        """A property of its own."""
        return f"{self.id.project}/{self.id.name}"


def subclasses_keep_their_type(named: NamedExecution, execution: Execution) -> None:
    assert_type(named.replace(id=execution.id), NamedExecution)
    assert_type(NamedExecution.from_flyte_idl(execution.to_flyte_idl()), NamedExecution)
    assert_type(NamedExecution.from_bytes(b"").label, str)


def finding_models() -> None:
    found = model_for("flyteidl.admin.Execution")
    assert_type(found, type[FlyteIdlEntity[Message]])
    assert_type(found.from_bytes(b"").to_json(), str)
    assert_type(found.from_bytes(b"").to_pb(), Message)
    # Attributes of a lazy package are modules with all of their names.
    assert_type(models.core.identifier.ResourceType(1), ResourceType)
    assert_type(core.literals.Void(), models.literals.Void)


def a_packed_message(metadata: LaunchPlanMetadata) -> None:
    assert_type(metadata.launch_conditions, AnyMessage | None)
    if metadata.launch_conditions is not None:
        assert_type(metadata.launch_conditions.type_name, str)
        assert_type(metadata.launch_conditions.unpack(Execution), Execution)
    assert_type(AnyMessage.pack(LiteralMap({})), AnyMessage)


def enums(resource_type: ResourceType) -> None:
    assert_type(ResourceType["TASK"], ResourceType)
    assert_type(ResourceType(17), ResourceType)
    assert_type(ResourceType.from_number(17), ResourceType)
    assert_type(resource_type.is_recognized, bool)
    assert_type([member.name for member in ResourceType], list[str])
    assert_type(resource_type + 1, int)
