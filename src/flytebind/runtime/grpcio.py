"""grpcio; where it is not installed, the little of it that calls over HTTP alone have need of.

Programs catch the same errors and compare the same status codes either way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import grpc
    from grpc import aio
else:
    try:
        import grpc
        from grpc import aio
    except ModuleNotFoundError as error:
        if error.name != "grpc":
            raise
        from flytebind.runtime import without_grpcio as grpc

        aio = grpc.aio

__all__ = ["aio", "grpc"]
