from __future__ import annotations

import threading

import pytest

from flytebind.remote.auth import Token
from flytebind.remote.auth._login.clock import CancellableClock
from flytebind.remote.auth._login.device import DeviceLogin
from flytebind.remote.auth._oauth import Login
from flytebind.remote.config import Secret
from tests.remote.auth import recorded
from tests.remote.auth.identity import SILENCE, IdentityProvider, NamingServer
from tests.remote.auth.logins import Hurry, absence, provider_of, refusal
from tests.remote.auth.recorded import Recorded


def device_login(flyte: NamingServer, hurry: Hurry, shown: list[str] | None = None) -> Login:
    return DeviceLogin(provider_of(flyte), ([] if shown is None else shown).append)(hurry)


def test_a_device_login_shows_where_to_go_and_brings_tokens(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    shown: list[str] = []
    login = device_login(flyte, Hurry(), shown)
    assert shown == ["To log in to Flyte, open http://v and enter the code ABCD"]
    assert (login.token, login.refresh_token) == (Token("token-1"), Secret("refresh-1"))
    path, form = provider.asked[0]
    assert path == "/device"
    assert (form["client_id"], form["scope"]) == ("flytectl", "all offline")
    assert form["audience"] == "https://flyte"
    assert provider.asked[1][1]["device_code"] == "the-device"


def test_a_provider_that_wants_pkce_of_devices_gets_it(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.wants_pkce_of_devices = True
    assert device_login(flyte, Hurry()).token == Token("token-1")
    (_, begun), (_, polled) = provider.asked
    assert begun["code_challenge_method"] == "S256"
    assert len(polled["code_verifier"]) >= 43  # the least that RFC 7636 allows


def test_polls_keep_the_interval_and_slow_down_when_they_are_told_to(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.device = {"interval": 2, "expires_in": 600}
    provider.device_answers = [
        "authorization_pending",
        "slow_down",
        "authorization_pending",
        "slow_down",
    ]
    hurry = Hurry()
    device_login(flyte, hurry)
    assert hurry.waits == [2, 2, 7, 7, 12]


def test_without_an_interval_polls_are_five_seconds_apart(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.device = {"verification_uri_complete": "http://v?code=ABCD"}
    hurry, shown = Hurry(), list[str]()
    device_login(flyte, hurry, shown)
    assert hurry.waits == [5]
    assert "open http://v?code=ABCD " in shown[0]


def test_a_device_code_ends_when_it_was_said_to(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.device = {"interval": 5, "expires_in": 21}
    provider.device_answers = ["authorization_pending"] * 100
    hurry = Hurry()
    details = refusal(lambda: device_login(flyte, hurry))
    assert details == "nobody has logged in within 21 seconds"
    assert hurry.waits == [5, 5, 5, 5, 1]  # the last poll is at the very end
    assert len(provider.grants()) == 5


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        ("expired_token", "nobody has logged in within 600 seconds"),
        ("access_denied", "the login was denied"),
        ("authorization_declined", "the login was denied"),
        ("invalid_client", "/token gives no token: HTTP 400: invalid_client; check client_id"),
    ],
)
def test_a_device_login_that_fails_says_why(
    flyte: NamingServer, provider: IdentityProvider, error: str, problem: str
) -> None:
    provider.device_answers = ["authorization_pending", error]
    assert problem in refusal(lambda: device_login(flyte, Hurry()))
    assert len(provider.grants()) == 2


def test_a_login_in_the_last_seconds_counts(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.device = {"interval": "5", "expires_in": "12"}  # some say it as text
    provider.device_answers = ["authorization_pending"] * 2
    hurry = Hurry()
    assert device_login(flyte, hurry).token == Token("token-1")
    assert hurry.waits == [5, 5, 2]


@pytest.mark.parametrize(
    "failure",
    [
        *recorded.failures("device_code"),
        recorded.answer("flyteadmin", "refresh_token", "server_error"),
        Recorded(403, "text/html", b"<html>who are you</html>"),
        Recorded(200, "text/html", b"<html>please accept our terms</html>"),
    ],
    ids=str,
)
def test_a_bad_poll_does_not_end_the_login_and_the_next_ones_are_slower(
    flyte: NamingServer, provider: IdentityProvider, failure: Recorded
) -> None:
    provider.failures["device_code"] = [failure] * 2
    hurry = Hurry()
    assert device_login(flyte, hurry).token == Token("token-1")
    assert hurry.waits == [5, 10, 15]


def test_a_poll_without_an_answer_does_not_end_the_login(
    flyte: NamingServer, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flytebind.remote.auth._login.provider._POLL_TIMEOUT", 0.3)
    provider.failures["device_code"] = [SILENCE]
    hurry = Hurry()
    assert device_login(flyte, hurry).token == Token("token-1")
    assert hurry.waits == [5, 10]


def test_a_login_that_nobody_completes_says_what_was_wrong_in_the_end(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.device = {"interval": 5, "expires_in": 11}
    provider.failures["device_code"] = [recorded.failures("device_code")[0]] * 9
    details = refusal(lambda: device_login(flyte, Hurry()))
    assert details.startswith("nobody has logged in within 11 seconds; in the end http://")
    assert details.endswith("/token answers HTTP 502 with text/html that is no JSON object")


@pytest.mark.parametrize(
    ("status", "answer", "problem"),
    [
        (400, {"error": "unauthorized_client"}, "HTTP 400: unauthorized_client; check client_id"),
        (200, b"<html>", "/device answers HTTP 200 with something that is no JSON object"),
        (200, [], "/device answers HTTP 200 with something that is no JSON object"),
        (200, {"user_code": "A"}, "/device gives no codes: there is no device_code"),
        (200, {"user_code": "A", "device_code": "B"}, "there is no verification_uri"),
        (307, {}, "/device gives no token: HTTP 307"),
    ],
)
def test_an_answer_without_device_codes_is_an_error(
    flyte: NamingServer, provider: IdentityProvider, status: int, answer: object, problem: str
) -> None:
    provider.answer = lambda path, form: (status, answer)
    assert problem in refusal(lambda: device_login(flyte, Hurry()))
    assert len(provider.asked) == 1


@pytest.mark.parametrize("failure", recorded.failures("device"), ids=str)
def test_a_provider_that_is_away_from_the_start_is_told_apart(
    flyte: NamingServer, provider: IdentityProvider, failure: Recorded
) -> None:
    provider.failures["device"] = [failure]
    assert f"{provider.url}/device" in absence(lambda: device_login(flyte, Hurry()))


def test_waiting_ends_when_nobody_is_interested_any_more() -> None:
    stop = threading.Event()
    stop.set()
    assert "the login was given up" in refusal(lambda: CancellableClock(stop).wait(600))


@pytest.mark.parametrize(
    ("device", "waits"),
    [
        ({"interval": 1e-9, "expires_in": 3}, [1, 1, 1]),
        ({"interval": 1200, "expires_in": 1e300}, [1200, 1200, 1200]),
        ({"interval": 1e300, "expires_in": "1e300"}, [3600]),
    ],
)
def test_a_provider_cannot_have_itself_polled_for_ever_or_without_a_pause(
    flyte: NamingServer, provider: IdentityProvider, device: dict[str, object], waits: list[float]
) -> None:
    provider.device = device
    provider.device_answers = ["authorization_pending"] * 10
    hurry = Hurry()
    assert "nobody has logged in within" in refusal(lambda: device_login(flyte, hurry))
    assert hurry.waits == waits
