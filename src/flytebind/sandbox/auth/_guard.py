"""Lets calls through that have a token."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NoReturn, TypeVar
from weakref import WeakKeyDictionary

import grpc

from flytebind.runtime.homes import public_in
from flytebind.runtime.rpc.handlers import Handler
from flytebind.sandbox._engine_key import is_engine
from flytebind.sandbox.auth._settings import AuthSettings
from flytebind.sandbox.auth._tokens import Tokens

Q = TypeVar("Q")
R = TypeVar("R")

_STANDARD_KEY = "authorization"
# Where tokens come from, and what monitors and tools ask before they have one.
_OPEN_SERVICES = (
    "flyteidl.service.AuthMetadataService",
    "grpc.health.v1.Health",
    "grpc.reflection.v1alpha.ServerReflection",
)

# Kept beside the contexts: gRPC gives interceptors no place to leave a word for the handler.
_principals: WeakKeyDictionary[grpc.ServicerContext, str] = WeakKeyDictionary()


def principal(context: grpc.ServicerContext) -> str:
    """The subject of this call's token; empty when authentication is off."""
    return _principals.get(context, "")


@public_in("flytebind.sandbox.auth")
class Authentication(grpc.ServerInterceptor):
    """Answers UNAUTHENTICATED to calls without a valid token.

    What clients need to get one is open to all: ``AuthMetadataService``; so are health and
    reflection.

    Args:
        tokens: Those that are valid.
        engine_key: Of the engine, whose calls need none.
        metadata_key: Where tokens may be beside ``authorization``, which wins.
    """

    def __init__(
        self,
        tokens: Tokens,
        engine_key: str = "",
        metadata_key: str = AuthSettings.metadata_key,
    ) -> None:
        self._tokens = tokens
        self._engine_key = engine_key
        self._keys = (_STANDARD_KEY, metadata_key.lower())

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Handler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Let a call through to its handler, or not."""
        handler = continuation(handler_call_details)
        service = handler_call_details.method.rpartition("/")[0].lstrip("/")
        if handler is None or service in _OPEN_SERVICES:
            return handler
        if is_engine(handler_call_details, self._engine_key):
            return handler
        metadata = dict(handler_call_details.invocation_metadata)
        header = next((metadata[key] for key in self._keys if key in metadata), "")
        scheme, _, token = str(header).partition(" ")
        subject = self._tokens.subject(token) if scheme.lower() == "bearer" else None
        return _guard(handler, subject)


def _guard(handler: Handler, subject: str | None) -> Handler:
    """The handler for a call of ``subject``, or one that refuses everything."""
    for kind in ("unary_unary", "unary_stream", "stream_unary", "stream_stream"):
        behaviour = getattr(handler, kind)
        if behaviour is not None:
            make = getattr(grpc, f"{kind}_rpc_method_handler")
            guarded: Handler = make(
                _refuse if subject is None else _as(subject, behaviour),
                request_deserializer=handler.request_deserializer,
                response_serializer=handler.response_serializer,
            )
            return guarded
    return handler


def _as(
    subject: str, behaviour: Callable[[Q, grpc.ServicerContext], R]
) -> Callable[[Q, grpc.ServicerContext], R]:
    @functools.wraps(behaviour)
    def call(request: Q, context: grpc.ServicerContext) -> R:
        _principals[context] = subject
        return behaviour(request, context)

    return call


def _refuse(request: object, context: grpc.ServicerContext) -> NoReturn:
    context.abort(grpc.StatusCode.UNAUTHENTICATED, "the call has no valid token")
    raise AssertionError("abort always raises")
