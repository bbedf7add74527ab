"""Values: literals as Python values, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flytebind.runtime.lazy import lazy_module as _lazy_module

__all__ = [
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
    from flytebind.remote.values.download import fetch_literal, fetch_literal_map
    from flytebind.remote.values.handles import (
        RemoteDirectory,
        RemoteFile,
        RemotePickle,
        RemoteTable,
    )
    from flytebind.remote.values.literal import to_literal, to_literal_map
    from flytebind.remote.values.native import to_native
    from flytebind.remote.values.resolver import LiteralsResolver
    from flytebind.remote.values.typed import to_type
else:
    __getattr__, __dir__ = _lazy_module(
        __name__,
        names={
            name: f"{__name__}.{module}:{name}"
            for module, names in {
                "download": ["fetch_literal", "fetch_literal_map"],
                "handles": ["RemoteDirectory", "RemoteFile", "RemotePickle", "RemoteTable"],
                "literal": ["to_literal", "to_literal_map"],
                "native": ["to_native"],
                "resolver": ["LiteralsResolver"],
                "typed": ["to_type"],
            }.items()
            for name in names
        },
    )
