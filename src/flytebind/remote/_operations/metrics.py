"""What the server has measured of executions."""

from __future__ import annotations

from flytebind.models.admin.execution import WorkflowExecutionGetMetricsRequest
from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.models.core.metrics import Span
from flytebind.remote._session import Session
from flytebind.remote.errors import FlyteDataError, FlyteError
from flytebind.remote.executions import FlyteWorkflowExecution

_DEPTH = 10


async def get_execution_metrics(
    session: Session, id: WorkflowExecutionIdentifier, depth: int
) -> Span:
    """Spans of an execution, its nodes and tasks.

    Raises:
        FlyteDataError: If the server answers with none.
    """
    request = WorkflowExecutionGetMetricsRequest(id=id, depth=depth)
    answer = await session.admin.get_execution_metrics(request)
    if answer.span is None:
        raise FlyteDataError(f"the server has no metrics of execution {id.name}")
    return answer.span


async def bring_measured(session: Session, execution: FlyteWorkflowExecution) -> None:
    """Bring what the server has measured; a server that does not tell is asked no more.

    Real ones have no metrics of workflows with a failure node.
    """
    try:
        execution.loaded.measured = await get_execution_metrics(session, execution.id, _DEPTH)
    except FlyteError as error:
        execution.loaded.measured_is_known = not error.passing
    else:
        execution.loaded.measured_is_known = True
