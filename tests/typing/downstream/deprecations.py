"""What the IDL has retired, for those who ask their type checker to say so."""

# mypy: enable-error-code="deprecated"
# pyright: standard, reportDeprecated=true, reportUnusedExpression=false

# E: deprecated | reportDeprecated | UrlBlob
from flytebind.models.common import UrlBlob
from flytebind.models.core.literals import LiteralMap
from flytebind.models.execution import (
    ExecutionClosure,
    ExecutionSpec,
    LiteralMapBlob,
    WorkflowExecutionGetDataResponse,
)
from flytebind.models.node_execution import NodeExecutionClosure


def retired(spec: ExecutionSpec, closure: ExecutionClosure, node: NodeExecutionClosure) -> None:
    # E: deprecated | reportDeprecated | tags
    spec.tags
    # E: deprecated | reportDeprecated | auth_role
    spec.auth_role
    # E: deprecated | reportDeprecated | outputs
    closure.outputs
    # E: deprecated | reportDeprecated | abort_cause
    closure.abort_cause
    # E: deprecated | reportDeprecated | output_uri
    node.output_uri


def retired_in_a_subclass(response: WorkflowExecutionGetDataResponse, blob: LiteralMapBlob) -> None:
    # E: deprecated | reportDeprecated | inputs
    response.inputs
    # E: deprecated | reportDeprecated | values
    blob.values


def in_use(spec: ExecutionSpec, response: WorkflowExecutionGetDataResponse) -> LiteralMap:
    spec.labels
    return response.full_inputs
