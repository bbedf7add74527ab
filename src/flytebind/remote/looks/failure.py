"""Why an execution did not succeed."""

from __future__ import annotations

from datetime import datetime, timezone

from flytebind.remote.errors import FlyteAssertion, FlyteExecutionError
from flytebind.remote.executions import FlyteNodeExecution, FlyteWorkflowExecution
from flytebind.remote.looks.words import has_failed
from flytebind.remote.operations.sync import walk
from flytebind.remote.phases import SUCCESSFUL, is_in

_NEVER = datetime.max.replace(tzinfo=timezone.utc)


def first_failure(execution: FlyteWorkflowExecution) -> FlyteNodeExecution | None:
    """Where the trouble began: of the innermost nodes that failed, the earliest.

    It looks at the nodes that have been synced, and makes no call.
    """
    innermost = [node for node in walk(execution) if _failed(node) and not _has_failed_below(node)]
    return min(innermost, key=_failed_at, default=None)


def raise_for_status(execution: FlyteWorkflowExecution) -> None:
    """Do nothing if an execution has succeeded.

    Raises:
        FlyteExecutionError: If it ended otherwise. The message has the node that failed first, as
            far as nodes have been synced, and the whole error.
        FlyteAssertion: If it is not done.
    """
    if not execution.is_done:
        raise FlyteAssertion(
            f"{execution._label} is {execution.phase.name}; wait until it is done to see how it "
            "ends"
        )
    if is_in(execution.phase, SUCCESSFUL):
        return
    raise FlyteExecutionError(f"{execution._label} is {execution.phase.name}: {_reason(execution)}")


def _reason(execution: FlyteWorkflowExecution) -> str:
    node = first_failure(execution)
    if node is None or node._error is None:
        where = "" if node is None else f"; node {node.id.node_id} failed first"
        return f"it {execution._ending}{where}"
    own = node.id.execution_id == execution.id
    of = "" if own else f" of execution {node.id.execution_id.name}"
    error = node._error
    message = error.message.strip()
    return f"node {node.id.node_id}{of} failed first: {error.code or 'no error code'}: {message}"


def _failed(node: FlyteNodeExecution) -> bool:
    return has_failed(node.phase)


def _has_failed_below(node: FlyteNodeExecution) -> bool:
    """Whether one of the nodes directly below failed, or one of an execution launched here."""
    if any(map(_failed, (node._children or {}).values())):
        return True
    return any(
        _failed(child)
        for execution in node._workflow_executions or ()
        for child in (execution._nodes or {}).values()
    )


def _failed_at(node: FlyteNodeExecution) -> datetime:
    return node.closure.updated_at or node.closure.started_at or _NEVER
