"""Values: literals as Python values, and back. Needs no grpc."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flytebind.runtime.lazy import lazy_module as _lazy_module

__all__ = [
    "FlyteDataError",
    "FlyteError",
    "FlyteValueError",
    "LiteralsResolver",
    "RemoteDirectory",
    "RemoteFile",
    "RemotePickle",
    "RemoteTable",
    "fetch_literal",
    "fetch_literal_map",
    "to_literal",
    "to_literal_map",
    "to_native",
    "to_type",
]

if TYPE_CHECKING:
    from flytebind.runtime.errors import FlyteDataError, FlyteError, FlyteValueError
    from flytebind.values._download import fetch_literal, fetch_literal_map
    from flytebind.values._handles import (
        RemoteDirectory,
        RemoteFile,
        RemotePickle,
        RemoteTable,
    )
    from flytebind.values._literal import to_literal, to_literal_map
    from flytebind.values._native import to_native
    from flytebind.values._resolver import LiteralsResolver
    from flytebind.values._typed import to_type
else:
    _HOMES = {
        "runtime.errors": ["FlyteDataError", "FlyteError", "FlyteValueError"],
        "values._download": ["fetch_literal", "fetch_literal_map"],
        "values._handles": ["RemoteDirectory", "RemoteFile", "RemotePickle", "RemoteTable"],
        "values._literal": ["to_literal", "to_literal_map"],
        "values._native": ["to_native"],
        "values._resolver": ["LiteralsResolver"],
        "values._typed": ["to_type"],
    }
    __getattr__, __dir__ = _lazy_module(
        __name__,
        names={
            name: f"flytebind.{module}:{name}" for module, names in _HOMES.items() for name in names
        },
    )
