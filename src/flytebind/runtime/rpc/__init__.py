"""What generated clients and servicers stand on. Needs grpcio: the extra ``remote``."""

try:
    import grpc as _grpc  # noqa: F401  # first, so that its absence is explained
except ModuleNotFoundError as error:
    if error.name != "grpc":
        raise
    raise ModuleNotFoundError(
        "flytebind's services need grpcio: pip install 'flytebind[remote]'", name="grpc"
    ) from None

from grpc import ServicerContext as ServicerContext
from grpc.aio import ServicerContext as AsyncServicerContext  # noqa: F401

from flytebind.runtime.rpc.client import (
    AsyncClient as AsyncClient,
    AsyncResponseStream as AsyncResponseStream,
    Client as Client,
    ResponseStream as ResponseStream,
)
from flytebind.runtime.rpc.method import Metadata as Metadata, Method as Method
from flytebind.runtime.rpc.servicer import (
    AsyncServicer as AsyncServicer,
    Servicer as Servicer,
    unimplemented as unimplemented,
)
from flytebind.runtime.rpc.status import (
    StatusError as StatusError,
    status_details as status_details,
)
