"""The classes of grpcio that calls are made of; where it is not installed, ones of the same shape.

What calls over HTTP alone has no need of grpcio, but programs catch the same errors and compare the
same status codes either way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import grpc
    from grpc import (
        Call,
        Channel,
        ChannelConnectivity,
        Compression,
        FutureCancelledError,
        FutureTimeoutError,
        RpcError,
        StatusCode,
    )

    AnyFuture: TypeAlias = grpc.Future[Any]
    UnaryUnary: TypeAlias = grpc.UnaryUnaryMultiCallable[Any, Any]
    UnaryStream: TypeAlias = grpc.UnaryStreamMultiCallable[Any, Any]
else:
    try:
        from grpc import (
            Call,
            Channel,
            ChannelConnectivity,
            Compression,
            Future as AnyFuture,
            FutureCancelledError,
            FutureTimeoutError,
            RpcError,
            StatusCode,
            UnaryStreamMultiCallable as UnaryStream,
            UnaryUnaryMultiCallable as UnaryUnary,
        )
    except ModuleNotFoundError:
        from enum import Enum

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
            """What a channel may tell of itself."""

            READY = (2, "ready")

        class RpcError(Exception):
            """A call has failed."""

        class FutureTimeoutError(Exception):
            """What was waited for is not there in time."""

        class FutureCancelledError(Exception):
            """What was waited for has been given up."""

        class Call:
            """What can be asked of a call."""

        class Channel:
            """What makes calls."""

        class AnyFuture:
            """What is not here yet."""

        class UnaryUnary:
            """Makes the calls of an RPC with one answer."""

        class UnaryStream:
            """Makes the calls of an RPC whose answers stream."""


__all__ = [
    "AnyFuture",
    "Call",
    "Channel",
    "ChannelConnectivity",
    "Compression",
    "FutureCancelledError",
    "FutureTimeoutError",
    "RpcError",
    "StatusCode",
    "UnaryStream",
    "UnaryUnary",
]
