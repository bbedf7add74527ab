"""Filters pick the rows that plain Python would pick, and refuse what makes no sense."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import grpc
import pytest
from hypothesis import example, given, strategies as st

from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._store import Store, Value
from flytebind.sandbox._store.tables import (
    EXECUTIONS,
    LAUNCH_PLANS,
    NODE_EXECUTIONS,
    SIGNALS,
    TASK_EXECUTIONS,
    TASKS,
    WORKFLOWS,
    Table,
)

EXECUTION = {"execution_project": "p", "execution_domain": "d", "execution_name": "e"}
ENTITY = {"project": "p", "domain": "d", "name": "n", "version": "v"}
COMPARISONS = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
LISTS = ("value_in", "value_not_in")
TEXTS = ("contains", "not_like")
FUNCTIONS = (*COMPARISONS, *LISTS, *TEXTS)

texts = st.text(st.sampled_from("aAbé%_*?[]^-'\"\\ "), max_size=4)
integers = st.integers(-3, 3) | st.sampled_from([2**63 - 1, -(2**63)])
times = st.datetimes(
    datetime(2025, 12, 31), datetime(2026, 1, 1), timezones=st.just(timezone.utc)
) | st.sampled_from(
    [datetime(2026, 1, 1, 0, 0, second, tzinfo=timezone.utc) for second in range(3)]
)
durations = st.timedeltas(timedelta(0), timedelta(days=2)) | st.sampled_from(
    [timedelta(seconds=n) for n in range(3)]
)
COLUMNS: Mapping[str, st.SearchStrategy[Any]] = {
    "phase": texts,
    "mode": integers,
    "started_at": times,
    "duration": durations,
}
#: What a row holds that is given nothing.
NOTHING: Mapping[str, Any] = {"mode": 0, "duration": timedelta()}


def written(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return f"{value // timedelta(microseconds=1)}us"
    return str(value)


@dataclass(frozen=True)
class Filter:
    column: str
    function: str
    values: tuple[Any, ...]

    def __str__(self) -> str:
        return f"{self.function}({self.column},{';'.join(map(written, self.values))})"

    def picks(self, row: Mapping[str, Any]) -> bool:
        value = row[self.column]
        if value is None:
            return False
        if self.function in LISTS:
            return (value in self.values) == (self.function == "value_in")
        (wanted,) = self.values
        if self.function in TEXTS:
            wild = {"%": ".*", "_": "."}
            pattern = "".join(wild.get(letter, re.escape(letter)) for letter in str(wanted))
            if self.function == "contains":
                return re.search(pattern, value, re.DOTALL) is not None
            return re.fullmatch(pattern, value, re.DOTALL) is None
        return bool(COMPARISONS[self.function](value, wanted))


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    column = draw(st.sampled_from(list(COLUMNS)))
    values = COLUMNS[column]
    if column == "phase":
        # The form wants a value, and takes the space after a comma for no part of it.
        values = values.filter(lambda text: text.strip() == text != "")
    function = draw(st.sampled_from(FUNCTIONS if column == "phase" else FUNCTIONS[:-2]))
    count = 3 if function in LISTS else 1
    return Filter(column, function, tuple(draw(st.lists(values, min_size=1, max_size=count))))


rows = st.fixed_dictionaries({}, optional=COLUMNS).map(
    lambda row: {**dict.fromkeys(COLUMNS), **NOTHING, **row}
)


@given(st.lists(rows, max_size=8), st.lists(filters(), min_size=1, max_size=3))
@example(
    [{**dict.fromkeys(COLUMNS), **NOTHING, "phase": text} for text in ("a%", "ab")],
    [Filter("phase", "contains", ("%",))],
)
@example(
    [{**dict.fromkeys(COLUMNS), **NOTHING, "phase": text} for text in ("ab", "AB", "b")],
    [Filter("phase", "not_like", ("a%",))],
)
def test_filters_pick_what_plain_python_picks(
    rows: list[dict[str, Value]], filters: list[Filter]
) -> None:
    store = Store()
    with store.transaction():
        for number, row in enumerate(rows):
            store.insert(EXECUTIONS, {**EXECUTION, "execution_name": str(number), **row})
    page = store.page(EXECUTIONS, limit=99, filters="+".join(map(str, filters)))
    store.close()
    expected = [n for n, row in enumerate(rows) if all(each.picks(row) for each in filters)]
    assert [int(row["execution_name"]) for row in page.rows] == expected


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("abc", ["ABC", "a*c", "a?c", "[b]", "a%c"]),
        ("a%", ["ABC", "[b]"]),
        ("%B%", ["abc", "a*c", "a?c", "[b]", "a%c"]),
        ("a_c", ["ABC", "[b]"]),
        ("a*c", ["abc", "ABC", "a?c", "[b]", "a%c"]),
        ("a?c", ["abc", "ABC", "a*c", "[b]", "a%c"]),
        ("[b]", ["abc", "ABC", "a*c", "a?c", "a%c"]),
    ],
)
def test_not_like_knows_the_wildcards_of_sql_alone(
    store: Store, pattern: str, left: list[str]
) -> None:
    for phase in ("abc", "ABC", "a*c", "a?c", "[b]", "a%c"):
        store.insert(EXECUTIONS, {**EXECUTION, "execution_name": phase, "phase": phase})
    page = store.page(EXECUTIONS, limit=9, filters=f"not_like(phase,{pattern})")
    assert [row["phase"] for row in page.rows] == left


@pytest.fixture
def family(store: Store) -> Store:
    """One launch plan, workflow, task, execution, node and task execution that belong together."""
    workflow = store.insert(WORKFLOWS, {**ENTITY, "name": "w"})
    plan = store.insert(LAUNCH_PLANS, {**ENTITY, "name": "l", "workflow_id": workflow, "state": 1})
    task = store.insert(TASKS, {**ENTITY, "name": "t", "type": "python"})
    store.insert(
        EXECUTIONS,
        {
            **EXECUTION,
            "launch_plan_id": plan,
            "workflow_id": workflow,
            "task_id": task,
            "phase": "RUNNING",
            "started_at": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc),
            "duration": timedelta(seconds=90),
        },
    )
    store.insert(EXECUTIONS, {**EXECUTION, "execution_name": "lonely"})
    node = store.insert(NODE_EXECUTIONS, {**EXECUTION, "node_id": "n0", "phase": "QUEUED"})
    store.insert(
        TASK_EXECUTIONS,
        {
            **ENTITY,
            **EXECUTION,
            "name": "t",
            "node_id": "n0",
            "retry_attempt": 0,
            "node_execution_id": node,
        },
    )
    store.insert(SIGNALS, {**EXECUTION, "signal_id": "s"})
    return store


@pytest.mark.parametrize(
    ("table", "filters"),
    [
        (EXECUTIONS, "eq(workflow.name,w)"),
        (EXECUTIONS, "eq(launch_plan.name,l)+eq(launch_plan.state,1)+eq(workflow.name,w)"),
        (EXECUTIONS, "eq(task.type,python)"),
        (EXECUTIONS, "eq(execution.phase,RUNNING)"),
        (EXECUTIONS, "eq(execution_name,e)"),
        (LAUNCH_PLANS, "eq(workflow.version,v)+eq(launch_plan.name,l)"),
        (NODE_EXECUTIONS, "eq(execution.phase,RUNNING)+eq(phase,QUEUED)"),
        (TASK_EXECUTIONS, "eq(task.name,t)+eq(node_execution.phase,QUEUED)+eq(execution_name,e)"),
        (TASK_EXECUTIONS, "eq(name,e)"),
        (SIGNALS, "eq(execution_name,e)+eq(signal_id,s)"),
    ],
    ids=lambda value: value.name if isinstance(value, Table) else value,
)
def test_fields_of_related_rows_go_by_their_prefix(
    family: Store, table: Table, filters: str
) -> None:
    assert len(family.page(table, limit=9, filters=filters).rows) == 1
    assert family.page(table, limit=9, filters=filters + "+eq(id,99)").rows == []


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T03:04:05.678901Z",
        "2026-01-02T03:04:05.678901999Z",
        "2026-01-02t03:04:05.678901z",
        "2026-01-01T22:04:05.678901-05:00",
        "2026-01-02 03:04:05.678901",
    ],
)
def test_times_are_rfc_3339_cut_to_microseconds(family: Store, text: str) -> None:
    assert len(family.page(EXECUTIONS, limit=9, filters=f"eq(started_at,{text})").rows) == 1


def test_a_date_is_its_first_moment(family: Store) -> None:
    filters = "gt(started_at,2026-01-02)+lt(started_at,2026-01-03)"
    assert len(family.page(EXECUTIONS, limit=9, filters=filters).rows) == 1


def test_a_short_fraction_is_not_microseconds(family: Store) -> None:
    filters = "gt(started_at,2026-01-02T03:04:05.6Z)+lt(started_at,2026-01-02T03:04:05.7Z)"
    assert len(family.page(EXECUTIONS, limit=9, filters=filters).rows) == 1


@pytest.mark.parametrize(
    "text", ["90", "90.0", "90.", "90s", "1m30s", "1.5m", "0.025h", "90000ms", "89s1000000µs"]
)
def test_durations_are_seconds_or_in_units(family: Store, text: str) -> None:
    assert len(family.page(EXECUTIONS, limit=9, filters=f"eq(duration,{text})").rows) == 1
    assert family.page(EXECUTIONS, limit=9, filters=f"eq(duration,-{text})").rows == []


def test_a_space_may_follow_the_comma(family: Store) -> None:
    assert len(family.page(EXECUTIONS, limit=9, filters="eq(phase, RUNNING)").rows) == 1


@pytest.mark.parametrize(
    ("filters", "reason"),
    [
        ("phase=RUNNING", "the form is"),
        ("eq(phase)", "the form is"),
        ("eq(phase,)", "the form is"),
        ("(phase,a)", "the form is"),
        ("eq(phase,a)+", "the form is"),
        ("eq(phase,a) + eq(phase,a)", "unknown function ' eq'"),
        ("like(phase,a)", "unknown function 'like'"),
        ("EQ(phase,a)", "unknown function 'EQ'"),
        ("eq(nope,a)", "unknown field 'nope'"),
        ("eq(Phase,a)", "unknown field 'Phase'"),
        ("eq(phase,a,b)", "unknown field 'phase,a'"),
        ("eq(rowid,1)", "unknown field"),
        ("eq(workflow.nope,a)", "unknown field 'workflow.nope'"),
        ("eq(node_execution.phase,a)", "has no 'node_execution'"),
        ("eq(.phase,a)", "has no ''"),
        ("eq(a.workflow.name,a)", "has no 'a.workflow'"),
        ('eq(phase" = "phase" OR "phase,a)', "unknown field"),
        ("gt(duration,1 day)", "duration"),
        ("gt(duration,1m30)", "duration"),
        ("gt(duration,inf)", "duration"),
        ("gt(duration,1e3)", "duration"),
        ("gt(duration,10000000000)", "too long"),
        ("eq(model,a)", "unknown field 'model'"),
        ("eq(name,a)", "unknown field 'name'"),
        (f"eq({'x' * 100_000},a)", "unknown field 'xxx"),
        ("eq(phase,a)+" * 600, "expressions"),
        (f"value_in(phase,{';' * 40_000})", "values"),
        (f"not_like(phase,{'%' * 5_000})", "longer"),
    ],
    ids=lambda text: text[:40],
)
def test_bad_filters_are_invalid_and_say_why(family: Store, filters: str, reason: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: family.page(EXECUTIONS, limit=1, filters=filters),
        lambda: family.distinct(EXECUTIONS, ["phase"], limit=1, filters=filters),
    ]
    for call in calls:
        with pytest.raises(StatusError, match=reason) as caught:
            call()
        assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
        assert len(caught.value.message) <= 500


@pytest.mark.parametrize(
    ("filters", "reason"),
    [
        ("eq(phase,a;b)", "eq takes one value"),
        ("contains(mode,1)", "contains is for text"),
        ("not_like(started_at,1)", "not_like is for text"),
        ("eq(mode,one)", "integer"),
        ("eq(mode,1.0)", "integer"),
        ("eq(mode,٣)", "integer"),
        ("eq(mode,9223372036854775808)", "integer"),
        ("value_in(mode,1;)", "integer"),
        ("gt(started_at,yesterday)", "RFC 3339"),
        ("gt(started_at,2026-02-30T03:04:05Z)", "no such time"),
        ("gt(started_at,9999-12-31T23:00:00-05:00)", "no such time"),
        ("eq(phase,a\0b)", "NUL"),
    ],
)
def test_what_admin_leaves_to_its_database_is_unknown_and_says_why(
    family: Store, filters: str, reason: str
) -> None:
    with pytest.raises(StatusError, match=reason) as caught:
        family.page(EXECUTIONS, limit=1, filters=filters)
    assert caught.value.code is grpc.StatusCode.UNKNOWN


def test_an_error_names_the_expression_at_fault(family: Store) -> None:
    with pytest.raises(StatusError, match=re.escape("'gt(mode,x)'")):
        family.page(EXECUTIONS, limit=1, filters="eq(phase,RUNNING)+gt(mode,x)")


def test_as_many_expressions_and_values_as_are_taken_work(family: Store) -> None:
    many = "+".join(["eq(execution.execution_name,e)"] * 500)
    assert len(family.page(NODE_EXECUTIONS, limit=9, filters=many, node_id="n0").rows) == 1
    names = ";".join(map(str, range(29_999)))
    filters = f"value_in(execution_name,e;{names})"
    assert len(family.page(EXECUTIONS, limit=9, filters=filters).rows) == 1
    pattern = "[" * 4_000
    assert (
        len(family.page(EXECUTIONS, limit=9, filters=f"not_like(execution_name,{pattern})").rows)
        == 2
    )


def test_a_value_is_never_read_as_sql(family: Store) -> None:
    for value in ("x' OR '1'='1", 'x" OR 1=1 --', "'; DROP TABLE executions; --"):
        for function in ("value_in", "eq", "contains"):
            if function == "value_in" or ";" not in value:
                filters = f"{function}(phase,{value})"
                assert family.page(EXECUTIONS, limit=9, filters=filters).rows == []
    assert len(family.rows(EXECUTIONS)) == 2
