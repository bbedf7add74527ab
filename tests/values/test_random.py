"""Random literals and values, both ways: ten thousand examples in all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, TypeAlias

from hypothesis import HealthCheck, given, settings, strategies as st

from flytebind.models.core.literals import Literal
from flytebind.models.core.types import (
    EnumType,
    LiteralType,
    SchemaType,
    StructuredDatasetType,
    TypeStructure,
)
from flytebind.remote.errors import FlyteDataError, FlyteValueError
from flytebind.values import (
    LiteralsResolver,
    RemoteDirectory,
    RemoteFile,
    RemotePickle,
    RemoteTable,
    to_literal,
    to_native,
    to_type,
)
from tests.support.strategies import messages
from tests.values import samples as s

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]
#: A type, and the values that it takes.
Typed: TypeAlias = tuple[LiteralType, st.SearchStrategy[Any]]


def _examples(number: int) -> settings:
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]  # a check of times, on any machine
    return settings(max_examples=number, suppress_health_check=slow)


_text = st.text(max_size=8)
_int64 = st.integers(-(2**63), 2**63 - 1)
_floats = st.floats(allow_nan=False) | st.just(-0.0)
_plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | _floats
    | _text
    | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text | _int64, inner, max_size=3),
    max_leaves=6,
)
_uris = _text.map("s3://b/".__add__)

_leaves: list[Typed] = [
    (s.NONE, st.none()),
    (s.INTEGER, _int64),
    (s.FLOAT, _floats),
    (s.STRING, _text),
    (s.BOOLEAN, st.booleans()),
    (
        s.DATETIME,
        st.datetimes(
            timezones=st.sampled_from([timezone.utc, timezone(timedelta(hours=9))]),
            min_value=datetime(1, 1, 2),
            max_value=datetime(9999, 12, 30),
        ),
    ),
    (s.DURATION, st.timedeltas(timedelta(days=-3_000_000), timedelta(days=3_000_000))),
    (s.BINARY, st.binary(max_size=8)),
    (s.STRUCT, st.dictionaries(_text | _int64, _plain, max_size=3)),
    (LiteralType(enum_type=EnumType(["red", "blue"])), st.sampled_from(["red", "blue"])),
    (s.blob_type("csv", s.SINGLE), _uris.map(lambda uri: RemoteFile(uri, "csv"))),
    (s.blob_type("", s.MULTIPART), _uris.map(RemoteDirectory)),
    (s.blob_type("PythonPickle", s.SINGLE), _uris.map(RemotePickle)),
    (LiteralType(schema=SchemaType([])), _uris.map(lambda uri: RemoteTable(uri, "parquet"))),
    (
        LiteralType(structured_dataset_type=StructuredDatasetType()),
        _uris.map(lambda uri: RemoteTable(uri, "csv")),
    ),
]


def _around(inner: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    lists = inner.map(lambda it: (s.list_type(it[0]), st.lists(it[1], max_size=3)))
    maps = inner.map(lambda it: (s.map_type(it[0]), st.dictionaries(_text, it[1], max_size=3)))
    unions = st.lists(inner, min_size=1, max_size=3).map(_union)
    return lists | maps | unions


def _union(variants: list[Typed]) -> Typed:
    # Two that could each take a mapping leave a choice that may lose the types of what is in it.
    loose = [pair for pair in variants if "STRUCT" in repr(pair[0])]
    variants = [pair for pair in variants if pair not in loose] + loose[:1]
    tagged = [
        variant.replace(structure=TypeStructure(f"tag {number}"))
        for number, (variant, _) in enumerate(variants)
    ]
    return s.union_type(*tagged), st.one_of([values for _, values in variants])


_types = st.recursive(st.sampled_from(_leaves), _around, max_leaves=4)


@st.composite
def _pairs(draw: Draw) -> tuple[LiteralType, object]:
    literal_type, values = draw(_types)
    return literal_type, draw(values)


@_examples(3000)
@given(_pairs(), _types)
def test_every_value_comes_back_equal_from_its_literal(
    pair: tuple[LiteralType, object], other: Typed
) -> None:
    literal_type, value = pair
    literal = to_literal(value, literal_type)
    assert to_native(literal, literal_type) == value
    assert to_native(Literal.from_bytes(literal.to_bytes())) == value
    assert to_type(literal, object) == value
    with suppress(FlyteValueError):  # of another type it is a value, too, or refused
        to_native(to_literal(value, other[0]), other[0])


@dataclass
class Model:
    a: int
    b: list[float] = field(default_factory=list)
    c: dict[str, Model] | None = None


_hints: st.SearchStrategy[object] = st.sampled_from(
    [
        *(int, float, str, bool, bytes, datetime, timedelta, object, RemoteFile, Literal, Model),
        *(list[int], list[Any], list[Model], dict[str, float], dict[str, Any], int | None),
    ]
)

_literals = st.recursive(
    messages(Literal).map(lambda pb: Literal.from_bytes(pb.SerializeToString()))
    | _plain.map(s.packed)
    | st.binary().map(s.binary),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: s.collection(*items))
        | st.dictionaries(_text, inner, max_size=3).map(lambda items: s.mapping(**items))
        | st.tuples(inner, _types).map(lambda pair: s.unioned(pair[0], pair[1][0]))
    ),
    max_leaves=4,
)


@_examples(2000)
@given(_literals, _types, _hints)
def test_any_literal_is_a_value_or_an_error_of_ours(
    literal: Literal, declared: Typed, hint: object
) -> None:
    resolver = LiteralsResolver({"o0": literal}, {"o0": s.variable(declared[0])}, label="outputs")
    assert repr(resolver)
    for as_type in (None, hint):
        with suppress(FlyteValueError, FlyteDataError):
            resolver.get("o0", as_type=as_type)


@_examples(5000)
@given(st.binary(max_size=40), st.sampled_from([leaf for leaf, _ in _leaves]))
def test_any_bytes_are_a_value_or_an_error_of_ours(data: bytes, literal_type: LiteralType) -> None:
    with suppress(FlyteValueError):
        to_native(s.binary(data), literal_type)
