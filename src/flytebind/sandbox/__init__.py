"""An embedded Flyte admin: a real gRPC server for tests, demos and docs.

Needs grpcio: the extra ``remote``.
"""

from flytebind.runtime.extras import explained as _explained

with _explained("flytebind.sandbox"):
    import grpc as _grpc  # noqa: F401  # first, so that its absence is explained

from flytebind.sandbox._calls import Calls
from flytebind.sandbox._clock import Clock
from flytebind.sandbox._faults import Faults
from flytebind.sandbox._sandbox import Sandbox
from flytebind.sandbox._settings import Settings
from flytebind.sandbox._store import StoreError
from flytebind.sandbox.auth._settings import AuthSettings

__all__ = ["AuthSettings", "Calls", "Clock", "Faults", "Sandbox", "Settings", "StoreError"]
