"""Whether a value may go where a type is expected, by the rules of Flyte's compiler."""

from __future__ import annotations

from collections.abc import Iterable

from flyteidl.core.literals_pb2 import Literal, Primitive, Scalar
from flyteidl.core.types_pb2 import (
    BlobType,
    LiteralType,
    SchemaType,
    SimpleType,
    StructuredDatasetType,
    UnionType,
)

_PRIMITIVES = {
    "integer": SimpleType.INTEGER,
    "float_value": SimpleType.FLOAT,
    "string_value": SimpleType.STRING,
    "boolean": SimpleType.BOOLEAN,
    "datetime": SimpleType.DATETIME,
    "duration": SimpleType.DURATION,
}
_COLUMNS = {
    SchemaType.SchemaColumn.SchemaColumnType.INTEGER: SimpleType.INTEGER,
    SchemaType.SchemaColumn.SchemaColumnType.FLOAT: SimpleType.FLOAT,
    SchemaType.SchemaColumn.SchemaColumnType.STRING: SimpleType.STRING,
    SchemaType.SchemaColumn.SchemaColumnType.BOOLEAN: SimpleType.BOOLEAN,
    SchemaType.SchemaColumn.SchemaColumnType.DATETIME: SimpleType.DATETIME,
    SchemaType.SchemaColumn.SchemaColumnType.DURATION: SimpleType.DURATION,
}


def type_of(literal: Literal) -> LiteralType | None:
    """The type of a value, as far as it can be inferred; None when it holds nothing."""
    match literal.WhichOneof("value"):
        case "scalar":
            return type_of_scalar(literal.scalar)
        case "collection":
            return LiteralType(collection_type=_common_type(literal.collection.literals))
        case "map":
            return LiteralType(map_value_type=_common_type(literal.map.literals.values()))
        case "offloaded_metadata":
            return literal.offloaded_metadata.inferred_type
        case _:
            return None


def type_of_scalar(scalar: Scalar) -> LiteralType | None:
    """The type of a scalar; None when it holds nothing, or a file or table without its type."""
    match scalar.WhichOneof("value"):
        case "primitive":
            return LiteralType(simple=_type_of_primitive(scalar.primitive))
        case "blob":
            kind = scalar.blob.metadata
            return LiteralType(blob=kind.type) if kind.HasField("type") else None
        case "binary":
            # Dataclasses, dicts and models travel as MessagePack since flytekit 1.14.
            packed = scalar.binary.tag == "msgpack"
            return LiteralType(simple=SimpleType.STRUCT if packed else SimpleType.BINARY)
        case "schema":
            schema = scalar.schema
            return LiteralType(schema=schema.type) if schema.HasField("type") else None
        case "none_type":
            return LiteralType(simple=SimpleType.NONE)
        case "error":
            return LiteralType(simple=SimpleType.ERROR)
        case "generic":
            return LiteralType(simple=SimpleType.STRUCT)
        case "structured_dataset":
            table = scalar.structured_dataset.metadata
            if not table.HasField("structured_dataset_type"):
                return None
            return LiteralType(structured_dataset_type=table.structured_dataset_type)
        case "union":
            return LiteralType(union_type=UnionType(variants=[scalar.union.type]))
        case _:
            return None


def castable(upstream: LiteralType, downstream: LiteralType) -> bool:
    """Whether a value of type ``upstream`` is accepted where ``downstream`` is expected."""
    variants = upstream.union_type.variants
    if len(variants) == 1 and _casts(variants[0], downstream):
        return True
    return _casts(upstream, downstream)


def optional(literal_type: LiteralType) -> bool:
    """Whether a variable of this type may be left unbound: a union with a None in it."""
    return any(_is_none(variant) for variant in literal_type.union_type.variants)


def type_name(literal_type: LiteralType | None) -> str:
    """A type in a few words, for messages."""
    if literal_type is None:
        return "nothing"
    match literal_type.WhichOneof("type"):
        case "simple":
            known = SimpleType.DESCRIPTOR.values_by_number.get(literal_type.simple)
            return known.name.lower() if known else f"simple type {literal_type.simple}"
        case "collection_type":
            return f"list of {type_name(literal_type.collection_type)}"
        case "map_value_type":
            return f"map of {type_name(literal_type.map_value_type)}"
        case "union_type":
            return " | ".join(map(type_name, literal_type.union_type.variants))
        case None:
            return "nothing"
        case kind:
            return kind.removesuffix("_type").replace("_", " ")


def _type_of_primitive(primitive: Primitive) -> SimpleType.ValueType:
    return _PRIMITIVES.get(primitive.WhichOneof("value") or "", SimpleType.NONE)


def _common_type(literals: Iterable[Literal]) -> LiteralType:
    found: list[LiteralType] = []
    empty: LiteralType | None = None
    for literal in literals:
        literal_type = type_of(literal)
        if literal_type is None:
            return LiteralType()  # which fits nowhere
        if literal.WhichOneof("value") == "collection" and not literal.collection.literals:
            empty = literal_type
        elif literal_type not in found:
            found.append(literal_type)
    if len(found) > 1:
        return LiteralType(union_type=UnionType(variants=found))
    return found[0] if found else empty or LiteralType(simple=SimpleType.NONE)


def _is_none(literal_type: LiteralType) -> bool:
    return literal_type.WhichOneof("type") == "simple" and literal_type.simple == SimpleType.NONE


def _casts(upstream: LiteralType, downstream: LiteralType) -> bool:
    match downstream.WhichOneof("type"):
        case "collection_type":
            inner = upstream.collection_type
            return upstream.HasField("collection_type") and (
                _is_none(inner) or _casts(inner, downstream.collection_type)
            )
        case "map_value_type":
            inner = upstream.map_value_type
            return upstream.HasField("map_value_type") and (
                _is_none(inner) or _casts(inner, downstream.map_value_type)
            )
        case "schema" | "structured_dataset_type":
            return _tables_cast(upstream, downstream)
        case "blob":
            return upstream.HasField("blob") and _blobs_cast(upstream.blob, downstream.blob)
        case "union_type":
            return _casts_to_union(upstream, downstream.union_type)
        case _:
            return _casts_simply(upstream, downstream)


def _casts_simply(upstream: LiteralType, downstream: LiteralType) -> bool:
    if _is_none(downstream):
        return _is_none(upstream)
    if {upstream.WhichOneof("type"), downstream.WhichOneof("type")} == {"simple", "enum_type"}:
        return SimpleType.STRING in (upstream.simple, downstream.simple)
    if upstream.structure.tag not in ("", downstream.structure.tag):
        return False
    # The JSON schemas of dataclasses, where both sides have one.
    if (
        upstream.HasField("metadata")
        and downstream.HasField("metadata")
        and upstream.metadata != downstream.metadata
    ):
        return False
    return _bare(upstream) == _bare(downstream)


def _bare(literal_type: LiteralType) -> LiteralType:
    bare = LiteralType()
    bare.CopyFrom(literal_type)
    for field in ("metadata", "annotation", "structure"):
        bare.ClearField(field)
    return bare


def _casts_to_union(upstream: LiteralType, union: UnionType) -> bool:
    if upstream.HasField("union_type"):
        return all(
            any(castable(given, variant) for variant in union.variants)
            for given in upstream.union_type.variants
        )
    # More than one would be ambiguous.
    return sum(castable(upstream, variant) for variant in union.variants) == 1


def _blobs_cast(upstream: BlobType, downstream: BlobType) -> bool:
    """Files and folders accept each other; no format means any format."""
    return "" in (upstream.format, downstream.format) or upstream.format == downstream.format


def _tables_cast(upstream: LiteralType, downstream: LiteralType) -> bool:
    """Schemas and structured datasets accept each other; no columns means any columns."""
    to_dataset = downstream.HasField("structured_dataset_type")
    if to_dataset and _is_none(upstream):
        return True
    if not (upstream.HasField("schema") or upstream.HasField("structured_dataset_type")):
        return False
    formats = {_format(upstream), _format(downstream)} - {""}
    if len(formats) > 1:
        return False
    given, wanted = _columns(upstream), _columns(downstream)
    return (
        not given
        or not wanted
        or all(name in given and castable(given[name], kind) for name, kind in wanted.items())
    )


def _format(table: LiteralType) -> str:
    # A schema is always parquet, yet two schemas need not say so to each other.
    return (
        table.structured_dataset_type.format.lower()
        if table.HasField("structured_dataset_type")
        else "parquet"
    )


def _columns(table: LiteralType) -> dict[str, LiteralType]:
    if table.HasField("schema"):
        return {
            column.name: LiteralType(simple=_COLUMNS.get(column.type, SimpleType.NONE))
            for column in table.schema.columns
        }
    columns: Iterable[StructuredDatasetType.DatasetColumn] = table.structured_dataset_type.columns
    return {column.name: column.literal_type for column in columns}
