"""Files and folders on their way to their place: there when they are complete, and not before."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from flytebind.runtime.errors import FlyteDataError, FlyteValueError

if TYPE_CHECKING:
    from types import ModuleType

_NAMES = re.compile(r"\.flytebind-[0-9a-f]{16}\.part")


def file_target(to: str | os.PathLike[str] | None, name: str) -> Path | None:
    """Where a file is to be: ``to``, or below it if it is a folder, or ends like one.

    Raises:
        FlyteDataError: If the folder that is to hold it cannot be made.
        FlyteValueError: If something is there that is no file.
    """
    if to is None:
        return None
    target = Path(to)
    with on_this_machine(target):
        if target.is_dir() or os.fspath(to).endswith(("/", os.sep)):
            target /= name
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not target.is_file():
            # A device or a pipe would be replaced, too.
            raise FlyteValueError(f"{target} is there already, and is no file")
    return target


def folder_target(to: str | os.PathLike[str] | None) -> Path | None:
    """Where a folder is to be.

    Raises:
        FlyteDataError: If the folder that is to hold it cannot be made.
        FlyteValueError: If something is there already.
    """
    if to is None:
        return None
    target = Path(to)
    with on_this_machine(target):
        if target.exists():
            raise FlyteValueError(f"{target} exists already; name a folder to make")
        target.parent.mkdir(parents=True, exist_ok=True)
    return target


class NotWritten(FlyteDataError):
    """Something cannot be written to this machine, wherever it comes from."""


class Part:
    """What is being written, under a name of its own beside its place.

    Args:
        target: Its place; None for one in a new temporary folder, made when it is complete.
        name: What it is called there.
        is_folder: Whether it is a folder.

    Raises:
        FlyteDataError: If nothing can be written there.
    """

    path: Path
    """Where to write. It is empty, and nobody else's."""

    place: Path
    """What errors call it."""

    def __init__(self, target: Path | None, name: str, *, is_folder: bool = False) -> None:
        # Whoever writes to a link means the file behind it.
        self._target = target.resolve() if target is not None else None
        self._name = name
        self._is_folder = is_folder
        beside = self._target.parent if self._target else Path(_temporary())
        self.place = target or beside
        with on_this_machine(self.place):
            sweep(beside)
            self.path, self._lock = make(beside, is_folder=is_folder)

    def commit(self) -> Path:
        """Put it into its place; returns where that is.

        Raises:
            FlyteDataError: If that fails.
        """
        target = self._target
        with on_this_machine(self.place):
            if target is None:
                target = Path(_temporary(make=True), self._name)
            elif not self._is_folder:
                with suppress(FileNotFoundError):
                    self.path.chmod(stat.S_IMODE(target.stat().st_mode))
            self.path.replace(target)
        self._unlock()
        return target

    def discard(self) -> None:
        """Remove it. After ``commit`` there is nothing to remove, and twice does no harm."""
        remove(self.path)
        self._unlock()

    def _unlock(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)


@contextmanager
def on_this_machine(path: Path) -> Iterator[None]:
    """Say of which file or folder here an error speaks: a full disk is not the source's fault.

    Raises:
        NotWritten: Instead of an ``OSError``.
    """
    try:
        yield
    except OSError as error:
        raise NotWritten(f"{path}: {error.strerror or error}") from error


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it, as far as that is possible."""
    if path.is_dir():
        import shutil

        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def sweep(folder: Path) -> None:
    """Remove what processes that were killed have left unfinished in a folder.

    The living hold a lock on theirs. Where there are no such locks, everything stays.
    """
    locks = _locks()
    if locks is None:
        return
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _NAMES.fullmatch(entry.name) and not entry.is_symlink():
                _sweep_one(Path(entry.path), locks)


def _sweep_one(path: Path, locks: ModuleType) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:  # somebody else's, or gone meanwhile
        return
    try:
        locks.flock(descriptor, locks.LOCK_EX | locks.LOCK_NB)
        remove(path)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def make(beside: Path, *, is_folder: bool = False) -> tuple[Path, int | None]:
    """Make an empty file or folder in another, and lock it.

    Returns:
        It, and a descriptor to close in the end, where there are locks.
    """
    while True:
        path = beside / f".flytebind-{secrets.token_hex(8)}.part"
        if is_folder:
            path.mkdir()
        else:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        locks = _locks()
        if locks is None:
            return path, None
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue  # swept away
        try:
            locks.flock(descriptor, locks.LOCK_EX | locks.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue  # about to be swept away
        except OSError:  # there are file systems without locks, where nothing is swept either
            return path, descriptor
        if path.exists():
            return path, descriptor
        os.close(descriptor)


def _temporary(*, make: bool = False) -> str:
    """The folder of temporary files, or a new one in it."""
    import tempfile

    return tempfile.mkdtemp(prefix="flytebind-") if make else tempfile.gettempdir()


def _locks() -> ModuleType | None:
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    return fcntl
