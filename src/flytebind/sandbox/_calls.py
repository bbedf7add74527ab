"""What clients have called."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import grpc

from flytebind.runtime.homes import public_in
from flytebind.runtime.rpc.handlers import Handler
from flytebind.sandbox._engine_key import is_engine


@public_in("flytebind.sandbox")
class Calls(grpc.ServerInterceptor):
    """Counts the calls that arrive, by the name of the RPC: ``calls["GetExecution"]``.

    Calls that then fail, by a fault or for cause, count as well. Those of the sandbox's own engine
    do not.
    """

    def __init__(self, engine_key: str) -> None:
        self._engine_key = engine_key
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def __getitem__(self, rpc: str) -> int:
        with self._lock:
            return self._counts[rpc]

    def counts(self) -> dict[str, int]:
        """How often each RPC has been called."""
        with self._lock:
            return dict(self._counts)

    def total(self) -> int:
        """How many calls there were."""
        with self._lock:
            return sum(self._counts.values())

    def clear(self) -> None:
        """Count from zero again."""
        with self._lock:
            self._counts.clear()

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Handler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Count, and let the call pass."""
        if not is_engine(handler_call_details, self._engine_key):
            with self._lock:
                self._counts[handler_call_details.method.rpartition("/")[2]] += 1
        return continuation(handler_call_details)
