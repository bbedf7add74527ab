"""JSON and plain values, both ways, and the little that they cannot hold."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flyteidl.admin import execution_pb2, launch_plan_pb2
from flyteidl.core import literals_pb2
from google.protobuf.message import Message

from flytebind.models.admin.execution import ExecutionClosure
from flytebind.models.admin.launch_plan import LaunchPlanMetadata
from flytebind.models.core.literals import Primitive, Scalar
from tests.support.fill import UNKNOWN_FIELDS, fillings, use_unknown_enum_numbers
from tests.support.messages import ModelClass, descriptor_of, every_model
from tests.support.strategies import every_message


@every_message
def test_json_gives_back_all_but_unknown_fields(model_class: ModelClass, pb: Message) -> None:
    model = model_class.from_pb(pb)
    pb.DiscardUnknownFields()
    known = model_class.from_pb(pb)
    assert model_class.from_json(model.to_json()) == known
    plain = model.to_dict(proto_names=True)
    assert model_class.from_dict(plain) == known
    assert set(plain) == {field.name for field, _ in pb.ListFields()}


@every_model
def test_full_messages_lose_nothing_in_json(model_class: ModelClass) -> None:
    for pb in fillings(model_class):
        use_unknown_enum_numbers(pb)  # They have no names, so JSON holds their numbers.
        model = model_class.from_pb(pb)
        text = model.to_json(indent=2)
        plain = json.loads(text)
        assert plain == model.to_dict()
        assert set(plain) == {field.json_name for field, _ in pb.ListFields()}
        assert model_class.from_json(text).to_bytes() == model.to_bytes()


class TestWhatJsonCannotHold:
    def test_unknown_fields_are_dropped(self) -> None:
        model = Primitive.from_bytes(Primitive(integer=1).to_bytes() + UNKNOWN_FIELDS)
        assert Primitive.from_json(model.to_json()) == Primitive(integer=1)

    def test_a_value_of_no_kind_becomes_null(self) -> None:
        pb = literals_pb2.Scalar()
        pb.generic.fields["a"].SetInParent()
        model = Scalar.from_pb(pb)
        assert Scalar.from_json(model.to_json()) == Scalar(generic={"a": None})
        assert model != Scalar(generic={"a": None})

    @pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
    def test_what_is_no_number_is_refused_in_a_struct_alone(self, number: float) -> None:
        with pytest.raises(ValueError, match=r"^Scalar: .*generic"):
            Scalar(generic={"a": number}).to_json()
        again = Primitive.from_json(Primitive(float_value=number).to_json())
        assert again.to_bytes() == Primitive(float_value=number).to_bytes()

    @pytest.mark.parametrize("type_name", ["nobody.KnowsThis", ""])
    def test_a_packed_message_of_unknown_type_is_refused(self, type_name: str) -> None:
        pb = launch_plan_pb2.LaunchPlanMetadata()
        pb.launch_conditions.type_url = f"type.googleapis.com/{type_name}"
        pb.launch_conditions.value = b"\x08\x01"
        with pytest.raises(ValueError, match=r"^LaunchPlanMetadata: "):
            LaunchPlanMetadata.from_pb(pb).to_json()

    def test_a_time_out_of_range_is_refused(self) -> None:
        pb = execution_pb2.ExecutionClosure()
        pb.started_at.seconds = 2**60
        with pytest.raises(ValueError, match=r"^ExecutionClosure: "):
            ExecutionClosure.from_pb(pb).to_json()


#: What somebody may write for anything.
ODD: list[object] = [
    *(None, -1, 2**70, 1.5, math.nan, "", "a", "\ud800", "9" * 5_000, "9999-99-99T00:00:00Z"),
    *([None], [[]], {}, {"a": 1}, {1: 2}, {"@type": 1}, {"value": [1]}),
]  # fmt: skip


@contextmanager
def refusals_by(model_class: ModelClass) -> Iterator[None]:
    """Pass over an error that names the class."""
    try:
        yield
    except ValueError as error:
        if not str(error).startswith(f"{model_class.__qualname__}: "):
            raise


@every_model
def test_odd_json_is_refused_by_the_class_or_read_and_written_again(
    model_class: ModelClass,
) -> None:
    for field in descriptor_of(model_class).fields:
        for value in ODD:
            model = None
            with refusals_by(model_class):
                model = model_class.from_dict({field.name: value})
            if model is None:
                continue
            assert model_class.from_json(model.to_json()) == model, f"{field.name}: {value!r}"
            assert hash(model_class.from_bytes(model.to_bytes())) == hash(model)
            assert repr(model)
