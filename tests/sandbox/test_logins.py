"""flytebind's own remote logs in to the sandbox."""

from __future__ import annotations

import threading
import webbrowser
from collections.abc import Iterator
from datetime import timedelta

import keyring
import pytest

from flytebind.remote import Config, FlyteRemote
from flytebind.remote.config import AuthMode
from flytebind.sandbox import AuthSettings, Sandbox
from tests.remote.auth.rings import MemoryRing
from tests.support.browser import browse


@pytest.fixture(autouse=True)
def _no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(MemoryRing())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that were opened in a browser, which goes where it is sent."""
    pages: list[str] = []

    def open_page(url: str) -> bool:
        pages.append(url)
        threading.Thread(target=browse, args=(url,), daemon=True).start()
        return True

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "open", open_page)
    return pages


@pytest.mark.parametrize("status", [500, 400])
def test_a_browser_is_opened_again_when_the_refresh_token_has_expired(
    opened: list[str], status: int
) -> None:
    settings = AuthSettings(redirect_uri="http://localhost/callback", bad_refresh_status=status)
    with Sandbox(auth=settings) as sandbox:
        config = Config(sandbox.endpoint, insecure=True, auth_mode=AuthMode.PKCE)
        with FlyteRemote(config) as remote:
            assert list(remote.list_projects())
            sandbox.clock.advance(timedelta(minutes=31))
            assert list(remote.list_projects())
            assert len(opened) == 1
            sandbox.clock.advance(timedelta(minutes=61))
            assert list(remote.list_projects())
            assert len(opened) == 2
