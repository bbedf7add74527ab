"""A file keeps what was committed, belongs to one store at a time, and must be ours."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from flytebind.sandbox._store import Store, StoreError
from flytebind.sandbox._store.tables import EVENTS, TASKS

TASK = {"project": "p", "domain": "d", "name": "n", "version": "v1"}

OPEN = """
import sys
from flytebind.sandbox._store import Store
from flytebind.sandbox._store.tables import EVENTS
store = Store(sys.argv[1])
print("open", flush=True)
"""
INSERT_FOR_EVER = """
while True:
    print(store.insert(EVENTS, {"kind": "alone", "model": bytes(1000)}), flush=True)
    with store.transaction():
        ids = [store.insert(EVENTS, {"kind": "in twos", "model": bytes(1000)}) for _ in range(2)]
    print(*ids, flush=True)
"""
WAIT_IN_A_TRANSACTION = """
with store.transaction():
    print(store.insert(EVENTS, {"kind": "never committed"}), flush=True)
    sys.stdin.read()
"""


@contextmanager
def running(code: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has the file open."""
    with subprocess.Popen(
        [sys.executable, "-c", OPEN + code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "open\n"
            yield process
        finally:
            process.kill()


def lines(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout is not None
    return iter(process.stdout)


def test_a_closed_store_is_found_again(path: Path) -> None:
    with closing(Store(path)) as store:
        row_id = store.insert(TASKS, {**TASK, "model": b"\x00\xff"})
    with closing(Store(str(path))) as store:
        row = store.find(TASKS, **TASK)
        assert row is not None
        assert (row["id"], row["model"]) == (row_id, b"\x00\xff")


@pytest.mark.parametrize("count", [1, 7, 400])
def test_a_killed_process_loses_nothing_that_it_committed(path: Path, count: int) -> None:
    with running(INSERT_FOR_EVER, path) as process:
        printed = [next(lines(process)) for _ in range(count)]
        process.send_signal(signal.SIGKILL)
        printed += lines(process)  # what it could still say
    if not printed[-1].endswith("\n"):
        printed.pop()
    committed = {int(number) for line in printed for number in line.split()}
    with closing(Store(path)) as store:
        assert committed <= {row["id"] for row in store.rows(EVENTS)}
        assert len(store.rows(EVENTS, kind="in twos")) % 2 == 0
        store.insert(EVENTS, {"kind": "goes on"})
    assert len(committed) >= count


def test_a_killed_process_leaves_no_half_transaction(path: Path) -> None:
    with running(WAIT_IN_A_TRANSACTION, path) as process:
        assert next(lines(process)) == "1\n"
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    with closing(Store(path)) as store:
        assert store.rows(EVENTS) == []


def test_a_file_is_open_in_one_process_at_a_time(path: Path) -> None:
    with running("sys.stdin.read()", path) as process:
        with pytest.raises(StoreError, match=r"sandbox\.db: it is open elsewhere"):
            Store(path)
        process.communicate()
    Store(path).close()


def test_a_file_is_open_in_one_store_of_a_process_at_a_time(path: Path) -> None:
    with closing(Store(path)) as store:
        with pytest.raises(StoreError, match=r"sandbox\.db: it is open elsewhere"):
            Store(path)
        store.insert(TASKS, TASK)
    with closing(Store(path)) as store:
        assert len(store.rows(TASKS)) == 1


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.write_text("my only copy of the thesis " * 100)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"sandbox\.db: .*not a database"):
        Store(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE tasks (done INTEGER)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"sandbox\.db: .*not one of the sandbox"):
        Store(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_file_with_tables_of_another_version_is_refused(path: Path) -> None:
    Store(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match=r"sandbox\.db: it has version 99"):
        Store(path)


def test_a_place_where_no_file_can_be_is_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "no such folder" / "sandbox.db"):
        with pytest.raises(StoreError, match=str(path)):
            Store(path)


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.touch()
    with closing(Store(path)) as store:
        store.insert(TASKS, TASK)
