"""What to install where an optional library is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

#: The libraries of the extra ``remote`` that its parts cannot do without, by their modules.
_LIBRARIES = {"grpc": "grpcio", "urllib3": "urllib3"}


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Imports of a part of flytebind, whose failure for want of a library says what to install.

    Args:
        what: The part.

    Raises:
        ModuleNotFoundError: If grpcio or urllib3 is missing, with the command that brings it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module not in _LIBRARIES:
            raise
        raise _needed(module, what, "flytebind[remote]") from None


def grpcio_needed(what: str) -> ModuleNotFoundError:
    """The error where grpcio is missing, with the command that brings it.

    Args:
        what: What needs it.
    """
    return _needed("grpc", what, "flytebind-runtime[grpc]")


def _needed(module: str, what: str, brought_by: str) -> ModuleNotFoundError:
    message = f"{what} needs {_LIBRARIES[module]}: pip install '{brought_by}'"
    return ModuleNotFoundError(message, name=module)
