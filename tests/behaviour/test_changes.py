"""Changes in place: the object changes, and nothing else that looks at the same message."""

from __future__ import annotations

import pytest

from flytebind.models.core.literals import Literal, LiteralMap, Primitive, Scalar
from flytebind.models.core.tasks import Container, TaskTemplate


def container(*pairs: tuple[str, str]) -> Container:
    return Container.from_dict({"env": [{"key": key, "value": value} for key, value in pairs]})


def env(model: Container) -> list[tuple[str, str]]:
    return [(pair.key, pair.value) for pair in model.to_pb().env]


def test_a_literal_gets_other_metadata_and_keeps_the_rest() -> None:
    literal = Literal(scalar=Scalar(primitive=Primitive(integer=3)), metadata={"a": "b"})
    before = literal.replace()
    literal.set_metadata({"c": "d"})
    assert literal == before.replace(metadata={"c": "d"})
    assert literal.scalar == before.scalar


def test_the_model_that_a_literal_was_read_from_does_not_change() -> None:
    literals = LiteralMap({"a": Literal(metadata={"a": "b"})})
    mine, other = literals.literals["a"], literals.literals["a"]
    mine.set_metadata({})
    assert mine.is_empty
    assert other.metadata == literals.literals["a"].metadata == {"a": "b"}


def test_an_environment_variable_is_added_or_changed() -> None:
    model = container(("A", "1"))
    model.add_env("B", "2")
    assert env(model) == [("A", "1"), ("B", "2")]
    model.add_env("A", "3")
    assert env(model) == [("A", "3"), ("B", "2")]


def test_of_several_variables_of_one_name_the_one_that_counts_is_changed() -> None:
    model = container(("A", "1"), ("A", "2"))
    model.add_env("A", "3")
    assert env(model) == [("A", "1"), ("A", "3")]


def test_the_task_that_a_container_was_read_from_does_not_change() -> None:
    template = TaskTemplate.from_dict({"container": {"image": "i"}})
    mine = template.container
    assert mine is not None
    mine.add_env("A", "1")
    assert template.to_dict() == {"container": {"image": "i"}}
    assert mine.image == "i"


def test_a_mistake_is_named_and_changes_nothing() -> None:
    model = container(("A", "1"))
    with pytest.raises(TypeError, match=r"KeyValuePair\.value must be str, not int"):
        model.add_env("A", 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"Literal\.metadata must be a mapping"):
        Literal().set_metadata("abc")  # type: ignore[arg-type]
    assert env(model) == [("A", "1")]
