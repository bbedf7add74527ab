"""An embedded Flyte admin: a real gRPC server for tests, demos and docs.

Needs grpcio: the extra ``remote``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flytebind.runtime.extras import explained as _explained
from flytebind.runtime.lazy import lazy_module as _lazy_module

__all__ = ["AuthSettings", "Calls", "Clock", "Faults", "Sandbox", "Settings", "StoreError"]

if TYPE_CHECKING:
    from flytebind.sandbox._calls import Calls
    from flytebind.sandbox._clock import Clock
    from flytebind.sandbox._faults import Faults
    from flytebind.sandbox._sandbox import Sandbox
    from flytebind.sandbox._settings import Settings
    from flytebind.sandbox._store import StoreError
    from flytebind.sandbox.auth._settings import AuthSettings
else:
    _get, __dir__ = _lazy_module(
        __name__,
        homes={
            "_calls": ["Calls"],
            "_clock": ["Clock"],
            "_faults": ["Faults"],
            "_sandbox": ["Sandbox"],
            "_settings": ["Settings"],
            "_store": ["StoreError"],
            "auth._settings": ["AuthSettings"],
        },
    )

    def __getattr__(name: str) -> object:
        with _explained("flytebind.sandbox"):
            return _get(name)
