"""Tokens from a person who logs in; the extra ``auth`` has what remembers them."""

from __future__ import annotations

from collections.abc import Callable

from flytebind.remote.auth._discovery import Discovery
from flytebind.remote.auth._login.browser import BrowserLogin
from flytebind.remote.auth._login.device import DeviceLogin
from flytebind.remote.auth._login.provider import Provider
from flytebind.remote.auth._login.source import LoginSource
from flytebind.remote.auth._oauth import OAuth
from flytebind.remote.config import AuthMode, Config


def login_source(
    mode: AuthMode,
    config: Config,
    discovery: Discovery,
    oauth: OAuth,
    clock: Callable[[], float],
) -> LoginSource:
    """The source for an interactive mode.

    Args:
        mode: ``PKCE`` or ``DEVICE_FLOW``.
        config: The settings.
        discovery: Tells where to log in.
        oauth: Asks the provider.
        clock: Tells the time.
    """
    provider = Provider(discovery, oauth)
    log_in = BrowserLogin(provider) if mode is AuthMode.PKCE else DeviceLogin(provider)
    return LoginSource(config.endpoint, provider, log_in, clock)
