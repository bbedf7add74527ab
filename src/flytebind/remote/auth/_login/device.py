"""Logs in on a device that has a browser, wherever this program runs (RFC 8628)."""

from __future__ import annotations

from collections.abc import Callable

from flytebind.remote.auth._login.clock import CancellableClock, notify
from flytebind.remote.auth._login.provider import Provider, new_secret
from flytebind.remote.auth._oauth import Login, Refusal
from flytebind.remote.auth._tokens import refused
from flytebind.remote.errors import FlyteUnavailableError

_SLOWER = 5.0

_DENIED = ("access_denied", "authorization_declined")
# After these no poll can succeed. Whatever else comes may be a gateway's mood.
_FINAL = (
    "bad_verification_code",
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "unauthorized_client",
    "unsupported_grant_type",
)


class DeviceLogin:
    """Shows a code and waits until it has been typed in elsewhere.

    Args:
        provider: The identity provider.
        show: Takes what the person should read.
    """

    def __init__(self, provider: Provider, show: Callable[[str], None] = notify) -> None:
        self._provider = provider
        self._show = show

    def __call__(self, clock: CancellableClock) -> Login:
        """Log in.

        Args:
            clock: Waits, and ends when the login is cancelled.

        Raises:
            FlyteAuthenticationError: If nobody does, or the provider says no.
            FlyteUnavailableError: If the provider is away from the start.
        """
        verifier = new_secret()
        codes = self._provider.begin_device(verifier)
        clock.take_long()
        self._show(f"To log in to Flyte, open {codes.address} and enter the code {codes.user_code}")
        interval, end = codes.interval, clock.now() + codes.lifetime
        trouble = ""
        while (left := end - clock.now()) > 0:
            clock.wait(min(interval, left))
            try:
                return self._provider.poll_device(codes.device_code, verifier)
            except Refusal as refusal:
                if refusal.error in _DENIED:
                    raise refused("the login was denied") from None
                if refusal.error in _FINAL:
                    raise
                if refusal.error == "expired_token":
                    break
                if refusal.error == "authorization_pending":
                    trouble = ""
                    continue
                if refusal.error != "slow_down":
                    trouble = refusal.details
            except FlyteUnavailableError as error:
                trouble = error.details
            interval += _SLOWER
        problem = f"nobody has logged in within {codes.lifetime:g} seconds"
        raise refused(f"{problem}; in the end {trouble}" if trouble else problem)
