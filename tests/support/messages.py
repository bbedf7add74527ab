"""The messages that models are made for, and what descriptors say about them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from itertools import groupby
from typing import Any, TypeAlias, cast

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor, OneofDescriptor
from google.protobuf.message import Message

from flytebind import models
from flytebind.models import _index
from flytebind.runtime import FlyteIdlEntity
from flytebind.runtime.fields import is_map, is_repeated, map_entry

ModelClass: TypeAlias = type[FlyteIdlEntity[Any]]


def _of_flyteidl2() -> dict[str, ModelClass]:
    if find_spec("flyteidl2") is None:  # as in environments for packages that others publish
        return {}
    from flytebind.v2 import models as models2
    from flytebind.v2.models import _index as index2

    return {full_name: models2.model_for(full_name) for full_name in index2.MODELS}


MODEL_CLASSES: dict[str, ModelClass] = {
    full_name: models.model_for(full_name) for full_name in _index.MODELS
}
"""The models of flyteidl."""

ALL_MODEL_CLASSES: dict[str, ModelClass] = MODEL_CLASSES | _of_flyteidl2()
"""Those of flyteidl2, too."""


def every_model(claim: Callable[[ModelClass], None]) -> Callable[[str], None]:
    """Test a claim about one model on all of them: those of a package in one test.

    A test for each model would take pytest longer than the claim takes.
    """

    @pytest.mark.parametrize("package", _PACKAGES)
    def test(package: str) -> None:
        failures: dict[str, BaseException] = {}
        for model_class in _PACKAGES[package]:
            try:
                claim(model_class)
            except (Exception, pytest.fail.Exception) as failure:
                failures[descriptor_of(model_class).full_name] = failure
        if failures:
            first = next(iter(failures.values()))
            raise AssertionError(f"not so for {', '.join(failures)}") from first

    test.__doc__ = claim.__doc__
    return test


def new_message(model_class: ModelClass) -> Message:
    """An empty message of the kind that a model class is made for."""
    return model_class._pb_type()


def descriptor_of(model_class: ModelClass) -> Descriptor:
    """The descriptor of the message that a model class is made for."""
    return cast("Descriptor", model_class._pb_type.DESCRIPTOR)


def _package_of(model_class: ModelClass) -> str:
    return descriptor_of(model_class).file.package


_PACKAGES = {
    package: list(classes)
    for package, classes in groupby(
        sorted(ALL_MODEL_CLASSES.values(), key=_package_of), _package_of
    )
}


def python_name(model_class: ModelClass, field: FieldDescriptor) -> str:
    """What a field is called as a property and as a parameter."""
    return model_class._renamed.get(field.name, field.name)


@cache
def real_oneofs(descriptor: Descriptor) -> tuple[OneofDescriptor, ...]:
    """The oneofs that the .proto declares; an ``optional`` scalar hides in a oneof of its own."""
    return tuple(oneof for oneof in descriptor.oneofs if oneof.name != f"_{oneof.fields[0].name}")


@cache
def plain_fields(descriptor: Descriptor) -> tuple[FieldDescriptor, ...]:
    """The fields that belong to no oneof, and so can all be set at once."""
    members = {field.name for oneof in real_oneofs(descriptor) for field in oneof.fields}
    return tuple(field for field in descriptor.fields if field.name not in members)


def element(field: FieldDescriptor) -> FieldDescriptor:
    """What says the type of one value of a field: for a map, its ``value``."""
    return map_entry(field)[1] if is_map(field) else field


def pairs(field: FieldDescriptor, messages: Iterable[Message]) -> dict[Any, Any]:
    """What a list that is shown as a mapping shows."""
    key, value = (item.name for item in map_entry(field))
    return {getattr(message, key): getattr(message, value) for message in messages}


def nested(message: Message) -> Iterator[Message]:
    """The messages directly inside of a message."""
    for field, value in message.ListFields():
        if element(field).message_type is None:
            continue
        if is_map(field):
            yield from (value[key] for key in sorted(value))
        elif is_repeated(field):
            yield from value
        else:
            yield value


def walk(message: Message) -> Iterator[Message]:
    """A message and all the messages inside of it, outermost first."""
    yield message
    for part in nested(message):
        yield from walk(part)


def spoil(message: Message) -> None:
    """Change a message wherever it can be changed, the innermost parts first."""
    for part in reversed(list(walk(message))):
        part.Clear()


def deterministic(message: Message) -> bytes:
    """Bytes in which map entries have the order of their keys."""
    return message.SerializeToString(deterministic=True)
