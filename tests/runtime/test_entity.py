"""What flyteidl's models travel as: their message, or a struct."""

from __future__ import annotations

import pytest
from flyteidl.plugins import array_job_pb2
from google.protobuf.struct_pb2 import Struct

from flytebind.models.array_job import ArrayJob
from flytebind.runtime.entity import FlyteIdlEntity


def struct(**fields: str | float) -> Struct:
    made = Struct()
    made.update(fields)
    return made


def test_custom_data_travels_as_a_struct_and_comes_back() -> None:
    job = ArrayJob(4, 10, min_successes=9)
    assert job.to_flyte_idl() == struct(parallelism="4", size="10", minSuccesses="9")
    assert ArrayJob.from_flyte_idl(job.to_flyte_idl()) == job
    assert ArrayJob().to_flyte_idl() == Struct()


def test_numbers_and_names_in_a_struct_may_be_in_either_spelling() -> None:
    read = ArrayJob.from_flyte_idl(struct(size=10, min_success_ratio=0.5))
    assert read == ArrayJob(size=10, min_success_ratio=0.5)


def test_a_struct_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"ArrayJob: .*shoe_size"):
        ArrayJob.from_flyte_idl(struct(shoe_size=10))
    with pytest.raises(
        TypeError, match=r"ArrayJob is made of google\.protobuf\.Struct, not of Arr"
    ):
        ArrayJob.from_flyte_idl(array_job_pb2.ArrayJob())  # type: ignore[arg-type]


def test_custom_data_is_an_entity_as_any_and_its_own_message_loses_nothing() -> None:
    pb = array_job_pb2.ArrayJob(size=3)
    pb.MergeFromString(b"\xf8\xff\xff\xff\x0f\x2a")
    job = ArrayJob.from_pb(pb)
    assert isinstance(job, FlyteIdlEntity)
    assert ArrayJob.from_bytes(job.serialize_to_string()) == job
    assert job.to_pb() == pb


def test_a_struct_is_the_callers_to_change() -> None:
    job = ArrayJob(size=3)
    job.to_flyte_idl().Clear()
    assert job == ArrayJob(size=3)


def test_an_array_job_has_one_criterion_of_success_and_can_change_it() -> None:
    with pytest.raises(ValueError, match="one member of 'success_criteria', not both"):
        ArrayJob(min_successes=1, min_success_ratio=0.5)
    job = ArrayJob(size=3, min_success_ratio=0.5)
    job.size = 4
    job.min_successes = 2
    assert job == ArrayJob(size=4, min_successes=2)
