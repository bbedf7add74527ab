"""What is known of the inputs and outputs of an execution, and what it means; makes no call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal as OneOf, TypeAlias

from flytebind.behaviour.data import GetDataResponse
from flytebind.looks._labels import title
from flytebind.looks._phases import DONE, NOT_STARTED, SUCCESSFUL, Phase
from flytebind.models.admin.common import UrlBlob
from flytebind.models.admin.execution import Execution
from flytebind.models.admin.node_execution import NodeExecution
from flytebind.models.admin.task_execution import TaskExecution
from flytebind.models.core.interface import TypedInterface, Variable
from flytebind.models.core.literals import Literal, LiteralMap
from flytebind.remote.errors import FlyteDataError

AnyExecution: TypeAlias = Execution | NodeExecution | TaskExecution
Side: TypeAlias = OneOf["inputs", "outputs"]
SIDES: Final[tuple[Side, Side]] = ("inputs", "outputs")


@dataclass(slots=True)
class Data:
    """What is known of inputs and outputs."""

    answer: GetDataResponse | None = None
    """What the server has said last."""
    phase: Phase | None = None
    """The phase in which it was asked."""
    missing: str = ""
    """The object that the server looked for instead of answering, and did not find."""
    interface: TypedInterface | None = None
    """The types of both sides; None where nothing declares any."""
    interface_is_known: bool = False
    hidden: frozenset[Side] = frozenset()
    """Which sides exist, though the server answers with nothing."""
    literals: Mapping[Side, LiteralMap] | None = None
    """The sides that are here, wherever they were."""
    offloaded: Mapping[str, Literal | FlyteDataError] | None = None
    """By URI, the literals that were fetched one by one, or why they could not be."""

    @property
    def is_final(self) -> bool:
        """Whether nothing can be added to the answer."""
        return self.phase is not None and self.phase.name in DONE

    def keep(self, side: Side, literals: LiteralMap) -> LiteralMap:
        """Have one side."""
        self.literals = {**(self.literals or {}), side: literals}
        return literals

    def kept(self, side: Side) -> LiteralMap | None:
        """One side, if it is here."""
        return None if self.literals is None else self.literals.get(side)

    def keep_offloaded(self, found: Mapping[str, Literal | FlyteDataError]) -> None:
        """Have literals that were too large to travel; an error is no reason to lose one."""
        known = self.offloaded or {}
        literals = {uri: each for uri, each in known.items() if isinstance(each, Literal)}
        self.offloaded = {**known, **found, **literals}

    def variables(self, side: Side) -> Mapping[str, Variable] | None:
        """The declared types of one side; None where none are, or nobody has asked."""
        if self.interface is None:
            return None
        return self.interface.inputs if side == "inputs" else self.interface.outputs


def is_wanting(execution: AnyExecution, data: Data) -> bool:
    """Whether the server may have data that are not here."""
    if data.is_final:
        return False
    if data.answer is None or execution.closure.phase.name in DONE:
        return True
    return _is_empty(data.answer, "inputs")


def in_memory(execution: AnyExecution, data: Data, side: Side) -> LiteralMap | None:
    """One side, if no call has to be made for it.

    Raises:
        FlyteDataError: If it is known that the server does not give it out.
    """
    kept = data.kept(side)
    if kept is not None:
        return kept
    has_inputs = side == "inputs" and data.answer is not None and not _is_empty(data.answer, side)
    if data.phase is not execution.closure.phase and not has_inputs:
        return None  # nobody has asked since; but what goes in stays the same
    if is_doubtful(execution, data, side) and not data.interface_is_known:
        return None
    return resolved(execution, data, side)


def resolved(execution: AnyExecution, data: Data, side: Side) -> LiteralMap | None:
    """One side of the answer that is here; None if it is only a link.

    Raises:
        FlyteDataError: If it is known that the server does not give it out.
    """
    if side in data.hidden:
        raise hidden_error(execution, data, side)
    if data.variables(side) and has_own_file(execution, data, side):
        return None
    answer = data.answer
    if answer is None:
        return data.keep(side, LiteralMap({}))  # there are none yet
    literals = _full(answer, side)
    if not literals.literals and link_of(execution, data, side).bytes:
        return None
    return data.keep(side, literals)


def is_doubtful(execution: AnyExecution, data: Data, side: Side) -> bool:
    """Whether something may be behind an answer that holds nothing."""
    if not _must_exist(execution, side):
        return False
    if data.answer is None:
        return bool(data.missing)
    # A link of no bytes is how a server says that there is nothing; but who gives outputs, writes
    # all that are declared.
    if side == "inputs":
        return _is_empty(data.answer, side)
    return not (data.answer.full_outputs.literals or data.answer.outputs.bytes)


def has_own_file(execution: AnyExecution, data: Data, side: Side) -> bool:
    """Whether a side can be read where it is kept, though the other one is gone."""
    # Where one of them is gone, a server gives out neither.
    return bool(data.missing) and uri_of(execution, side) not in ("", data.missing)


def link_of(execution: AnyExecution, data: Data, side: Side) -> UrlBlob:
    """Where one side can be read."""
    if has_own_file(execution, data, side):
        return UrlBlob(uri_of(execution, side), 0)
    if data.answer is None:
        return UrlBlob("", 0)
    return data.answer.inputs if side == "inputs" else data.answer.outputs


def hidden_error(execution: AnyExecution, data: Data, side: Side) -> FlyteDataError:
    """Why the server does not give out one side."""
    what, missing = f"{side} of {title(execution)}", data.missing
    if missing and missing == uri_of(execution, side):
        return FlyteDataError(f"the {what} are gone: there is no {missing} any more")
    if missing:
        return FlyteDataError(f"the server does not give out the {what}: there is no {missing}")
    if link_of(execution, data, side).url:
        return FlyteDataError(
            f"the {what} are damaged: there should be some, and the file is empty"
        )
    return FlyteDataError(
        f"the server answers without the {what}, though there are some: they are gone, or larger"
        " than it reads (storage.limits.maxDownloadMBs) while its signed URLs are off"
    )


def _full(answer: GetDataResponse, side: Side) -> LiteralMap:
    return answer.full_inputs if side == "inputs" else answer.full_outputs


def _is_empty(answer: GetDataResponse, side: Side) -> bool:
    """Whether an answer tells nothing of one side, not even where it is."""
    blob = answer.inputs if side == "inputs" else answer.outputs
    return not _full(answer, side).literals and not blob.url


def uri_of(execution: AnyExecution, side: Side) -> str:
    """Where the server says that it keeps one side; empty if it does not say."""
    if isinstance(execution, Execution):
        outputs = execution.closure.outputs
        return outputs.uri or "" if side == "outputs" and outputs is not None else ""
    return execution.input_uri if side == "inputs" else execution.closure.output_uri or ""


def _must_exist(execution: AnyExecution, side: Side) -> bool:
    """Whether there is data wherever the interface declares some."""
    is_good = execution.closure.phase.name in SUCCESSFUL
    if side == "outputs":
        # Where the server names no place for them, nothing came out: the node may be skipped.
        return is_good and _names_outputs(execution)
    if isinstance(execution, NodeExecution):
        # A node may fail, or be given up, before its inputs are put together.
        is_begun = execution.closure.phase.name not in NOT_STARTED
        return is_begun and bool(execution.input_uri or is_good)
    return True


def _names_outputs(execution: AnyExecution) -> bool:
    """Whether the server says that something came out."""
    if not isinstance(execution, Execution):
        return bool(execution.closure.output_uri) or _has_some(execution.closure.output_data)
    outputs = execution.closure.outputs
    if outputs is not None and (outputs.uri or _has_some(outputs.values)):
        return True
    return _has_some(execution.closure.output_data)


def _has_some(literals: LiteralMap | None) -> bool:
    return literals is not None and bool(literals.literals)
