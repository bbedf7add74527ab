"""The base classes of generated servicers."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, ClassVar

from flytebind.runtime.grpcio import aio, grpc
from flytebind.runtime.rpc.handlers import Handler, async_handler, sync_handler
from flytebind.runtime.rpc.method import Method, methods_of


class _Servicer:
    """What servicers have in common, whatever the kind of server."""

    SERVICE_NAME: ClassVar[str]
    """Full proto name of the service, as gRPC's health and reflection want it."""

    _pb2_module: ClassVar[str]
    _methods: ClassVar[type]
    _handler: ClassVar[staticmethod[[Method[Any, Any], Callable[..., Any]], Handler]]

    def method_handlers(self) -> dict[str, Handler]:
        """A handler for each RPC, by its name in the .proto: what generic handlers are made of."""
        return {
            method.name: self._handler(method, getattr(self, name))
            for name, method in methods_of(self._methods)
        }

    def _generic_handler(self) -> grpc.GenericRpcHandler:
        import_module(self._pb2_module)  # or reflection would not know the service
        return grpc.method_handlers_generic_handler(self.SERVICE_NAME, self.method_handlers())


class Servicer(_Servicer):
    """Answers the RPCs of one service: override the methods that you serve.

    A method gets a model and returns one; the others answer ``UNIMPLEMENTED``. Raise
    ``StatusError`` for an error that the client should see. Any other exception is logged, and the
    client sees ``INTERNAL`` without its text.
    """

    _handler = staticmethod(sync_handler)

    def add_to_server(self, server: grpc.Server) -> None:
        """Serve from now on; call it before the server starts."""
        server.add_generic_rpc_handlers((self._generic_handler(),))


class AsyncServicer(_Servicer):
    """Answers the RPCs of one service on an asyncio server: override the methods that you serve.

    A method gets a model and returns one; the others answer ``UNIMPLEMENTED``. Raise
    ``StatusError`` for an error that the client should see. Any other exception is logged, and the
    client sees ``INTERNAL`` without its text.
    """

    _handler = staticmethod(async_handler)

    def add_to_server(self, server: aio.Server) -> None:
        """Serve from now on; call it before the server starts."""
        server.add_generic_rpc_handlers((self._generic_handler(),))
