from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flytebind.models.service.identity import UserInfoRequest
from flytebind.remote.auth import Credentials, credentials_for
from flytebind.remote.auth.client_secret import ClientSecretSource
from flytebind.remote.auth.discovery import Discovery
from flytebind.remote.channel import open_channel
from flytebind.remote.config import Config, Secret
from flytebind.remote.errors import (
    FlyteAuthenticationError,
    FlyteConfigError,
    FlyteUnavailableError,
)
from flytebind.sandbox import Sandbox
from flytebind.services.identity import IdentityServiceClient
from tests.remote.auth.identity import METADATA_KEY, Answer, Form, IdentityProvider, NamingServer

SECRET = Secret("se:cr et%")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(auth=True) as sandbox:
        assert sandbox.tokens is not None
        sandbox.tokens.client_secret = SECRET.reveal()
        sandbox.clock.freeze()
        yield sandbox


def fetch(server: Sandbox | NamingServer, config: Config, **options: Any) -> str:
    with open_channel(config) as channel:
        discovery = Discovery(config, channel)
        return ClientSecretSource(config, discovery, **options).fetch().reveal()


def config_of(server: Sandbox | NamingServer, **settings: Any) -> Config:
    return Config(server.endpoint, insecure=True, client_id="flytebind", **settings)


def failure(server: Sandbox | NamingServer, config: Config, **options: Any) -> str:
    with pytest.raises((FlyteAuthenticationError, FlyteUnavailableError)) as caught:
        fetch(server, config, **options)
    assert SECRET.reveal() not in f"{caught.value}{caught.value!r}{caught.value.__cause__!r}"
    return caught.value.details


def whose(sandbox: Sandbox, token: str) -> str | None:
    assert sandbox.tokens is not None
    return sandbox.tokens.subject(token)


def test_the_secret_buys_a_token(sandbox: Sandbox) -> None:
    assert whose(sandbox, fetch(sandbox, config_of(sandbox, client_secret=SECRET))) == "flytebind"


def test_the_secret_is_read_from_a_file_and_read_anew(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    config = config_of(sandbox, client_secret_file=str(path))
    assert f"{path} cannot be read: No such file" in failure(sandbox, config)
    path.write_text("\n")
    assert failure(sandbox, config) == f"there is no client secret in {path} (argument)"
    path.write_bytes(b"\xff")
    assert "is no UTF-8 text" in failure(sandbox, config)
    path.write_text(f"{SECRET.reveal()}\n")
    assert whose(sandbox, fetch(sandbox, config)) == "flytebind"


def test_the_secret_is_read_from_a_variable(sandbox: Sandbox) -> None:
    config = config_of(sandbox, client_secret_env="MINE")
    assert whose(sandbox, fetch(sandbox, config, env={"MINE": SECRET.reveal()})) == "flytebind"
    assert "the variable MINE has no client secret" in failure(sandbox, config, env={})


def test_a_wrong_secret_is_refused_and_not_shown(sandbox: Sandbox) -> None:
    config = config_of(sandbox, client_secret=Secret("wrong"))
    details = failure(sandbox, config)
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


def test_what_the_server_says_is_asked_for_and_settings_win(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.answer = lambda path, form: (200, {"access_token": "abc"})
    assert fetch(flyte, config_of(flyte, client_secret=SECRET)) == "abc"
    assert provider.asked[-1] == (
        "/token",
        {"grant_type": "client_credentials", "scope": "all offline", "audience": "https://flyte"},
    )
    assert fetch(flyte, config_of(flyte, client_secret=SECRET, scopes=("one",), audience="me"))
    assert provider.asked[-1][1]["scope"] == "one"
    assert provider.asked[-1][1]["audience"] == "me"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((200, {}), "there is no access_token in its answer"),
        ((200, ["a"]), "HTTP 200"),
        ((200, b"<html>"), "HTTP 200"),
        ((200, {"access_token": 7}), "there is no access_token"),
        ((200, {"access_token": "a b"}), "characters that no token can have"),
        ((500, b"oops"), "HTTP 500"),
        ((302, {}), "HTTP 302"),
        ((307, {}), "HTTP 307"),
        ((400, {"error": "bad", "error_description": SECRET.reveal()}), r"HTTP 400: bad: \*\*\*"),
        ((400, {"error": "x" * 9999}), "HTTP 400: x{200}$"),
    ],
)
def test_an_answer_without_a_token_is_an_error_that_shows_no_secret(
    flyte: NamingServer, provider: IdentityProvider, answer: Answer, problem: str
) -> None:
    provider.answer = lambda path, form: answer
    details = failure(flyte, config_of(flyte, client_secret=SECRET))
    assert re.search(problem, details)
    assert [path for path, _ in provider.asked] == ["/token"]  # no redirect is followed


@pytest.mark.parametrize("lifetime", ["3600", 3600, 3600.0])
def test_the_life_of_a_token_is_a_number_however_it_is_written(
    flyte: NamingServer, provider: IdentityProvider, lifetime: object
) -> None:
    provider.answer = lambda path, form: (200, {"access_token": "a", "expires_in": lifetime})
    config = config_of(flyte, client_secret=SECRET)
    source = ClientSecretSource(config, Discovery(config, flyte.channel), lambda: 1000.0)
    assert source.fetch().expires_at == 4600


def test_a_provider_that_is_down_is_named(flyte: NamingServer) -> None:
    flyte.names.provider = down = IdentityProvider()
    down.close()
    details = failure(flyte, config_of(flyte, client_secret=SECRET))
    assert details.startswith(f"{down.url}/token cannot be reached: ")


def test_a_provider_that_is_slow_is_not_waited_for(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    over = threading.Event()

    def answer(path: str, form: Form) -> Answer:
        over.wait(30)
        return 200, {}

    provider.answer = answer
    details = failure(flyte, config_of(flyte, client_secret=SECRET), timeout=0.2)
    over.set()
    assert details == f"{provider.url}/token cannot be reached: timed out"


def test_a_server_that_knows_of_no_authentication_says_so() -> None:
    with Sandbox() as sandbox:
        details = failure(sandbox, config_of(sandbox, client_secret=SECRET))
    assert details.startswith("the server has no AuthMetadataService")


def test_a_server_that_is_gone_says_so() -> None:
    config = Config("localhost:1", insecure=True, client_id="me", client_secret=SECRET)
    with open_channel(config) as channel, pytest.raises(FlyteUnavailableError) as caught:
        ClientSecretSource(config, Discovery(config, channel)).fetch()
    assert "does not tell where tokens come from: UNAVAILABLE" in caught.value.details


def test_an_endpoint_that_is_no_web_address_is_not_opened(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.url, url = "file:///etc", provider.url
    details = failure(flyte, config_of(flyte, client_secret=SECRET))
    provider.url = url
    assert "names no usable token_endpoint ('file:///etc/token')" in details


def test_requests_go_through_the_http_proxy_that_is_set(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    proxy = IdentityProvider()
    proxy.answer = lambda path, form: (200, {"access_token": "through"})
    config = config_of(flyte, client_secret=SECRET, http_proxy_url=proxy.url)
    try:
        assert fetch(flyte, config) == "through"
    finally:
        proxy.close()
    assert [path for path, _ in proxy.asked] == [f"{provider.url}/token"]
    assert provider.asked == []


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


def over_tls(flyte: NamingServer, config: Config) -> str:
    return ClientSecretSource(config, Discovery(config, flyte.channel)).fetch().reveal()


def test_a_provider_is_trusted_by_the_ca_file(
    flyte: NamingServer, tls_provider: IdentityProvider, ca_file: str
) -> None:
    tls_provider.answer = lambda path, form: (200, {"access_token": "abc"})
    config = Config("127.0.0.1", client_id="me", client_secret=SECRET)
    with pytest.raises(FlyteUnavailableError, match=r"cannot be reached: .*verify failed"):
        over_tls(flyte, config)
    assert over_tls(flyte, replace(config, ca_cert_file=ca_file)) == "abc"
    broken = replace(config, ca_cert_file=f"{ca_file}.missing")
    with pytest.raises(FlyteConfigError, match=r"ca_cert_file \(argument\): .*missing cannot be"):
        over_tls(flyte, broken)


def test_verification_is_skipped_for_the_host_of_the_flyte_server_alone(
    flyte: NamingServer, tls_provider: IdentityProvider
) -> None:
    tls_provider.answer = lambda path, form: (200, {"access_token": "abc"})
    settings: dict[str, Any] = {"client_id": "me", "client_secret": SECRET}
    same = Config("127.0.0.1:81", insecure_skip_verify=True, **settings)
    assert over_tls(flyte, same) == "abc"
    other = Config("flyte.example.com", insecure_skip_verify=True, **settings)
    with pytest.raises(FlyteUnavailableError, match="verify failed"):
        over_tls(flyte, other)


def test_the_server_is_asked_once_and_through_its_proxy_with_a_token(flyte: NamingServer) -> None:
    values = iter(["first", "second"])
    flyte.names.provider.answer = lambda path, form: (200, {"access_token": next(values)})
    config = config_of(flyte, client_secret=SECRET, proxy_command=("echo", "door"))
    server, proxy = credentials_for(config, flyte.channel)
    server.renew(server.renew())
    assert flyte.names.calls == 2
    assert {seen["proxy-authorization"] for seen in flyte.names.metadata} == {"Bearer door"}
    assert proxy.metadata_key == "proxy-authorization"
