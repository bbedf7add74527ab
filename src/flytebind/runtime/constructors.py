"""What a generated constructor calls when its statements do not do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from google.protobuf.message import DecodeError, Message

from flytebind.runtime.assign import assign, explain
from flytebind.runtime.fields import fields_by_name
from flytebind.runtime.model import Model

#: What goes wrong when a constructor is given something else than it asks for.
MISTAKES = (
    AttributeError,
    DecodeError,  # of what nests too deeply: protobuf copies messages in lists by their bytes
    OverflowError,
    TypeError,
    ValueError,
)


def fail(model: Model[Any], arguments: Mapping[str, object], error: Exception) -> NoReturn:
    """Explain a constructor's failure: protobuf raised first, and knows neither class nor field.

    Raises:
        TypeError: If an argument has the wrong type.
        ValueError: If one is out of range, or two members of one oneof are given.
    """
    raise explain(type(model), arguments, error) from None


def fill(model: Model[Any], message: Message, arguments: Mapping[str, object]) -> None:
    """Store the arguments of a constructor that has too many of them for a line each.

    Raises:
        TypeError: If an argument has the wrong type.
        ValueError: If one is out of range, or two members of one oneof are given.
    """
    fields = fields_by_name(type(model))
    given = {name: arguments[name] for name in fields if arguments[name] is not None}
    assign(type(model), message, given)
