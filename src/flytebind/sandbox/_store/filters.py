"""Filter expressions, ``func(field,value)`` joined by ``+``, as conditions in SQL.

``contains`` finds a part of a text, and ``not_like`` compares with a whole one: in both ``%``
stands for any characters and ``_`` for one, and both see case. The lists of ``value_in`` and
``value_not_in`` are split at ``;``. Times are as in RFC 3339, or dates alone; durations are seconds
or ``1h30m``. A column that is NULL meets no condition, as always in SQL.

What admin refuses itself is INVALID_ARGUMENT; what it leaves to its database to refuse, UNKNOWN.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._store.errors import invalid, unknown
from flytebind.sandbox._store.tables import Kind, Table
from flytebind.sandbox._store.values import Stored, parse

_COMPARISONS = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_LISTS = {"value_in": "IN", "value_not_in": "NOT IN"}
_TEXTS = {"contains": "{} GLOB ?", "not_like": "{} NOT GLOB ?"}

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
    form = _parts(expression)
    if form is None:
        raise _wrong(expression, "the form is func(field,value)")
    function, field, text = form
    join, column, kind = _column(table, expression, field)
    if function in _LISTS:
        texts = text.split(";")
        sql = f"{column} {_LISTS[function]} ({', '.join('?' * len(texts))})"
    elif function in _COMPARISONS:
        texts = [text]
        sql = f"{column} {_COMPARISONS[function]} ?"
        if ";" in text:
            raise _unreadable(expression, f"{function} takes one value")
    elif function in _TEXTS:
        return Condition(
            _TEXTS[function].format(column), (_pattern(expression, *form, kind),), join
        )
    else:
        raise _wrong(expression, f"unknown function {function!r}")
    try:
        values = tuple(parse(kind, text) for text in texts)
    except ValueError as error:
        if kind is Kind.DURATION:  # which admin reads itself
            raise _wrong(expression, str(error)) from None
        raise _unreadable(expression, str(error)) from None
    return Condition(sql, values, join)


def _parts(expression: str) -> tuple[str, str, str] | None:
    r"""Function, field and value: what ``([^(]+)\((.+),\s?(.+)\)`` finds at the beginning.

    By hand, since that expression takes the square of the length, for commas without an end.
    """
    function, _, rest = expression.partition("(")
    line, _, following = rest.partition("\n")
    next_line = following.partition("\n")[0]
    if not function:
        return None
    if len(line) > 1 and line.endswith(",") and (end := next_line.rfind(")")) > 0:
        return function, line[:-1], next_line[:end]
    end = line.rfind(")")
    comma = line.rfind(",", 1, max(end - 1, 0))
    if comma < 0:
        return None
    text = line[comma + 1 : end]
    return function, line[:comma], text[1:] if len(text) > 1 and text[0].isspace() else text


def _pattern(expression: str, function: str, field: str, text: str, kind: Kind) -> str:
    """What ``contains`` and ``not_like`` compare with."""
    if kind is not Kind.TEXT:
        raise _unreadable(expression, f"{function} is for text, and {field} holds a {kind.value}")
    if len(text) > _MAX_PATTERN:
        raise _wrong(expression, f"the pattern is longer than {_MAX_PATTERN} characters")
    if function == "contains":
        # A list is looked for as it is printed.
        return _glob("%{}%".format(f"[{' '.join(text.split(';'))}]" if ";" in text else text))
    if ";" in text:
        raise _unreadable(expression, f"{function} takes one value")
    return _glob(text)


def _column(table: Table, expression: str, field: str) -> tuple[str, str, Kind]:
    """Where a field is: the join's prefix, the column as SQL, and its kind."""
    prefix, dot, name = field.rpartition(".")
    if prefix in ("", table.entity) and (prefix or not dot):
        owner, join = table, ""
    elif prefix in table.joins:
        owner, join = table.joins[prefix].table, prefix
    else:
        raise _wrong(expression, f"a {table.entity} has no {prefix!r} to filter by")
    found = owner.visible(name)
    if found is None:
        raise _wrong(expression, f"unknown field {field!r}")
    return join, owned(join or table.entity, found[0]), found[1]


def owned(owner: str, sql: str) -> str:
    """A column of a table by the table's name in the statement; constants stay as they are."""
    return f'"{owner}".{sql}' if sql.startswith('"') else sql


def _glob(pattern: str) -> str:
    """A LIKE pattern as a GLOB one, which sees case and knows no escape but brackets."""
    return re.sub(r"[*?[]", r"[\g<0>]", pattern).replace("%", "*").replace("_", "?")


def _unreadable(expression: str, reason: str) -> StatusError:
    return unknown(f"filters: {expression[:100]!r}: {reason}")


def _wrong(expression: str, reason: str) -> StatusError:
    return invalid(f"filters: {expression[:100]!r}: {reason}")
