"""What people see of a model: each field that is set, under its name."""

from __future__ import annotations

import datetime
import html
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flyteidl.admin import execution_pb2
from google.protobuf.message import Message

from flytebind.models.admin.execution import ExecutionClosure
from flytebind.runtime import OpenEnum, RepeatedView
from flytebind.runtime.entity import FlyteIdlEntity
from flytebind.runtime.model import Model
from flytebind.runtime.spelling import name_of
from flytebind.runtime.text import PRE
from tests.support.messages import ModelClass, every_model, python_name
from tests.support.models import models_in, parameters
from tests.support.strategies import every_message
from tests.support.whole import whole_fillings


def set_names(model_class: ModelClass, pb: Message) -> list[str]:
    return [python_name(model_class, field) for field, _ in pb.ListFields()]


def cut(line: str) -> str:
    return line if len(line) <= 80 else f"{line[:77]}..."


@every_message
def test_an_outline_names_each_field_that_is_set(model_class: ModelClass, pb: Message) -> None:
    title, *lines = model_class.from_pb(pb).verbose_string().split("\n")
    assert title == f"Flyte Serialized object ({model_class.__name__}):"
    assert all(line.startswith("  ") for line in lines)
    labels = [line[2:].partition(":")[0] for line in lines if line[2] != " "]
    assert labels == set_names(model_class, pb)


@every_message
def test_a_short_string_is_cut_to_80_columns(model_class: ModelClass, pb: Message) -> None:
    model = model_class.from_pb(pb)
    lines = [cut(line) for line in model.verbose_string().split("\n")]
    assert model.short_string().split("\n") == lines
    if model_class.__str__ is FlyteIdlEntity.__str__:  # or tests/behaviour looks at it
        assert str(model) == model.short_string()


@every_model
def test_repr_is_an_expression_that_builds_the_model(model_class: ModelClass) -> None:
    """Names are those that a module with these imports has: each class from where it lives."""
    for pb in whole_fillings(model_class):
        model = model_class.from_pb(pb)
        text = repr(model)
        if len(text) < 50_000:  # A larger one is made of others that are here.
            homes = {(top_name(part), home(part)) for part in classes_in(model)}
            names = dict(homes)
            if len(names) < len(homes):  # In a program, one of them would have another name.
                continue
            assert eval(text, {"datetime": datetime, **names}) == model


def classes_in(model: Model[Any]) -> Iterator[type]:
    for part in models_in(model):
        yield type(part)
        for value in map(part.__getattribute__, parameters(type(part))):
            items = value if isinstance(value, RepeatedView) else [value]
            yield from (type(item) for item in items if isinstance(item, OpenEnum))


def top_name(part: type) -> str:
    return name_of(part).partition(".")[0]


def home(part: type) -> object:
    return getattr(sys.modules[part.__module__], top_name(part))


@every_message
def test_rich_shows_each_field_that_is_set(model_class: ModelClass, pb: Message) -> None:
    model = model_class.from_pb(pb)
    names = set_names(model_class, pb)
    assert list(model.__rich_repr__()) == [(name, getattr(model, name)) for name in names]


@every_message
def test_a_notebook_shows_the_outline(model_class: ModelClass, pb: Message) -> None:
    if model_class._repr_html_ is not Model._repr_html_:  # then tests/behaviour looks at it
        return
    model = model_class.from_pb(pb)
    head, _, text = model._repr_html_().removesuffix("</pre></details>").partition(PRE)
    assert f"<code>{model_class.__qualname__}</code>" in head
    assert "<" not in text
    lines = model.verbose_string().split("\n")[1:]
    assert html.unescape(text) == "\n".join(line[2:] for line in lines)


@pytest.mark.parametrize("show", [repr, str, ExecutionClosure.verbose_string])
def test_a_time_out_of_range_hides_nothing(show: Callable[[ExecutionClosure], str]) -> None:
    """Whoever looks for what is wrong with a message must be able to look at it."""
    pb = execution_pb2.ExecutionClosure(phase=7)
    pb.started_at.seconds = 2**60
    text = show(ExecutionClosure.from_pb(pb))
    assert "ABORTED" in text
    assert "started_at" in text
