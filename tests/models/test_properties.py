"""What properties give: always of the type that they are annotated with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Literal, TypeGuard, get_args

import pytest
from google.protobuf.descriptor import OneofDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import BoolValue, Int32Value, StringValue, UInt32Value

from flytebind.models.core.execution import WorkflowExecution
from flytebind.models.core.literals import LiteralMap, Primitive
from flytebind.runtime import MapView, Model, OpenEnum, RepeatedView
from flytebind.runtime.typing import JsonObject
from tests.support.annotations import agrees
from tests.support.messages import (
    ModelClass,
    descriptor_of,
    every_model,
    new_message,
    pairs,
    python_name,
    real_oneofs,
)
from tests.support.models import models_in, parameters, properties
from tests.support.strategies import every_message

RUNNING = WorkflowExecution.Phase.RUNNING

#: flytekit has these, although there is one member only.
ACCESSORS_WITHOUT_A_CHOICE = {"flyteidl.core.CatalogMetadata": {"source_execution"}}


def accessor(oneof: OneofDescriptor) -> str:
    """The property of a oneof: its name in snake case."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", oneof.name).lower()


def is_enum(item: object) -> TypeGuard[type[OpenEnum]]:
    return isinstance(item, type) and issubclass(item, OpenEnum)


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        (True, int),
        (1, bool),
        (1, float),
        (1, str | None),
        (RUNNING, int),
        (1, WorkflowExecution.Phase),
        (datetime(2026, 1, 2), datetime),
        (None, timedelta),
        ("abc", Sequence[str]),
        (["a"], Sequence[str]),
        (RepeatedView([1, "a"]), Sequence[int]),
        ({"a": "a"}, Mapping[str, str]),
        (MapView({"a": 1}), Mapping[str, str]),
        (("b", 1), tuple[Literal["a"], int]),
        (("a",), tuple[Literal["a"], int]),
        ({"a": {1, 2}}, JsonObject),
        (Primitive(), LiteralMap),
    ],
)
def test_a_value_of_another_type_is_noticed(value: object, annotation: Any) -> None:
    assert not agrees(value, annotation)


def shown(model_class: ModelClass, pb: Message) -> dict[str, Any]:
    """The raw values of the fields that are set; reshaped ones in their other form."""
    found: dict[str, Any] = {}
    for field, value in pb.ListFields():
        match model_class._reshaped.get(python_name(model_class, field)):
            case "content":
                value = getattr(value, value.DESCRIPTOR.fields[0].name)
            case "pairs":
                value = pairs(field, value)
            case "choice":
                value = [_choice(item) for item in value]
        found[field.name] = value
    return found


def _choice(message: Message) -> object:
    oneof = message.DESCRIPTOR.oneofs[0]
    return getattr(message, message.WhichOneof(oneof.name) or oneof.fields[0].name)


def same(given: Any, raw: Any) -> bool:
    """Does a property give what protobuf's own conversions make of the raw value?"""
    if isinstance(given, Model):
        return bool(given.to_pb() == raw)
    if isinstance(given, Message):
        return False
    if isinstance(raw, Timestamp):
        return bool(given == raw.ToDatetime(tzinfo=timezone.utc))
    if isinstance(raw, Duration):
        return bool(given == raw.ToTimedelta())
    if isinstance(raw, Struct):
        return bool(given == MessageToDict(raw))
    if isinstance(raw, (BoolValue, Int32Value, StringValue, UInt32Value)):
        return bool(given == raw.value)
    return bool(given == raw)


@every_message
def test_properties_give_what_is_in_the_message(model_class: ModelClass, pb: Message) -> None:
    model = model_class.from_pb(pb)
    raw = shown(model_class, pb)
    for field in descriptor_of(model_class).fields:
        given = getattr(model, python_name(model_class, field))
        if field.name not in raw:
            assert not given or given.is_empty
        elif isinstance(given, (MapView, RepeatedView)):  # The keys of maps stand for indices.
            is_map = isinstance(given, MapView)
            keys = set(raw[field.name]) if is_map else set(range(len(raw[field.name])))
            assert len(given) == len(keys)
            assert all(same(given[key], raw[field.name][key]) for key in keys)
        else:
            assert same(given, raw[field.name])


@every_model
def test_each_field_has_a_property_and_a_parameter(model_class: ModelClass) -> None:
    names = {python_name(model_class, field) for field in descriptor_of(model_class).fields}
    assert set(parameters(model_class)) == names
    assert set(properties(model_class)) >= names


@every_message
def test_properties_give_what_they_are_annotated_with(model_class: ModelClass, pb: Message) -> None:
    for model in models_in(model_class.from_pb(pb)):
        for name, annotation in properties(type(model)).items():
            value = getattr(model, name)
            assert agrees(value, annotation), f"{type(model).__qualname__}.{name} gives {value!r}"


@every_model
def test_properties_of_an_empty_model_give_it_too(model_class: ModelClass) -> None:
    model = model_class.from_pb(new_message(model_class))
    for name, annotation in properties(model_class).items():
        assert agrees(getattr(model, name), annotation), name


@every_model
def test_enums_have_the_names_and_numbers_of_the_idl(model_class: ModelClass) -> None:
    for field in descriptor_of(model_class).fields:
        if field.enum_type is not None:
            annotation = properties(model_class)[python_name(model_class, field)]
            (enum,) = [item for item in (annotation, *get_args(annotation)) if is_enum(item)]
            said = {value.name: value.number for value in field.enum_type.values}
            names = {name: item.value for name, item in enum.__members__.items()}
            assert said.items() <= names.items()
            # A member that has a shorter name is no other one.
            assert [item.value for item in enum] == list(said.values())
            assert all(name.endswith(item.name) for name, item in zip(said, enum, strict=True))


@every_model
def test_oneofs_with_a_choice_have_accessors(model_class: ModelClass) -> None:
    descriptor = descriptor_of(model_class)
    expected = {accessor(item) for item in real_oneofs(descriptor) if len(item.fields) > 1}
    expected |= ACCESSORS_WITHOUT_A_CHOICE.get(descriptor.full_name, set())
    names = set(properties(model_class))
    assert {name for name in names if name.startswith("which_")} == {
        f"which_{name}" for name in expected
    }
    assert names >= expected


@every_message
def test_oneofs_give_the_member_that_is_set(model_class: ModelClass, pb: Message) -> None:
    model = model_class.from_pb(pb)
    for oneof in real_oneofs(descriptor_of(model_class)):
        which = pb.WhichOneof(oneof.name)
        is_set = {python_name(model_class, item): item.name == which for item in oneof.fields}
        pairs = [(name, getattr(model, name)) for name in is_set]
        assert {name: value is not None for name, value in pairs} == is_set
        if f"which_{accessor(oneof)}" in properties(model_class):
            pair = next((pair for pair in pairs if is_set[pair[0]]), None)
            assert getattr(model, f"which_{accessor(oneof)}") == pair
            assert getattr(model, accessor(oneof)) == (pair and pair[1])
