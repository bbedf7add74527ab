"""Values that were made to break us: none gives anything but an error of ours."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from flyteidl.core import literals_pb2, types_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from flytebind.models.core.literals import Literal, Scalar
from flytebind.models.core.types import LiteralType
from flytebind.remote.errors import FlyteDataError, FlyteValueError
from flytebind.values import LiteralsResolver, to_literal, to_native, to_type
from tests.values import samples as s

DEPTH = 10_000


def nested_literal(kind: str) -> Literal:
    """One in another, without the limits of the wire."""
    root = literals_pb2.Literal()
    inner = root
    for _ in range(DEPTH):
        if kind == "collection":
            inner = inner.collection.literals.add()
        elif kind == "map":
            inner = inner.map.literals["a"]
        else:
            inner = inner.scalar.union.value
    inner.scalar.primitive.integer = 1
    return Literal._wrap(root)


def nested_list() -> list[Any]:
    made: list[Any] = []
    for _ in range(DEPTH):
        made = [made]
    return made


@pytest.mark.parametrize("kind", ["collection", "map"])
def test_what_nests_too_deeply_is_an_error(kind: str) -> None:
    literal = nested_literal(kind)
    with pytest.raises(FlyteValueError, match="nested too deeply"):
        to_native(literal)
    for hint in (object, list[object], dict[str, Any]):
        with pytest.raises(FlyteValueError, match=r"nested too deeply|expected "):
            to_type(literal, hint)
    resolver = LiteralsResolver({"a": literal}, dict)
    assert repr(resolver)
    with pytest.raises(FlyteValueError, match="nested too deeply"):
        resolver["a"]


def test_unions_may_wrap_each_other_as_often_as_they_like() -> None:
    literal = nested_literal("union")
    assert to_native(literal) == 1
    assert to_type(literal, int) == 1
    resolver = LiteralsResolver({"a": literal}, dict)
    assert repr(resolver)
    assert resolver["a"] == 1


def test_a_struct_that_nests_too_deeply_is_an_error() -> None:
    root = literals_pb2.Literal()
    inner = root.scalar.generic
    for _ in range(DEPTH):
        inner = inner.fields["a"].struct_value
    literal = Literal._wrap(root)
    assert "struct of 1" in repr(LiteralsResolver({"a": literal}))
    for hint in (object, dict[str, object]):
        with pytest.raises(FlyteValueError, match="nested too deeply"):
            to_type(literal, hint)


def test_a_type_that_nests_too_deeply_is_an_error() -> None:
    root = types_pb2.LiteralType()
    inner = root
    for _ in range(DEPTH):
        inner = inner.union_type.variants.add()
    deep = LiteralType._wrap(root)
    with pytest.raises(FlyteValueError, match="nested too deeply"):
        to_literal(1, deep)
    with pytest.raises(FlyteValueError, match="nested too deeply"):
        to_native(s.integer(1), deep)


@pytest.mark.parametrize("literal_type", [s.STRUCT, s.map_type(s.STRUCT), s.STRING])
def test_python_values_that_nest_too_deeply_are_an_error(literal_type: LiteralType) -> None:
    with pytest.raises(FlyteValueError, match=r"nested too deeply|expected str"):
        to_literal({"a": {"b": nested_list()}}, literal_type)


def test_python_values_that_contain_themselves_are_an_error() -> None:
    mapping: dict[str, Any] = {}
    mapping["a"] = [mapping]
    with pytest.raises(FlyteValueError, match="contains itself"):
        to_literal(mapping, s.STRUCT)
    with pytest.raises(FlyteValueError, match=r"^value\['a'\]: expected int, got list"):
        to_literal(mapping, s.map_type(s.INTEGER))


@pytest.mark.parametrize("item_type", [s.INTEGER, s.STRUCT])
def test_depth_that_python_takes_but_msgpack_does_not_is_an_error(item_type: LiteralType) -> None:
    value: Any = []
    for _ in range(1500):
        value = [value]
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    try:
        with pytest.raises(FlyteValueError, match=r"recursion limit exceeded|expected int"):
            to_literal([{"a": value}], s.list_type(item_type))
    finally:
        sys.setrecursionlimit(limit)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"\x92\x01",
        b"\x01\x01",
        b"\xa5abc",
        b"\xa1\xff",
        b"\xa3\xed\xa0\x80",
        b"\xd4\x05\x01",
        b"\xc7\x0c\xff\0\0\0\0\x40" + b"\0" * 7,
        b"\x82\x01\x02\x01\x03",
        b"\x82\xc3\x02\x01\x03",
        b"\x81\x91\x01\x02",
        b"\x81\x80\x02",
        b"\xdd\xff\xff\xff\xff\x01",
        b"\xdf\xff\xff\xff\xff\x01\x01",
        b"\xc6\xff\xff\xff\xff\x01",
        b"\xdb\xff\xff\xff\xff\x01",
        b"\x91" * DEPTH + b"\xc0",
        b"\x81\x01" * DEPTH + b"\xc0",
    ],
    ids=lambda data: data[:12].hex(),
)
def test_bad_messagepack_is_an_error(data: bytes) -> None:
    with pytest.raises(FlyteValueError, match=r"^x\[0\]: not valid MessagePack: ."):
        to_native(s.collection(s.binary(data)), path="x")


def test_messagepack_that_nests_too_deeply_for_us_is_an_error() -> None:
    literal = s.binary(b"\x91" * 1000 + b"\xc0")
    with pytest.raises(FlyteValueError, match="nested too deeply"):
        to_type(literal, list[object])


@pytest.mark.parametrize("seconds", [-62_135_596_801, 253_402_300_800, 2**63 - 1, -(2**63)])
def test_times_that_python_cannot_hold_are_an_error(seconds: int) -> None:
    primitive = literals_pb2.Primitive(datetime=Timestamp(seconds=seconds))
    literal = Literal._wrap(literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=primitive)))
    with pytest.raises(FlyteValueError, match="a time that Python cannot hold"):
        to_type(literal, object)
    resolver = LiteralsResolver({"a": literal})
    assert "out of range" in repr(resolver)
    with pytest.raises(FlyteValueError, match="a time that Python cannot hold"):
        resolver["a"]


@pytest.mark.parametrize("seconds", [2**63 - 1, -(2**63)])
def test_durations_that_python_cannot_hold_are_an_error(seconds: int) -> None:
    primitive = literals_pb2.Primitive(duration=Duration(seconds=seconds))
    literal = Literal._wrap(literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=primitive)))
    with pytest.raises(FlyteValueError, match="a time that Python cannot hold"):
        to_native(literal, s.DURATION)


def test_a_negative_part_of_a_second_is_a_time_before() -> None:
    primitive = literals_pb2.Primitive(datetime=Timestamp(seconds=1, nanos=-500_000_000))
    literal = Literal._wrap(literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=primitive)))
    assert str(to_native(literal)) == "1970-01-01 00:00:00.500000+00:00"


def test_a_wrong_variant_changes_nothing_that_the_literal_says() -> None:
    declared = s.union_type(s.INTEGER, s.NONE)
    assert to_native(s.unioned(s.string("x"), s.INTEGER), declared) == "x"
    with pytest.raises(FlyteValueError, match="expected int, got str"):
        to_type(s.unioned(s.string("x"), s.INTEGER), int)


def test_numbers_without_a_value_stay_what_they_are() -> None:
    literal = Literal(scalar=Scalar(generic={"a": [float("nan"), float("-inf")]}))
    assert repr(to_native(literal)) == "{'a': [nan, -inf]}"
    assert repr(to_native(to_literal(float("nan"), s.FLOAT))) == "nan"
    with pytest.raises(FlyteValueError, match="expected int, got float"):
        to_type(s.floating(float("inf")), int)


def test_a_literal_that_leads_back_to_itself_is_an_error() -> None:
    literal = s.collection(s.offloaded("s3://b/k"))
    with pytest.raises((FlyteDataError, FlyteValueError), match="contains itself"):
        to_native(literal, load=lambda _: literal)


class Rude:
    def __repr__(self) -> str:
        raise ValueError("no")


def test_values_that_refuse_to_be_shown_are_named_by_their_type() -> None:
    with pytest.raises(FlyteValueError, match="expected int, got Rude"):
        to_literal(Rude(), s.INTEGER)


def test_a_long_list_is_fine() -> None:
    literal = to_literal(list(range(100_000)), s.list_type(s.INTEGER))
    assert to_type(literal, list[int]) == list(range(100_000))
    literal = to_literal(["x"] * 100_000, s.list_type(s.STRING))
    with pytest.raises(FlyteValueError, match=r"^literal\[0\]: expected int, got str"):
        to_type(literal, list[int])
