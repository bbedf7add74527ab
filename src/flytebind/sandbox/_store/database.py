"""Opens the database: one of ours, and ours alone while it is open."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from flytebind.sandbox._store.errors import StoreError
from flytebind.sandbox._store.tables import TABLES

APPLICATION_ID = 0x466C7962  # "Flyb", in the header of each of our files
SCHEMA_VERSION = 2


def open_database(path: str | Path | None) -> sqlite3.Connection:
    """Connect to a file, made when absent; to memory for None.

    Raises:
        StoreError: If the file is no database of the sandbox, is of another version, cannot be
            written, or is open elsewhere.
    """
    if path is not None and not str(path):
        raise StoreError("the database has no name; leave it out to keep everything in memory")
    try:
        connection = sqlite3.connect(
            ":memory:" if path is None else path,
            timeout=0,
            isolation_level=None,  # transactions are begun and ended by the store alone
            check_same_thread=False,  # the store has a lock
            cached_statements=512,
        )
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from error
    try:
        _prepare(connection)
    except (sqlite3.Error, StoreError) as error:
        connection.close()
        reason = "it is open elsewhere, in another server" if "locked" in str(error) else error
        raise StoreError(f"{path}: {reason}") from error
    connection.row_factory = sqlite3.Row
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    # Before the first look at the file: then the lock on it lasts until close, or until the process
    # dies, and WAL needs no memory shared with others.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("BEGIN EXCLUSIVE")  # of two that open it now, one wins
    version = _version(connection)
    connection.execute("COMMIT")
    # A commit has written to the log file; the system has it then, and a killed process loses
    # nothing. NORMAL does not wait for the disk at each commit: a power failure can cost the last
    # commits, never the file's integrity. FULL would make every call wait instead.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -65536")  # 64 MiB, at most
    if not version:
        connection.execute("BEGIN")
        for table in TABLES:
            for statement in table.schema():
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    """The version of the tables; 0 when there are none yet.

    Raises:
        StoreError: If it is not ours, or has other tables than this program knows.
    """
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if (application, version) == (APPLICATION_ID, SCHEMA_VERSION):
        return version
    if application == APPLICATION_ID:
        raise StoreError(
            f"it has version {version} of the sandbox's tables, this flytebind has {SCHEMA_VERSION}"
        )
    if application or version or connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise StoreError("it is a database, but not one of the sandbox")
    return 0
