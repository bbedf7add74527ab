"""Remembers logins in the system's keyring."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from flytebind.remote.config.secret import Secret

_log = logging.getLogger(__name__)

T = TypeVar("T")

# flytekit's names: a login with either is one with both.
_ACCESS = "access_token"
_REFRESH = "refresh_token"


class TokenStore:
    """Keeps the tokens for one endpoint. Where there is no keyring, it keeps nothing.

    Args:
        endpoint: The server.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._works = True

    def load(self) -> tuple[Secret | None, Secret | None]:
        """The access token and the refresh token, as far as there are any."""
        nothing: tuple[Secret | None, Secret | None] = (None, None)
        return self._try(self._load, nothing)

    def save(self, access: Secret, refresh: Secret | None) -> None:
        """Remember both tokens."""
        self._try(lambda: self._save(access, refresh), None)

    def _load(self) -> tuple[Secret | None, Secret | None]:
        import keyring

        values = [keyring.get_password(self._endpoint, name) for name in (_ACCESS, _REFRESH)]
        access, refresh = (Secret(value) if value else None for value in values)
        return access, refresh

    def _save(self, access: Secret, refresh: Secret | None) -> None:
        import keyring

        keyring.set_password(self._endpoint, _ACCESS, access.reveal())
        if refresh is not None:
            keyring.set_password(self._endpoint, _REFRESH, refresh.reveal())
        elif keyring.get_password(self._endpoint, _REFRESH):
            keyring.delete_password(self._endpoint, _REFRESH)

    def _try(self, action: Callable[[], T], otherwise: T) -> T:
        if not self._works:
            return otherwise
        try:
            return action()
        # Not only KeyringError: backends let through whatever their system throws at them.
        except Exception as error:
            self._works = False
            _log.warning(
                "the login is remembered in this process only: the keyring fails with %s",
                type(error).__name__,
            )
            return otherwise
