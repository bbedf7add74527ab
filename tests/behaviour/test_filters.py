"""Filters print what admin understands, and refuse what it would take for something else."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import example, given, strategies as st

from flytebind.behaviour.filters import (
    Contains,
    Equal,
    Filter,
    FilterList,
    FilterValue,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    NotEqual,
    SetFilter,
    ValueIn,
    ValueNotIn,
)
from flytebind.models.core.catalog import CatalogCacheStatus
from flytebind.models.core.execution import WorkflowExecution
from flytebind.models.named_entity import NamedEntityState
from flytebind.sandbox._store.filters import conditions
from flytebind.sandbox._store.tables import EXECUTIONS

Phase = WorkflowExecution.Phase

ALL = [
    (Equal("phase", "RUNNING"), "eq(phase,RUNNING)"),
    (NotEqual("phase", "RUNNING"), "ne(phase,RUNNING)"),
    (GreaterThan("duration", 3), "gt(duration,3)"),
    (GreaterThanOrEqual("duration", 3), "gte(duration,3)"),
    (LessThan("duration", 3), "lt(duration,3)"),
    (LessThanOrEqual("duration", 3), "lte(duration,3)"),
    (Contains("launch_plan.name", ["daily"]), "contains(launch_plan.name,daily)"),
    (ValueIn("phase", ["RUNNING", "QUEUED"]), "value_in(phase,RUNNING;QUEUED)"),
    (ValueNotIn("phase", ("FAILED",)), "value_not_in(phase,FAILED)"),
]

one_line = st.text(st.characters(exclude_characters="+;,\n", exclude_categories=["Cs"]), min_size=1)


@pytest.mark.parametrize(("made", "text"), ALL, ids=[text for _, text in ALL])
def test_each_filter_is_printed_and_read_in_admins_notation(made: Filter, text: str) -> None:
    assert made.to_flyte_idl() == str(made) == text
    read = Filter.from_python_std(text)
    assert type(read) is type(made)
    assert read == made
    assert hash(read) == hash(made)
    assert type(made).from_python_std(text) == made


def test_a_list_joins_its_filters_and_is_read_back() -> None:
    made = FilterList([item for item, _ in ALL])
    text = "+".join(text for _, text in ALL)
    assert made.to_flyte_idl() == str(made) == text
    assert FilterList.from_python_std(text) == made
    assert FilterList([]).to_flyte_idl() == ""
    assert FilterList.from_python_std("") == FilterList([])


def test_a_list_is_a_sequence_of_filters() -> None:
    made = FilterList([item for item, _ in ALL])
    assert len(made) == len(ALL)
    assert list(made) == [item for item, _ in ALL]
    assert made[0] == ALL[0][0]
    assert isinstance(made[:2], FilterList)
    assert made[:2].to_flyte_idl() == "eq(phase,RUNNING)+ne(phase,RUNNING)"
    with pytest.raises(TypeError, match=r"must hold filters, not str \('eq\(phase,RUNNING\)'\)"):
        FilterList(["eq(phase,RUNNING)"])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc), "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 678000, timezone.utc), "2026-01-02T03:04:05.678000Z"),
        (
            datetime(2026, 1, 1, 22, tzinfo=timezone(timedelta(hours=-2))),
            "2026-01-02T00:00:00Z",
        ),
        (timedelta(minutes=1, seconds=30), "90"),
        (timedelta(microseconds=-1_500_000), "-1.5"),
        (timedelta.max, "86399999999999.999999"),
        (7, "7"),
        (True, "True"),
        (2.5, "2.5"),
        (1e22, "10000000000000000000000"),
        (1.5e-7, "0.00000015"),
        (NamedEntityState.NAMED_ENTITY_ARCHIVED, "1"),
    ],
)
def test_values_are_written_as_admin_reads_them(value: FilterValue, text: str) -> None:
    assert Equal("column", value).value == text
    assert ValueIn("column", [value, "x"]).values == (text, "x")


def test_enum_members_are_names_where_admin_keeps_names() -> None:
    assert str(Equal("phase", Phase.FAILED)) == "eq(phase,FAILED)"
    assert str(ValueIn("execution.phase", [Phase.FAILED])) == "value_in(execution.phase,FAILED)"
    hit = CatalogCacheStatus.CACHE_HIT
    assert str(NotEqual("cache_status", hit)) == "ne(cache_status,CACHE_HIT)"
    assert str(Equal("phase", Phase(42))) == "eq(phase,42)"


@pytest.mark.parametrize("kind", [Equal, lambda key, value: ValueIn(key, [value])])
@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("name", "a+b", r"'\+' joins filters in admin's notation"),
        ("name", "a;b", "';' separates the values of a list"),
        ("name", "a,b", "',' separates key and value"),
        ("name", "a\nb", r"'\\n' ends a filter"),
        ("name", "", "cannot hold an empty value"),
        ("name", float("nan"), "must be compared with a finite number, not nan"),
        ("at", datetime(2026, 1, 2), "aware datetime; give it a time zone"),
        ("", "a", "key must be the name of a column, not ''"),
        ("a b", "a", "key must be the name of a column, not 'a b'"),
        ("a)+eq(b", "a", "key must be the name of a column"),
    ],
)
def test_what_admin_would_misread_is_refused(
    kind: Callable[[str, FilterValue], Filter], key: str, value: FilterValue, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        kind(key, value)


@pytest.mark.parametrize("value", [None, b"x", ["x"], {"x": 1}])
def test_other_values_are_refused_by_name(value: FilterValue) -> None:
    with pytest.raises(TypeError, match=rf"Equal\('name'\) .* not {type(value).__name__}"):
        Equal("name", value)


def test_a_list_of_values_is_a_list_and_not_a_text() -> None:
    with pytest.raises(TypeError, match=r"ValueIn\.values must be a list of values, not str"):
        ValueIn("phase", "RUNNING")
    with pytest.raises(TypeError, match="not set"):
        ValueIn("phase", {"RUNNING"})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="cannot hold an empty value"):
        ValueIn("phase", [])


def test_contains_takes_one_text_as_admin_does() -> None:
    with pytest.raises(ValueError, match="looks for one text, not for 2"):
        Contains("name", ["a", "b"])


@pytest.mark.parametrize("base", [Filter, SetFilter])
def test_the_bases_compare_nothing(base: type[Filter]) -> None:
    with pytest.raises(TypeError, match="make one of its subclasses"):
        base("phase", ["RUNNING"] if base is SetFilter else "RUNNING")  # type: ignore[arg-type]


def test_a_subclass_can_name_another_function_of_admin() -> None:
    class NotLike(Filter):
        function = "not_like"

    assert str(NotLike("name", "daily%")) == "not_like(name,daily%)"
    assert isinstance(NotLike.from_python_std("not_like(name,daily%)"), NotLike)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the form is eq"),
        ("phase", "the form is eq"),
        ("eq(phase)", "the form is eq"),
        ("eq(phase,RUNNING", "the form is eq"),
        ("like(name,a)", "no filter is called 'like'; there are: eq, ne, gt,"),
        ("eq(a,b,c)", "',' separates key and value"),
        ("eq(,b)", "must be the name of a column"),
        ("eq(a, )", "cannot hold an empty value"),
        ("eq(a,b)+ne(c,d)", r"'\+' joins filters|',' separates"),
    ],
)
def test_text_that_is_not_one_filter_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Filter.from_python_std(text)


def test_reading_a_filter_of_another_class_is_an_error() -> None:
    assert SetFilter.from_python_std("value_in(a,b)") == ValueIn("a", ["b"])
    with pytest.raises(ValueError, match="is a filter of class NotEqual, not Equal"):
        Equal.from_python_std("ne(a,b)")


def test_space_that_people_type_does_not_count() -> None:
    assert Filter.from_python_std("  eq( phase , RUNNING )\n") == Equal("phase", "RUNNING")
    assert FilterList.from_python_std("eq(a,b) + ne(a,c)") == FilterList(
        [Equal("a", "b"), NotEqual("a", "c")]
    )


def test_filters_are_values() -> None:
    filters = [Equal("a", 1), Equal("a", "1"), NotEqual("a", 1), Equal("b", 1), ValueIn("a", [1])]
    assert len(set(filters)) == 4
    assert Equal("a", 1) != "eq(a,1)"
    assert repr(FilterList(filters[:1])) == "FilterList([Equal('a', '1')])"
    assert repr(ValueIn("a", [1, "b"])) == "ValueIn('a', ['1', 'b'])"
    for value in (*filters, FilterList(filters)):
        assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == value
        assert not hasattr(value, "__dict__") or isinstance(value, FilterList)
    with pytest.raises(AttributeError):
        filters[0].key = "b"  # type: ignore[misc]


@given(one_line)
@example(" ")
@example("  a ")
@example("\u3000a")
@example("a)b(c")
def test_the_sandbox_reads_what_a_filter_was_made_of(value: str) -> None:
    (found,) = conditions(EXECUTIONS, Equal("phase", value).to_flyte_idl())
    assert found.values == (value,)


@given(st.lists(st.text(st.sampled_from("ab \t()%"), max_size=3), min_size=1))
def test_the_sandbox_reads_lists_as_they_were_made(values: list[str]) -> None:
    if values == [""]:
        values = ["a"]
    (found,) = conditions(EXECUTIONS, ValueIn("phase", values).to_flyte_idl())
    assert found.values == tuple(values)
