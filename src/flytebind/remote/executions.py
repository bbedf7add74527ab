"""Executions that behave: they sync, wait, and hand out what went in and came out.

An execution is a model of what the server said last. ``sync`` gives it a newer message; parts that
come by calls of their own (nodes, data, interfaces) are kept beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, overload

from flytebind import looks
from flytebind._transfer.links import Links
from flytebind.looks import (
    ArrayItem,
    ExecutionSnapshot,
    NodeMapping,
    NodeSnapshot,
    Tree,
    first_failure,
    tree,
)
from flytebind.looks._errors import in_brief, in_full
from flytebind.looks._labels import title
from flytebind.looks._nodes import error_of, is_boundary, lacks_error
from flytebind.looks._phases import DONE, SUCCESSFUL, Phase
from flytebind.looks._rows import named
from flytebind.looks._words import Times, time_taken
from flytebind.models.admin.execution import Execution, ExecutionClosure, ExecutionSpec
from flytebind.models.admin.node_execution import NodeExecution
from flytebind.models.admin.task_execution import TaskExecution
from flytebind.models.core.execution import ExecutionError, WorkflowExecution
from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.models.core.interface import TypedInterface, Variable
from flytebind.models.core.literals import Literal, LiteralMap, LiteralOffloadedMetadata
from flytebind.remote._answers import check_answer
from flytebind.remote._data import AnyExecution, Side, in_memory
from flytebind.remote._loaded import Loaded
from flytebind.remote._scopes import Scope, yielded
from flytebind.remote.entities import FlyteLaunchPlan, FlyteTask, FlyteWorkflow
from flytebind.remote.errors import (
    FlyteAssertion,
    FlyteDataError,
    FlyteError,
    FlyteExecutionError,
)
from flytebind.runtime.typing import Self
from flytebind.values import LiteralsResolver

__all__ = [
    "FlyteNodeExecution",
    "FlyteTaskExecution",
    "FlyteWorkflowExecution",
    "RemoteExecutionBase",
]

Memory: TypeAlias = "Loaded[FlyteWorkflowExecution, FlyteNodeExecution, FlyteTaskExecution]"
Executed: TypeAlias = "FlyteWorkflowExecution | FlyteNodeExecution | FlyteTaskExecution"
ShowProgress: TypeAlias = bool | Callable[["FlyteWorkflowExecution"], None] | None
_E = TypeVar("_E", bound="FlyteWorkflowExecution")


class Bringer(Protocol):
    """Brings what an execution lacks; who calls waits until it is there."""

    def bring_whole(self, execution: Executed, /) -> None:
        """Bring a message that a list has cut."""
        ...

    def bring_interface(self, execution: Executed, /) -> None:
        """Bring what it runs, with the types of what goes in and comes out."""
        ...

    def bring_tasks(self, node: FlyteNodeExecution, /) -> None:
        """Bring the attempts at a node's task."""
        ...

    def bring_side(self, execution: Executed, side: Side, /) -> LiteralMap:
        """Bring inputs or outputs."""
        ...

    def bring_literal(
        self, execution: Executed, side: Side, metadata: LiteralOffloadedMetadata, /
    ) -> Literal:
        """Bring a part of them that was too large to travel."""
        ...

    def bring_measured(self, execution: FlyteWorkflowExecution, /) -> None:
        """Bring what the server has measured, as far as it tells."""
        ...

    def sync(
        self, execution: _E, /, *, nodes: bool, data: bool, timeout: timedelta | float | None
    ) -> _E:
        """Bring it up to date."""
        ...

    def terminate(
        self,
        id: WorkflowExecutionIdentifier,
        cause: str,
        timeout: timedelta | float | None,
        /,
    ) -> None:
        """Ask for its end."""
        ...

    def wait(
        self,
        execution: _E,
        timeout: timedelta | float | None,
        poll_interval: timedelta | float | None,
        sync_nodes: bool,
        progress: ShowProgress,
        /,
    ) -> _E:
        """Wait until it is done, then bring all of it."""
        ...


class Remote(Protocol):
    """What an execution needs of the remote that it came from: either face of it."""

    can_load_later: bool
    """Whether executions may load what they lack when they are touched."""

    def generate_console_url(
        self, entity: FlyteWorkflowExecution | FlyteTask | FlyteWorkflow | FlyteLaunchPlan, /
    ) -> str:
        """Where people look at it."""
        ...

    _bringer: Bringer | None
    """What executions load with; None where nobody can wait for it: on asyncio."""

    @property
    def _links(self) -> Links: ...


class _Loaded:
    """Gives each execution a memory of its own when it is first asked for; later it finds that."""

    @overload
    def __get__(self, execution: None, kind: type) -> Self: ...
    @overload
    def __get__(self, execution: RemoteExecutionBase, kind: type) -> Memory: ...
    def __get__(self, execution: RemoteExecutionBase | None, kind: type) -> Self | Memory:
        if execution is None:
            return self
        # Threads that come at the same time get the same.
        memory: Memory = vars(execution).setdefault("loaded", Loaded())
        return memory


class RemoteExecutionBase:
    """What executions of workflows, nodes and tasks have in common.

    They hash by their identifier and compare by what the server said of them. Copies and pickles
    keep all that has been loaded, and have no remote.
    """

    # Not set by a constructor, because models are made without theirs.
    loaded: _Loaded = _Loaded()
    """What has been loaded beside the message. Remotes write it; everybody else only reads."""
    _remote: Remote | None = None

    if TYPE_CHECKING:
        _pb: Any

    @property
    def phase(self) -> Phase:
        """Where it stands."""
        return self._own.closure.phase

    @property
    def is_done(self) -> bool:
        """Whether it has come to its end, good or bad."""
        return self.phase.name in DONE

    @property
    def error(self) -> ExecutionError | None:
        """Why it failed; None if it did not.

        Raises:
            FlyteAssertion: If it is not done, or the error was cut and cannot be loaded here.
        """
        if not self.is_done:
            raise FlyteAssertion(
                f"{self._label} is {self.phase.name}; wait until it is done to ask for its error"
            )
        error = self._error
        if error is not None and not self.loaded.is_whole and self._remote is not None:
            self._bringer("the whole error").bring_whole(self._own)
            error = self._error
        return error

    @property
    def inputs(self) -> LiteralsResolver:
        """What went in. Loaded when touched, if ``sync`` has not brought it.

        Raises:
            FlyteAssertion: If it cannot be loaded here.
            FlyteDataError: If the server has it, but does not give it out.
            FlyteCallError: If loading fails.
        """
        return self._side("inputs")

    @property
    def outputs(self) -> LiteralsResolver:
        """What came out. Loaded when touched, if ``sync`` has not brought it.

        Raises:
            FlyteAssertion: If the execution is in progress, or did not succeed, or its outputs
                cannot be loaded here.
            FlyteDataError: If the server has them, but does not give them out.
            FlyteCallError: If loading fails.
        """
        if not self.is_done:
            raise FlyteAssertion(
                f"{self._label} is {self.phase.name}; wait until it is done to ask for its outputs"
            )
        if self.phase.name not in SUCCESSFUL:
            raise FlyteAssertion(f"{self._label} has no outputs: it {self._ending}")
        return self._side("outputs")

    @property
    def interface(self) -> TypedInterface | None:
        """The types of what goes in and comes out; None where nothing declares any.

        Raises:
            FlyteAssertion: If it cannot be loaded here.
            FlyteCallError: If loading fails.
        """
        if not self.loaded.data.interface_is_known:
            self._bringer("the interface").bring_interface(self._own)
        return self.loaded.data.interface

    @property
    def _own(self) -> Executed:
        """This object, as one of the three that it can be."""
        assert isinstance(self, (FlyteWorkflowExecution, FlyteNodeExecution, FlyteTaskExecution))
        return self

    @property
    def _label(self) -> str:
        return title(self._own)

    @property
    def _error(self) -> ExecutionError | None:
        return self._own.closure.error

    @property
    def _ending(self) -> str:
        """How it ended, in one line: ``failed: ValueError: ...``."""
        return ": ".join(filter(None, (_verb(self.phase), in_brief(self._error, 400))))

    def _bringer(self, what: str) -> Bringer:
        """What loads something that was not brought."""
        if self._remote is None:
            raise FlyteAssertion(
                f"{what} of {self._label} is not here, and there is no remote to load it from"
            )
        bringer = self._remote._bringer
        if bringer is None:
            raise FlyteAssertion(
                f"{what} of {self._label} is not here: await remote.load(execution) first"
            )
        return bringer

    def _side(self, side: Side) -> LiteralsResolver:
        literals = in_memory(self._own, self.loaded.data, side)
        if literals is None:
            literals = self._bringer(side).bring_side(self._own, side)
        made: dict[Side, tuple[LiteralMap, LiteralsResolver]]
        made = vars(self).setdefault("_resolvers", {})
        made_of, resolver = made.get(side, (None, None))
        if resolver is None or made_of is not literals:
            resolver = LiteralsResolver(
                literals,
                lambda: self._variables(side),
                type_hints=self.loaded.type_hints if side == "outputs" else None,
                load=lambda metadata: self._offloaded(side, metadata),
                links=lambda: None if self._remote is None else self._remote._links,
                label=side,
            )
            made[side] = literals, resolver
        return resolver

    def _in_brief(self, side: Side) -> Mapping[str, Literal] | str | None:
        """One side as a card tells it, as far as it is here."""
        if side == "outputs" and self.phase.name not in SUCCESSFUL:
            return None
        try:
            literals = in_memory(self._own, self.loaded.data, side)
        except FlyteDataError as error:
            return str(error)
        return None if literals is None else literals.literals

    def _variables(self, side: Side) -> Mapping[str, Variable] | None:
        _ = self.interface  # loads it
        return self.loaded.data.variables(side)

    def _offloaded(self, side: Side, metadata: LiteralOffloadedMetadata) -> Literal:
        """A part of one side that was too large to travel."""
        found = (self.loaded.data.offloaded or {}).get(metadata.uri)
        if isinstance(found, Literal):
            return found
        can_load = self._remote is not None and self._remote.can_load_later
        if found is not None and not can_load:
            raise found
        bringer = self._bringer(f"an offloaded part of the {side}")
        return bringer.bring_literal(self._own, side, metadata)

    def _state(self) -> dict[str, Any]:
        """What copies take along, beside the message."""
        state = {name: value for name, value in vars(self).items() if name not in _NOT_COPIED}
        return {**state, "loaded": self.loaded.copy()}

    def _twin(self) -> Self:
        twin = type(self).__new__(type(self))
        twin._pb = self._own.to_pb()
        return twin

    def __copy__(self) -> Self:
        twin = self._twin()
        vars(twin).update(self._state())
        return twin

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        from copy import deepcopy

        twin = self._twin()
        memo[id(self)] = twin
        vars(twin).update(deepcopy(self._state(), memo))
        return twin

    def __reduce__(self) -> tuple[object, ...]:
        make = type(self._own).from_bytes
        return make, (self._pb.SerializePartialToString(),), self._state()

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)

    def __eq__(self, other: object) -> bool:
        # A plain model hashes otherwise, so it cannot be equal.
        return isinstance(other, RemoteExecutionBase) and bool(self._pb == other._pb)

    def __hash__(self) -> int:
        return hash(self._own.id)


_NOT_COPIED = frozenset({"_pb", "_remote", "_resolvers"})

_VERBS = {
    "FAILED": "failed",
    "ABORTED": "was aborted",
    "TIMED_OUT": "timed out",
    "SKIPPED": "was skipped",
    "RETRYABLE_FAILED": "failed, and was tried again",
}


def _verb(phase: Phase) -> str:
    return _VERBS.get(phase.name, f"is {phase.name}")


class FlyteTaskExecution(RemoteExecutionBase, TaskExecution):
    """One attempt at a task."""

    @classmethod
    def promote_from_model(cls, base_model: TaskExecution, remote: Remote | None = None) -> Self:
        """The same execution with behaviour; it shares the message."""
        promoted = cls._wrap(base_model._pb)
        promoted._remote = remote
        return promoted

    def card(self) -> looks.Card:
        """All that has been loaded of it, in one place; makes no call.

        It is what a notebook shows; ``card().html()`` is a page of its own.
        """
        model = TaskExecution._wrap(self._pb)
        return looks.card(model, self._in_brief("inputs"), self._in_brief("outputs"))

    def _repr_html_(self) -> str:
        return self.card()._repr_html_()

    @property
    def task(self) -> FlyteTask:
        """The task that is run. Loaded when touched.

        Raises:
            FlyteAssertion: If it cannot be loaded here.
            FlyteCallError: If loading fails.
        """
        if self.loaded.task is None:
            self._bringer("the task").bring_interface(self._own)
        assert self.loaded.task is not None  # or an error said why not
        return self.loaded.task


class FlyteNodeExecution(RemoteExecutionBase, NodeExecution):
    """The execution of one node of a workflow."""

    @classmethod
    def promote_from_model(cls, base_model: NodeExecution, remote: Remote | None = None) -> Self:
        """The same execution with behaviour; it shares the message."""
        promoted = cls._wrap(base_model._pb)
        promoted._remote = remote
        return promoted

    @property
    def problem(self) -> FlyteError | None:
        """What kept the last ``sync`` from bringing all of this node; None when nothing did."""
        return self.loaded.problem

    @property
    def is_boundary(self) -> bool:
        """Whether it is the start or the end of a workflow, which run nothing."""
        return is_boundary(self)

    @property
    def task_executions(self) -> list[FlyteTaskExecution]:
        """The attempts at the node's task, in order. Loaded when touched.

        Raises:
            FlyteAssertion: If they cannot be loaded here.
            FlyteCallError: If loading fails.
        """
        if self.loaded.attempts is None:
            if self.is_boundary:
                return []
            self._bringer("the task executions").bring_tasks(self)
        return list(self.loaded.attempts or ())

    @property
    def workflow_executions(self) -> list[FlyteWorkflowExecution]:
        """The executions that the node has launched; empty until nodes are synced."""
        return list(self.loaded.launched or ())

    @property
    def subworkflow_node_executions(self) -> NodeMapping[FlyteNodeExecution]:
        """The nodes below this one: of a subworkflow, a dynamic workflow or a branch, by id.

        A dictionary that prints as a table.
        """
        return NodeMapping(self.loaded.nodes or {})

    @property
    def error(self) -> ExecutionError | None:
        """Why it failed; None if it did not. Where only an attempt tells why, that is it.

        Raises:
            FlyteAssertion: If it is not done, or the error cannot be loaded here.
            FlyteCallError: If loading fails.
        """
        if lacks_error(self) and self.loaded.attempts is None and self._remote is not None:
            self._bringer("the error").bring_tasks(self)
        return super().error

    @property
    def _error(self) -> ExecutionError | None:
        return error_of(self, self.loaded.attempts or ())

    @property
    def array_items(self) -> list[ArrayItem]:
        """The items of an array node in order, with their phases, failures and logs.

        Empty for other nodes, and until nodes are synced; attempts are loaded when touched.

        Raises:
            FlyteAssertion: If attempts are not here, and cannot be loaded here.
            FlyteCallError: If loading fails.
        """
        if self.metadata.is_array:
            _ = self.task_executions  # loads them
        return self.snapshot().items

    def snapshot(self) -> NodeSnapshot:
        """What has been loaded of it, as plain values; makes no call."""
        loaded, scope = self.loaded, known_scope(self)
        spec, place, task = (None, None, None) if scope is None else scope.content(self)
        return NodeSnapshot(
            NodeExecution._wrap(self._pb),
            tuple(TaskExecution._wrap(each._pb) for each in loaded.attempts or ()),
            tuple(child.snapshot() for child in (loaded.nodes or {}).values()),
            tuple(each.snapshot() for each in loaded.launched or ()),
            spec,
            place,
            task,
            "" if loaded.problem is None else str(loaded.problem),
        )

    def card(self) -> looks.Card:
        """All that has been loaded of it, in one place; makes no call.

        It is what a notebook shows; ``card().html()`` is a page of its own.
        """
        return looks.card(self.snapshot(), self._in_brief("inputs"), self._in_brief("outputs"))

    def _repr_html_(self) -> str:
        return self.card()._repr_html_()

    @property
    def executions(
        self,
    ) -> list[FlyteTaskExecution] | list[FlyteWorkflowExecution] | list[FlyteNodeExecution]:
        """What runs for this node: attempts, or else launched executions, or else nodes."""
        loaded = self.loaded
        if loaded.launched and not loaded.attempts:
            return list(loaded.launched)
        if loaded.nodes and not loaded.attempts:
            return list(loaded.nodes.values())
        return self.task_executions


class FlyteWorkflowExecution(RemoteExecutionBase, Execution):
    """The execution of a workflow, or of a single task.

    Args:
        type_hints: By output, the Python type that it becomes.
        remote: What it is synced with.
        id: The execution.
        spec: What was asked for.
        closure: What it has come to.
    """

    @overload
    def __init__(
        self,
        type_hints: Mapping[str, type] | None,
        remote: Remote | None,
        id: WorkflowExecutionIdentifier,
        spec: ExecutionSpec,
        closure: ExecutionClosure,
    ) -> None: ...
    @overload
    def __init__(
        self,
        type_hints: Mapping[str, type] | None = None,
        remote: Remote | None = None,
        *,
        id: WorkflowExecutionIdentifier,
        spec: ExecutionSpec,
        closure: ExecutionClosure,
    ) -> None: ...
    def __init__(
        self,
        type_hints: Mapping[str, type] | None = None,
        remote: Remote | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._remote = remote
        if type_hints is not None:
            self.loaded.type_hints = type_hints

    @classmethod
    def promote_from_model(
        cls,
        base_model: Execution,
        remote: Remote | None = None,
        type_hints: Mapping[str, type] | None = None,
    ) -> Self:
        """The same execution with behaviour; it shares the message."""
        promoted = cls._wrap(base_model._pb)
        promoted._remote = remote
        if type_hints is not None:
            promoted.loaded.type_hints = type_hints
        return promoted

    @property
    def name(self) -> str:
        """What it is called, within its project and domain."""
        return self.id.name

    @property
    def started_at(self) -> datetime | None:
        """When it began to run, to the microsecond; None until then."""
        return Times.of(self.closure).started_at

    @property
    def duration(self) -> timedelta | None:
        """How long it took; None until it is done."""
        return time_taken(self.closure, True) if self.is_done else None

    @property
    def is_successful(self) -> bool:
        """Whether it is done, and well."""
        return self.closure.phase is WorkflowExecution.Phase.SUCCEEDED

    @property
    def _ending(self) -> str:
        ending = super()._ending
        abortion = self.closure.abort_metadata
        if abortion is None or self.closure.phase is not WorkflowExecution.Phase.ABORTED:
            return ending
        by = f" by {abortion.principal}" if abortion.principal else ""
        return f"{ending}{by}: {abortion.cause}" if abortion.cause else f"{ending}{by}"

    @property
    def node_executions(self) -> NodeMapping[FlyteNodeExecution]:
        """The executions of the workflow's nodes by node id; empty until nodes are synced.

        A dictionary that prints as a table.
        """
        return NodeMapping(self.loaded.nodes or {})

    @property
    def flyte_workflow(self) -> FlyteWorkflow:
        """The workflow that is run. Loaded when touched.

        Raises:
            FlyteAssertion: If it cannot be loaded here.
            FlyteCallError: If loading fails.
        """
        if self.loaded.workflow is None:
            self._bringer("the workflow").bring_interface(self._own)
        assert self.loaded.workflow is not None  # or an error said why not
        return self.loaded.workflow

    @property
    def execution_url(self) -> str | None:
        """Where people look at it; None without a remote, or where the remote does not know."""
        try:
            return None if self._remote is None else self._remote.generate_console_url(self)
        except FlyteAssertion:  # It was made of a channel, which does not tell.
            return None

    @property
    def url(self) -> str | None:
        """The same as ``execution_url``, by the name that runs of Flyte 2 have for it, too."""
        return self.execution_url

    def sync(
        self,
        sync_nodes: bool = False,
        *,
        data: bool = True,
        timeout: timedelta | float | None = None,
    ) -> Self:
        """Bring this object up to date.

        What is known to be final is not asked for again.

        Args:
            sync_nodes: Whether to bring its nodes, too, and what runs for them at any depth.
            data: Whether to bring inputs, outputs and attempts along, which are several calls for
                each node. Without them come states alone, and the rest when it is touched.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Returns:
            This object.

        Raises:
            FlyteTimeout: If it takes longer; what was brought until then stays.
            FlyteAssertion: If it has no remote, or one for asyncio: ``await remote.sync(...)``.
            FlyteCallError: If the server cannot be asked. What is wrong with a single node is
                found in the node's ``problem`` instead.
        """
        return self._verbs("sync").sync(self, nodes=sync_nodes, data=data, timeout=timeout)

    def wait(
        self,
        timeout: timedelta | float | None = None,
        poll_interval: timedelta | float | None = None,
        sync_nodes: bool = True,
        *,
        progress: ShowProgress = None,
    ) -> Self:
        """Wait until the execution is done, then bring all of it.

        Args:
            timeout: How long at most, in seconds or as a timedelta; None waits for ever.
            poll_interval: How often to ask; by default at first every half second, then less often
                the longer it takes, up to 30 s.
            sync_nodes: Whether to bring nodes and data at the end.
            progress: Whether to show how far it is; see ``FlyteRemote.wait``.

        Returns:
            This object.

        Raises:
            FlyteTimeout: If it is not done, and all of it here, in time.
            FlyteAssertion: If it has no remote, or one for asyncio: ``await remote.wait(...)``.
            FlyteCallError: If the server cannot be asked.
        """
        return self._verbs("wait").wait(self, timeout, poll_interval, sync_nodes, progress)

    def abort(self, reason: str, *, timeout: timedelta | float | None = None) -> Self:
        """Ask for its end; it is ABORTED when its tasks are gone.

        Args:
            reason: Why, for people to read.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Returns:
            This object.

        Raises:
            FlyteTimeout: If it takes longer.
            FlyteAssertion: If it has no remote, or one for asyncio, which has ``terminate``.
            FlyteCallError: If the server cannot be asked, or the execution is done.
        """
        self._verbs("terminate").terminate(self.id, reason, timeout)
        return self

    def snapshot(self) -> ExecutionSnapshot:
        """What has been loaded of it, as plain values; makes no call."""
        return ExecutionSnapshot(
            Execution._wrap(self._pb),
            tuple(node.snapshot() for node in (self.loaded.nodes or {}).values()),
            self.loaded.nodes_are_final,
            self.execution_url or "",
        )

    def tree(self) -> Tree:
        """What has been synced of this execution, for people to read: ``print(execution.tree())``.

        Makes no call. It prints as text, looks better with rich, and in notebooks.
        """
        return tree(self.snapshot())

    def timeline(self) -> looks.Timeline:
        """What this execution, and all nodes of it that have been synced, spent their time on.

        It prints as text, looks better with rich, and in notebooks; ``timeline().svg()`` and
        ``.html()`` are files. Of what is done, the server is asked once what it has measured.
        Where it does not tell, or on asyncio, times come from the nodes alone.
        """
        bringer = None if self._remote is None else self._remote._bringer
        if self.is_done and bringer is not None and not self.loaded.measured_is_known:
            bringer.bring_measured(self)
        return looks.timeline(self.snapshot(), self.loaded.measured)

    def card(self) -> looks.Card:
        """All that has been loaded of this execution, in one place; makes no call.

        It is what a notebook shows; ``card().html()`` is a page of its own.
        """
        return looks.card(
            self.snapshot(),
            self._in_brief("inputs"),
            self._in_brief("outputs"),
            self.loaded.measured,
        )

    def _repr_html_(self) -> str:
        return self.card()._repr_html_()

    def first_failure(self) -> FlyteNodeExecution | None:
        """The innermost node that failed first, among those that have been synced; makes no call.

        None where none of them has failed, and for a success: what failed on the way to it was
        put up with.
        """
        found = first_failure(self.snapshot())
        if found is None:
            return None
        return next(node for node in walk(self) if node.id == found.model.id)

    def raise_for_status(self) -> None:
        """Do nothing if the execution has succeeded, and say what went wrong otherwise.

        Raises:
            FlyteExecutionError: If it ended in another way; the message names the first failure.
            FlyteAssertion: If it is not done.
        """
        if not self.is_done:
            raise FlyteAssertion(
                f"{self._label} is {self.phase.name}; wait until it is done to see how it ends"
            )
        if self.phase.name not in SUCCESSFUL:
            said = f"{self._label} is {self.phase.name}: {self._reason}"
            raise FlyteExecutionError(said, self.id, self._error)

    @property
    def _reason(self) -> str:
        """Why it did not succeed, in words."""
        node = first_failure(self.snapshot())
        if node is None:
            if self._error is None:
                return f"it {self._ending}"
            return f"it {_verb(self.phase)}: {in_full(self._error)}"
        outer = node.model.id.execution_id
        of = "" if outer == self.id else f" of execution {outer.name}"
        error = node.error or self._error
        why = "" if error is None else f": {in_full(error)}"
        return f"node {named(node)}{of} failed first{why}"

    def _verbs(self, verb: str) -> Bringer:
        if self._remote is None:
            raise FlyteAssertion(f"cannot {verb} {self._label}: it has no remote")
        bringer = self._remote._bringer
        if bringer is None:
            raise FlyteAssertion(
                f"{self._label} belongs to an AsyncFlyteRemote: await remote.{verb}(execution)"
            )
        return bringer


# For those who load.


def adopt(execution: Executed, newer: AnyExecution, *, whole: bool = True) -> None:
    """Have an execution take a newer message, which may be one that a list has cut.

    Raises:
        FlyteDataError: If the message is of another execution, which would be ended next, perhaps.
    """
    check_answer(execution.id, newer.id)
    execution._pb = newer._pb
    execution.loaded.is_whole = whole


def attach(execution: Executed, remote: Remote) -> None:
    """Give an execution, and all that belongs to it, a remote."""
    if execution._remote is remote:
        return
    execution._remote = remote
    if isinstance(execution, FlyteWorkflowExecution):
        for node in walk(execution):
            node._remote = remote
            for part in (*(node.loaded.attempts or ()), *(node.loaded.launched or ())):
                part._remote = remote


def walk(execution: FlyteWorkflowExecution) -> Iterator[FlyteNodeExecution]:
    """All nodes that have been synced, at any depth, outer ones first."""
    yield from _walk(execution.loaded.nodes)


def _walk(nodes: dict[str, FlyteNodeExecution] | None) -> Iterator[FlyteNodeExecution]:
    for node in list((nodes or {}).values()):
        yield node
        yield from _walk(node.loaded.nodes)
        for child in node.loaded.launched or ():
            yield from walk(child)


def is_partly_open(execution: FlyteWorkflowExecution) -> bool:
    """Whether a node or an attempt that has been synced has not been seen at its end."""
    return any(
        not node.is_done or any(not task.is_done for task in node.loaded.attempts or ())
        for node in walk(execution)
    )


def known_scope(node: FlyteNodeExecution) -> Scope | None:
    """Where a node is described, if that is in memory."""
    container = node.loaded.container
    if container is None:
        return None
    held = container.loaded
    if isinstance(container, FlyteWorkflowExecution):
        return None if held.workflow is None else Scope.of(held.workflow)
    if container.metadata.is_dynamic:
        workflow = yielded(held)
        return None if workflow is None else Scope.of(workflow)
    scope = known_scope(container)
    outer = None if scope is None else scope.find(container)
    return None if scope is None or outer is None else scope.below(outer)
