from __future__ import annotations

from flyteidl.core.types_pb2 import (
    LiteralType,
    SimpleType,
    StructuredDatasetType,
    UnionType,
)

from flytebind.sandbox._literal_types import type_name

INTEGER = LiteralType(simple=SimpleType.INTEGER)
NONE = LiteralType(simple=SimpleType.NONE)


def list_of(inner: LiteralType) -> LiteralType:
    return LiteralType(collection_type=inner)


def map_of(inner: LiteralType) -> LiteralType:
    return LiteralType(map_value_type=inner)


def union(*variants: LiteralType) -> LiteralType:
    return LiteralType(union_type=UnionType(variants=variants))


def dataset(format: str = "", **columns: LiteralType) -> LiteralType:
    return LiteralType(
        structured_dataset_type=StructuredDatasetType(
            format=format,
            columns=[
                StructuredDatasetType.DatasetColumn(name=name, literal_type=kind)
                for name, kind in columns.items()
            ],
        )
    )


def test_messages_name_types_in_a_few_words() -> None:
    nested = list_of(map_of(union(INTEGER, NONE)))
    assert type_name(nested) == "list of map of integer | none"
    assert type_name(dataset()) == "structured dataset"
    assert type_name(LiteralType()) == "nothing"
    assert type_name(None) == "nothing"


def test_a_simple_type_of_the_future_is_named_by_its_number() -> None:
    assert type_name(LiteralType.FromString(b"\x08\xe7\x07")) == "simple type 999"
