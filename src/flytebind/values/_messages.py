"""Protobuf messages as plain values and back, where a STRUCT says that it is one."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from google.protobuf.message import Message

from flytebind.runtime.model import Model
from flytebind.values._mismatch import Mismatch, expected

#: Where flytekit writes the class of a message: ``flyteidl.core.errors_pb2.ContainerError``.
_KEY = "pb_type"


def message_type(metadata: Mapping[str, object] | None) -> str:
    """The class of the messages that a STRUCT holds, as flytekit names it; empty for none."""
    name = metadata.get(_KEY) if metadata else None
    return name if isinstance(name, str) else ""


def message_values(value: object, name: str) -> object:
    """The JSON form of a message, given as such, as its model, or as its JSON form already.

    Args:
        value: What was given.
        name: The class that is declared.

    Raises:
        Mismatch: If it is another message, or none.
    """
    short = name.rpartition(".")[2]
    given = value.to_pb() if isinstance(value, Model) else value
    if not isinstance(given, Message):
        cls = _known_class(name)
        if not isinstance(given, list if short == "ListValue" else Mapping):
            raise expected(f"a {name} message, or its JSON form as a dict", value)
        if cls is None:
            return given
        given = message(given, cls)
    # Its module may be another one here than where the task was registered.
    if given.DESCRIPTOR.name != short:
        raise expected(f"a {name} message", value)
    return _plain(given)


def message(plain: object, cls: type[Message]) -> Message:
    """A message of its JSON form.

    Raises:
        Mismatch: If it is none.
    """
    from flytebind.runtime import json_form

    if not isinstance(plain, (Mapping, list)):
        raise expected(cls.DESCRIPTOR.full_name, plain)
    made = cls()
    try:
        json_form.read(plain, made, cls.DESCRIPTOR.full_name)
    except ValueError as error:
        raise Mismatch(f"no {error}") from None
    return made


def model(plain: object, cls: type[Model[Any]]) -> Model[Any]:
    """A model of the JSON form of its message.

    Raises:
        Mismatch: If it is none.
    """
    return cls.from_pb(message(plain, type(cls._pb_type())))


def _plain(given: Message) -> object:
    from flytebind.runtime import json_form

    try:
        return json_form.written(given, f"this {given.DESCRIPTOR.full_name} has no JSON form")
    except ValueError as error:
        raise Mismatch(str(error)) from None


def _known_class(name: str) -> type[Message] | None:
    """A class by flytekit's name, if its module is imported: what a server says imports none."""
    module, _, attribute = name.rpartition(".")
    found = getattr(sys.modules.get(module), attribute, None)
    return found if isinstance(found, type) and issubclass(found, Message) else None
