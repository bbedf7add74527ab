"""Public classes are known by the packages that they are public in."""

from __future__ import annotations

import dataclasses
import pickle
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import get_type_hints

import pytest

import flytebind
from flytebind.remote import CallPolicy
from flytebind.values import RemoteFile


def public_classes() -> Iterator[tuple[str, type]]:
    for package in pkgutil.walk_packages(flytebind.__path__, "flytebind."):
        is_private = any(part.startswith("_") for part in package.name.split("."))
        if is_private or package.name.startswith(("flytebind.models", "flytebind.services")):
            continue
        module = import_module(package.name)
        for name in getattr(module, "__all__", ()):
            found = getattr(module, name)
            if isinstance(found, type) and found.__module__.startswith("flytebind."):
                yield f"{package.name}.{name}", found


CLASSES = dict(public_classes())


@pytest.mark.parametrize("name", CLASSES)
def test_a_public_class_names_no_private_module(name: str) -> None:
    found = CLASSES[name]
    assert not any(part.startswith("_") for part in found.__module__.split("."))
    assert pickle.loads(pickle.dumps(found)) is found


@pytest.mark.parametrize(
    "name", [name for name, found in CLASSES.items() if dataclasses.is_dataclass(found)]
)
def test_the_fields_of_a_public_class_have_types(name: str) -> None:
    """Though they are written with names of the private module that the class stands in."""
    fields = {field.name for field in dataclasses.fields(CLASSES[name])}
    assert fields <= set(get_type_hints(CLASSES[name]))


def test_what_is_pickled_names_no_private_module() -> None:
    for value in (CallPolicy(timeout=3), RemoteFile("s3://bucket/key")):
        data = pickle.dumps(value)
        assert b"._" not in data
        assert pickle.loads(data) == value
