"""What the installed flytekit does, flytebind does: but for the differences in the table."""

from __future__ import annotations

import inspect

import pytest

from tests.parity.comparison import Difference
from tests.parity.discovery import borrowed, enums, here, methods, models, names, there
from tests.parity.measure import differences, subjects
from tests.parity.probes import PROBES
from tests.parity.table import PATH, stale, unexpected

ENTITY = ("from_flyte_idl", "is_empty", "serialize_to_string", "short_string", "to_flyte_idl")


def described(found: Difference) -> str:
    """A difference, and where to look at both sides."""
    name = found.where.split(" ")[0]
    while name not in names():
        name = name.rpartition(".")[0]
    return (
        f"\n{found.where}: {found.kind}, {found.case}"
        f"\n  flytekit:  {found.kit}\n  flytebind: {found.bind}"
        f"\n  look at {place(there(name))}\n      and {place(here(name))}"
    )


def place(value: object) -> str:
    """File and line of a class, as an editor takes them."""
    if not inspect.isclass(value):
        return "nothing"
    return f"{inspect.getsourcefile(value)}:{inspect.getsourcelines(value)[1]}"


def test_all_that_flytekit_has_is_found() -> None:
    assert (len(models()), len(enums())) >= (158, 27)
    assert names().keys() >= {"filters.FilterList", "common.FlyteIdlEntity"}


@pytest.mark.parametrize("subject", subjects())
def test_flytebind_does_what_flytekit_does(subject: str) -> None:
    found = unexpected(differences(subject))
    hint = f"\nMend it, or say in {PATH.name} why it must differ." if found else ""
    assert not found, "".join(map(described, found)) + hint


def test_the_table_says_nothing_that_is_no_longer_true() -> None:
    assert stale(item for subject in subjects() for item in differences(subject)) == []


@pytest.mark.parametrize("name", borrowed())
def test_a_class_is_wherever_flytekit_has_it_too(name: str) -> None:
    assert inspect.isclass(here(name))


@pytest.mark.parametrize("name", models())
def test_a_model_has_the_methods_of_every_entity(name: str) -> None:
    assert [method for method in ENTITY if not hasattr(here(name), method)] == []


def test_every_method_of_flytekits_is_probed() -> None:
    holders = {**models(), **enums()}
    every = {f"{name}.{method}" for name in holders for method in methods(holders[name])}
    assert every - {name.split(" ")[0] for name in PROBES} == set()
