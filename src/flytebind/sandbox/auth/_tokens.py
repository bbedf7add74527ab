"""Access tokens."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from datetime import timedelta
from typing import NamedTuple

from flytebind.runtime.homes import public_in
from flytebind.sandbox._clock import Clock
from flytebind.sandbox.auth._expiring import Expiring

SCOPE_ALL = "all"
"""What a token must be good for to make calls."""


class _Token(NamedTuple):
    subject: str
    scopes: frozenset[str]


@public_in("flytebind.sandbox.auth")
class Tokens:
    """Makes access tokens, and knows those that are valid. Safe to use from any thread.

    Args:
        clock: What tokens expire by.
        client_id: Who may ask for tokens over HTTP with a secret.
        client_secret: The proof of it.
        ttl: How long a token is valid, unless its maker says otherwise.
    """

    def __init__(
        self,
        clock: Clock,
        client_id: str = "flytebind",
        client_secret: str = "secret",
        ttl: timedelta = timedelta(minutes=30),
    ) -> None:
        self.clock = clock
        self.client_id = client_id
        self.ttl = ttl
        self.client_secret = client_secret
        self._valid = Expiring[_Token](clock)

    def is_client(self, client_id: str, client_secret: str) -> bool:
        """Whether these are the id and secret of the client."""
        right_id = hmac.compare_digest(client_id.encode(), self.client_id.encode())
        right_secret = hmac.compare_digest(client_secret.encode(), self.client_secret.encode())
        return right_id and right_secret

    def issue_token(
        self,
        subject: str,
        ttl: timedelta | None = None,
        scopes: Collection[str] = (SCOPE_ALL,),
    ) -> str:
        """A new token.

        Args:
            subject: The token's subject.
            ttl: How long it is valid.
            scopes: What it is good for: without ``all``, for no call.
        """
        lifetime = self.ttl if ttl is None else ttl
        return self._valid.add(_Token(subject, frozenset(scopes)), lifetime)

    def revoke(self, token: str) -> None:
        """End a token before its time."""
        self._valid.remove(token)

    def subject(self, token: str) -> str | None:
        """The subject of a token; None when it has expired or allows no call."""
        held = self._valid.get(token)
        return held.subject if held is not None and SCOPE_ALL in held.scopes else None
