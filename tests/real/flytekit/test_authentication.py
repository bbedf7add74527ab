"""flytekit's own authenticators log in to the sandbox."""

from __future__ import annotations

import socket
import sys
import threading
import webbrowser
from collections.abc import Iterator
from datetime import timedelta

import click
import keyring
import pytest
from flytekit.configuration import AuthType
from keyring.backend import KeyringBackend

from flytebind.sandbox import AuthSettings, Sandbox
from tests.real.flytekit.clients import PROJECT, connect
from tests.support.browser import browse


class Keyring(KeyringBackend):
    """Keeps passwords in memory."""

    priority = 1.0  # type: ignore[unused-ignore, assignment] # a property there

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


@pytest.fixture(autouse=True)
def ring() -> Iterator[Keyring]:
    before, ring = keyring.get_keyring(), Keyring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that flytekit has opened in a browser, which goes where it is sent."""
    pages: list[str] = []

    def open_page(url: str) -> bool:
        pages.append(url)
        # flytekit listens only after this.
        threading.Thread(target=browse, args=(url,), daemon=True).start()
        return True

    monkeypatch.setattr(webbrowser, "open_new_tab", open_page)
    return pages


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def with_redirect() -> AuthSettings:
    """With a redirect_uri of our own: other tests may log in at the same time."""
    return AuthSettings(redirect_uri=f"http://localhost:{free_port()}/callback")


def test_a_client_secret_logs_in() -> None:
    with Sandbox(auth=True) as sandbox:
        remote = connect(
            sandbox,
            auth_mode=AuthType.CLIENTSECRET,
            client_id="flytebind",
            client_credentials_secret="secret",
        )
        assert [project.id for project in remote.client.list_projects_paginated(limit=5)[0]] == [
            PROJECT
        ]


def test_a_command_logs_in() -> None:
    with Sandbox(auth=True) as sandbox:
        assert sandbox.tokens is not None
        command = [sys.executable, "-c", f"print({sandbox.tokens.issue_token('ada')!r})"]
        remote = connect(sandbox, auth_mode=AuthType.EXTERNALCOMMAND, command=command)
        assert remote.client.list_projects_paginated(limit=5)[0]


def test_a_browser_logs_in_and_later_logins_need_none(opened: list[str], ring: Keyring) -> None:
    with Sandbox(auth=with_redirect()) as sandbox:
        for _ in range(2):
            remote = connect(sandbox, auth_mode=AuthType.PKCE)
            assert remote.client.list_projects_paginated(limit=5)[0]
        assert len(opened) == 1
        # The token ends, and the refresh token brings another one.
        sandbox.clock.advance(timedelta(minutes=31))
        assert remote.client.list_projects_paginated(limit=5)[0]
        assert len(opened) == 1
        assert {name for _, name in ring.held} == {"access_token", "refresh_token"}


def test_a_device_logs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = AuthSettings(device_login=True, device_interval=timedelta(0))
    with Sandbox(auth=settings) as sandbox:

        def read(text: str) -> None:
            browse(click.unstyle(text).rpartition(" ")[2])

        monkeypatch.setattr(click, "secho", read)
        remote = connect(sandbox, auth_mode=AuthType.DEVICEFLOW)
        assert remote.client.list_projects_paginated(limit=5)[0]
