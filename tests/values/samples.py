"""Literals and types for tests, in few words."""

from __future__ import annotations

from importlib import import_module

from flytebind.models.core.interface import Variable
from flytebind.models.core.literals import (
    Binary,
    Blob,
    BlobMetadata,
    Literal,
    LiteralCollection,
    LiteralMap,
    LiteralOffloadedMetadata,
    Primitive,
    Scalar,
    StructuredDataset,
    Union,
    Void,
)
from flytebind.models.core.types import (
    BlobType,
    LiteralType,
    SimpleType,
    TypeAnnotation,
    UnionType,
)

NONE = LiteralType(simple=SimpleType.NONE)
INTEGER = LiteralType(simple=SimpleType.INTEGER)
FLOAT = LiteralType(simple=SimpleType.FLOAT)
STRING = LiteralType(simple=SimpleType.STRING)
BOOLEAN = LiteralType(simple=SimpleType.BOOLEAN)
DATETIME = LiteralType(simple=SimpleType.DATETIME)
DURATION = LiteralType(simple=SimpleType.DURATION)
BINARY = LiteralType(simple=SimpleType.BINARY)
ERROR = LiteralType(simple=SimpleType.ERROR)
STRUCT = LiteralType(
    simple=SimpleType.STRUCT,
    annotation=TypeAnnotation({"cache-key-metadata": {"serialization-format": "msgpack"}}),
)
#: As flytekit before 1.14 declares it.
OLD_STRUCT = LiteralType(simple=SimpleType.STRUCT)

SINGLE = BlobType.BlobDimensionality.SINGLE
MULTIPART = BlobType.BlobDimensionality.MULTIPART

NOTHING = Literal(scalar=Scalar(none_type=Void()))


def list_type(item: LiteralType) -> LiteralType:
    return LiteralType(collection_type=item)


def map_type(item: LiteralType) -> LiteralType:
    return LiteralType(map_value_type=item)


def union_type(*variants: LiteralType) -> LiteralType:
    return LiteralType(union_type=UnionType(variants))


def blob_type(blob_format: str, dimensionality: BlobType.BlobDimensionality) -> LiteralType:
    return LiteralType(blob=BlobType(blob_format, dimensionality))


def variable(literal_type: LiteralType) -> Variable:
    return Variable(literal_type, "")


def integer(value: int) -> Literal:
    return Literal(scalar=Scalar(primitive=Primitive(integer=value)))


def floating(value: float) -> Literal:
    return Literal(scalar=Scalar(primitive=Primitive(float_value=value)))


def string(value: str) -> Literal:
    return Literal(scalar=Scalar(primitive=Primitive(string_value=value)))


def collection(*items: Literal) -> Literal:
    return Literal(collection=LiteralCollection(items))


def mapping(**items: Literal) -> Literal:
    return Literal(map=LiteralMap(items))


def binary(value: bytes, tag: str = "msgpack") -> Literal:
    return Literal(scalar=Scalar(binary=Binary(value, tag)))


def packed(value: object) -> Literal:
    data = import_module("msgpack").packb(value)  # mypy would miss its types
    return binary(data)


def unioned(value: Literal, stored_type: LiteralType) -> Literal:
    return Literal(scalar=Scalar(union=Union(value, stored_type)))


def blob(uri: str, blob_format: str, dimensionality: BlobType.BlobDimensionality) -> Literal:
    metadata = BlobMetadata(BlobType(blob_format, dimensionality))
    return Literal(scalar=Scalar(blob=Blob(metadata, uri)))


def dataset(uri: str) -> Literal:
    return Literal(scalar=Scalar(structured_dataset=StructuredDataset(uri)))


def offloaded(uri: str, size: int = 0, inferred_type: LiteralType | None = None) -> Literal:
    return Literal(
        offloaded_metadata=LiteralOffloadedMetadata(
            uri=uri, size_bytes=size, inferred_type=inferred_type
        )
    )


def inside(field: int, message: bytes) -> bytes:
    """The bytes of a message that has another one in a field, however deep that is."""
    size, length = len(message), bytearray()
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    return bytes([field << 3 | 2, *length, size]) + message
