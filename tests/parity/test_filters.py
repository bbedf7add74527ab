"""Filters are text, so any text that has a meaning must come out as flytekit's."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from tests.parity.discovery import here, there

SINGLE = ("Equal", "NotEqual", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual")
SETS = ("Contains", "ValueIn", "ValueNotIn")

# What divides the text form has no place in a value.
words = st.text(
    st.characters(exclude_characters=",;()+", exclude_categories=["C", "Z"]), min_size=1
)


@pytest.mark.parametrize("name", SINGLE)
@given(key=words, value=words)
def test_a_filter_has_the_text_of_flytekits(name: str, key: str, value: str) -> None:
    kit, bind = there(f"filters.{name}")(key, value), here(f"filters.{name}")(key, value)
    assert bind.to_flyte_idl() == kit.to_flyte_idl()


@pytest.mark.parametrize("name", SETS)
@given(key=words, values=st.lists(words, min_size=1, max_size=3))
def test_a_filter_of_several_values_has_the_text_of_flytekits(
    name: str, key: str, values: list[str]
) -> None:
    some = values[:1] if name == "Contains" else values  # The server looks for one text.
    kit, bind = there(f"filters.{name}")(key, some), here(f"filters.{name}")(key, some)
    assert bind.to_flyte_idl() == kit.to_flyte_idl()


@pytest.mark.parametrize("name", SINGLE + SETS)
@given(key=words, value=words)
def test_text_is_read_as_flytekits_reads_it(name: str, key: str, value: str) -> None:
    text = there(f"filters.{name}")(key, [value] if name in SETS else value).to_flyte_idl()
    kit, bind = (find("filters.Filter").from_python_std(text) for find in (there, here))
    assert type(bind) is here(f"filters.{type(kit).__name__}")
    assert bind.to_flyte_idl() == kit.to_flyte_idl()


@given(keys=st.lists(words, max_size=3), value=words)
def test_a_list_of_filters_has_the_text_of_flytekits(keys: list[str], value: str) -> None:
    kit, bind = (
        find("filters.FilterList")([find("filters.Equal")(key, value) for key in keys])
        for find in (there, here)
    )
    assert bind.to_flyte_idl() == kit.to_flyte_idl()


@pytest.mark.parametrize("text", ["like(a,b)", "eq(a,b", "eq(a)", "eq(a,b,c)", ""])
def test_text_that_flytekit_refuses_is_refused(text: str) -> None:
    for find in (there, here):
        with pytest.raises(ValueError, match=r"\w"):
            find("filters.Filter").from_python_std(text)
