"""Offloaded data: files below one folder, known by ``file://`` URIs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote
from urllib.request import url2pathname

from flytebind._transfer import parts
from flytebind._transfer.offered import offer, withdraw

_SCHEME = "file://"


class BlobStore:
    """Reads and writes files below a folder, and nothing outside it.

    Args:
        folder: Made when absent, kept afterwards. None: a temporary one that ``close`` removes.
    """

    folder: Path
    """Absolute, free of symbolic links."""

    def __init__(self, folder: Path | None = None) -> None:
        self._temporary = None
        if folder is None:
            self._temporary = tempfile.TemporaryDirectory(
                prefix="flytebind-sandbox-", ignore_cleanup_errors=True
            )
            folder = Path(self._temporary.name)
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder.resolve()
        self._unfinished = self.folder / ".unfinished"
        self._unfinished.mkdir(mode=0o700, exist_ok=True)
        parts.sweep(self._unfinished)
        offer(self.folder)
        self._is_open = True

    def close(self) -> None:
        """Remove the folder, if it is a temporary one. Twice does no harm."""
        if self._is_open:
            self._is_open = False
            withdraw(self.folder)
        if self._temporary is not None:
            self._temporary.cleanup()

    def read(self, uri: str, limit: int) -> bytes | None:
        """What a file holds.

        Returns:
            None when there is no such file, when it has more than ``limit`` bytes, and when the URI
            is not one of a file below the folder.
        """
        path = self._file(uri)
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_size > limit:
                    return None
                return file.read()
        except OSError:
            return None

    def size(self, uri: str) -> int | None:
        """How many bytes a file holds; None where ``read`` would find no file."""
        path = self._file(uri)
        try:
            return None if path is None else path.stat().st_size
        except OSError:
            return None

    def canonical(self, uri: str) -> str | None:
        """The URI that ``write`` gave for a file which may be named in another way.

        None where ``read`` would find no file.
        """
        path = self._file(uri)
        return None if path is None else _uri(path)

    def write(self, path: str, data: bytes) -> str:
        """Make or replace a file; whoever reads it meanwhile gets the old or the new one, whole.

        Args:
            path: Below the folder.
            data: All of it.

        Returns:
            The file's URI.

        Raises:
            ValueError: If the path leads out of the folder.
        """
        with self.writing(path) as file:
            file.write(data)
        return self.uri(path)

    @contextmanager
    def writing(self, path: str) -> Iterator[BinaryIO]:
        """Make or replace a file piece by piece; it is there after the block, if all is well.

        Args:
            path: Below the folder.

        Raises:
            ValueError: If the path leads out of the folder.
        """
        target = self._below(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        written, lock = parts.make(self._unfinished)
        try:
            with written.open("wb") as file:
                yield file
            written.replace(target)
        finally:
            parts.remove(written)  # it has gone, unless it failed
            if lock is not None:
                os.close(lock)

    def uri(self, path: str) -> str:
        """The URI of a path below the folder, whether there is a file or not.

        Raises:
            ValueError: If the path leads out of the folder.
        """
        return _uri(self._below(path))

    def _below(self, path: str) -> Path:
        # Not Path.resolve, which raises for a loop of links before Python 3.13.
        resolved = Path(os.path.realpath(self.folder / path))
        if not resolved.is_relative_to(self.folder):
            raise ValueError(f"{path!r} leads out of the sandbox's folder")
        return resolved

    def _file(self, uri: str) -> Path | None:
        """The file that a URI names, if it is a regular one below the folder."""
        if not uri.startswith(_SCHEME):
            return None
        try:
            path = self._below(url2pathname(uri.removeprefix(_SCHEME).removeprefix("localhost")))
            return path if path.is_file() else None
        except (OSError, ValueError):  # too long, or with a NUL
            return None


def _uri(path: Path) -> str:
    # As a server's URIs are: base32 ends with `=`, which nobody who looks for a file would unquote.
    return _SCHEME + quote(path.as_posix(), safe="/$&+,:;=@~")
