"""Names and places that a server or a store makes up never lead anywhere else on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flyteidl.admin import common_pb2, execution_pb2

from flytebind._transfer import storage
from flytebind._transfer.uris import safe_name
from flytebind.models.admin.common import UrlBlob
from flytebind.remote import FlyteDataError, FlyteValueError
from flytebind.sandbox._blobs import BlobStore
from flytebind.values import RemoteDirectory, RemoteFile, fetch_literal_map
from tests.hostile.admin import HostileAdmin
from tests.remote.conftest import Face
from tests.transfer.http.peer import Peer, answer


@pytest.fixture
def below(tmp_path: Path) -> Iterator[Path]:
    """A folder in another one, in which nothing may appear."""
    folder = tmp_path / "outside" / "inside"
    folder.mkdir(parents=True)
    before = set(tmp_path.rglob("*"))
    yield folder
    assert {path for path in tmp_path.rglob("*") if folder not in path.parents} == before


@pytest.mark.parametrize(
    "last",
    ["..", "../..", ".", "", "a/..", "..\\", "a\\..\\..\\b", "\0..", "..\x1b", "\u202e..", "x\n"],
)
def test_a_download_stays_inside_of_its_folder(below: Path, last: str) -> None:
    peer = Peer([answer(b"data")])
    try:
        path = RemoteFile(f"{peer.url}/x/{last}").download(below)
    finally:
        peer.close()
    assert path.parent == below
    assert path.name not in ("", ".", "..")
    assert path.name.isprintable()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("C:evil", "C_evil"),
        ("rows.csv:stream", "rows.csv_stream"),
        ("NUL", "_NUL"),
        ("con.txt", "_con.txt"),
        ("Com1 .txt", "_Com1 .txt"),
        ("lpt\u00b2", "_lpt\u00b2"),
        ("CONIN$", "_CONIN$"),
        ("rows.", "rows"),
        (".. ", "data"),
        ("a?b*c", "a_b_c"),
        ("\\\\host\\share", "__host_share"),
        ("console", "console"),
        ("rows.csv", "rows.csv"),
    ],
)
def test_windows_gets_no_name_that_means_something_else_there(name: str, safe: str) -> None:
    assert safe_name(name, for_windows=True) == safe


def test_other_systems_keep_names_as_they_are() -> None:
    assert safe_name("2024-01-01T00:00:00 NUL?.csv.", for_windows=False) == (
        "2024-01-01T00:00:00 NUL?.csv."
    )


_HERE = ["{path}", "file://{path}", "FILE://localhost{path}", "local://{path}"]
_HERE += ["simplecache::file://{path}", "zip://x::file://{path}", "/dev/stdin", "/dev/zero"]


@pytest.mark.parametrize("uri", _HERE)
def test_no_file_of_this_machine_is_read_because_a_server_names_it(
    face: Face, admin: HostileAdmin, tmp_path: Path, uri: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    blob = common_pb2.UrlBlob(url=uri.format(path=secret), bytes=6)
    admin.tell(
        "GetExecutionData",
        execution_pb2.WorkflowExecutionGetDataRequest,
        lambda request: execution_pb2.WorkflowExecutionGetDataResponse(outputs=blob, inputs=blob),
    )
    execution = face.fetch_execution("hostile")
    with pytest.raises(FlyteDataError, match="nobody has asked for"):
        face.load(execution)


def test_what_a_program_asks_for_itself_may_be_here(tmp_path: Path) -> None:
    path = tmp_path / "literals.pb"
    path.write_bytes(b"")
    assert not fetch_literal_map(UrlBlob(path.as_uri(), 0)).literals


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("act", ["open", "download"])
def test_a_pipe_is_no_file_and_holds_nobody_up(tmp_path: Path, act: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    file = RemoteFile(str(tmp_path / "pipe"))
    with pytest.raises(FlyteDataError, match="is no file"):
        file.open() if act == "open" else file.download(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("to", ["copy", "b/copy"])
def test_a_folder_is_not_copied_into_itself(tmp_path: Path, to: str) -> None:
    source = tmp_path / "a"
    (source / "b").mkdir(parents=True)
    (source / "b" / "file").write_bytes(b"x")
    with pytest.raises(FlyteValueError, match="into itself"):
        RemoteDirectory(str(source)).download(source / to)
    assert list(source.rglob("*")) == [source / "b", source / "b" / "file"]


def test_what_a_sandbox_of_this_process_keeps_may_be_named_as_long_as_it_is_there(
    tmp_path: Path,
) -> None:
    store = BlobStore(tmp_path / "store")
    uri = store.write("inputs.pb", b"data")
    assert b"".join(storage.chunks(uri, is_asked_for=False)) == b"data"
    for outside in (f"file://{tmp_path}/store/../secret", f"file://{tmp_path}/store"):
        with pytest.raises(FlyteDataError, match="nobody has asked for"):
            b"".join(storage.chunks(outside, is_asked_for=False))
    store.close()
    store.close()
    with pytest.raises(FlyteDataError, match="nobody has asked for"):
        b"".join(storage.chunks(uri, is_asked_for=False))
