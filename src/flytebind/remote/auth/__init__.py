"""Where tokens come from."""

from flytebind.remote.auth.choose import AnyToken, credentials_for, source_of
from flytebind.remote.auth.credentials import Credentials
from flytebind.remote.auth.sources import CallableSource, CommandSource, StaticSource
from flytebind.remote.auth.tokens import Token, TokenSource

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
