"""Makes what scripts begin with: executions, and the signals that their gates wait for."""

from __future__ import annotations

from flyteidl.admin.execution_pb2 import (
    ExecutionCreateRequest as CreateRequest,
    ExecutionMetadata,
    ExecutionSpec,
)
from flyteidl.admin.signal_pb2 import Signal, SignalGetOrCreateRequest as GetOrCreateRequest
from flyteidl.core.identifier_pb2 import (
    Identifier,
    NodeExecutionIdentifier,
    SignalIdentifier,
    WorkflowExecutionIdentifier,
)
from flyteidl.core.types_pb2 import LiteralType

from flytebind.models.admin.execution import ExecutionCreateRequest
from flytebind.models.admin.signal import SignalGetOrCreateRequest
from flytebind.models.core.identifier import (
    WorkflowExecutionIdentifier as WorkflowExecutionIdentifierModel,
)
from flytebind.sandbox.play._values import Literals
from flytebind.sandbox.play._workflow import DOMAIN, PROJECT
from flytebind.services.admin import AdminServiceClient
from flytebind.services.signal import SignalServiceClient

_ANY = WorkflowExecutionIdentifier(project=PROJECT, domain=DOMAIN)


def create_execution(
    client: AdminServiceClient,
    spec: ExecutionSpec,
    inputs: Literals,
    id: WorkflowExecutionIdentifier = _ANY,
) -> WorkflowExecutionIdentifierModel:
    """Create an execution, and answer its id; admin makes up a name if it has none.

    Raises:
        grpc.RpcError: If admin does not take it.
    """
    request = CreateRequest(project=id.project, domain=id.domain, name=id.name, spec=spec)
    for name, literal in inputs.items():
        request.inputs.literals[name].CopyFrom(literal)
    created = client.create_execution(ExecutionCreateRequest.from_pb(request)).id
    assert created is not None  # admin always answers with it
    return created


def child_spec(launch_plan: Identifier, parent: NodeExecutionIdentifier) -> ExecutionSpec:
    """What a node asks for that starts a launch plan."""
    spec = ExecutionSpec(launch_plan=launch_plan)
    spec.metadata.mode = ExecutionMetadata.CHILD_WORKFLOW
    spec.metadata.parent_node_execution.CopyFrom(parent)
    return spec


def create_signal(
    client: SignalServiceClient,
    execution: WorkflowExecutionIdentifier,
    name: str,
    kind: LiteralType,
) -> Signal:
    """The signal that a gate waits for, which may have its value already."""
    id = SignalIdentifier(signal_id=name, execution_id=execution)
    request = GetOrCreateRequest(id=id, type=kind)
    return client.get_or_create_signal(SignalGetOrCreateRequest.from_pb(request)).to_pb()
