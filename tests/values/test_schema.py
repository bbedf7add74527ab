"""Dataclasses and models against the JSON schemas that flytekit declares them with.

``schemas.json`` has what flytekit 1.16.31 made of a dataclass and of a pydantic model that refers
to itself: their schemas, and values of them as it packs them.
"""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flytebind.models.core.types import LiteralType, SimpleType
from flytebind.remote.errors import FlyteValueError
from flytebind.values import RemoteDirectory, RemoteFile, RemoteTable, to_literal
from flytebind.values._mismatch import Mismatch
from flytebind.values._packed import unpack
from flytebind.values._schema import check
from tests.values import samples as s

WRITTEN: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "schemas.json").read_bytes()
)
OUTER, MODEL = (WRITTEN[name]["schema"] for name in ("Outer", "Model"))
DATACLASS = LiteralType(simple=SimpleType.STRUCT, metadata=OUTER)

GOOD: dict[str, object] = {
    "i": {"a": 1},
    "n": 2,
    "flag": True,
    "color": "red",
    "f": RemoteFile("s3://b/f"),
    "d": RemoteDirectory("s3://b/d"),
    "u": "x",
}


@dataclass
class Inner:
    a: int
    c: int = 3


@pytest.mark.parametrize("name", WRITTEN)
def test_what_flytekit_packs_fits_what_it_declares(name: str) -> None:
    for packed in WRITTEN[name]["packed"]:
        check(unpack(b64decode(packed)), WRITTEN[name]["schema"])


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"u": 3},
        {"n": 2.5},
        {"o": None},
        {"o": {"a": 1, "b": None}},
        {"l": [{"a": 1}, {"a": 2, "b": "x"}], "m": {"k": {"a": 1}}, "im": {1: 2.0}},
        {"t": (1, "a"), "by": b"x", "sd": RemoteTable("s3://b/t", "parquet")},
        {"i": {"a": 3.0}},
    ],
)
def test_dicts_that_fit_are_taken(change: dict[str, object]) -> None:
    assert to_literal({**GOOD, **change}, DATACLASS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"i": {"a": "x"}}, r"^x\.i\.a: expected int, got str \('x'\)"),
        ({"i": {}}, r"^x\.i: Inner needs 'a'"),
        ({"i": {"a": 1, "bb": 2}}, r"^x\.i: Inner has no 'bb'; did you mean 'b'"),
        ({"i": Inner(1)}, r"^x\.i: Inner has no 'c'"),
        ({"n": "2"}, r"^x\.n: expected float, got str"),
        ({"n": True}, r"^x\.n: expected float, got bool"),
        ({"flag": 1}, r"^x\.flag: expected bool, got int"),
        ({"color": "green"}, r"^x\.color: expected one of 'red', 'blue', got str \('green'\)"),
        ({"u": 2.5}, r"^x\.u: expected int \| str, got float"),
        ({"u": None}, r"^x\.u: expected int \| str, got None"),
        ({"l": {"a": 1}}, r"^x\.l: expected list, got dict"),
        ({"l": [{"a": 1}, {"a": None}]}, r"^x\.l\[1\]\.a: expected int, got None"),
        ({"m": {"k": {"a": "x"}}}, r"^x\.m\['k'\]\.a: expected int"),
        ({"o": {"a": "x"}}, r"^x\.o\.a: expected int, got str"),
        ({"o": 3}, r"^x\.o: expected Inner \| None, got int"),
        ({"t": ["a", 1]}, r"^x\.t\[0\]: expected int, got str"),
        ({"extra": 1}, "^x: Outer has no 'extra'"),
    ],
)
def test_dicts_that_do_not_fit_are_refused_where_they_do_not(
    change: dict[str, object], message: str
) -> None:
    with pytest.raises(FlyteValueError, match=message):
        to_literal({**GOOD, **change}, DATACLASS, path="x")


def test_what_is_missing_is_named() -> None:
    with pytest.raises(FlyteValueError, match="Outer needs 'i', 'n', 'flag', 'color', 'f'"):
        to_literal({}, DATACLASS)


def test_schemas_may_refer_to_their_parts_and_to_themselves() -> None:
    check({"x": 1, "inner": [{"z": "a"}], "rec": {"x": 2, "rec": {"x": 3}}, "more": 1}, MODEL)
    for wrong, steps in (
        ({"x": 1, "inner": [{"z": 1}]}, ".inner[0].z"),
        ({"x": 1, "rec": {"x": 2, "rec": {"x": "3"}}}, ".rec.rec.x"),
        ({"x": 1, "c": "green"}, ".c"),
    ):
        with pytest.raises(Mismatch) as caught:
            check(wrong, MODEL)
        assert "".join(reversed(caught.value.steps)) == steps


def test_a_union_takes_the_variant_that_fits() -> None:
    other = LiteralType(
        simple=SimpleType.STRUCT,
        metadata={"type": "object", "properties": {"z": {"type": "integer"}}, "required": ["z"]},
    )
    union = s.union_type(DATACLASS, other)
    stored = to_literal({"z": 1}, union).to_pb().scalar.union.type
    assert LiteralType.from_pb(stored).metadata == other.metadata


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"pb_type": "a.B"},
        {"type": "object"},
        {"$ref": "#/nowhere"},
        {"$ref": "#"},
        {"$ref": "#/a", "a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}},
        {"type": ["object", "string"], "properties": 3, "required": "x", "enum": {}},
        {"type": "a new type", "properties": {"a": True}},
    ],
)
def test_what_is_not_understood_refuses_nothing(schema: dict[str, Any]) -> None:
    check({"a": 1}, schema)


def test_older_schemas_say_less_and_say_it_otherwise() -> None:
    """marshmallow's: references, whole numbers as a format, and nothing of None."""
    schema: dict[str, Any] = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "definitions": {
            "FooSchema": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "x": {"title": "x", "type": "number", "format": "integer"},
                    "y": {"title": "y", "type": ["string", "null"], "default": None},
                    "z": {"title": "z", "type": "string"},
                },
            }
        },
        "$ref": "#/definitions/FooSchema",
    }
    check({"x": 1, "y": None, "z": None}, schema)
    with pytest.raises(Mismatch, match="expected int, got float"):
        check({"x": 1.5}, schema)


def test_a_model_has_checked_itself() -> None:
    """Its schema has aliases where flytekit packs the names of fields."""

    class Model:
        def model_dump(self, mode: str) -> dict[str, object]:
            return {"x": 1}

    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"X": {"type": "integer"}},
        "required": ["X"],
    }
    declared = s.STRUCT.replace(metadata=schema)
    assert to_literal(Model(), declared) == s.packed({"x": 1})
    with pytest.raises(FlyteValueError, match="needs 'X'"):
        to_literal({"x": 1}, declared)
