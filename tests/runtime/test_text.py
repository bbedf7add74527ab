"""How models look."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone

import pytest

from flytebind.models.admin.execution import Execution, ExecutionClosure
from flytebind.models.core.execution import (
    ExecutionError,
    WorkflowExecution,
    WorkflowExecutionPhase,
)
from flytebind.models.core.literals import Literal, LiteralMap, Primitive, Scalar
from flytebind.models.core.types import LiteralType, SchemaType, SimpleType
from flytebind.runtime.any import AnyMessage

CLOSURE = ExecutionClosure(
    WorkflowExecution.Phase.FAILED,
    datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
    timedelta(seconds=90),
    ExecutionError(
        code="USER:Unknown",
        message="Traceback (most recent call last):\n  File x\n\nValueError: " + "no " * 30,
        error_uri="",
        kind=ExecutionError.ErrorKind.USER,
    ),
)

VERBOSE = """\
Flyte Serialized object (ExecutionClosure):
  error:
    code: USER:Unknown
    message:
      Traceback (most recent call last):
        File x

      ValueError: no no no no no no no no no no no no no no no no no no no no no no no no no no no \
no no no
    kind: USER
  phase: FAILED
  started_at: 2026-01-02 03:04:05+00:00
  duration: 0:01:30"""


def test_verbose_string_is_an_outline_of_what_is_set_with_nothing_cut() -> None:
    assert [line.rstrip() for line in CLOSURE.verbose_string().splitlines()] == VERBOSE.splitlines()


def test_short_string_is_the_same_with_lines_cut_to_80_columns() -> None:
    short, verbose = CLOSURE.short_string().splitlines(), CLOSURE.verbose_string().splitlines()
    assert max(map(len, short)) == 80
    for cut, whole in zip(short, verbose, strict=True):
        assert cut == whole or (cut.endswith("...") and whole.startswith(cut[:-3]))


def test_str_is_the_short_string() -> None:
    assert str(CLOSURE) == CLOSURE.short_string()


def test_lists_maps_and_json_are_indented() -> None:
    models = LiteralMap(
        {
            "b": Literal(scalar=Scalar(generic={"k": [1, {"x": None}], "empty": {}})),
            "a": Literal(scalar=Scalar(primitive=Primitive(string_value=""))),
        }
    )
    assert models.verbose_string().splitlines()[1:] == [
        "  literals:",
        "    a:",
        "      scalar:",
        "        primitive:",
        "          string_value: ''",
        "    b:",
        "      scalar:",
        "        generic:",
        "          empty: {}",
        "          k:",
        "            - 1",
        "            - x: None",
    ]


def test_an_empty_model_says_so() -> None:
    assert Literal().short_string() == "Flyte Serialized object (Literal):"
    assert Literal(scalar=Scalar()).short_string().splitlines()[1:] == ["  scalar:", "    {}"]


def test_repr_is_the_call_that_builds_the_model() -> None:
    type_ = LiteralType(simple=SimpleType.INTEGER, metadata={"a": 1})
    assert repr(type_) == "LiteralType(simple=SimpleType.INTEGER, metadata={'a': 1})"
    assert eval(repr(type_)) == type_


def test_repr_names_nested_classes_as_their_module_does() -> None:
    closure = ExecutionClosure(WorkflowExecutionPhase(42), None, None)
    text = "ExecutionClosure(phase=WorkflowExecutionPhase(42), started_at=None, duration=None)"
    assert repr(closure) == text
    assert eval(text) == closure
    column = SchemaType.SchemaColumn("a", SchemaType.SchemaColumn.SchemaColumnType.FLOAT)
    assert repr(column).endswith("type=SchemaType.SchemaColumn.SchemaColumnType.FLOAT)")
    assert eval(repr(column)) == column


def test_repr_gives_what_must_be_given_even_if_it_is_empty() -> None:
    assert repr(LiteralMap({})) == "LiteralMap(literals={})"
    assert repr(Execution.from_dict({})) == "Execution()"  # no call makes it: it lacks messages


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_repr_spells_numbers_that_have_no_literal(number: float) -> None:
    custom = {"numbers": [number]}
    plugin = LiteralType(simple=SimpleType.FLOAT, metadata=custom)
    made = [eval(repr(model)) for model in (plugin, Primitive(float_value=number))]
    assert str(made) == str([plugin, Primitive(float_value=number)])


def test_a_packed_message_is_built_again_by_its_repr() -> None:
    packed = AnyMessage.pack(Primitive(integer=3))
    assert eval(repr(packed)) == packed


def test_rich_shows_what_is_set() -> None:
    assert list(Primitive(integer=3).__rich_repr__()) == [("integer", 3)]


def test_a_notebook_gets_escaped_html() -> None:
    html = Primitive(string_value="<b>&</b>")._repr_html_()
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in html
    assert "<b>" not in html
    assert "Primitive" in html


def test_a_terminal_is_not_told_what_to_do() -> None:
    text = Primitive(string_value="\x1b[31mred\ttab\u202e").verbose_string()
    assert "\x1b" not in text
    assert r"\x1b[31mred\ttab\u202e" in text
