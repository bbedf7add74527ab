"""Flyte's types as Python programmers would call them."""

from __future__ import annotations

from collections.abc import Mapping

from flytebind.models.core.types import BlobType, LiteralType, SimpleType
from flytebind.values._handles import PICKLE_FORMAT
from flytebind.values._messages import message_type

_PYTHON_NAMES = {
    SimpleType.NONE: "None",
    SimpleType.INTEGER: "int",
    SimpleType.FLOAT: "float",
    SimpleType.STRING: "str",
    SimpleType.BOOLEAN: "bool",
    SimpleType.DATETIME: "datetime",
    SimpleType.DURATION: "timedelta",
    SimpleType.BINARY: "bytes",
    SimpleType.ERROR: "Error",
    SimpleType.STRUCT: "dict",
}


def simple_name(simple: SimpleType) -> str:
    """The Python type for a simple type."""
    return _PYTHON_NAMES.get(simple, simple.name)


def type_name(literal_type: LiteralType) -> str:
    """A type as Python programmers would call it: ``list[int] | None``."""
    match literal_type.which_type:
        case "simple", SimpleType.STRUCT:
            return struct_name(literal_type.metadata)
        case "simple", simple:
            return simple_name(simple)
        case "collection_type", item_type:
            return f"list[{type_name(item_type)}]"
        case "map_value_type", item_type:
            return f"dict[str, {type_name(item_type)}]"
        case "union_type", union:
            return " | ".join(map(type_name, union.variants))
        case "enum_type", enum_type:
            return f"one of {', '.join(map(repr, enum_type.values))}"
        case "blob", blob:
            return blob_name(blob)
        case "schema" | "structured_dataset_type", _:
            return "RemoteTable"
        case _:
            return "value of an unknown type"


def struct_name(schema: Mapping[str, object] | None) -> str:
    """The class that a STRUCT stands for, as far as its schema tells; else ``dict``."""
    title = (schema or {}).get("title") or message_type(schema).rpartition(".")[2]
    return title if isinstance(title, str) and title else simple_name(SimpleType.STRUCT)


def blob_name(blob_type: BlobType) -> str:
    """The handle for a type of blobs."""
    if blob_type.dimensionality == BlobType.BlobDimensionality.MULTIPART:
        return "RemoteDirectory"
    return "RemotePickle" if blob_type.format == PICKLE_FORMAT else "RemoteFile"
