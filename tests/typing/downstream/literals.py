"""Reading and building literals: views, nested optionals, plain JSON values."""

from collections.abc import ItemsView, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from typing_extensions import assert_type

from flytebind.models import literals
from flytebind.models.core.types import BlobType, LiteralType, SchemaType, StructuredDatasetType
from flytebind.models.literals import (
    Binding,
    BindingData,
    Literal,
    LiteralCollection,
    LiteralMap,
    Primitive,
    Scalar,
)
from flytebind.runtime.typing import JsonObject


def after_narrowing(outputs: LiteralMap) -> None:
    literal = outputs.literals["a"]
    assert_type(literal, Literal)
    assert_type(literal.scalar, Scalar | None)
    if literal.scalar and literal.scalar.primitive:
        assert_type(literal.scalar.primitive.integer, int | None)
        assert_type(literal.scalar.primitive.float_value, float | None)
        assert_type(literal.scalar.primitive.boolean, bool | None)
        assert_type(literal.scalar.primitive.datetime, datetime | None)
        assert_type(literal.scalar.primitive.duration, timedelta | None)
        if (integer := literal.scalar.primitive.integer) is not None:
            assert_type(integer + 1, int)
    assert_type(literal.hash, str)


def a_map_is_a_mapping(outputs: LiteralMap) -> None:
    assert_type(outputs.literals, Mapping[str, Literal])
    assert_type(outputs.literals.get("a"), Literal | None)
    assert_type("a" in outputs.literals, bool)
    assert_type(outputs.literals.items(), ItemsView[str, Literal])
    assert_type({name: value.hash for name, value in outputs.literals.items()}, dict[str, str])
    assert_type(len(outputs.literals), int)


def a_repeated_field_is_a_sequence(collection: LiteralCollection) -> None:
    assert_type(collection.literals, Sequence[Literal])
    assert_type(collection.literals[0], Literal)
    assert_type(collection.literals[1:], Sequence[Literal])
    assert_type(reversed(collection.literals), Iterator[Literal])
    assert_type(sorted(literal.hash for literal in collection.literals), list[str])
    first, *rest = collection.literals
    assert_type(first, Literal)
    assert_type(rest, list[Literal])


def a_struct_is_plain_json(scalar: Scalar) -> None:
    assert_type(scalar.generic, JsonObject | None)
    if scalar.generic is not None and isinstance(name := scalar.generic["name"], str):
        assert_type(name.upper(), str)


def building() -> None:
    built = literals.Literal(
        map=LiteralMap({"x": Literal(scalar=Scalar(primitive=Primitive(integer=1)))}),
        metadata={"origin": "test"},
    )
    assert_type(built, Literal)
    assert_type(Scalar(generic={"deep": [{"er": None}, (1, 2.0)]}), Scalar)
    assert_type(LiteralCollection((built, built)).literals, Sequence[Literal])
    assert_type(Binding("x", BindingData(scalar=built.scalar)).binding.scalar, Scalar | None)


def types(literal_type: LiteralType) -> None:
    assert_type(literal_type.collection_type, LiteralType | None)
    assert_type(literal_type.metadata, JsonObject | None)
    if literal_type.blob:
        assert_type(literal_type.blob.dimensionality, BlobType.BlobDimensionality)
    if literal_type.schema:
        assert_type(literal_type.schema.columns, Sequence[SchemaType.SchemaColumn])
    if literal_type.structured_dataset_type:
        columns = literal_type.structured_dataset_type.columns
        assert_type(columns[0], StructuredDatasetType.DatasetColumn)
        assert_type(columns[0].literal_type, LiteralType)
