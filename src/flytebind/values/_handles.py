"""Handles: small values that say where data lies, and fetch it when they are told to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from flytebind._transfer import storage
from flytebind._transfer.links import Links
from flytebind._transfer.uris import public
from flytebind.models.core.literals import Blob, Schema, StructuredDataset
from flytebind.models.core.types import (
    BlobType,
    LiteralType,
    SchemaType,
    SimpleType,
    StructuredDatasetType,
)
from flytebind.runtime.errors import FlyteDataError
from flytebind.runtime.homes import public_in

#: The format of blobs that flytekit pickles what it has no other way for into.
PICKLE_FORMAT = "PythonPickle"

_COLUMNS: Mapping[int, SimpleType] = {
    SchemaType.SchemaColumn.SchemaColumnType.INTEGER: SimpleType.INTEGER,
    SchemaType.SchemaColumn.SchemaColumnType.FLOAT: SimpleType.FLOAT,
    SchemaType.SchemaColumn.SchemaColumnType.STRING: SimpleType.STRING,
    SchemaType.SchemaColumn.SchemaColumnType.BOOLEAN: SimpleType.BOOLEAN,
    SchemaType.SchemaColumn.SchemaColumnType.DATETIME: SimpleType.DATETIME,
    SchemaType.SchemaColumn.SchemaColumnType.DURATION: SimpleType.DURATION,
}


FindLinks: TypeAlias = Callable[[], Links | None]
"""Gets what handles are read through: what signs links to files, where there is a remote."""

#: What handles that are made in this context read through.
_current: ContextVar[FindLinks | None] = ContextVar("flytebind_links", default=None)


@contextmanager
def read_through(links: FindLinks | None) -> Iterator[None]:
    """Let the handles that are made in the block be read through a remote."""
    before = _current.set(links)
    try:
        yield
    finally:
        _current.reset(before)


class _Handle:
    """Remembers the remote that it was made with.

    That is no part of its value: handles of the same place are equal, and copies have no remote.
    """

    def __post_init__(self) -> None:
        links = _current.get()
        object.__setattr__(self, "_through", None if links is None else links())

    @property
    def _links(self) -> Links | None:
        """What signs links to it."""
        through: Links | None = getattr(self, "_through", None)
        return through

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "_through"}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)


@public_in("flytebind.values")
@dataclass(frozen=True)
class RemoteFile(_Handle):
    """A file in storage.

    Attributes:
        uri: Where it lies, such as ``s3://bucket/key``.
        format: What kind of file it is, such as ``csv``; empty if nobody said.
    """

    uri: str
    format: str = ""

    def open(self) -> BinaryIO:
        """Open it for reading, from anywhere in it.

        Raises:
            FlyteDataError: If that fails.
        """
        return storage.open_binary(self.uri, self._links)

    def download(self, to: str | os.PathLike[str] | None = None) -> Path:
        """Copy it to this machine; the file appears when it is complete.

        Args:
            to: The file to write, or a folder to write it into: one that is there, or ends with a
                slash. Folders on the way are made. By default a new temporary folder, which is
                yours to remove.

        Returns:
            Where the file is now.

        Raises:
            FlyteDataError: If it cannot be read, or not be written.
            FlyteValueError: If something is there that is no file.
        """
        return storage.save_file(self.uri, to, self._links)


@public_in("flytebind.values")
@dataclass(frozen=True)
class RemoteDirectory(_Handle):
    """A directory in storage: all files under one prefix.

    Attributes:
        uri: Where it lies.
        format: What kind of files these are; empty if nobody said.
    """

    uri: str
    format: str = ""

    def open(self, path: str) -> BinaryIO:
        """Open one of its files for reading.

        Args:
            path: Its name below the directory.

        Raises:
            FlyteDataError: If that fails.
        """
        return storage.open_binary(f"{self.uri.rstrip('/')}/{path}", self._links)

    def download(self, to: str | os.PathLike[str] | None = None) -> Path:
        """Copy it to this machine; the folder appears when it is complete.

        To list it takes credentials of this machine; see ``docs/remote.md``.

        Args:
            to: The folder to make. By default one in a new temporary folder, which is yours to
                remove.

        Returns:
            Where the folder is now.

        Raises:
            FlyteDataError: If it cannot be read.
            FlyteValueError: If ``to`` exists already.
        """
        return storage.save_folder(self.uri, to, self._links)


@public_in("flytebind.values")
@dataclass(frozen=True)
class RemoteTable(_Handle):
    """A table in storage: a structured dataset, or a schema of older days.

    ``uri`` is what data frame libraries read: ``pandas.read_parquet(table.uri)``.

    Attributes:
        uri: Where it lies: one file, or a directory of them.
        format: How it is stored, such as ``parquet``; empty if nobody said.
        columns: What is known of its columns; may be empty.
    """

    uri: str
    format: str = ""
    columns: tuple[StructuredDatasetType.DatasetColumn, ...] = ()

    def open(self, path: str = "") -> BinaryIO:
        """Open one of its files for reading, wherever in it: ``pandas.read_parquet(table.open())``.

        Args:
            path: Its name below the table; not needed where the table is one file, as flytekit
                writes data frames.

        Raises:
            FlyteDataError: If that fails, or there are several files and no ``path``.
        """
        if path:
            return storage.open_binary(f"{self.uri.rstrip('/')}/{path}", self._links)
        return storage.open_table(self.uri, self._links)

    def download(self, to: str | os.PathLike[str] | None = None) -> Path:
        """Copy its files to this machine, as ``RemoteDirectory.download`` does.

        Raises:
            FlyteDataError: If they cannot be read.
            FlyteValueError: If ``to`` exists already.
        """
        return storage.save_table(self.uri, to, self._links)


@public_in("flytebind.values")
@dataclass(frozen=True)
class RemotePickle(_Handle):
    """A pickled Python object in storage.

    flytekit stores so what it knows no other way for. It stays where it is, because to load a
    pickle is to run whatever program its writer put into it. If you trust everybody who can write
    to ``uri``, and have the writer's libraries installed, ``unpickle()`` gives the object;
    ``open()`` and ``download()`` give its bytes and run nothing.

    Attributes:
        uri: Where it lies.
    """

    uri: str

    def open(self) -> BinaryIO:
        """Open the bytes for reading.

        Raises:
            FlyteDataError: If that fails.
        """
        return storage.open_binary(self.uri, self._links)

    def download(self, to: str | os.PathLike[str] | None = None) -> Path:
        """Copy the bytes to this machine, as ``RemoteFile.download`` does.

        Raises:
            FlyteDataError: If they cannot be read.
        """
        return storage.save_file(self.uri, to, self._links)

    def unpickle(self) -> object:
        """Load the object, and so run whatever code the pickle's writer chose.

        **Warning:** this hands your machine to everybody who could write to ``uri``.
        Never do so with a pickle from somebody whom you would not let run programs on this
        machine. Nothing in flytebind calls this method.

        Raises:
            FlyteDataError: If the bytes cannot be read, or the object cannot be loaded.
        """
        import pickle

        data = b"".join(storage.chunks(self.uri, self._links))
        try:
            return pickle.loads(data)
        except Exception as error:  # loading runs anybody's code
            raise FlyteDataError(
                f"{public(self.uri)}: cannot be unpickled: {type(error).__name__}: {error}"
            ) from error


#: All of them.
HANDLES = (RemoteFile, RemoteDirectory, RemotePickle, RemoteTable)


def blob_handle(
    blob: Blob, declared: BlobType | None
) -> RemoteFile | RemoteDirectory | RemotePickle:
    """The handle of a blob; its declared type tells what the blob itself does not."""
    own = blob.metadata.type
    kind = declared if declared is not None and own.is_empty else own
    if kind.dimensionality == BlobType.BlobDimensionality.MULTIPART:
        return RemoteDirectory(blob.uri, kind.format)
    if kind.format == PICKLE_FORMAT:
        return RemotePickle(blob.uri)
    return RemoteFile(blob.uri, kind.format)


def dataset_handle(
    dataset: StructuredDataset, declared: StructuredDatasetType | None
) -> RemoteTable:
    """The handle of a structured dataset; its declared type tells what it does not itself."""
    own = dataset.metadata.structured_dataset_type if dataset.metadata else None
    kind = own or declared
    if kind is None:
        return RemoteTable(dataset.uri)
    return RemoteTable(dataset.uri, kind.format, tuple(kind.columns))


def schema_handle(schema: Schema) -> RemoteTable:
    """The handle of a schema, which is always stored as parquet."""
    return RemoteTable(schema.uri, "parquet", tuple(map(_column, schema.type.columns)))


def _column(column: SchemaType.SchemaColumn) -> StructuredDatasetType.DatasetColumn:
    simple = _COLUMNS.get(column.type, SimpleType.NONE)
    return StructuredDatasetType.DatasetColumn(column.name, LiteralType(simple=simple))
