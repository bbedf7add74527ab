"""Literals in a few words, for people to look at; nothing is converted or fetched."""

from __future__ import annotations

from flytebind._transfer.uris import public
from flytebind.models.core.literals import Literal, Primitive, Scalar
from flytebind.models.core.types import BlobType

_LONGEST = 60


def brief(literal: Literal, longest: int = _LONGEST) -> str:
    """One short line about a literal, of so many characters at most."""
    while literal.scalar is not None and literal.scalar.union is not None:
        literal = literal.scalar.union.value
    text = _of_literal(literal, longest)
    if not text.isprintable():  # a terminal would obey what it should show
        text = repr(text)[1:-1]
    return text if len(text) <= longest else text[: longest - 3] + "..."


def _of_literal(literal: Literal, longest: int) -> str:
    match literal.which_value:
        case "scalar", scalar:
            return _of_scalar(scalar, longest)
        case "collection", collection:
            return f"<list of {len(collection.literals)}>"
        case "map", literal_map:
            return f"<map of {len(literal_map.literals)}>"
        case "offloaded_metadata", metadata:
            return f"<{metadata.size_bytes} bytes at {public(metadata.uri)}>"
        case _:
            return "<empty>"


def _of_scalar(scalar: Scalar, longest: int) -> str:
    if scalar._pb.HasField("generic"):  # which_value would convert all of it
        return f"<struct of {len(scalar._pb.generic.fields)}>"
    try:
        match scalar.which_value:
            case "primitive", primitive:
                return _of_primitive(primitive, longest)
            case "none_type", _:
                return "None"
            case "binary", binary:
                return f"<{len(binary.value)} bytes of {binary.tag or 'unknown format'}>"
            case "blob", blob:
                single = blob.metadata.type.dimensionality == BlobType.BlobDimensionality.SINGLE
                return f"<{'file' if single else 'directory'} at {public(blob.uri)}>"
            case "schema", table:
                return f"<table at {public(table.uri)}>"
            case "structured_dataset", dataset:
                return f"<table at {public(dataset.uri)}>"
            case "error", error:
                return f"<error: {error.message}>"
            case _:
                return "<empty>"
    except OverflowError:
        return "<out of range>"


def _of_primitive(primitive: Primitive, longest: int) -> str:
    match primitive.which_value:
        case "string_value", text:
            return repr(text[:longest])
        case "datetime" | "duration", value:
            return str(value)
        case None:
            return "<empty>"
        case _, value:
            return repr(value)
