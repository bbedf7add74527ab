"""What gRPC takes as metadata. It quotes the rest in its errors, tokens included."""

from __future__ import annotations

import re

from flytebind.remote.errors import FlyteValueError
from flytebind.runtime.rpc import Metadata

_KEY = re.compile(r"(?!grpc-)[0-9a-z_.-]+")


def is_key(key: str) -> bool:
    """Whether a name can be that of metadata."""
    return _KEY.fullmatch(key) is not None


def is_sendable(value: str) -> bool:
    """Whether a text can be sent as metadata."""
    return value.isascii() and value.isprintable()


def check(metadata: Metadata) -> None:
    """Look at what a caller wants to send, before gRPC does.

    Raises:
        FlyteValueError: If gRPC does not take it; the values stay out of the message.
    """
    for key, value in metadata:
        if not is_key(key):
            raise FlyteValueError(f"{key!r} is no metadata key")
        if isinstance(value, str) and not is_sendable(value):
            raise FlyteValueError(
                f"the value of metadata {key!r} has characters other than ASCII's"
            )
