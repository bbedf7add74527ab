"""Blobs are files below one folder; everything else is out of reach."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from flytebind.sandbox._blobs import BlobStore

LIMIT = 1000


@pytest.fixture
def blobs(tmp_path: Path) -> Iterator[BlobStore]:
    with closing(BlobStore(tmp_path / "blobs")) as blobs:
        yield blobs


@pytest.mark.parametrize("path", ["a", "deep/er/inputs.pb", "a b+c%41#?é;.pb", ".hidden"])
def test_what_was_written_is_read_by_its_uri(blobs: BlobStore, path: str) -> None:
    uri = blobs.write(path, b"\x00data")
    assert uri == blobs.uri(path)
    assert uri.startswith("file:///")
    assert blobs.read(uri, LIMIT) == b"\x00data"
    assert blobs.size(uri) == 5
    assert (blobs.folder / path).read_bytes() == b"\x00data"


def test_the_host_may_be_localhost(blobs: BlobStore) -> None:
    uri = blobs.write("a", b"data")
    assert blobs.read(uri.replace("file:///", "file://localhost/"), LIMIT) == b"data"


def test_a_blob_larger_than_the_limit_is_not_read(blobs: BlobStore) -> None:
    uri = blobs.write("a", bytes(10))
    assert blobs.read(uri, 10) == bytes(10)
    assert blobs.read(uri, 9) is None
    assert blobs.size(uri) == 10


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "file://",
        "file:///",
        "file:///etc/passwd",
        "file://elsewhere/etc/passwd",
        "/etc/passwd",
        "s3://bucket/key",
        "file://{folder}",
        "file://{folder}/folder",
        "file://{folder}/missing",
        "file://{folder}/../secret",
        "file://{folder}/%2e%2e/secret",
        "file://{folder}/folder/../../secret",
        "file://{folder}/file/../../secret",
        "file://{folder}/link",
        "file://{folder}/links/secret",
        "file://{folder}/loop",
        "file://{folder}/pipe",
        "file://{folder}/nul%00",
        "file://{folder}-beside/secret",
        "{folder}/file",
        "file://{folder}/" + "x" * 10_000,
    ],
)
def test_what_is_not_a_file_below_the_folder_is_not_there(blobs: BlobStore, uri: str) -> None:
    outside = blobs.folder.parent
    (outside / "secret").write_text("secret")
    (outside / "blobs-beside").mkdir()
    (outside / "blobs-beside" / "secret").write_text("secret")
    blobs.write("file", b"data")
    (blobs.folder / "folder").mkdir()
    (blobs.folder / "link").symlink_to(outside / "secret")
    (blobs.folder / "links").symlink_to(outside)
    (blobs.folder / "loop").symlink_to("loop")
    os.mkfifo(blobs.folder / "pipe")
    uri = uri.format(folder=blobs.folder)
    assert blobs.read(uri, LIMIT) is None
    assert blobs.size(uri) is None


@pytest.mark.parametrize("path", ["..", "../secret", "/etc/passwd", "a/../../secret", "links/new"])
def test_nothing_is_written_outside_the_folder(blobs: BlobStore, path: str) -> None:
    (blobs.folder / "links").symlink_to(blobs.folder.parent)
    before = sorted(blobs.folder.parent.rglob("*"))
    with pytest.raises(ValueError, match="leads out of"):
        blobs.write(path, b"data")
    with pytest.raises(ValueError, match="leads out of"):
        blobs.uri(path)
    assert sorted(blobs.folder.parent.rglob("*")) == before


def test_a_reader_sees_the_old_blob_or_the_new_one_whole(blobs: BlobStore) -> None:
    versions = [bytes([number]) * 100_000 for number in range(1, 30)]
    uri = blobs.write("a", versions[0])
    done = threading.Event()

    def write_all() -> None:
        for version in versions:
            blobs.write("a", version)
        done.set()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_all)
        while not done.is_set() and not writing.done():
            assert blobs.read(uri, 100_000) in versions
        writing.result(10)
    assert blobs.read(uri, 100_000) == versions[-1]


def test_a_write_that_fails_leaves_the_old_blob_and_no_remains(
    blobs: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = blobs.write("a", b"old")

    def fail(source: Path, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        blobs.write("a", b"new")
    assert blobs.read(uri, LIMIT) == b"old"
    assert files_in(blobs.folder) == ["a"]


def files_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


@pytest.mark.skipif(os.name == "nt", reason="there are no locks that end with their process")
def test_what_a_killed_process_has_left_goes_and_what_another_writes_stays(tmp_path: Path) -> None:
    program = """
import os, sys
from pathlib import Path
from flytebind.sandbox._blobs import BlobStore
with BlobStore(Path(sys.argv[1])).writing("deep/a") as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", program, str(tmp_path)])
    assert len(files_in(tmp_path)) == 1
    with closing(BlobStore(tmp_path)) as blobs:
        assert files_in(tmp_path) == []
        with blobs.writing("b") as file:
            file.write(b"whole")
            BlobStore(tmp_path).close()
        assert files_in(tmp_path) == ["b"]


def test_a_temporary_folder_goes_with_its_store_and_a_given_one_stays(tmp_path: Path) -> None:
    temporary, given = BlobStore(), BlobStore(tmp_path)
    for blobs in (temporary, given):
        blobs.write("a", b"data")
        blobs.close()
        blobs.close()
    assert not temporary.folder.exists()
    assert (tmp_path / "a").exists()


def test_blobs_of_a_given_folder_are_found_again(tmp_path: Path) -> None:
    with closing(BlobStore(tmp_path / "new" / "folder")) as blobs:
        uri = blobs.write("a", b"data")
    with closing(BlobStore(tmp_path / "new" / "folder")) as blobs:
        assert blobs.read(uri, LIMIT) == b"data"


def test_a_folder_behind_a_link_works(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with closing(BlobStore(tmp_path / "link")) as blobs:
        assert blobs.read(blobs.write("a", b"data"), LIMIT) == b"data"
        assert blobs.read((tmp_path / "link" / "a").as_uri(), LIMIT) == b"data"
