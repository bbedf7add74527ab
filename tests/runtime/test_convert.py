"""Well-known types to and from native values."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import ListValue, Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given, strategies as st

from flytebind.models.core.tasks import TaskTemplate
from flytebind.runtime import convert
from flytebind.runtime.typing import JsonInput, JsonValue

json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.datetimes(timezones=st.sampled_from([timezone.utc, timezone(timedelta(hours=-7))])))
def test_a_datetime_comes_back_as_the_same_moment_in_utc(moment: datetime) -> None:
    pb = Timestamp()
    try:
        convert.write_timestamp(pb, moment)
    except OverflowError:
        pytest.fail("every aware datetime fits")
    again = convert.read_timestamp(pb)
    assert again == moment
    assert again.tzinfo is timezone.utc


@given(st.datetimes(timezones=st.just(timezone.utc)))
def test_a_datetime_is_stored_as_protobuf_stores_it(moment: datetime) -> None:
    ours, theirs = Timestamp(), Timestamp()
    convert.write_timestamp(ours, moment)
    theirs.FromDatetime(moment)
    assert ours == theirs


@given(st.timedeltas(timedelta(days=-3_652_500), timedelta(days=3_652_500)))
def test_a_timedelta_comes_back_and_is_stored_as_protobuf_stores_it(span: timedelta) -> None:
    ours, theirs = Duration(), Duration()
    convert.write_duration(ours, span)
    theirs.FromTimedelta(span)
    assert ours == theirs
    assert convert.read_duration(ours) == span


def test_nanoseconds_are_cut() -> None:
    assert convert.read_timestamp(Timestamp(seconds=1, nanos=1999)).microsecond == 1
    assert convert.read_duration(Duration(nanos=-1999)) == timedelta(microseconds=-1)


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        convert.write_timestamp(Timestamp(), datetime(2026, 1, 1))


@pytest.mark.parametrize("seconds", [2**62, -(2**62)])
def test_a_time_that_python_cannot_hold_is_an_overflow(seconds: int) -> None:
    with pytest.raises(OverflowError):
        convert.read_timestamp(Timestamp(seconds=seconds))
    with pytest.raises(OverflowError):
        convert.read_duration(Duration(seconds=seconds))


@given(json_values)
def test_json_values_come_back(value: JsonValue) -> None:
    pb = Value()
    convert.write_value(pb, value)
    again = convert.read_value(pb)
    assert again == value
    twin = Value()
    convert.write_value(twin, again)
    assert twin.SerializeToString(deterministic=True) == pb.SerializeToString(deterministic=True)


def test_whole_numbers_are_ints_where_that_is_exact() -> None:
    numbers: list[JsonInput] = [1.0, 1.5, -0.0, 2.0**60, math.inf]
    pb = ListValue()
    convert.write_list(pb, numbers)
    assert [repr(item) for item in convert.read_list(pb)] == [
        "1",
        "1.5",
        "-0.0",
        repr(2.0**60),
        "inf",
    ]


def test_an_empty_struct_counts_as_set() -> None:
    value = Value()
    convert.write_struct(value.struct_value, {})
    assert value.WhichOneof("kind") == "struct_value"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": object()}, "plain JSON values, not object"),
        ({1: "a"}, "text keys, not int"),
        ({"a": b"x"}, "plain JSON values, not bytes"),
        ([1], "mapping of JSON values, not list"),
    ],
)
def test_what_is_not_json_is_refused(value: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        convert.write_struct(Struct(), value)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [2**53, -(2**53)])
def test_a_struct_holds_every_integer_that_a_float_does(number: int) -> None:
    struct = Struct()
    convert.write_struct(struct, {"a": [number]})
    assert convert.read_struct(struct) == {"a": [number]}


@pytest.mark.parametrize("number", [2**53 + 1, -(2**53) - 1, 2**60, 10**400])
def test_an_integer_that_a_struct_would_round_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="no whole number beyond 2\\*\\*53"):
        convert.write_struct(Struct(), {"a": [{"b": number}]})
    with pytest.raises(ValueError, match=r"TaskTemplate.custom must hold no whole number"):
        TaskTemplate.from_bytes(b"").replace(custom={"a": number})


def test_text_is_not_a_list() -> None:
    with pytest.raises(TypeError, match="list of JSON values, not str"):
        convert.write_list(ListValue(), "abc")
