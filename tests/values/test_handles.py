"""Files, directories, tables and pickles that lie elsewhere."""

from __future__ import annotations

import copy
import os
import pickle
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from flytebind._transfer import linked
from flytebind.models.core.types import StructuredDatasetType
from flytebind.remote.errors import FlyteDataError, FlyteValueError
from flytebind.values import (
    RemoteDirectory,
    RemoteFile,
    RemotePickle,
    RemoteTable,
)
from tests.values import samples as s
from tests.values.conftest import WebServer


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with ``a.csv`` and ``deep/b.csv`` in it."""
    folder = tmp_path / "source"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.csv").write_bytes(b"a")
    (folder / "deep" / "b.csv").write_bytes(b"b")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def left_behind(tmp_path: Path) -> list[Path]:
    return [*(tmp_path / "temporary").iterdir(), *tmp_path.rglob("*.part")]


@pytest.mark.parametrize(
    "handle",
    [
        RemoteFile("s3://b/k", "csv"),
        RemoteDirectory("s3://b/k"),
        RemotePickle("s3://b/k"),
        RemoteTable("s3://b/k", "parquet", (StructuredDatasetType.DatasetColumn("a", s.STRING),)),
    ],
)
def test_handles_are_plain_values(handle: object) -> None:
    for again in (copy.deepcopy(handle), pickle.loads(pickle.dumps(handle))):
        assert again == handle
        assert hash(again) == hash(handle)
    assert "uri='s3://b/k'" in repr(handle)
    with pytest.raises(AttributeError):
        handle.uri = "x"  # type: ignore[attr-defined]


@pytest.mark.parametrize("as_url", [False, True])
def test_a_local_file_is_opened_and_copied(folder: Path, tmp_path: Path, as_url: bool) -> None:
    path = folder / "a.csv"
    file = RemoteFile(path.as_uri() if as_url else str(path))
    with file.open() as stream:
        assert stream.read() == b"a"
    first, second = file.download(), file.download()
    assert first != second
    assert first.name == second.name == "a.csv"
    assert first.read_bytes() == b"a"
    assert file.download(tmp_path / "new.csv") == tmp_path / "new.csv"
    assert file.download(tmp_path) == tmp_path / "a.csv"
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "new.csv").read_bytes() == b"a"


def test_a_download_replaces_a_file_as_a_whole(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "new.csv"
    target.write_bytes(b"old")
    with pytest.raises(FlyteDataError):
        RemoteFile(str(folder / "none.csv")).download(target)
    assert target.read_bytes() == b"old"
    RemoteFile(str(folder / "a.csv")).download(target)
    assert target.read_bytes() == b"a"
    assert not left_behind(tmp_path)


def test_a_file_is_downloaded_over_http(web: WebServer, tmp_path: Path) -> None:
    data = os.urandom(1_000_000)
    file = RemoteFile(web.gives("/deep/a.csv", data))
    with file.open() as stream:
        assert stream.read() == data
    path = file.download()
    assert path.name == "a.csv"
    assert path.read_bytes() == data


def test_a_file_that_ends_early_leaves_nothing(
    web: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linked, "SILENCE", 0.3)
    file = RemoteFile(web.gives("/a.csv", b"abc", length=10))
    for to in (None, tmp_path / "a.csv"):
        with pytest.raises(FlyteDataError, match="after 3 of 10 bytes") as error:
            file.download(to)
        assert "secret" not in str(error.value)
    assert not (tmp_path / "a.csv").exists()
    assert not left_behind(tmp_path)


def test_a_missing_file_is_named_without_its_signature(web: WebServer) -> None:
    with pytest.raises(FlyteDataError, match=r"/none: HTTP 404 Not Found$") as error:
        RemoteFile(web.link("/none")).open()
    assert "secret" not in str(error.value)
    with pytest.raises(FlyteDataError, match="No such file"):
        RemoteFile("/no/such/file").open()


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:1/k?secret",
        "http://[::1/k?secret",
        "http://127.0.0.1/a b?secret",
        "https://user:secret@127.0.0.1:1/k",
    ],
)
def test_errors_never_show_the_secret_of_a_link(uri: str) -> None:
    with pytest.raises(FlyteDataError) as error:
        RemoteFile(uri).open()
    assert error.value.__cause__ is None
    assert "secret" not in str(error.value)


def test_a_local_directory_is_opened_and_copied(folder: Path, tmp_path: Path) -> None:
    directory = RemoteDirectory(folder.as_uri())
    with directory.open("deep/b.csv") as stream:
        assert stream.read() == b"b"
    copied = directory.download()
    assert copied.name == "source"
    assert contents(copied) == {"a.csv": b"a", "deep/b.csv": b"b"}
    assert contents(directory.download(tmp_path / "new")) == contents(copied)
    with pytest.raises(FlyteValueError, match="exists already"):
        directory.download(tmp_path)


def test_a_table_may_be_one_file_or_many(folder: Path) -> None:
    assert contents(RemoteTable(str(folder)).download()) == contents(folder)
    assert contents(RemoteTable(str(folder / "a.csv")).download()) == {"a.csv": b"a"}


def test_a_directory_that_is_not_there_leaves_nothing(tmp_path: Path) -> None:
    for to in (None, tmp_path / "new"):
        with pytest.raises(FlyteDataError, match="No such file"):
            RemoteDirectory(str(tmp_path / "none")).download(to)
    assert not (tmp_path / "new").exists()
    assert not left_behind(tmp_path)


def test_object_stores_go_through_fsspec(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    store = fsspec.filesystem("memory")
    root = f"/{tmp_path.name}"
    store.pipe({f"{root}/a.csv": b"a", f"{root}/deep/b.csv": b"b"})
    with RemoteFile(f"memory:/{root}/a.csv").open() as stream:
        assert stream.read() == b"a"
    assert RemoteFile(f"memory:/{root}/a.csv").download().read_bytes() == b"a"
    downloaded = RemoteDirectory(f"memory:/{root}/").download(tmp_path / "new")
    assert contents(downloaded) == {"a.csv": b"a", "deep/b.csv": b"b"}
    assert contents(RemoteTable(f"memory:/{root}/a.csv").download()) == {"a.csv": b"a"}
    with pytest.raises(FlyteDataError, match="there is nothing"):
        RemoteDirectory("memory://none").download(tmp_path / "none")
    with pytest.raises(FlyteDataError, match="memory://none"):
        RemoteFile("memory://none").download(tmp_path / "none")
    with pytest.raises(FlyteDataError, match="Protocol not known: nonsense"):
        RemoteFile("nonsense://a").open()
    assert not (tmp_path / "none").exists()


def test_names_in_a_store_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    store = fsspec.filesystem("memory")
    store.store[f"/{tmp_path.name}/../../out.csv"] = store.open("/seed", "wb")
    with pytest.raises(FlyteDataError, match="leads out of the folder"):
        RemoteDirectory(f"memory://{tmp_path.name}").download(tmp_path / "new")
    assert not left_behind(tmp_path)


def test_without_fsspec_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(FlyteDataError, match=r"pip install 'flytebind\[storage\]'"):
        RemoteFile("s3://b/k").open()


def test_a_pickle_is_loaded_when_it_is_told_to(tmp_path: Path) -> None:
    path = tmp_path / "pickle"
    path.write_bytes(pickle.dumps({"a": 1}))
    assert RemotePickle(str(path)).unpickle() == {"a": 1}
    path.write_bytes(b"no pickle")
    with pytest.raises(FlyteDataError, match="cannot be unpickled"):
        RemotePickle(str(path)).unpickle()


@pytest.mark.parametrize(
    "read",
    [
        lambda: RemoteFile("").open(),
        lambda: RemoteFile("").download(),
        lambda: RemoteDirectory("").download(),
        lambda: RemoteTable("").open(),
        lambda: RemoteTable("").download(),
        lambda: RemotePickle("").unpickle(),
    ],
)
def test_what_lies_nowhere_is_not_the_folder_that_we_are_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[], object]
) -> None:
    (tmp_path / "one").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FlyteDataError, match="nobody said where it lies"):
        read()
