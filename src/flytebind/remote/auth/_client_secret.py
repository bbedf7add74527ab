"""Tokens for a client id and its secret (OAuth 2 client credentials)."""

from __future__ import annotations

from flytebind.remote.auth._discovery import Discovery
from flytebind.remote.auth._oauth import OAuth
from flytebind.remote.auth._tokens import Renewal, Token


class ClientSecretSource:
    """Asks the token endpoint each time.

    Args:
        discovery: Tells the scopes, the audience, and which header takes the token.
        oauth: Asks in the client's name.
    """

    def __init__(self, discovery: Discovery, oauth: OAuth) -> None:
        self._discovery = discovery
        self._oauth = oauth

    def fetch(self) -> Token:
        """See ``TokenSource``."""
        return self.renew(Renewal())

    def renew(self, renewal: Renewal) -> Token:
        """See ``AttentiveSource``."""
        self._discovery.learn()
        form = {"grant_type": "client_credentials"}
        if self._discovery.robot_scopes:
            form["scope"] = " ".join(self._discovery.robot_scopes)
        if self._discovery.audience:
            form["audience"] = self._discovery.audience
        return self._oauth.token(form).token
