"""Remembers logins, in the system's keyring and in this process."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from flytebind.remote.auth._oauth import Login
from flytebind.remote.auth._tokens import Token, token_of
from flytebind.remote.config._secret import Secret
from flytebind.remote.errors import FlyteAuthenticationError

_log = logging.getLogger("flytebind.remote")

T = TypeVar("T")

_SERVICE = "flytebind"


class Account(NamedTuple):
    """What a login is for. Tokens of one are not used for another."""

    endpoint: str
    client_id: str
    scopes: tuple[str, ...]
    audience: str

    @property
    def name(self) -> str:
        """One text for all of it, which people can read in their keyring."""
        return json.dumps([self.endpoint, self.client_id, sorted(self.scopes), self.audience])


class TokenStore:
    """Keeps the login of one account. Where there is no keyring, it lasts as long as the process.

    Args:
        account: Whose it is.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._works = True
        self._known: Login | None = None

    @property
    def is_shared(self) -> bool:
        """Whether other processes see what is kept here."""
        self._try(self._load, None)
        return self._works

    def load(self) -> Login | None:
        """The newest login that is known; other processes may have renewed it."""
        return self._try(self._load, None) or self._known

    def save(self, login: Login) -> None:
        """Remember a login."""
        self._known = login
        self._try(lambda: self._save(login), None)

    def _load(self) -> Login | None:
        import keyring

        text = keyring.get_password(_SERVICE, self._account.name)
        return None if text is None else _read(text)

    def _save(self, login: Login) -> None:
        import keyring

        refresh_token = login.refresh_token
        entry = {
            "access_token": login.token.reveal(),
            "expires_at": login.token.expires_at,
            "refresh_token": None if refresh_token is None else refresh_token.reveal(),
        }
        # One entry, not one for each: another process must never see half of it.
        keyring.set_password(_SERVICE, self._account.name, json.dumps(entry))

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


def _read(text: str) -> Login | None:
    """An entry; None if it is damaged."""
    try:
        entry = json.loads(text)
        token = token_of(entry["access_token"])
        end, refresh_token = entry["expires_at"], entry["refresh_token"]
    except (ValueError, TypeError, KeyError, AttributeError, FlyteAuthenticationError):
        return None
    if isinstance(end, (int, float)):
        token = Token(token.reveal(), float(end))
    return Login(token, Secret(refresh_token) if isinstance(refresh_token, str) else None)
