"""The former name of ``flytebind.values``."""

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
    from flytebind.values import (
        LiteralsResolver,
        RemoteDirectory,
        RemoteFile,
        RemotePickle,
        RemoteTable,
        fetch_literal,
        fetch_literal_map,
        to_literal,
        to_literal_map,
        to_native,
        to_type,
    )
else:
    __getattr__, __dir__ = _lazy_module(
        __name__, names={name: f"flytebind.values:{name}" for name in __all__}
    )
