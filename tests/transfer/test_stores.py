"""Object stores, read with credentials of one's own: against moto's S3 server."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from flytebind._transfer import stores
from flytebind.remote.errors import FlyteDataError, FlyteValueError
from flytebind.values import RemoteDirectory, RemoteFile, RemoteTable
from tests.support.s3 import KEYS, Bucket


def contents(folder: Path) -> dict[str, bytes | None]:
    """All that is in a folder; None for folders."""
    return {
        path.relative_to(folder).as_posix(): None if path.is_dir() else path.read_bytes()
        for path in folder.rglob("*")
    }


def test_flytekits_variables_lead_to_a_store(bucket: Bucket, tmp_path: Path) -> None:
    data = os.urandom(100_000)
    bucket.put({"a b#ü.bin": data, "deep/b.bin": b"b"})
    file = RemoteFile(bucket.uri("a b#ü.bin"))
    with file.open() as stream:
        assert stream.read() == data
    assert file.download(tmp_path / "new" / "a.bin").read_bytes() == data
    assert RemoteFile(bucket.uri("deep/b.bin")).download().read_bytes() == b"b"


@pytest.mark.parametrize(
    ("protocol", "env", "expected"),
    [
        ("s3", KEYS, {"key": "minio", "secret": "miniostorage"}),
        ("s3", {"FLYTE_AWS_ENDPOINT": "http://a"}, {"client_kwargs": {"endpoint_url": "http://a"}}),
        (
            "s3",
            {"FLYTE_AWS_ADDRESSING_STYLE": "virtual"},
            {"config_kwargs": {"max_pool_connections": 64, "s3": {"addressing_style": "virtual"}}},
        ),
        (
            "abfs",
            {
                "FLYTE_AZURE_STORAGE_ACCOUNT_NAME": "n",
                "FLYTE_AZURE_STORAGE_ACCOUNT_KEY": "k",
                "FLYTE_AZURE_TENANT_ID": "t",
                "FLYTE_AZURE_CLIENT_ID": "i",
                "FLYTE_AZURE_CLIENT_SECRET": "s",
            },
            {
                "account_name": "n",
                "account_key": "k",
                "tenant_id": "t",
                "client_id": "i",
                "client_secret": "s",
            },
        ),
        ("gs", KEYS, {}),
    ],
)
def test_flytekits_variables_become_what_drivers_take(
    protocol: str, env: dict[str, str], expected: dict[str, object]
) -> None:
    found = stores.options(protocol, env)
    assert {name: found[name] for name in expected} == expected


def test_what_anybody_may_read_needs_no_credentials(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put({"a": b"a"}, acl="public-read")
    for name in KEYS:
        monkeypatch.delenv(name)
    assert RemoteFile(bucket.uri("a")).download().read_bytes() == b"a"


def test_folders_that_consoles_and_hadoop_made_are_folders(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put(
        {
            "t/": b"",
            "t/a.csv": b"a",
            "t/deep/": b"",
            "t/deep/b.csv": b"b",
            "t/empty/": b"",
            "t/hadoop_$folder$": b"",
            "t/hadoop/c.csv": b"c",
            "t/alone_$folder$": b"",
            "t/azure": b"",
            "t/azure/d.csv": b"d",
            "t/nothing.csv": b"",
            "other/e.csv": b"e",
            "t2/f.csv": b"f",
        }
    )
    expected = {
        "a.csv": b"a",
        "deep": None,
        "deep/b.csv": b"b",
        "empty": None,
        "hadoop": None,
        "hadoop/c.csv": b"c",
        "alone": None,
        "azure": None,
        "azure/d.csv": b"d",
        "nothing.csv": b"",
    }
    for number, uri in enumerate((bucket.uri("t"), bucket.uri("t/"))):
        assert contents(RemoteDirectory(uri).download(tmp_path / str(number))) == expected


def test_a_folder_with_nothing_but_its_marker_is_empty(bucket: Bucket) -> None:
    bucket.put({"t/": b""})
    folder = RemoteDirectory(bucket.uri("t")).download()
    assert folder.is_dir()
    assert contents(folder) == {}


def test_a_folder_is_never_read_as_a_file(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put({"marked/": b"", "marked/a": b"a", "plain/a": b"a"})
    for key in ("marked", "marked/", "plain", "plain/"):
        file = RemoteFile(bucket.uri(key))
        with pytest.raises(FlyteDataError, match=f"{key}: is a folder"):
            file.download(tmp_path / "file")
        with pytest.raises(FlyteDataError, match=f"{key}: is a folder"):
            file.open()
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_a_folder_here_is_refused(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put({"both/a": b"a", "both/a/b": b"b", "same/a//b": b"1", "same/a/b": b"2"})
    with pytest.raises(FlyteDataError, match="'a' is a file and a folder"):
        RemoteDirectory(bucket.uri("both")).download(tmp_path / "new")
    with pytest.raises(FlyteDataError, match="two files would be 'a/b'"):
        RemoteDirectory(bucket.uri("same")).download(tmp_path / "new")
    with pytest.raises(FlyteDataError, match="there is nothing"):
        RemoteDirectory(bucket.uri("none")).download(tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_a_folder_is_listed_anew_each_time(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put({"t/deep/a": b"a"})
    directory = RemoteDirectory(bucket.uri("t"))
    assert set(contents(directory.download(tmp_path / "1"))) == {"deep", "deep/a"}
    bucket.put({"t/deep/b": b"b"})
    assert set(contents(directory.download(tmp_path / "2"))) == {"deep", "deep/a", "deep/b"}


def test_a_name_with_colons_is_no_chain(bucket: Bucket) -> None:
    bucket.put({"a::b": b"a"})
    assert RemoteFile(bucket.uri("a::b")).download().read_bytes() == b"a"


def test_files_of_a_folder_come_side_by_side(bucket: Bucket, tmp_path: Path) -> None:
    """Each waits until another one has begun, so one by one they would never come."""
    import s3fs

    bucket.put({f"t/{number}": b"x" for number in range(6)})
    met = threading.Barrier(2)
    get_file = s3fs.S3FileSystem._get_file

    async def meeting(self: Any, source: str, to: str, **kwargs: Any) -> None:
        import asyncio

        await asyncio.to_thread(met.wait, 30)
        await get_file(self, source, to, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(s3fs.S3FileSystem, "_get_file", meeting)
        assert len(contents(RemoteDirectory(bucket.uri("t")).download(tmp_path / "new"))) == 6


def test_one_file_that_is_refused_ends_a_folder(bucket: Bucket, tmp_path: Path) -> None:
    import s3fs

    bucket.put({f"t/{number}": b"x" for number in range(6)})

    async def refusing(self: Any, source: str, to: str, **kwargs: Any) -> None:
        raise FileNotFoundError(source)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(s3fs.S3FileSystem, "_get_file", refusing)
        with pytest.raises(FlyteDataError, match=rf"{bucket.uri('t')}: "):
            RemoteDirectory(bucket.uri("t")).download(tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_a_table_may_be_one_file_or_many(bucket: Bucket) -> None:
    bucket.put({"t/00000": b"0", "t/00001": b"1", "one.parquet": b"p"})
    table = RemoteTable(bucket.uri("t")).download()
    assert contents(table) == {"00000": b"0", "00001": b"1"}
    assert contents(RemoteTable(bucket.uri("one.parquet")).download()) == {"one.parquet": b"p"}


def test_a_folder_is_not_put_over_another(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put({"t/a": b"a"})
    with pytest.raises(FlyteValueError, match="exists already"):
        RemoteDirectory(bucket.uri("t")).download(tmp_path)
