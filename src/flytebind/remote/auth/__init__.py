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
    "passing_on",
    "source_of",
]

if TYPE_CHECKING:
    from flytebind.remote.auth._choose import credentials_for, source_of
    from flytebind.remote.auth._credentials import Credentials
    from flytebind.remote.auth._passing_on import passing_on
    from flytebind.remote.auth._sources import CallableSource, CommandSource, StaticSource
    from flytebind.remote.auth._tokens import AnyToken, Token, TokenSource
else:
    __getattr__, __dir__ = _lazy_module(
        __name__,
        homes={
            "_choose": ["credentials_for", "source_of"],
            "_credentials": ["Credentials"],
            "_passing_on": ["passing_on"],
            "_sources": ["CallableSource", "CommandSource", "StaticSource"],
            "_tokens": ["AnyToken", "Token", "TokenSource"],
        },
    )
