"""Data frames of pandas, polars and pyarrow as parquet, and back. None of these is needed for more.

No library is imported that did not make the frame, or the class that is asked for, in the first
place; what these import for parquet may be missing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module as _library
from pathlib import Path
from typing import Any

from flytebind.runtime.errors import FlyteDataError
from flytebind.values._handles import RemoteTable
from flytebind.values._mismatch import Mismatch, expected

PARQUET = "parquet"

#: What flytekit calls the one file of a frame.
_FILE = "00000"


def _write_pandas(frame: Any, file: Path) -> None:
    # As flytekit does: Spark reads no nanoseconds.
    frame.to_parquet(file, coerce_timestamps="us", allow_truncated_timestamps=False)


def _write_polars(frame: Any, file: Path) -> None:
    frame.write_parquet(file)


def _write_lazy(frame: Any, file: Path) -> None:
    frame.collect().write_parquet(file)


def _write_arrow(frame: Any, file: Path) -> None:
    _library("pyarrow.parquet").write_table(frame, file)


def _read_pandas(files: Sequence[Path], folder: Path) -> object:
    return _library("pandas").read_parquet(folder)


def _read_polars(files: Sequence[Path], folder: Path) -> object:
    return _library("polars").read_parquet(files)


def _read_lazy(files: Sequence[Path], folder: Path) -> object:
    # Its files are gone when it is looked at.
    return _library("polars").read_parquet(files).lazy()


def _read_arrow(files: Sequence[Path], folder: Path) -> object:
    return _library("pyarrow.parquet").read_table(folder)


_WRITERS: Mapping[str, Callable[[Any, Path], None]] = {
    "pandas.DataFrame": _write_pandas,
    "polars.DataFrame": _write_polars,
    "polars.LazyFrame": _write_lazy,
    "pyarrow.Table": _write_arrow,
}
_READERS: Mapping[str, Callable[[Sequence[Path], Path], object]] = {
    "pandas.DataFrame": _read_pandas,
    "polars.DataFrame": _read_polars,
    "polars.LazyFrame": _read_lazy,
    "pyarrow.Table": _read_arrow,
}


def frame_kind(cls: type) -> str:
    """Which kind of data frame a class is: ``pandas.DataFrame``; empty if it is none."""
    # By name, without the modules between: frames are defined deep inside their libraries.
    names = (f"{base.__module__.partition('.')[0]}.{base.__name__}" for base in cls.__mro__)
    return next((name for name in names if name in _WRITERS), "")


def is_frame(value: object) -> bool:
    """Whether it is a data frame."""
    return bool(frame_kind(type(value)))


def check_columns(frame: Any, declared: Sequence[str]) -> None:
    """Refuse a frame without the columns that are declared: its task would look for them.

    Raises:
        Mismatch: If some are missing.
    """
    if not declared:
        return
    kind = frame_kind(type(frame))
    if kind == "pyarrow.Table":
        names = frame.column_names
    elif kind == "polars.LazyFrame":
        names = frame.collect_schema().names()
    else:
        names = list(frame.columns)
    missing = [name for name in declared if name not in names]
    if missing:
        shown = ", ".join(map(repr, names)) or "none"
        raise Mismatch(f"{kind} needs the columns {', '.join(map(repr, missing))}; it has {shown}")


def write_frame(frame: object, folder: Path) -> None:
    """Write a data frame into a folder, as flytekit does.

    Raises:
        Mismatch: If it cannot be written, or a library is missing that takes.
    """
    kind = frame_kind(type(frame))
    try:
        _WRITERS[kind](frame, folder / _FILE)
    except ImportError as error:
        raise _missing(kind, "written", error) from None
    except OSError:
        raise
    except Exception as error:  # each library has errors of its own
        raise Mismatch(f"cannot be written as parquet: {type(error).__name__}: {error}") from error


def read_frame(value: object, cls: type) -> object:
    """A table as a data frame.

    Args:
        value: Its handle, or a frame already.
        cls: The class of the frame.

    Raises:
        Mismatch: If it is no table, is no parquet, or cannot be had.
    """
    if isinstance(value, cls):
        return value
    kind = frame_kind(cls)
    if not isinstance(value, RemoteTable):
        raise expected(kind, value)
    if value.format and value.format.lower() != PARQUET:
        raise Mismatch(f"is stored as {value.format!r}, not as parquet; open() or download() it")
    with tempfile.TemporaryDirectory(prefix="flytebind-") as temporary:
        try:
            folder = value.download(Path(temporary, "table"))
        except FlyteDataError as error:
            raise Mismatch(str(error), FlyteDataError) from error.__cause__
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        try:
            return _READERS[kind](files, folder)
        except ImportError as error:
            raise _missing(kind, "read", error) from None
        except Exception as error:  # each library has errors of its own
            raise Mismatch(f"cannot be read as parquet: {type(error).__name__}: {error}") from error


def _missing(kind: str, what: str, error: ImportError) -> Mismatch:
    needed = "polars" if kind.startswith("polars") else "pyarrow"
    reason = f"{type(error).__name__}: {error}".splitlines()[0]
    return Mismatch(
        f"a {kind} cannot be {what} as parquet here ({reason}): pip install {needed}",
        FlyteDataError,
    )
