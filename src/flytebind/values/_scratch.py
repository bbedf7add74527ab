"""A temporary place for what has to be files before it can be uploaded."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType


class Scratch:
    """Temporary folders, gone when the block ends.

    Values are converted more than once: to see what has to be uploaded, and with its URIs. The same
    object becomes the same folder each time.
    """

    def __init__(self) -> None:
        self._made: dict[int, tuple[object, Path]] = {}
        self._root: Path | None = None

    def folder_of(self, value: object, fill: Callable[[Path], None]) -> Path:
        """The folder that an object becomes.

        Args:
            value: The object.
            fill: Writes its files into an empty folder.
        """
        known = self._made.get(id(value))
        if known is not None:
            return known[1]
        if self._root is None:
            self._root = Path(tempfile.mkdtemp(prefix="flytebind-"))
        folder = self._root / str(len(self._made))
        folder.mkdir()
        self._made[id(value)] = value, folder  # as long as it is held, nothing else has its id
        try:
            fill(folder)
        except BaseException:
            del self._made[id(value)]
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return folder

    def __enter__(self) -> Scratch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)
