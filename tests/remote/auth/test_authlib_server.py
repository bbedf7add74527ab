"""All modes on authlib's own authorization server, which others have written."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from flytebind.remote import FlyteRemote
from flytebind.remote.auth import Token
from flytebind.remote.auth._client_secret import ClientSecretSource
from flytebind.remote.auth._discovery import Discovery
from flytebind.remote.auth._login.browser import BrowserLogin
from flytebind.remote.auth._login.device import DeviceLogin
from flytebind.remote.auth._login.provider import Provider
from flytebind.remote.auth._oauth import Login, OAuth
from flytebind.remote.config import AuthMode, Config, Secret
from flytebind.remote.errors import FlyteAuthenticationError
from tests.remote.auth.authlib_server import AuthlibProvider
from tests.remote.auth.identity import NamingServer
from tests.remote.auth.logins import Hurry, clock, config_of, refusal
from tests.remote.auth.people import Browser


@pytest.fixture
def authlib(flyte: NamingServer) -> Iterator[AuthlibProvider]:
    provider = AuthlibProvider()
    flyte.names.provider = provider
    yield provider
    provider.close()


def provider_of(flyte: NamingServer, config: Config) -> Provider:
    discovery = Discovery(config, flyte.channel)
    return Provider(discovery, OAuth(config, discovery))


def browse(url: str) -> bool:
    return Browser().visit(url).status == 200


def log_in(
    flyte: NamingServer, authlib: AuthlibProvider, mode: str, **settings: str
) -> tuple[Provider, Login]:
    provider = provider_of(flyte, config_of(flyte, **settings))
    if mode == "browser":
        return provider, BrowserLogin(provider, lambda _: None, browse)(clock())

    class Person(Hurry):
        def wait(self, seconds: float) -> None:
            super().wait(seconds)
            if len(self.waits) == 3:  # after two polls that were too early
                next(iter(authlib.devices.values())).decision = True

    return provider, DeviceLogin(provider, lambda _: None)(Person())


@pytest.mark.parametrize("secret", ["", "se:cr et%"], ids=["public", "secret"])
@pytest.mark.parametrize("mode", ["browser", "device"])
def test_a_login_is_refreshed_with_a_token_that_is_good_once(
    flyte: NamingServer, authlib: AuthlibProvider, mode: str, secret: str
) -> None:
    authlib.secret = secret
    settings = {"client_secret": secret} if secret else {}
    provider, login = log_in(flyte, authlib, mode, **settings)
    assert authlib.is_good(login.token.reveal())
    assert login.refresh_token is not None
    renewed = provider.refresh(login.refresh_token)
    assert authlib.is_good(renewed.token.reveal())
    assert renewed.refresh_token not in (None, login.refresh_token)
    details = refusal(lambda: provider.refresh(login.refresh_token or Secret("")))
    assert "invalid_grant" in details
    assert authlib.logins == 1


def test_scopes_that_are_granted_in_part_can_be_refreshed(
    flyte: NamingServer, authlib: AuthlibProvider
) -> None:
    authlib.granted = frozenset({"all"})
    provider, login = log_in(flyte, authlib, "browser")
    assert authlib.answers[-1][1]["scope"] == "all"
    assert login.refresh_token is not None
    assert authlib.is_good(provider.refresh(login.refresh_token).token.reveal())


def test_a_denial_reaches_the_program(flyte: NamingServer, authlib: AuthlibProvider) -> None:
    authlib.denies = True
    assert "the login failed: access_denied" in refusal(lambda: log_in(flyte, authlib, "browser"))


def test_a_denial_on_another_device_reaches_the_program(
    flyte: NamingServer, authlib: AuthlibProvider
) -> None:
    provider = provider_of(flyte, config_of(flyte))

    class Person(Hurry):
        def wait(self, seconds: float) -> None:
            super().wait(seconds)
            next(iter(authlib.devices.values())).decision = False

    login = DeviceLogin(provider, lambda _: None)
    assert refusal(lambda: login(Person())) == "the login was denied"


def test_a_secret_buys_a_token_and_a_wrong_one_none(
    flyte: NamingServer, authlib: AuthlibProvider
) -> None:
    authlib.secret = "se:cr et%"

    def fetch(secret: str) -> Token:
        config = config_of(flyte, client_id="flytectl", client_secret=secret)
        discovery = Discovery(config, flyte.channel)
        return ClientSecretSource(discovery, OAuth(config, discovery)).fetch()

    assert authlib.is_good(fetch("se:cr et%").reveal())
    assert "invalid_client" in refusal(lambda: fetch("wrong"))


def test_a_remote_outlives_its_tokens_with_one_login(
    flyte: NamingServer, authlib: AuthlibProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    authlib.lifetime = 1
    monkeypatch.setattr("flytebind.remote.auth._login.browser._open_browser", browse)
    with FlyteRemote(config_of(flyte, auth_mode=AuthMode.PKCE)) as remote:
        end = time.monotonic() + 3
        while time.monotonic() < end:
            remote.list_projects()
            time.sleep(0.05)
    assert authlib.logins == 1
    assert authlib.grants().count("authorization_code") == 1
    assert authlib.grants().count("refresh_token") >= 2
    assert {status for status, _ in authlib.answers} == {200}


def test_an_unknown_client_is_told_so(flyte: NamingServer, authlib: AuthlibProvider) -> None:
    provider = provider_of(flyte, config_of(flyte, client_id="nobody"))
    with pytest.raises(FlyteAuthenticationError, match=r"invalid_client: .*check client_id"):
        DeviceLogin(provider, lambda _: None)(Hurry())
