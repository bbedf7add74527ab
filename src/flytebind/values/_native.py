"""From a literal to plain Python.

The literal itself says what it holds. Its declared type refines that where it can: a whole number
of type FLOAT is a ``float``, a text packed for a DATETIME is a ``datetime``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flytebind.models.core.literals import Literal, LiteralOffloadedMetadata, Scalar
from flytebind.models.core.types import LiteralType
from flytebind.runtime.errors import FlyteDataError
from flytebind.values import _packed as packed
from flytebind.values._handles import (
    FindLinks,
    blob_handle,
    dataset_handle,
    read_through,
    schema_handle,
)
from flytebind.values._load import Load
from flytebind.values._mismatch import Mismatch, reporting
from flytebind.values._refine import refined

#: The primitives that are plain Python in protobuf, too.
_PLAIN = frozenset({"boolean", "float_value", "integer", "string_value"})


def to_native(
    literal: Literal,
    literal_type: LiteralType | None = None,
    *,
    path: str = "literal",
    load: Load | None = None,
    links: FindLinks | None = None,
) -> object:
    """A literal as a plain Python value.

    Numbers, text, flags, aware UTC datetimes, timedeltas and None are themselves; enums are text;
    lists, maps, Structs and MessagePack are lists and dicts of such; an error is the ``Error``
    model; files, directories, tables and pickles are handles. A float of type INTEGER becomes an
    ``int`` when it is whole, and is refused when it is not.

    Args:
        literal: The value.
        literal_type: What it was declared as, where that is known.
        path: How errors name it: ``outputs['o0']``.
        load: Fetches the literals that were too large to travel.
        links: Gets what signs links to files, for the handles that are made.

    Raises:
        FlyteValueError: If the literal is empty, damaged or contradicts its type.
        FlyteDataError: If it was too large to travel and cannot be fetched.
    """
    with reporting(path), read_through(links):
        return native(literal, literal_type, load)


def native(literal: Literal, literal_type: LiteralType | None, load: Load | None) -> object:
    """As ``to_native``.

    Raises:
        Mismatch: If the literal is empty, damaged or contradicts its type.
        FlyteDataError: If it was too large to travel and cannot be fetched.
    """
    literal, literal_type = unwrapped(literal, literal_type, load)
    match literal.which_value:
        case "collection", collection:
            item_type = _only(literal_type, "collection_type")
            return _native_list(collection.literals, item_type, load)
        case "map", literal_map:
            item_type = _only(literal_type, "map_value_type")
            return _native_dict(literal_map.literals, item_type, load)
        case "scalar", scalar:
            value = scalar_value(scalar, literal_type)
            return value if literal_type is None else refined(value, literal_type)
        case _:
            raise Mismatch("the literal is empty")


def opened(value: object, load: Load | None) -> object:
    """One level of a literal: its items, where it has some, are still literals.

    What is no literal is itself.

    Raises:
        Mismatch: If the literal is empty or damaged.
        FlyteDataError: If it was too large to travel and cannot be fetched.
    """
    if not isinstance(value, Literal):
        return value
    # Most are one of these, and models of each step to them would take longer than all the rest.
    pb = value._pb.scalar
    match pb.WhichOneof("value"):
        case "binary":
            return _unpacked(pb.binary.value, pb.binary.tag)
        case "primitive":
            which = pb.primitive.WhichOneof("value")
            if which in _PLAIN:
                return getattr(pb.primitive, which)
    literal, literal_type = unwrapped(value, None, load)
    match literal.which_value:
        case "scalar", scalar:
            return scalar_value(scalar, literal_type)
        case "collection", collection:
            return collection.literals
        case "map", literal_map:
            return literal_map.literals
        case _:
            raise Mismatch("the literal is empty")


def unwrapped(
    literal: Literal, literal_type: LiteralType | None, load: Load | None
) -> tuple[Literal, LiteralType | None]:
    """A literal fetched where it is elsewhere, and the value where it is a union.

    Raises:
        Mismatch: If it leads to yet another that is elsewhere.
        FlyteDataError: If it cannot be fetched.
    """
    fetched = False
    while _is_wrapped(literal):
        match literal.which_value:
            case "offloaded_metadata", metadata:
                if fetched:
                    raise Mismatch("what is stored for the literal says that it is elsewhere")
                fetched = True
                literal = _loaded(metadata, load)
                literal_type = literal_type or metadata.inferred_type
            case "scalar", scalar if scalar.union is not None:
                union = scalar.union
                stored = union.stored_type
                literal, literal_type = union.value, literal_type if stored.is_empty else stored
    return literal, literal_type


def _is_wrapped(literal: Literal) -> bool:
    pb = literal._pb
    return pb.HasField("offloaded_metadata") or (
        pb.HasField("scalar") and pb.scalar.HasField("union")
    )


def scalar_value(scalar: Scalar, literal_type: LiteralType | None = None) -> object:
    """What a scalar other than a union holds.

    Raises:
        Mismatch: If it is empty, damaged or out of Python's range.
    """
    try:
        match scalar.which_value:
            case "primitive", primitive:
                which = primitive.which_value
                if which is None:
                    raise Mismatch("the literal is empty")
                return which[1]
            case "none_type", _:
                return None
            case "binary", binary:
                return _unpacked(binary.value, binary.tag)
            case "generic", struct:
                return struct
            case "error", error:
                return error
            case "blob", blob:
                return blob_handle(blob, literal_type.blob if literal_type else None)
            case "structured_dataset", dataset:
                declared = literal_type.structured_dataset_type if literal_type else None
                return dataset_handle(dataset, declared)
            case "schema", schema:
                return schema_handle(schema)
            case _:
                raise Mismatch("the literal is empty")
    except OverflowError:  # only times have a range that is narrower in Python
        raise Mismatch("a time that Python cannot hold") from None


def type_matters(literal: Literal) -> bool:
    """Whether the declared type could change what ``to_native`` makes of a literal."""
    try:
        return _type_matters(literal)
    except RecursionError:
        return False  # to convert it will fail, whatever its type


def _type_matters(literal: Literal) -> bool:
    match literal.which_value:
        case "collection", collection:
            return any(map(_type_matters, collection.literals))
        case "map", literal_map:
            return any(map(_type_matters, literal_map.literals.values()))
        case "offloaded_metadata", metadata:
            return metadata.inferred_type is None
        case "scalar", scalar:
            return _type_matters_to_scalar(scalar)
        case _:
            return False


def _type_matters_to_scalar(scalar: Scalar) -> bool:
    if scalar.primitive is not None:
        # Not which_value: a time out of Python's range is to fail when it is converted.
        return scalar.primitive.integer is not None or scalar.primitive.float_value is not None
    if scalar.blob is not None:
        return scalar.blob.metadata.type.is_empty
    if scalar.structured_dataset is not None:
        metadata = scalar.structured_dataset.metadata
        return metadata is None or metadata.structured_dataset_type is None
    if scalar.union is not None:
        return scalar.union.stored_type.is_empty
    return scalar.binary is not None and scalar.binary.tag == packed.TAG


def _native_list(
    literals: Sequence[Literal], item_type: LiteralType | None, load: Load | None
) -> list[object]:
    made: list[object] = []
    try:
        for literal in literals:
            made.append(native(literal, item_type, load))  # noqa: PERF401
    except Mismatch as mismatch:
        mismatch.inside(f"[{len(made)}]")
        raise
    return made


def _native_dict(
    literals: Mapping[str, Literal], item_type: LiteralType | None, load: Load | None
) -> dict[str, object]:
    made: dict[str, object] = {}
    for key, literal in literals.items():
        try:
            made[key] = native(literal, item_type, load)
        except Mismatch as mismatch:
            mismatch.inside(f"[{key!r}]")
            raise
    return made


def _loaded(metadata: LiteralOffloadedMetadata, load: Load | None) -> Literal:
    if load is None:
        raise FlyteDataError(
            f"a literal of {metadata.size_bytes} bytes was too large to travel, and nothing here "
            "can fetch it; get it through a remote"
        )
    return load(metadata)


def _unpacked(data: bytes, tag: str) -> object:
    if tag == packed.TAG:
        return packed.unpack(data)
    if not tag:
        return data
    raise Mismatch(f"bytes in an unknown format {tag!r}; get_literal() has them as they are")


def _only(literal_type: LiteralType | None, kind: str) -> LiteralType | None:
    """The type of the items, where just one member of a type can be what holds them."""
    if literal_type is None:
        return None
    union = literal_type.union_type
    candidates = [literal_type] if union is None else union.variants
    found = [
        which[1]
        for which in (candidate.which_type for candidate in candidates)
        if which is not None and which[0] == kind
    ]
    only = found[0] if len(found) == 1 else None
    return only if isinstance(only, LiteralType) else None
