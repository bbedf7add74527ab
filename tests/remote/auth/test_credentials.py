from __future__ import annotations

import logging
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from flytebind.remote.auth import Credentials, Token
from flytebind.remote.auth._tokens import Renewal, away, refused
from flytebind.remote.errors import (
    FlyteAuthenticationError,
    FlyteConfigError,
    FlyteUnavailableError,
)
from tests.remote.auth.waiting import eventually

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


@pytest.mark.parametrize(("lifetime", "young"), [(600, 539), (10, 7.9)])
def test_a_token_is_renewed_in_the_background_shortly_before_its_end(
    credentials: Credentials, source: Source, time: Time, lifetime: float, young: float
) -> None:
    source.lifetime = lifetime
    token = credentials.renew()
    assert credentials.fresh() is token is credentials.renew()
    time.now += young
    assert credentials.fresh() is token
    assert source.fetches == 1
    source.gate.clear()
    time.now += 2
    assert [credentials.fresh() for _ in range(3)] == [token] * 3  # nobody waits for the new one
    source.gate.set()
    eventually(lambda: credentials.fresh() == Token("t2"))
    assert source.fetches == 2


def test_a_token_that_has_ended_is_not_used(
    credentials: Credentials, source: Source, time: Time
) -> None:
    credentials.renew()
    time.now += 601
    assert credentials.fresh() is None
    assert credentials.renew().reveal() == "t2"


def test_a_token_without_an_end_is_kept(
    credentials: Credentials, source: Source, time: Time
) -> None:
    source.lifetime = None
    token = credentials.renew()
    time.now += 1e9
    assert credentials.fresh() is token


def test_a_token_that_comes_expired_by_this_clock_is_used_until_the_server_refuses_it(
    credentials: Credentials, source: Source, time: Time
) -> None:
    source.lifetime = -5
    token = credentials.renew()
    time.now += 1000
    assert credentials.fresh() is token is credentials.renew()
    assert source.fetches == 1
    assert credentials.renew(token).reveal() == "t2"


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
    time.now += 570
    assert credentials.fresh() is token
    eventually(lambda: len(caplog.records) == 1)
    assert [credentials.fresh() for _ in range(3)] == [token] * 3
    assert [credentials.renew() for _ in range(3)] == [token] * 3
    assert source.fetches == 2
    assert [record.getMessage() for record in caplog.records] == [
        "the token cannot be renewed ahead of time: no luck"
    ]
    time.now += 11
    assert credentials.fresh() is token
    eventually(lambda: len(caplog.records) == 2)
    time.now += 20
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


@pytest.mark.parametrize("error", [ConnectionResetError("hush"), TimeoutError("hush")])
def test_a_source_that_cannot_be_reached_is_away_and_not_refusing(
    credentials: Credentials, source: Source, error: Exception
) -> None:
    def behave() -> Token:
        raise error

    source.behave = behave
    for _ in range(2):
        with pytest.raises(FlyteUnavailableError, match=f"failed with {type(error).__name__}") as c:
            credentials.renew()
        assert "hush" not in str(c.value)
    assert source.fetches == 1


def test_a_source_that_says_itself_that_it_is_away_is_believed(
    credentials: Credentials, source: Source
) -> None:
    def behave() -> Token:
        raise away("be back soon")

    source.behave = behave
    with pytest.raises(FlyteUnavailableError, match="be back soon"):
        credentials.renew()


def test_settings_that_prevent_a_token_are_named(credentials: Credentials, source: Source) -> None:
    def behave() -> Token:
        raise FlyteConfigError("install this")

    source.behave = behave
    with pytest.raises(FlyteAuthenticationError, match="install this"):
        credentials.renew()


class Attentive(Source):
    """Notes why it is asked."""

    def __init__(self, time: Time) -> None:
        super().__init__(time)
        self.renewals: list[Renewal] = []

    def renew(self, renewal: Renewal) -> Token:
        self.renewals.append(renewal)
        return self.fetch()


def test_a_question_that_nobody_waits_for_any_more_is_given_up(time: Time) -> None:
    source = Attentive(time)
    credentials = Credentials(source, clock=time)
    source.gate.clear()
    first, second = credentials.begin(), credentials.begin()
    eventually(lambda: len(source.renewals) == 1)
    first.cancel()
    assert not source.renewals[0].stop.is_set()
    second.cancel()
    assert source.renewals[0].stop.is_set()
    third = credentials.begin()  # asks anew
    eventually(lambda: len(source.renewals) == 2)
    source.gate.set()
    assert third.result(30).reveal() in ("t1", "t2")
    assert not source.renewals[1].stop.is_set()


def test_closing_gives_up_what_is_asked_and_tells_those_who_wait(time: Time) -> None:
    source = Attentive(time)
    credentials = Credentials(source, clock=time)
    source.gate.clear()
    waiting = credentials.begin()
    eventually(lambda: len(source.renewals) == 1)
    credentials.close()
    with pytest.raises(FlyteAuthenticationError, match="the connection is closed"):
        waiting.result(30)
    assert source.renewals[0].stop.is_set()
    source.gate.set()


def test_a_source_hears_why_it_is_asked(time: Time) -> None:
    source = Attentive(time)
    credentials = Credentials(source, clock=time)
    first = credentials.renew()
    second = credentials.renew(first)
    time.now += 570
    credentials.fresh()
    eventually(lambda: credentials.fresh() == Token("t3"))
    time.now += 601
    credentials.renew()
    asked = [(each.held, each.rejected, each.ahead) for each in source.renewals]
    assert asked == [
        (None, False, False),
        (first, True, False),
        (second, False, True),
        (Token("t3"), False, False),
    ]


def test_what_fails_ahead_of_time_is_tried_again_for_those_who_wait_by_then(time: Time) -> None:
    source = Attentive(time)
    credentials = Credentials(source, clock=time)
    credentials.renew()
    time.now += 570
    source.gate.clear()
    source.behave = fail
    credentials.fresh()
    eventually(lambda: len(source.renewals) == 2)
    time.now += 31
    waiting = credentials.begin()
    source.behave = lambda: Token("new") if not source.renewals[-1].ahead else fail()
    source.gate.set()
    assert waiting.result(30) == Token("new")
    assert [each.ahead for each in source.renewals] == [False, True, False]


def test_fresh_does_not_wait_for_a_fetch(
    credentials: Credentials, source: Source, time: Time
) -> None:
    token = credentials.renew()
    source.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        renewal = pool.submit(credentials.renew, token)
        eventually(lambda: source.fetches == 2)
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
