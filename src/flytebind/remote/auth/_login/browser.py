"""Logs in with a browser on this machine (authorization code with PKCE, RFC 7636 and 8252)."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

from flytebind.remote.auth._login.callback import Callback, listening
from flytebind.remote.auth._login.clock import CancellableClock, notify
from flytebind.remote.auth._login.provider import Provider, new_secret
from flytebind.remote.auth._oauth import Login
from flytebind.remote.auth._tokens import refused

_TIMEOUT = 300.0
_PORT_TIMEOUT = 60.0
_STEP = 0.1
_HEADLESS = (
    "on a machine without a browser set auth_mode to DeviceFlow (admin.authType, or "
    "FLYTE_CREDENTIALS_AUTH_MODE)"
)


class BrowserLogin:
    """Opens a browser, and listens for what the provider sends back with it.

    Args:
        provider: The identity provider.
        show: Takes what the person should read.
        open_browser: Opens a URL, and returns whether it could; by default in the standard browser.
        timeout: How many seconds the person has.
        port_timeout: How many seconds to wait for the port, if somebody else listens there.
    """

    def __init__(
        self,
        provider: Provider,
        show: Callable[[str], None] = notify,
        open_browser: Callable[[str], bool] | None = None,
        timeout: float = _TIMEOUT,
        port_timeout: float = _PORT_TIMEOUT,
    ) -> None:
        self._provider = provider
        self._show = show
        self._open_browser = open_browser or _open_browser
        self._timeout = timeout
        self._port_timeout = port_timeout

    def __call__(self, clock: CancellableClock) -> Login:
        """Log in.

        Args:
            clock: Waits, and ends when the login is cancelled.

        Raises:
            FlyteAuthenticationError: If nobody does, or the provider says no.
            FlyteUnavailableError: If the provider is away.
        """
        state, verifier = new_secret(), new_secret()
        redirect = self._provider.discovery.client.redirect_uri
        with listening(redirect, state, clock, self._port_timeout, self._show) as (
            redirect_uri,
            answers,
        ):
            url = self._provider.authorization_url(redirect_uri, state, verifier)
            clock.take_long()
            self._show(f"To log in to Flyte, open {url}")
            # A browser without windows keeps whoever opens it waiting.
            threading.Thread(target=self._open, args=(url,), daemon=True).start()
            callback = self._await(answers, clock)
        if callback.error:
            raise refused(f"the login failed: {callback.error}")
        return self._provider.exchange(redirect_uri, callback.code, verifier)

    def _open(self, url: str) -> None:
        try:
            opened = self._open_browser(url)
        except Exception:  # webbrowser lets through what the system throws at it
            opened = False
        if not opened:
            self._show(f"No browser can be opened here; {_HEADLESS}")

    def _await(self, answers: SimpleQueue[Callback], clock: CancellableClock) -> Callback:
        end = clock.now() + self._timeout
        while clock.now() < end:
            try:
                return answers.get_nowait()
            except Empty:
                clock.wait(_STEP)
        raise refused(f"nobody has logged in within {self._timeout:g} seconds; {_HEADLESS}")


def _open_browser(url: str) -> bool:
    has_screen = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    if not has_screen and sys.platform not in ("darwin", "win32", "cygwin"):
        return False  # what there may be is made of text, and would take the terminal
    import webbrowser

    return webbrowser.open(url)
