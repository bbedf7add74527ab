"""Logins on another device (RFC 8628)."""

from __future__ import annotations

import html
import secrets
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlencode

from flytebind.sandbox._clock import Clock
from flytebind.sandbox.auth._answers import Answer, Refusal, html_answer
from flytebind.sandbox.auth._expiring import Expiring
from flytebind.sandbox.auth._settings import AuthSettings

# No vowels, so no words; nothing that looks like something else.
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


@dataclass
class _Device:
    """One that waits for its person."""

    client_id: str
    scopes: tuple[str, ...]
    agreed: bool = False
    asked_at: datetime | None = None


class Devices:
    """Lets devices in when a person has opened their page.

    Args:
        clock: What codes expire by.
        settings: How long they are good, and how often devices may ask.
    """

    def __init__(self, clock: Clock, settings: AuthSettings) -> None:
        self._clock = clock
        self._settings = settings
        self._by_device_code = Expiring[_Device](clock)
        self._by_user_code = Expiring[_Device](clock)

    def begin(self, page: str, client_id: str, scopes: tuple[str, ...]) -> dict[str, str | int]:
        """Codes for a device and its person.

        Args:
            page: The URL that the person opens.
            client_id: Who asks.
            scopes: What for.
        """
        device, lifetime = _Device(client_id, scopes), self._settings.code_lifetime
        user_code = "".join(secrets.choice(_LETTERS) for _ in range(8))
        self._by_user_code.add(device, lifetime, user_code)
        return {
            "device_code": self._by_device_code.add(device, lifetime),
            "user_code": user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?{urlencode({'user_code': user_code})}",
            "expires_in": int(lifetime.total_seconds()),
            "interval": int(self._settings.device_interval.total_seconds()),
        }

    def verify(self, user_code: str) -> Answer:
        """The person's page, which lets the device in."""
        device = self._by_user_code.get(user_code.upper())
        if device is not None:
            device.agreed = True
            return html_answer("<p>The device is logged in.</p>")
        field = f'<input name="user_code" value="{html.escape(user_code)}">'
        form = f"<form><label>The code of your device: {field}</label></form>"
        if not user_code:
            return html_answer(form)
        return html_answer(f"<p>There is no such code.</p>{form}", HTTPStatus.BAD_REQUEST)

    def poll(self, client_id: str, device_code: str) -> tuple[str, ...]:
        """The scopes that a device has been let in with.

        Raises:
            Refusal: As long as it has not been.
        """
        device, now = self._by_device_code.get(device_code), self._clock.now()
        if device is None or device.client_id != client_id:
            raise Refusal("expired_token", "the device_code is unknown or expired")
        asked_at, device.asked_at = device.asked_at, now
        if device.agreed:
            return device.scopes
        if asked_at is not None and now - asked_at < self._settings.device_interval:
            raise Refusal("slow_down", "the device asks too often")
        raise Refusal("authorization_pending", "nobody has logged in yet")
