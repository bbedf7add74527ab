"""What is brought of an execution so that there is more to see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from flytebind.remote import FlyteError, FlyteNodeExecution, FlyteWorkflowExecution

#: The phases of nodes whose logs matter.
_TELLING = frozenset({"FAILED", "FAILING", "TIMED_OUT", "RUNNING", "DYNAMIC_RUNNING"})
#: Of so many nodes the logs are asked for.
_MOST = 10


def bring_names(execution: FlyteWorkflowExecution) -> None:
    """Bring what nodes run, and their order, of an execution whose nodes are here.

    A tree without names is better than none, so nothing is raised.
    """
    launched = (each for node in _nodes(execution) for each in node.workflow_executions)
    for part in (execution, *launched):
        with suppress(FlyteError):
            _ = part.flyte_workflow


def bring_states(execution: FlyteWorkflowExecution) -> None:
    """Bring how nodes are, and the logs of those that failed or are running.

    As much as can be had: nothing is raised.
    """
    with suppress(FlyteError):
        execution.sync(sync_nodes=True, data=False)
        nodes = [
            node
            for node in _nodes(execution)
            if not (node.is_boundary or node.metadata.is_parent_node)
        ]
        telling = [node for node in nodes if node.phase.name in _TELLING]
        for node in (nodes if len(nodes) == 1 else telling)[:_MOST]:
            _ = node.task_executions
    bring_names(execution)


def _nodes(part: FlyteWorkflowExecution | FlyteNodeExecution) -> Iterator[FlyteNodeExecution]:
    if isinstance(part, FlyteWorkflowExecution):
        below = part.node_executions
    else:
        below = part.subworkflow_node_executions
    for node in below.values():
        yield node
        yield from _nodes(node)
        for execution in node.workflow_executions:
            yield from _nodes(execution)
