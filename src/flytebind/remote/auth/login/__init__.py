"""Tokens from a person who logs in; needs the extra ``auth``."""

from __future__ import annotations

from collections.abc import Callable

from flytebind.remote.auth.discovery import Discovery
from flytebind.remote.auth.login.browser import BrowserLogin
from flytebind.remote.auth.login.device import DeviceLogin
from flytebind.remote.auth.login.provider import Provider
from flytebind.remote.auth.login.source import LoginSource
from flytebind.remote.auth.login.store import TokenStore
from flytebind.remote.config import AuthMode, Config


def login_source(
    mode: AuthMode,
    config: Config,
    discovery: Discovery,
    clock: Callable[[], float],
) -> LoginSource:
    """The source for an interactive mode.

    Args:
        mode: ``PKCE`` or ``DEVICE_FLOW``.
        config: The settings.
        discovery: Tells where to log in.
        clock: Tells the time.
    """
    provider = Provider(config, discovery, clock)
    if mode is AuthMode.PKCE:
        return LoginSource(provider, BrowserLogin(provider), TokenStore(config.endpoint))
    device = DeviceLogin(provider)
    return LoginSource(provider, device, TokenStore(config.endpoint))
