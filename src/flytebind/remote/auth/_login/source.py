"""Has tokens with as few logins as possible."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flytebind._transfer.threads import never_given_up
from flytebind.remote.auth._login.clock import CancellableClock, notify
from flytebind.remote.auth._login.provider import Provider
from flytebind.remote.auth._login.store import Account, TokenStore
from flytebind.remote.auth._login.turns import Turns
from flytebind.remote.auth._oauth import Login, Refusal, Trouble
from flytebind.remote.auth._tokens import Renewal, Token, refused
from flytebind.remote.config._secret import Secret

_log = logging.getLogger("flytebind.remote")

# What a provider says of a refresh token that is good for nothing any more, and of a person whom it
# wants to see again. Whatever else it says is about the client, or about the moment.
_LOG_IN_AGAIN = (
    "consent_required",
    "interaction_required",
    "invalid_grant",
    "invalid_scope",
    "login_required",
    "unsupported_grant_type",
)
_PAUSE = 1.0
_LAST_WAIT = 3.0


class LoginSource:
    """Takes a token that is remembered, then a refreshed one, and only then a new login.

    All sources of one account take turns, in this process and in others: a provider that sees a
    refresh token twice ends the session.

    Args:
        endpoint: The Flyte server.
        provider: The identity provider.
        log_in: Has a person log in.
        clock: Tells the time, in seconds since 1970.
        show: Takes what the person should read.
    """

    def __init__(
        self,
        endpoint: str,
        provider: Provider,
        log_in: Callable[[CancellableClock], Login],
        clock: Callable[[], float] = time.time,
        show: Callable[[str], None] = notify,
    ) -> None:
        self._endpoint = endpoint
        self._provider = provider
        self._log_in = log_in
        self._clock = clock
        self._show = show

    def fetch(self) -> Token:
        """See ``TokenSource``."""
        return self.renew(Renewal())

    def renew(self, renewal: Renewal) -> Token:
        """See ``AttentiveSource``."""
        discovery = self._provider.discovery
        discovery.learn()  # which header takes the token, even a remembered one
        account = Account(self._endpoint, discovery.client_id, discovery.scopes, discovery.audience)
        store, turns = _shared(account)
        clock = CancellableClock(renewal.stop, renewal.take_long)
        with turns.turn(clock, self._show, among_processes=store.is_shared):
            login = self._remembered_or_refreshed(store, renewal, clock)
            if login is None:
                if renewal.ahead:
                    raise refused("somebody has to log in again")
                login = self._log_in(clock)
                store.save(login)
        return login.token

    def _remembered_or_refreshed(
        self, store: TokenStore, renewal: Renewal, clock: CancellableClock
    ) -> Login | None:
        """What can be had without anybody logging in."""
        tried: set[Secret] = set()
        while True:
            # Read anew after a failure, too: not everybody who shares the keyring takes turns.
            known = store.load()
            if known is None:
                return None
            if known.token != renewal.held and self._lives(known.token):
                return known
            if known.refresh_token is None or known.refresh_token in tried:
                return None
            tried.add(known.refresh_token)
            with _finished_before_the_end(), never_given_up():
                login = self._refresh(known.refresh_token, renewal, clock)
                if login is not None:
                    store.save(login)
                    return login

    def _lives(self, token: Token) -> bool:
        return token.expires_at is None or token.expires_at > self._clock()

    def _refresh(
        self, refresh_token: Secret, renewal: Renewal, clock: CancellableClock
    ) -> Login | None:
        """A refreshed login; None if the refresh token is good for nothing any more."""
        for pause in (_PAUSE, 0.0):
            try:
                return self._provider.refresh(refresh_token)
            except Refusal as refusal:
                # At 401 it is the client that is not believed; otherwise it may not refresh.
                may_not = refusal.error == "unauthorized_client" and refusal.status != 401
                if not may_not and refusal.error not in _LOG_IN_AGAIN:
                    raise
                _log.info("somebody has to log in again: %s", refusal.details)
                return None
            except Trouble as trouble:
                # flyteadmin's own token endpoint has no other word for one that has ended.
                is_dead = trouble.error == "server_error" and self._provider.discovery.is_flytes_own
                if renewal.ahead or not is_dead:
                    raise
                _log.info("somebody may have to log in again: %s", trouble.details)
            clock.wait(pause)
        return None


_accounts: dict[tuple[int, Account], tuple[TokenStore, Turns]] = {}
_accounts_lock = threading.Lock()
_refreshing: set[threading.Event] = set()


def _shared(account: Account) -> tuple[TokenStore, Turns]:
    """What all remotes of this process share for an account."""
    with _accounts_lock:
        # A child of a fork begins anew: its parent may have held a lock just then.
        key = os.getpid(), account
        if key not in _accounts:
            _accounts[key] = TokenStore(account), Turns(account.name)
        return _accounts[key]


@contextmanager
def _finished_before_the_end() -> Iterator[None]:
    """Let the program end after the block, where a new refresh token may not be saved yet."""
    done = threading.Event()
    _refreshing.add(done)
    try:
        yield
    finally:
        _refreshing.discard(done)
        done.set()


@atexit.register
def _finish() -> None:
    end = time.monotonic() + _LAST_WAIT
    for done in [*_refreshing]:
        done.wait(max(0.0, end - time.monotonic()))
