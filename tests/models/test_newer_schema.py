"""What a newer schema says goes through every model, though none of them knows what it is."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from operator import methodcaller

from google.protobuf.message import Message

from flytebind.models.core.execution import TaskExecution
from flytebind.models.core.literals import Scalar
from flytebind.models.event.event import TaskExecutionEvent
from flytebind.runtime.entity import FlyteCustomIdlEntity
from tests.support.messages import ModelClass, descriptor_of, deterministic, every_model
from tests.support.models import properties
from tests.support.newer import newer_messages


def told(model_class: ModelClass) -> Iterator[tuple[Message, bytes]]:
    """Messages of the newer schema, and the bytes that a peer with that schema sends."""
    for pb in newer_messages(descriptor_of(model_class).full_name):
        yield pb, deterministic(pb)


@every_model
def test_each_message_tells_more_than_its_model_knows(model_class: ModelClass) -> None:
    for _, data in told(model_class):
        known = model_class._pb_type.FromString(data)
        known.DiscardUnknownFields()  # at every depth
        assert b"newer_" in data
        assert b"newer_" not in deterministic(known)


@every_model
def test_bytes_come_out_as_they_went_in(model_class: ModelClass) -> None:
    for pb, data in told(model_class):
        out = model_class.from_bytes(data).to_bytes()
        assert out == data
        assert type(pb).FromString(out) == pb


@every_model
def test_the_message_comes_out_as_it_went_in(model_class: ModelClass) -> None:
    for _, data in told(model_class):
        known = model_class._pb_type.FromString(data)
        assert deterministic(model_class.from_pb(known).to_pb()) == data
        if not issubclass(model_class, FlyteCustomIdlEntity):  # a Struct has no unknown fields
            assert deterministic(model_class.from_flyte_idl(known).to_flyte_idl()) == data


@every_model
def test_a_copy_has_all_of_it(model_class: ModelClass) -> None:
    for _, data in told(model_class):
        model = model_class.from_bytes(data)
        twins = {
            "copy": copy.copy(model),
            "deepcopy": copy.deepcopy(model),
            "pickle": pickle.loads(pickle.dumps(model)),
            "replace": methodcaller("replace")(model),
        }
        assert dict.fromkeys(twins, model) == twins
        assert {twin.to_bytes() for twin in twins.values()} == {data}


@every_model
def test_reading_it_changes_nothing(model_class: ModelClass) -> None:
    for _, data in told(model_class):
        model = model_class.from_bytes(data)
        for name in properties(model_class):
            getattr(model, name)
        assert model.to_bytes() == data


def test_a_member_that_a_oneof_does_not_know_reads_as_none_and_is_kept() -> None:
    (newest,) = (
        pb for pb in newer_messages("flyteidl.core.Scalar") if pb.HasField("newer_choice_value")
    )
    scalar = Scalar.from_bytes(deterministic(newest))
    assert scalar.value is None
    assert scalar.which_value is None
    assert not scalar.is_empty
    assert type(newest).FromString(scalar.to_bytes()).WhichOneof("value") == "newer_choice_value"


def test_a_number_that_an_enum_does_not_know_is_kept_wherever_it_stands() -> None:
    phases = set()
    for pb in newer_messages("flyteidl.event.TaskExecutionEvent"):
        event = TaskExecutionEvent.from_bytes(deterministic(pb))
        assert event.metadata is not None
        phases |= {event.phase, *(item.phase for item in event.metadata.external_resources)}
    assert TaskExecution.Phase(77_777) in phases
