"""Why an execution did not succeed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone

from flytebind.models.core.execution import ExecutionError
from flytebind.remote._phases import SUCCESSFUL, is_in
from flytebind.remote.errors import FlyteAssertion, FlyteExecutionError
from flytebind.remote.executions import FlyteNodeExecution, FlyteWorkflowExecution
from flytebind.remote.looks.words import first_line, has_failed

#: What begins the error of another item of an array.
_ITEM = re.compile(r"\n(?=\[\d+\]: )")

_NEVER = datetime.max.replace(tzinfo=timezone.utc)


def first_failure(execution: FlyteWorkflowExecution) -> FlyteNodeExecution | None:
    """Where the trouble began: of the innermost nodes that failed, the earliest.

    None for a success, and no node below one: what failed there was put up with. It looks at the
    nodes that have been synced, and makes no call.
    """
    innermost = [node for node in _blamed(execution) if not any(_blamed(node))]
    return min(innermost, key=_failed_at, default=None)


def in_brief(error: ExecutionError | None, limit: int = 100) -> str:
    """An error in one line: its code, and what went wrong; empty for none.

    Args:
        error: The error. Flytekit writes a traceback before what went wrong, and arrays have an
            error for each item, of which the first is told.
        limit: How long the line may be, in characters.
    """
    if error is None:
        return ""
    first = _ITEM.split(error.message.strip())[0]
    message = first.rpartition("\nMessage:\n")[2].strip()
    return first_line(": ".join(filter(None, (error.code, message))), limit)


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


def _blamed(part: FlyteWorkflowExecution | FlyteNodeExecution) -> Iterator[FlyteNodeExecution]:
    """The nodes below that failed, at any depth, except for those below a success."""
    if is_in(part.phase, SUCCESSFUL):
        return
    if isinstance(part, FlyteWorkflowExecution):
        nodes = part._nodes or {}
    else:
        nodes = part._children or {}
        for execution in part._workflow_executions or ():
            yield from _blamed(execution)
    for node in nodes.values():
        if _failed(node):
            yield node
        yield from _blamed(node)


def _failed(node: FlyteNodeExecution) -> bool:
    return has_failed(node.phase)


def _failed_at(node: FlyteNodeExecution) -> datetime:
    return node.closure.updated_at or node.closure.started_at or _NEVER
