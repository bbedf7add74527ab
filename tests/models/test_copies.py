"""Copies, pickles, equality and hashes agree with each other and with the bytes."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.message import Message

from flytebind.models.core.literals import Literal, Primitive, Scalar
from flytebind.models.plugins.array_job import ArrayJob
from flytebind.runtime import Model
from tests.support.fill import (
    UNKNOWN_FIELDS,
    UNKNOWN_FIELDS_REVERSED,
    add_unknown_fields,
    fillings,
)
from tests.support.messages import ModelClass, deterministic, every_model, spoil
from tests.support.strategies import every_message


@every_message
def test_a_pickle_gives_the_same_model(model_class: ModelClass, pb: Message) -> None:
    model = model_class.from_pb(pb)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(model, protocol))
        assert type(again) is model_class
        assert again == model
        assert again.to_bytes() == deterministic(pb)


@every_message
def test_a_copy_is_equal_and_independent(model_class: ModelClass, pb: Message) -> None:
    for make in (copy.copy, copy.deepcopy):
        model = model_class.from_pb(pb)
        twin = make(model)
        assert type(twin) is model_class
        assert twin == model
        spoil(model._pb)
        assert twin.to_bytes() == deterministic(pb)


@every_message
def test_equal_models_hash_alike(model_class: ModelClass, pb: Message) -> None:
    model = model_class.from_pb(pb)
    again = model_class.from_bytes(deterministic(pb))
    assert model == again
    assert hash(model) == hash(again)


@every_model
def test_a_change_of_any_field_makes_models_unequal(model_class: ModelClass) -> None:
    for pb in fillings(model_class):
        model = model_class.from_pb(pb)
        for field, _ in pb.ListFields():
            rest = model.to_pb()
            rest.ClearField(field.name)
            changed = model_class.from_pb(rest)
            assert changed != model
            assert hash(changed) != hash(model)


@every_model
def test_the_order_of_unknown_fields_does_not_count(model_class: ModelClass) -> None:
    for one, other in zip(fillings(model_class), fillings(model_class), strict=True):
        add_unknown_fields(one, UNKNOWN_FIELDS)
        add_unknown_fields(other, UNKNOWN_FIELDS_REVERSED)
        assert deterministic(one) != deterministic(other)
        assert len({model_class.from_pb(one), model_class.from_pb(other)}) == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda zero: ArrayJob(min_success_ratio=zero),
        lambda zero: Literal(scalar=Scalar(primitive=Primitive(float_value=zero))),
        lambda zero: Scalar(generic={"zeros": [zero, {"zero": zero}]}),
    ],
)
def test_zeros_of_either_sign_hash_alike(make: Callable[[float], Model[Any]]) -> None:
    assert hash(make(-0.0)) == hash(make(0.0))
    assert make(-0.0).to_bytes() != make(0.0).to_bytes()
