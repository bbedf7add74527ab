from __future__ import annotations

import logging
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from flytebind.remote.auth import Credentials, Token
from flytebind.remote.auth.tokens import refused
from flytebind.remote.errors import FlyteAuthenticationError, FlyteConfigError

THREADS = 64


class Time:
    """Moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Source:
    """Gives ``t1``, ``t2`` and so on, or does what it is told."""

    def __init__(self, time: Time, lifetime: float | None = 600.0) -> None:
        self._time = time
        self.lifetime = lifetime
        self.fetches = 0
        self.gate = threading.Event()
        self.gate.set()
        self.behave: Callable[[], Token] | None = None

    def fetch(self) -> Token:
        self.fetches += 1
        assert self.gate.wait(30)
        if self.behave is not None:
            return self.behave()
        end = None if self.lifetime is None else self._time() + self.lifetime
        return Token(f"t{self.fetches}", end)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def source(time: Time) -> Source:
    return Source(time)


@pytest.fixture
def credentials(source: Source, time: Time) -> Credentials:
    return Credentials(source, clock=time)


def fail() -> Token:
    raise refused("no luck")


def renew_at_once(credentials: Credentials, rejected: Token | None) -> list[str]:
    """Have many threads renew; returns the tokens or errors that they got."""
    barrier = threading.Barrier(THREADS)

    def renew(_: int) -> str:
        barrier.wait(30)
        try:
            return credentials.renew(rejected).reveal()
        except FlyteAuthenticationError as error:
            return error.details

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(renew, range(THREADS)))


def test_there_is_no_token_before_one_was_asked_for(
    credentials: Credentials, source: Source
) -> None:
    assert credentials.fresh() is None
    assert source.fetches == 0


def test_a_token_is_kept_until_shortly_before_its_end(
    credentials: Credentials, source: Source, time: Time
) -> None:
    token = credentials.renew()
    assert credentials.fresh() is token is credentials.renew()
    time.now += 539
    assert credentials.fresh() is token
    time.now += 2
    assert credentials.fresh() is None
    assert credentials.renew().reveal() == "t2"
    assert source.fetches == 2


def test_a_short_lived_token_is_kept_for_most_of_its_life(
    credentials: Credentials, source: Source, time: Time
) -> None:
    source.lifetime = 10
    token = credentials.renew()
    time.now += 7.9
    assert credentials.fresh() is token
    time.now += 0.2
    assert credentials.fresh() is None


def test_a_token_without_an_end_is_kept(
    credentials: Credentials, source: Source, time: Time
) -> None:
    source.lifetime = None
    token = credentials.renew()
    time.now += 1e9
    assert credentials.fresh() is token


def test_a_token_that_comes_expired_is_returned_and_not_kept(
    credentials: Credentials, source: Source
) -> None:
    source.lifetime = -5
    assert credentials.renew().reveal() == "t1"
    assert credentials.fresh() is None
    assert credentials.renew().reveal() == "t2"


def test_many_threads_with_one_rejected_token_make_one_fetch(
    credentials: Credentials, source: Source
) -> None:
    rejected = credentials.renew()
    assert renew_at_once(credentials, rejected) == ["t2"] * THREADS
    assert source.fetches == 2


def test_many_threads_without_a_token_make_one_fetch(
    credentials: Credentials, source: Source
) -> None:
    assert renew_at_once(credentials, None) == ["t1"] * THREADS
    assert source.fetches == 1


def test_many_threads_share_one_failure(credentials: Credentials, source: Source) -> None:
    rejected = credentials.renew()
    source.behave = fail
    assert renew_at_once(credentials, rejected) == ["no luck"] * THREADS
    assert source.fetches == 2


def test_threads_that_wait_get_the_failure_as_their_own_object(
    credentials: Credentials, source: Source
) -> None:
    source.behave = fail
    errors: list[BaseException] = []
    for _ in range(3):
        with pytest.raises(FlyteAuthenticationError) as caught:
            credentials.renew()
        errors.append(caught.value)
    assert source.fetches == 1
    assert len({id(error) for error in errors}) == 3
    assert {error.code for error in errors if isinstance(error, FlyteAuthenticationError)} == {
        grpc.StatusCode.UNAUTHENTICATED
    }


def test_after_a_failure_the_source_is_asked_again_in_time(
    credentials: Credentials, source: Source, time: Time
) -> None:
    source.behave = fail
    with pytest.raises(FlyteAuthenticationError):
        credentials.renew()
    source.behave = None
    time.now += 5
    assert credentials.renew().reveal() == "t2"


def test_a_clock_that_is_set_back_prolongs_no_failure(
    credentials: Credentials, source: Source, time: Time
) -> None:
    source.behave = fail
    with pytest.raises(FlyteAuthenticationError):
        credentials.renew()
    source.behave = None
    time.now -= 3600
    assert credentials.renew().reveal() == "t2"


def test_a_token_that_others_have_renewed_meanwhile_is_taken(
    credentials: Credentials, source: Source
) -> None:
    first = credentials.renew()
    second = credentials.renew(first)
    assert credentials.renew(first) is second
    assert source.fetches == 2


def test_a_source_that_repeats_a_refused_token_is_told_apart(
    credentials: Credentials, source: Source
) -> None:
    source.behave = lambda: Token("same")
    rejected = credentials.renew()
    with pytest.raises(FlyteAuthenticationError, match="the server refuses the token"):
        credentials.renew(rejected)


def test_a_token_that_cannot_be_renewed_ahead_of_time_is_used_to_its_end(
    credentials: Credentials, source: Source, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    token = credentials.renew()
    source.behave = fail
    time.now += 590
    assert credentials.fresh() is None
    assert [credentials.renew() for _ in range(3)] == [token] * 3
    assert source.fetches == 2
    assert [record.getMessage() for record in caplog.records] == [
        "the token cannot be renewed ahead of time: no luck"
    ]
    time.now += 11
    with pytest.raises(FlyteAuthenticationError, match="no luck"):
        credentials.renew()


def test_a_refused_token_is_not_used_to_its_end(credentials: Credentials, source: Source) -> None:
    token = credentials.renew()
    source.behave = fail
    with pytest.raises(FlyteAuthenticationError, match="no luck"):
        credentials.renew(token)


def test_what_a_source_raises_becomes_ours_and_does_not_show_its_text(
    credentials: Credentials, source: Source
) -> None:
    def behave() -> Token:
        raise OSError("hush")

    source.behave = behave
    with pytest.raises(FlyteAuthenticationError, match="failed with OSError") as caught:
        credentials.renew()
    assert "hush" not in str(caught.value)
    assert isinstance(caught.value.__cause__, OSError)


def test_settings_that_prevent_a_token_are_named(credentials: Credentials, source: Source) -> None:
    def behave() -> Token:
        raise FlyteConfigError("install this")

    source.behave = behave
    with pytest.raises(FlyteAuthenticationError, match="install this"):
        credentials.renew()


def test_an_interrupted_fetch_holds_nobody_up(credentials: Credentials, source: Source) -> None:
    def behave() -> Token:
        raise KeyboardInterrupt

    source.behave = behave
    with pytest.raises(KeyboardInterrupt):
        credentials.renew()
    source.behave = None
    assert credentials.renew().reveal() == "t2"


def test_threads_that_wait_for_an_interrupted_fetch_hear_of_it(
    credentials: Credentials, source: Source
) -> None:
    def behave() -> Token:
        raise KeyboardInterrupt

    source.behave = behave
    source.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(credentials.renew)
        while not source.fetches:
            threading.Event().wait(0.001)
        flight = credentials._flight
        assert flight is not None
        second = pool.submit(credentials.renew)
        source.gate.set()
        assert isinstance(first.exception(30), KeyboardInterrupt)
        with pytest.raises(FlyteAuthenticationError, match="was interrupted"):
            flight.result(30)
        second.exception(30)
    assert source.fetches <= 2


def test_fresh_does_not_wait_for_a_fetch(
    credentials: Credentials, source: Source, time: Time
) -> None:
    token = credentials.renew()
    source.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        renewal = pool.submit(credentials.renew, token)
        while source.fetches < 2:
            threading.Event().wait(0.001)
        assert credentials.fresh() is token
        time.now += 1000
        assert credentials.fresh() is None
        source.gate.set()
        assert renewal.result(30).reveal() == "t2"


def test_a_closed_connection_gets_no_token(credentials: Credentials, source: Source) -> None:
    credentials.close()
    with pytest.raises(FlyteAuthenticationError, match="the connection is closed"):
        credentials.renew()
    assert source.fetches == 0


def test_eager_credentials_are_due_at_once_and_others_once_there_was_a_token(
    source: Source, time: Time
) -> None:
    assert Credentials(source, clock=time).due
    lazy = Credentials(source, clock=time, eager=False)
    assert not lazy.due
    lazy.renew()
    time.now += 1000
    assert lazy.fresh() is None
    assert lazy.due


def test_the_header_has_the_metadata_key_of_the_moment(source: Source, time: Time) -> None:
    key = "authorization"
    credentials = Credentials(source, lambda: key, clock=time)
    token = credentials.renew()
    assert credentials.header(token) == ("authorization", "Bearer t1")
    key = "flyte-authorization"
    assert credentials.header(token) == ("flyte-authorization", "Bearer t1")
    assert credentials.metadata_key == "flyte-authorization"


def test_credentials_neither_show_nor_pickle_their_token(
    time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    source = Source(time)
    source.behave = lambda: Token("hush")
    credentials = Credentials(source, clock=time)
    token = credentials.renew()
    with pytest.raises(FlyteAuthenticationError) as caught:
        credentials.renew(token)
    assert "hush" not in f"{credentials!r}{vars(credentials)}{caught.value!r}{caplog.text}"
    with pytest.raises(TypeError):
        pickle.dumps(credentials)
