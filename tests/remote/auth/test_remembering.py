from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

import pytest
from keyring.errors import KeyringError

from flytebind.remote import FlyteRemote
from flytebind.remote.auth import Credentials, Token
from flytebind.remote.auth._discovery import Discovery
from flytebind.remote.auth._login import login_source, source as sources, turns
from flytebind.remote.auth._login.browser import BrowserLogin
from flytebind.remote.auth._login.clock import CancellableClock
from flytebind.remote.auth._login.device import DeviceLogin
from flytebind.remote.auth._login.provider import Provider
from flytebind.remote.auth._login.source import LoginSource
from flytebind.remote.auth._oauth import Login, OAuth
from flytebind.remote.auth._tokens import Renewal
from flytebind.remote.config import AuthMode
from flytebind.remote.errors import FlyteCallError
from tests.remote.auth import recorded
from tests.remote.auth.identity import IdentityProvider, NamingServer, jwt
from tests.remote.auth.logins import NOW, absence, clock, config_of, provider_of, refusal
from tests.remote.auth.recorded import Recorded
from tests.remote.auth.rings import MemoryRing
from tests.remote.auth.waiting import eventually


class Person:
    """Logs in when asked, and counts."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.logins = 0

    def __call__(self, clock: CancellableClock) -> Login:
        self.logins += 1
        return self._provider.poll_device("the-device", "")


class Process(NamedTuple):
    """What one process has: a source, and a person before it."""

    source: LoginSource
    person: Person

    def fetch(self, rejected: Token | None = None) -> str:
        return self.source.renew(Renewal(rejected, rejected=rejected is not None)).reveal()


class Start(Protocol):
    def __call__(self, **settings: Any) -> Process: ...


@pytest.fixture
def start(flyte: NamingServer) -> Start:
    """Begin a new process, as far as what is remembered is concerned."""

    def start(**settings: Any) -> Process:
        sources._accounts.clear()
        return remote_of(flyte, **settings)

    return start


def remote_of(flyte: NamingServer, **settings: Any) -> Process:
    provider = provider_of(flyte, **settings)
    person = Person(provider)
    source = LoginSource(flyte.endpoint, provider, person, lambda: NOW, lambda _: None)
    return Process(source, person)


def account(flyte: NamingServer) -> str:
    """The name of what is remembered."""
    return json.dumps([flyte.endpoint, "flytectl", ["all", "offline"], "https://flyte"])


def remember(
    ring: MemoryRing, flyte: NamingServer, token: str, refresh: str | None, end: float | None = None
) -> None:
    """What an earlier process has left."""
    entry = {"access_token": token, "refresh_token": refresh, "expires_at": end}
    ring.held["flytebind", account(flyte)] = json.dumps(entry)


# ---- As few logins as possible ----


def test_a_login_is_refreshed_without_another(start: Start, provider: IdentityProvider) -> None:
    process = start()
    tokens = [process.fetch()]
    for _ in range(2):
        tokens.append(process.fetch(Token(tokens[-1])))
    assert tokens == ["token-1", "token-2", "token-3"]
    assert process.person.logins == 1
    assert provider.grants() == ["device_code", "refresh_token", "refresh_token"]


def test_scopes_that_were_granted_in_part_cost_no_login(
    start: Start, provider: IdentityProvider
) -> None:
    provider.grants_scopes = {"all"}  # and not "offline", which the server's client asks for
    process = start()
    first = process.fetch()
    assert process.fetch(Token(first)) == "token-2"
    assert process.person.logins == 1


DEAD_OF_FLYTE = recorded.answer("flyteadmin", "refresh_token", "server_error")
DEAD = [
    recorded.answer("keycloak", "refresh_token", "invalid_grant", "Maximum"),
    recorded.answer("keycloak", "refresh_token", "invalid_grant", "Session doesn't have"),
    recorded.answer("keycloak", "refresh_token", "invalid_grant", "Session not active"),
    recorded.answer("oidc-provider", "refresh_token", "invalid_grant"),
    recorded.answer("oidc-provider", "refresh_token", "invalid_scope"),
    Recorded(403, "", b'{"error": "invalid_grant"}'),  # as Auth0 has it
    Recorded(400, "", b'{"error": "interaction_required"}'),
    Recorded(400, "", b'{"error": "unauthorized_client"}'),
    Recorded(400, "", b'{"error": "unsupported_grant_type"}'),
]


@pytest.mark.parametrize("answer", DEAD, ids=str)
def test_a_refresh_token_that_is_good_for_nothing_leads_to_a_login(
    start: Start, provider: IdentityProvider, answer: Recorded
) -> None:
    process = start()
    process.fetch()
    provider.failures["refresh_token"] = [answer]
    assert process.fetch(Token("token-1")) == "token-2"
    assert process.person.logins == 2


PASSING = [
    *(each for each in recorded.failures("refresh_token") if each.status != 403),
    Recorded(500, "text/html", b"<html>"),
    recorded.answer("flyteadmin", "refresh_token", "server_error"),
]
LASTING = [
    *(each for each in recorded.failures("refresh_token") if each.status == 403),
    recorded.answer("oidc-provider", "refresh_token", "invalid_client"),
    recorded.answer("keycloak", "client_credentials", "unauthorized_client"),
    Recorded(200, "text/html", b"<html>please accept our terms</html>"),
    Recorded(404, "text/html", b"<html>"),
]


@pytest.mark.parametrize("failure", [*PASSING, *LASTING], ids=str)
def test_a_refresh_that_fails_otherwise_is_an_error_and_asks_nobody_to_log_in(
    start: Start, provider: IdentityProvider, failure: Recorded
) -> None:
    process = start()
    process.fetch()
    provider.failures["refresh_token"] = [failure]
    tell = absence if failure in PASSING else refusal
    assert f"{provider.url}/token" in tell(lambda: process.fetch(Token("token-1")))
    assert process.person.logins == 1
    assert process.fetch(Token("token-1")) == "token-2"
    assert process.person.logins == 1


def test_a_dead_refresh_token_that_flyteadmin_itself_has_no_word_for_leads_to_a_login(
    start: Start, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_PAUSE", 0.01)
    provider.is_flytes_own = True
    process = start()
    process.fetch()
    provider.refresh_tokens.clear()
    assert process.fetch(Token("token-1")) == "token-2"
    assert process.person.logins == 2
    assert provider.grants()[1:3] == ["refresh_token"] * 2  # it is asked twice


def test_a_moment_of_trouble_of_flyteadmin_itself_costs_no_login(
    start: Start, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_PAUSE", 0.01)
    provider.is_flytes_own = True
    process = start()
    process.fetch()
    provider.failures["refresh_token"] = [DEAD_OF_FLYTE]
    assert process.fetch(Token("token-1")) == "token-2"
    assert process.person.logins == 1


@pytest.mark.parametrize("answer", [DEAD[0], DEAD_OF_FLYTE, PASSING[0]], ids=str)
def test_ahead_of_time_nobody_is_asked_to_log_in(
    start: Start, provider: IdentityProvider, answer: Recorded
) -> None:
    provider.is_flytes_own = answer is DEAD_OF_FLYTE
    process = start()
    held = Token(process.fetch())
    provider.failures["refresh_token"] = [answer] * 2
    with pytest.raises(FlyteCallError):
        process.source.renew(Renewal(held, ahead=True))
    assert process.person.logins == 1
    assert len(provider.grants()) == 2


def test_without_refresh_tokens_every_renewal_is_a_login(
    start: Start, provider: IdentityProvider
) -> None:
    provider.gives_refresh_tokens = False
    process = start()
    process.fetch(Token(process.fetch()))
    assert process.person.logins == 2


def test_a_refresh_token_outlives_answers_that_have_none(
    start: Start, provider: IdentityProvider
) -> None:
    process = start()
    process.fetch()
    provider.answer = lambda path, form: (200, {"access_token": "second"})
    assert process.fetch(Token("token-1")) == "second"
    provider.answer = None
    assert process.fetch(Token("second")) == "token-2"
    assert process.person.logins == 1


# ---- What is remembered ----


def test_a_login_is_remembered_for_what_it_was_made_for(
    start: Start, flyte: NamingServer, ring: MemoryRing
) -> None:
    start().fetch()
    assert ring.entries() == {
        account(flyte): {
            "access_token": "token-1",
            "refresh_token": "refresh-1",
            "expires_at": NOW + 3600,
        }
    }


@pytest.mark.parametrize(
    "settings",
    [
        {"scopes": ("other",)},
        {"audience": "other"},
        {"client_id": "other"},
    ],
)
def test_a_login_for_something_else_is_another_login(
    start: Start, provider: IdentityProvider, ring: MemoryRing, settings: dict[str, Any]
) -> None:
    start().fetch()
    provider.answer = lambda path, form: (200, {"access_token": "other"})
    other = start(**settings)
    assert other.fetch() == "other"
    assert other.person.logins == 1
    provider.answer = None
    assert start().fetch() == "token-1"
    assert len(ring.held) == 2


def test_a_remembered_token_needs_no_login_and_one_that_is_refused_is_refreshed(
    start: Start,
) -> None:
    start().fetch()
    process = start()
    first = process.fetch()
    assert (first, process.fetch(Token(first))) == ("token-1", "token-2")
    assert process.person.logins == 0


def test_what_another_process_has_renewed_is_taken(start: Start) -> None:
    process, other = start(), start()
    held = process.fetch()
    assert other.fetch() == held
    renewed = other.fetch(Token(held))
    assert process.fetch(Token(held)) == renewed == "token-2"
    assert process.person.logins + other.person.logins == 1


def test_what_another_process_renews_meanwhile_without_taking_turns_is_taken(
    start: Start, flyte: NamingServer, provider: IdentityProvider, ring: MemoryRing
) -> None:
    process = start()
    process.fetch()

    def answer(path: str, form: dict[str, str]) -> tuple[int, object]:
        provider.answer = None
        remember(ring, flyte, "token-of-another", "refresh-of-another")
        return 400, {"error": "invalid_grant"}

    provider.answer = answer
    assert process.fetch(Token("token-1")) == "token-of-another"
    assert process.person.logins == 1


def test_the_remotes_of_a_process_share_one_login(
    start: Start, flyte: NamingServer, provider: IdentityProvider, ring: MemoryRing
) -> None:
    ring.error = KeyringError()  # even without a keyring
    first, second = start(), remote_of(flyte)
    barrier = threading.Barrier(2)

    def fetch(process: Process, rejected: Token | None) -> str:
        barrier.wait(30)
        return process.fetch(rejected)

    with ThreadPoolExecutor(2) as pool:
        for number in (1, 2, 3):
            held = Token(f"token-{number - 1}") if number > 1 else None
            tokens = pool.map(fetch, (first, second), (held, held))
            assert set(tokens) == {f"token-{number}"}
    assert first.person.logins + second.person.logins == 1
    assert provider.grants() == ["device_code", "refresh_token", "refresh_token"]
    assert provider.reuses == 0


@pytest.mark.parametrize(
    ("token", "end"), [(jwt({"exp": NOW - 1}), None), ("opaque", NOW - 1)], ids=["jwt", "opaque"]
)
def test_a_remembered_token_that_has_ended_is_refreshed(
    start: Start,
    flyte: NamingServer,
    provider: IdentityProvider,
    ring: MemoryRing,
    token: str,
    end: float | None,
) -> None:
    remember(ring, flyte, token, "r", end)
    provider.refresh_tokens.add("r")
    process = start()
    assert process.fetch() == "token-1"
    assert process.person.logins == 0


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        "7",
        "{}",
        '{"access_token": 7, "refresh_token": null, "expires_at": null}',
        '{"access_token": "no token\\n", "refresh_token": null, "expires_at": null}',
    ],
)
def test_a_damaged_entry_is_written_anew(
    start: Start, flyte: NamingServer, ring: MemoryRing, text: str
) -> None:
    ring.held["flytebind", account(flyte)] = text
    assert start().fetch() == "token-1"
    assert start().fetch() == "token-1"


def test_a_login_without_refresh_token_forgets_the_old_one(
    start: Start, flyte: NamingServer, provider: IdentityProvider, ring: MemoryRing
) -> None:
    process = start()
    process.fetch()
    provider.refresh_tokens.clear()
    provider.gives_refresh_tokens = False
    process.fetch(Token("token-1"))
    assert ring.entries()[account(flyte)]["refresh_token"] is None


@pytest.mark.parametrize("error", [KeyringError("hush"), OSError("hush"), RuntimeError("hush")])
def test_without_a_keyring_the_login_lives_in_memory_and_is_warned_about_once(
    start: Start, ring: MemoryRing, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    ring.error = error
    process = start()
    tokens = [process.fetch()]
    for _ in range(2):
        tokens.append(process.fetch(Token(tokens[-1])))
    assert tokens == ["token-1", "token-2", "token-3"]
    assert process.person.logins == 1
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert warnings == [
        "the login is remembered in this process only: the keyring fails with "
        + type(error).__name__
    ]


@pytest.mark.parametrize("missing", ["keyring", "filelock"])
def test_a_machine_without_the_extra_does_without(
    start: Start, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    process = start()
    assert process.fetch(Token(process.fetch())) == "token-2"
    assert process.person.logins == 1


def test_a_home_that_cannot_be_written_to_is_done_without(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "file"))
    assert start().fetch() == "token-1"


def test_a_turn_that_another_process_has_is_waited_for_and_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_TOLD_AFTER", 0.0)
    shown: list[str] = []
    inside = threading.Event()
    # Each has locks of its own, as another process would have; what they share is the file.
    first, second = (turns.Turns("name", str(tmp_path)) for _ in range(2))

    def take() -> None:
        with second.turn(clock(), shown.append, among_processes=True):
            inside.set()

    with ThreadPoolExecutor(1) as pool:
        with first.turn(clock(), shown.append, among_processes=True):
            taken = pool.submit(take)
            eventually(lambda: shown != [])
            assert not inside.is_set()
        taken.result(30)
    assert shown == ["Waiting for another program that is logging in to Flyte"]


@pytest.mark.skipif(os.name == "nt", reason="has no modes of this kind")
def test_no_other_user_can_put_anything_in_the_place_of_a_lock(home: Path) -> None:
    umask = os.umask(0)
    try:
        with turns.Turns("name").turn(clock(), print, among_processes=True):
            pass
    finally:
        os.umask(umask)
    assert (home / ".flyte" / "locks").stat().st_mode & 0o777 == 0o700


def test_without_a_keyring_no_program_waits_for_another(
    start: Start, flyte: NamingServer, ring: MemoryRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_LONGEST", 3.0)
    ring.error = KeyringError()
    other = turns.Turns(account(flyte))
    with other.turn(clock(), print, among_processes=True):
        assert start().fetch() == "token-1"


def test_a_turn_is_not_waited_for_when_nobody_is_interested_any_more(tmp_path: Path) -> None:
    first, second = (turns.Turns("name", str(tmp_path)) for _ in range(2))
    stop = threading.Event()
    stop.set()
    waiting = second.turn(CancellableClock(stop), print, among_processes=True)
    with first.turn(clock(), print, among_processes=True):
        assert "the login was given up" in refusal(waiting.__enter__)
    with second.turn(clock(), print, among_processes=True):
        pass  # what was not waited for is not held either


def test_no_secret_is_logged(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    process = start()
    process.fetch(Token(process.fetch()))
    for secret in ("token-1", "refresh-1"):
        assert secret not in caplog.text
        assert secret not in f"{vars(process.source)}{sources._accounts}"


# ---- In a connection ----


@pytest.mark.parametrize(
    ("mode", "path"), [(AuthMode.PKCE, BrowserLogin), (AuthMode.DEVICE_FLOW, DeviceLogin)]
)
def test_the_mode_chooses_the_login(flyte: NamingServer, mode: AuthMode, path: type) -> None:
    config = config_of(flyte)
    discovery = Discovery(config, flyte.channel)
    source = login_source(mode, config, discovery, OAuth(config, discovery), lambda: NOW)
    assert type(source._log_in) is path


def test_many_threads_log_in_once_and_the_header_is_the_servers(
    flyte: NamingServer, start: Start
) -> None:
    process = start()
    discovery = process.source._provider.discovery
    credentials = Credentials(
        process.source, lambda: discovery.metadata_key, eager=False, clock=lambda: NOW
    )
    barrier = threading.Barrier(64)

    def renew(_: int) -> Token:
        barrier.wait(30)
        return credentials.renew()

    with ThreadPoolExecutor(64) as pool:
        tokens = set(pool.map(renew, range(64)))
    assert tokens == {Token("token-1")}
    assert process.person.logins == 1
    assert credentials.header(tokens.pop()) == ("flyte-authorization", "Bearer token-1")
    assert cast("Token", credentials.fresh()).expires_at == NOW + 3600


def test_a_remembered_token_that_the_server_refuses_costs_no_call(
    flyte: NamingServer, provider: IdentityProvider, ring: MemoryRing
) -> None:
    remember(ring, flyte, "of-old-keys", "r", time.time() + 3600)
    provider.refresh_tokens.add("r")
    config = config_of(flyte, auth_mode=AuthMode.DEVICE_FLOW)
    with FlyteRemote(config) as remote:
        assert list(remote.list_projects()) == []
    assert flyte.guarded.shown == ["", "of-old-keys", "token-1"]
    assert provider.logins == 0
