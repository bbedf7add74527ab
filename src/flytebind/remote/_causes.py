"""gRPC's errors as causes of ours: a traceback shows them, and with them the server's own words."""

from __future__ import annotations

from typing import Any

from flytebind.runtime.grpcio import grpc
from flytebind.runtime.screens import excerpt


class CallFailure(grpc.RpcError):
    """gRPC's error in words that a screen may show.

    Whatever else one asks it is gRPC's own answer: ``code()``, ``details()``,
    ``trailing_metadata()``, ``debug_error_string()``.

    Args:
        error: The error of a call.
    """

    def __init__(self, error: Any) -> None:
        super().__init__()
        self._error = error.with_traceback(None)

    def code(self) -> grpc.StatusCode:
        """The status code."""
        code: grpc.StatusCode = self._error.code()
        return code

    def details(self) -> str:
        """What the server said, as it came."""
        return self._error.details() or ""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # copies ask for these before there is an error
            raise AttributeError(name)
        return getattr(self._error, name)

    def __str__(self) -> str:
        return f"{self.code().name}: {excerpt(self.details())}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"
