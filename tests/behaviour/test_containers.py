"""Containers change in place, and nothing else that looks at the same message does."""

from __future__ import annotations

import pytest

from flytebind.models.core.tasks import Container, TaskTemplate


def container(*pairs: tuple[str, str]) -> Container:
    return Container.from_dict({"env": [{"key": key, "value": value} for key, value in pairs]})


def env(model: Container) -> list[tuple[str, str]]:
    return [(pair.key, pair.value) for pair in model.to_pb().env]


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
    assert env(model) == [("A", "1")]
