"""Secrets stay where they belong, whatever servers and providers ask for."""

from __future__ import annotations

import copy
import io
import pickle
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flytebind._transfer.http.client import HttpClient
from flytebind.models.admin.project import ProjectListRequest
from flytebind.remote import (
    Config,
    FlyteAssertion,
    FlyteAuthenticationError,
    FlyteConfigError,
    FlyteError,
    FlyteRemote,
    FlyteValueError,
)
from flytebind.remote.auth import Token
from flytebind.remote.auth._discovery import Discovery
from tests.remote.auth.identity import IdentityProvider, NamingServer
from tests.remote.conftest import face_of
from tests.transfer.http.peer import Peer, answer

_SECRET = "this-is-the-secret"


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    provider = IdentityProvider()
    yield provider
    provider.close()


@pytest.fixture
def flyte(provider: IdentityProvider) -> Iterator[NamingServer]:
    server = NamingServer(provider)
    yield server
    server.close()


@pytest.fixture(params=["sync", "async"])
def open_face(request: pytest.FixtureRequest) -> Callable[..., Any]:
    return lambda config, **options: face_of(request.param, config, **options)


def _shown(error: BaseException) -> str:
    """All that can be shown of an error and those behind it: texts, and variables of the library's
    frames, of threads and libraries below included."""
    pieces, left = [], [error]
    while left:
        error = left.pop()
        pieces += [str(error), repr(error)]
        left += filter(None, (error.__cause__, error.__context__))
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename != __file__:
                pieces.append(repr(trace.tb_frame.f_locals))
            trace = trace.tb_next
    return "\n".join(pieces)


def _insecure(flyte: NamingServer, **changes: Any) -> Config:
    return Config(flyte.endpoint, insecure=True, **changes)


@pytest.mark.parametrize("key", ["x y", "x\ny", "grpc-timeout", "x-bin", ":path", "h\u00e9"])
def test_a_metadata_key_that_cannot_be_is_told_before_the_call(
    flyte: NamingServer, open_face: Callable[..., Any], key: str
) -> None:
    flyte.names.metadata_key = key
    with (
        open_face(_insecure(flyte), token=lambda: _SECRET) as face,
        pytest.raises(FlyteAuthenticationError, match="no metadata key") as raised,
    ):
        face.list_projects()
    assert _SECRET not in _shown(raised.value)


@pytest.mark.parametrize("end", ["\n", "\nx: y", " ", "\x1b[2J", "\u00e9"])
def test_a_token_that_cannot_be_sent_is_refused_before_the_call(
    flyte: NamingServer, open_face: Callable[..., Any], end: str
) -> None:
    with (
        open_face(_insecure(flyte), token=lambda: Token(_SECRET + end)) as face,
        pytest.raises(FlyteAuthenticationError, match="characters") as raised,
    ):
        face.list_projects()
    assert _SECRET not in _shown(raised.value)


@pytest.mark.parametrize(
    "metadata", [[("x y", _SECRET)], [("x", f"{_SECRET}\n")]], ids=["key", "value"]
)
def test_metadata_of_the_caller_is_checked_before_the_call(
    flyte: NamingServer, metadata: list[tuple[str, str]]
) -> None:
    with (
        FlyteRemote(_insecure(flyte)) as remote,
        pytest.raises(FlyteValueError) as raised,
    ):
        remote.admin.list_projects(ProjectListRequest(), metadata=metadata)
    assert _SECRET not in str(raised.value)
    assert raised.value.__cause__ is raised.value.__context__ is None


@pytest.mark.parametrize("methods", [["client_secret_basic"], ["client_secret_post"]])
def test_no_variable_on_the_way_of_an_error_has_the_clients_secret(
    flyte: NamingServer,
    provider: IdentityProvider,
    open_face: Callable[..., Any],
    methods: list[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    flyte.names.auth_methods = methods
    provider.url = f"http://127.0.0.1:{port}"  # where nobody is
    config = _insecure(flyte, auth_mode="ClientSecret", client_id="c", client_secret=_SECRET)
    with open_face(config) as face, pytest.raises(FlyteError, match="cannot be reached") as raised:
        face.list_projects()
    shown = _shown(raised.value)
    assert _SECRET not in shown
    assert "Basic " not in shown


def test_no_variable_on_the_way_of_an_error_has_the_token(
    flyte: NamingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: Any) -> object:
        raise ValueError(f"metadata was invalid: {kwargs['metadata']}")  # as grpcio says it

    with FlyteRemote(_insecure(flyte, authorization_header="x-token"), token=_SECRET) as remote:
        monkeypatch.setattr("grpc._channel._UnaryUnaryMultiCallable.future", refuse)
        with pytest.raises(FlyteAssertion) as raised:
            remote.list_projects()
    assert "Bearer" not in _shown(raised.value)


@pytest.mark.parametrize(
    "name", ["token_endpoint", "device_authorization_endpoint", "authorization_endpoint"]
)
def test_secrets_do_not_go_out_in_clear_because_a_server_says_so(
    flyte: NamingServer, provider: IdentityProvider, name: str
) -> None:
    provider.url = "http://user:pass@provider.example"
    over_tls = Discovery(Config(flyte.endpoint), flyte.channel)
    with pytest.raises(FlyteAuthenticationError, match="without TLS") as raised:
        over_tls.endpoint(name)
    assert "pass@" not in str(raised.value)
    in_clear = Discovery(_insecure(flyte), flyte.channel)
    assert in_clear.endpoint(name).startswith(provider.url)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:80", "127.9.9.9", "[::1]:8080"])
def test_what_stays_on_this_machine_needs_no_tls(
    flyte: NamingServer, provider: IdentityProvider, host: str
) -> None:
    provider.url = f"http://{host}"
    discovery = Discovery(Config(flyte.endpoint), flyte.channel)
    assert discovery.endpoint("token_endpoint") == f"http://{host}/token"


@pytest.mark.parametrize("host", ["127.0.0.1.example", "localhost.example", "[::1", "0x7f.1"])
def test_what_only_looks_like_this_machine_does(
    flyte: NamingServer, provider: IdentityProvider, host: str
) -> None:
    provider.url = f"http://{host}"
    discovery = Discovery(Config(flyte.endpoint), flyte.channel)
    with pytest.raises(FlyteAuthenticationError):
        discovery.endpoint("token_endpoint")


@pytest.mark.parametrize("ask", ["request", "open", "upload"])
def test_passwords_in_netrc_go_to_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: str
) -> None:
    (tmp_path / ".netrc").write_text(f"machine 127.0.0.1 login me password {_SECRET}\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    peer = Peer([answer(b"{}")])
    try:
        client = HttpClient(Config("127.0.0.1:1", insecure=True))
        if ask == "request":
            client.request("POST", peer.url, form={"a": "b"})
        elif ask == "open":
            client.open(peer.url).close()
        else:
            client.upload(peer.url, io.BytesIO(b"data"), 4)
    finally:
        peer.close()
    assert peer.seen[0].header("Authorization") == []


@pytest.mark.parametrize(
    "proxy",
    [
        f"http://me:{_SECRET}@proxy:3128",
        f"me:{_SECRET}@proxy:3128",
        f"http://{_SECRET}@proxy",
        f"http://me:p@{_SECRET}@proxy",
        f"http://me:{_SECRET}?#@proxy",
        f"http://proxy/?key={_SECRET}",
    ],
)
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("http_proxy_url", lambda url: Config("host", http_proxy_url=url)),
        ("console_endpoint", lambda url: Config("host", console_endpoint=url)),
        ("token_url", lambda url: Config("host", token_url=url)),
    ],
    ids=["proxy", "console", "token"],
)
def test_passwords_in_addresses_are_neither_shown_nor_pickled(
    name: str, change: Callable[[str], Config], proxy: str
) -> None:
    config = change(proxy)
    assert _SECRET not in repr(config) + config.explain() + str(config)
    assert copy.deepcopy(config) == replace(config) == config
    with pytest.raises(TypeError, match=name):
        pickle.dumps(config)


@pytest.mark.parametrize(
    "endpoint",
    [
        f"https://me:{_SECRET}@host",
        f"http://me:{_SECRET}@host:80",
        f"dns:///me:{_SECRET}@host",
        f"ftp://me:{_SECRET}@host",
        f"me:{_SECRET}@host:443",
        f"https://me:{_SECRET}?@host/path",
    ],
)
def test_a_password_in_an_endpoint_is_refused_and_not_quoted(endpoint: str) -> None:
    with pytest.raises(FlyteConfigError, match="password") as raised:
        Config(endpoint)
    assert _SECRET not in str(raised.value)


@pytest.mark.parametrize(
    "line",
    [
        f"httpProxyURL: {{password: {_SECRET}}}",
        f"httpProxyURL: [{_SECRET}]",
        f"insecure: {{password: {_SECRET}}}",
        f"maxMessageSizeBytes: [{_SECRET}]",
        f"maxMessageSizeBytes: http://me:{_SECRET}@host",
        f"scopes: {{password: {_SECRET}}}",
        f"authType: [{_SECRET}]",
        f"httpProxyURL: *{_SECRET}",
        f"httpProxyURL: !{_SECRET} x",
        f"httpProxyURL: &{_SECRET} [x",
        f"httpProxyURL: '{_SECRET}",
    ],
)
def test_a_file_that_makes_no_sense_is_not_quoted(tmp_path: Path, line: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"admin:\n  endpoint: host:81\n  {line}\n")
    with pytest.raises(FlyteConfigError) as raised:
        Config.auto(path, env={})
    assert _SECRET not in str(raised.value)
    assert raised.value.__cause__ is None
