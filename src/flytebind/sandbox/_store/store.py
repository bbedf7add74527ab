"""The store: rows in, rows out, pages of them by filters."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple, TypeAlias, cast

from flytebind.models.admin.common import Sort
from flytebind.sandbox._store import queries
from flytebind.sandbox._store.database import open_database
from flytebind.sandbox._store.errors import DuplicateError
from flytebind.sandbox._store.tables import Table
from flytebind.sandbox._store.values import Stored, Value, stored

Row: TypeAlias = sqlite3.Row
"""A row by column names; times and durations as ``Kind`` says that they are stored."""


class Page(NamedTuple):
    """Some rows of a list."""

    rows: list[Row]
    token: str
    """What asks for the next page; empty when this one was not full."""


class Store:
    """Tables in SQLite. All methods may be called from any thread; one works at a time.

    Args:
        path: A file, made when absent; nobody else can open it meanwhile. None keeps all in memory.
        now: Returns the time for ``created_at`` and ``updated_at``.

    Raises:
        StoreError: If the file is not one of ours, is of another version, or is open elsewhere.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._lock = threading.RLock()
        self._now = now
        self._connection = open_database(path)

    def close(self) -> None:
        """Let go of the file, or of the memory. Waits for a transaction under way."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, with the store to oneself.

        What was done within is there for good when the block ends, and undone when it raises. A
        block within a block is undone alone, and there for good when the outer one ends.
        """
        with self._lock:
            # Savepoints nest, and the outermost is a transaction.
            self._connection.execute("SAVEPOINT block")
            try:
                yield
                self._connection.execute("RELEASE block")
            except BaseException:
                if self._connection.in_transaction:  # a full disk ends it from inside
                    self._connection.execute("ROLLBACK TO block")
                    self._connection.execute("RELEASE block")
                raise

    def insert(self, table: Table, values: Mapping[str, Value]) -> int:
        """Add a row.

        Returns:
            Its id.

        Raises:
            DuplicateError: If the table's unique key is taken.
        """
        now = self._now()
        values = {"created_at": now, "updated_at": now, **values}
        cursor = self._write(queries.insert(table, tuple(values)), values.values())
        return cast(int, cursor.lastrowid)

    def update(self, table: Table, row_id: int, values: Mapping[str, Value]) -> None:
        """Change columns of a row.

        Raises:
            DuplicateError: If another row has the unique key that it would get.
            LookupError: If there is no such row.
        """
        values = {"updated_at": self._now(), **values}
        cursor = self._write(queries.update(table, tuple(values)), [*values.values(), row_id])
        if not cursor.rowcount:
            raise LookupError(f"{table.name} has no row {row_id}")

    def delete(self, table: Table, row_id: int) -> None:
        """Remove a row, if it is there."""
        self._write(queries.delete(table), [row_id])

    def find(self, table: Table, *columns: str, **where: Value) -> Row | None:
        """The first row, by id, whose columns equal those of ``where``; None means NULL.

        Args:
            table: Whose row.
            columns: What is wanted of it; all of it when none are named.
            where: Columns and their values.
        """
        found = self._read(*queries.find(table, columns, where))
        return found[0] if found else None

    def rows(self, table: Table, order_by: str = "id", **where: Value) -> list[Row]:
        """All rows whose columns equal these, in the ascending order of a column, then of ids."""
        return self._read(*queries.rows(table, order_by, where))

    def page(
        self,
        table: Table,
        *,
        limit: int,
        token: str = "",
        filters: str = "",
        sort_by: Sort | None = None,
        **where: Value,
    ) -> Page:
        """A page of the rows that meet the filters and whose columns equal ``where``.

        Args:
            table: Whose rows.
            limit: How many, at most.
            token: From the page before; empty for the first.
            filters: Expressions as a caller of admin writes them.
            sort_by: A column and a direction; None for ascending ids.
            where: Columns and their values; None means NULL.

        Raises:
            StatusError: INVALID_ARGUMENT for a limit below 1, a bad token, filters or sort key.
        """
        return self._page(*queries.page(table, filters, sort_by, where), limit, token)

    def page_first(
        self,
        table: Table,
        *,
        limit: int,
        token: str = "",
        filters: str = "",
        sort_by: Sort | None = None,
        **where: Value,
    ) -> Page:
        """As ``page``, but that the filters see the page's rows alone, so that it may be short."""
        sql, values, filtered = queries.page_first(table, filters, sort_by, where)
        offset = queries.offset(limit, token)
        rows = self._read(sql, [*values, limit, offset, *filtered])
        return Page(rows, str(offset + limit) if len(rows) == limit else "")

    def distinct(
        self,
        table: Table,
        columns: Sequence[str],
        *,
        limit: int,
        token: str = "",
        filters: str = "",
        sort_by: Sort | None = None,
        **where: Value,
    ) -> Page:
        """As ``page``, of the different values that rows have in some columns, and in their order.

        Raises:
            StatusError: INVALID_ARGUMENT as ``page`` does, and for a sort key that is none of them.
        """
        query = queries.distinct(table, columns, filters, sort_by, where)
        return self._page(*query, limit, token)

    def _page(self, sql: str, values: list[Stored], limit: int, token: str) -> Page:
        offset = queries.offset(limit, token)
        rows = self._read(sql, [*values, limit, offset])
        return Page(rows, str(offset + limit) if len(rows) == limit else "")

    def _read(self, sql: str, values: Sequence[Stored]) -> list[Row]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def _write(self, sql: str, values: Iterable[Value]) -> sqlite3.Cursor:
        bound = [stored(value) for value in values]
        with self._lock:
            try:
                return self._connection.execute(sql, bound)
            except sqlite3.IntegrityError as error:
                # Its error codes are known from Python 3.11 on.
                if str(error).startswith("UNIQUE"):
                    raise DuplicateError(str(error)) from error
                raise
