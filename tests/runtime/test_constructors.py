"""What constructors say about mistakes; on the good path they say nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timezone

import pytest

from flytebind.models.admin.common import Labels, Notification
from flytebind.models.admin.execution import (
    AbortMetadata,
    ExecutionClosure,
    ExecutionMetadata,
    ExecutionSpec,
    LiteralMapBlob,
)
from flytebind.models.core.execution import ExecutionError, WorkflowExecution
from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.models.core.literals import Literal, LiteralCollection, Primitive, Scalar
from flytebind.models.core.types import EnumType, LiteralType

PHASE = WorkflowExecution.Phase.RUNNING
BUILD = dict[str, Callable[[], object]]

WRONG_TYPES: BUILD = {
    r"Primitive\.integer must be int, not str \('3'\)": lambda: Primitive(integer="3"),  # type: ignore[arg-type]
    r"Primitive\.boolean must be bool, not int \(7\)": lambda: Primitive(boolean=7),  # type: ignore[arg-type]
    r"EnumType\.values must be a sequence of str, not str": lambda: EnumType("abc"),
    r"EnumType\.values must be a sequence of str, not list": lambda: EnumType([1]),  # type: ignore[list-item]
    r"EnumType\.values must be a sequence of str, not dict": lambda: EnumType({"a": "b"}),  # type: ignore[arg-type]
    r"EnumType\.values must be a sequence of str, not list_iterator": lambda: EnumType(iter([1])),  # type: ignore[arg-type]
    r"LiteralCollection\.literals must be a sequence of Literal, not str": lambda: (
        LiteralCollection("")  # type: ignore[arg-type]
    ),
    r"Notification\.phases must be a sequence of WorkflowExecution\.Phase, not bytes": (
        lambda: Notification(b"x")  # type: ignore[arg-type]
    ),
    r"Labels\.values must be a mapping of str to str, not list": lambda: Labels([("a", "b")]),  # type: ignore[arg-type]
    r"Labels\.values must be a mapping of str to str, not int": lambda: Labels(3),  # type: ignore[arg-type]
    r"Labels\.values must be a mapping of str to str, not dict \(\{'a': 1\}\)": lambda: Labels(
        {"a": 1}  # type: ignore[dict-item]
    ),
    r"Literal\.scalar must be Scalar, not Primitive": lambda: Literal(scalar=Primitive()),  # type: ignore[arg-type]
    r"Literal\.scalar must be Scalar, not a bare protobuf message \(Scalar\); wrap it": (
        lambda: Literal(scalar=Scalar().to_pb())  # type: ignore[arg-type]
    ),
    r"LiteralCollection\.literals must be Literal, not int \(1\)": lambda: LiteralCollection([1]),  # type: ignore[list-item]
    r"ExecutionClosure\.started_at must be a datetime, not str": lambda: ExecutionClosure(
        PHASE,
        "2026-01-01",  # type: ignore[arg-type]
        None,
    ),
    r"ExecutionClosure\.phase must be WorkflowExecution\.Phase, not None": lambda: ExecutionClosure(
        None,  # type: ignore[arg-type]
        None,
        None,
    ),
    r"AbortMetadata\.cause must be str, not None": lambda: AbortMetadata(None, "me"),  # type: ignore[arg-type]
    r"ExecutionSpec\.interruptible must be bool, not str": lambda: ExecutionSpec(
        Identifier(ResourceType.LAUNCH_PLAN, "p", "d", "n", "v"),
        ExecutionMetadata(ExecutionMetadata.ExecutionMode.MANUAL, "", 0),
        interruptible="yes",  # type: ignore[arg-type]
    ),
    r"LiteralType\.metadata must hold plain JSON values, not object": lambda: LiteralType(
        metadata={"a": object()}  # type: ignore[dict-item]
    ),
}

WRONG_VALUES: BUILD = {
    r"Primitive takes one member of 'value', not both 'integer' and 'boolean'": lambda: Primitive(
        integer=1, boolean=True
    ),
    r"Primitive\.integer .*9223372036854775808": lambda: Primitive(integer=2**63),
    r"Primitive\.datetime must be an aware datetime": lambda: Primitive(
        datetime=datetime(2026, 1, 1)
    ),
    r"ExecutionClosure takes one member of 'output_result'": lambda: ExecutionClosure(
        PHASE,
        datetime.now(timezone.utc),
        None,
        error=ExecutionError("", "", "", ExecutionError.ErrorKind.USER),
        abort_cause="both",
    ),
}


@pytest.mark.parametrize(("message", "build"), WRONG_TYPES.items())
def test_a_wrong_type_names_class_and_field(message: str, build: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match=message):
        build()


@pytest.mark.parametrize(("message", "build"), WRONG_VALUES.items())
def test_a_wrong_value_names_class_and_field(message: str, build: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=message):
        build()


def test_a_missing_required_parameter_is_named() -> None:
    with pytest.raises(TypeError, match="started_at"):
        ExecutionClosure(PHASE)  # type: ignore[call-arg]


def test_none_leaves_an_optional_field_unset() -> None:
    assert Primitive(integer=None).is_empty
    assert LiteralMapBlob(None, None).is_empty


def test_an_empty_model_counts_as_set() -> None:
    literal = Literal(scalar=Scalar())
    assert literal.scalar is not None
    assert literal.scalar.is_empty


def test_a_number_stands_in_for_an_enum_member_at_run_time() -> None:
    closure = ExecutionClosure(4, None, None)  # type: ignore[arg-type]
    assert closure.phase is WorkflowExecution.Phase.SUCCEEDED


def test_a_list_is_made_of_all_that_can_be_gone_through() -> None:
    given: list[Iterable[str]] = [
        ["a"],
        ("a",),
        {"a"},
        {"a": 1}.keys(),
        iter("a"),
        (c for c in "a"),
    ]
    assert {EnumType(values) for values in given} == {EnumType(["a"])}  # type: ignore[arg-type]
