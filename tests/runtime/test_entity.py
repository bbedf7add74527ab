"""The bases of flyteidl's models: what they travel as."""

from __future__ import annotations

import pytest
from flyteidl.plugins import array_job_pb2
from google.protobuf.struct_pb2 import Struct

from flytebind.models.plugins.array_job import ArrayJob
from flytebind.runtime.entity import FlyteCustomIdlEntity, FlyteIdlEntity


class Custom(FlyteCustomIdlEntity[array_job_pb2.ArrayJob]):
    """The custom data of a task, without the rest of a generated class."""

    __slots__ = ()
    _pb_type = array_job_pb2.ArrayJob


def test_custom_data_travels_as_a_struct_and_comes_back() -> None:
    made = Custom.from_pb(ArrayJob(4, 10, min_successes=9).to_pb())
    struct = made.to_flyte_idl()
    assert isinstance(struct, Struct)
    assert dict(struct) == {"parallelism": "4", "size": "10", "minSuccesses": "9"}
    assert Custom.from_flyte_idl(struct) == made


def test_numbers_in_a_struct_may_be_numbers() -> None:
    struct = Struct()
    struct.update({"size": 10, "min_success_ratio": 0.5})
    read = Custom.from_flyte_idl(struct)
    assert read.to_pb() == ArrayJob(size=10, min_success_ratio=0.5).to_pb()


def test_a_struct_that_does_not_fit_is_refused() -> None:
    struct = Struct()
    struct.update({"shoe_size": 10})
    with pytest.raises(ValueError, match=r"Custom: .*shoe_size"):
        Custom.from_flyte_idl(struct)
    with pytest.raises(
        TypeError, match=r"Custom is made of google\.protobuf\.Struct, not of Array"
    ):
        Custom.from_flyte_idl(array_job_pb2.ArrayJob())  # type: ignore[arg-type]


def test_custom_data_is_an_entity_as_any_and_its_own_message_loses_nothing() -> None:
    made = Custom.from_pb(array_job_pb2.ArrayJob(size=3))
    assert isinstance(made, FlyteIdlEntity)
    assert made.is_empty is False
    made._pb.MergeFromString(b"\xf8\xff\xff\xff\x0f\x2a")
    assert Custom.from_bytes(made.serialize_to_string()) == made
    assert made.to_pb() == made._pb
    made.to_flyte_idl().Clear()
    assert not made.is_empty
