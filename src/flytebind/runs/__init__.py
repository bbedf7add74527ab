"""Runs of Flyte 2, and the remotes that they come from. Needs ``flytebind[flyte2]``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flytebind.runtime.extras import explained as _explained
from flytebind.runtime.lazy import lazy_module as _lazy_module

__all__ = [
    "AsyncFlyte2Remote",
    "Flyte2Remote",
    "FlyteAction",
    "FlyteRun",
    "FlyteRunTimeout",
    "RunChange",
    "RunOptions",
]

if TYPE_CHECKING:
    from flytebind.runs._actions import FlyteAction, FlyteRun
    from flytebind.runs._errors import FlyteRunTimeout
    from flytebind.runs._launching import RunOptions
    from flytebind.runs._remote import AsyncFlyte2Remote, Flyte2Remote
    from flytebind.runs._watching import RunChange
else:
    _get, __dir__ = _lazy_module(
        __name__,
        homes={
            "_actions": ["FlyteAction", "FlyteRun"],
            "_errors": ["FlyteRunTimeout"],
            "_launching": ["RunOptions"],
            "_remote": ["AsyncFlyte2Remote", "Flyte2Remote"],
            "_watching": ["RunChange"],
        },
    )

    def __getattr__(name: str) -> object:
        with _explained("flytebind.runs"):
            return _get(name)
