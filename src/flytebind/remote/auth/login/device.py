"""Logs in on a device that has a browser, wherever this program runs (RFC 8628)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flytebind.remote.auth.login.patience import Patience, tell
from flytebind.remote.auth.login.provider import Login, Provider, Refusal
from flytebind.remote.auth.tokens import refused

_INTERVAL = 5.0
_SLOWER = 5.0
_LIFETIME = 600.0


class DeviceLogin:
    """Shows a code and waits until it has been typed in elsewhere.

    Args:
        provider: The identity provider.
        show: Takes what the person should read.
    """

    def __init__(self, provider: Provider, show: Callable[[str], None] = tell) -> None:
        self._provider = provider
        self._show = show

    def __call__(self, patience: Patience) -> Login:
        """Log in.

        Args:
            patience: How to wait.

        Raises:
            FlyteAuthenticationError: If nobody does, or the provider says no.
        """
        codes = self._provider.begin_device()
        complete = codes.get("verification_uri_complete")
        address = complete or codes.get("verification_uri") or codes.get("verification_url")
        self._show(f"To log in to Flyte, open {address} and enter the code {codes['user_code']}")
        interval = _seconds(codes.get("interval"), _INTERVAL)
        lifetime = _seconds(codes.get("expires_in"), _LIFETIME)
        end = patience.now() + lifetime
        while patience.now() + interval < end:
            patience.wait(interval)
            try:
                return self._provider.poll_device(str(codes["device_code"]))
            except Refusal as refusal:
                if refusal.error == "slow_down":
                    interval += _SLOWER
                elif refusal.error == "expired_token":
                    break
                elif refusal.error == "access_denied":
                    raise refused("the login was denied") from None
                elif refusal.error != "authorization_pending":
                    raise
        raise refused(f"nobody has logged in within {lifetime:g} seconds")


def _seconds(value: Any, default: float) -> float:
    return float(value) if isinstance(value, (int, float)) and value > 0 else default
