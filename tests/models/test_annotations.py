"""Every annotation can be resolved at run time: tools that read them need not guess."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from tests.support.modules import MODULES

PUBLIC = [name for name in MODULES if not any(part.startswith("_") for part in name.split("."))]


def is_public(name: str) -> bool:
    return name == "__init__" or not name.startswith("_")


def functions_of(owner: ModuleType | type) -> Iterator[Callable[..., Any]]:
    """The public functions, methods and properties that a module or class defines, nested too."""
    module = owner.__name__ if isinstance(owner, ModuleType) else owner.__module__
    for name, member in vars(owner).items():
        if isinstance(member, property):
            member = member.fget
        elif isinstance(member, (classmethod, staticmethod)):
            member = member.__func__
        if is_public(name) and getattr(member, "__module__", "") == module:
            if inspect.isfunction(member):
                yield member
            elif inspect.isclass(member):
                yield from functions_of(member)


@pytest.mark.parametrize("name", PUBLIC)
def test_the_annotations_of_a_module_resolve(name: str) -> None:
    unresolved = {}
    module = import_module(name)
    for public in getattr(module, "__all__", ()):
        getattr(module, public)  # what is there only once it is touched
    for function in functions_of(module):
        try:
            typing.get_type_hints(function)
        except NameError as error:
            unresolved[function.__qualname__] = str(error)
    assert unresolved == {}


def test_nested_classes_and_properties_are_looked_at_too() -> None:
    modules = ("flytebind.runtime.model", "flytebind.models.core.types")
    found = {item.__qualname__ for name in modules for item in functions_of(import_module(name))}
    assert {"Model.from_pb", "Model.is_empty", "SchemaType.SchemaColumn.__init__"} <= found
