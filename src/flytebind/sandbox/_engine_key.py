"""How the sandbox's own engine is told from its clients.

The engine sends its events over gRPC like anyone else, but faults, counts and authentication are
not meant for it. A secret of each sandbox in the metadata says who it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import grpc

METADATA_KEY = "flytebind-sandbox-engine"


def is_engine(details: grpc.HandlerCallDetails, engine_key: str) -> bool:
    """True for a call of the engine whose sandbox has this key."""
    return bool(engine_key) and (METADATA_KEY, engine_key) in details.invocation_metadata


class _Details(NamedTuple):
    """The details of a call, changed: gRPC offers no way to copy its own."""

    method: str
    timeout: float | None
    metadata: list[tuple[str, str | bytes]]
    credentials: grpc.CallCredentials | None
    wait_for_ready: bool | None
    compression: grpc.Compression | None


class EngineMark(grpc.UnaryUnaryClientInterceptor):
    """Marks each call of a channel as one of the engine."""

    def __init__(self, engine_key: str) -> None:
        self._mark = (METADATA_KEY, engine_key)

    def intercept_unary_unary(
        self,
        continuation: Callable[[grpc.ClientCallDetails, Any], Any],
        client_call_details: grpc.ClientCallDetails,
        request: Any,
    ) -> Any:
        """Add the mark, and let the call pass."""
        marked = _Details(
            client_call_details.method,
            client_call_details.timeout,
            [*(client_call_details.metadata or ()), self._mark],
            client_call_details.credentials,
            client_call_details.wait_for_ready,
            client_call_details.compression,
        )
        return continuation(cast("grpc.ClientCallDetails", marked), request)
