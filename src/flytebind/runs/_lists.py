"""What a list is to hold, and its pages, as the server understands them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from typing import Final, TypeAlias, TypeVar

from flytebind.behaviour.filters import Filter
from flytebind.remote._arguments import must_be, named
from flytebind.remote._operations.fetch import at_most
from flytebind.remote._operations.pages import Page, by_tokens, each_once
from flytebind.remote.errors import FlyteValueError
from flytebind.runs._names import phase_of
from flytebind.v2.models.common.list import Filter as Condition, ListRequest, Sort

R = TypeVar("R")

Filters: TypeAlias = str | Filter | Sequence[str | Filter]
"""What must hold: filters, or their text: ``eq(task_name,train.fit)``."""

#: No list gives more at a time than 200.
PAGE: Final = 100

_PHASE: Final = "phase"

_FUNCTIONS: Final = {
    "eq": Condition.Function.EQUAL,
    "ne": Condition.Function.NOT_EQUAL,
    "gt": Condition.Function.GREATER_THAN,
    "gte": Condition.Function.GREATER_THAN_OR_EQUAL,
    "lt": Condition.Function.LESS_THAN,
    "lte": Condition.Function.LESS_THAN_OR_EQUAL,
    "contains": Condition.Function.CONTAINS,
    "value_in": Condition.Function.VALUE_IN,
}
_TEXT_ONLY: Final = frozenset({"contains"})
_OF_LISTS: Final = frozenset({"contains", "value_in"})


def conditions(filters: Filters) -> list[Condition]:
    """Filters as requests have them.

    The server compares phases by number, and breaks down over a list of one value, and over text
    that it should compare with a number; it shows its SQL then. So such filters are written in
    another way, or refused here.

    Raises:
        TypeError: If one is of another type.
        FlyteValueError: If the server has no such comparison.
    """
    hint = "give texts, or Equal and its like of flytebind.models.filters"
    must_be(filters, (str, Filter, Sequence), "filters", hint)
    several = [filters] if isinstance(filters, (str, Filter)) else filters
    found: list[Condition] = []
    for each in several:
        must_be(each, (str, Filter), "filters", hint)
        parts = map(Filter.from_python_std, each.split("+")) if isinstance(each, str) else [each]
        found += map(_condition, parts)
    return found


def _condition(given: Filter) -> Condition:
    function = _FUNCTIONS.get(given.function)
    if function is None:
        known = ", ".join(_FUNCTIONS)
        raise FlyteValueError(f"{given}: Flyte 2 has no filter {given.function!r}, but {known}")
    if given.key.partition(".")[0] in ("label", "labels"):
        raise FlyteValueError(f"{given}: Flyte 2 cannot filter by labels; look at what it lists")
    values = given.value.split(";") if given.function in _OF_LISTS else [given.value]
    if len(values) > 1 and function is Condition.Function.CONTAINS:
        raise FlyteValueError(f"{given}: Flyte 2 looks for one text at a time")
    if given.key == _PHASE:
        if given.function in _TEXT_ONLY:
            raise FlyteValueError(
                f"{given}: phases can be equal or in a list, and not contain text"
            )
        values = [_phase_number(given, value) for value in values]
    if len(values) == 1 and function is Condition.Function.VALUE_IN:
        function = Condition.Function.EQUAL
    return Condition(function=function, field=given.key, values=values)


def _phase_number(given: Filter, value: str) -> str:
    phase = phase_of(value)
    if phase is None:
        raise FlyteValueError(f"{given}: there is no phase {value!r}")
    return str(int(phase))


def order(sort_by: str | None, unique: Sequence[str]) -> list[Sort]:
    """How a list is sorted: by a column, and then by others so that no two rows are equal.

    Args:
        sort_by: The column; with a minus before it in descending order. None for the newest first.
        unique: The columns that tell rows apart.

    Raises:
        TypeError: If it is something else.
        FlyteValueError: If it names no column.
    """
    column = "-created_at" if sort_by is None else sort_by
    must_be(column, str, "sort_by", "it is a column, such as '-created_at'")
    key = named(column.removeprefix("-"), "sort_by")
    direction = Sort.Direction.DESCENDING if column[:1] == "-" else Sort.Direction.ASCENDING
    return [Sort(key=each, direction=direction) for each in (key, *unique) if each]


def listed(
    ask: Callable[[ListRequest], Awaitable[Page[R]]],
    filters: Filters,
    sort: Sequence[Sort],
    name: Callable[[R], Hashable],
    limit: int | None,
) -> AsyncIterator[R]:
    """The rows of a list, fetched as one goes on.

    A token is an offset, and a full last page has one as well.

    Args:
        ask: Asks for a page.
        filters: What must hold.
        sort: How it is sorted.
        name: What tells rows apart: one that is new moves all others on.
        limit: How many at most; None for all.

    Raises:
        TypeError: If one of them is of another type.
        FlyteValueError: If there is no such filter, or limit.
    """
    most = at_most(limit)
    wanted = conditions(filters)

    async def page(size: int, token: str) -> Page[R]:
        return await ask(
            ListRequest(limit=size, token=token or None, filters=wanted, sort_by_fields=list(sort))
        )

    size = PAGE if most is None else max(1, min(most, PAGE))
    return each_once(by_tokens(page, size), name, most)
