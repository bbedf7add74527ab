"""The token of one connection."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import NamedTuple, TypeVar

from flytebind._transfer.threads import Work
from flytebind.remote._metadata import is_key
from flytebind.remote.auth._tokens import (
    Renewal,
    Token,
    TokenSource,
    ask,
    away,
    refused,
    sendable,
)
from flytebind.remote.errors import FlyteCallError, FlyteConfigError, call_error
from flytebind.runtime.homes import public_in

E = TypeVar("E", bound=BaseException)

_log = logging.getLogger("flytebind.remote")

# A token is renewed this long before its end, or when a fifth of its life is left if it is short.
_MARGIN = 60.0
_MARGIN_SHARE = 0.2
# After a failure everyone hears of it for this long, before the source is asked again: the calls
# that were in flight come back one by one.
_REST = 2.0
# While the token lives there is no hurry to try again.
_REST_AHEAD = 10.0


class _Held(NamedTuple):
    token: Token
    stale_at: float
    end: float


class Asked(Future[Token]):
    """A token that somebody waits for."""

    def __init__(self) -> None:
        super().__init__()
        self.soon: Future[None] = Future()
        """Done with it, or once nobody knows how long it takes: somebody has to log in."""
        self.add_done_callback(self._no_longer)

    def _no_longer(self, _: object) -> None:
        with suppress(InvalidStateError):
            self.soon.set_result(None)


class _Flight:
    """One question to the source, and those who wait for its answer."""

    def __init__(self, renewal: Renewal, fly: Callable[[_Flight], None]) -> None:
        self.renewal = renewal
        self.waiting: list[Asked] = []
        self.work = Work(partial(fly, self))

    def take(self, asked: Asked) -> None:
        """Have one more wait for it."""
        self.waiting.append(asked)
        self.renewal.open_ended.add_done_callback(asked._no_longer)

    def give_up(self) -> None:
        """Nobody waits any more: end what goes on for it."""
        self.renewal.stop.set()
        self.work.cancel()


@public_in("flytebind.remote.auth")
class Credentials:
    """Keeps the token of a connection, and has it renewed. Safe to share between threads.

    The source is asked in a thread of its own, one question at a time. Nobody waits for a renewal
    while the token lives, and the end of the program waits for none.

    Args:
        source: What has tokens.
        metadata_key: The metadata key that takes the token; a function where it is learnt later.
        eager: Whether to get a token before the first call. Otherwise calls go without one until
            the server asks for it: it may not want any.
        clock: Tells the time in seconds since 1970. Not a monotonic clock: that stands still while
            a laptop sleeps, and tokens go on expiring.
    """

    def __init__(
        self,
        source: TokenSource,
        metadata_key: str | Callable[[], str] = "authorization",
        *,
        eager: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._source = source
        self._metadata_key = metadata_key
        self._eager = eager
        self._clock = clock
        self._lock = threading.Lock()
        self._closed = False
        self._flight: _Flight | None = None
        self._held: _Held | None = None  # replaced as a whole, so that `fresh` needs no lock
        self._failure: tuple[FlyteCallError, float] | None = None
        self._failed_ahead: float | None = None

    @property
    def metadata_key(self) -> str:
        """The metadata key that takes the token."""
        key = self._metadata_key
        return (key if isinstance(key, str) else key()).lower()

    @property
    def due(self) -> bool:
        """Whether to renew before a call for which ``fresh`` has no token."""
        return self._eager or self._held is not None

    def fresh(self) -> Token | None:
        """The token, if there is one that lives. Never blocks.

        Shortly before the token's end, a renewal begins in the background.
        """
        held = self._held
        if held is None:
            return None
        now = self._clock()
        if now >= held.end:
            return None
        if now >= held.stale_at and not _within(_REST_AHEAD, self._failed_ahead, now):
            with self._lock:
                if self._held is held and self._flight is None and not self._closed:
                    with suppress(RuntimeError):
                        self._take_off(Renewal(held.token, ahead=True))
        return held.token

    def header(self, token: Token) -> tuple[str, str]:
        """The metadata that carries a token.

        Raises:
            FlyteAuthenticationError: If gRPC takes no such key.
        """
        key = self.metadata_key
        if not is_key(key) or key.endswith("-bin"):
            raise refused(
                f"tokens cannot go into {key!r}, which is no metadata key for text: set "
                "authorization_header (admin.authorizationHeader), or correct the server's settings"
            )
        return key, f"Bearer {token.reveal()}"

    def begin(self, rejected: Token | None = None) -> Asked:
        """Have a token got in place of one that does not do.

        However many ask, the source is asked once, and all of them get its answer. Once all have
        cancelled their futures, a login that is going on is given up.

        Args:
            rejected: The token that the server has refused; None if there was none, or it has
                expired.

        Returns:
            What will have the token, or one of the errors of ``renew``.
        """
        mine = Asked()
        with self._lock:
            known = self._known(rejected)
            if known is None:
                held = self._held.token if self._held is not None else None
                is_rejected = rejected is not None and rejected == held
                try:
                    flight = self._flight or self._take_off(Renewal(held, is_rejected))
                except RuntimeError:
                    known = refused("the program is ending")
                else:
                    flight.take(mine)
        if known is None:
            mine.add_done_callback(lambda _: self._left(flight, mine))
        else:
            _settle(mine, known)
        return mine

    def renew(self, rejected: Token | None = None) -> Token:
        """Get a token in place of one that does not do. Blocks.

        Args:
            rejected: As ``begin`` takes it.

        Raises:
            FlyteAuthenticationError: If there is none to be had.
            FlyteUnavailableError: If there may be one later: what has tokens is away.
        """
        future = self.begin(rejected)
        try:
            return future.result()
        finally:
            future.cancel()  # nobody waits any more if this thread was interrupted

    def close(self) -> None:
        """Give up a login that is going on. Nothing is renewed any more."""
        with self._lock:
            self._closed = True
            flight, self._flight = self._flight, None
        if flight is not None:
            flight.give_up()
            for future in flight.waiting:
                _settle(future, _closed())

    def _known(self, rejected: Token | None) -> Token | FlyteCallError | None:
        """What needs no question; the lock is held."""
        if self._closed:
            return _closed()
        held, now = self._held, self._clock()
        if held is not None and now < held.end and held.token != rejected:
            return held.token
        if self._flight is None and self._failure is not None:
            error, at = self._failure
            if _within(_REST, at, now):
                return error
        return None

    def _take_off(self, renewal: Renewal) -> _Flight:
        """Ask the source; the lock is held.

        Raises:
            RuntimeError: If the program is ending, and Python starts no threads any more.
        """
        flight = _Flight(renewal, self._fly)
        # A daemon, since the end of the program must not wait for somebody to log in.
        threading.Thread(target=flight.work.run, name="flytebind-token", daemon=True).start()
        self._flight = flight
        return flight

    def _fly(self, flight: _Flight) -> None:
        outcome = self._ask(flight.renewal)
        if isinstance(outcome, FlyteCallError) and flight.renewal.ahead:
            with self._lock:
                urgent = bool(flight.waiting)
                if not urgent:
                    self._failed_ahead = self._clock()
                    if self._flight is flight:
                        self._flight = None
            if not urgent:
                _log.warning("the token cannot be renewed ahead of time: %s", outcome.details)
                return
            # It has ended meanwhile, or was refused: now more may be done to get another.
            flight.renewal = replace(flight.renewal, ahead=False)
            outcome = self._ask(flight.renewal)
        with self._lock:
            if self._flight is flight:
                self._flight = None
                if isinstance(outcome, FlyteCallError):
                    self._failure = outcome, self._clock()
                else:
                    self._failure = self._failed_ahead = None
                    self._held = self._hold(outcome)
            waiting = [*flight.waiting]
        for future in waiting:
            _settle(future, outcome)

    def _ask(self, renewal: Renewal) -> Token | FlyteCallError:
        try:
            token = sendable(ask(self._source, renewal))
        except FlyteCallError as error:
            return _bare(error)
        except FlyteConfigError as error:
            return _because(refused(str(error)), _bare(error))
        except BaseException as error:
            # Its own text may have secrets in it; it is there as the cause.
            problem = f"getting a token failed with {type(error).__name__}"
            # What has had tokens, and has not refused one, may have them again.
            is_away = renewal.held or isinstance(error, (ConnectionError, TimeoutError))
            return _because(away(problem) if is_away else refused(problem), error)
        if renewal.rejected and token == renewal.held:
            return refused("the server refuses the token, and there is no other to be had")
        return token

    def _hold(self, token: Token) -> _Held:
        now = self._clock()
        end = token.expires_at
        if end is None or end <= now:
            # One that came just now has not ended, whatever this machine's clock says: it is the
            # server that knows.
            return _Held(token, float("inf"), float("inf"))
        return _Held(token, end - min(_MARGIN, _MARGIN_SHARE * (end - now)), end)

    def _left(self, flight: _Flight, future: Asked) -> None:
        """Somebody does not wait any more."""
        if not future.cancelled():
            return
        with self._lock:
            flight.waiting.remove(future)
            if flight.waiting or flight.renewal.ahead:
                return
            if self._flight is flight:
                self._flight = None
        flight.give_up()


def _within(seconds: float, since: float | None, now: float) -> bool:
    return since is not None and 0 <= now - since < seconds


def _settle(future: Future[Token], outcome: Token | FlyteCallError) -> None:
    with suppress(InvalidStateError):  # whoever has cancelled it does not wait any more
        if isinstance(outcome, Token):
            future.set_result(outcome)
        else:
            # One object raised in many threads would gather all their tracebacks.
            error = call_error(outcome.code, outcome.details, outcome.call, outcome.subject)
            future.set_exception(_because(error, outcome.__cause__))


def _because(error: FlyteCallError, cause: BaseException | None) -> FlyteCallError:
    error.__cause__ = cause
    return error


def _bare(error: E) -> E:
    """An error without the frames that it has come through: they hold what was sent."""
    part: BaseException | None = error
    while part is not None:
        part.__traceback__ = part.__context__ = None
        part = part.__cause__
    return error


def _closed() -> FlyteCallError:
    return refused("the connection is closed")
