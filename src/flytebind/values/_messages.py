"""Protobuf messages as plain values and back, where a STRUCT says that it is one."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, cast

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
    from google.protobuf import json_format

    if isinstance(plain, Mapping):
        plain = dict(plain)
    elif not isinstance(plain, list):
        raise expected(cls.DESCRIPTOR.full_name, plain)
    try:
        return json_format.ParseDict(cast("dict[str, Any]", plain), cls())  # or a ListValue's list
    except (AttributeError, LookupError, TypeError, ValueError, json_format.ParseError) as error:
        raise Mismatch(f"no {cls.DESCRIPTOR.full_name}: {error}") from None


def model(plain: object, cls: type[Model[Any]]) -> Model[Any]:
    """A model of the JSON form of its message.

    Raises:
        Mismatch: If it is none.
    """
    return cls.from_pb(message(plain, type(cls._pb_type())))


def _plain(given: Message) -> object:
    from google.protobuf import json_format

    try:
        return json_format.MessageToDict(given)
    except (TypeError, ValueError, json_format.Error) as error:
        name = given.DESCRIPTOR.full_name
        raise Mismatch(f"this {name} has no JSON form: {error}") from None


def _known_class(name: str) -> type[Message] | None:
    """A class by flytekit's name, if its module is imported: what a server says imports none."""
    module, _, attribute = name.rpartition(".")
    found = getattr(sys.modules.get(module), attribute, None)
    return found if isinstance(found, type) and issubclass(found, Message) else None
