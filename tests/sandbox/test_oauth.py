"""The sandbox's authorization server, where no recording tells what is right."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from flytebind.models.service.auth import (
    OAuth2MetadataRequest,
    OAuth2MetadataResponse,
    PublicClientAuthConfigRequest,
)
from flytebind.sandbox import AuthSettings, Sandbox
from flytebind.services.auth import AuthMetadataServiceClient
from tests.support.browser import Answer, get, post

REDIRECT = "http://localhost:53593/callback"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
LOGIN = {
    "client_id": "flytectl",
    "redirect_uri": REDIRECT,
    "response_type": "code",
    "scope": "all offline",
    "state": "0123456789",
    "code_challenge": CHALLENGE.decode(),
    "code_challenge_method": "S256",
}


class Login:
    """A sandbox with authentication, and where its endpoints are."""

    def __init__(self, sandbox: Sandbox, endpoints: OAuth2MetadataResponse) -> None:
        self.sandbox = sandbox
        self.endpoints = endpoints

    def token(self, basic: tuple[str, str] | None = None, /, **form: str) -> Answer:
        return post(self.endpoints.token_endpoint, form, basic)

    def authorize(self, **changes: str) -> Answer:
        query = urlencode({name: value for name, value in (LOGIN | changes).items() if value})
        return get(f"{self.endpoints.authorization_endpoint}?{query}")

    def sent_back(self, **changes: str) -> dict[str, str]:
        """What the browser brings back."""
        answer = self.authorize(**changes)
        assert answer.status == 303
        url = answer.headers["Location"]
        assert url.startswith(changes.get("redirect_uri", REDIRECT) + "?")
        return dict(parse_qsl(urlsplit(url).query))

    def exchange(self, **changes: str) -> Answer:
        form = {"client_id": "flytectl", "redirect_uri": REDIRECT, "code_verifier": VERIFIER}
        return self.token(None, **(form | {"grant_type": "authorization_code"} | changes))

    def subject(self, answer: Answer) -> str | None:
        assert answer.status == 200, answer
        assert self.sandbox.tokens is not None
        return self.sandbox.tokens.subject(answer.json["access_token"])


@contextmanager
def serving(settings: AuthSettings) -> Iterator[Login]:
    with Sandbox(auth=settings) as sandbox, sandbox.channel() as channel:
        sandbox.clock.freeze()
        client = AuthMetadataServiceClient(channel)
        yield Login(sandbox, client.get_oauth2_metadata(OAuth2MetadataRequest(), timeout=20))


@pytest.fixture
def login() -> Iterator[Login]:
    with serving(AuthSettings()) as login:
        yield login


def test_the_secret_may_be_in_the_header_or_in_the_form() -> None:
    secret = "p:ä+ss %w"
    with serving(AuthSettings(client_id="ro bot", client_secret=secret)) as login:
        by_header = login.token(("ro bot", secret), grant_type="client_credentials", scope="all")
        by_form = login.token(
            grant_type="client_credentials", scope="all", client_id="ro bot", client_secret=secret
        )
        assert login.subject(by_header) == login.subject(by_form) == "ro bot"
        assert by_header.headers["Cache-Control"] == "no-store"
        for wrong in (secret[:-1], "", secret + "x"):
            answer = login.token(("ro bot", wrong), grant_type="client_credentials")
            assert (answer.status, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "all admin"}, "invalid_scope"),
    ],
)
def test_what_is_no_request_for_a_token_is_refused(
    login: Login, form: dict[str, str], error: str
) -> None:
    answer = login.token(("flytebind", "secret"), **form)
    assert (answer.status, answer.json["error"]) == (400, error)


def test_a_token_without_a_scope_is_good_for_nothing(login: Login) -> None:
    answer = login.token(("flytebind", "secret"), grant_type="client_credentials")
    assert answer.json["scope"] == ""
    assert login.subject(answer) is None


def test_a_login_agrees_at_once_and_brings_the_state_back(login: Login) -> None:
    back = login.sent_back()
    assert back["state"] == "0123456789"
    answer = login.exchange(code=back["code"])
    assert login.subject(answer) == "somebody"
    assert login.subject(
        login.token(
            grant_type="refresh_token",
            refresh_token=answer.json["refresh_token"],
            client_id="flytectl",
        )
    )


def test_without_the_scope_offline_there_is_no_refresh_token(login: Login) -> None:
    answer = login.exchange(code=login.sent_back(scope="all")["code"])
    assert answer.json["scope"] == "f.all access_token"
    assert "refresh_token" not in answer.json


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": "flytebind"}, 401, "invalid_client"),
        ({"redirect_uri": "http://localhost:53594/callback"}, 400, "invalid_request"),
        ({"redirect_uri": "http://evil.example:53593/callback"}, 400, "invalid_request"),
        ({"redirect_uri": "http://localhost:port/callback"}, 400, "invalid_request"),
        ({"redirect_uri": ""}, 400, "invalid_request"),
    ],
)
def test_a_browser_is_sent_to_nobody_else(
    login: Login, changes: dict[str, str], status: int, error: str
) -> None:
    answer = login.authorize(**changes)
    assert (answer.status, answer.json["error"]) == (status, error)
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "everything"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"state": "short"}, "invalid_state"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
    ],
)
def test_other_faults_are_told_to_who_sent_the_browser(
    login: Login, changes: dict[str, str], error: str
) -> None:
    back = login.sent_back(**changes)
    assert (back["error"], back["state"]) == (error, changes.get("state", "0123456789"))
    assert "code" not in back


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "guess"},
        {"code_verifier": "w" * 64},
        {"code_verifier": ""},
        {"redirect_uri": "http://localhost:12345/callback"},
        {"client_id": "flytebind", "client_secret": "secret"},
    ],
)
def test_a_code_is_good_for_its_own_login_only(login: Login, changes: dict[str, str]) -> None:
    answer = login.exchange(**({"code": login.sent_back()["code"]} | changes))
    assert (answer.status, answer.json["error"]) == (400, "invalid_grant")


def test_codes_and_refresh_tokens_expire() -> None:
    settings = AuthSettings(
        code_lifetime=timedelta(minutes=1),
        refresh_token_lifetime=timedelta(minutes=2),
        bad_refresh_status=400,
    )
    with serving(settings) as login:
        late, code = login.sent_back()["code"], login.sent_back()["code"]
        refresh_token = login.exchange(code=code).json["refresh_token"]
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "client_id": "flytectl",
        }
        login.sandbox.clock.advance(timedelta(minutes=1))
        assert login.exchange(code=late).json["error"] == "invalid_grant"
        assert login.token(**form).status == 200
        login.sandbox.clock.advance(timedelta(minutes=1))
        answer = login.token(**form)
        assert (answer.status, answer.json["error"]) == (400, "invalid_grant")


def test_a_redirect_uri_without_a_port_takes_any_port() -> None:
    with serving(AuthSettings(redirect_uri="http://localhost/callback")) as login:
        for uri in ("http://localhost:1234/callback", "http://localhost/callback"):
            assert login.sent_back(redirect_uri=uri)["code"]
        for uri in ("http://localhost:1234/other", "http://localhost.evil:1234/callback"):
            assert login.authorize(redirect_uri=uri).status == 400


def test_a_device_is_let_in_when_its_page_is_opened() -> None:
    with serving(AuthSettings(device_login=True)) as login:
        assert "device_code" in str(login.endpoints.grant_types_supported)
        endpoint = login.endpoints.device_authorization_endpoint
        codes = post(endpoint, {"client_id": "flytectl", "scope": "all offline"}).json
        assert (codes["interval"], codes["expires_in"]) == (5, 300)
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "device_code": codes["device_code"],
            "client_id": "flytectl",
        }
        answer = login.token(**form)
        assert (answer.status, answer.json["error"]) == (400, "authorization_pending")
        assert login.token(**form).json["error"] == "slow_down"
        login.sandbox.clock.advance(timedelta(seconds=5))
        assert login.token(**form).json["error"] == "authorization_pending"

        page = get(codes["verification_uri"])
        assert page.status == 200
        assert 'name="user_code"' in page.body
        wrong = get(codes["verification_uri"] + "?user_code=%22%3E%3Cb%3E")
        assert wrong.status == 400
        assert "<b>" not in wrong.body
        assert get(codes["verification_uri_complete"]).status == 200

        answer = login.token(**form)
        assert login.subject(answer) == "somebody"
        assert answer.json["refresh_token"]
        assert login.token(**(form | {"client_id": "flytebind"})).status == 401


def test_a_device_waits_for_its_person_no_longer_than_its_code_is_good() -> None:
    with serving(AuthSettings(device_login=True)) as login:
        endpoint = login.endpoints.device_authorization_endpoint
        for client, status in (("nobody", 401), ("flytectl", 200)):
            answer = post(endpoint, {"client_id": client, "scope": "all"})
            assert answer.status == status
        login.sandbox.clock.advance(timedelta(minutes=5))
        expired = login.token(
            grant_type="urn:ietf:params:oauth:grant-type:device_code",
            device_code=answer.json["device_code"],
            client_id="flytectl",
        )
        assert (expired.status, expired.json["error"]) == (400, "expired_token")
        assert get(answer.json["verification_uri_complete"]).status == 400


def test_a_device_needs_the_setting(login: Login) -> None:
    url = login.endpoints.issuer
    assert login.endpoints.device_authorization_endpoint == ""
    assert post(f"{url}/oauth2/device_authorization", {"client_id": "flytectl"}).status == 404
    assert get(f"{url}/oauth2/device?user_code=X").status == 404


@pytest.mark.parametrize("name", ["oauth-authorization-server", "openid-configuration"])
def test_the_well_known_pages_say_what_grpc_says(login: Login, name: str) -> None:
    answer = get(f"{login.endpoints.issuer}/.well-known/{name}")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert OAuth2MetadataResponse.from_json(answer.body) == login.endpoints
    assert answer.json["issuer"] == login.endpoints.issuer  # names as in RFC 8414
    assert answer.json["code_challenge_methods_supported"] == ["S256"]
    assert get(login.endpoints.jwks_uri).json == {"keys": []}


def test_the_public_client_is_on_a_page_too(login: Login) -> None:
    with login.sandbox.channel() as channel:
        client = AuthMetadataServiceClient(channel)
        config = client.get_public_client_config(PublicClientAuthConfigRequest(), timeout=20)
    answer = get(f"{login.endpoints.issuer}/config/v1/flyte_client")
    assert answer.json["client_id"] == config.client_id == "flytectl"
    assert json.loads(answer.body)["authorization_metadata_key"] == "flyte-authorization"
    assert answer.json["redirect_uri"] == config.redirect_uri == REDIRECT
