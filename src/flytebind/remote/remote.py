"""Where flytekit has its remote: names of ``flytebind.remote`` under flytekit's module."""

from __future__ import annotations

from flytebind.remote._flytekit import MOST_RECENT_FIRST, Options
from flytebind.remote._remote import FlyteRemote

__all__ = ["MOST_RECENT_FIRST", "FlyteRemote", "Options"]
