"""Data frames as tables, with stand-ins for the libraries; ``make parity`` has the real ones."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from flytebind.models.core.literals import Literal
from flytebind.models.core.types import LiteralType, SchemaType, SimpleType, StructuredDatasetType
from flytebind.values import (
    FlyteDataError,
    FlyteValueError,
    RemoteTable,
    to_literal,
    to_native,
    to_type,
)
from tests.values import samples as s

COLUMN = StructuredDatasetType.DatasetColumn("a", LiteralType(simple=SimpleType.INTEGER))
ANY = LiteralType(structured_dataset_type=StructuredDatasetType())
DECLARED = LiteralType(structured_dataset_type=StructuredDatasetType([COLUMN], "parquet"))
CSV = LiteralType(structured_dataset_type=StructuredDatasetType(format="csv"))
INTEGER = SchemaType.SchemaColumn.SchemaColumnType.INTEGER
SCHEMA = LiteralType(schema=SchemaType([SchemaType.SchemaColumn("a", INTEGER)]))


class Frame:
    """A data frame of one kind of text.

    Args:
        text: What its file has.
        columns: Their names.
    """

    def __init__(self, text: str = "", columns: tuple[str, ...] = ("a",)) -> None:
        self.text = text
        self.columns = columns
        self.written = 0

    def to_parquet(self, path: Path, **options: object) -> None:
        assert options == {"coerce_timestamps": "us", "allow_truncated_timestamps": False}
        self.written += 1
        path.write_text(self.text)


def named(module: str, name: str, **members: Any) -> type[Frame]:
    """A class as a library defines it."""
    return type(name, (Frame,), {"__module__": module, **members})


PANDAS = named("pandas.core.frame", "DataFrame")


class Store:
    """A folder that takes uploads.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self.sources: list[Path] = []
        self._folder = folder

    def upload(self, path: Path) -> str:
        self.sources.append(path)
        return str(shutil.copytree(path, self._folder / str(len(self.sources))))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Stands in for a library that is not installed."""

    def install(name: str, **members: object) -> None:
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)

    return install


def table_of(literal: Literal) -> RemoteTable:
    table = to_native(literal)
    assert isinstance(table, RemoteTable)
    return table


def content(table: RemoteTable) -> bytes:
    with table.open() as stream:
        return stream.read()


def test_a_frame_is_uploaded_as_the_one_file_that_flytekit_writes(store: Store) -> None:
    literal = to_literal(PANDAS("rows"), ANY, upload=store.upload)
    table = table_of(literal)
    assert table.format == "parquet"
    assert [path.name for path in Path(table.uri).iterdir()] == ["00000"]
    assert content(table) == b"rows"
    assert not store.sources[0].exists()  # what was written here is gone


@pytest.mark.parametrize("declared", [DECLARED, SCHEMA])
def test_the_columns_are_those_that_are_declared(store: Store, declared: LiteralType) -> None:
    table = table_of(to_literal(PANDAS("rows", ("a", "b")), declared, upload=store.upload))
    assert table.columns == (COLUMN,)
    with pytest.raises(
        FlyteValueError, match=r"^x: pandas.DataFrame needs the columns 'a'; it has 'b', 'c'$"
    ):
        to_literal(PANDAS("", ("b", "c")), declared, upload=store.upload, path="x")


def test_frames_are_inside_of_what_holds_them(store: Store) -> None:
    frame = PANDAS("rows")
    declared = s.list_type(s.union_type(s.NONE, ANY))
    literal = to_literal([frame, None, frame], declared, upload=store.upload)
    first, nothing, second = to_type(literal, list[RemoteTable | None])
    assert first is not None
    assert second is not None
    assert nothing is None
    assert frame.written == 1
    assert [content(first), content(second)] == [b"rows", b"rows"]


def test_frames_of_one_s_own_class_are_frames(store: Store) -> None:
    own = type("GeoFrame", (PANDAS,), {"__module__": "geo"})
    assert content(table_of(to_literal(own("rows"), ANY, upload=store.upload))) == b"rows"


@pytest.mark.parametrize(
    ("frame", "declared", "message"),
    [
        (PANDAS(), CSV, "declared as 'csv', and data frames are written as parquet; .* its Path"),
        (PANDAS(), s.INTEGER, "expected int, got DataFrame"),
        (PANDAS(), s.STRUCT, "expected a mapping, a dataclass or a model, got DataFrame"),
        (Frame(), ANY, "expected RemoteTable, a data frame, a Path or a URI, got Frame"),
    ],
)
def test_a_frame_that_does_not_fit_is_refused(
    store: Store, frame: Frame, declared: LiteralType, message: str
) -> None:
    with pytest.raises(FlyteValueError, match=f"^value: {message}"):
        to_literal(frame, declared, upload=store.upload)
    assert not store.sources


def test_a_frame_that_nothing_can_upload_says_what_to_give() -> None:
    with pytest.raises(
        FlyteValueError, match=r"^value: DataFrame is on .* give RemoteTable\(uri\)"
    ):
        to_literal(PANDAS(), ANY)


def failing(error: Exception) -> Callable[..., object]:
    def fail(*given: object, **named: object) -> object:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (
            ImportError("no engine\nmore"),
            FlyteDataError,
            r"\(ImportError: no engine\): pip install pyarrow$",
        ),
        (ValueError("mixed"), FlyteValueError, "cannot be written as parquet: ValueError: mixed"),
        (OSError("disk full"), FlyteDataError, "cannot be written here: disk full"),
    ],
)
def test_what_keeps_a_frame_from_being_written_is_told(
    store: Store, error: Exception, kind: type[Exception], message: str
) -> None:
    cls = named("pandas.core.frame", "DataFrame", to_parquet=failing(error))
    with pytest.raises(kind, match=f"^value: .*{message}"):
        to_literal(cls(), ANY, upload=store.upload)


def test_a_table_becomes_a_frame_of_whatever_library(
    store: Store, library: Callable[..., None]
) -> None:
    def read(where: Any) -> Frame:
        (file,) = where if isinstance(where, list) else where.iterdir()
        return Frame(file.read_text())

    library("pandas", read_parquet=read)
    library("polars", read_parquet=read)
    library("pyarrow")
    library("pyarrow.parquet", read_table=read)
    literal = to_literal(PANDAS("rows"), ANY, upload=store.upload)
    for cls in (
        PANDAS,
        named("polars.dataframe.frame", "DataFrame"),
        named("pyarrow.lib", "Table"),
    ):
        assert to_type(literal, cls).text == "rows"


@pytest.mark.parametrize("error", [ImportError("no engine"), ValueError("no parquet")])
def test_what_keeps_a_frame_from_being_read_is_told(
    store: Store, library: Callable[..., None], error: Exception
) -> None:
    library("pandas", read_parquet=failing(error))
    literal = to_literal(PANDAS("rows"), ANY, upload=store.upload)
    is_missing = isinstance(error, ImportError)
    message = "no engine.*pip install pyarrow" if is_missing else "read as parquet: .*no parquet"
    with pytest.raises(FlyteDataError if is_missing else FlyteValueError, match=message):
        to_type(literal, PANDAS)


def test_what_is_no_table_of_parquet_becomes_no_frame(tmp_path: Path) -> None:
    with pytest.raises(FlyteValueError, match=r"expected pandas.DataFrame, got int"):
        to_type(s.integer(3), PANDAS)
    csv = to_literal(RemoteTable(str(tmp_path), "csv"), ANY)
    with pytest.raises(FlyteValueError, match="is stored as 'csv', not as parquet"):
        to_type(csv, PANDAS)
    gone = to_literal(RemoteTable(str(tmp_path / "gone"), "parquet"), ANY)
    with pytest.raises(FlyteDataError, match=r"^literal: .*gone"):
        to_type(gone, PANDAS)
