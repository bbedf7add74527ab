"""What generated clients and servicers stand on. Needs grpcio: the extra ``remote``."""

from flytebind.runtime.extras import explained as _explained

with _explained("flytebind.services"):
    import grpc as _grpc  # noqa: F401  # first, so that its absence is explained

from grpc import ServicerContext
from grpc.aio import ServicerContext as AsyncServicerContext

from flytebind.runtime.rpc.client import AsyncClient, AsyncResponseStream, Client, ResponseStream
from flytebind.runtime.rpc.handlers import unimplemented
from flytebind.runtime.rpc.method import Metadata, Method
from flytebind.runtime.rpc.servicer import AsyncServicer, Servicer
from flytebind.runtime.rpc.status import StatusError, status_details

__all__ = [
    "AsyncClient",
    "AsyncResponseStream",
    "AsyncServicer",
    "AsyncServicerContext",
    "Client",
    "Metadata",
    "Method",
    "ResponseStream",
    "Servicer",
    "ServicerContext",
    "StatusError",
    "status_details",
    "unimplemented",
]
