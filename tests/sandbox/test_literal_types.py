from __future__ import annotations

import pytest
from flyteidl.core.literals_pb2 import (
    Binary,
    Blob,
    BlobMetadata,
    Literal,
    LiteralCollection,
    LiteralMap,
    LiteralOffloadedMetadata,
    Primitive,
    Scalar,
    Schema,
    StructuredDataset,
    StructuredDatasetMetadata,
    Union,
    Void,
)
from flyteidl.core.types_pb2 import (
    BlobType,
    EnumType,
    Error,
    LiteralType,
    SchemaType,
    SimpleType,
    StructuredDatasetType,
    TypeStructure,
    UnionType,
)
from google.protobuf.struct_pb2 import Struct

from flytebind.sandbox.literal_types import castable, optional, type_name, type_of

INTEGER = LiteralType(simple=SimpleType.INTEGER)
STRING = LiteralType(simple=SimpleType.STRING)
NONE = LiteralType(simple=SimpleType.NONE)
STRUCT = LiteralType(simple=SimpleType.STRUCT)
COLOUR = LiteralType(enum_type=EnumType(values=["red", "blue"]))
ONE = Literal(scalar=Scalar(primitive=Primitive(integer=1)))
WORD = Literal(scalar=Scalar(primitive=Primitive(string_value="one")))
NOTHING = Literal(scalar=Scalar(none_type=Void()))
CSV = BlobType(format="csv")
WHOLE = SchemaType.SchemaColumn.SchemaColumnType.INTEGER
TEXT = SchemaType.SchemaColumn.SchemaColumnType.STRING


def list_of(inner: LiteralType) -> LiteralType:
    return LiteralType(collection_type=inner)


def map_of(inner: LiteralType) -> LiteralType:
    return LiteralType(map_value_type=inner)


def union(*variants: LiteralType) -> LiteralType:
    return LiteralType(union_type=UnionType(variants=variants))


def literals(*items: Literal) -> Literal:
    return Literal(collection=LiteralCollection(literals=items))


def tagged(tag: str) -> LiteralType:
    return LiteralType(simple=SimpleType.INTEGER, structure=TypeStructure(tag=tag))


def schema(**columns: SchemaType.SchemaColumn.SchemaColumnType.ValueType) -> LiteralType:
    column = SchemaType.SchemaColumn
    return LiteralType(
        schema=SchemaType(columns=[column(name=name, type=kind) for name, kind in columns.items()])
    )


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


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        (ONE, INTEGER),
        (Literal(scalar=Scalar(primitive=Primitive(boolean=False))), "boolean"),
        (Literal(scalar=Scalar(blob=Blob(metadata=BlobMetadata(type=CSV)))), "blob"),
        (Literal(scalar=Scalar(binary=Binary(value=b"x"))), "binary"),
        (Literal(scalar=Scalar(binary=Binary(tag="msgpack"))), STRUCT),
        (Literal(scalar=Scalar(generic=Struct())), STRUCT),
        (Literal(scalar=Scalar(error=Error())), "error"),
        (NOTHING, NONE),
        (Literal(scalar=Scalar(schema=Schema(type=SchemaType()))), schema()),
        (
            Literal(
                scalar=Scalar(
                    structured_dataset=StructuredDataset(
                        metadata=StructuredDatasetMetadata(
                            structured_dataset_type=StructuredDatasetType(format="csv")
                        )
                    )
                )
            ),
            dataset("csv"),
        ),
        (Literal(scalar=Scalar(union=Union(value=ONE, type=INTEGER))), union(INTEGER)),
        (literals(), list_of(NONE)),
        (literals(ONE, ONE), list_of(INTEGER)),
        (literals(ONE, WORD), list_of(union(INTEGER, STRING))),
        (literals(literals(), literals(ONE)), list_of(list_of(INTEGER))),
        (literals(literals()), list_of(list_of(NONE))),
        (Literal(map=LiteralMap(literals={"a": WORD})), map_of(STRING)),
        (
            Literal(offloaded_metadata=LiteralOffloadedMetadata(inferred_type=list_of(STRING))),
            list_of(STRING),
        ),
    ],
)
def test_a_value_tells_its_type(literal: Literal, expected: LiteralType | str) -> None:
    found = type_of(literal)
    assert (type_name(found) if isinstance(expected, str) else found) == expected


def test_a_value_that_holds_nothing_has_no_type() -> None:
    assert type_of(Literal()) is None
    assert type_of(Literal(scalar=Scalar())) is None


@pytest.mark.parametrize(
    ("given", "wanted", "fits"),
    [
        (INTEGER, INTEGER, True),
        (INTEGER, STRING, False),
        (INTEGER, LiteralType(simple=SimpleType.INTEGER, metadata=Struct()), True),
        (NONE, NONE, True),
        (INTEGER, NONE, False),
        (NONE, INTEGER, False),
        (STRING, COLOUR, True),
        (COLOUR, STRING, True),
        (INTEGER, COLOUR, False),
        (COLOUR, INTEGER, False),
        (tagged("a"), tagged("a"), True),
        (tagged("a"), tagged("b"), False),
        (INTEGER, tagged("b"), True),
        (LiteralType(blob=CSV), LiteralType(blob=CSV), True),
        (LiteralType(blob=CSV), LiteralType(blob=BlobType(format="png")), False),
        (list_of(INTEGER), list_of(INTEGER), True),
        (list_of(INTEGER), list_of(STRING), False),
        (list_of(NONE), list_of(STRING), True),
        (INTEGER, list_of(INTEGER), False),
        (map_of(INTEGER), map_of(INTEGER), True),
        (map_of(NONE), map_of(INTEGER), True),
        (map_of(STRING), map_of(INTEGER), False),
        (map_of(INTEGER), list_of(INTEGER), False),
        (INTEGER, union(INTEGER, NONE), True),
        (STRING, union(INTEGER, NONE), False),
        (STRING, union(STRING, COLOUR), False),
        (union(INTEGER, NONE), union(NONE, STRING, INTEGER), True),
        (union(INTEGER, STRING), union(INTEGER, NONE), False),
        (union(INTEGER), INTEGER, True),
        (union(INTEGER, STRING), INTEGER, False),
        (schema(), schema(a=WHOLE), True),
        (schema(a=WHOLE, b=TEXT), schema(a=WHOLE), True),
        (schema(a=TEXT), schema(a=WHOLE), False),
        (schema(b=WHOLE), schema(a=WHOLE), False),
        (schema(a=WHOLE), dataset(a=INTEGER), True),
        (schema(a=WHOLE), dataset("csv"), False),
        (dataset("parquet", a=INTEGER), schema(a=WHOLE), True),
        (dataset("csv"), schema(), False),
        (dataset("csv"), dataset("CSV"), True),
        (dataset("csv"), dataset("parquet"), False),
        (dataset("csv"), dataset(), True),
        (dataset(a=INTEGER), dataset(a=STRING), False),
        (NONE, dataset(), True),
        (NONE, schema(), False),
        (INTEGER, dataset(), False),
    ],
)
def test_values_go_where_their_type_fits(
    given: LiteralType, wanted: LiteralType, fits: bool
) -> None:
    assert castable(given, wanted) is fits


def test_only_a_union_with_none_may_be_left_out() -> None:
    assert optional(union(INTEGER, NONE))
    assert not optional(union(INTEGER, STRING))
    assert not optional(INTEGER)


def test_messages_name_types_in_a_few_words() -> None:
    nested = list_of(map_of(union(INTEGER, NONE)))
    assert type_name(nested) == "list of map of integer | none"
    assert type_name(dataset()) == "structured dataset"
    assert type_name(LiteralType()) == "nothing"
    assert type_name(None) == "nothing"
