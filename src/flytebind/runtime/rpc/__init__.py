"""What generated clients and servicers stand on. All but calls over HTTP needs grpcio."""

from flytebind.runtime.grpcio import aio, grpc
from flytebind.runtime.rpc.client import AsyncClient, AsyncResponseStream, Client, ResponseStream
from flytebind.runtime.rpc.handlers import unimplemented
from flytebind.runtime.rpc.method import Metadata, Method
from flytebind.runtime.rpc.servicer import AsyncServicer, Servicer
from flytebind.runtime.rpc.status import StatusError, status_details

ServicerContext = grpc.ServicerContext
AsyncServicerContext = aio.ServicerContext

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
