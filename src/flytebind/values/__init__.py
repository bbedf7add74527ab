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
    "type_matters",
    "type_name",
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
    from flytebind.values._names import type_name
    from flytebind.values._native import to_native, type_matters
    from flytebind.values._resolver import LiteralsResolver
    from flytebind.values._typed import to_type
else:
    __getattr__, __dir__ = _lazy_module(
        __name__,
        names={
            name: f"flytebind.runtime.errors:{name}"
            for name in ("FlyteDataError", "FlyteError", "FlyteValueError")
        },
        homes={
            "_download": ["fetch_literal", "fetch_literal_map"],
            "_handles": ["RemoteDirectory", "RemoteFile", "RemotePickle", "RemoteTable"],
            "_literal": ["to_literal", "to_literal_map"],
            "_native": ["to_native", "type_matters"],
            "_names": ["type_name"],
            "_resolver": ["LiteralsResolver"],
            "_typed": ["to_type"],
        },
    )
