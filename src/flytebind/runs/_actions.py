"""Runs and their actions: they hold what the server said last, and hand out what it means.

``sync`` brings the object itself up to date. What comes by calls of its own (details that a list
leaves out, inputs and outputs, the actions of a run) is kept beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, Literal as OneOf, Protocol, TypeAlias, TypeVar

from flytebind import looks
from flytebind.looks import Row, Tree
from flytebind.looks._errors import in_brief, in_full
from flytebind.looks._words import readable
from flytebind.models.core.interface import TypedInterface, Variable
from flytebind.models.core.literals import LiteralMap
from flytebind.remote.errors import FlyteAssertion, FlyteDataError, FlyteExecutionError
from flytebind.runs import _translate as translate
from flytebind.runs._names import ROOT, label
from flytebind.runs._rows import row_of, row_of_run
from flytebind.runtime.homes import public_in
from flytebind.runtime.screens import harmless
from flytebind.runtime.typing import Self
from flytebind.v2.models.common.identifier import ActionIdentifier, RunIdentifier
from flytebind.v2.models.common.phase import ActionPhase
from flytebind.v2.models.task.run import RunSpec
from flytebind.v2.models.task.task_definition import TaskIdentifier
from flytebind.v2.models.workflow.run_definition import (
    Action,
    ActionAttempt,
    ActionDetails,
    ActionMetadata,
    ActionStatus,
    ErrorInfo,
    Run,
    RunDetails,
)
from flytebind.values import LiteralsResolver

Side: TypeAlias = OneOf["inputs", "outputs"]
Kind: TypeAlias = OneOf["task", "trace", "condition"]

_A = TypeVar("_A", bound="FlyteAction")
ShowProgress: TypeAlias = bool | Callable[[_A], None] | None

_SUCCESSFUL: Final = frozenset({"SUCCEEDED", "RECOVERED"})
_DONE: Final = _SUCCESSFUL | {"FAILED", "ABORTED", "TIMED_OUT"}

_VERBS: Final = {"FAILED": "failed", "ABORTED": "was aborted", "TIMED_OUT": "timed out"}

#: What a condition has been given goes by the name that outputs have.
SIGNALLED: Final = "o0"


class Bringer(Protocol):
    """Brings what an action lacks; who calls waits until it is there."""

    def bring_details(self, action: FlyteAction, /) -> None:
        """Bring what a list has left out."""
        ...

    def bring_data(self, action: FlyteAction, /) -> None:
        """Bring inputs and outputs."""
        ...

    def sync(
        self, action: FlyteAction, /, *, actions: bool, timeout: timedelta | float | None
    ) -> None:
        """Bring it up to date."""
        ...

    def wait(
        self,
        action: _A,
        timeout: timedelta | float | None,
        actions: bool,
        progress: ShowProgress[_A],
        /,
    ) -> None:
        """Wait until it is done, then bring all of it."""
        ...

    def abort(self, action: FlyteAction, reason: str, timeout: timedelta | float | None, /) -> None:
        """End it."""
        ...


class Remote(Protocol):
    """What a run needs of the remote that it came from: either face of it."""

    _bringer: Bringer | None
    """What runs load with; None where nobody can wait for it: on asyncio."""

    def console_url(self, run: FlyteRun | FlyteAction | RunIdentifier, /) -> str:
        """Where people look at it."""
        ...


@dataclass(slots=True)
class Loaded:
    """What has been loaded of an action. What is replaced is replaced whole."""

    details: ActionDetails
    is_whole: bool
    """Whether details are all that there are: lists leave most of them out."""
    inputs: LiteralMap | None = None
    outputs: LiteralMap | None = None
    """None until they have been asked for after the end."""


class FlyteAction:
    """One step of a run: a task, a trace of a call, or a condition that waits for a signal.

    Compares and hashes by its identifier. Copies and pickles keep what has been loaded, and have no
    remote.

    Args:
        details: What the server says of it.
        remote: What it is synced with.
    """

    def __init__(self, details: ActionDetails | Action, remote: Remote | None = None) -> None:
        is_whole = isinstance(details, ActionDetails)
        self.loaded: Loaded = Loaded(_details(details), is_whole)
        """What has been loaded. Remotes write it; everybody else only reads."""
        self._remote = remote
        self._resolvers: dict[Side, tuple[LiteralMap, LiteralsResolver]] = {}

    @property
    def id(self) -> ActionIdentifier:
        """Which run and action it is."""
        return self._now.id

    @property
    def run_id(self) -> RunIdentifier:
        """The run that it is part of."""
        return self.id.run

    @property
    def name(self) -> str:
        """Its name, which the run gives it: ``a0`` for the one that a run begins with."""
        return self.id.name

    @property
    def details(self) -> ActionDetails:
        """All that the server says of it. Loaded when touched, if a list has left it out.

        Raises:
            FlyteAssertion: If it cannot be loaded here.
            FlyteCallError: If loading fails.
        """
        if not self.loaded.is_whole:
            self._bringer("the details").bring_details(self)
        return self._now

    @property
    def kind(self) -> Kind:
        """What it is."""
        metadata = self._metadata
        if metadata.condition is not None or self._now.condition is not None:
            return "condition"
        if metadata.trace is not None or self._now.trace is not None:
            return "trace"
        return "task"

    @property
    def title(self) -> str:
        """What people call it: the name of its function or condition; empty while unknown.

        Lists leave it out, unless they are a remote's ``list_actions``.
        """
        metadata = self._metadata
        named = metadata.trace or metadata.condition
        return self._function or ("" if named is None else named.name)

    @property
    def trigger(self) -> str:
        """The name of the trigger that has started it; empty if none has."""
        return self._metadata.trigger_name

    @property
    def task_id(self) -> TaskIdentifier | None:
        """The task that it runs; None for others, and while unknown."""
        task = self._metadata.task
        return None if task is None else task.id

    @property
    def parent(self) -> str | None:
        """The name of the action that it was started by; None for the first of a run."""
        return self._metadata.parent or None

    @property
    def group(self) -> str:
        """The group that its parent put it in; empty for none."""
        return self._metadata.group

    @property
    def phase(self) -> ActionPhase:
        """Where it stands."""
        return self._status.phase

    @property
    def is_done(self) -> bool:
        """Whether it has come to its end, good or bad."""
        return self.phase.name in _DONE

    @property
    def is_successful(self) -> bool:
        """Whether it is done, and well."""
        return self.phase.name in _SUCCESSFUL

    @property
    def started_at(self) -> datetime | None:
        """When it was created, to the second; None while unknown."""
        return self._status.start_time

    @property
    def ended_at(self) -> datetime | None:
        """When it came to its end; None until then."""
        return self._status.end_time

    @property
    def duration(self) -> timedelta | None:
        """How long it took, with the time that it waited; None until it is done."""
        status = self._status
        if status.start_time is not None and status.end_time is not None:
            return status.end_time - status.start_time
        return None

    @property
    def attempts(self) -> Sequence[ActionAttempt]:
        """The attempts at its task in order, with phases, errors and events. Loaded when touched.

        Raises:
            FlyteAssertion: If they cannot be loaded here.
            FlyteCallError: If loading fails.
        """
        return self.details.attempts

    @property
    def error(self) -> ErrorInfo | None:
        """Why it failed; None if it did not. Loaded when touched.

        Raises:
            FlyteAssertion: If it is not done, or the error cannot be loaded here.
            FlyteCallError: If loading fails.
        """
        self._must_be_done("its error")
        return self.details.error_info

    @property
    def abort_reason(self) -> str | None:
        """What was said when it was aborted; None if it was not. Loaded when touched.

        Raises:
            FlyteAssertion: If it is not done, or this cannot be loaded here.
            FlyteCallError: If loading fails.
        """
        self._must_be_done("why it was aborted")
        found = self.details.abort_info
        return None if found is None else found.reason

    @property
    def interface(self) -> TypedInterface:
        """The types of what goes in and comes out. Loaded when touched.

        Raises:
            FlyteAssertion: If it cannot be loaded here.
            FlyteCallError: If loading fails.
        """
        details = self.details
        if details.condition is not None:
            declared = details.condition.type
            if declared is None:
                return TypedInterface({}, {})
            return TypedInterface({}, {SIGNALLED: translate.variable_of(declared)})
        if details.trace is not None:
            return translate.interface_of(details.trace.interface)
        template = None if details.task is None else details.task.task_template
        return translate.interface_of(None if template is None else template.interface)

    @property
    def inputs(self) -> LiteralsResolver:
        """What went in, by name. Loaded when touched.

        Raises:
            FlyteAssertion: If it cannot be loaded here.
            FlyteDataError: If it is more than the server gives out.
            FlyteCallError: If loading fails.
        """
        return self._side("inputs")

    @property
    def outputs(self) -> LiteralsResolver:
        """What came out, by name: ``o0`` and so on. Of a condition, ``o0`` is what it was given.

        Raises:
            FlyteAssertion: If it is in progress, or did not succeed, or its outputs cannot be
                loaded here.
            FlyteDataError: If they are more than the server gives out.
            FlyteCallError: If loading fails.
        """
        self._must_be_done("its outputs")
        if not self.is_successful:
            raise FlyteAssertion(f"{self._label} has no outputs: it {self._ending}")
        return self._side("outputs")

    @property
    def url(self) -> str | None:
        """Where people look at its run; None without a remote, or where that does not know."""
        try:
            return None if self._remote is None else self._remote.console_url(self)
        except FlyteAssertion:  # It was made of a channel, which does not tell.
            return None

    def snapshot(self) -> Row:
        """What has been loaded of it, as a row; makes no call."""
        return row_of(self)

    def tree(self) -> Tree:
        """What has been synced of it, for people to read: ``print(run.tree())``. Makes no call.

        It prints as text, looks better with rich, and in notebooks.
        """
        return Tree(self.snapshot())

    def timeline(self) -> looks.Timeline:
        """What it, and all that has been synced of it, spent its time on. Makes no call.

        It prints as text, looks better with rich, and in notebooks; ``timeline().svg()`` and
        ``.html()`` are files.
        """
        return looks.Timeline(self.snapshot())

    def card(self) -> looks.Card:
        """All that has been loaded of it, in one place; makes no call.

        It is what a notebook shows; ``card().html()`` is a page of its own.
        """
        inputs, outputs = self.loaded.inputs, self.loaded.outputs
        return looks.card(
            self.snapshot(),
            None if inputs is None else inputs.literals,
            None if outputs is None else outputs.literals,
        )

    def _repr_html_(self) -> str:
        return self.card()._repr_html_()

    def sync(self, *, timeout: timedelta | float | None = None) -> Self:
        """Bring this object up to date.

        Args:
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Returns:
            This object.

        Raises:
            FlyteTimeout: If it takes longer.
            FlyteAssertion: If it has no remote, or one for asyncio: ``await remote.sync(...)``.
            FlyteCallError: If the server cannot be asked.
        """
        self._verbs("sync").sync(self, actions=False, timeout=timeout)
        return self

    def wait(
        self, timeout: timedelta | float | None = None, *, progress: ShowProgress[Self] = None
    ) -> Self:
        """Wait until it is done.

        Args:
            timeout: How long at most, in seconds or as a timedelta; None waits for ever.
            progress: Whether to show how far it is; see ``Flyte2Remote.wait``.

        Returns:
            This object.

        Raises:
            FlyteTimeout: If it is not done in time.
            FlyteAssertion: If it has no remote, or one for asyncio: ``await remote.wait(...)``.
            FlyteCallError: If the server cannot be asked.
        """
        self._verbs("wait").wait(self, timeout, False, progress)
        return self

    def abort(self, reason: str, *, timeout: timedelta | float | None = None) -> Self:
        """End it; what started it fails then.

        Args:
            reason: Why, for people to read.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Returns:
            This object.

        Raises:
            FlyteTimeout: If it takes longer.
            FlyteAssertion: If it is done: the server would turn even a success into an abortion.
                Or if it has no remote, or one for asyncio: ``await remote.abort(...)``.
            FlyteCallError: If the server cannot be asked.
        """
        self._verbs("abort").abort(self, reason, timeout)
        return self

    def raise_for_status(self) -> None:
        """Do nothing if it has succeeded, and say what went wrong otherwise.

        Raises:
            FlyteExecutionError: If it ended in another way.
            FlyteAssertion: If it is not done, or the error cannot be loaded here.
            FlyteCallError: If loading fails.
        """
        self._must_be_done("how it ends")
        if not self.is_successful:
            error = self.error
            known = None if error is None else translate.execution_error(error)
            why = self._ending if known is None else f"{self._verb}: {in_full(known)}"
            said = f"{self._label} is {self.phase.name}: it {why}"
            raise FlyteExecutionError(said, None, known)

    @property
    def _now(self) -> ActionDetails:
        return self.loaded.details

    @property
    def _metadata(self) -> ActionMetadata:
        return self._now.metadata

    @property
    def _status(self) -> ActionStatus:
        return self._now.status

    @property
    def _function(self) -> str:
        return self._metadata.function_name

    @property
    def _label(self) -> str:
        return f"action {label(self.id)}"

    @property
    def _verb(self) -> str:
        phase = self.phase.name
        return _VERBS.get(phase, f"is {phase}")

    @property
    def _ending(self) -> str:
        """How it ended, in one line, as far as that is here: ``failed: no 4``."""
        error, aborted = self._now.error_info, self._now.abort_info
        said = "" if error is None else in_brief(translate.execution_error(error), 400)
        if not said and aborted is not None:
            said = aborted.reason
        return ": ".join(filter(None, (self._verb, said)))

    def _must_be_done(self, what: str) -> None:
        if not self.is_done:
            phase = self.phase.name
            raise FlyteAssertion(
                f"{self._label} is {phase}; wait until it is done to ask for {what}"
            )

    def _bringer(self, what: str) -> Bringer:
        """What loads something that was not brought."""
        if self._remote is None:
            raise FlyteAssertion(
                f"{what} of {self._label} is not here, and there is no remote to load it from"
            )
        if self._remote._bringer is None:
            raise FlyteAssertion(
                f"{what} of {self._label} is not here: await remote.load(...) with it first"
            )
        return self._remote._bringer

    def _verbs(self, verb: str) -> Bringer:
        if self._remote is None:
            raise FlyteAssertion(f"cannot {verb} {self._label}: it has no remote")
        if self._remote._bringer is None:
            raise FlyteAssertion(
                f"{self._label} belongs to an AsyncFlyte2Remote: await remote.{verb}(...) with it"
            )
        return self._remote._bringer

    def _side(self, side: Side) -> LiteralsResolver:
        literals: LiteralMap | None = getattr(self.loaded, side)
        if literals is None:
            self._bringer(f"what {_WENT[side]}").bring_data(self)
            literals = getattr(self.loaded, side)
            assert literals is not None  # or an error said why not
        made_of, resolver = self._resolvers.get(side, (None, None))
        if resolver is None or made_of is not literals:
            resolver = LiteralsResolver(literals, lambda: self._variables(side), label=side)
            self._resolvers[side] = literals, resolver
        return resolver

    def _variables(self, side: Side) -> Mapping[str, Variable]:
        interface = self.interface
        return interface.inputs if side == "inputs" else interface.outputs

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FlyteAction) and (type(self), self.id) == (type(other), other.id)

    def __hash__(self) -> int:
        return hash(self.id)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_remote": None, "_resolvers": {}}

    def __repr__(self) -> str:
        parts = (label(self.id), self.phase.name, harmless(self.title))
        return f"<{type(self).__name__} {' '.join(filter(None, parts))}>"


_WENT: Final = {"inputs": "went in", "outputs": "came out"}


class FlyteRun(FlyteAction):
    """A run: the action that it begins with, and all that this one has started.

    Args:
        run: What the server says of it.
        remote: What it is synced with.
    """

    def __init__(self, run: RunDetails | Run, remote: Remote | None = None) -> None:
        action = run.action
        if action is None:
            raise FlyteDataError("a run without an action says nothing")
        super().__init__(action, remote)
        self._adopt(run)
        self._actions: dict[str, FlyteAction] = {}

    @property
    def name(self) -> str:
        """The name of the run."""
        return self.run_id.name

    @property
    def spec(self) -> RunSpec | None:
        """How it was to run: environment, labels and so on; None where a list left it out."""
        return self._spec

    @property
    def labels(self) -> Mapping[str, str]:
        """What it can be told by."""
        return MappingProxyType(self._labels)

    @property
    def actions(self) -> Mapping[str, FlyteAction]:
        """All of its actions by name, in the order that they began in; empty until they are synced.

        The first is the one that the run begins with.
        """
        return MappingProxyType(self._actions)

    def sync(self, actions: bool = False, *, timeout: timedelta | float | None = None) -> Self:
        """Bring this object up to date.

        Args:
            actions: Whether to bring its actions, too.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Returns:
            This object.

        Raises:
            FlyteTimeout: If it takes longer; what was brought until then stays.
            FlyteAssertion: If it has no remote, or one for asyncio: ``await remote.sync(...)``.
            FlyteCallError: If the server cannot be asked.
        """
        self._verbs("sync").sync(self, actions=actions, timeout=timeout)
        return self

    def wait(
        self,
        timeout: timedelta | float | None = None,
        *,
        actions: bool = True,
        progress: ShowProgress[Self] = None,
    ) -> Self:
        """Wait until the run is done.

        Args:
            timeout: How long at most, in seconds or as a timedelta; None waits for ever.
            actions: Whether to bring all of its actions at the end.
            progress: Whether to show how far it is; see ``Flyte2Remote.wait``.

        Returns:
            This object.

        Raises:
            FlyteTimeout: If it is not done, and all of it here, in time.
            FlyteAssertion: If it has no remote, or one for asyncio: ``await remote.wait(...)``.
            FlyteCallError: If the server cannot be asked.
        """
        self._verbs("wait").wait(self, timeout, actions, progress)
        return self

    def snapshot(self) -> Row:
        """What has been loaded of it, as rows; makes no call."""
        return row_of_run(self, self._actions.values())

    def first_failure(self) -> FlyteAction | None:
        """The action that failed first, among those that have been synced; makes no call.

        None where none of them has failed, and for a success: what failed on the way was put up
        with.
        """
        if self.is_successful:
            return None
        failed = [
            each for each in self._actions.values() if each.is_done and not each.is_successful
        ]
        inner = [each for each in failed if each.name != ROOT] or failed

        def order(each: FlyteAction) -> tuple[bool, bool, float]:
            # What is aborted is so because something else has failed.
            end = readable(each._status, "end_time")
            return each.phase.name == "ABORTED", end is None, end.timestamp() if end else 0.0

        return min(inner, key=order, default=None)

    @property
    def _label(self) -> str:
        return f"run {label(self.run_id)}"

    def _adopt(self, run: RunDetails | Run) -> None:
        """Take what the server says now."""
        if isinstance(run, Run):
            self._spec, self._labels = None, dict(run.labels)
            return
        self._spec = run.run_spec
        said = None if run.run_spec is None else run.run_spec.labels
        self._labels = {} if said is None else dict(said.values)

    def __repr__(self) -> str:
        parts = (label(self.run_id), self.phase.name, harmless(self.title))
        return f"<{type(self).__name__} {' '.join(filter(None, parts))}>"


for _class in (FlyteAction, FlyteRun):
    public_in("flytebind.runs")(_class)


def _details(action: ActionDetails | Action) -> ActionDetails:
    """What a list says of an action is the beginning of its details."""
    return action if isinstance(action, ActionDetails) else translate.same(ActionDetails, action)


# For those who load.


def adopt(action: FlyteAction, newer: ActionDetails | Action | RunDetails | Run) -> None:
    """Have an action, or a run, take what the server says now.

    What has been seen at its end does not go on again: an answer that says so is late.
    """
    if isinstance(newer, (RunDetails, Run)):
        assert isinstance(action, FlyteRun)
        action._adopt(newer)
        if newer.action is None:
            return
        newer = newer.action
    is_over = newer.status.phase.name in _DONE
    if is_over or not action.is_done:
        action.loaded.details = _details(newer)
        action.loaded.is_whole = isinstance(newer, ActionDetails)
