"""The base classes of generated servicers."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeAlias, cast

import grpc
from grpc import ServicerContext, aio
from grpc.aio import ServicerContext as AsyncServicerContext

from flytebind.runtime.model import Model
from flytebind.runtime.rpc.method import Method, methods_of
from flytebind.runtime.rpc.status import StatusError, fit

_log = logging.getLogger(__name__)

if TYPE_CHECKING:
    Handler: TypeAlias = grpc.RpcMethodHandler[Any, Any]
else:
    Handler = grpc.RpcMethodHandler


class Servicer:
    """Answers the RPCs of one service: override the methods that you serve.

    A method gets a model and returns one; the others answer ``UNIMPLEMENTED``. Raise
    ``StatusError`` for an error that the client should see. Any other exception is logged, and the
    client sees ``INTERNAL`` without its text.
    """

    SERVICE_NAME: ClassVar[str]
    """Full proto name of the service, as gRPC's health and reflection want it."""

    _pb2_module: ClassVar[str]
    _methods: ClassVar[type]

    def method_handlers(self) -> dict[str, Handler]:
        """A handler for each RPC, by its name in the .proto: what generic handlers are made of."""
        return {
            method.name: _handler(method, _sync_behaviour(method, getattr(self, name)))
            for name, method in methods_of(self._methods)
        }

    def add_to_server(self, server: grpc.Server) -> None:
        """Serve from now on; call it before the server starts."""
        import_module(self._pb2_module)  # or reflection would not know the service
        handlers = self.method_handlers()
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(self.SERVICE_NAME, handlers),)
        )


class AsyncServicer:
    """Answers the RPCs of one service on an asyncio server: override the methods that you serve.

    A method gets a model and returns one; the others answer ``UNIMPLEMENTED``. Raise
    ``StatusError`` for an error that the client should see. Any other exception is logged, and the
    client sees ``INTERNAL`` without its text.
    """

    SERVICE_NAME: ClassVar[str]
    """Full proto name of the service, as gRPC's health and reflection want it."""

    _pb2_module: ClassVar[str]
    _methods: ClassVar[type]

    def method_handlers(self) -> dict[str, Handler]:
        """A handler for each RPC, by its name in the .proto: what generic handlers are made of."""
        return {
            method.name: _handler(method, _async_behaviour(method, getattr(self, name)))
            for name, method in methods_of(self._methods)
        }

    def add_to_server(self, server: aio.Server) -> None:
        """Serve from now on; call it before the server starts."""
        import_module(self._pb2_module)  # or reflection would not know the service
        handlers = self.method_handlers()
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(self.SERVICE_NAME, handlers),)
        )


def unimplemented(method: Method[Any, Any]) -> StatusError:
    """What a method that nobody has overridden raises."""
    what = f"{method.path[1:]} is not implemented by this server"
    return StatusError(grpc.StatusCode.UNIMPLEMENTED, what)


def _handler(method: Method[Any, Any], behaviour: Callable[..., Any]) -> Handler:
    make = getattr(grpc, f"{method.shape}_rpc_method_handler")
    handler: Handler = make(
        behaviour,
        request_deserializer=method.request.from_bytes,
        response_serializer=Model.to_bytes,
    )
    return handler


def _sync_behaviour(method: Method[Any, Any], serve: Callable[..., Any]) -> Callable[..., Any]:
    def answer(request: Any, context: ServicerContext) -> Any:
        try:
            response = serve(request, context)
            method.check_response(response)
            return response
        except Exception as error:
            _end(error, method, context)

    def stream(request: Any, context: ServicerContext) -> Iterator[Any]:
        try:
            for response in serve(request, context):
                method.check_response(response)
                yield response
        except Exception as error:
            _end(error, method, context)

    return stream if method.shape.endswith("_stream") else answer


def _async_behaviour(method: Method[Any, Any], serve: Callable[..., Any]) -> Callable[..., Any]:
    async def answer(request: Any, context: AsyncServicerContext[Any, Any]) -> Any:
        try:
            response = await serve(request, context)
            method.check_response(response)
            return response
        except Exception as error:
            await _end_async(error, method, context)

    async def stream(request: Any, context: AsyncServicerContext[Any, Any]) -> AsyncIterator[Any]:
        try:
            async for response in serve(request, context):
                method.check_response(response)
                yield response
        except Exception as error:
            await _end_async(error, method, context)

    return stream if method.shape.endswith("_stream") else answer


def _end(error: Exception, method: Method[Any, Any], context: ServicerContext) -> NoReturn:
    # A bare Exception is what `context.abort` raises when it has ended the call itself.
    code = cast("Any", context).code  # which types-grpcio does not know
    if type(error) is Exception and not error.args and code() is not None:
        raise error
    # So is a bare RpcError what tells a handler that reads requests of the end of the call.
    if isinstance(error, grpc.RpcError) and not context.is_active():
        raise error
    status = _status(error, method)
    metadata = status.trailing_metadata()
    if metadata:
        context.set_trailing_metadata((*(context.trailing_metadata() or ()), *metadata))
    context.abort(status.code, fit(status.message))


async def _end_async(
    error: Exception, method: Method[Any, Any], context: AsyncServicerContext[Any, Any]
) -> NoReturn:
    if isinstance(error, aio.AbortError):
        raise error
    status = _status(error, method)
    metadata = (*(context.trailing_metadata() or ()), *status.trailing_metadata())
    await context.abort(status.code, fit(status.message), metadata)


def _status(error: Exception, method: Method[Any, Any]) -> StatusError:
    if isinstance(error, StatusError):
        return error
    _log.error("%s failed", method.path, exc_info=error)
    return StatusError(
        grpc.StatusCode.INTERNAL, f"{method.path[1:]} failed; the server's log says why"
    )
