"""The token of one connection."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from flytebind.remote.auth.tokens import Token, TokenSource, refused
from flytebind.remote.errors import FlyteAuthenticationError, FlyteConfigError

_log = logging.getLogger(__name__)

# A token is renewed this long before its end, or when a fifth of its life is left if it is short.
_MARGIN = 60.0
_MARGIN_SHARE = 0.2
# After a failure everyone hears of it for this long, before the source is asked again: the calls
# that were in flight come back one by one.
_REST = 2.0


class Credentials:
    """Keeps the token of a connection, and has it renewed. Safe to share between threads.

    Args:
        source: What has tokens.
        metadata_key: The metadata key that takes the token; a function where it is learnt later.
        eager: Whether to get a token before the first call. Otherwise calls go without one until
            the server asks for it: it may not want any.
        clock: Tells the time in seconds since 1970. Not a monotonic clock: that stands still while
            a laptop sleeps, and tokens go on expiring.
        stop: Set when the connection is closed; the source may look at it.
    """

    def __init__(
        self,
        source: TokenSource,
        metadata_key: str | Callable[[], str] = "authorization",
        *,
        eager: bool = True,
        clock: Callable[[], float] = time.time,
        stop: threading.Event | None = None,
    ) -> None:
        self._source = source
        self._metadata_key = metadata_key
        self._eager = eager
        self._clock = clock
        self._stop = stop or threading.Event()
        self._lock = threading.Lock()
        self._flight: Future[Token] | None = None
        # A token and when it wants to be renewed: one tuple, so that `fresh` needs no lock.
        self._held: tuple[Token, float] | None = None
        self._failure: tuple[FlyteAuthenticationError, float] | None = None

    @property
    def metadata_key(self) -> str:
        """The metadata key that takes the token."""
        key = self._metadata_key
        return key if isinstance(key, str) else key()

    @property
    def due(self) -> bool:
        """Whether to renew before a call for which ``fresh`` has no token."""
        return self._eager or self._held is not None

    def fresh(self) -> Token | None:
        """The token, if there is one that lasts for a while. Never blocks."""
        held = self._held
        return held[0] if held is not None and self._clock() < held[1] else None

    def header(self, token: Token) -> tuple[str, str]:
        """The metadata that carries a token."""
        return self.metadata_key, f"Bearer {token.reveal()}"

    def renew(self, rejected: Token | None = None) -> Token:
        """Get a token in place of one that does not do. Blocks.

        However many threads ask, the source is asked once, and all of them get its answer.

        Args:
            rejected: The token that the server has refused; None if there was none, or it is about
                to expire.

        Raises:
            FlyteAuthenticationError: If there is none to be had.
        """
        with self._lock:
            if self._stop.is_set():
                raise refused("the connection is closed")
            token = self.fresh()
            if token is not None and token != rejected:
                return token
            flight = self._flight
            mine = flight is None
            if flight is None:
                if self._failure is not None and 0 <= self._clock() - self._failure[1] < _REST:
                    return self._make_do(self._failure[0], rejected)
                flight = self._flight = Future()
        if mine:
            self._fetch(flight, rejected)
        try:
            return flight.result()
        except FlyteAuthenticationError as error:
            with self._lock:
                return self._make_do(error, rejected)

    def close(self) -> None:
        """Give up a login that is going on. Nothing is renewed any more."""
        self._stop.set()

    def _fetch(self, flight: Future[Token], rejected: Token | None) -> None:
        try:
            token = self._ask(rejected)
        except FlyteAuthenticationError as error:
            with self._lock:
                self._flight = None
                self._failure = error, self._clock()
            if self._usable(rejected):
                _log.warning("the token cannot be renewed ahead of time: %s", error.details)
            flight.set_exception(error)
        except BaseException:
            with self._lock:
                self._flight = None
            flight.set_exception(refused("getting a token was interrupted"))
            raise
        else:
            with self._lock:
                self._flight = self._failure = None
                self._held = token, self._stale_at(token)
            flight.set_result(token)

    def _ask(self, rejected: Token | None) -> Token:
        try:
            token = self._source.fetch()
        except FlyteAuthenticationError:
            raise
        except FlyteConfigError as error:
            raise refused(str(error)) from error
        except Exception as error:
            # Its own text may have secrets in it; it is there as the cause.
            raise refused(f"getting a token failed with {type(error).__name__}") from error
        if rejected is not None and token == rejected:
            raise refused("the server refuses the token, and there is no other to be had")
        return token

    def _stale_at(self, token: Token) -> float:
        if token.expires_at is None:
            return float("inf")
        life = max(0.0, token.expires_at - self._clock())
        return token.expires_at - min(_MARGIN, _MARGIN_SHARE * life)

    def _make_do(self, error: FlyteAuthenticationError, rejected: Token | None) -> Token:
        """The token that is held, where that is good for a while; raises the error otherwise."""
        if self._held is not None and self._usable(rejected):
            return self._held[0]
        # One object raised in many threads would gather all their tracebacks.
        copy = FlyteAuthenticationError(error.code, error.details, error.call, error.subject)
        raise copy from error.__cause__

    def _usable(self, rejected: Token | None) -> bool:
        """Whether the token that is held lives still, and is not the one that was refused."""
        if self._held is None or self._held[0] == rejected:
            return False
        end = self._held[0].expires_at
        return end is None or self._clock() < end
