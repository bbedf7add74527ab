from __future__ import annotations

import http.client
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from typing import cast
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError

from flytebind.remote.auth import Credentials, Token
from flytebind.remote.auth.discovery import Discovery
from flytebind.remote.auth.login import login_source
from flytebind.remote.auth.login.browser import BrowserLogin
from flytebind.remote.auth.login.device import DeviceLogin
from flytebind.remote.auth.login.patience import Patience
from flytebind.remote.auth.login.provider import Login, Provider
from flytebind.remote.auth.login.source import LoginSource
from flytebind.remote.auth.login.store import TokenStore
from flytebind.remote.config import AuthMode, Config, Secret
from flytebind.remote.errors import (
    FlyteAuthenticationError,
    FlyteConfigError,
    FlyteUnavailableError,
)
from tests.remote.auth.identity import IdentityProvider, NamingServer
from tests.remote.auth.test_tokens import jwt

NOW = 1_000_000.0


class Keyring(KeyringBackend):
    """Keeps passwords in memory, or fails."""

    priority = 1.0  # type: ignore[unused-ignore, assignment] # a property there

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}
        self.error: Exception | None = None

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        del self.held[service, username]

    def _check(self) -> None:
        if self.error is not None:
            raise self.error


@pytest.fixture(autouse=True)
def ring() -> Iterator[Keyring]:
    before, ring = keyring.get_keyring(), Keyring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


class Hurry(Patience):
    """Waits without time passing."""

    def __init__(self) -> None:
        super().__init__(threading.Event())
        self.time = 0.0
        self.waits: list[float] = []

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds


def provider_of(flyte: NamingServer, **settings: str) -> Provider:
    config = Config(flyte.endpoint, insecure=True, **settings)  # type: ignore[arg-type]
    return Provider(config, Discovery(config, flyte.channel), lambda: NOW)


def get(url: str) -> tuple[int, str]:
    """Fetch a page; returns its status and where it sends to."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers.get("Location", "")
    finally:
        connection.close()


def browse(url: str) -> None:
    """Do what a browser and its person do."""
    _, location = get(url)
    status, _ = get(location)
    assert status == 200


def browser_login(
    flyte: NamingServer, open_browser: Callable[[str], object] = browse, timeout: float = 30.0
) -> Login:
    login = BrowserLogin(provider_of(flyte), lambda _: None, open_browser, timeout)
    return login(Patience(threading.Event()))


def refusal(action: Callable[[], object]) -> str:
    with pytest.raises((FlyteAuthenticationError, FlyteUnavailableError)) as caught:
        action()
    return caught.value.details


# ---- Browser ----


def test_a_browser_login_brings_tokens(flyte: NamingServer, provider: IdentityProvider) -> None:
    login = browser_login(flyte)
    assert login.token == Token("token-1")
    assert login.token.expires_at == NOW + 3600
    assert login.refresh_token == Secret("refresh-1")
    path, query = provider.asked[0]
    assert path == "/authorize"
    assert (query["client_id"], query["response_type"]) == ("flytectl", "code")
    assert (query["scope"], query["audience"]) == ("all offline", "https://flyte")
    assert provider.grants() == ["authorization_code"]


def test_every_login_has_its_own_state_and_verifier(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    for _ in range(2):
        browser_login(flyte)
    queries = [query for path, query in provider.asked if path == "/authorize"]
    assert len({query["state"] for query in queries}) == 2
    assert len({query["code_challenge"] for query in queries}) == 2


def test_the_url_is_shown_too(flyte: NamingServer) -> None:
    shown: list[str] = []
    opened: list[str] = []

    def open_browser(url: str) -> None:
        opened.append(url)
        browse(url)

    BrowserLogin(provider_of(flyte), shown.append, open_browser)(Patience(threading.Event()))
    assert shown == [f"To log in to Flyte, open {opened[0]}"]


def test_what_comes_back_with_another_state_or_to_another_path_is_not_listened_to(
    flyte: NamingServer,
) -> None:
    statuses: list[int] = []

    def attack(url: str) -> None:
        redirect = dict(parse_qsl(urlsplit(url).query))["redirect_uri"]
        forged = (
            f"{redirect}?{urlencode({'code': 'evil', 'state': 'guessed'})}",
            f"{redirect}?code=evil",
            f"{redirect}?error=access_denied",
            redirect.replace("/callback", "/favicon.ico"),
        )
        statuses.extend(get(each)[0] for each in forged)
        browse(url)

    assert browser_login(flyte, attack).token == Token("token-1")
    assert statuses == [400, 400, 400, 404]


def test_a_code_that_belongs_to_another_verifier_is_refused(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    stolen: list[str] = []

    def steal(url: str) -> None:
        _, location = get(url)
        query = parse_qs(urlsplit(location).query)
        stolen.append(query["code"][0])

    assert "nobody has logged in" in refusal(lambda: browser_login(flyte, steal, timeout=0.3))

    def inject(url: str) -> None:
        query = dict(parse_qsl(urlsplit(url).query))
        back = urlencode({"code": stolen[0], "state": query["state"]})
        get(f"{query['redirect_uri']}?{back}")

    details = refusal(lambda: browser_login(flyte, inject))
    assert details == "the identity provider refuses: invalid_grant"


def test_a_login_that_is_denied_says_so(flyte: NamingServer, provider: IdentityProvider) -> None:
    provider.denies = True
    details = refusal(lambda: browser_login(flyte))
    assert details == "the login failed: access_denied: not today"
    assert provider.grants() == []


def test_a_browser_that_nobody_uses_is_not_waited_for(flyte: NamingServer) -> None:
    details = refusal(lambda: browser_login(flyte, lambda _: None, timeout=0.2))
    assert details == "nobody has logged in within 0.2 seconds"


def test_a_connection_that_says_nothing_holds_nobody_up(flyte: NamingServer) -> None:
    import socket

    idle: list[socket.socket] = []

    def preconnect(url: str) -> None:
        redirect = urlsplit(dict(parse_qsl(urlsplit(url).query))["redirect_uri"])
        idle.append(socket.create_connection((redirect.hostname or "", redirect.port or 0)))
        browse(url)

    assert browser_login(flyte, preconnect).token == Token("token-1")
    idle[0].close()


@pytest.mark.parametrize("uri", ["https://localhost/callback", "http://example.com/callback", ""])
def test_a_redirect_to_elsewhere_is_refused(
    flyte: NamingServer, provider: IdentityProvider, uri: str
) -> None:
    provider.redirect_uri = uri
    details = refusal(lambda: browser_login(flyte))
    assert "which is not on this machine: use auth_mode DeviceFlow" in details


def test_a_redirect_port_that_is_taken_is_named(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.redirect_uri = provider.url + "/callback"
    details = refusal(lambda: browser_login(flyte))
    assert details.startswith(f"cannot listen at {provider.redirect_uri}: ")


def test_a_login_ends_with_its_connection(flyte: NamingServer) -> None:
    stop = threading.Event()
    login = BrowserLogin(provider_of(flyte), lambda _: None, lambda _: stop.set(), 600)
    assert "the login was given up" in refusal(lambda: login(Patience(stop)))


# ---- Device ----


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
    assert (path, form) == (
        "/device",
        {"client_id": "flytectl", "scope": "all offline", "audience": "https://flyte"},
    )
    assert provider.asked[1][1]["device_code"] == "the-device"


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
    assert hurry.waits == [5, 5, 5, 5]


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        ("expired_token", "nobody has logged in within 600 seconds"),
        ("access_denied", "the login was denied"),
        ("invalid_client", "the identity provider refuses: invalid_client"),
    ],
)
def test_a_device_login_that_fails_says_why(
    flyte: NamingServer, provider: IdentityProvider, error: str, problem: str
) -> None:
    provider.device_answers = ["authorization_pending", error]
    assert refusal(lambda: device_login(flyte, Hurry())) == problem


@pytest.mark.parametrize(
    ("status", "answer", "problem"),
    [
        (400, {"error": "unauthorized_client"}, "refuses: unauthorized_client"),
        (200, b"<html>", "/device answers something else than JSON"),
        (200, [], "/device gives no codes: HTTP 200"),
        (200, {"user_code": "A"}, "/device gives no codes: HTTP 200"),
        (307, {}, "/device gives no codes: HTTP 307"),
    ],
)
def test_an_answer_without_device_codes_is_an_error(
    flyte: NamingServer, provider: IdentityProvider, status: int, answer: object, problem: str
) -> None:
    provider.answer = lambda path, form: (status, answer)
    assert problem in refusal(lambda: device_login(flyte, Hurry()))
    assert len(provider.asked) == 1


def test_waiting_ends_when_the_connection_is_closed() -> None:
    stop = threading.Event()
    stop.set()
    assert "the login was given up" in refusal(lambda: Patience(stop).wait(600))


# ---- Provider ----


@pytest.mark.parametrize(
    ("status", "answer", "problem"),
    [
        (200, {"token_type": "Bearer"}, "there is no access_token in its answer"),
        (200, {"access_token": "a b"}, "characters that no token can have"),
        (200, b"<html>", "answers something else than JSON"),
        (400, {"error": "invalid_grant", "error_description": "gone"}, "invalid_grant: gone"),
        (503, b"oops", "/token gives no answer: HTTP 503"),
        (307, {}, "there is no access_token in its answer"),
    ],
)
def test_an_answer_without_a_token_is_an_error_that_shows_no_secret(
    flyte: NamingServer, provider: IdentityProvider, status: int, answer: object, problem: str
) -> None:
    provider.answer = lambda path, form: (status, answer)
    details = refusal(lambda: provider_of(flyte).refresh(Secret("hush")))
    assert problem in details
    assert "hush" not in details
    assert len(provider.asked) == 1


def test_a_provider_that_is_down_is_named(flyte: NamingServer) -> None:
    flyte.names.provider = down = IdentityProvider()
    down.close()
    details = refusal(lambda: provider_of(flyte).refresh(Secret("hush")))
    assert details == f"{down.url}/token gives no answer: ConnectionError"


def test_a_provider_that_is_slow_is_not_waited_for(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    over = threading.Event()
    provider.answer = lambda path, form: (over.wait(30), (200, {}))[1]
    config = Config(flyte.endpoint, insecure=True)
    slow = Provider(config, Discovery(config, flyte.channel), lambda: NOW, timeout=0.2)
    details = refusal(lambda: slow.refresh(Secret("hush")))
    over.set()
    assert details == f"{provider.url}/token gives no answer: ReadTimeout"


def test_logins_go_through_the_http_proxy_that_is_set(flyte: NamingServer) -> None:
    proxy = IdentityProvider()
    proxy.answer = lambda path, form: (200, {"access_token": "through"})
    try:
        login = provider_of(flyte, http_proxy_url=proxy.url).refresh(Secret("r"))
    finally:
        proxy.close()
    assert login == Login(Token("through"), Secret("r"))
    assert [path for path, _ in proxy.asked] == [f"{flyte.names.provider.url}/token"]


def over_tls(flyte: NamingServer, config: Config) -> Login:
    discovery = Discovery(config, flyte.channel)
    return Provider(config, discovery, lambda: NOW).refresh(Secret("hush"))


def test_a_provider_is_trusted_by_the_ca_file(
    flyte: NamingServer, tls_provider: IdentityProvider, ca_file: str
) -> None:
    tls_provider.refresh_tokens.add("hush")
    assert "gives no answer: SSLError" in refusal(lambda: over_tls(flyte, Config("127.0.0.1")))
    login = over_tls(flyte, Config("127.0.0.1", ca_cert_file=ca_file))
    assert login.token == Token("token-1")


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_verification_is_skipped_for_the_host_of_the_flyte_server_alone(
    flyte: NamingServer, tls_provider: IdentityProvider
) -> None:
    tls_provider.refresh_tokens.add("hush")
    other = Config("flyte.example.com", insecure_skip_verify=True)
    assert "gives no answer: SSLError" in refusal(lambda: over_tls(flyte, other))
    same = Config("127.0.0.1", insecure_skip_verify=True)
    assert over_tls(flyte, same).token == Token("token-1")


def test_without_the_extra_the_error_says_what_to_install(
    flyte: NamingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "authlib.integrations.requests_client", None)
    with pytest.raises(FlyteConfigError, match=r"pip install 'flytebind\[auth\]'"):
        provider_of(flyte).refresh(Secret("hush"))


# ---- Remembering and refreshing ----


class Person:
    """Logs in when asked, and counts."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.logins = 0

    def __call__(self, patience: Patience) -> Login:
        self.logins += 1
        return self._provider.poll_device("the-device")


def source_of(flyte: NamingServer) -> tuple[LoginSource, Person]:
    provider = provider_of(flyte)
    person = Person(provider)
    return LoginSource(provider, person, TokenStore("flyte.example.com")), person


def test_a_login_is_refreshed_without_another(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    source, person = source_of(flyte)
    assert [source.fetch().reveal() for _ in range(3)] == ["token-1", "token-2", "token-3"]
    assert person.logins == 1
    assert provider.grants() == ["device_code", "refresh_token", "refresh_token"]


def test_a_refresh_that_is_refused_leads_to_a_login(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    source, person = source_of(flyte)
    source.fetch()
    provider.refresh_tokens.clear()
    assert source.fetch().reveal() == "token-2"
    assert person.logins == 2


def test_a_refresh_that_fails_otherwise_asks_nobody_to_log_in(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    source, person = source_of(flyte)
    source.fetch()
    provider.answer = lambda path, form: (503, b"")
    assert "HTTP 503" in refusal(source.fetch)
    assert person.logins == 1
    provider.answer = None
    assert source.fetch().reveal() == "token-2"


def test_without_refresh_tokens_every_renewal_is_a_login(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.gives_refresh_tokens = False
    source, person = source_of(flyte)
    source.fetch()
    source.fetch()
    assert person.logins == 2


def test_a_refresh_token_outlives_answers_that_have_none(
    flyte: NamingServer, provider: IdentityProvider, ring: Keyring
) -> None:
    source, person = source_of(flyte)
    source.fetch()
    provider.answer = lambda path, form: (200, {"access_token": "second"})
    assert source.fetch().reveal() == "second"
    provider.answer = None
    assert source.fetch().reveal() == "token-2"
    assert person.logins == 1


def test_a_login_is_remembered_under_the_names_of_flytekit(
    flyte: NamingServer, ring: Keyring
) -> None:
    source_of(flyte)[0].fetch()
    assert ring.held == {
        ("flyte.example.com", "access_token"): "token-1",
        ("flyte.example.com", "refresh_token"): "refresh-1",
    }


def test_a_remembered_token_needs_no_login_and_one_that_is_refused_is_refreshed(
    flyte: NamingServer,
) -> None:
    source_of(flyte)[0].fetch()
    source, person = source_of(flyte)  # another process
    assert [source.fetch().reveal() for _ in range(2)] == ["token-1", "token-2"]
    assert person.logins == 0


def test_what_another_process_has_renewed_is_taken(flyte: NamingServer, ring: Keyring) -> None:
    source, person = source_of(flyte)
    source.fetch()
    source_of(flyte)[0].fetch()
    other, _ = source_of(flyte)
    other.fetch()
    other.fetch()
    assert source.fetch().reveal() == "token-2"
    assert person.logins == 1


def test_a_remembered_token_that_has_ended_is_refreshed(
    flyte: NamingServer, provider: IdentityProvider, ring: Keyring
) -> None:
    ring.held["flyte.example.com", "access_token"] = jwt({"exp": NOW - 1})
    ring.held["flyte.example.com", "refresh_token"] = "r"
    provider.refresh_tokens.add("r")
    source, person = source_of(flyte)
    assert source.fetch().reveal() == "token-1"
    assert person.logins == 0


def test_a_remembered_token_that_is_none_is_left_alone(flyte: NamingServer, ring: Keyring) -> None:
    ring.held["flyte.example.com", "access_token"] = "no token\n"
    assert source_of(flyte)[0].fetch().reveal() == "token-1"


def test_a_login_without_refresh_token_forgets_the_old_one(
    flyte: NamingServer, provider: IdentityProvider, ring: Keyring
) -> None:
    source, _ = source_of(flyte)
    source.fetch()
    provider.refresh_tokens.clear()
    provider.gives_refresh_tokens = False
    source.fetch()
    assert ring.held == {("flyte.example.com", "access_token"): "token-2"}


@pytest.mark.parametrize("error", [KeyringError("hush"), OSError("hush"), RuntimeError("hush")])
def test_without_a_keyring_the_login_lives_in_memory_and_is_warned_about_once(
    flyte: NamingServer, ring: Keyring, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    ring.error = error
    source, person = source_of(flyte)
    assert [source.fetch().reveal() for _ in range(3)] == ["token-1", "token-2", "token-3"]
    assert person.logins == 1
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert warnings == [
        "the login is remembered in this process only: the keyring fails with "
        + type(error).__name__
    ]


def test_a_machine_without_the_keyring_package_does_without(
    flyte: NamingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    source, _ = source_of(flyte)
    assert [source.fetch().reveal() for _ in range(2)] == ["token-1", "token-2"]


def test_no_secret_is_logged(flyte: NamingServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    login = browser_login(flyte)
    source, _ = source_of(flyte)
    source.fetch()
    source.fetch()
    assert login.refresh_token is not None
    for secret in ("token-1", "refresh-1", login.refresh_token.reveal()):
        assert secret not in caplog.text
        assert secret not in f"{login}{vars(source)}"


@pytest.mark.parametrize(
    ("mode", "path"), [(AuthMode.PKCE, BrowserLogin), (AuthMode.DEVICE_FLOW, DeviceLogin)]
)
def test_the_mode_chooses_the_login(flyte: NamingServer, mode: AuthMode, path: type) -> None:
    config = Config(flyte.endpoint, insecure=True)
    source = login_source(mode, config, Discovery(config, flyte.channel), lambda: NOW)
    assert type(source._log_in) is path


def test_many_threads_log_in_once_and_the_header_is_the_servers(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    config = Config(flyte.endpoint, insecure=True)
    discovery = Discovery(config, flyte.channel)
    own = Provider(config, discovery, lambda: NOW)
    person = Person(own)
    source = LoginSource(own, person, TokenStore(config.endpoint))
    credentials = Credentials(
        source, lambda: discovery.metadata_key, eager=False, clock=lambda: NOW
    )
    barrier = threading.Barrier(64)

    def renew(_: int) -> Token:
        barrier.wait(30)
        return credentials.renew()

    with ThreadPoolExecutor(64) as pool:
        tokens = set(pool.map(renew, range(64)))
    assert tokens == {Token("token-1")}
    assert person.logins == 1
    assert credentials.header(tokens.pop()) == ("flyte-authorization", "Bearer token-1")
    assert cast("Token", credentials.fresh()).expires_at == NOW + 3600
