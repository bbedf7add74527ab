"""Executions that behave: they sync, wait, and hand out what went in and came out.

An execution is a model of what the server said last. ``sync`` gives it a newer message; parts that
come by calls of their own (nodes, data, interfaces) are kept beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, cast, overload

from flytebind._transfer.links import Links
from flytebind.behaviour.data import GetDataResponse
from flytebind.looks import ArrayItem, ExecutionSnapshot, NodeSnapshot, Tree, first_failure, tree
from flytebind.looks._errors import in_brief, in_full
from flytebind.looks._labels import label
from flytebind.looks._nodes import error_of, is_boundary, lacks_error, spec_id
from flytebind.looks._phases import DONE, SUCCESSFUL, Phase, is_in
from flytebind.looks._rows import named
from flytebind.models.admin.execution import Execution, ExecutionClosure, ExecutionSpec
from flytebind.models.admin.node_execution import NodeExecution
from flytebind.models.admin.task_execution import TaskExecution
from flytebind.models.core.execution import ExecutionError, WorkflowExecution
from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.models.core.interface import TypedInterface, Variable
from flytebind.models.core.literals import Literal, LiteralMap
from flytebind.remote import _operations as operations, values
from flytebind.remote.entities import FlyteTask, FlyteWorkflow
from flytebind.remote.errors import FlyteAssertion, FlyteDataError, FlyteError, FlyteExecutionError
from flytebind.runtime.typing import Self

if TYPE_CHECKING:
    from flytebind.remote._session import Session

__all__ = [
    "FlyteNodeExecution",
    "FlyteTaskExecution",
    "FlyteWorkflowExecution",
    "RemoteExecutionBase",
]

Load: TypeAlias = "Callable[[Session], Coroutine[Any, Any, object]]"
ShowProgress: TypeAlias = "bool | Callable[[FlyteWorkflowExecution], None] | None"
_E = TypeVar("_E", bound="FlyteWorkflowExecution")


class Remote(Protocol):
    """What an execution needs of the remote that it came from: either face of it."""

    can_load_later: bool
    """Whether executions may load what they lack when they are touched."""

    def generate_console_url(self, execution: FlyteWorkflowExecution, /) -> str:
        """Where people look at it."""
        ...

    def _bring(self, what: str, execution: RemoteExecutionBase, load: Load) -> None: ...

    @property
    def _links(self) -> Links: ...


class RemoteExecutionBase:
    """What executions of workflows, nodes and tasks have in common.

    They hash by their identifier and compare by what the server said of them. Copies and pickles
    keep all that has been loaded, and have no remote.
    """

    # Class attributes, because models are made without their constructor.
    _remote: Remote | None = None
    _data: GetDataResponse | None = None
    #: The phase in which ``_data`` was asked for.
    _data_phase: Phase | None = None
    #: Whether nothing can be added to ``_data``.
    _data_is_final: bool = False
    #: The object that the server looked for instead of answering, and did not find.
    _missing: str = ""
    #: Whether the message has all that there is: lists cut errors, and leave out inputs.
    _is_whole: bool = True
    _inputs: values.LiteralsResolver | None = None
    _outputs: values.LiteralsResolver | None = None
    _interface: TypedInterface | None = None
    _interface_is_known: bool = False
    #: Which of ``inputs`` and ``outputs`` exist, though the server answers with nothing.
    _hidden: frozenset[str] = frozenset()
    #: By URI, the literals that were fetched one by one.
    _offloaded: Mapping[str, Literal] = MappingProxyType({})
    #: By URI, why others could not be.
    _unreadable: Mapping[str, FlyteDataError] = MappingProxyType({})
    _type_hints: Mapping[str, type] | None = None

    _KIND: str = "execution"

    if TYPE_CHECKING:
        _pb: Any

    @property
    def phase(self) -> Phase:
        """Where it stands."""
        return cast("Phase", cast("Any", self).closure.phase)

    @property
    def is_done(self) -> bool:
        """Whether it has come to its end, good or bad."""
        return is_in(self.phase, DONE)

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
        if error is not None and not self._is_whole and self._remote is not None:
            self._touch(
                "the whole error", lambda session: operations.sync.bring_whole(session, self)
            )
            error = self._error
        return error

    @property
    def inputs(self) -> values.LiteralsResolver:
        """What went in. Loaded when touched, if ``sync`` has not brought it.

        Raises:
            FlyteAssertion: If it cannot be loaded here.
            FlyteDataError: If the server has it, but does not give it out.
            FlyteCallError: If loading fails.
        """
        if self._inputs is None:
            self._touch_side("inputs")
        return cast("values.LiteralsResolver", self._inputs)

    @property
    def outputs(self) -> values.LiteralsResolver:
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
        if not is_in(self.phase, SUCCESSFUL):
            raise FlyteAssertion(f"{self._label} has no outputs: it {self._ending}")
        if self._outputs is None:
            self._touch_side("outputs")
        return cast("values.LiteralsResolver", self._outputs)

    @property
    def interface(self) -> TypedInterface | None:
        """The types of what goes in and comes out; None where nothing declares any.

        Raises:
            FlyteAssertion: If it cannot be loaded here.
            FlyteCallError: If loading fails.
        """
        if not self._interface_is_known:
            self._touch(
                "the interface",
                lambda session: operations.interfaces.bring_interface(session, self),
            )
        return self._interface

    @property
    def _label(self) -> str:
        return f"{self._KIND} {label(cast('Any', self).id)}"

    @property
    def _error(self) -> ExecutionError | None:
        return cast("ExecutionError | None", cast("Any", self).closure.error)

    @property
    def _ending(self) -> str:
        """How it ended, in one line: ``failed: ValueError: ...``."""
        return ": ".join(filter(None, (_verb(self.phase), in_brief(self._error, 400))))

    @property
    def _names_outputs(self) -> bool:
        """Whether the server says that something came out."""
        closure = cast("Any", self).closure
        return bool(closure.output_uri) or _has_some(closure.output_data)

    def _adopt(self, message: Any, whole: bool) -> None:
        """Take a newer message."""
        self._pb = message
        self._is_whole = whole

    def _touch(self, what: str, load: Load) -> None:
        """Load something that was not brought."""
        if self._remote is None:
            raise FlyteAssertion(
                f"{what} of {self._label} is not here, and there is no remote to load it from"
            )
        self._remote._bring(what, self, load)

    def _touch_side(self, side: str) -> None:
        if not operations.data.resolve_from_memory(self, side):
            self._touch(side, lambda session: operations.data.bring_side(session, self, side))

    def _variables(self, side: str) -> Mapping[str, Variable] | None:
        """The declared types of one side."""
        interface = self.interface
        if interface is None:
            return None
        return interface.inputs if side == "inputs" else interface.outputs

    def _state(self) -> dict[str, Any]:
        """What copies take along, beside the message."""
        state = {name: value for name, value in vars(self).items() if name not in _NOT_COPIED}
        for side in _RESOLVERS & state.keys():
            # The copy makes a resolver of its own, which knows the copy's interface.
            resolver: values.LiteralsResolver | None = state.pop(side)
            if resolver is not None:
                state[f"{side}_literals"] = LiteralMap(resolver.literals)
        return state

    def __copy__(self) -> Self:
        twin = cast("Self", cast("Any", self)._wrap(cast("Any", self).to_pb()))
        twin.__setstate__(self._state())
        return twin

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        from copy import deepcopy

        twin = cast("Self", cast("Any", self)._wrap(cast("Any", self).to_pb()))
        memo[id(self)] = twin
        twin.__setstate__(deepcopy(self._state(), memo))
        return twin

    def __reduce__(self) -> tuple[object, ...]:
        make = cast("Any", type(self)).from_bytes
        return make, (self._pb.SerializePartialToString(),), self._state()

    def __setstate__(self, state: dict[str, Any]) -> None:
        literals = {side: state.pop(f"{side}_literals", None) for side in _RESOLVERS}
        vars(self).update(state)
        for side, kept in literals.items():
            if kept is not None:
                operations.data.keep(self, side.removeprefix("_"), kept)

    def __eq__(self, other: object) -> bool:
        # A plain model hashes otherwise, so it cannot be equal.
        return isinstance(other, RemoteExecutionBase) and bool(self._pb == other._pb)

    def __hash__(self) -> int:
        return hash(cast("Any", self).id)


def _has_some(literals: LiteralMap | None) -> bool:
    return literals is not None and bool(literals.literals)


_NOT_COPIED = frozenset({"_pb", "_remote"})
_RESOLVERS = frozenset({"_inputs", "_outputs"})

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

    _KIND = "task execution"
    _task: FlyteTask | None = None

    @classmethod
    def promote_from_model(cls, base_model: TaskExecution, remote: Remote | None = None) -> Self:
        """The same execution with behaviour; it shares the message."""
        promoted = cls._wrap(base_model._pb)
        promoted._remote = remote
        return promoted

    @property
    def task(self) -> FlyteTask:
        """The task that is run. Loaded when touched.

        Raises:
            FlyteAssertion: If it cannot be loaded here.
            FlyteCallError: If loading fails.
        """
        if self._task is None:
            self._touch(
                "the task", lambda session: operations.interfaces.bring_interface(session, self)
            )
        return cast("FlyteTask", self._task)


class FlyteNodeExecution(RemoteExecutionBase, NodeExecution):
    """The execution of one node of a workflow."""

    _KIND = "node execution"
    #: The execution whose node this is.
    _container: FlyteWorkflowExecution | FlyteNodeExecution | None = None
    _task_executions: list[FlyteTaskExecution] | None = None
    _tasks_are_final: bool = False
    _workflow_executions: list[FlyteWorkflowExecution] | None = None
    _children: dict[str, FlyteNodeExecution] | None = None
    _children_are_final: bool = False
    #: What the compiled workflow says that it is, where sync had to look: ``branch``, ``task`` or
    #: ``other``.
    _role: str | None = None
    #: Whether a sync has nothing more to ask, here or below.
    _is_settled: bool = False
    _problem: FlyteError | None = None
    _dynamic_workflow: FlyteWorkflow | None = None

    @classmethod
    def promote_from_model(cls, base_model: NodeExecution, remote: Remote | None = None) -> Self:
        """The same execution with behaviour; it shares the message."""
        promoted = cls._wrap(base_model._pb)
        promoted._remote = remote
        return promoted

    @property
    def problem(self) -> FlyteError | None:
        """What kept the last ``sync`` from bringing all of this node; None when nothing did."""
        return self._problem

    @property
    def is_boundary(self) -> bool:
        """Whether it is the start or the end of a workflow, which run nothing."""
        return is_boundary(self)

    @property
    def _spec_id(self) -> str:
        """Its id in the compiled workflow."""
        return spec_id(self)

    @property
    def task_executions(self) -> list[FlyteTaskExecution]:
        """The attempts at the node's task, in order. Loaded when touched.

        Raises:
            FlyteAssertion: If they cannot be loaded here.
            FlyteCallError: If loading fails.
        """
        if self._task_executions is None:
            if self.is_boundary:
                return []
            self._touch(
                "the task executions", lambda session: operations.sync.bring_tasks(session, self)
            )
        return list(self._task_executions or ())

    @property
    def workflow_executions(self) -> list[FlyteWorkflowExecution]:
        """The executions that the node has launched; empty until nodes are synced."""
        return list(self._workflow_executions or ())

    @property
    def subworkflow_node_executions(self) -> dict[str, FlyteNodeExecution]:
        """The nodes below this one: of a subworkflow, a dynamic workflow or a branch, by id."""
        return dict(self._children or {})

    @property
    def error(self) -> ExecutionError | None:
        """Why it failed; None if it did not. Where only an attempt tells why, that is it.

        Raises:
            FlyteAssertion: If it is not done, or the error cannot be loaded here.
            FlyteCallError: If loading fails.
        """
        if self._lacks_error and self._task_executions is None and self._remote is not None:
            self._touch("the error", lambda session: operations.sync.bring_tasks(session, self))
        return super().error

    @property
    def _error(self) -> ExecutionError | None:
        return error_of(self, self._task_executions or ())

    @property
    def _lacks_error(self) -> bool:
        """Whether it failed and does not say why, as nodes with a deck, and eager ones."""
        return lacks_error(self)

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
        spec, place, task = operations.interfaces.known_content(self)
        return NodeSnapshot(
            NodeExecution._wrap(self._pb),
            tuple(TaskExecution._wrap(each._pb) for each in self._task_executions or ()),
            tuple(child.snapshot() for child in (self._children or {}).values()),
            tuple(each.snapshot() for each in self._workflow_executions or ()),
            spec,
            place,
            task,
            "" if self._problem is None else str(self._problem),
        )

    @property
    def executions(
        self,
    ) -> list[FlyteTaskExecution] | list[FlyteWorkflowExecution] | list[FlyteNodeExecution]:
        """What runs for this node: attempts, or else launched executions, or else nodes."""
        if self._workflow_executions and not self._task_executions:
            return self.workflow_executions
        if self._children and not self._task_executions:
            return list(self._children.values())
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

    _nodes: dict[str, FlyteNodeExecution] | None = None
    _nodes_are_final: bool = False
    _workflow: FlyteWorkflow | None = None

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
        self._type_hints = type_hints
        self._remote = remote

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
        promoted._type_hints = type_hints
        return promoted

    @property
    def is_successful(self) -> bool:
        """Whether it is done, and well."""
        return self.closure.phase is WorkflowExecution.Phase.SUCCEEDED

    @property
    def _names_outputs(self) -> bool:
        outputs = self.closure.outputs
        offloaded = outputs is not None and (bool(outputs.uri) or _has_some(outputs.values))
        return offloaded or _has_some(self.closure.output_data)

    @property
    def _ending(self) -> str:
        ending = super()._ending
        abortion = self.closure.abort_metadata
        if abortion is None or self.closure.phase is not WorkflowExecution.Phase.ABORTED:
            return ending
        by = f" by {abortion.principal}" if abortion.principal else ""
        return f"{ending}{by}: {abortion.cause}" if abortion.cause else f"{ending}{by}"

    @property
    def node_executions(self) -> dict[str, FlyteNodeExecution]:
        """The executions of the workflow's nodes by node id; empty until nodes are synced."""
        return dict(self._nodes or {})

    @property
    def flyte_workflow(self) -> FlyteWorkflow:
        """The workflow that is run. Loaded when touched.

        Raises:
            FlyteAssertion: If it cannot be loaded here.
            FlyteCallError: If loading fails.
        """
        if self._workflow is None:
            self._touch(
                "the workflow", lambda session: operations.interfaces.bring_interface(session, self)
            )
        return cast("FlyteWorkflow", self._workflow)

    @property
    def execution_url(self) -> str | None:
        """Where people look at it; None without a remote, or where the remote does not know."""
        try:
            return None if self._remote is None else self._remote.generate_console_url(self)
        except FlyteAssertion:  # It was made of a channel, which does not tell.
            return None

    def sync(self, sync_nodes: bool = False, *, data: bool = True) -> Self:
        """Bring this object up to date.

        What is known to be final is not asked for again.

        Args:
            sync_nodes: Whether to bring its nodes, too, and what runs for them at any depth.
            data: Whether to bring inputs, outputs and attempts along, which are several calls for
                each node. Without them come states alone, and the rest when it is touched.

        Returns:
            This object.

        Raises:
            FlyteAssertion: If it has no remote, or one for asyncio: ``await remote.sync(...)``.
            FlyteCallError: If the server cannot be asked. What is wrong with a single node is
                found in the node's ``problem`` instead.
        """
        return self._verbs("sync").sync(self, sync_nodes, data=data)

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
        return self._verbs("wait").wait(self, timeout, poll_interval, sync_nodes, progress=progress)

    def snapshot(self) -> ExecutionSnapshot:
        """What has been loaded of it, as plain values; makes no call."""
        return ExecutionSnapshot(
            Execution._wrap(self._pb),
            tuple(node.snapshot() for node in (self._nodes or {}).values()),
            self._nodes_are_final,
            self.execution_url or "",
        )

    def tree(self) -> Tree:
        """What has been synced of this execution, for people to read: ``print(execution.tree())``.

        Makes no call. It prints as text, looks better with rich, and in notebooks.
        """
        return tree(self.snapshot())

    def first_failure(self) -> FlyteNodeExecution | None:
        """The innermost node that failed first, among those that have been synced; makes no call.

        None where none of them has failed, and for a success: what failed on the way to it was
        put up with.
        """
        found = first_failure(self.snapshot())
        if found is None:
            return None
        return next(node for node in operations.sync.walk(self) if node.id == found.model.id)

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
        if not is_in(self.phase, SUCCESSFUL):
            raise FlyteExecutionError(f"{self._label} is {self.phase.name}: {self._reason}")

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

    def _verbs(self, verb: str) -> _Verbs:
        from flytebind.remote._remote import FlyteRemote

        if isinstance(self._remote, FlyteRemote):
            return cast("_Verbs", self._remote)
        if self._remote is None:
            raise FlyteAssertion(f"cannot {verb} {self._label}: it has no remote")
        raise FlyteAssertion(
            f"{self._label} belongs to an AsyncFlyteRemote: await remote.{verb}(execution)"
        )


class _Verbs(Protocol):
    """``FlyteRemote``, as far as executions call it; typed so that ``Self`` comes back."""

    def sync(self, execution: _E, sync_nodes: bool, /, *, data: bool) -> _E: ...
    def wait(
        self,
        execution: _E,
        timeout: timedelta | float | None,
        poll_interval: timedelta | float | None,
        sync_nodes: bool,
        /,
        *,
        progress: ShowProgress,
    ) -> _E: ...
