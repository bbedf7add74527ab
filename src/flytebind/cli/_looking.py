"""What is brought of an execution so that there is more to see."""

from __future__ import annotations

from contextlib import suppress

from flytebind.looks._phases import RUNNING
from flytebind.looks._words import has_failed
from flytebind.remote import FlyteError, FlyteWorkflowExecution
from flytebind.remote.executions import walk

#: Of so many nodes the logs are asked for.
_MOST = 10


def bring_names(execution: FlyteWorkflowExecution) -> None:
    """Bring what nodes run, and their order, of an execution whose nodes are here.

    A tree without names is better than none, so nothing is raised.
    """
    launched = (each for node in walk(execution) for each in node.workflow_executions)
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
            for node in walk(execution)
            if not (node.is_boundary or node.metadata.is_parent_node)
        ]
        telling = [node for node in nodes if _has_telling_logs(node.phase.name)]
        for node in (nodes if len(nodes) == 1 else telling)[:_MOST]:
            _ = node.task_executions
    bring_names(execution)


def _has_telling_logs(phase: str) -> bool:
    return has_failed(phase) or phase in RUNNING
