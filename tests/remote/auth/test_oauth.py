from __future__ import annotations

import re
from typing import Any

import pytest

from flytebind.remote.auth import Token
from flytebind.remote.auth._client_secret import ClientSecretSource
from flytebind.remote.auth._discovery import Discovery
from flytebind.remote.auth._login.provider import Provider
from flytebind.remote.auth._oauth import Login, OAuth
from flytebind.remote.config import Config, Secret
from flytebind.remote.errors import FlyteConfigError
from tests.remote.auth.identity import SILENCE, IdentityProvider, NamingServer
from tests.remote.auth.logins import NOW, absence, provider_of, refusal
from tests.remote.auth.recorded import Recorded


@pytest.mark.parametrize(
    ("status", "answer", "problem"),
    [
        (200, {"token_type": "Bearer"}, "there is no access_token in its answer"),
        (200, {"access_token": "a b"}, "characters that no token can have"),
        (200, b"<html>", "answers HTTP 200 with something that is no JSON object; check"),
        (400, {"error": "invalid_grant", "error_description": "gone"}, "invalid_grant: gone"),
        (400, {"error": "x", "error_description": "hush!"}, r"HTTP 400: x: \*\*\*!"),
        (400, {"error": "x" * 9999}, "HTTP 400: x{200}$"),
        (400, {"error": ["x"]}, r"HTTP 400; check .*token_url \(admin.tokenUrl\)"),
        (307, {}, r"HTTP 307; check .*token_url \(admin.tokenUrl\)"),
        (401, {"error": "invalid_client"}, r"invalid_client; check client_id \(admin.clientId\)"),
        (400, {"error": "invalid_scope"}, r"invalid_scope; check scopes \(admin.scopes\)"),
        (400, {"error": "invalid_target"}, r"check audience \(admin.audience\)"),
        (200, {"error": "invalid_grant"}, "HTTP 200: invalid_grant"),  # so does GitHub
    ],
)
def test_an_answer_without_a_token_is_an_error_that_shows_no_secret(
    flyte: NamingServer, provider: IdentityProvider, status: int, answer: object, problem: str
) -> None:
    provider.answer = lambda path, form: (status, answer)
    details = refusal(lambda: provider_of(flyte).refresh(Secret("hush")))
    assert re.search(problem, details)
    assert details.startswith(f"{provider.url}/token ") or "characters" in details
    assert "hush" not in details
    assert len(provider.asked) == 1


@pytest.mark.parametrize(
    ("failure", "problem"),
    [
        (Recorded(502, "text/html", b"<html>"), "HTTP 502 with text/html that is no JSON object"),
        (Recorded(503, "", b'{"error": "temporarily_unavailable"}'), "503: temporarily_unavail"),
        (Recorded(400, "", b'{"error": "temporarily_unavailable"}'), "400: temporarily_unavail"),
        (Recorded(429, "text/html", b"<html>slow</html>"), "HTTP 429 with text/html"),
        (Recorded(429, "", b'{"error": "too_many_requests"}'), "HTTP 429: too_many_requests"),
        (Recorded(500, "", b'{"error": "server_error"}'), "HTTP 500: server_error"),
        (Recorded(None, "", b""), "/token cannot be reached: "),
        (SILENCE, "/token cannot be reached: no answer within 0.3 s"),
    ],
    ids=str,
)
def test_a_provider_that_is_away_is_told_from_one_that_refuses(
    flyte: NamingServer, provider: IdentityProvider, failure: Recorded, problem: str
) -> None:
    provider.failures["refresh_token"] = [failure]
    details = absence(lambda: provider_of(flyte, timeout=0.3).refresh(Secret("hush")))
    assert problem in details
    assert "hush" not in details


def test_a_provider_that_is_down_is_named(flyte: NamingServer) -> None:
    flyte.names.provider = down = IdentityProvider()
    down.close()
    details = absence(lambda: provider_of(flyte).refresh(Secret("hush")))
    assert details == f"{down.url}/token cannot be reached: connection refused"


@pytest.mark.parametrize(
    ("lifetime", "expires_at"),
    [
        (60, NOW + 60),
        ("60", NOW + 60),
        (60.5, NOW + 60.5),
        (None, None),
        ("soon", None),
        (True, None),
        (0, None),
        (-5, None),
        ("inf", None),
        ([60], None),
    ],
)
def test_a_lifetime_may_be_text_and_nonsense_is_none(
    flyte: NamingServer, provider: IdentityProvider, lifetime: object, expires_at: float | None
) -> None:
    answer = {"access_token": "abc", "expires_in": lifetime}
    provider.answer = lambda path, form: (200, answer)
    assert provider_of(flyte).refresh(Secret("r")).token.expires_at == expires_at


def test_a_refresh_asks_for_no_scopes_since_fewer_may_have_been_granted(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.grants_scopes = {"all"}
    provider.refresh_tokens.add("r")
    assert provider_of(flyte).refresh(Secret("r")).token == Token("token-1")
    assert provider.asked[-1][1] == {
        "grant_type": "refresh_token",
        "refresh_token": "r",
        "client_id": "flytectl",
    }


def test_a_token_url_that_is_set_wins_over_what_the_server_names(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.answer = lambda path, form: (200, {"access_token": "abc"})
    provider_of(flyte, token_url=f"{provider.url}/mine").refresh(Secret("r"))
    assert provider.asked[-1][0] == "/mine"
    details = refusal(lambda: provider_of(flyte, token_url="mine").refresh(Secret("r")))
    assert details == "token_url (argument) is no usable URL: 'mine'"


def test_logins_go_through_the_http_proxy_that_is_set(flyte: NamingServer) -> None:
    proxy = IdentityProvider()
    proxy.answer = lambda path, form: (200, {"access_token": "through"})
    try:
        login = provider_of(flyte, http_proxy_url=proxy.url).refresh(Secret("r"))
    finally:
        proxy.close()
    assert login == Login(Token("through"), Secret("r"))
    assert [path for path, _ in proxy.asked] == [f"{flyte.names.provider.url}/token"]


# ---- Trust, which is the same in all modes ----


def over_tls(mode: str, flyte: NamingServer, endpoint: str, **settings: Any) -> Token:
    config = Config(endpoint, client_id="flytectl", client_secret=Secret("hush"), **settings)
    discovery = Discovery(config, flyte.channel)
    oauth = OAuth(config, discovery)
    if mode == "client secret":
        return ClientSecretSource(discovery, oauth).fetch()
    return Provider(discovery, oauth).refresh(Secret("hush")).token


@pytest.fixture(params=["client secret", "login"])
def mode(request: pytest.FixtureRequest, tls_provider: IdentityProvider) -> str:
    tls_provider.answer = lambda path, form: (200, {"access_token": "abc"})
    return str(request.param)


def test_a_provider_that_is_not_trusted_is_refused_and_the_settings_that_help_are_named(
    flyte: NamingServer, mode: str
) -> None:
    details = refusal(lambda: over_tls(mode, flyte, "127.0.0.1"))
    assert "its certificate is not trusted" in details
    assert "ca_cert_file" in details
    assert "SSL_CERT_FILE" in details


@pytest.mark.parametrize(
    "settings",
    [{}, {"insecure": True}, {"insecure_skip_verify": True}],
    ids=["tls", "insecure", "skip verify"],
)
def test_a_ca_of_the_providers_own_goes_with_every_way_to_the_server(
    flyte: NamingServer, mode: str, ca_file: str, settings: dict[str, bool]
) -> None:
    token = over_tls(mode, flyte, "flyte.example.com", ca_cert_file=ca_file, **settings)
    assert token == Token("abc")


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_variables_that_name_a_ca_count(
    flyte: NamingServer, mode: str, ca_file: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, ca_file)
    assert over_tls(mode, flyte, "127.0.0.1") == Token("abc")


def test_verification_is_skipped_for_the_host_of_the_flyte_server_alone(
    flyte: NamingServer, mode: str
) -> None:
    assert "is not trusted" in refusal(
        lambda: over_tls(mode, flyte, "flyte.example.com", insecure_skip_verify=True)
    )
    token = over_tls(mode, flyte, "127.0.0.1", insecure_skip_verify=True)
    assert token == Token("abc")


def test_a_ca_file_that_cannot_be_used_is_named(
    flyte: NamingServer, mode: str, ca_file: str
) -> None:
    with pytest.raises(FlyteConfigError, match=r"ca_cert_file \(argument\): .*missing cannot be"):
        over_tls(mode, flyte, "127.0.0.1", ca_cert_file=f"{ca_file}.missing")
