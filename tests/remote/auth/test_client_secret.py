from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flytebind.models.service.identity import UserInfoRequest
from flytebind.remote._channel import open_channel
from flytebind.remote.auth import Credentials, credentials_for
from flytebind.remote.auth._client_secret import ClientSecretSource
from flytebind.remote.auth._discovery import Discovery
from flytebind.remote.auth._oauth import OAuth
from flytebind.remote.config import Config, Secret
from flytebind.remote.errors import FlyteAuthenticationError
from flytebind.sandbox import Sandbox
from flytebind.services.identity import IdentityServiceClient
from tests.remote.auth import recorded
from tests.remote.auth.identity import METADATA_KEY, IdentityProvider, NamingServer
from tests.remote.auth.logins import absence
from tests.remote.auth.recorded import Recorded

SECRET = Secret("se:cr et%")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(auth=True) as sandbox:
        assert sandbox.tokens is not None
        sandbox.tokens.client_secret = SECRET.reveal()
        sandbox.clock.freeze()
        yield sandbox


def fetch(config: Config, **options: Any) -> str:
    with open_channel(config) as channel:
        discovery = Discovery(config, channel)
        oauth = OAuth(config, discovery, **options)
        return ClientSecretSource(discovery, oauth).fetch().reveal()


def config_of(server: Sandbox | NamingServer, **settings: Any) -> Config:
    return Config(server.endpoint, insecure=True, client_id="flytebind", **settings)


def failure(config: Config, **options: Any) -> str:
    with pytest.raises(FlyteAuthenticationError) as caught:
        fetch(config, **options)
    assert SECRET.reveal() not in f"{caught.value}{caught.value!r}{caught.value.__cause__!r}"
    return caught.value.details


def whose(sandbox: Sandbox, token: str) -> str | None:
    assert sandbox.tokens is not None
    return sandbox.tokens.subject(token)


def test_the_secret_buys_a_token(sandbox: Sandbox) -> None:
    assert whose(sandbox, fetch(config_of(sandbox, client_secret=SECRET))) == "flytebind"


def test_the_secret_is_read_from_a_file_and_read_anew(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    config = config_of(sandbox, client_secret_file=str(path))
    assert f"{path} cannot be read: No such file" in failure(config)
    path.write_text("\n")
    assert failure(config) == f"there is no client secret in {path} (argument)"
    path.write_bytes(b"\xff")
    assert "is no UTF-8 text" in failure(config)
    path.write_text(f"{SECRET.reveal()}\n")
    assert whose(sandbox, fetch(config)) == "flytebind"


def test_the_secret_is_read_from_a_variable(sandbox: Sandbox) -> None:
    config = config_of(sandbox, client_secret_env="MINE")
    assert whose(sandbox, fetch(config, env={"MINE": SECRET.reveal()})) == "flytebind"
    assert "the variable MINE has no client secret" in failure(config, env={})


def test_a_wrong_secret_is_refused_and_not_shown(sandbox: Sandbox) -> None:
    config = config_of(sandbox, client_secret=Secret("wrong"))
    details = failure(config)
    assert "/oauth2/token gives no token: HTTP 401: invalid_client: " in details


def test_a_token_ends_when_the_server_says_so(sandbox: Sandbox) -> None:
    assert sandbox.tokens is not None

    def clock() -> float:
        return sandbox.clock.now().timestamp()

    config = config_of(sandbox, client_secret=SECRET)
    with open_channel(config) as channel:
        (credentials,) = credentials_for(config, channel, clock=clock)
        assert credentials.fresh() is None
        assert not credentials.due
        client = IdentityServiceClient(channel)

        def who(credentials: Credentials) -> str:
            token = credentials.fresh() or credentials.renew()
            metadata = [credentials.header(token)]
            return client.user_info(UserInfoRequest(), metadata=metadata, timeout=20).subject

        assert who(credentials) == "flytebind"
        first = credentials.fresh()
        assert first is not None
        assert first.expires_at == clock() + sandbox.tokens.ttl.total_seconds()
        sandbox.clock.advance(sandbox.tokens.ttl + timedelta(seconds=1))
        assert credentials.fresh() is None
        assert who(credentials) == "flytebind"
        second = credentials.fresh()
        assert second is not None
        assert second != first
        sandbox.tokens.revoke(second.reveal())
        assert whose(sandbox, credentials.renew(second).reveal()) == "flytebind"


def test_scopes_of_the_public_client_are_not_asked_for(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.answer = lambda path, form: (200, {"access_token": "abc"})
    assert fetch(config_of(flyte, client_secret=SECRET)) == "abc"
    assert provider.asked[-1] == (
        "/token",
        {"grant_type": "client_credentials", "audience": "https://flyte"},
    )
    assert fetch(config_of(flyte, client_secret=SECRET, scopes=("one",), audience="me"))
    assert provider.asked[-1][1]["scope"] == "one"
    assert provider.asked[-1][1]["audience"] == "me"


def test_flytes_own_server_is_asked_for_the_scope_without_which_its_tokens_are_no_good(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.is_flytes_own = True
    provider.answer = lambda path, form: (200, {"access_token": "abc"})
    assert fetch(config_of(flyte, client_secret=SECRET)) == "abc"
    assert provider.asked[-1][1]["scope"] == "all"
    assert fetch(config_of(flyte, client_secret=SECRET, scopes=("one",))) == "abc"
    assert provider.asked[-1][1]["scope"] == "one"


@pytest.mark.parametrize(
    "answer",
    [
        recorded.answer("keycloak", "client_credentials", "unauthorized_client"),
        recorded.answer("keycloak", "client_credentials", "invalid_client"),
        recorded.answer("flyteadmin", "client_credentials", "invalid_client"),
        recorded.answer("oidc-provider", "client_credentials", "invalid_request"),
    ],
    ids=str,
)
def test_a_secret_that_is_wrong_is_refused_in_the_words_of_each_provider(
    flyte: NamingServer, provider: IdentityProvider, answer: Recorded
) -> None:
    provider.failures["client_credentials"] = [answer]
    details = failure(config_of(flyte, client_secret=SECRET))
    assert f"HTTP {answer.status}: {answer.error}: " in details
    if "client" in answer.error:
        assert "check client_id (admin.clientId) and its secret" in details


@pytest.mark.parametrize(
    "answer",
    [
        recorded.answer("keycloak", "client_credentials", "invalid_scope"),
        recorded.answer("oidc-provider", "client_credentials", "invalid_scope"),
        recorded.answer("flyteadmin", "client_credentials", "invalid_scope"),
    ],
    ids=str,
)
def test_scopes_that_are_refused_name_the_setting(
    flyte: NamingServer, provider: IdentityProvider, answer: Recorded
) -> None:
    provider.failures["client_credentials"] = [answer]
    details = failure(config_of(flyte, client_secret=SECRET, scopes=("nothing",)))
    assert "check scopes (admin.scopes)" in details


@pytest.mark.parametrize("trouble", recorded.failures("client_credentials"), ids=str)
def test_a_provider_that_is_away_is_told_from_one_that_refuses(
    flyte: NamingServer, provider: IdentityProvider, trouble: Recorded
) -> None:
    provider.failures["client_credentials"] = [trouble]
    assert provider.url in absence(lambda: fetch(config_of(flyte, client_secret=SECRET)))


def test_a_secret_that_an_endpoint_repeats_is_not_shown(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    answer = {"error": "bad", "error_description": f"no {SECRET.reveal()} here"}
    provider.answer = lambda path, form: (400, answer)
    assert "bad: no *** here" in failure(config_of(flyte, client_secret=SECRET))


def test_a_server_that_knows_of_no_authentication_says_so() -> None:
    with Sandbox() as sandbox:
        details = failure(config_of(sandbox, client_secret=SECRET))
    assert details.startswith("the server has no AuthMetadataService")


def test_a_server_that_is_gone_says_so() -> None:
    config = Config("localhost:1", insecure=True, client_id="me", client_secret=SECRET)
    details = absence(lambda: fetch(config))
    assert "does not tell where tokens come from: UNAVAILABLE" in details


def test_a_token_url_that_is_set_needs_nothing_of_the_server(provider: IdentityProvider) -> None:
    provider.answer = lambda path, form: (200, {"access_token": "abc"})
    with Sandbox() as sandbox:  # it has no AuthMetadataService
        config = config_of(sandbox, client_secret=SECRET, token_url=f"{provider.url}/mine")
        assert fetch(config) == "abc"
    assert provider.asked == [("/mine", {"grant_type": "client_credentials"})]


def test_an_endpoint_that_is_no_web_address_is_not_opened(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.url, url = "file:///etc", provider.url
    details = failure(config_of(flyte, client_secret=SECRET))
    provider.url = url
    assert "names no usable token_endpoint ('file:///etc/token')" in details


def test_the_header_is_the_servers_even_if_all_else_is_set(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.answer = lambda path, form: (200, {"access_token": "abc"})
    config = config_of(flyte, client_secret=SECRET, scopes=("one",), audience="me")
    (credentials,) = credentials_for(config, flyte.channel)
    token = credentials.renew()
    assert credentials.header(token) == (METADATA_KEY, "Bearer abc")
    (credentials,) = credentials_for(replace(config, authorization_header="mine"), flyte.channel)
    assert credentials.header(credentials.renew()) == ("mine", "Bearer abc")


def test_the_server_is_asked_once_and_through_its_proxy_with_a_token(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    values = iter(["first", "second"])
    provider.answer = lambda path, form: (200, {"access_token": next(values)})
    config = config_of(flyte, client_secret=SECRET, proxy_command=("echo", "door"))
    server, proxy = credentials_for(config, flyte.channel)
    server.renew(server.renew())
    assert flyte.names.calls == 2
    assert {seen["proxy-authorization"] for seen in flyte.names.metadata} == {"Bearer door"}
    assert proxy.metadata_key == "proxy-authorization"
