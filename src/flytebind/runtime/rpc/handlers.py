"""How grpcio calls a servicer's methods: models in and out, exceptions as statuses."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, cast

from flytebind.runtime.grpcio import aio, grpc
from flytebind.runtime.model import Model
from flytebind.runtime.rpc.method import Method
from flytebind.runtime.rpc.status import StatusError, fit

_log = logging.getLogger(__name__)

if TYPE_CHECKING:
    Handler: TypeAlias = grpc.RpcMethodHandler[Any, Any]
else:
    Handler = grpc.RpcMethodHandler


def unimplemented(method: Method[Any, Any]) -> StatusError:
    """What a method that nobody has overridden raises."""
    what = f"{method.path[1:]} is not implemented by this server"
    return StatusError(grpc.StatusCode.UNIMPLEMENTED, what)


def sync_handler(method: Method[Any, Any], serve: Callable[..., Any]) -> Handler:
    """The handler of an RPC that a plain method serves."""

    def answer(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            response = serve(request, context)
            method.check_response(response)
            return response
        except Exception as error:
            _end(error, method, context)

    def stream(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        try:
            for response in serve(request, context):
                method.check_response(response)
                yield response
        except Exception as error:
            _end(error, method, context)

    return _handler(method, stream if method.cardinality.endswith("_stream") else answer)


def async_handler(method: Method[Any, Any], serve: Callable[..., Any]) -> Handler:
    """The handler of an RPC that a coroutine, or an async generator, serves."""

    async def answer(request: Any, context: aio.ServicerContext[Any, Any]) -> Any:
        try:
            response = await serve(request, context)
            method.check_response(response)
            return response
        except Exception as error:
            await _end_async(error, method, context)

    async def stream(request: Any, context: aio.ServicerContext[Any, Any]) -> AsyncIterator[Any]:
        try:
            async for response in serve(request, context):
                method.check_response(response)
                yield response
        except Exception as error:
            await _end_async(error, method, context)

    return _handler(method, stream if method.cardinality.endswith("_stream") else answer)


def _handler(method: Method[Any, Any], behaviour: Callable[..., Any]) -> Handler:
    make = getattr(grpc, f"{method.cardinality}_rpc_method_handler")
    handler: Handler = make(
        behaviour,
        request_deserializer=method.request.from_bytes,
        response_serializer=Model.to_bytes,
    )
    return handler


def _end(error: Exception, method: Method[Any, Any], context: grpc.ServicerContext) -> NoReturn:
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
    error: Exception, method: Method[Any, Any], context: aio.ServicerContext[Any, Any]
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
