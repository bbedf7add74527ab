"""Pages visit each row once, in the order asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

import grpc
import pytest
from hypothesis import given, strategies as st

from flytebind.models.admin.common import Sort
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._store import Page, Row, Store
from flytebind.sandbox._store.tables import EXECUTIONS, NODE_EXECUTIONS, TASKS

ASCENDING, DESCENDING = Sort.Direction.ASCENDING, Sort.Direction.DESCENDING
EXECUTION = {"execution_project": "p", "execution_domain": "d", "execution_name": "e"}


def all_pages(page: Callable[[str], Page]) -> list[Row]:
    rows, token = [], ""
    while True:
        found = page(token)
        rows += found.rows
        if not (token := found.token):
            return rows


@pytest.fixture
def nodes(store: Store) -> Store:
    with store.transaction():
        for number in range(10):
            store.insert(
                NODE_EXECUTIONS,
                {**EXECUTION, "node_id": f"n{number}", "phase": "ab"[number % 2], "parent_id": 1},
            )
    return store


def invalid(page: Callable[[], Page], message: str) -> None:
    with pytest.raises(StatusError, match=message) as caught:
        page()
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT


def test_a_token_is_the_offset_and_comes_with_every_full_page(nodes: Store) -> None:
    first = nodes.page(NODE_EXECUTIONS, limit=4)
    second = nodes.page(NODE_EXECUTIONS, limit=4, token=first.token)
    third = nodes.page(NODE_EXECUTIONS, limit=4, token=second.token)
    assert [len(page.rows) for page in (first, second, third)] == [4, 4, 2]
    assert [page.token for page in (first, second, third)] == ["4", "8", ""]


def test_a_full_last_page_is_followed_by_an_empty_one(nodes: Store) -> None:
    assert nodes.page(NODE_EXECUTIONS, limit=10).token == "10"
    assert nodes.page(NODE_EXECUTIONS, limit=10, token="10") == Page([], "")
    assert nodes.page(NODE_EXECUTIONS, limit=1, token="999999999999999999") == Page([], "")


def test_there_is_no_upper_limit(nodes: Store) -> None:
    page = nodes.page(NODE_EXECUTIONS, limit=2**32 - 1)
    assert (len(page.rows), page.token) == (10, "")


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_invalid(nodes: Store, limit: int) -> None:
    invalid(lambda: nodes.page(NODE_EXECUTIONS, limit=limit), "limit")
    invalid(lambda: nodes.distinct(NODE_EXECUTIONS, ["phase"], limit=limit), "limit")


@pytest.mark.parametrize("token", ["-1", "+", "x", "1.0", " 1", "1\n", "٣", "1_0", "9" * 19])
def test_a_bad_token_is_invalid(nodes: Store, token: str) -> None:
    invalid(lambda: nodes.page(NODE_EXECUTIONS, limit=1, token=token), "token")
    invalid(lambda: nodes.distinct(NODE_EXECUTIONS, ["phase"], limit=1, token=token), "token")


@pytest.mark.parametrize("key", ["", "nope", "rowid", "execution.phase", "id; DROP TABLE tasks"])
def test_an_unknown_sort_key_is_invalid(nodes: Store, key: str) -> None:
    invalid(lambda: nodes.page(NODE_EXECUTIONS, limit=1, sort_by=Sort(key, DESCENDING)), "sort key")


def test_an_unknown_direction_is_invalid(nodes: Store) -> None:
    sort = Sort(key="id", direction=Sort.Direction.from_number(7))
    invalid(lambda: nodes.page(NODE_EXECUTIONS, limit=1, sort_by=sort), "direction 7")


def test_rows_come_by_id_unless_a_key_is_given_and_then_descending(nodes: Store) -> None:
    def ids(sort_by: Sort | None) -> list[int]:
        rows = nodes.page(NODE_EXECUTIONS, limit=100, sort_by=sort_by).rows
        return [row["id"] for row in rows]

    assert ids(None) == [*range(1, 11)]
    assert ids(Sort.from_dict({"key": "id"})) == [*range(10, 0, -1)]
    assert ids(Sort(key="phase", direction=ASCENDING)) == [1, 3, 5, 7, 9, 2, 4, 6, 8, 10]


def test_null_is_the_largest_as_in_postgresql(store: Store) -> None:
    times = (
        datetime(2026, 1, 1, tzinfo=timezone.utc),
        None,
        datetime(2025, 1, 1, tzinfo=timezone.utc),
    )
    for number, time in enumerate(times):
        store.insert(EXECUTIONS, {**EXECUTION, "execution_name": str(number), "started_at": time})
    for direction, names in ((ASCENDING, ["2", "0", "1"]), (DESCENDING, ["1", "0", "2"])):
        sort = Sort(key="started_at", direction=direction)
        page = store.page(EXECUTIONS, limit=9, sort_by=sort)
        assert [row["execution_name"] for row in page.rows] == names


@given(
    phases=st.lists(st.sampled_from(["A", "B", None]), max_size=30),
    limit=st.integers(1, 9),
    sort_by=st.none()
    | st.builds(
        Sort,
        key=st.sampled_from(["id", "phase", "created_at", "node_id", "duration", "closure"]),
        direction=st.sampled_from(list(Sort.Direction)),
    ),
)
def test_pages_visit_each_row_once_whatever_the_order(
    phases: list[str | None], limit: int, sort_by: Sort | None
) -> None:
    # One time for all of them: ties are what paging must survive.
    store = Store(now=lambda: datetime(2026, 1, 1, tzinfo=timezone.utc))
    with store.transaction():
        for number, phase in enumerate(phases):
            row = {**EXECUTION, "node_id": str(number), "phase": phase}
            store.insert(NODE_EXECUTIONS, row)
            store.insert(NODE_EXECUTIONS, {**row, "execution_name": "other"})
    rows = all_pages(
        lambda token: store.page(
            NODE_EXECUTIONS, limit=limit, token=token, sort_by=sort_by, execution_name="e"
        )
    )
    whole = store.page(NODE_EXECUTIONS, limit=999, sort_by=sort_by, execution_name="e").rows
    store.close()
    assert rows == whole
    assert sorted(int(row["node_id"]) for row in rows) == [*range(len(phases))]


def test_where_narrows_a_page_and_none_is_null(nodes: Store) -> None:
    nodes.update(NODE_EXECUTIONS, 3, {"parent_id": None})
    page = nodes.page(NODE_EXECUTIONS, limit=9, parent_id=None, execution_name="e")
    assert [row["id"] for row in page.rows] == [3]


def test_distinct_values_are_paged_in_their_own_order(store: Store) -> None:
    for name in ("b", "a", "c", "b", "a"):
        versions = len(store.rows(TASKS))
        names = {"project": "p", "domain": "d", "name": name}
        store.insert(TASKS, {**names, "version": str(versions)})
    columns = ["project", "domain", "name"]

    def names_of(**how: Sort | str | None) -> list[tuple[str, ...]]:
        sort_by, filters = how.get("sort_by"), how.get("filters", "")
        assert not isinstance(sort_by, str)
        assert isinstance(filters, str)
        rows = all_pages(
            lambda token: store.distinct(
                TASKS, columns, limit=1, token=token, sort_by=sort_by, filters=filters, project="p"
            )
        )
        return [tuple(row) for row in rows]

    assert names_of() == [("p", "d", "a"), ("p", "d", "b"), ("p", "d", "c")]
    assert names_of(sort_by=Sort("name", DESCENDING))[0] == ("p", "d", "c")
    assert names_of(filters="ne(name,b)+gte(version,1)") == [("p", "d", "a"), ("p", "d", "c")]


def test_distinct_values_sort_by_their_own_columns_alone(store: Store) -> None:
    sort = Sort("version", DESCENDING)
    invalid(lambda: store.distinct(TASKS, ["name"], limit=1, sort_by=sort), "sort key")
