"""Values that lie in a store: files, folders and tables, given as handles, URIs or what is here."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias, TypeVar

from flyteidl.core import literals_pb2, types_pb2

from flytebind._transfer.uris import is_uri
from flytebind.models.core.types import BlobType, SchemaType, StructuredDatasetType
from flytebind.runtime.errors import FlyteAssertion, FlyteDataError
from flytebind.values._flytekit import given
from flytebind.values._frames import PARQUET, check_columns, is_frame, write_frame
from flytebind.values._handles import (
    PICKLE_FORMAT,
    RemoteDirectory,
    RemoteFile,
    RemotePickle,
    RemoteTable,
)
from flytebind.values._mismatch import Mismatch, expected
from flytebind.values._names import blob_name
from flytebind.values._plain import valid_text
from flytebind.values._scratch import Scratch

#: Stores a local file or folder, and gives its URI.
Upload: TypeAlias = Callable[[Path], str]

#: Gives the URI in a store of what a Flyte URL, ``flyte://v1/...``, leads to.
Resolve: TypeAlias = Callable[[str], str]

T = TypeVar("T")

_PICKLED = (
    "; flytekit pickles values of this type: give the Path of a file with cloudpickle.dumps(it)"
)
_TABLE = "RemoteTable, a data frame, a Path or a URI"


class Uploads:
    """Brings what is here to where tasks can read it.

    Args:
        upload: Stores a local file or folder, and gives its URI; None where nothing can.
        scratch: Where files are written that are none yet.
        resolve: Follows Flyte URLs, which no task can read; None leaves them as they are.
    """

    def __init__(
        self, upload: Upload | None, scratch: Scratch, resolve: Resolve | None = None
    ) -> None:
        self._upload = upload
        self._scratch = scratch
        self._resolve = resolve

    def uri(self, uri: str) -> str:
        """A URI that tasks can read from."""
        if self._resolve is not None and uri.startswith("flyte://"):
            return _told(self._resolve, uri)
        return uri

    def path(self, value: str | os.PathLike[str], is_folder: bool, handle: str) -> str:
        """The URI of a file or folder of this machine.

        Args:
            value: Where it is.
            is_folder: Whether it has to be a folder.
            handle: What to give in place of it, where nothing can be uploaded.

        Raises:
            Mismatch: If there is none, or it cannot be uploaded.
        """
        path = Path(value)
        if not (path.is_dir() if is_folder else path.is_file()):
            wanted, other = ("folder", "file") if is_folder else ("file", "folder")
            if path.exists():
                raise Mismatch(f"{str(path)!r} is a {other}, not a {wanted}")
            hint = "; in a store it has a URI, such as s3://bucket/key"
            text = hint if isinstance(value, str) else ""
            raise Mismatch(f"there is no {wanted} {str(path)!r}{text}")
        return self._put(path, repr(str(path)), handle)

    def written(self, value: object, fill: Callable[[Path], None], handle: str) -> str:
        """The URI of a folder that is written first.

        Args:
            value: What it is made of; named in errors.
            fill: Writes its files.
            handle: What to give in place of it, where nothing can be uploaded.

        Raises:
            Mismatch: If it cannot be written or uploaded.
        """
        if self._upload is None:
            raise _cannot(type(value).__name__, handle)
        try:
            folder = self._scratch.folder_of(value, fill)
        except OSError as error:
            raise Mismatch(f"cannot be written here: {error}", FlyteDataError) from error
        return self._put(folder, type(value).__name__, handle)

    def _put(self, path: Path, what: str, handle: str) -> str:
        if self._upload is None:
            raise _cannot(what, handle)
        return _told(self._upload, path)


def write_blob(pb: literals_pb2.Blob, value: object, blob_type: BlobType, uploads: Uploads) -> None:
    """Store where a file or a folder is.

    Raises:
        Mismatch: If it is something else, or of another format, or cannot be uploaded.
    """
    value = given(value)
    is_folder = blob_type.dimensionality == BlobType.BlobDimensionality.MULTIPART
    handle = "RemoteDirectory(uri)" if is_folder else "RemoteFile(uri)"
    file_format = blob_type.format
    if isinstance(value, RemotePickle) and file_format == PICKLE_FORMAT and not is_folder:
        uri = value.uri
    elif isinstance(value, RemoteDirectory if is_folder else RemoteFile):
        uri = value.uri
        file_format = common_format(value.format, blob_type.format)
    elif is_uri(value):
        uri = uploads.uri(value)
    elif file_format == PICKLE_FORMAT and not isinstance(value, os.PathLike):
        raise expected("RemotePickle, a Path or a URI", value, _PICKLED)
    elif isinstance(value, (str, os.PathLike)):
        uri = uploads.path(value, is_folder, handle)
    elif is_folder and isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        paths = _paths(value)
        uri = uploads.written(value, lambda folder: _gather(paths, folder), handle)
    else:
        several = ", a list of Paths" if is_folder else ""
        raise expected(f"{blob_name(blob_type)}, a Path{several} or a URI", value)
    pb.uri = valid_text(uri)
    pb.metadata.type.format = valid_text(file_format)
    pb.metadata.type.dimensionality = blob_type.dimensionality.value


def write_dataset(
    pb: literals_pb2.StructuredDataset,
    value: object,
    dataset_type: StructuredDatasetType,
    uploads: Uploads,
) -> None:
    """Store where a table is; a data frame is written as parquet.

    Raises:
        Mismatch: If it is something else, or of another format, or cannot be uploaded.
    """
    columns = [column.name for column in dataset_type.columns]
    table = _table(value, dataset_type.format, columns, uploads)
    pb.uri = valid_text(table.uri)
    kind = pb.metadata.structured_dataset_type
    kind.CopyFrom(dataset_type.to_pb())
    kind.format = valid_text(common_format(table.format, dataset_type.format))
    if table.columns:
        del kind.columns[:]
        kind.columns.extend([column.to_pb() for column in table.columns])


def write_schema(
    pb: literals_pb2.Schema, value: object, schema_type: SchemaType, uploads: Uploads
) -> None:
    """Store where a table is as a schema, which is always parquet.

    Raises:
        Mismatch: If it is something else, or of another format, or cannot be uploaded.
    """
    kind: types_pb2.SchemaType = schema_type.to_pb()
    table = _table(value, PARQUET, [column.name for column in kind.columns], uploads)
    common_format(table.format, PARQUET)
    pb.uri = valid_text(table.uri)
    pb.type.CopyFrom(kind)


def common_format(given: str, declared: str) -> str:
    """The format of a handle for a type; empty, on either side, stands for any.

    Raises:
        Mismatch: If they differ.
    """
    if given and declared and given.lower() != declared.lower():
        raise Mismatch(f"expected the format {declared!r}, got {given!r}")
    return given or declared


def _table(value: object, declared: str, columns: Sequence[str], uploads: Uploads) -> RemoteTable:
    """The handle of a table that may have to be uploaded first."""
    handle = "RemoteTable(uri)"
    value = given(value)
    if isinstance(value, RemoteTable):
        return value
    if is_uri(value):
        return RemoteTable(uploads.uri(value))
    if is_frame(value):
        if declared and declared.lower() != PARQUET:
            raise Mismatch(
                f"declared as {declared!r}, and data frames are written as parquet; write a file"
                " yourself and give its Path"
            )
        check_columns(value, columns)
        uri = uploads.written(value, lambda folder: write_frame(value, folder), handle)
        return RemoteTable(uri, PARQUET)
    if isinstance(value, (str, os.PathLike)):
        return RemoteTable(uploads.path(value, os.path.isdir(value), handle))
    raise expected(_TABLE, value)


def _paths(value: Sequence[object]) -> dict[str, Path]:
    """The local files of a list, by their names."""
    found: dict[str, Path] = {}
    for index, item in enumerate(value):
        if is_uri(item) or not isinstance(item, (str, os.PathLike)):
            mismatch = expected(
                "a Path of a file", item, "; a folder that is in a store is given by its one URI"
            )
        elif not Path(item).is_file():
            mismatch = Mismatch(f"there is no file {str(item)!r}")
        elif Path(item).name in found:
            mismatch = Mismatch(f"two files are called {Path(item).name!r}")
        else:
            found[Path(item).name] = Path(item)
            continue
        mismatch.inside(f"[{index}]")
        raise mismatch
    return found


def _gather(paths: dict[str, Path], folder: Path) -> None:
    for name, path in paths.items():
        try:
            (folder / name).symlink_to(path.absolute())
        except OSError:  # not everybody may do so on Windows
            shutil.copyfile(path, folder / name)


def _told(ask: Callable[[T], str], what: T) -> str:
    """A URI; an error of who is asked for it becomes one with the way to the value."""
    try:
        return ask(what)
    except FlyteAssertion as error:
        raise Mismatch(str(error)) from None
    except FlyteDataError as error:
        raise Mismatch(str(error), FlyteDataError) from error.__cause__


def _cannot(what: str, handle: str) -> Mismatch:
    return Mismatch(
        f"{what} is on this machine, and nothing here can upload it; upload it and give {handle}"
    )
