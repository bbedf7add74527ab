"""What type checkers must refuse.

The comment above each mistake holds mypy's code, pyright's rule, and a word that both must say.
"""

# pyright: standard, reportUnnecessaryComparison=true, reportUnusedExpression=false

from datetime import timedelta

from flyteidl.core import identifier_pb2
from typing_extensions import assert_never

from flytebind.models import core, execution
from flytebind.models.admin.common import Notification
from flytebind.models.admin.signal import Signal
from flytebind.models.admin.task import TaskCreateRequest
from flytebind.models.core.execution import NodeExecutionPhase, WorkflowExecution
from flytebind.models.core.identifier import Identifier, ResourceType, WorkflowExecutionIdentifier
from flytebind.models.core.workflow import NodeMetadata, WorkflowNode
from flytebind.models.datacatalog.datacatalog import GetArtifactRequest
from flytebind.models.execution import AbortMetadata, Execution, ExecutionClosure, ExecutionSpec
from flytebind.models.literals import Literal, LiteralCollection, LiteralMap, Primitive, Scalar
from flytebind.runtime import FlyteIdlEntity

Phase = WorkflowExecution.Phase


def misspelt_imports() -> None:
    # E: attr-defined | reportAttributeAccessIssue | modles
    from flytebind import modles

    # E: attr-defined | reportAttributeAccessIssue | excecution
    from flytebind.models import excecution

    # E: import-(untyped|not-found) | reportMissingImports | identifer
    from flytebind.models.core.identifer import SignalIdentifier

    # E: attr-defined | reportAttributeAccessIssue | NodeExecutionData
    from flytebind.models.execution import NodeExecutionData


def misspelt(execution_: Execution) -> None:
    # E: attr-defined | reportAttributeAccessIssue | fase
    execution_.closure.fase
    # E: attr-defined | reportAttributeAccessIssue | nmae
    execution_.spec.launch_plan.nmae
    # E: attr-defined | reportAttributeAccessIssue | SUCEEDED
    Phase.SUCEEDED
    # E: attr-defined | reportAttributeAccessIssue | ExecutionClosur
    execution.ExecutionClosur
    # E: attr-defined | reportAttributeAccessIssue | literal
    core.literal
    # E: attr-defined | reportAttributeAccessIssue | which_output_result
    execution_.which_output_result
    # E: call-arg | reportCallIssue | principal
    AbortMetadata(cause="a", pricipal="b")


def wrong_arguments(plan: Identifier, closure: ExecutionClosure) -> None:
    # E: call-arg | reportCallIssue | principal
    AbortMetadata("a")
    # E: arg-type | reportArgumentType | str
    AbortMetadata(1, "b")
    # E: call-arg | reportCallIssue | argument
    AbortMetadata("a", "b", "c")
    # E: call-arg | reportCallIssue | metadata
    ExecutionSpec(plan)
    # E: call-arg | reportCallIssue | duration
    ExecutionClosure(Phase.QUEUED, None)
    # E: arg-type | reportArgumentType | Phase
    ExecutionClosure(NodeExecutionPhase.QUEUED, None, None)
    # E: arg-type | reportArgumentType | Phase
    ExecutionClosure(2, None, None)
    # E: arg-type | reportArgumentType | float
    ExecutionClosure(Phase.QUEUED, 3.5, None)
    # E: arg-type | reportArgumentType | ExecutionError
    ExecutionClosure(Phase.QUEUED, None, timedelta(), closure)
    # E: call-arg | reportCallIssue | positional
    Identifier(ResourceType.TASK, "p", "d", "n", "v", "org")
    # E: arg-type | reportArgumentType | ResourceType
    Identifier("TASK", "p", "d", "n", "v")
    # E: call-arg | reportCallIssue | positional
    TaskCreateRequest(plan)
    # E: misc | reportCallIssue | phases
    Notification([Phase.FAILED], phases=[])
    # E: list-item | reportArgumentType | Scalar
    LiteralCollection([Scalar()])
    # E: dict-item | reportArgumentType | int
    LiteralMap({1: Literal()})
    # E: arg-type | reportArgumentType | Mapping
    LiteralMap([Literal()])
    # E: arg-type | reportArgumentType | str
    Primitive(string_value=b"")
    # E: dict-item | reportArgumentType | object
    Scalar(generic={"a": object()})


def bare_messages(
    message: identifier_pb2.Identifier, other: identifier_pb2.NodeExecutionIdentifier
) -> None:
    # E: arg-type | reportArgumentType | launchplan_ref
    WorkflowNode(launchplan_ref=message)
    # E: arg-type | reportArgumentType | id
    Signal(id=message)
    # E: arg-type | reportArgumentType | NodeExecutionIdentifier
    Identifier.from_flyte_idl(other)
    # E: call-arg | reportCallIssue | argument
    Identifier.from_flyte_idl(pb=message)
    # E: arg-type | reportArgumentType | bytes
    Execution.from_bytes("text")
    # E: attr-defined | reportAttributeAccessIssue | nmae
    message.nmae
    # E: type-var | reportInvalidTypeArguments | int
    FlyteIdlEntity[int]


def models_are_immutable(
    execution_: Execution, outputs: LiteralMap, items: LiteralCollection
) -> None:
    # E: misc | reportAttributeAccessIssue | phase
    execution_.closure.phase = Phase.FAILED
    # E: misc | reportAttributeAccessIssue | name
    execution_.spec.launch_plan.name = "b"
    # E: attr-defined | reportAttributeAccessIssue | note
    execution_.note = "new"
    # E: index | reportIndexIssue | Mapping
    outputs.literals["a"] = Literal()
    # E: attr-defined | reportAttributeAccessIssue | pop
    outputs.literals.pop("a")
    # E: attr-defined | reportAttributeAccessIssue | append
    items.literals.append(Literal())
    # E: index | reportIndexIssue | Sequence
    items.literals[0] = Literal()


def unnarrowed(closure: ExecutionClosure, outputs: LiteralMap, signal: Signal) -> None:
    # E: union-attr | reportOptionalMemberAccess | message
    closure.error.message
    # E: union-attr | reportOptionalMemberAccess | isoformat
    closure.started_at.isoformat()
    # E: operator | reportOptionalOperand | None
    closure.duration + timedelta(1)
    # E: union-attr | reportOptionalMemberAccess | signal_id
    signal.id.signal_id
    if outputs.literals["a"].value is not None:
        # E: union-attr | reportAttributeAccessIssue | primitive
        outputs.literals["a"].value.primitive
    # E: union-attr | reportOptionalMemberAccess | primitive
    outputs.literals["a"].scalar.primitive
    # E: misc | reportGeneralTypeIssues | None
    _which, _value = closure.which_output_result


def replacing(closure: ExecutionClosure, execution_: Execution) -> None:
    # E: call-arg | reportCallIssue | fase
    closure.replace(fase=Phase.FAILED)
    # E: arg-type | reportArgumentType | Phase
    closure.replace(phase="FAILED")
    # E: call-arg | reportCallIssue | positional
    closure.replace(Phase.FAILED)
    # E: arg-type | reportArgumentType | WorkflowExecutionIdentifier
    execution_.replace(id=None)
    # E: arg-type | reportArgumentType | timeout
    NodeMetadata("n", timeout=60)


def another_type(execution_: Execution, scalar: Scalar) -> None:
    # E: assignment | reportAssignmentType | int
    name: int = execution_.id.name
    # E: assignment | reportAssignmentType | Identifier
    message: identifier_pb2.Identifier = execution_.id.to_flyte_idl()
    # E: assignment | reportAssignmentType | NodeExecution
    node: NodeExecutionPhase = execution_.closure.phase
    # E: assignment | reportAssignmentType | Execution
    identifier: WorkflowExecutionIdentifier = execution_.replace()
    # E: arg-type | reportArgumentType | None
    len(scalar.generic)


# E: return | reportReturnType | return
def not_all_phases(phase: Phase) -> str:
    match phase:
        case Phase.UNDEFINED | Phase.QUEUED | Phase.RUNNING | Phase.SUCCEEDING | Phase.SUCCEEDED:
            return "on its way"
        case Phase.FAILING | Phase.FAILED | Phase.ABORTED | Phase.ABORTING | Phase.TIMED_OUT:
            return "gone wrong"


def all_known_types_are_not_all(resource_type: ResourceType) -> str:
    if resource_type is ResourceType.UNSPECIFIED:
        return ""
    elif resource_type is ResourceType.TASK or resource_type is ResourceType.WORKFLOW:
        return "code"
    elif resource_type is ResourceType.LAUNCH_PLAN or resource_type is ResourceType.DATASET:
        return "more"
    else:
        # E: arg-type | reportArgumentType | _UNRECOGNIZED
        assert_never(resource_type)


def not_all_members(literal: Literal) -> str:
    which = literal.which_value
    match which:
        case ("scalar", _) | ("collection", _) | ("map", _) | None:
            return "usual"
        case _:
            # E: arg-type | reportArgumentType | offloaded_metadata
            assert_never(which)


def not_all_members_of_one_type(node: WorkflowNode, request: GetArtifactRequest) -> str:
    # E: comparison-overlap | reportUnnecessaryComparison | launch_plan_ref
    if node.which_reference and node.which_reference[0] == "launch_plan_ref":
        return ""
    which = request.which_query_handle
    match which:
        case ("artifact_id", _) | None:
            return ""
        case _:
            # E: arg-type | reportArgumentType | tag_name
            assert_never(which)
