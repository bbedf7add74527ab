"""What stands in for grpcio where it is not installed: names to catch, to compare and to inherit.

Whatever else is asked for says what to install.
"""

from __future__ import annotations

from enum import Enum
from typing import NoReturn


class StatusCode(Enum):
    """How a call has ended; numbers and words are gRPC's."""

    OK = (0, "ok")
    CANCELLED = (1, "cancelled")
    UNKNOWN = (2, "unknown")
    INVALID_ARGUMENT = (3, "invalid argument")
    DEADLINE_EXCEEDED = (4, "deadline exceeded")
    NOT_FOUND = (5, "not found")
    ALREADY_EXISTS = (6, "already exists")
    PERMISSION_DENIED = (7, "permission denied")
    RESOURCE_EXHAUSTED = (8, "resource exhausted")
    FAILED_PRECONDITION = (9, "failed precondition")
    ABORTED = (10, "aborted")
    OUT_OF_RANGE = (11, "out of range")
    UNIMPLEMENTED = (12, "unimplemented")
    INTERNAL = (13, "internal")
    UNAVAILABLE = (14, "unavailable")
    DATA_LOSS = (15, "data loss")
    UNAUTHENTICATED = (16, "unauthenticated")


class Compression(Enum):
    """How requests are packed."""

    NoCompression = 0
    Deflate = 1
    Gzip = 2


class ChannelConnectivity(Enum):
    """What a channel tells of itself."""

    READY = (2, "ready")


class RpcError(Exception):
    """A call has failed."""


class FutureTimeoutError(Exception):
    """What was waited for is not there in time."""


class FutureCancelledError(Exception):
    """What was waited for has been given up."""


class Call:
    """What can be asked of a call."""


class Future:
    """What is not here yet."""


class Channel:
    """What makes calls."""


class UnaryUnaryMultiCallable:
    """Makes the calls of an RPC with one answer."""


class UnaryStreamMultiCallable:
    """Makes the calls of an RPC whose answers stream."""


class UnaryUnaryClientInterceptor:
    """What calls of gRPC go through."""


class ServicerContext:
    """What a server knows of a call."""


class GenericRpcHandler:
    """What a server calls."""


class RpcMethodHandler:
    """What a server calls for one method."""


class Server:
    """What answers calls."""


class aio:  # it stands for a module
    """What stands in for ``grpc.aio``."""

    class Channel:
        """What makes calls in one event loop."""

    class ServicerContext:
        """What a server knows of a call."""

    class Server:
        """What answers calls in one event loop."""

    class UsageError(Exception):
        """A call of a channel that is closed."""


def __getattr__(name: str) -> NoReturn:
    if name.startswith("__"):
        raise AttributeError(name)
    from flytebind.runtime.extras import grpcio_needed

    raise grpcio_needed(f"grpc.{name}")
