"""What to install where an optional library is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Imports of a part of flytebind, whose failure for want of grpcio says what to install.

    Args:
        what: The part.

    Raises:
        ModuleNotFoundError: If grpcio is missing, with the command that brings it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != "grpc":
            raise
        raise grpcio_needed(what, "flytebind[remote]") from None


def grpcio_needed(what: str, brought_by: str = "flytebind-runtime[grpc]") -> ModuleNotFoundError:
    """The error where grpcio is missing, with the command that brings it.

    Args:
        what: What needs it.
        brought_by: The distribution to install.
    """
    message = f"{what} needs grpcio: pip install '{brought_by}'"
    return ModuleNotFoundError(message, name="grpc")
