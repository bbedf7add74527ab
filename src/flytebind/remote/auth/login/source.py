"""Has tokens with as few logins as possible."""

from __future__ import annotations

import logging
from collections.abc import Callable

from flytebind.remote.auth.login.patience import Patience
from flytebind.remote.auth.login.provider import Login, Provider, Refusal
from flytebind.remote.auth.login.store import TokenStore
from flytebind.remote.auth.tokens import Renewal, Token, token_of
from flytebind.remote.config.secret import Secret
from flytebind.remote.errors import FlyteAuthenticationError

_log = logging.getLogger(__name__)


class LoginSource:
    """Takes a token that is remembered, then a refreshed one, and only then a new login.

    Args:
        provider: The identity provider.
        log_in: Has a person log in.
        store: Remembers tokens.
    """

    def __init__(
        self, provider: Provider, log_in: Callable[[Patience], Login], store: TokenStore
    ) -> None:
        self._provider = provider
        self._log_in = log_in
        self._store = store
        self._refresh_token: Secret | None = None
        self._last: Token | None = None

    def fetch(self) -> Token:
        """See ``TokenSource``."""
        return self.renew(Renewal())

    def renew(self, renewal: Renewal) -> Token:
        """See ``AttentiveSource``."""
        _ = self._provider.discovery.client  # tells where the token goes, even a remembered one
        access, refresh = self._store.load()
        self._refresh_token = refresh or self._refresh_token
        # Another process may have logged in meanwhile.
        if access is not None and access != self._last and (token := self._alive(access)):
            self._last = token
            return token
        login = self._refresh() or self._log_in(Patience(renewal.stop))
        self._refresh_token = login.refresh_token
        self._last = login.token
        self._store.save(login.token, login.refresh_token)
        return login.token

    def _alive(self, remembered: Secret) -> Token | None:
        try:
            token = token_of(remembered.reveal())
        except FlyteAuthenticationError:  # somebody else's, by its looks
            return None
        end = token.expires_at
        return token if end is None or end > self._provider.now() else None

    def _refresh(self) -> Login | None:
        if self._refresh_token is None:
            return None
        try:
            return self._provider.refresh(self._refresh_token)
        except Refusal as refusal:
            _log.info("somebody has to log in again: %s", refusal.error)
            return None
