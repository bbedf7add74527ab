"""The order in which a server takes things: each after what it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from flyteidl.core import identifier_pb2
from google.protobuf.message import Message

from flytebind.remote._registration.walk import walk
from flytebind.remote.errors import FlyteValueError


def in_waves(items: Mapping[bytes, Message]) -> Iterator[Sequence[bytes]]:
    """The items by their identifiers, in waves: what is in one needs those before it alone.

    Args:
        items: By serialized identifier, what has it. What is not among them is on the server.

    Raises:
        FlyteValueError: If some are made of each other.
    """
    left = {key: _needs(key, message, items) for key, message in items.items()}
    while left:
        wave = [key for key, needs in left.items() if not needs]
        if not wave:
            names = sorted(identifier_pb2.Identifier.FromString(key).name for key in left)
            raise FlyteValueError(f"each of these needs another one first: {', '.join(names)}")
        yield wave
        done = set(wave)
        left = {key: needs - done for key, needs in left.items() if key not in done}


def _needs(key: bytes, message: Message, items: Mapping[bytes, Message]) -> set[bytes]:
    found = {
        each.SerializeToString(deterministic=True)
        for each in walk(message)
        if isinstance(each, identifier_pb2.Identifier)
    }
    return (found & items.keys()) - {key}
