"""What to install where an optional library is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

#: By module: the package that it belongs to, and the extra of flytebind that brings it.
_BROUGHT_BY = {"grpc": ("grpcio", "remote")}


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Imports whose failure says what to install.

    Args:
        what: What needs them.

    Raises:
        ModuleNotFoundError: If a library is missing, with the command that brings it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in _BROUGHT_BY:
            raise
        raise needed(error.name, what) from None


def needed(module: str, what: str) -> ModuleNotFoundError:
    """The error for a library that is missing, with the command that brings it.

    Args:
        module: Its name.
        what: What needs it.
    """
    package, extra = _BROUGHT_BY[module]
    message = f"{what} needs {package}: pip install 'flytebind[{extra}]'"
    return ModuleNotFoundError(message, name=module)
