"""Dataclasses, dicts and messages of the type STRUCT, for tasks that read MessagePack or do not."""

from __future__ import annotations

import enum
import math
import uuid
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from ipaddress import IPv4Address
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from flyteidl.core.errors_pb2 import ContainerError
from flyteidl.core.execution_pb2 import ExecutionError
from google.protobuf.struct_pb2 import ListValue, Struct

from flytebind.models.core import errors, execution
from flytebind.models.core.literals import Literal, Scalar
from flytebind.models.core.types import (
    LiteralType,
    SimpleType,
    StructuredDatasetType,
    TypeStructure,
)
from flytebind.runtime.depth import LIMIT, depth
from flytebind.values import (
    FlyteValueError,
    RemoteFile,
    RemoteTable,
    to_literal,
    to_native,
    to_type,
)
from tests.values import samples as s

MESSAGE = LiteralType(
    simple=SimpleType.STRUCT, metadata={"pb_type": "flyteidl.core.errors_pb2.ContainerError"}
)
LIST = LiteralType(
    simple=SimpleType.STRUCT, metadata={"pb_type": "google.protobuf.struct_pb2.ListValue"}
)
JSON_FORM = {"code": "c", "message": "m", "kind": "RECOVERABLE"}


class Level(enum.IntEnum):
    LOW = 1


class UserId(int):
    pass


@dataclass
class Item:
    level: Level
    user: UserId


@dataclass
class Texts:
    id: uuid.UUID
    price: Decimal
    at: time
    address: IPv4Address


def generic(value: dict[str, Any]) -> Literal:
    return Literal(scalar=Scalar(generic=value))


# How it is written.


def test_messagepack_is_written_only_where_the_declared_type_says_so() -> None:
    declared = LiteralType(simple=SimpleType.STRUCT, metadata={"type": "object"})
    assert to_literal({"x": 1}, s.STRUCT) == s.packed({"x": 1})
    assert to_literal({"x": 1}, declared) == generic({"x": 1})
    others: list[dict[str, Any]] = [
        {},
        {"x": 1},
        {"cache-key-metadata": {}},
        {"cache-key-metadata": {"serialization-format": "json"}},
    ]
    for said in others:
        declared_pb = s.OLD_STRUCT.to_pb()
        declared_pb.annotation.annotations.update(said)
        assert to_literal({}, LiteralType.from_pb(declared_pb)).scalar == Scalar(generic={})


@pytest.mark.parametrize("declared", [s.STRUCT, s.OLD_STRUCT])
def test_ints_of_any_class_come_back_as_what_they_were(declared: LiteralType) -> None:
    literal = to_literal(Item(Level.LOW, UserId(7)), declared)
    assert to_native(literal) == {"level": 1, "user": 7}
    assert to_type(literal, Item) == Item(Level.LOW, UserId(7))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": {"b": math.nan}}, r"value\['a'\]\['b'\]: nan is no JSON number"),
        ({"a": [2**53 + 1]}, r"value\['a'\]\[0\]: 9007199254740993 would be rounded.*as text"),
        ({1: "a", "1": "b"}, "two keys are written as '1'"),
        ({b"k": 1}, "expected a key that JSON has, got bytes"),
        (Struct(), r"got Struct .*MessageToDict"),
        (errors.ContainerError.from_pb(ContainerError()), r"got ContainerError.*to_dict\(\)"),
    ],
)
def test_what_a_struct_cannot_hold_is_refused(value: object, message: str) -> None:
    with pytest.raises(FlyteValueError, match=message):
        to_literal(value, s.OLD_STRUCT)


def test_numbers_up_to_where_floats_skip_some_are_exact() -> None:
    literal = to_literal({"a": 2**53, "b": -(2**53)}, s.OLD_STRUCT)
    assert to_native(literal) == {"a": 2**53, "b": -(2**53)}


def test_a_struct_that_nobody_could_read_is_refused() -> None:
    value: dict[str, object] = {}
    for _ in range(29):
        value = {"x": value}
    assert depth(to_literal(value, s.OLD_STRUCT).to_pb()) < LIMIT
    for _ in range(6):
        value = {"x": [value]}
    with pytest.raises(FlyteValueError, match="nested too deeply"):
        to_literal(value, s.OLD_STRUCT)


@pytest.mark.parametrize(
    "plain",
    [
        {"id": "x", "price": "1", "at": "01:00", "address": "1.2.3.4"},
        {"id": str(uuid.UUID(int=1)), "price": "x", "at": "01:00", "address": "1.2.3.4"},
        {"id": str(uuid.UUID(int=1)), "price": "1", "at": "25:00", "address": "1.2.3.4"},
        {"id": str(uuid.UUID(int=1)), "price": "1", "at": "01:00", "address": "1.2.3"},
        {"id": str(uuid.UUID(int=1)), "price": "1", "at": "01:00", "address": 7},
    ],
)
def test_text_of_another_kind_is_refused_with_the_name_of_the_field(plain: object) -> None:
    literal = to_literal(plain, s.STRUCT)
    with pytest.raises(FlyteValueError, match=r"literal\.(id|price|at|address): expected "):
        to_type(literal, Texts)


@pytest.mark.parametrize("value", [uuid.UUID(int=1), Decimal(1), PurePosixPath("/a")])
def test_what_is_text_in_a_dataclass_alone_says_how_to_give_it_as_text(value: object) -> None:
    with pytest.raises(FlyteValueError, match=r"^value: expected str, got .*; give str\(it\)$"):
        to_literal(value, s.STRING)


def test_bytes_of_a_struct_are_no_bytes_where_text_only_looks_like_it() -> None:
    assert to_type(generic({"a": "eA==\n"}), dict[str, bytes]) == {"a": b"x"}
    for text in ("eA==", "?\n", "no base64\n"):
        with pytest.raises(FlyteValueError, match="expected bytes"):
            to_type(generic({"a": text}), dict[str, bytes])


# Messages.


@pytest.mark.parametrize(
    "value",
    [
        ContainerError(code="c", message="m", kind=ContainerError.RECOVERABLE),
        errors.ContainerError.from_dict(JSON_FORM),
        JSON_FORM,
    ],
    ids=["message", "model", "JSON form"],
)
def test_a_message_is_given_as_such_as_its_model_or_as_its_json_form(value: object) -> None:
    literal = to_literal(value, MESSAGE)
    assert literal == generic(JSON_FORM)
    message = ContainerError(code="c", message="m", kind=ContainerError.RECOVERABLE)
    assert to_type(literal, ContainerError) == message
    assert to_type(literal, errors.ContainerError) == errors.ContainerError.from_pb(message)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (ExecutionError(), "got ExecutionError"),
        (execution.ExecutionError.from_pb(ExecutionError()), "got ExecutionError"),
        ({"cod": "c"}, r'no flyteidl.core.ContainerError: .*"cod"'),
        ("c", "or its JSON form as a dict, got str"),
        (None, "got None"),
        ([], "got list"),
    ],
)
def test_what_is_no_such_message_is_refused(value: object, expected: str) -> None:
    with pytest.raises(FlyteValueError, match=rf"^inputs: .*{expected}"):
        to_literal(value, MESSAGE, path="inputs")


@pytest.mark.parametrize("value", [{1: 2}, {"x": "\ud800"}, {"x": b"y"}])
def test_what_is_no_json_is_no_message(value: object) -> None:
    """protobuf has errors of several kinds for it."""
    declared = LiteralType(
        simple=SimpleType.STRUCT, metadata={"pb_type": "google.protobuf.struct_pb2.Struct"}
    )
    with pytest.raises(FlyteValueError, match=r"^value: no google.protobuf.Struct: "):
        to_literal(value, declared)


def test_a_message_without_a_json_form_is_refused() -> None:
    declared = LiteralType(
        simple=SimpleType.STRUCT, metadata={"pb_type": "google.protobuf.struct_pb2.Struct"}
    )
    message = Struct()
    message.update({"a": math.inf})
    with pytest.raises(FlyteValueError, match=r"^value: this google.protobuf.Struct has no JSON"):
        to_literal(message, declared)


def test_a_class_that_a_server_names_is_not_imported_for_it() -> None:
    declared = LiteralType(
        simple=SimpleType.STRUCT, metadata={"pb_type": "no_such_module_pb2.Thing"}
    )
    assert to_literal({"x": 1}, declared) == generic({"x": 1})


def test_a_list_of_values_is_given_as_such_or_as_a_list() -> None:
    message = ListValue()
    message.extend([1.5, "s", None, True])
    literal = to_literal(message, LIST)
    assert to_native(literal) == [1.5, "s", None, True]
    assert to_literal([1.5, "s", None, True], LIST) == literal
    assert to_type(literal, ListValue) == message


def test_a_literal_that_is_no_message_of_the_class_is_refused() -> None:
    with pytest.raises(FlyteValueError, match=r'literal: no flyteidl.core.ContainerError: .*"cod"'):
        to_type(generic({"cod": "c"}), ContainerError)
    with pytest.raises(FlyteValueError, match=r"expected flyteidl.core.ContainerError, got int"):
        to_type(s.integer(1), errors.ContainerError)


# Files inside.

DATASET = StructuredDatasetType()


@dataclass
class Files:
    file: object
    folder: object = None
    table: object = None
    several: object = ()
    named: object = field(default_factory=dict)
    text: str = "s3://b/text"
    either: object = "s3://b/text"


def files_type() -> LiteralType:
    blob, folder = s.blob_type("", s.SINGLE), s.blob_type("", s.MULTIPART)
    table = LiteralType(structured_dataset_type=StructuredDatasetType(format="parquet"))
    fields = {
        "file": blob,
        "folder": s.union_type(folder, s.NONE),
        "table": s.union_type(table, s.NONE),
        "several": s.list_type(blob),
        "named": s.map_type(blob),
        "text": s.STRING,
        "either": s.union_type(s.STRING, blob),
    }
    return s.STRUCT.replace(structure=TypeStructure(tag="", dataclass_type=fields))


def test_files_inside_dataclasses_are_given_by_path_or_uri_as_well(tmp_path: Path) -> None:
    (tmp_path / "here").touch()
    value = Files(
        tmp_path / "here",
        tmp_path,
        "s3://b/table",
        ["s3://b/1", RemoteFile("s3://b/2")],
        {"x": str(tmp_path / "here")},
    )
    literal = to_literal(value, files_type(), upload=lambda path: f"s3://up/{path.name}")
    assert to_native(literal) == {
        "file": {"path": "s3://up/here"},
        "folder": {"path": f"s3://up/{tmp_path.name}"},
        "table": {"uri": "s3://b/table", "file_format": "parquet"},
        "several": [{"path": "s3://b/1"}, {"path": "s3://b/2"}],
        "named": {"x": {"path": "s3://up/here"}},
        "text": "s3://b/text",
        "either": "s3://b/text",
    }


def test_nested_dataclasses_have_files_as_well() -> None:
    outer = TypeStructure(tag="", dataclass_type={"inner": s.list_type(files_type())})
    literal = to_literal({"inner": [{"file": "s3://b/k"}]}, s.STRUCT.replace(structure=outer))
    assert to_native(literal) == {"inner": [{"file": {"path": "s3://b/k"}}]}


def test_what_flytekit_would_pickle_stays_plain_inside(tmp_path: Path) -> None:
    declared = {"x": s.blob_type("PythonPickle", s.SINGLE), "file": s.blob_type("", s.SINGLE)}
    structure = TypeStructure(tag="", dataclass_type=declared)
    value = {"x": {"path": str(tmp_path)}, 1: "other", "file": "s3://b/k"}
    literal = to_literal(value, s.STRUCT.replace(structure=structure))
    assert to_native(literal) == {**value, "file": {"path": "s3://b/k"}}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"file": "none"}, r"^value\.file: there is no file 'none'; "),
        ({"several": ["s3://b/1", "none"]}, r"^value\.several\[1\]: there is no file 'none'; "),
        ({"named": {"x": "none"}}, r"^value\.named\['x'\]: there is no file 'none'; "),
    ],
)
def test_a_file_that_is_not_there_is_told_by_its_field(value: object, message: str) -> None:
    with pytest.raises(FlyteValueError, match=message):
        to_literal(value, files_type())


def theirs(name: str, **members: object) -> object:
    """An object of flytekit's, with as much of it as is looked at; make parity has real ones."""

    def download(self: object) -> str:
        raise AssertionError("asked for a path, flytekit downloads")

    members |= {"__module__": "flytekit.types", "__fspath__": download, "remote_source": None}
    return type(name, (), members)()


def test_flytekit_s_own_files_and_tables_go_where_they_say_and_are_not_downloaded(
    tmp_path: Path,
) -> None:
    (tmp_path / "here").touch()
    blob, table = s.blob_type("", s.SINGLE), LiteralType(structured_dataset_type=DATASET)
    here = theirs("FlyteFile", path=tmp_path / "here")
    away = theirs("FlyteFile", path="s3://b/k")
    stored = theirs("StructuredDataset", dataframe=None, uri="s3://b/t", file_format="")
    framed = theirs("StructuredDataset", dataframe=3)

    def upload(path: Path) -> str:
        return f"s3://up/{path.name}"

    assert to_native(to_literal(away, blob)) == RemoteFile("s3://b/k")
    assert to_native(to_literal(here, blob, upload=upload)) == RemoteFile("s3://up/here")
    assert to_native(to_literal(stored, table)) == RemoteTable("s3://b/t")
    literal = to_literal(Files(here, table=stored, several=[away]), files_type(), upload=upload)
    assert to_native(literal) == {
        "file": {"path": "s3://up/here"},
        "folder": None,
        "table": {"uri": "s3://b/t", "file_format": ""},
        "several": [{"path": "s3://b/k"}],
        "named": {},
        "text": "s3://b/text",
        "either": "s3://b/text",
    }
    with pytest.raises(FlyteValueError, match=r"expected RemoteTable, a data frame, .* got int"):
        to_literal(framed, table)
    with pytest.raises(FlyteValueError, match=r"^value\.table: a data frame inside something else"):
        to_literal(Files("s3://b/k", table=framed), files_type())
