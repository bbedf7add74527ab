"""How deep messages nest that protobuf refuses to read for it."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

from flytebind.runtime.fields import LIMIT as LIMIT, too_deep
from flytebind.runtime.model import Model
from flytebind.runtime.nesting import depth_of


def unreadable(data: bytes, kind: type[Model[Any]]) -> str:
    """Why bytes cannot be read, in words: ``is no LiteralMap``.

    Args:
        data: What was to be read.
        kind: The model of the message.
    """
    name = kind.__qualname__
    try:
        found = depth_of(data, kind._pb_type().DESCRIPTOR)
    except (IndexError, ValueError):
        return f"is no {name}"
    if found <= LIMIT:
        return f"is no {name}"
    return too_deep(found)


def depth(message: Message) -> int:
    """How many messages a message has inside each other."""
    return depth_of(message.SerializeToString(), message.DESCRIPTOR)
