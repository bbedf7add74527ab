"""What has been loaded of an execution beside its message: it owns it, operations write it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from flytebind.models.core.metrics import Span
from flytebind.remote._data import Data
from flytebind.remote.entities import FlyteTask, FlyteWorkflow
from flytebind.remote.errors import FlyteError

W = TypeVar("W")
N = TypeVar("N")
T = TypeVar("T")


@dataclass(slots=True)
class Loaded(Generic[W, N, T]):
    """What has been loaded; of executions of workflows, nodes and tasks as ``W``, ``N`` and ``T``.

    What is replaced is replaced whole: who reads may do so in another thread.
    """

    is_whole: bool = True
    """Whether the message has all that there is: lists cut errors, and leave out inputs."""
    data: Data = field(default_factory=Data)
    type_hints: Mapping[str, type] | None = None
    """By output, the Python type that it becomes."""
    task: FlyteTask | None = None
    """What an attempt runs."""
    workflow: FlyteWorkflow | None = None
    """What an execution runs, or a dynamic node has yielded."""
    container: W | N | None = None
    """The execution whose node it is."""
    nodes: dict[str, N] | None = None
    """What is below it, by id."""
    nodes_are_final: bool = False
    attempts: list[T] | None = None
    attempts_are_final: bool = False
    launched: list[W] | None = None
    """The executions that a node has launched."""
    measured: Span | None = None
    """What the server has measured of an execution."""
    measured_is_known: bool = False
    """Whether it has been asked for that."""
    role: str | None = None
    """What the compiled workflow says that a node is, where sync had to look: ``branch``, ``task``
    or ``other``."""
    is_settled: bool = False
    """Whether a sync has nothing more to ask, here or below."""
    problem: FlyteError | None = None
    """What kept the last sync from bringing all of it."""

    def copy(self) -> Loaded[W, N, T]:
        """The same, to be changed on its own."""
        return dataclasses.replace(self, data=dataclasses.replace(self.data))
