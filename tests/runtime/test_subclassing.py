"""Classes that people derive from generated ones, as the remote layer does."""

from __future__ import annotations

import copy

import pytest

from flytebind.models.admin.execution import Execution, ExecutionClosure, ExecutionSpec
from flytebind.models.core.execution import WorkflowExecution
from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.runtime import Model
from flytebind.runtime.typing import Self


class RemoteBase:
    """A cooperative base with state of its own."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.note = "made"


class RemoteExecution(RemoteBase, Execution):
    @classmethod
    def promote(cls, model: Execution) -> Self:
        """Share the message of a model."""
        promoted = cls._wrap(model._pb)
        promoted.note = "promoted"
        return promoted


@pytest.fixture
def execution() -> Execution:
    closure = ExecutionClosure(WorkflowExecution.Phase.RUNNING, None, None)
    spec = ExecutionSpec.from_dict({"launchPlan": {"name": "lp"}})
    return Execution(WorkflowExecutionIdentifier("p", "d", "n"), spec, closure)


def test_a_base_with_state_cooperates_in_construction(execution: Execution) -> None:
    remote = RemoteExecution(execution.id, execution.spec, execution.closure)
    assert remote.note == "made"
    assert remote.closure.phase is WorkflowExecution.Phase.RUNNING
    assert remote == execution


def test_a_promoted_object_shares_the_message(execution: Execution) -> None:
    remote = RemoteExecution.promote(execution)
    assert remote._pb is execution._pb
    assert remote.note == "promoted"
    assert remote == execution
    assert hash(remote) == hash(execution)


def test_class_methods_give_the_subclass(execution: Execution) -> None:
    assert type(RemoteExecution.from_flyte_idl(execution.to_flyte_idl())) is RemoteExecution
    assert type(RemoteExecution.from_bytes(execution.to_bytes())) is RemoteExecution
    assert type(RemoteExecution.promote(execution).replace(id=execution.id)) is RemoteExecution


def test_a_subclass_copies_and_can_be_referred_to_weakly(execution: Execution) -> None:
    import weakref

    remote = RemoteExecution.promote(execution)
    assert copy.deepcopy(remote) == remote
    assert weakref.ref(remote)() is remote


def test_a_generated_class_has_no_room_for_more_than_its_message(execution: Execution) -> None:
    assert not hasattr(execution, "__dict__")
    assert isinstance(execution, Model)


def test_a_mistake_in_a_subclass_names_the_subclass() -> None:
    with pytest.raises(TypeError, match=r"RemoteExecution\.id must be WorkflowExecutionIdentifier"):
        RemoteExecution("id", None, None)
