from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from flytebind.remote._channel import open_channel
from flytebind.remote.auth import CommandSource, Credentials, Token, credentials_for
from flytebind.remote.config import AuthMode, Config, Secret
from flytebind.remote.errors import FlyteAuthenticationError, FlyteConfigError
from flytebind.sandbox import Sandbox
from tests.remote.auth.identity import NamingServer, jwt

SECRET = Secret("hush")
COMMAND = (sys.executable, "-c", "print('abc')")


def choose(flyte: NamingServer, token: Any = None, **settings: Any) -> tuple[Credentials, ...]:
    config = Config(flyte.endpoint, insecure=True, **settings)
    return credentials_for(config, flyte.channel, token=token)


def test_without_settings_there_are_no_credentials(flyte: NamingServer) -> None:
    assert choose(flyte) == ()


def test_the_mode_none_needs_no_credentials_whatever_is_set(flyte: NamingServer) -> None:
    assert choose(flyte, auth_mode=AuthMode.NONE, command=COMMAND) == ()


@pytest.mark.parametrize(
    "token", ["abc", Token("abc"), lambda: "abc", CommandSource(COMMAND)], ids=type
)
def test_a_token_of_the_caller_wins_and_is_used_at_once(flyte: NamingServer, token: Any) -> None:
    (credentials,) = choose(flyte, token, auth_mode=AuthMode.PKCE, authorization_header="x-auth")
    assert credentials.due
    assert credentials.header(credentials.renew()) == ("x-auth", "Bearer abc")
    assert flyte.names.calls == 0


def test_a_static_token_that_the_server_refuses_is_not_sent_again(flyte: NamingServer) -> None:
    (credentials,) = choose(flyte, "abc")
    with pytest.raises(FlyteAuthenticationError, match="refuses the token, and there is no other"):
        credentials.renew(credentials.renew())


@pytest.mark.parametrize("mode", [None, AuthMode.EXTERNAL_COMMAND])
def test_a_command_is_used_at_once(flyte: NamingServer, mode: AuthMode | None) -> None:
    (credentials,) = choose(flyte, auth_mode=mode, command=COMMAND)
    assert credentials.due
    assert credentials.header(credentials.renew()) == ("flyte-authorization", "Bearer abc")


@pytest.mark.parametrize("settings", [{"token": "abc"}, {"command": COMMAND}], ids=str)
def test_the_header_is_the_one_that_the_server_names(
    flyte: NamingServer, settings: dict[str, Any]
) -> None:
    (credentials,) = choose(flyte, **settings)
    assert credentials.header(credentials.renew()) == ("flyte-authorization", "Bearer abc")
    flyte.names.metadata_key = ""
    (credentials,) = choose(flyte, **settings)
    assert credentials.header(credentials.renew()) == ("authorization", "Bearer abc")


def test_a_server_that_names_no_header_gets_the_usual_one() -> None:
    with Sandbox() as sandbox, open_channel(Config(sandbox.endpoint, insecure=True)) as channel:
        (credentials,) = credentials_for(Config(sandbox.endpoint), channel, token="abc")
        assert credentials.header(credentials.renew()) == ("authorization", "Bearer abc")


def test_a_command_is_not_run_for_every_call_where_the_clock_is_ahead(
    flyte: NamingServer, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    token = jwt({"exp": 1_000_000})
    program = f"open({str(runs)!r}, 'a').write('x'); print({token!r})"
    command = (sys.executable, "-c", program)
    (credentials,) = choose(flyte, command=command)  # by this clock, it ended in 1970
    for _ in range(3):
        assert (credentials.fresh() or credentials.renew()).reveal() == token
    assert runs.read_text() == "x"


@pytest.mark.parametrize(
    "settings",
    [
        {"auth_mode": AuthMode.CLIENT_SECRET, "client_id": "me", "client_secret": SECRET},
        {"client_id": "me", "client_secret_env": "MINE"},
        {"auth_mode": AuthMode.PKCE},
        {"auth_mode": AuthMode.DEVICE_FLOW},
    ],
)
def test_other_modes_wait_until_the_server_asks(
    flyte: NamingServer, settings: dict[str, Any]
) -> None:
    (credentials,) = choose(flyte, **settings)
    assert credentials.fresh() is None
    assert not credentials.due
    assert flyte.names.calls == 0


def test_a_proxy_has_credentials_of_its_own_after_those_of_the_server(flyte: NamingServer) -> None:
    (only,) = choose(flyte, proxy_command=COMMAND)
    assert only.due
    assert only.header(only.renew()) == ("proxy-authorization", "Bearer abc")
    server, proxy = choose(flyte, "xyz", proxy_command=COMMAND)
    assert (server.metadata_key, proxy.metadata_key) == ("authorization", "proxy-authorization")


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"auth_mode": AuthMode.EXTERNAL_COMMAND}, "command"),
        ({"auth_mode": AuthMode.CLIENT_SECRET, "client_secret": SECRET}, "client_id"),
        ({"auth_mode": AuthMode.CLIENT_SECRET, "client_id": "me"}, "client_secret_file"),
        ({"client_secret": SECRET}, "client_id"),
    ],
)
def test_a_mode_that_lacks_a_setting_says_which(
    flyte: NamingServer, settings: dict[str, Any], what: str
) -> None:
    with pytest.raises(FlyteConfigError, match=rf"auth_mode \w+ \([\w ]+\) needs {what}"):
        choose(flyte, **settings)


def test_without_a_channel_a_command_does_and_a_login_does_not() -> None:
    (credentials,) = credentials_for(Config("host", command=COMMAND), None)
    assert credentials.renew() == Token("abc")
    with pytest.raises(FlyteConfigError, match=r"auth_mode Pkce .* needs a channel"):
        credentials_for(Config("host", auth_mode=AuthMode.PKCE), None)
