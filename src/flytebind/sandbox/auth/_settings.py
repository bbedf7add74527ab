"""How the sandbox authenticates its callers; the defaults are those of a real admin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flytebind.runtime.homes import public_in


@public_in("flytebind.sandbox.auth")
@dataclass(frozen=True)
class AuthSettings:
    """Who may have tokens, how, and for how long."""

    client_id: str = "flytebind"
    """The client that has a secret, for programs."""
    client_secret: str = "secret"
    """Its proof."""
    public_client_id: str = "flytectl"
    """The ID of the public client, which has no secret: that of clients without one of their
    own."""
    redirect_uri: str = "http://localhost:53593/callback"
    """Where the browser is sent back to after a login; without a port, to any."""
    scopes: tuple[str, ...] = ("all", "offline")
    """The scopes that clients request by default; ``offline`` gives a refresh token."""
    metadata_key: str = "flyte-authorization"
    """The metadata key that clients are told to send tokens in. ``authorization`` does, too."""
    user: str = "somebody"
    """The user that a login by browser or device is for."""
    device_login: bool = False
    """Whether people may log in on another device; a real admin has no such endpoint itself."""
    device_interval: timedelta = timedelta(seconds=5)
    """How often a device may ask whether its person has logged in."""
    token_lifetime: timedelta = timedelta(minutes=30)
    """How long access tokens are good."""
    refresh_token_lifetime: timedelta = timedelta(minutes=60)
    """How long refresh tokens are good."""
    code_lifetime: timedelta = timedelta(minutes=5)
    """How long the codes of a login are good."""
    bad_refresh_status: int = 500
    """What an expired or unknown refresh token gets: a real admin says 500 ``server_error``, other
    servers say 400 ``invalid_grant``."""
