"""Rows go in, come out, and never by halves."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import pytest

from flytebind.sandbox._clock import Clock
from flytebind.sandbox._store import DuplicateError, Store, Value
from flytebind.sandbox._store.tables import (
    EVENTS,
    EXECUTIONS,
    NODE_EXECUTIONS,
    PROJECTS,
    TABLES,
    TASKS,
    Kind,
    Table,
)

TASK = {"project": "p", "domain": "d", "name": "n", "version": "v1"}
EXECUTION = {"execution_project": "p", "execution_domain": "d", "execution_name": "e"}
SAMPLES: Mapping[Kind, Value] = {
    Kind.TEXT: "text",
    Kind.INTEGER: 7,
    Kind.TIME: "2026-01-02T03:04:05.123456Z",
    Kind.DURATION: 1_500_000_000,
    Kind.BLOB: b"\x00\xff",
}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_of_every_table_comes_back_as_it_went_in(store: Store, table: Table) -> None:
    values = {name: SAMPLES[kind] for name, kind in table.columns.items()}
    assert store.insert(table, values) == 7
    assert dict(store.find(table, **values) or {}) == values


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_unique_key_is_taken_once(store: Store, table: Table) -> None:
    values = {name: SAMPLES[table.columns[name]] for name in table.unique}
    store.insert(table, values)
    if table is EVENTS:
        store.insert(table, values)
        return
    with pytest.raises(DuplicateError):
        store.insert(table, values)
    for name in table.unique:
        other: Value = 8 if table.columns[name] is Kind.INTEGER else "other"
        store.insert(table, {**values, name: other})


def test_times_and_durations_are_stored_so_that_they_sort(store: Store) -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    started = datetime(2026, 1, 2, 8, 34, 5, tzinfo=east)
    duration = timedelta(seconds=1, microseconds=5)
    store.insert(EXECUTIONS, {**EXECUTION, "started_at": started, "duration": duration})
    row = store.find(EXECUTIONS, started_at=started, duration=duration)
    assert row is not None
    assert row["started_at"] == "2026-01-02T03:04:05.000000Z"
    assert row["duration"] == 1_000_005_000


def test_a_naive_time_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="naive"):
        store.insert(EXECUTIONS, {**EXECUTION, "started_at": datetime(2026, 1, 2)})


def test_creation_and_change_are_dated_by_the_clock() -> None:
    clock = Clock()
    clock.freeze(datetime(2026, 1, 2, tzinfo=timezone.utc))
    store = Store(now=clock.now)
    row_id = store.insert(TASKS, TASK)
    clock.advance(timedelta(seconds=1))
    store.update(TASKS, row_id, {"type": "python"})
    row = store.find(TASKS, id=row_id)
    store.close()
    assert row is not None
    assert row["created_at"] == "2026-01-02T00:00:00.000000Z"
    assert row["updated_at"] == "2026-01-02T00:00:01.000000Z"


def test_find_takes_none_as_null_and_answers_none_when_nothing_is_there(store: Store) -> None:
    first = store.insert(TASKS, TASK)
    store.insert(TASKS, {**TASK, "version": "v2", "type": "python"})
    store.insert(TASKS, {**TASK, "version": "v3"})
    found = store.find(TASKS, type=None, name="n")
    assert found is not None
    assert found["id"] == first
    assert store.find(TASKS, type="spark") is None


def test_rows_come_in_the_order_of_a_column_then_of_ids(store: Store) -> None:
    for version, kind in (("1", "b"), ("2", "a"), ("3", "b"), ("4", "a")):
        store.insert(TASKS, {**TASK, "version": version, "type": kind})
    store.insert(TASKS, {**TASK, "name": "other"})
    assert [row["version"] for row in store.rows(TASKS, name="n")] == ["1", "2", "3", "4"]
    by_type = store.rows(TASKS, order_by="type", name="n")
    assert [row["version"] for row in by_type] == ["2", "4", "1", "3"]


def test_update_changes_one_row_and_reports_a_clash_or_a_missing_row(store: Store) -> None:
    first = store.insert(TASKS, TASK)
    second = store.insert(TASKS, {**TASK, "version": "v2"})
    store.update(TASKS, second, {"type": "python"})
    assert [row["type"] for row in store.rows(TASKS)] == [None, "python"]
    with pytest.raises(DuplicateError):
        store.update(TASKS, second, {"version": "v1"})
    with pytest.raises(LookupError, match="tasks has no row 99"):
        store.update(TASKS, 99, {"type": "python"})
    assert [row["id"] for row in store.rows(TASKS)] == [first, second]


def test_delete_removes_one_row(store: Store) -> None:
    first = store.insert(TASKS, TASK)
    second = store.insert(TASKS, {**TASK, "version": "v2"})
    store.delete(TASKS, first)
    store.delete(TASKS, first)
    assert [row["id"] for row in store.rows(TASKS)] == [second]


@pytest.mark.parametrize("name", ["nope", 'name" = "n" OR "1', "rowid"])
def test_a_column_that_the_table_lacks_is_refused(store: Store, name: str) -> None:
    for call in (
        lambda: store.find(TASKS, **{name: "1"}),
        lambda: store.rows(TASKS, order_by=name),
        lambda: store.insert(TASKS, {**TASK, name: "1"}),
        lambda: store.update(TASKS, 1, {name: "1"}),
        lambda: store.distinct(TASKS, [name], limit=1),
    ):
        with pytest.raises(ValueError, match="tasks has no column"):
            call()


def test_a_transaction_is_undone_by_an_error(store: Store) -> None:
    store.insert(TASKS, TASK)

    def change_and_fail() -> None:
        with store.transaction():
            store.insert(TASKS, {**TASK, "version": "v2"})
            store.update(TASKS, 1, {"type": "python"})
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        change_and_fail()
    assert [(row["version"], row["type"]) for row in store.rows(TASKS)] == [("v1", None)]


def test_a_failed_insert_spoils_no_transaction_that_goes_on(store: Store) -> None:
    with store.transaction():
        store.insert(TASKS, TASK)
        with pytest.raises(DuplicateError):
            store.insert(TASKS, TASK)
        store.insert(TASKS, {**TASK, "version": "v2"})
    assert len(store.rows(TASKS)) == 2


def test_an_inner_transaction_is_undone_alone_and_with_the_outer_one(store: Store) -> None:
    with store.transaction():
        store.insert(TASKS, TASK)
        with suppress(ZeroDivisionError), store.transaction():
            store.insert(TASKS, {**TASK, "version": "undone alone"})
            _ = 1 / 0
        with store.transaction():
            store.insert(TASKS, {**TASK, "version": "v2"})
    with suppress(ZeroDivisionError), store.transaction():
        with store.transaction():
            store.insert(TASKS, {**TASK, "version": "undone with the outer one"})
        _ = 1 / 0
    assert [row["version"] for row in store.rows(TASKS)] == ["v1", "v2"]


def test_nobody_sees_or_joins_a_transaction_of_another_thread(store: Store) -> None:
    begun = threading.Event()

    def other() -> int:
        begun.wait(10)
        return store.insert(TASKS, {**TASK, "version": "other"}) if store.rows(TASKS) == [] else 0

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(other)
        with suppress(ZeroDivisionError), store.transaction():
            store.insert(TASKS, TASK)
            begun.set()
            store.insert(PROJECTS, {"identifier": "p"})
            _ = 1 / 0
        assert answer.result(10) > 0
    assert [row["version"] for row in store.rows(TASKS)] == ["other"]
    assert store.rows(PROJECTS) == []


def test_of_many_threads_one_gets_the_unique_key(store: Store) -> None:
    threads, keys = 8, 25
    start = threading.Barrier(threads)

    def create_all() -> int:
        start.wait(10)
        won = 0
        for key in range(keys):
            try:
                with store.transaction():
                    store.insert(EVENTS, {"kind": str(key)})
                    store.insert(NODE_EXECUTIONS, {**EXECUTION, "node_id": str(key)})
                won += 1
            except DuplicateError:
                pass
        return won

    with ThreadPoolExecutor(threads) as pool:
        wins = [pool.submit(create_all) for _ in range(threads)]
        assert sum(win.result(30) for win in wins) == keys
    assert len(store.rows(NODE_EXECUTIONS)) == len(store.rows(EVENTS)) == keys
