from __future__ import annotations

import http.client
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from flytebind.remote.auth import Token
from flytebind.remote.auth._login import browser
from flytebind.remote.auth._login.browser import BrowserLogin
from flytebind.remote.auth._login.clock import CancellableClock
from flytebind.remote.auth._oauth import Login
from flytebind.remote.config import Secret
from tests.remote.auth.identity import IdentityProvider, NamingServer
from tests.remote.auth.logins import NOW, clock, provider_of, refusal
from tests.remote.auth.people import Browser
from tests.remote.auth.waiting import eventually


def get(url: str) -> int:
    """Fetch a page, and go nowhere else; returns its status."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        return connection.getresponse().status
    finally:
        connection.close()


def browse(url: str) -> bool:
    """Do what a browser and its person do."""
    assert Browser().visit(url).status == 200
    return True


def opening(action: Callable[[str], object]) -> Callable[[str], bool]:
    """Do something else instead, which goes well."""

    def open_browser(url: str) -> bool:
        action(url)
        return True

    return open_browser


def browser_login(
    flyte: NamingServer,
    open_browser: Callable[[str], bool] = browse,
    timeout: float = 30.0,
    port_timeout: float = 30.0,
    **settings: Any,
) -> Login:
    provider = provider_of(flyte, **settings)
    login = BrowserLogin(provider, lambda _: None, open_browser, timeout, port_timeout)
    return login(clock())


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

    def open_browser(url: str) -> bool:
        opened.append(url)
        return browse(url)

    BrowserLogin(provider_of(flyte), shown.append, open_browser)(clock())
    assert shown == [f"To log in to Flyte, open {opened[0]}"]


def test_what_comes_back_with_another_state_or_to_another_path_is_not_listened_to(
    flyte: NamingServer,
) -> None:
    statuses: list[int] = []

    def attack(url: str) -> bool:
        redirect = dict(parse_qsl(urlsplit(url).query))["redirect_uri"]
        forged = (
            f"{redirect}?{urlencode({'code': 'evil', 'state': 'guessed'})}",
            f"{redirect}?code=evil",
            f"{redirect}?error=access_denied",
            redirect.replace("/callback", "/favicon.ico"),
        )
        statuses.extend(get(each) for each in forged)
        return browse(url)

    assert browser_login(flyte, attack).token == Token("token-1")
    assert statuses == [400, 400, 400, 404]


def test_a_code_that_belongs_to_another_verifier_is_refused(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    begun: list[str] = []
    assert "nobody has logged in" in refusal(
        lambda: browser_login(flyte, opening(begun.append), timeout=0.2)
    )
    page = provider._begin(dict(parse_qsl(urlsplit(begun[0]).query)))
    stolen = parse_qs(urlsplit(provider._decide(dict(parse_qsl(page)))).query)["code"][0]

    def inject(url: str) -> bool:
        query = dict(parse_qsl(urlsplit(url).query))
        back = urlencode({"code": stolen, "state": query["state"]})
        return get(f"{query['redirect_uri']}?{back}") == 200

    details = refusal(lambda: browser_login(flyte, inject))
    assert details.endswith(
        "/token gives no token: HTTP 400: invalid_grant: grant request is invalid"
    )


def test_a_login_that_is_denied_says_so_here_and_on_the_page(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.denies = True
    pages: list[str] = []

    def open_browser(url: str) -> bool:
        pages.append(Browser().visit(url).text)
        return True

    reason = "the login failed: access_denied: End-User aborted interaction"
    assert refusal(lambda: browser_login(flyte, open_browser)) == reason
    eventually(lambda: pages != [])
    assert pages[0].startswith(f"T{reason[1:]}\n")
    assert provider.grants() == []


def test_an_answer_without_a_code_ends_the_login(flyte: NamingServer) -> None:
    def open_browser(url: str) -> bool:
        query = dict(parse_qsl(urlsplit(url).query))
        return get(f"{query['redirect_uri']}?{urlencode({'state': query['state']})}") == 200

    assert refusal(lambda: browser_login(flyte, open_browser)) == (
        "the login failed: there is no code"
    )


def test_a_browser_that_nobody_uses_is_not_waited_for(flyte: NamingServer) -> None:
    details = refusal(lambda: browser_login(flyte, lambda _: True, timeout=0.2))
    assert details.startswith("nobody has logged in within 0.2 seconds; on a machine without a")
    assert "DeviceFlow" in details


def fails(url: str) -> bool:
    raise OSError("no such program")


@pytest.mark.parametrize("open_browser", [lambda _: False, fails], ids=["none", "error"])
def test_a_machine_without_a_browser_is_pointed_to_the_device_flow(
    flyte: NamingServer, open_browser: Callable[[str], bool]
) -> None:
    shown: list[str] = []
    login = BrowserLogin(provider_of(flyte), shown.append, open_browser, timeout=0.5)
    refusal(lambda: login(clock()))
    assert len(shown) == 2
    assert shown[1].startswith("No browser can be opened here; on a machine without a browser set")
    assert "FLYTE_CREDENTIALS_AUTH_MODE" in shown[1]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="they always have a screen")
def test_a_browser_made_of_text_does_not_take_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opening(opened.append))
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    assert not browser._open_browser("http://x")
    monkeypatch.setenv("BROWSER", "w3m")  # somebody wants it
    assert browser._open_browser("http://x")
    assert opened == ["http://x"]


def test_a_connection_that_says_nothing_holds_nobody_up(flyte: NamingServer) -> None:
    idle: list[socket.socket] = []

    def preconnect(url: str) -> bool:
        redirect = urlsplit(dict(parse_qsl(urlsplit(url).query))["redirect_uri"])
        idle.append(socket.create_connection((redirect.hostname or "", redirect.port or 0)))
        return browse(url)

    assert browser_login(flyte, preconnect).token == Token("token-1")
    idle[0].close()


@pytest.mark.parametrize("uri", ["https://localhost/callback", "http://example.com/callback", ""])
def test_a_redirect_to_elsewhere_is_refused(
    flyte: NamingServer, provider: IdentityProvider, uri: str
) -> None:
    provider.redirect_uri = uri
    details = refusal(lambda: browser_login(flyte))
    assert "which is not on this machine: use auth_mode DeviceFlow" in details


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_second_login_at_the_same_port_follows_the_first_at_once(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.redirect_uri = f"http://localhost:{free_port()}/callback"
    # Connections of the first are still winding up (TIME_WAIT), which keeps the port for a minute.
    for number in (1, 2, 3):
        login = browser_login(flyte, port_timeout=0)
        assert login.token == Token(f"token-{number}")


def test_a_login_that_was_given_up_gives_up_its_port(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.redirect_uri = f"http://localhost:{free_port()}/callback"
    stop = threading.Event()
    login = BrowserLogin(provider_of(flyte), lambda _: None, opening(lambda _: stop.set()))
    assert "the login was given up" in refusal(lambda: login(CancellableClock(stop)))
    assert browser_login(flyte, port_timeout=0).token == Token("token-1")


def test_a_login_waits_for_the_port_while_another_one_goes_on(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.redirect_uri = f"http://localhost:{free_port()}/callback"
    opened, go = threading.Event(), threading.Event()

    def linger(url: str) -> bool:
        opened.set()
        return go.wait(30) and browse(url)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(browser_login, flyte, linger)
        assert opened.wait(30)
        shown: list[str] = []

        def show(message: str) -> None:
            shown.append(message)
            go.set()

        second = pool.submit(BrowserLogin(provider_of(flyte), show, browse), clock())
        assert {first.result(30).token, second.result(30).token} == {
            Token("token-1"),
            Token("token-2"),
        }
    assert shown[0].startswith("Waiting for port ")


def test_a_redirect_port_that_stays_taken_is_named(
    flyte: NamingServer, provider: IdentityProvider
) -> None:
    provider.redirect_uri = provider.url + "/callback"
    details = refusal(lambda: browser_login(flyte, port_timeout=0.2))
    assert details.startswith(f"cannot listen at {provider.redirect_uri}: ")


def test_a_login_ends_when_nobody_waits_for_it(flyte: NamingServer) -> None:
    stop = threading.Event()
    login = BrowserLogin(provider_of(flyte), lambda _: None, opening(lambda _: stop.set()))
    assert "the login was given up" in refusal(lambda: login(CancellableClock(stop)))


def test_an_authorization_endpoint_may_have_a_query_of_its_own(
    flyte: NamingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = provider_of(flyte)
    monkeypatch.setattr(provider.discovery, "endpoint", lambda _: "http://p/auth?tenant=a")
    query = parse_qs(urlsplit(provider.authorization_url("http://r", "s", "v")).query)
    assert query["tenant"] == ["a"]
    assert query["state"] == ["s"]


def test_a_client_with_a_secret_shows_it(flyte: NamingServer, provider: IdentityProvider) -> None:
    provider.client_secret = "se:cr et%"
    assert browser_login(flyte, client_secret="se:cr et%").token == Token("token-1")
    assert provider.headers[-1]["authorization"].startswith("Basic ")
    assert "client_secret" not in provider.asked[-1][1]
    flyte.names.auth_methods = ["client_secret_post"]
    assert browser_login(flyte, client_secret="se:cr et%").token == Token("token-2")
    assert "authorization" not in provider.headers[-1]
