"""An embedded Flyte admin: a real gRPC server for tests, demos and docs."""

from flytebind.sandbox.calls import Calls as Calls
from flytebind.sandbox.clock import Clock as Clock
from flytebind.sandbox.faults import Faults as Faults
from flytebind.sandbox.sandbox import Sandbox as Sandbox
from flytebind.sandbox.settings import Settings as Settings
from flytebind.sandbox.store import StoreError as StoreError
