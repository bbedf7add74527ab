"""A message goes through its model and comes out the same, to the byte."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from itertools import chain
from typing import Any

import flyteidl
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from flytebind.models._index import MODELS
from flytebind.runtime import Model, OpenEnum, RepeatedView
from tests.support.fill import (
    UNKNOWN_FIELDS,
    add_unknown_fields,
    fillings,
    use_unknown_enum_numbers,
)
from tests.support.messages import (
    MODEL_CLASSES,
    ModelClass,
    descriptor_of,
    deterministic,
    every_model,
    new_message,
    python_name,
    spoil,
    walk,
)
from tests.support.models import models_in, parameters, properties, replace, takes_none
from tests.support.strategies import every_message


def messages_of_flyteidl() -> Iterator[Descriptor]:
    """Every message that any module of flyteidl declares."""

    def inside(descriptor: Descriptor) -> Iterator[Descriptor]:
        if not descriptor.GetOptions().map_entry:
            yield descriptor
            for part in descriptor.nested_types:
                yield from inside(part)

    for module in pkgutil.walk_packages(flyteidl.__path__, "flyteidl."):
        if module.name.endswith("_pb2"):
            for descriptor in import_module(module.name).DESCRIPTOR.message_types_by_name.values():
                yield from inside(descriptor)


def unrecognized_numbers(model: Model[Any]) -> set[int]:
    """The enum numbers without a name that properties give, at every depth."""
    values = (getattr(part, name) for part in models_in(model) for name in parameters(type(part)))
    flat = chain.from_iterable(
        value if isinstance(value, RepeatedView) else [value] for value in values
    )
    return {int(item) for item in flat if isinstance(item, OpenEnum) and not item.is_recognized}


def test_every_message_of_flyteidl_has_a_model() -> None:
    assert sorted(MODELS) == sorted(item.full_name for item in messages_of_flyteidl())


def test_a_model_is_found_by_the_name_of_its_message() -> None:
    assert {
        descriptor_of(found).full_name: found for found in MODEL_CLASSES.values()
    } == MODEL_CLASSES


@every_model
def test_the_fillings_leave_no_field_out(model_class: ModelClass) -> None:
    seen = {field.name for pb in fillings(model_class) for field, _ in pb.ListFields()}
    assert seen == set(descriptor_of(model_class).fields_by_name)


@every_message
def test_a_message_comes_out_equal_to_the_byte(model_class: ModelClass, pb: Message) -> None:
    out = model_class.from_pb(pb).to_pb()
    assert type(out) is type(pb)
    assert out == pb
    assert deterministic(out) == deterministic(pb)


@every_model
def test_a_model_comes_back_from_what_it_travels_as(model_class: ModelClass) -> None:
    for pb in fillings(model_class):
        model = model_class.from_pb(pb)
        assert model_class.from_flyte_idl(model.to_flyte_idl()) == model


@every_message
def test_bytes_come_out_as_they_went_in(model_class: ModelClass, pb: Message) -> None:
    data = deterministic(pb)
    model = model_class.from_bytes(data)
    assert model == model_class.from_pb(pb)
    assert model.to_bytes() == model.serialize_to_string() == data


@every_message
def test_a_model_shares_nothing_with_what_goes_in_or_out(
    model_class: ModelClass, pb: Message
) -> None:
    before = deterministic(pb)
    model = model_class.from_pb(pb)
    spoil(pb)
    assert model.to_bytes() == before
    spoil(model.to_pb())
    assert model.to_bytes() == before


@every_message
def test_reading_a_model_changes_nothing(model_class: ModelClass, pb: Message) -> None:
    model = model_class.from_pb(pb)
    for part in models_in(model):
        for name in properties(type(part)):
            getattr(part, name)
    assert model.to_bytes() == deterministic(pb)


@every_model
def test_unknown_fields_are_kept_at_every_depth(model_class: ModelClass) -> None:
    for pb in fillings(model_class):
        add_unknown_fields(pb)
        out = model_class.from_pb(pb).to_pb()
        assert out == pb
        assert deterministic(out) == deterministic(pb)
        assert all(part.SerializeToString().endswith(UNKNOWN_FIELDS) for part in walk(out))


@every_model
def test_unknown_fields_outlive_a_change_of_any_field(model_class: ModelClass) -> None:
    for pb in fillings(model_class):
        add_unknown_fields(pb)
        model = model_class.from_pb(pb)
        for field, _ in pb.ListFields():
            name = python_name(model_class, field)
            if not takes_none(model_class, name):
                continue
            rest = model.to_pb()
            rest.ClearField(field.name)
            changed = replace(model, name, None)
            assert changed.to_bytes() == deterministic(rest)
        assert model.to_bytes() == deterministic(pb)


@every_model
def test_unknown_enum_numbers_are_kept_at_every_depth(model_class: ModelClass) -> None:
    for pb in fillings(model_class):
        used = use_unknown_enum_numbers(pb)
        model = model_class.from_pb(pb)
        assert unrecognized_numbers(model) == used
        assert model.to_bytes() == deterministic(pb)


@every_model
def test_the_empty_message_stays_empty(model_class: ModelClass) -> None:
    pb = new_message(model_class)
    for model in (model_class.from_pb(pb), model_class.from_bytes(b"")):
        for name in properties(model_class):
            getattr(model, name)
        assert model.is_empty
        assert model.to_pb().ByteSize() == 0


@every_model
def test_a_message_with_anything_in_it_is_not_empty(model_class: ModelClass) -> None:
    for pb in fillings(model_class):
        assert model_class.from_pb(pb).is_empty == (not pb.ListFields())
    assert not model_class.from_bytes(UNKNOWN_FIELDS).is_empty
