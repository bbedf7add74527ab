"""Statements in SQL. Names come from the tables alone; values are always bound, never written.

What is cached depends on the code that calls, not on requests, so there is little of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from flytebind.models.admin.common import Sort
from flytebind.sandbox._store.errors import invalid
from flytebind.sandbox._store.filters import conditions, owned
from flytebind.sandbox._store.tables import Table
from flytebind.sandbox._store.values import Stored, Value, stored


@cache
def insert(table: Table, columns: tuple[str, ...]) -> str:
    """Adds a row of these columns."""
    names = ", ".join(_quoted(table, column) for column in columns)
    return f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join("?" * len(columns))})'


@cache
def update(table: Table, columns: tuple[str, ...]) -> str:
    """Changes these columns of the row whose id comes last."""
    changes = ", ".join(f"{_quoted(table, column)} = ?" for column in columns)
    return f'UPDATE "{table.name}" SET {changes} WHERE "id" = ?'


@cache
def delete(table: Table) -> str:
    """Removes the row of an id."""
    return f'DELETE FROM "{table.name}" WHERE "id" = ?'


def find(
    table: Table, columns: tuple[str, ...], where: Mapping[str, Value]
) -> tuple[str, list[Stored]]:
    """The first row whose columns equal these, and the values to bind."""
    return _select(table, columns, _shape(where), "id") + " LIMIT 1", _bound(where)


def rows(table: Table, order_by: str, where: Mapping[str, Value]) -> tuple[str, list[Stored]]:
    """All rows whose columns equal these, and the values to bind."""
    return _select(table, (), _shape(where), order_by), _bound(where)


def page(
    table: Table, filters: str, sort_by: Sort | None, where: Mapping[str, Value]
) -> tuple[str, list[Stored]]:
    """Rows by filters, and the values to bind; limit and offset are left to bind after them."""
    source, values = _source(table, filters, where)
    order = _order(table, sort_by)
    entity = f'"{table.entity}"'
    # Ids first: they are often found within an index alone, and rows are long.
    return (
        f'SELECT {entity}.* FROM (SELECT {entity}."id" FROM {source} ORDER BY {order} '
        f'LIMIT ? OFFSET ?) AS "page" '
        f'CROSS JOIN "{table.name}" AS {entity} ON {entity}."id" = "page"."id" ORDER BY {order}',
        values,
    )


def page_first(
    table: Table, filters: str, sort_by: Sort | None, where: Mapping[str, Value]
) -> tuple[str, list[Stored], list[Stored]]:
    """As ``page``, but filters see the page's rows alone; their values come after the offset."""
    met = conditions(table, filters)
    order = _order(table, sort_by)
    source = f'"{table.name}" AS "{table.entity}"' + _where(_equalities(table, _shape(where)))
    sql = (
        f"SELECT * FROM (SELECT * FROM {source} ORDER BY {order} LIMIT ? OFFSET ?) "
        f'AS "{table.entity}"{_where([condition.sql for condition in met])} ORDER BY {order}'
    )
    return sql, _bound(where), [value for condition in met for value in condition.values]


def distinct(
    table: Table,
    columns: Sequence[str],
    filters: str,
    sort_by: Sort | None,
    where: Mapping[str, Value],
) -> tuple[str, list[Stored]]:
    """As ``page``, of the different values of these columns."""
    source, values = _source(table, filters, where)
    names = [_column(table, column) for column in columns]
    order = ", ".join(names)
    if sort_by is not None:
        if sort_by.key not in columns:
            raise invalid(f"invalid sort key {sort_by.key!r}: it is one of {', '.join(columns)}")
        order = f"{names[columns.index(sort_by.key)]} {_direction(sort_by)}, {order}"
    return (
        f"SELECT DISTINCT {', '.join(names)} FROM {source} ORDER BY {order} LIMIT ? OFFSET ?",
        values,
    )


def offset(limit: int, token: str) -> int:
    """Where the page of a token starts.

    Raises:
        StatusError: INVALID_ARGUMENT, for the limit as well.
    """
    if limit < 1:
        raise invalid(f"invalid limit {limit}: a list takes at least 1")
    if not re.fullmatch(r"(\+?[0-9]{1,18})?", token):
        raise invalid(f"invalid token {token!r}")
    return int(token or 0)


_Shape = tuple[tuple[str, bool], ...]


def _shape(where: Mapping[str, Value]) -> _Shape:
    """What a statement depends on: the columns, and whether NULL is wanted."""
    return tuple((column, value is None) for column, value in where.items())


def _bound(where: Mapping[str, Value]) -> list[Stored]:
    return [stored(value) for value in where.values() if value is not None]


@cache
def _select(table: Table, columns: tuple[str, ...], shape: _Shape, order_by: str) -> str:
    wanted = ", ".join(_column(table, column) for column in columns) or "*"
    order = f'{_column(table, order_by)}, "{table.entity}"."id"'
    return (
        f'SELECT {wanted} FROM "{table.name}" AS "{table.entity}"'
        + _where(_equalities(table, shape))
        + f" ORDER BY {order}"
    )


@cache
def _equalities(table: Table, shape: _Shape) -> tuple[str, ...]:
    return tuple(
        _column(table, column) + (" IS NULL" if is_null else " = ?") for column, is_null in shape
    )


def _source(table: Table, filters: str, where: Mapping[str, Value]) -> tuple[str, list[Stored]]:
    """What follows FROM, up to the order: tables and conditions."""
    met = conditions(table, filters)
    source = f'"{table.name}" AS "{table.entity}"'
    for prefix in dict.fromkeys(condition.join for condition in met if condition.join):
        join = table.joins[prefix]
        on = " AND ".join(
            f'"{prefix}"."{theirs}" = {_column(table, own)}' for theirs, own in join.on.items()
        )
        source += f' JOIN "{join.table.name}" AS "{prefix}" ON {on}'
    source += _where((*_equalities(table, _shape(where)), *(condition.sql for condition in met)))
    values = _bound(where)
    for condition in met:
        values += condition.values
    return source, values


def _where(all_of: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(all_of)}" if all_of else ""


def _order(table: Table, sort_by: Sort | None) -> str:
    """The order that a caller asks for. Ids break ties, so that no page skips or repeats a row."""
    by_id = f'"{table.entity}"."id"'
    if sort_by is None:
        return by_id
    found = table.visible(sort_by.key)
    if found is None:
        raise invalid(f"invalid sort key {sort_by.key!r}")
    column, direction = owned(table.entity, found[0]), _direction(sort_by)
    # NULL is the largest, as in admin's PostgreSQL; SQLite would have it the smallest.
    nulls = "" if sort_by.key in table.required else f"{column} IS NULL {direction}, "
    return f"{nulls}{column} {direction}, {by_id} {direction}"


def _direction(sort_by: Sort) -> str:
    if sort_by.direction is Sort.Direction.ASCENDING:
        return "ASC"
    if sort_by.direction is Sort.Direction.DESCENDING:
        return "DESC"
    raise invalid(f"invalid sort direction {int(sort_by.direction)}")


def _column(table: Table, column: str) -> str:
    return f'"{table.entity}".{_quoted(table, column)}'


def _quoted(table: Table, column: str) -> str:
    if column not in table.columns:
        raise ValueError(f"{table.name} has no column {column!r}")
    return f'"{column}"'
