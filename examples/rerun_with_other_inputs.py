"""Take an execution that somebody sent over, and make the request that runs it again.

Nothing here talks to a server: it shows how to read models, and how to make new ones from them.

    python examples/rerun_with_other_inputs.py
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from flytebind.models.admin.execution import ExecutionCreateRequest
from flytebind.models.core.execution import WorkflowExecutionPhase
from flytebind.models.core.identifier import Identifier, ResourceType, WorkflowExecutionIdentifier
from flytebind.models.execution import (
    Execution,
    ExecutionClosure,
    ExecutionMetadata,
    ExecutionSpec,
)
from flytebind.models.literals import Literal, LiteralMap, Primitive, Scalar


def integer(value: int) -> Literal:
    """A literal that holds a whole number."""
    return Literal(scalar=Scalar(primitive=Primitive(integer=value)))


def received() -> bytes:
    """What might have come out of a file or a queue."""
    execution = Execution(
        WorkflowExecutionIdentifier("flytesnacks", "development", "f7a9c2"),
        ExecutionSpec(
            Identifier(ResourceType.LAUNCH_PLAN, "flytesnacks", "development", "train", "v1"),
            ExecutionMetadata(ExecutionMetadata.ExecutionMode.MANUAL, "ada", nesting=0),
        ),
        ExecutionClosure(
            WorkflowExecutionPhase.FAILED,
            started_at=datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc),
            duration=timedelta(minutes=7),
        ),
    )
    return execution.to_bytes()


def rerun(execution: Execution, inputs: LiteralMap) -> ExecutionCreateRequest:
    """A request like the one that made ``execution``; whatever its spec says is kept."""
    reference = execution.spec.metadata.replace(reference_execution=execution.id)
    return ExecutionCreateRequest(
        project=execution.id.project,
        domain=execution.id.domain,
        name=f"{execution.id.name}-again",
        spec=execution.spec.replace(metadata=reference),
        inputs=inputs,
    )


def main() -> None:
    """Read, look, change, and show what would be sent."""
    execution = Execution.from_bytes(received())
    match execution.closure.phase:
        case WorkflowExecutionPhase.FAILED | WorkflowExecutionPhase.ABORTED:
            print(f"{execution.id.name} ended as {execution.closure.phase.name}\n")
        case _:
            print(f"{execution.id.name} needs no second run\n")
    print(rerun(execution, LiteralMap({"epochs": integer(3)})))


if __name__ == "__main__":
    main()
