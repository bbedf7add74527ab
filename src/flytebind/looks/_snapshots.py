"""Executions as they are handed over to be shown: models, and what has been loaded below them."""

from __future__ import annotations

from dataclasses import dataclass

from flytebind.looks._items import ArrayItem, item_of, items_in
from flytebind.looks._nodes import error_of
from flytebind.looks._phases import DONE, Phase
from flytebind.models.admin.execution import Execution
from flytebind.models.admin.node_execution import NodeExecution
from flytebind.models.admin.task_execution import TaskExecution
from flytebind.models.core.execution import ExecutionError
from flytebind.models.core.tasks import TaskTemplate
from flytebind.models.core.workflow import Node
from flytebind.runtime.homes import public_in


@public_in("flytebind.looks")
@dataclass(frozen=True)
class NodeSnapshot:
    """The execution of a node at one moment, with as much below it as has been loaded."""

    model: NodeExecution
    attempts: tuple[TaskExecution, ...] = ()
    """The attempts at its task, in order."""
    children: tuple[NodeSnapshot, ...] = ()
    """The nodes below it: of a subworkflow, a dynamic workflow, a branch or an array."""
    launched: tuple[ExecutionSnapshot, ...] = ()
    """The executions that it has launched."""
    spec: Node | None = None
    """What the compiled workflow says of it. None while that is not loaded; an empty one if the
    workflow does not know the node."""
    place: int | None = None
    """Its place among the nodes of the compiled workflow."""
    task: TaskTemplate | None = None
    """The task that it runs, as far as the compiled workflow has it."""
    problem: str = ""
    """What kept it from being loaded whole."""

    @property
    def phase(self) -> Phase:
        """Where it stands."""
        return self.model.closure.phase

    @property
    def is_done(self) -> bool:
        """Whether it has come to its end, good or bad."""
        return self.phase.name in DONE

    @property
    def error(self) -> ExecutionError | None:
        """Why it failed; None if it did not."""
        return error_of(self.model, self.attempts)

    @property
    def items(self) -> list[ArrayItem]:
        """The items of an array node, in order; empty for other nodes."""
        if not self.model.metadata.is_array:
            return []
        # Servers tell of them with the last attempt, or each is a node of its own.
        metadata = self.attempts[-1].closure.metadata if self.attempts else None
        found = items_in(metadata.external_resources) if metadata is not None else []
        return found or sorted(
            (
                item_of(child.model, child.attempts, place)
                for place, child in enumerate(self.children)
            ),
            key=lambda item: item.index,
        )


@public_in("flytebind.looks")
@dataclass(frozen=True)
class ExecutionSnapshot:
    """An execution at one moment, with as much below it as has been loaded."""

    model: Execution
    nodes: tuple[NodeSnapshot, ...] = ()
    """The nodes of its workflow."""
    nodes_are_final: bool = False
    """Whether the nodes have been seen after its end."""
    url: str = ""
    """Where people look at it; empty where nobody knows."""

    @property
    def phase(self) -> Phase:
        """Where it stands."""
        return self.model.closure.phase

    @property
    def is_done(self) -> bool:
        """Whether it has come to its end, good or bad."""
        return self.phase.name in DONE

    @property
    def error(self) -> ExecutionError | None:
        """Why it failed; None if it did not."""
        return self.model.closure.error
