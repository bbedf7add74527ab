"""Files, folders and tables inside dataclasses, where people give them by their paths and URIs.

The declared type of a dataclass says what its fields are.
"""

from __future__ import annotations

import os
from typing import cast

from flyteidl.core import literals_pb2, types_pb2

from flytebind._transfer.uris import is_uri
from flytebind.models.core.types import BlobType, StructuredDatasetType
from flytebind.values._handles import PICKLE_FORMAT
from flytebind.values._mismatch import Mismatch
from flytebind.values._stored import Uploads, write_blob, write_dataset


def has_parts(declared: types_pb2.LiteralType) -> bool:
    """Whether anything in a type is a file, a folder or a table."""
    match declared.WhichOneof("type"):
        case "blob":
            return declared.blob.format != PICKLE_FORMAT
        case "structured_dataset_type":
            return True
        case "union_type":
            return any(map(has_parts, declared.union_type.variants))
        case "collection_type":
            return has_parts(declared.collection_type)
        case "map_value_type":
            return has_parts(declared.map_value_type)
        case _:
            fields = declared.structure.dataclass_type
            return any(has_parts(fields[name]) for name in fields)


def store_parts(
    record: dict[object, object], declared: types_pb2.LiteralType, uploads: Uploads
) -> None:
    """Replace text in the place of files and tables by what flytekit has there.

    Args:
        record: The plain values of a dataclass or model.
        declared: Its type.
        uploads: What local files are uploaded with.

    Raises:
        Mismatch: If there is no such file, or it cannot be uploaded.
    """
    fields = declared.structure.dataclass_type
    for name, value in record.items():
        if isinstance(name, str) and name in fields:
            record[name] = _inside(f".{name}", value, fields[name], uploads)


def _inside(step: str, value: object, kind: types_pb2.LiteralType, uploads: Uploads) -> object:
    try:
        return _stored(value, kind, uploads)
    except Mismatch as mismatch:
        mismatch.inside(step)
        raise


def _stored(value: object, kind: types_pb2.LiteralType, uploads: Uploads) -> object:
    if kind.blob.format == PICKLE_FORMAT:
        return value  # so flytekit declares classes that it does not know; inside, these are plain
    match kind.WhichOneof("type"), value:
        case "blob", str():
            blob = literals_pb2.Blob()
            write_blob(blob, value, BlobType._wrap(kind.blob), uploads)
            return {"path": blob.uri}
        case "blob", {"path": str() as path} if not is_uri(path) and os.path.exists(path):
            return _stored(path, kind, uploads)
        case "structured_dataset_type", str():
            table = literals_pb2.StructuredDataset()
            dataset_type = StructuredDatasetType._wrap(kind.structured_dataset_type)
            write_dataset(table, value, dataset_type, uploads)
            return {
                "uri": table.uri,
                "file_format": table.metadata.structured_dataset_type.format,
            }
        case "union_type", _ if value is not None:
            variants = _others_than_none(kind)
            # Of several, text may be another one.
            return _stored(value, variants[0], uploads) if len(variants) == 1 else value
        case "collection_type", list():
            item = kind.collection_type
            return [_inside(f"[{n}]", each, item, uploads) for n, each in enumerate(value)]
        case "map_value_type", dict():
            item = kind.map_value_type
            return {k: _inside(f"[{k!r}]", each, item, uploads) for k, each in value.items()}
        case "simple", dict():
            store_parts(cast("dict[object, object]", value), kind, uploads)
    return value


def _others_than_none(union: types_pb2.LiteralType) -> list[types_pb2.LiteralType]:
    return [
        variant
        for variant in union.union_type.variants
        if variant.WhichOneof("type") != "simple" or variant.simple != types_pb2.NONE
    ]
