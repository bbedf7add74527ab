"""Where tokens come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flytebind.runtime.lazy import lazy_module as _lazy_module

__all__ = [
    "AnyToken",
    "CallableSource",
    "CommandSource",
    "Credentials",
    "StaticSource",
    "Token",
    "TokenSource",
    "credentials_for",
    "source_of",
]

if TYPE_CHECKING:
    from flytebind.remote.auth.choose import credentials_for, source_of
    from flytebind.remote.auth.credentials import Credentials
    from flytebind.remote.auth.sources import CallableSource, CommandSource, StaticSource
    from flytebind.remote.auth.tokens import AnyToken, Token, TokenSource
else:
    __getattr__, __dir__ = _lazy_module(
        __name__,
        names={
            name: f"{__name__}.{module}:{name}"
            for module, names in {
                "choose": ["credentials_for", "source_of"],
                "credentials": ["Credentials"],
                "sources": ["CallableSource", "CommandSource", "StaticSource"],
                "tokens": ["AnyToken", "Token", "TokenSource"],
            }.items()
            for name in names
        },
    )
