"""An embedded Flyte admin: a real gRPC server for tests, demos and docs."""

from flytebind.sandbox.auth.settings import AuthSettings
from flytebind.sandbox.calls import Calls
from flytebind.sandbox.clock import Clock
from flytebind.sandbox.faults import Faults
from flytebind.sandbox.sandbox import Sandbox
from flytebind.sandbox.settings import Settings
from flytebind.sandbox.store import StoreError

__all__ = ["AuthSettings", "Calls", "Clock", "Faults", "Sandbox", "Settings", "StoreError"]
