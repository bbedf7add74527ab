"""Where tokens may come from."""

from __future__ import annotations

from enum import Enum

from flytebind.remote.config._hiding import in_words
from flytebind.runtime.fields import did_you_mean
from flytebind.runtime.homes import public_in


@public_in("flytebind.remote.config")
class AuthMode(Enum):
    """Where the tokens of a connection come from."""

    NONE = "None"
    """There are none."""
    CLIENT_SECRET = "ClientSecret"
    """From the server's token endpoint, for a client id and its secret (client credentials)."""
    EXTERNAL_COMMAND = "ExternalCommand"
    """From the output of a program."""
    DEVICE_FLOW = "DeviceFlow"
    """From a login in a browser anywhere, on this device or another."""
    PKCE = "Pkce"
    """From a login in a browser on this machine."""


# flytectl's names are the values. flytekit has some more, and flyte one: tokens are passed on.
_NAMES = {
    **{mode.value.lower(): mode for mode in AuthMode},
    "clientcredentials": AuthMode.CLIENT_SECRET,
    "basic": AuthMode.CLIENT_SECRET,
    "externalprocess": AuthMode.EXTERNAL_COMMAND,
    "standard": AuthMode.PKCE,
    "passthrough": AuthMode.NONE,
}


def auth_mode(value: object) -> AuthMode:
    """The mode of a name, however it is written.

    Raises:
        ValueError: If there is no such mode.
    """
    name = str(value)
    mode = _NAMES.get(name.strip().lower().replace("_", "").replace("-", ""))
    if mode is None:
        known = [mode.value for mode in AuthMode]
        raise ValueError(
            f"must be one of {', '.join(known)}, not {in_words(value)}{did_you_mean(name, known)}"
        )
    return mode
