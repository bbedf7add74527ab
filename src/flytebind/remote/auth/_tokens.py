"""Tokens, and what has them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable

from flytebind.remote._metadata import is_sendable
from flytebind.remote.config._secret import Secret
from flytebind.remote.errors import FlyteAuthenticationError, FlyteUnavailableError
from flytebind.runtime.grpcio import grpc
from flytebind.runtime.homes import public_in


@public_in("flytebind.remote.auth")
class Token(Secret):
    """An access token. Its value stays out of representations, logs and pickles.

    Args:
        value: What goes over the wire.
        expires_at: When it ends, in seconds since 1970; None if nobody knows.
    """

    __slots__ = ("expires_at",)

    def __init__(self, value: str, expires_at: float | None = None) -> None:
        super().__init__(value)
        self.expires_at: float | None = expires_at


@public_in("flytebind.remote.auth")
class TokenSource(Protocol):
    """Has tokens."""

    def fetch(self) -> Token:
        """A new token. It may take its time: it is never called in a thread that must go on.

        Raises:
            FlyteAuthenticationError: If there is none to be had.
            FlyteUnavailableError: If there may be one later: what has tokens is away.
        """
        ...


@dataclass(frozen=True)
class Renewal:
    """Why a token is asked for."""

    held: Token | None = None
    """The token that there is."""
    rejected: bool = False
    """Whether the server has refused it."""
    ahead: bool = False
    """Whether it lives still: then nobody is to be bothered for another."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set when nobody waits for the new one any more."""
    open_ended: Future[None] = field(default_factory=Future)
    """Done once deadlines of calls do not count: somebody has to log in."""

    def take_long(self) -> None:
        """Let it take as long as people take."""
        with suppress(InvalidStateError):
            self.open_ended.set_result(None)


@runtime_checkable
class AttentiveSource(TokenSource, Protocol):
    """Has tokens, and wants to know why it is asked."""

    def renew(self, renewal: Renewal) -> Token:
        """As ``fetch``."""
        ...


def ask(source: TokenSource, renewal: Renewal) -> Token:
    """Ask a source, and tell it why if it wants to know.

    One that does not is the caller's own, and may take as long as it likes.
    """
    if isinstance(source, AttentiveSource):
        return source.renew(renewal)
    renewal.take_long()
    return source.fetch()


def refused(problem: str) -> FlyteAuthenticationError:
    """The error for a token that cannot be had."""
    return FlyteAuthenticationError(grpc.StatusCode.UNAUTHENTICATED, problem)


def away(problem: str) -> FlyteUnavailableError:
    """The error for a token that cannot be had now, but may be later."""
    return FlyteUnavailableError(grpc.StatusCode.UNAVAILABLE, problem)


def token_of(value: str) -> Token:
    """A token that came without its end; if it is a JWT, it tells by itself.

    Nothing is verified: the server does that, and for us it is only about when to ask again.

    Raises:
        FlyteAuthenticationError: If it is none that could be sent.
    """
    return sendable(Token(value, _jwt_end(value)))


def sendable(token: Token) -> Token:
    """A token that gRPC takes: it would quote another one in its own error.

    Raises:
        FlyteAuthenticationError: If it is none that could be sent.
    """
    if not token.reveal():
        raise refused("the token is empty")
    if not is_sendable(token.reveal()) or " " in token.reveal():
        raise refused("the token has characters that no token can have, such as spaces")
    return token


def _jwt_end(value: str) -> float | None:
    parts = value.split(".")
    if len(parts) != 3:
        return None
    import base64
    import json

    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        end = claims.get("exp")
    except (ValueError, AttributeError, RecursionError):
        return None
    return float(end) if isinstance(end, (int, float)) and not isinstance(end, bool) else None


AnyToken: TypeAlias = str | Token | Callable[[], str | Token] | TokenSource
"""A token, or what has one."""
