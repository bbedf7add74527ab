"""Libraries that only some users need."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from flytebind.runtime.errors import FlyteDataError


def optional_module(name: str, extra: str, purpose: str) -> ModuleType:
    """Import a library when it is first needed.

    Args:
        name: The module.
        extra: The extra of flytebind that brings it.
        purpose: What it is needed for: ``to read ...``.

    Raises:
        FlyteDataError: If it is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError:
        raise FlyteDataError(
            f"{name} is needed {purpose}: pip install 'flytebind[{extra}]'"
        ) from None
