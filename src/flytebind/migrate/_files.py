"""Programs on disk: which there are, what they say, and all of them changed or none."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import tokenize
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

_NOT_OURS = frozenset({"__pycache__", "node_modules", "site-packages"})


class Unreadable(Exception):
    """A path that is no program, or none that can be read; says why."""


@dataclass(frozen=True)
class Source:
    """The text of a program, as it can be written again."""

    text: str
    encoding: str

    @classmethod
    def read(cls, path: Path) -> Source:
        """Read a program in whatever encoding it says that it has.

        Raises:
            Unreadable: If that fails.
        """
        try:
            data = path.read_bytes()
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            return cls(data.decode(encoding), encoding)
        except OSError as error:
            raise Unreadable(error.strerror or str(error)) from error
        except (SyntaxError, ValueError) as error:
            raise Unreadable(f"its encoding is unknown: {error}") from error


def programs(paths: list[Path]) -> Iterator[Path]:
    """The files among paths, and the Python programs below folders, in order.

    Folders of environments, and those whose names begin with a dot, are passed over.

    Raises:
        Unreadable: If there is no such path.
    """
    for path in paths:
        if path.is_dir():
            yield from _below(path)
        elif path.exists():
            yield path
        else:
            raise Unreadable(f"there is no {path}")


def _below(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.is_symlink() and entry.is_dir():
            continue  # it is somewhere else, or around here
        if entry.is_dir():
            is_environment = (entry / "pyvenv.cfg").exists()
            if not (entry.name.startswith(".") or entry.name in _NOT_OURS or is_environment):
                yield from _below(entry)
        elif entry.suffix == ".py":
            yield entry


def write_all(changes: Mapping[Path, tuple[Source, str]]) -> None:
    """Change files: all of them, or else none.

    Args:
        changes: By path, what it was and what it becomes.

    Raises:
        OSError: If one cannot be written. The others are as they were.
    """
    with ExitStack() as undo:
        ready = []
        for path, (source, text) in changes.items():
            place = path.resolve()  # a link stays a link
            handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
            undo.callback(_remove, name)
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode(source.encoding))
            shutil.copymode(place, name)
            ready.append((place, name, place.read_bytes()))
        for place, name, before in ready:
            os.replace(name, place)
            undo.callback(place.write_bytes, before)
        undo.pop_all()


def _remove(name: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name)
