"""Python values as literals."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

import pytest

from flytebind.models.core.interface import Parameter
from flytebind.models.core.literals import Literal
from flytebind.models.core.types import (
    EnumType,
    Error,
    LiteralType,
    SchemaType,
    SimpleType,
    StructuredDatasetType,
    TypeStructure,
    UnionType,
)
from flytebind.remote.errors import FlyteValueError
from flytebind.values import (
    RemoteDirectory,
    RemoteFile,
    RemotePickle,
    RemoteTable,
    to_literal,
    to_literal_map,
    to_native,
)
from tests.values import samples as s

NOON = datetime(2026, 5, 17, 12, tzinfo=timezone.utc)
ENUM = LiteralType(enum_type=EnumType(["red", "blue"]))
DATASET = LiteralType(structured_dataset_type=StructuredDatasetType(format="parquet"))
SCHEMA = LiteralType(schema=SchemaType([]))


class Color(enum.Enum):
    RED = "red"
    ONE = 1


class Word(str, enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


class UserId(int):
    pass


class Name(str):
    pass


class Share(float):
    pass


class Moment(datetime):
    pass


class Point(NamedTuple):
    x: int
    y: int


@dataclass
class Item:
    when: datetime
    color: Color
    point: Point
    file: RemoteFile


class Nowhere(tzinfo):
    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return None

    def dst(self, moment: datetime | None) -> timedelta | None:
        return None

    def tzname(self, moment: datetime | None) -> str | None:
        return None


@pytest.mark.parametrize(
    ("value", "literal_type", "literal"),
    [
        (None, s.NONE, s.NOTHING),
        (3, s.INTEGER, s.integer(3)),
        (-(2**63), s.INTEGER, s.integer(-(2**63))),
        (3, s.FLOAT, s.floating(3.0)),
        ("x", s.STRING, s.string("x")),
        (Word.RED, s.STRING, s.string("red")),
        ("red", ENUM, s.string("red")),
        (Color.RED, ENUM, s.string("red")),
        (Word.RED, ENUM, s.string("red")),
        (b"x", s.BINARY, s.binary(b"x", "")),
        ({"a": {1: 2.5}}, s.STRUCT, s.packed({"a": {1: 2.5}})),
        (Point(1, 2), s.STRUCT, s.packed({"x": 1, "y": 2})),
        ((1, 2), s.list_type(s.INTEGER), s.collection(s.integer(1), s.integer(2))),
        ([], s.list_type(s.INTEGER), s.collection()),
        ({"a": 1}, s.map_type(s.INTEGER), s.mapping(a=s.integer(1))),
        ({}, s.map_type(s.INTEGER), s.mapping()),
        (s.string("x"), s.INTEGER, s.string("x")),
        ([s.integer(1)], s.list_type(s.INTEGER), s.collection(s.integer(1))),
        (
            RemoteFile("s3://b/k", "csv"),
            s.blob_type("", s.SINGLE),
            s.blob("s3://b/k", "csv", s.SINGLE),
        ),
        (
            RemoteFile("s3://b/k"),
            s.blob_type("csv", s.SINGLE),
            s.blob("s3://b/k", "csv", s.SINGLE),
        ),
        (
            RemoteDirectory("s3://b/k"),
            s.blob_type("", s.MULTIPART),
            s.blob("s3://b/k", "", s.MULTIPART),
        ),
        (
            RemotePickle("s3://b/k"),
            s.blob_type("PythonPickle", s.SINGLE),
            s.blob("s3://b/k", "PythonPickle", s.SINGLE),
        ),
    ],
    ids=repr,
)
def test_a_value_becomes_a_literal_of_its_type(
    value: object, literal_type: LiteralType, literal: Literal
) -> None:
    assert to_literal(value, literal_type) == literal


@pytest.mark.parametrize(
    ("value", "literal_type"),
    [
        (NOON, s.DATETIME),
        (NOON.astimezone(timezone(timedelta(hours=5))), s.DATETIME),
        (timedelta(days=-3, microseconds=1), s.DURATION),
        (timedelta(days=3_652_500), s.DURATION),
        (True, s.BOOLEAN),
        (Error("n0", "no"), s.ERROR),
        (RemoteTable("s3://b/k", "parquet"), DATASET),
        (RemoteTable("s3://b/k", "parquet"), SCHEMA),
    ],
    ids=repr,
)
def test_a_value_comes_back_as_it_went(value: object, literal_type: LiteralType) -> None:
    back = to_native(to_literal(value, literal_type), literal_type)
    assert back == value
    assert type(back) is type(value)


def test_a_day_is_its_midnight_in_utc() -> None:
    literal = to_literal(date(2026, 5, 17), s.DATETIME)
    assert to_native(literal) == datetime(2026, 5, 17, tzinfo=timezone.utc)


def test_a_table_brings_its_own_columns_and_format() -> None:
    columns = (StructuredDatasetType.DatasetColumn("a", s.STRING),)
    table = RemoteTable("s3://b/k", "csv", columns)
    anything = LiteralType(structured_dataset_type=StructuredDatasetType())
    assert to_native(to_literal(table, anything)) == table


def test_what_is_in_a_dataclass_is_packed_as_flytekit_packs_it() -> None:
    item = Item(NOON, Color.ONE, Point(1, 2), RemoteFile("s3://b/k"))
    assert to_native(to_literal(item, s.STRUCT)) == {
        "when": "2026-05-17T12:00:00+00:00",
        "color": 1,
        "point": [1, 2],
        "file": {"path": "s3://b/k"},
    }


def test_a_union_takes_the_variant_of_the_very_type_and_keeps_its_tag() -> None:
    floats = s.FLOAT.replace(structure=TypeStructure("float"))
    ints = s.INTEGER.replace(structure=TypeStructure("int"))
    declared = s.union_type(s.NONE, floats, ints)
    assert to_literal(3, declared) == s.unioned(s.integer(3), ints)
    assert to_literal(3.0, declared) == s.unioned(s.floating(3.0), floats)
    assert to_literal(None, declared) == s.unioned(s.NOTHING, s.NONE)


@pytest.mark.parametrize(
    ("value", "plain", "literal_type"),
    [
        (Level.LOW, 1, s.INTEGER),
        (HTTPStatus.NOT_FOUND, 404, s.INTEGER),
        (UserId(2**63 - 1), 2**63 - 1, s.INTEGER),
        (UserId(-(2**63)), -(2**63), s.INTEGER),
        (UserId(3), 3.0, s.FLOAT),
        (Share(0.5), 0.5, s.FLOAT),
        (Name("ada"), "ada", s.STRING),
        (Word.RED, "red", s.STRING),
        (Moment(2026, 5, 17, 12, tzinfo=timezone.utc), NOON, s.DATETIME),
    ],
)
def test_what_descends_from_a_simple_type_is_taken_for_it(
    value: object, plain: object, literal_type: LiteralType
) -> None:
    """Comparing an int of another class with a range would look through all its numbers."""
    assert to_literal(value, literal_type) == to_literal(plain, literal_type)
    many = s.list_type(literal_type)
    assert to_literal([value], many) == to_literal([plain], many)
    either = s.union_type(s.NONE, s.FLOAT, s.STRING, literal_type)
    assert to_literal(value, either) == to_literal(plain, either)


def test_what_descends_from_a_simple_type_is_taken_for_it_in_a_struct() -> None:
    values: dict[object, object] = {
        "level": Level.LOW,
        "ids": [UserId(2**64 - 1), UserId(-(2**63)), {UserId(7): Share(0.5)}],
        Name("name"): Name("ada"),
    }
    plain = {"level": 1, "ids": [2**64 - 1, -(2**63), {7: 0.5}], "name": "ada"}
    assert to_literal(values, s.STRUCT) == to_literal(plain, s.STRUCT)


@pytest.mark.parametrize("literal_type", [s.INTEGER, s.FLOAT])
@pytest.mark.parametrize("value", [UserId(2**63 + 1), UserId(-(2**64) - 1)])
def test_an_int_of_another_class_may_be_too_large_as_well(
    value: UserId, literal_type: LiteralType
) -> None:
    with pytest.raises(FlyteValueError, match=str(int(value))):
        to_literal(value, literal_type)


def test_a_union_takes_the_first_variant_that_fits() -> None:
    declared = s.union_type(s.list_type(s.INTEGER), s.list_type(s.STRING), s.STRUCT)
    assert to_literal(["x"], declared) == s.unioned(
        s.collection(s.string("x")), s.list_type(s.STRING)
    )
    durations = s.map_type(s.DURATION)
    mappings = s.union_type(s.STRUCT, durations)
    assert to_native(to_literal({"a": timedelta(1)}, mappings)) == {"a": timedelta(1)}
    assert to_native(to_literal({"a": 1}, mappings)) == {"a": 1}
    assert to_literal({"a": 1}, declared) == s.unioned(s.packed({"a": 1}), s.STRUCT)


def test_a_file_of_this_machine_is_uploaded(tmp_path: Path) -> None:
    uploaded: list[Path] = []

    def upload(path: Path) -> str:
        uploaded.append(path)
        return f"s3://b/{path.name}"

    file = tmp_path / "a.csv"
    file.touch()
    files = s.list_type(s.blob_type("csv", s.SINGLE))
    assert to_literal([file], files, upload=upload) == s.collection(
        s.blob("s3://b/a.csv", "csv", s.SINGLE)
    )
    folder = s.blob_type("", s.MULTIPART)
    assert to_native(to_literal(tmp_path, folder, upload=upload)) == RemoteDirectory(
        f"s3://b/{tmp_path.name}"
    )
    assert uploaded == [file, tmp_path]
    with pytest.raises(FlyteValueError, match=r"^value\[0\]: .*nothing here can upload it"):
        to_literal([file], files)
    with pytest.raises(FlyteValueError, match="is a folder, not a file"):
        to_literal(tmp_path, s.blob_type("", s.SINGLE), upload=upload)


def test_a_uri_says_where_data_lies() -> None:
    uri = "s3://b/k"
    for literal_type, handle in (
        (s.blob_type("csv", s.SINGLE), RemoteFile(uri, "csv")),
        (s.blob_type("", s.MULTIPART), RemoteDirectory(uri)),
        (s.blob_type("PythonPickle", s.SINGLE), RemotePickle(uri)),
        (DATASET, RemoteTable(uri, "parquet")),
        (SCHEMA, RemoteTable(uri, "parquet")),
    ):
        assert to_native(to_literal(uri, literal_type)) == handle
    either = LiteralType(union_type=UnionType([s.blob_type("", s.SINGLE), s.STRING]))
    assert to_native(to_literal(uri, either)) == uri  # text is text where text is allowed


@pytest.mark.parametrize(
    ("value", "literal_type", "message"),
    [
        (True, s.INTEGER, r"^x: expected int, got bool \(True\)$"),
        (True, s.FLOAT, "expected float, got bool"),
        (1, s.BOOLEAN, "expected bool, got int"),
        (3.0, s.INTEGER, "expected int, got float"),
        (2**63, s.INTEGER, "expected an int of 64 bits"),
        (2**53 + 1, s.FLOAT, "no float without losing digits"),
        (10**400, s.FLOAT, "expected float, got int"),
        ("\ud800", s.STRING, "not Unicode text: surrogates"),
        (None, s.STRING, "expected str, got None"),
        (None, s.STRUCT, "expected a mapping, a dataclass or a model, got None"),
        (0, s.NONE, "expected None, got int"),
        (datetime(2026, 5, 17), s.DATETIME, "has no time zone"),
        (datetime(2026, 5, 17, tzinfo=Nowhere()), s.DATETIME, "has no time zone"),
        (
            datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))),
            s.DATETIME,
            "the years 1 to 9999",
        ),
        ("2026-05-17", s.DATETIME, "expected datetime, got str"),
        (timedelta.max, s.DURATION, "10,000 years"),
        (1.5, s.DURATION, "expected timedelta, got float"),
        ("x", s.BINARY, "expected bytes"),
        ("no", s.ERROR, "expected Error"),
        ("reb", ENUM, "expected one of 'red', 'blue', got str .*; did you mean 'red'?"),
        (Color.ONE, ENUM, "expected one of 'red', 'blue', got Color"),
        ("ab", s.list_type(s.STRING), r"expected list\[str\], got str"),
        ({"a"}, s.list_type(s.STRING), r"expected list\[str\], got set"),
        ([1, "x"], s.list_type(s.INTEGER), r"^x\[1\]: expected int"),
        ([], s.map_type(s.INTEGER), r"expected dict\[str, int\], got list"),
        ({1: 1}, s.map_type(s.INTEGER), "expected a str as key, got int"),
        ({"\ud800": 1}, s.map_type(s.INTEGER), "not Unicode text"),
        ({"a": {"b": None}}, s.map_type(s.map_type(s.INTEGER)), r"^x\['a'\]\['b'\]: expected int"),
        (["x"], s.union_type(s.NONE, s.list_type(s.INTEGER)), r"^x\[0\]: expected int"),
        ("x", s.union_type(s.NONE, s.INTEGER, s.FLOAT), r"expected None \| int \| float, got str"),
        ("x", s.union_type(), "expected "),
        ([1], s.STRUCT, "expected a mapping, a dataclass or a model, got list"),
        (Item, s.STRUCT, "expected a mapping, a dataclass or a model, got type"),
        ({"a": [object]}, s.STRUCT, r"^x\['a'\]\[0\]: there is no way to pack type"),
        ({"a": 2**64}, s.STRUCT, r"^x\['a'\]: expected an int of 64 bits"),
        ({"a": "\ud800"}, s.STRUCT, r"^x\['a'\]: not Unicode text"),
        ({(1, 2): 1}, s.STRUCT, "expected a plain key, got tuple"),
        ({Color.ONE: 1, 1: 2}, s.STRUCT, r"two keys are packed as int \(1\)"),
        ({"a": s.integer(1)}, s.STRUCT, "there is no way to pack Literal"),
        (
            Item(datetime(2026, 1, 1), Color.RED, Point(1, 2), RemoteFile("")),
            s.STRUCT,
            r"^x\.when: .*no time zone",
        ),
        (7, s.blob_type("", s.SINGLE), "expected RemoteFile, a Path or a URI, got int"),
        ("b/k", s.blob_type("", s.SINGLE), r"there is no file 'b/k'; .* s3://bucket/key$"),
        (Path("b/k"), DATASET, "there is no file 'b/k'$"),
        (7, DATASET, "expected RemoteTable, a data frame, a Path or a URI, got int"),
        ("b/k", SCHEMA, "there is no file 'b/k'; "),
        (RemoteDirectory("a"), s.blob_type("", s.SINGLE), "expected RemoteFile, a Path"),
        (RemoteFile("a"), s.blob_type("", s.MULTIPART), "expected RemoteDirectory, a Path"),
        (RemoteFile("a", "csv"), s.blob_type("png", s.SINGLE), "the format 'png', got 'csv'"),
        (Color, s.blob_type("PythonPickle", s.SINGLE), "expected RemotePickle, a Path"),
        (RemoteTable("a", "csv"), DATASET, "the format 'parquet', got 'csv'"),
        (RemoteTable("a", "csv"), SCHEMA, "the format 'parquet', got 'csv'"),
        (RemoteFile("a"), DATASET, "expected RemoteTable"),
        (1, LiteralType(), "no telling what type"),
        (1, LiteralType(simple=SimpleType.from_number(99)), "expected UNRECOGNIZED_99, got int"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_path(
    value: object, literal_type: LiteralType, message: str
) -> None:
    with pytest.raises(FlyteValueError, match=message):
        to_literal(value, literal_type, path="x")


def test_an_int_that_python_will_not_print_is_refused_like_others() -> None:
    with pytest.raises(FlyteValueError, match="expected an int of 64 bits, got int"):
        to_literal(10**5000, s.INTEGER)


def test_all_that_is_wrong_with_inputs_is_said_at_once() -> None:
    variables = {
        "count": s.variable(s.INTEGER),
        "name": s.variable(s.STRING),
        "items": s.variable(s.list_type(s.INTEGER)),
        "maybe": s.variable(s.union_type(s.STRING, s.NONE)),
    }
    with pytest.raises(FlyteValueError) as error:
        to_literal_map({"count": "x", "nam": "x", "items": [1, None]}, variables)
    assert str(error.value).splitlines() == [
        "inputs has no 'nam'; did you mean 'name'?",
        "inputs['count']: expected int, got str ('x')",
        "inputs['name'] is missing; it takes str",
        "inputs['items'][1]: expected int, got None",
        "inputs['maybe'] is missing; it takes str | None",
    ]


def test_parameters_with_a_default_may_be_left_out() -> None:
    count = s.variable(s.INTEGER)
    parameters: Mapping[str, Parameter] = {
        "a": Parameter(count, required=True),
        "b": Parameter(count, default=s.integer(1)),
        "c": Parameter(count, required=False),
    }
    assert dict(to_literal_map({"a": 1}, parameters).literals) == {"a": s.integer(1)}
    with pytest.raises(FlyteValueError, match=r"^inputs\['a'\] is missing; it takes int$"):
        to_literal_map({}, parameters)


def test_a_failed_variant_leaves_nothing_behind() -> None:
    declared = s.union_type(s.list_type(s.INTEGER), s.list_type(s.union_type(s.INTEGER, s.STRING)))
    assert to_native(to_literal([1, "x"], declared), declared) == [1, "x"]


def test_a_pydantic_model_is_packed() -> None:
    pydantic = pytest.importorskip("pydantic")
    model = pydantic.create_model("Model", when=(datetime, ...), color=(Color, ...))
    literal = to_literal(model(when=NOON, color=Color.RED), s.STRUCT)
    assert to_native(literal) == {"when": "2026-05-17T12:00:00Z", "color": "red"}


def test_a_class_without_fields_is_an_empty_struct() -> None:
    @dataclass
    class Empty:
        pass

    assert to_native(to_literal(Empty(), s.STRUCT)) == {}
    with pytest.raises(FlyteValueError, match="expected a mapping, a dataclass or a model"):
        to_literal((), s.STRUCT)


def test_a_model_that_is_no_mapping_is_refused() -> None:
    pydantic = pytest.importorskip("pydantic")
    root = pydantic.RootModel[list[int]]
    with pytest.raises(FlyteValueError, match="expected a model with named fields"):
        to_literal(root([1]), s.STRUCT)


def test_an_empty_union_takes_nothing() -> None:
    with pytest.raises(FlyteValueError):
        to_literal(None, LiteralType(union_type=UnionType([])))


@pytest.mark.parametrize(
    ("value", "literal_type", "hint"),
    [
        (Color.ONE, s.INTEGER, "give its .value"),
        (3.0, s.INTEGER, "give int(it)"),
        (90, s.DURATION, "give timedelta(seconds=it)"),
        ("2026-05-17", s.DATETIME, "give datetime.fromisoformat(it), with a time zone"),
        ("x", s.BINARY, "give it.encode()"),
        ({1}, s.list_type(s.INTEGER), "give list(it)"),
        (iter([1]), s.list_type(s.INTEGER), "give list(it)"),
        (
            {"a": 1},
            s.blob_type("PythonPickle", s.SINGLE),
            "flytekit pickles values of this type: give the Path of a file with"
            " cloudpickle.dumps(it)",
        ),
    ],
)
def test_what_to_give_instead_is_told_where_it_is_plain_to_see(
    value: object, literal_type: LiteralType, hint: str
) -> None:
    with pytest.raises(FlyteValueError, match=rf"^value: expected .*; {re.escape(hint)}$"):
        to_literal(value, literal_type)


def test_no_advice_is_given_that_would_not_help() -> None:
    for value, declared in ((Color.ONE, s.STRING), (2.5, s.INTEGER), (True, s.DURATION)):
        with pytest.raises(FlyteValueError, match=r"^value: expected \w+, got [^;]*$"):
            to_literal(value, declared)


def test_a_struct_is_called_what_its_schema_calls_it() -> None:
    point = s.STRUCT.replace(metadata={"title": "Point", "type": "object"})
    with pytest.raises(FlyteValueError, match=r"expected Point, as a mapping, a dataclass or"):
        to_literal(3, point)
    message = s.OLD_STRUCT.replace(metadata={"pb_type": "some_pb2.ContainerError"})
    with pytest.raises(FlyteValueError, match=r"expected Point \| ContainerError, got int"):
        to_literal(3, s.union_type(point, message))


def test_numbers_of_numpy_are_numbers() -> None:
    class Scalar:
        ndim = 0

        def item(self) -> int:
            return 3

    class Array(Scalar):
        ndim = 1

    Scalar.__module__ = Array.__module__ = "numpy"
    assert to_literal(Scalar(), s.INTEGER) == s.integer(3)
    assert to_literal({"x": Scalar()}, s.STRUCT) == s.packed({"x": 3})
    for declared in (s.INTEGER, s.STRING):
        with pytest.raises(FlyteValueError, match=r"got .*Array"):
            to_literal(Array(), declared)
