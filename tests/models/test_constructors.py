"""A model is rebuilt by its constructor from its own properties, and equals itself again.

Some things no property carries, so they are lost. Each is proved here: what a native value cannot
hold of a time, a message's own unknown fields, the absence of a required part, and what the other
form of a reshaped field does not show.
"""

from __future__ import annotations

import inspect
import math
from itertools import combinations

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from flytebind.runtime import Model
from flytebind.runtime.fields import map_entry
from tests.support.fill import UNKNOWN_FIELDS, fillings
from tests.support.messages import (
    ALL_MODEL_CLASSES,
    ModelClass,
    descriptor_of,
    deterministic,
    every_model,
    new_message,
    pairs,
    python_name,
    real_oneofs,
    spoil,
)
from tests.support.models import parameters, properties, rebuild, replace
from tests.support.strategies import every_message

DURATION = "google.protobuf.Duration"
TIMES = (DURATION, "google.protobuf.Timestamp")
WRAPPERS = (f"google.protobuf.{kind}Value" for kind in ("Bool", "String", "Int32", "UInt32"))
NATIVES = (*TIMES, "google.protobuf.Struct", *WRAPPERS)


def is_required(model_class: ModelClass, name: str) -> bool:
    return parameters(model_class)[name].default is inspect.Parameter.empty


def type_of(field: FieldDescriptor) -> str:
    return field.message_type.full_name if field.message_type is not None else ""


def times_of(model_class: ModelClass) -> list[FieldDescriptor]:
    return [field for field in descriptor_of(model_class).fields if type_of(field) in TIMES]


def required_parts_of(model_class: ModelClass) -> list[FieldDescriptor]:
    """The messages that are there in any case: one that is absent reads as empty."""

    def is_there(field: FieldDescriptor) -> bool:
        name = python_name(model_class, field)
        hint = properties(model_class)[name]
        is_model = isinstance(hint, type) and issubclass(hint, Model)
        is_shown_by_content = model_class._reshaped.get(name) == "content"
        return is_model or (is_shown_by_content and is_required(model_class, name))

    fields = sorted(descriptor_of(model_class).fields, key=lambda field: field.number)
    return [field for field in fields if is_there(field)]


def reshape(kind: str, message: Message, field: FieldDescriptor) -> None:
    """Take from a field what its other form does not show."""
    value = getattr(message, field.name)
    if kind == "content":
        value.CopyFrom(type(value)(**{inner.name: item for inner, item in value.ListFields()}))
    elif kind == "pairs":
        last = pairs(field, value)
        key_name, name = (item.name for item in map_entry(field))
        message.ClearField(field.name)
        for key, item in last.items():
            getattr(message, field.name).add(**{key_name: key, name: item})
    elif kind == "choice":
        for item in value:
            item.DiscardUnknownFields()
            if not item.ListFields():
                first = item.DESCRIPTOR.oneofs[0].fields[0]
                setattr(item, first.name, first.default_value)


def without_what_is_lost(model_class: ModelClass, pb: Message) -> Message:
    left = type(pb)(**{field.name: value for field, value in pb.ListFields()})
    for field, value in left.ListFields():
        if type_of(field) in NATIVES:
            value.DiscardUnknownFields()
        if type_of(field) in TIMES:
            value.nanos -= int(math.fmod(value.nanos, 1000))
        reshape(model_class._reshaped.get(python_name(model_class, field), ""), left, field)
    for field in required_parts_of(model_class):
        getattr(left, field.name).SetInParent()
    return left


@every_model
def test_a_full_model_is_rebuilt_to_the_byte(model_class: ModelClass) -> None:
    for pb in fillings(model_class):
        model = model_class.from_pb(pb)
        assert rebuild(model) == model
        assert rebuild(model).to_bytes() == deterministic(pb)


@every_message
def test_rebuilding_loses_no_more_than_it_must(model_class: ModelClass, pb: Message) -> None:
    rebuilt = rebuild(model_class.from_pb(pb))
    left = without_what_is_lost(model_class, pb)
    assert rebuilt == model_class.from_pb(left)
    assert rebuilt.to_bytes() == deterministic(left)


@every_model
def test_a_field_replaced_by_itself_changes_nothing(model_class: ModelClass) -> None:
    for pb in fillings(model_class):
        model = model_class.from_bytes(deterministic(pb) + UNKNOWN_FIELDS)
        for name in parameters(model_class):
            value = getattr(model, name)
            if value is not None:  # What is None is a oneof's other member.
                assert replace(model, name, value).to_bytes() == model.to_bytes()


@every_model
def test_a_rebuilt_model_shares_nothing_with_its_parts(model_class: ModelClass) -> None:
    for pb in fillings(model_class):
        model = model_class.from_pb(pb)
        rebuilt = rebuild(model)
        spoil(model._pb)
        assert rebuilt.to_bytes() == deterministic(pb)


@every_model
def test_two_members_of_a_oneof_are_refused(model_class: ModelClass) -> None:
    given: dict[str, object] = {}
    for pb in fillings(model_class):
        model = model_class.from_pb(pb)
        given |= {
            name: value for name in parameters(model_class) if (value := getattr(model, name))
        }
    for oneof in real_oneofs(descriptor_of(model_class)):
        for one, other in combinations([python_name(model_class, f) for f in oneof.fields], 2):
            chosen = {
                n: given[n] for n in given if is_required(model_class, n) or n in (one, other)
            }
            with pytest.raises(ValueError, match=f"takes one member of '{oneof.name}'"):
                model_class(**chosen)


@every_model
def test_rebuilding_drops_own_unknown_fields(model_class: ModelClass) -> None:
    for pb in fillings(model_class):
        data = deterministic(pb)
        model = model_class.from_bytes(data + UNKNOWN_FIELDS)
        assert model.to_bytes() == data + UNKNOWN_FIELDS
        assert rebuild(model).to_bytes() == data


class TestWhatIsLost:
    def test_times_are_cut_to_microseconds(self) -> None:
        cut = {1_999: 0, -1_999: 0}  # How many fields lose what, once they have it.
        for model_class in ALL_MODEL_CLASSES.values():
            for field in times_of(model_class):
                for nanos in cut if type_of(field) == DURATION else (1_999,):
                    pb = new_message(model_class)
                    getattr(pb, field.name).nanos = nanos
                    rebuilt = rebuild(model_class.from_pb(pb)).to_pb()
                    assert getattr(rebuilt, field.name).nanos == math.copysign(1_000, nanos)
                    cut[nanos] += 1
        assert all(cut.values())

    def test_required_parts_that_are_absent_become_present(self) -> None:
        present = 0
        for model_class in ALL_MODEL_CLASSES.values():
            rebuilt = rebuild(model_class.from_pb(new_message(model_class))).to_pb()
            fields = [field for field, _ in rebuilt.ListFields()]
            assert fields == required_parts_of(model_class)
            present += len(fields)
        assert present
