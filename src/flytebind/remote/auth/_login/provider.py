"""The identity provider, for people who log in: authorization codes, devices, refresh tokens."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import NamedTuple
from urllib.parse import urlencode

from flytebind.remote.auth._discovery import Discovery
from flytebind.remote.auth._oauth import Login, OAuth, seconds_of
from flytebind.remote.auth._tokens import refused
from flytebind.remote.config._secret import Secret

_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_INTERVAL = 5.0
_LIFETIME = 600.0
# Whatever a provider says, it is not flooded, and nobody waits for ever.
_LEAST_INTERVAL = 1.0
_MOST_LIFETIME = 3600.0
# A poll that gets no answer must not keep the next one waiting for long.
_POLL_TIMEOUT = 10.0


class DeviceCodes(NamedTuple):
    """With these a person may log in on another device."""

    device_code: str
    user_code: str
    address: str
    """Where the person types the code, or finds it typed."""
    interval: float
    """Seconds between polls."""
    lifetime: float
    """Seconds that the person has."""


class Provider:
    """Asks the provider that the Flyte server names.

    Args:
        discovery: Names the endpoints, the client and the scopes.
        oauth: Does the asking. The errors are its own.
    """

    def __init__(self, discovery: Discovery, oauth: OAuth) -> None:
        self.discovery = discovery
        self._oauth = oauth

    def authorization_url(self, redirect_uri: str, state: str, verifier: str) -> str:
        """Where a person logs in with a browser."""
        url = self.discovery.endpoint("authorization_endpoint")
        query = {
            "response_type": "code",
            "client_id": self.discovery.client_id,
            "redirect_uri": redirect_uri,
            "state": state,
            **self._wishes(verifier),
        }
        return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"

    def exchange(self, redirect_uri: str, code: str, verifier: str) -> Login:
        """Get a token for the code that the provider has sent back with the browser."""
        return self._oauth.token(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": redirect_uri,
                "code_verifier": verifier,
            }
        )

    def begin_device(self, verifier: str) -> DeviceCodes:
        """Ask for codes with which a person may log in on another device."""
        url, answer = self._oauth.post("device_authorization_endpoint", self._wishes(verifier))
        device_code, user_code = answer.get("device_code"), answer.get("user_code")
        if not isinstance(device_code, str) or not isinstance(user_code, str):
            raise refused(f"{url} gives no codes: there is no device_code in its answer")
        # Some were there before the standard, and have another name for it.
        names = ("verification_uri_complete", "verification_uri", "verification_url")
        addresses = [answer[name] for name in names if answer.get(name)]
        if not addresses:
            raise refused(f"{url} gives no codes: there is no verification_uri in its answer")
        return DeviceCodes(
            device_code,
            user_code,
            str(addresses[0]),
            max(seconds_of(answer.get("interval")) or _INTERVAL, _LEAST_INTERVAL),
            min(seconds_of(answer.get("expires_in")) or _LIFETIME, _MOST_LIFETIME),
        )

    def poll_device(self, device_code: str, verifier: str) -> Login:
        """Get a token, once the person has logged in."""
        form = {
            "grant_type": _DEVICE_GRANT,
            "device_code": device_code,
            "code_verifier": verifier,
        }
        return self._oauth.token(form, _POLL_TIMEOUT)

    def refresh(self, refresh_token: Secret) -> Login:
        """Get a token without anybody logging in.

        No scopes go with it: that means those that were granted, which may be fewer than were asked
        for. More are refused.
        """
        login = self._oauth.token(
            {"grant_type": "refresh_token", "refresh_token": refresh_token.reveal()}
        )
        return login if login.refresh_token else login._replace(refresh_token=refresh_token)

    def _wishes(self, verifier: str) -> dict[str, str]:
        """What a token is to be good for, and the challenge that its buyer must meet (PKCE)."""
        digest = hashlib.sha256(verifier.encode()).digest()
        wishes = {
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        if self.discovery.scopes:
            wishes["scope"] = " ".join(self.discovery.scopes)
        if self.discovery.audience:
            wishes["audience"] = self.discovery.audience
        return wishes


def new_secret() -> str:
    """Something that nobody guesses: a state, or a verifier."""
    return secrets.token_urlsafe(48)
