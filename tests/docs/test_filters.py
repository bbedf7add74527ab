"""What docs/filters.md names is what a server has, as the sandbox has it."""

from __future__ import annotations

import re

import pytest

from flytebind.models import filters
from flytebind.sandbox._store import tables
from flytebind.sandbox._store.tables import Table
from tools.written import ROOT

TEXT = (ROOT / "docs" / "filters.md").read_text(encoding="utf-8")
LISTS: dict[str, tuple[Table, ...]] = {
    "executions": (tables.EXECUTIONS,),
    "nodes of an execution": (tables.NODE_EXECUTIONS,),
    "attempts at a task": (tables.TASK_EXECUTIONS,),
    "tasks, workflows": (tables.TASKS,),
    "launch plans": (tables.LAUNCH_PLANS,),
    "projects": (tables.PROJECTS,),
}


def has(table: Table, column: str) -> bool:
    prefix, _, name = column.rpartition(".")
    owner = table.joins[prefix].table if prefix in table.joins else table
    return (prefix == "" or prefix in table.joins) and owner.visible(name) is not None


@pytest.mark.parametrize("rows", LISTS)
def test_every_column_can_be_filtered_by(rows: str) -> None:
    (cells,) = re.findall(rf"^\| {rows} \| (.*) \|$", TEXT, re.M)
    columns = re.findall(r"`([\w.]+)`", cells)
    assert len(columns) >= 5
    assert [name for name in columns if not any(has(each, name) for each in LISTS[rows])] == []


def test_a_column_that_is_not_there_is_found() -> None:
    assert not has(tables.EXECUTIONS, "status")
    assert not has(tables.EXECUTIONS, "node.name")


def test_every_condition_and_its_class_are_explained() -> None:
    kinds = [kind for kind in vars(filters)["__all__"] if kind not in ("Filter", "FilterList")]
    kinds.remove("SetFilter")  # what those with several values are
    assert [name for name in kinds if f"`{name}`" not in TEXT] == []
    for name in kinds:
        assert f"{getattr(filters, name).function}(" in TEXT
