"""Filter expressions, ``func(field,value)`` joined by ``+``, as conditions in SQL.

``contains`` finds a part of a text, to the letter. ``not_like`` takes a pattern for a whole text,
where ``%`` stands for any characters and ``_`` for one. Both see case. The lists of ``value_in``
and ``value_not_in`` are split at ``;``. Times are as in RFC 3339, durations seconds or ``1h30m``. A
column that is NULL meets no condition, as always in SQL.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from flytebind.runtime.rpc import StatusError
from flytebind.sandbox.store.errors import invalid
from flytebind.sandbox.store.tables import Kind, Table
from flytebind.sandbox.store.values import Stored, parse

_EXPRESSION = re.compile(r"([^(]+)\((.+),\s?(.+)\)")
_COMPARISONS = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_LISTS = {"value_in": "IN", "value_not_in": "NOT IN"}
_TEXTS = {"contains": "instr({}, ?) > 0", "not_like": "{} NOT GLOB ?"}

# SQLite nests a thousand conditions and binds 32,766 values in one statement, and no more.
_MAX_EXPRESSIONS = 500
_MAX_VALUES = 30_000
_MAX_PATTERN = 4_000  # SQLite takes 50,000 bytes, after escaping


class Condition(NamedTuple):
    """A filter as SQL."""

    sql: str
    values: tuple[Stored, ...]
    join: str
    """The prefix of the joined table that it looks at; empty for the table itself."""


def conditions(table: Table, filters: str) -> list[Condition]:
    """What a row of the table must meet; nothing for empty filters.

    Raises:
        StatusError: INVALID_ARGUMENT, naming the expression and what is wrong with it.
    """
    if not filters:
        return []
    expressions = filters.split("+")
    if len(expressions) > _MAX_EXPRESSIONS:
        raise invalid(
            f"filters: {len(expressions)} expressions, at most {_MAX_EXPRESSIONS} are taken"
        )
    found = [_condition(table, expression) for expression in expressions]
    if sum(len(condition.values) for condition in found) > _MAX_VALUES:
        raise invalid(f"filters: more than {_MAX_VALUES} values")
    return found


def _condition(table: Table, expression: str) -> Condition:
    form = _EXPRESSION.fullmatch(expression)
    if form is None:
        raise _wrong(expression, "the form is func(field,value)")
    function, field, text = form.groups()
    join, name, kind = _column(table, expression, field)
    column = f'"{join or table.entity}"."{name}"'
    if function in _LISTS:
        texts = text.split(";")
        sql = f"{column} {_LISTS[function]} ({', '.join('?' * len(texts))})"
    elif function in _COMPARISONS or function in _TEXTS:
        texts = [text]
        if ";" in text:
            raise _wrong(expression, f"{function} takes one value")
        if function in _COMPARISONS:
            sql = f"{column} {_COMPARISONS[function]} ?"
        elif kind is Kind.TEXT:
            sql = _TEXTS[function].format(column)
        else:
            raise _wrong(expression, f"{function} is for text, and {field} holds a {kind.value}")
    else:
        raise _wrong(expression, f"unknown function {function!r}")
    try:
        values = tuple(parse(kind, text) for text in texts)
    except ValueError as error:
        raise _wrong(expression, str(error)) from None
    if function == "not_like":
        if len(text) > _MAX_PATTERN:
            raise _wrong(expression, f"the pattern is longer than {_MAX_PATTERN} characters")
        values = (_glob(text),)
    return Condition(sql, values, join)


def _column(table: Table, expression: str, field: str) -> tuple[str, str, Kind]:
    """Where a field is: the join's prefix, the column's name and kind."""
    prefix, dot, name = field.rpartition(".")
    if prefix in ("", table.entity) and (prefix or not dot):
        owner, join = table, ""
    elif prefix in table.joins:
        owner, join = table.joins[prefix].table, prefix
    else:
        raise _wrong(expression, f"a {table.entity} has no {prefix!r} to filter by")
    name = owner.aliases.get(name, name)
    if name not in owner.columns:
        raise _wrong(expression, f"unknown field {field!r}")
    return join, name, owner.columns[name]


def _glob(pattern: str) -> str:
    """A LIKE pattern as a GLOB one, which sees case and knows no escape but brackets."""
    return re.sub(r"[*?[]", r"[\g<0>]", pattern).replace("%", "*").replace("_", "?")


def _wrong(expression: str, reason: str) -> StatusError:
    return invalid(f"filters: {expression[:100]!r}: {reason}")
