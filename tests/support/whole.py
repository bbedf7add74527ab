"""Messages with every field set at every depth, where ``fill`` stops at one and leaves it empty.

A message ends where it would meet itself again. What lies in there takes the shortest way to an
end, and leaves out the repeated fields that would go round once more; no singular message is
absent anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import chain
from math import inf
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor, OneofDescriptor
from google.protobuf.message import Message

from flytebind.runtime.fields import is_repeated
from tests.support.fill import Filler
from tests.support.messages import (
    ModelClass,
    descriptor_of,
    element,
    new_message,
    plain_fields,
    real_oneofs,
)

# The one text that has a form of its own: flytekit takes no name here that a shell would not.
_SHELL_NAME = "flyteidl.core.Secret.env_var"


def whole_fillings(model_class: ModelClass) -> Iterator[Message]:
    """A message for each member of its oneofs, with every field set that can be set beside it."""
    members = [len(oneof.fields) for oneof in real_oneofs(descriptor_of(model_class))]
    for turn in range(max(members, default=1)):
        message = new_message(model_class)
        _WholeFiller(turn).fill(message, depth=1)
        yield message


class _WholeFiller(Filler):
    """Goes as deep as it takes."""

    def __init__(self, turn: int) -> None:
        super().__init__(turn)
        self._path: list[str] = []
        self._ends = False  # True inside of a message that is inside of one of its own kind.

    def fill(self, message: Message, depth: int) -> None:
        name, ends = message.DESCRIPTOR.full_name, self._ends
        self._ends = ends or name in self._path
        self._path.append(name)
        super().fill(message, depth + 1)  # As much as it will take away: depth ends nothing here.
        self._path.pop()
        self._ends = ends

    def _member(self, oneof: OneofDescriptor) -> FieldDescriptor:
        member = super()._member(oneof)
        return min(oneof.fields, key=_height) if self._ends else member

    def _is_wanted(self, field: FieldDescriptor) -> bool:
        return not (self._ends and _goes_round(field))

    def _scalar(self, field: FieldDescriptor) -> Any:
        value = super()._scalar(field)
        return value.upper().replace("-", "_") if field.full_name == _SHELL_NAME else value


@cache
def _goes_round(field: FieldDescriptor) -> bool:
    """True for a repeated field whose messages may lead to others of their own kind."""
    return is_repeated(field) and any(
        name in _inside(descriptor)
        for message in _message_of(field)
        for name, descriptor in _inside(message).items()
    )


@cache
def _inside(descriptor: Descriptor) -> dict[str, Descriptor]:
    """The messages that can be met inside of one, at any depth."""
    found: dict[str, Descriptor] = {}
    waiting = [descriptor]
    while waiting:
        for message in chain.from_iterable(map(_message_of, waiting.pop().fields)):
            if message.full_name not in found:
                found[message.full_name] = message
                waiting.append(message)
    return found


@cache
def _height(field: FieldDescriptor, path: frozenset[str] = frozenset()) -> float:
    """How many messages lie below a field at least; infinite where there is no end."""
    return max((_message_height(message, path) for message in _message_of(field)), default=0)


def _message_height(descriptor: Descriptor, path: frozenset[str]) -> float:
    if descriptor.full_name in path:
        return inf
    path |= {descriptor.full_name}
    choices = [[field] for field in plain_fields(descriptor) if not is_repeated(field)]
    choices += [list(oneof.fields) for oneof in real_oneofs(descriptor)]
    heights = (min(_height(field, path) for field in choice) for choice in choices)
    return 1 + max(heights, default=0)


def _message_of(field: FieldDescriptor) -> tuple[Descriptor, ...]:
    # protobuf's own messages are filled in one go, whatever is inside of them.
    message = element(field).message_type
    if message is None or message.full_name.startswith("google.protobuf."):
        return ()
    return (message,)
