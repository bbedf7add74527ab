"""What goes wrong with a store."""

from __future__ import annotations

import grpc

from flytebind.runtime.homes import public_in
from flytebind.runtime.rpc import StatusError

_LONGEST = 500


@public_in("flytebind.sandbox")
class StoreError(Exception):
    """A database file cannot be used: not ours, of another version, or in use. Names the file."""


class DuplicateError(Exception):
    """A table's unique key is taken."""


def invalid(message: str) -> StatusError:
    """The answer to a caller whose filters, token, limit or sort key make no sense."""
    # The caller's own text is in it, of any length, and a status travels in the headers.
    return StatusError(grpc.StatusCode.INVALID_ARGUMENT, message[:_LONGEST])


def unknown(message: str) -> StatusError:
    """The answer where admin's database refuses what admin has not looked at."""
    return StatusError(grpc.StatusCode.UNKNOWN, message[:_LONGEST])
