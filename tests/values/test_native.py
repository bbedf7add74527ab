"""Literals as plain Python values."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from flytebind.models.core.literals import (
    Blob,
    BlobMetadata,
    Literal,
    LiteralOffloadedMetadata,
    Primitive,
    Scalar,
    Schema,
    StructuredDataset,
    StructuredDatasetMetadata,
)
from flytebind.models.core.types import (
    BlobType,
    EnumType,
    Error,
    LiteralType,
    SchemaType,
    SimpleType,
    StructuredDatasetType,
)
from flytebind.remote.errors import FlyteDataError, FlyteValueError
from flytebind.values import (
    RemoteDirectory,
    RemoteFile,
    RemotePickle,
    RemoteTable,
    to_native,
    to_type,
)
from tests.values import samples as s

NOON = datetime(2026, 5, 17, 12, tzinfo=timezone.utc)
EMPTY_BLOB = BlobMetadata(BlobType("", s.SINGLE))


def kinded(value: object) -> tuple[type, object]:
    """3, 3.0 and True are equal; their types are not."""
    return type(value), value


@pytest.mark.parametrize(
    ("literal", "literal_type", "value"),
    [
        (s.integer(3), s.INTEGER, 3),
        (s.integer(3), None, 3),
        (s.integer(3), s.FLOAT, 3.0),
        (s.floating(3.5), s.FLOAT, 3.5),
        (s.floating(3.0), s.INTEGER, 3),
        (s.floating(3.0), None, 3.0),
        (s.string("x"), s.STRING, "x"),
        (s.string("red"), LiteralType(enum_type=EnumType(["red"])), "red"),
        (Literal(scalar=Scalar(primitive=Primitive(boolean=False))), s.BOOLEAN, False),
        (Literal(scalar=Scalar(primitive=Primitive(datetime=NOON))), s.DATETIME, NOON),
        (
            Literal(scalar=Scalar(primitive=Primitive(duration=timedelta(days=-9)))),
            s.DURATION,
            timedelta(days=-9),
        ),
        (s.NOTHING, s.NONE, None),
        (s.binary(b"\0\1", ""), s.BINARY, b"\0\1"),
        (Literal(scalar=Scalar(error=Error("n0", "no"))), s.ERROR, Error("n0", "no")),
        (
            Literal(scalar=Scalar(generic={"a": 1, "b": [1.5, None]})),
            s.STRUCT,
            {"a": 1, "b": [1.5, None]},
        ),
        (s.packed({1: {"a": 2}, "b": 2.0}), s.STRUCT, {1: {"a": 2}, "b": 2.0}),
    ],
)
def test_each_kind_of_scalar_has_a_native_value(
    literal: Literal, literal_type: LiteralType | None, value: object
) -> None:
    assert kinded(to_native(literal, literal_type)) == kinded(value)


def test_whole_numbers_of_a_struct_are_ints() -> None:
    value = to_native(Literal(scalar=Scalar(generic={"a": 1})))
    assert isinstance(value, dict)
    assert kinded(value["a"]) == (int, 1)


@pytest.mark.parametrize("number", [3.7, float("nan"), float("inf")])
def test_a_float_that_is_not_whole_is_no_integer(number: float) -> None:
    with pytest.raises(FlyteValueError, match=r"outputs\['o0'\]: declared as an integer"):
        to_native(s.floating(number), s.INTEGER, path="outputs['o0']")


@pytest.mark.parametrize("number", [2.0**53 + 2, -1e17, 1e300])
def test_an_integer_that_may_have_been_rounded_is_not_made_up(number: float) -> None:
    with pytest.raises(FlyteValueError, match="may have been rounded"):
        to_native(s.floating(number), s.INTEGER)
    struct = Literal(scalar=Scalar(generic={"a": number}))
    with pytest.raises(FlyteValueError, match=r"literal\['a'\]: .* may have been rounded"):
        to_type(struct, dict[str, int])
    assert to_type(struct, dict[str, float]) == {"a": number}
    assert to_native(s.floating(2.0**53), s.INTEGER) == 2**53


def test_lists_and_maps_nest_and_their_types_reach_the_items() -> None:
    literal = s.mapping(a=s.collection(s.integer(1), s.floating(2.5)), b=s.collection())
    value = to_native(literal, s.map_type(s.list_type(s.FLOAT)))
    assert value == {"a": [1.0, 2.5], "b": []}
    assert isinstance(value, dict)
    assert kinded(value["a"][0]) == (float, 1.0)


def test_an_error_in_a_list_says_where() -> None:
    literal = s.mapping(a=s.collection(s.integer(1), s.floating(2.5)))
    with pytest.raises(FlyteValueError, match=r"^x\['a'\]\[1\]: declared as an integer"):
        to_native(literal, s.map_type(s.list_type(s.INTEGER)), path="x")


def test_the_variant_of_a_union_decides() -> None:
    declared = s.union_type(s.INTEGER, s.FLOAT)
    assert kinded(to_native(s.unioned(s.integer(1), s.FLOAT), declared)) == (float, 1.0)
    assert kinded(to_native(s.unioned(s.integer(1), s.INTEGER), declared)) == (int, 1)


def test_a_union_inside_a_union_is_its_value() -> None:
    inner = s.unioned(s.integer(1), s.INTEGER)
    assert to_native(s.unioned(inner, s.union_type(s.INTEGER, s.NONE))) == 1


@pytest.mark.parametrize(
    ("literal", "variants", "value"),
    [
        (s.integer(1), [s.FLOAT, s.NONE], 1.0),
        (s.integer(1), [s.FLOAT, s.INTEGER], 1),
        (s.NOTHING, [s.FLOAT, s.NONE], None),
        (s.string("x"), [s.FLOAT, s.STRING], "x"),
        (s.collection(s.integer(1)), [s.list_type(s.FLOAT), s.NONE], [1.0]),
    ],
)
def test_a_bare_value_of_a_union_takes_the_variant_that_it_can_only_mean(
    literal: Literal, variants: list[LiteralType], value: object
) -> None:
    assert repr(to_native(literal, s.union_type(*variants))) == repr(value)


@pytest.mark.parametrize(
    ("plain", "literal_type", "value"),
    [
        ("2026-05-17T14:00:00+02:00", s.DATETIME, NOON),
        ("2026-05-17T12:00:00Z", s.DATETIME, NOON),
        ("2026-05-17T12:00:00", s.DATETIME, NOON),
        ("2026-05-17T12:00:00", s.STRING, "2026-05-17T12:00:00"),
        (1.5, s.DURATION, timedelta(seconds=1.5)),
        (2, s.FLOAT, 2.0),
        (2.0, s.INTEGER, 2),
        (None, s.NONE, None),
        ([1, 2], s.list_type(s.FLOAT), [1.0, 2.0]),
        ({"a": 1}, s.map_type(s.FLOAT), {"a": 1.0}),
        ("2026-05-17T12:00:00Z", s.union_type(s.DATETIME, s.NONE), NOON),
    ],
)
def test_packed_values_are_refined_by_their_declared_type(
    plain: object, literal_type: LiteralType, value: object
) -> None:
    assert repr(to_native(s.packed(plain), literal_type)) == repr(value)


def test_packed_text_that_is_no_time_says_where_it_is() -> None:
    with pytest.raises(FlyteValueError, match=r"^x\[1\]: expected a time in ISO 8601, got str"):
        to_native(s.packed(["2026-05-17", "soon"]), s.list_type(s.DATETIME), path="x")


def test_bytes_of_an_unknown_format_are_refused() -> None:
    with pytest.raises(FlyteValueError, match="unknown format 'avro'"):
        to_native(s.binary(b"x", "avro"))


@pytest.mark.parametrize(
    ("literal", "literal_type", "handle"),
    [
        (s.blob("s3://b/k", "csv", s.SINGLE), None, RemoteFile("s3://b/k", "csv")),
        (s.blob("s3://b/k", "", s.MULTIPART), None, RemoteDirectory("s3://b/k")),
        (s.blob("s3://b/k", "PythonPickle", s.SINGLE), None, RemotePickle("s3://b/k")),
        (
            Literal(scalar=Scalar(blob=Blob(EMPTY_BLOB, "s3://b/k"))),
            s.blob_type("csv", s.MULTIPART),
            RemoteDirectory("s3://b/k", "csv"),
        ),
        (
            Literal(scalar=Scalar(structured_dataset=StructuredDataset("s3://b/k"))),
            LiteralType(structured_dataset_type=StructuredDatasetType(format="csv")),
            RemoteTable("s3://b/k", "csv"),
        ),
        (
            Literal(
                scalar=Scalar(
                    structured_dataset=StructuredDataset(
                        "s3://b/k",
                        StructuredDatasetMetadata(
                            StructuredDatasetType(
                                [StructuredDatasetType.DatasetColumn("a", s.STRING)], "parquet"
                            )
                        ),
                    )
                )
            ),
            None,
            RemoteTable(
                "s3://b/k", "parquet", (StructuredDatasetType.DatasetColumn("a", s.STRING),)
            ),
        ),
        (
            Literal(
                scalar=Scalar(
                    schema=Schema(
                        "s3://b/k",
                        SchemaType(
                            [
                                SchemaType.SchemaColumn(
                                    "a", SchemaType.SchemaColumn.SchemaColumnType.FLOAT
                                )
                            ]
                        ),
                    )
                )
            ),
            None,
            RemoteTable(
                "s3://b/k", "parquet", (StructuredDatasetType.DatasetColumn("a", s.FLOAT),)
            ),
        ),
    ],
)
def test_what_lies_in_storage_is_a_handle(
    literal: Literal, literal_type: LiteralType | None, handle: object
) -> None:
    assert kinded(to_native(literal, literal_type)) == kinded(handle)


def test_a_pickle_is_never_loaded_unasked(tmp_path: Path) -> None:
    trap = tmp_path / "pickle"
    # os.mkdir(...), if anybody loads it.
    trap.write_bytes(f"cos\nmkdir\n(V{tmp_path / 'sprung'}\ntR.".encode())
    handle = to_native(s.blob(str(trap), "PythonPickle", s.SINGLE))
    assert isinstance(handle, RemotePickle)
    handle.download(tmp_path / "copy")
    with handle.open() as stream:
        stream.read()
    repr(handle)
    assert not (tmp_path / "sprung").exists()
    handle.unpickle()
    assert (tmp_path / "sprung").exists()


def test_a_literal_that_is_elsewhere_is_loaded_when_it_is_touched() -> None:
    asked: list[LiteralOffloadedMetadata] = []

    def load(metadata: LiteralOffloadedMetadata) -> Literal:
        asked.append(metadata)
        return s.collection(s.integer(1))

    literal = s.collection(s.offloaded("s3://b/k", 9, s.list_type(s.FLOAT)))
    assert to_native(literal, load=load) == [[1.0]]
    assert [metadata.uri for metadata in asked] == ["s3://b/k"]


def test_a_literal_that_is_elsewhere_needs_something_to_load_it() -> None:
    with pytest.raises(FlyteDataError, match="9 bytes was too large to travel"):
        to_native(s.offloaded("s3://b/k", 9))


def test_what_is_loaded_may_not_be_elsewhere_again() -> None:
    literal = s.offloaded("s3://b/k")
    with pytest.raises(FlyteValueError, match="says that it is elsewhere"):
        to_native(literal, load=lambda _: literal)


@pytest.mark.parametrize(
    "literal",
    [
        Literal(),
        Literal(scalar=Scalar()),
        Literal(scalar=Scalar(primitive=Primitive())),
        s.unioned(Literal(), s.INTEGER),
        s.collection(Literal()),
    ],
)
def test_an_empty_literal_is_an_error(literal: Literal) -> None:
    with pytest.raises(FlyteValueError, match="the literal is empty"):
        to_native(literal)


def test_packed_values_say_what_to_install_where_msgpack_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    literal = s.packed(1)
    monkeypatch.setitem(sys.modules, "msgpack", None)
    with pytest.raises(FlyteDataError, match=r"pip install 'flytebind\[remote\]'"):
        to_native(literal)


def test_libraries_that_only_some_need_are_not_imported() -> None:
    program = (
        "import sys; from flytebind.values import *; "
        "print([name for name in ('msgpack', 'fsspec', 'pydantic', 'http.client') "
        "if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert run.stdout.split() == [b"[]"]


def test_a_simple_type_that_nobody_knows_changes_nothing() -> None:
    unknown = LiteralType(simple=SimpleType.from_number(99))
    assert to_native(s.integer(1), unknown) == 1
