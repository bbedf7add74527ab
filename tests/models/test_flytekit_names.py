"""Who knows flytekit's models finds their names here: classes, parameters in order, properties.

``flytekit.json`` says what flytekit has, for the classes that the overlay covers.
"""

from __future__ import annotations

import json
import typing
from importlib import import_module
from operator import attrgetter, itemgetter
from pathlib import Path
from types import NoneType
from typing import Any

import pytest

from flytebind.models import model_for
from tests.support.models import parameters, properties

FACTS: dict[str, Any] = json.loads(Path(__file__).with_name("flytekit.json").read_text("utf-8"))
CLASSES: dict[str, dict[str, Any]] = {entry["name"]: entry for entry in FACTS["classes"]}

every_class = pytest.mark.parametrize("facts", CLASSES.values(), ids=CLASSES)


def module_of(name: str) -> str:
    """``core.types`` of ``core.types.BlobType.BlobDimensionality``."""
    return ".".join(part for part in name.split(".") if part.islower())


def find(name: str) -> Any:
    """What has a name of flytekit's, in the module of the same name."""
    module = module_of(name)
    return attrgetter(name.removeprefix(f"{module}."))(import_module(f"flytebind.models.{module}"))


def spelled(annotation: Any) -> str:
    """An annotation without modules and None: ``Sequence[KeyValuePair]``."""
    if NoneType in typing.get_args(annotation):
        (annotation,) = set(typing.get_args(annotation)) - {NoneType}
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (None, dict):
        return str((origin or annotation).__qualname__)
    return f"{origin.__name__}[{', '.join(map(spelled, arguments))}]"


@pytest.mark.parametrize("name", [name for name in CLASSES if module_of(name) in FACTS["modules"]])
def test_a_class_is_in_the_module_where_flytekit_has_it(name: str) -> None:
    assert find(name) is model_for(CLASSES[name]["message"])


@every_class
def test_a_constructor_takes_what_flytekits_takes(facts: dict[str, Any]) -> None:
    taken = parameters(model_for(facts["message"])).values()
    by_position = [item for item in taken if item.kind is item.POSITIONAL_OR_KEYWORD]
    by_keyword = {item.name for item in taken if item.kind is item.KEYWORD_ONLY}
    assert [item.name for item in by_position] == facts["required"] + facts["optional"]
    assert [item.name for item in taken if item.default is item.empty] == facts["required"]
    assert by_keyword >= set(facts.get("keyword_only", ()))


@every_class
def test_a_model_has_the_properties_of_flytekits(facts: dict[str, Any]) -> None:
    kinds = ("required", "optional", "keyword_only", "further_properties")
    wanted = {name for kind in kinds for name in facts.get(kind, ())}
    assert wanted <= set(properties(model_for(facts["message"])))


def test_executions_have_the_methods_of_flytekits() -> None:
    names = [name for name in CLASSES if module_of(name) == "execution"]
    methods = {"from_flyte_idl", "is_empty", "serialize_to_string", "short_string", "to_flyte_idl"}
    assert len(names) == 12
    assert [name for name in names if not methods <= set(dir(find(name)))] == []


@pytest.mark.parametrize("difference", FACTS["differences"], ids=itemgetter("parameter"))
def test_a_known_difference_of_type_is_still_there(difference: dict[str, str]) -> None:
    name, _, parameter = difference["parameter"].rpartition(".")
    model_class = model_for(CLASSES[name]["message"])
    assert parameter in parameters(model_class)
    assert (
        spelled(properties(model_class)[parameter]) == difference["here"] != difference["flytekit"]
    )


@pytest.mark.parametrize("name", FACTS["enums"])
def test_an_enum_has_the_constants_of_flytekits(name: str) -> None:
    numbers = FACTS["enums"][name]
    assert {constant: getattr(find(name), constant, None) for constant in numbers} == numbers
