"""What tests of logins share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from flytebind.remote.auth._discovery import Discovery
from flytebind.remote.auth._login.clock import CancellableClock
from flytebind.remote.auth._login.provider import Provider
from flytebind.remote.auth._oauth import OAuth
from flytebind.remote.config import Config
from flytebind.remote.errors import FlyteAuthenticationError, FlyteUnavailableError
from tests.remote.auth.identity import NamingServer

NOW = 1_000_000.0


class Hurry(CancellableClock):
    """Waits without time passing."""

    def __init__(self) -> None:
        super().__init__(threading.Event())
        self.time = 0.0
        self.waits: list[float] = []

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds


def clock() -> CancellableClock:
    """That of somebody who goes on waiting."""
    return CancellableClock(threading.Event())


def config_of(flyte: NamingServer, **settings: Any) -> Config:
    return Config(flyte.endpoint, insecure=True, **settings)


def provider_of(flyte: NamingServer, timeout: float = 30.0, **settings: Any) -> Provider:
    config = config_of(flyte, **settings)
    discovery = Discovery(config, flyte.channel)
    return Provider(discovery, OAuth(config, discovery, lambda: NOW, timeout=timeout))


def refusal(action: Callable[[], object]) -> str:
    """Why something is refused for good."""
    with pytest.raises(FlyteAuthenticationError) as caught:
        action()
    return caught.value.details


def absence(action: Callable[[], object]) -> str:
    """Why something cannot be had now."""
    with pytest.raises(FlyteUnavailableError) as caught:
        action()
    return caught.value.details
