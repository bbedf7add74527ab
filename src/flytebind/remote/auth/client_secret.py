"""Tokens for a client id and its secret (OAuth 2 client credentials)."""

from __future__ import annotations

from flytebind.remote.auth.discovery import Discovery
from flytebind.remote.auth.oauth import OAuth
from flytebind.remote.auth.tokens import Token
from flytebind.remote.config import Config


class ClientSecretSource:
    """Asks the token endpoint each time.

    Args:
        config: Has the scopes: those that the server names are for people who log in.
        discovery: Tells the audience, and which header takes the token.
        oauth: Asks in the client's name.
    """

    def __init__(self, config: Config, discovery: Discovery, oauth: OAuth) -> None:
        self._config = config
        self._discovery = discovery
        self._oauth = oauth

    def fetch(self) -> Token:
        """See ``TokenSource``."""
        self._discovery.learn()
        form = {"grant_type": "client_credentials"}
        if self._config.scopes:
            form["scope"] = " ".join(self._config.scopes)
        if self._discovery.audience:
            form["audience"] = self._discovery.audience
        return self._oauth.token(form).token
