"""Files and folders on their way to their place."""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flytebind._transfer import parts
from flytebind._transfer.parts import Part
from flytebind.remote.errors import FlyteDataError, FlyteValueError
from flytebind.values import RemoteDirectory, RemoteFile
from tests.support.children import ending_with_us

UNFINISHED = """
import signal, sys
from pathlib import Path
from flytebind._transfer.parts import Part

target = Path(sys.argv[1]) if sys.argv[1] else None
part = Part(target, "name", is_folder=sys.argv[2] == "folder")
if sys.argv[2] == "folder":
    (part.path / "file").write_bytes(b"half")
else:
    part.path.write_bytes(b"half")
print(part.path, flush=True)
signal.pause()
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"new")
    return path


@contextmanager
def unfinished(target: str, kind: str, temporary: Path) -> Iterator[tuple[Path, int]]:
    """A process that is writing, what it writes, and its id."""
    environment = {**os.environ, "TMPDIR": str(temporary)}
    arguments = [sys.executable, "-c", UNFINISHED, target, kind]
    with (
        subprocess.Popen(arguments, stdout=subprocess.PIPE, env=environment, text=True) as process,
        ending_with_us(process),
    ):
        assert process.stdout is not None
        try:
            yield Path(process.stdout.readline().strip()), process.pid
        finally:
            process.kill()


@pytest.mark.parametrize("kind", ["file", "folder"])
@pytest.mark.parametrize("has_target", [True, False])
def test_what_a_killed_process_has_left_is_removed_by_the_next(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, has_target: bool
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    target = tmp_path / "target" if has_target else None
    with unfinished(str(target or ""), kind, tmp_path) as (part, pid):
        assert part.parent == tmp_path
        RemoteFile(str(source)).download(tmp_path / "other")
        assert part.exists()  # it is at work
        os.kill(pid, signal.SIGKILL)
    RemoteFile(str(source)).download(target)
    assert not part.exists()


def test_the_target_keeps_its_mode(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"old")
    for mode in (0o600, 0o755):
        target.chmod(mode)
        RemoteFile(str(source)).download(target)
        assert stat.S_IMODE(target.stat().st_mode) == mode
    assert target.read_bytes() == b"new"


def test_a_new_file_is_as_readable_as_any_other(source: Path, tmp_path: Path) -> None:
    (tmp_path / "usual").write_bytes(b"")
    made = RemoteFile(str(source)).download(tmp_path / "target")
    assert made.stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_link_stays_one(source: Path, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("deep/real")
    RemoteFile(str(source)).download(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "deep" / "real").read_bytes() == b"new"


def test_folders_on_the_way_are_made(source: Path, tmp_path: Path) -> None:
    file = RemoteFile(str(source))
    assert file.download(tmp_path / "a" / "b" / "c").read_bytes() == b"new"
    assert file.download(f"{tmp_path}/d/e/") == tmp_path / "d" / "e" / "source"
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(b"x")
    copied = RemoteDirectory(str(tmp_path / "folder")).download(tmp_path / "f" / "g")
    assert (copied / "file").read_bytes() == b"x"


def test_what_is_no_file_is_not_replaced(source: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FlyteValueError, match="pipe is there already, and is no file"):
        RemoteFile(str(source)).download(tmp_path / "pipe")
    with pytest.raises(FlyteDataError, match=f"{source}/inside: File exists"):
        RemoteFile(str(source)).download(source / "inside")


def test_a_full_disk_is_an_error_about_the_target(source: Path, tmp_path: Path) -> None:
    source.write_bytes(b"x" * 100_000)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "big").write_bytes(b"x" * 100_000)
    target = tmp_path / "new" / "target"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(FlyteDataError, match=f"^{target}: File too large"):
            RemoteFile(str(source)).download(target)
        with pytest.raises(FlyteDataError, match="File too large"):
            RemoteDirectory(str(tmp_path / "folder")).download(target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(target.parent.iterdir())


def test_where_there_are_no_locks_files_come_all_the_same(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing:
        LOCK_EX = LOCK_NB = 0

        @staticmethod
        def flock(descriptor: int, operation: int) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

    for locks in (None, Refusing):
        (tmp_path / ".flytebind-0123456789abcdef.part").write_bytes(b"somebody's")
        monkeypatch.setattr(parts, "_locks", lambda locks=locks: locks)
        assert RemoteFile(str(source)).download(tmp_path / "target").read_bytes() == b"new"
        assert (tmp_path / ".flytebind-0123456789abcdef.part").exists()


def test_what_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    for is_folder in (False, True):
        part = Part(tmp_path / "target", "target", is_folder=is_folder)
        assert part.path.is_dir() == is_folder
        part.discard()
        part.discard()
    assert not list(tmp_path.iterdir())
