"""Bindings that are constants become literals, and literals change in place."""

from __future__ import annotations

import pytest

from flytebind.models.core.literals import (
    BindingData,
    BindingDataCollection,
    BindingDataMap,
    Literal,
    LiteralCollection,
    LiteralMap,
    LiteralOffloadedMetadata,
    Primitive,
    Scalar,
)
from flytebind.models.core.types import OutputReference

SCALAR = Scalar(primitive=Primitive(integer=3))
ONE = BindingData(scalar=SCALAR)
PROMISE = BindingData(promise=OutputReference("n0", "o1"))


def test_a_scalar_stays_a_scalar() -> None:
    assert ONE.to_literal_model() == Literal(scalar=SCALAR)


def test_lists_and_maps_are_turned_to_the_last_leaf() -> None:
    pair = BindingData(collection=BindingDataCollection([ONE, ONE]))
    nested = BindingData(map=BindingDataMap({"a": pair, "b": ONE}))
    leaf = Literal(scalar=SCALAR)
    leaves = Literal(collection=LiteralCollection([leaf, leaf]))
    assert nested.to_literal_model() == Literal(map=LiteralMap({"a": leaves, "b": leaf}))


@pytest.mark.parametrize(
    ("binding", "literal"),
    [
        (
            BindingData(collection=BindingDataCollection([])),
            Literal(collection=LiteralCollection([])),
        ),
        (BindingData(map=BindingDataMap({})), Literal(map=LiteralMap({}))),
        (BindingData(), Literal()),
    ],
)
def test_what_is_empty_becomes_empty(binding: BindingData, literal: Literal) -> None:
    assert binding.to_literal_model() == literal


def test_an_offloaded_value_stays_offloaded() -> None:
    metadata = LiteralOffloadedMetadata(uri="s3://bucket/value", size_bytes=9)
    binding = BindingData(offloaded_metadata=metadata)
    assert binding.to_literal_model() == Literal(offloaded_metadata=metadata)


@pytest.mark.parametrize(
    "binding",
    [
        PROMISE,
        BindingData(collection=BindingDataCollection([ONE, PROMISE])),
        BindingData(map=BindingDataMap({"a": PROMISE})),
    ],
)
def test_a_promise_is_refused_by_name_wherever_it_is(binding: BindingData) -> None:
    with pytest.raises(ValueError, match="bound to output 'o1' of node 'n0', which is known only"):
        binding.to_literal_model()


def test_a_literal_gets_other_metadata_and_keeps_the_rest() -> None:
    literal = Literal(scalar=Scalar(primitive=Primitive(integer=3)), metadata={"a": "b"})
    before = literal.replace()
    literal.set_metadata({"c": "d"})
    assert literal == before.replace(metadata={"c": "d"})
    assert literal.scalar == before.scalar


def test_the_model_that_a_literal_was_read_from_does_not_change() -> None:
    literals = LiteralMap({"a": Literal(metadata={"a": "b"})})
    mine, other = literals.literals["a"], literals.literals["a"]
    mine.set_metadata({})
    assert mine.is_empty
    assert other.metadata == literals.literals["a"].metadata == {"a": "b"}


def test_a_mistake_in_metadata_is_named() -> None:
    with pytest.raises(TypeError, match=r"Literal\.metadata must be a mapping"):
        Literal().set_metadata("abc")  # type: ignore[arg-type]
