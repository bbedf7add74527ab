"""Authentication, for those who switch it on: tokens, and the two services that tell about it."""

from __future__ import annotations

import functools
import hmac
import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NoReturn, TypeVar
from weakref import WeakKeyDictionary

import grpc

from flytebind.models.service.auth import (
    OAuth2MetadataRequest,
    OAuth2MetadataResponse,
    PublicClientAuthConfigRequest,
    PublicClientAuthConfigResponse,
)
from flytebind.models.service.identity import UserInfoRequest, UserInfoResponse
from flytebind.runtime.rpc.handlers import Handler
from flytebind.sandbox.clock import Clock
from flytebind.sandbox.engine_key import is_engine
from flytebind.services.auth import AuthMetadataServiceServicer
from flytebind.services.identity import IdentityServiceServicer

Q = TypeVar("Q")
R = TypeVar("R")

TOKEN_PATH = "/oauth2/token"
_METADATA_KEY = "authorization"
_OPEN_SERVICES = ("flyteidl.service.AuthMetadataService", "grpc.health.v1.Health")

# Kept beside the contexts: gRPC gives interceptors no place to leave a word for the handler.
_principals: WeakKeyDictionary[grpc.ServicerContext, str] = WeakKeyDictionary()


def principal(context: grpc.ServicerContext) -> str:
    """Whom the token of this call was made for; empty when authentication is off."""
    return _principals.get(context, "")


class Tokens:
    """Makes access tokens, and knows those that are valid. Safe to use from any thread.

    Args:
        clock: What tokens expire by.
        client_id: Who may ask for tokens over HTTP.
        client_secret: The proof of it.
        ttl: How long a token is valid, unless its maker says otherwise.
    """

    def __init__(
        self,
        clock: Clock,
        client_id: str = "flytebind",
        client_secret: str = "secret",
        ttl: timedelta = timedelta(hours=1),
    ) -> None:
        self.clock = clock
        self.client_id = client_id
        self.ttl = ttl
        self.client_secret = client_secret
        self._lock = threading.Lock()
        self._valid: dict[str, tuple[str, datetime]] = {}

    def is_client(self, client_id: str, client_secret: str) -> bool:
        """Whether these are the id and secret of the client."""
        right_id = hmac.compare_digest(client_id.encode(), self.client_id.encode())
        right_secret = hmac.compare_digest(client_secret.encode(), self.client_secret.encode())
        return right_id and right_secret

    def issue_token(self, subject: str, ttl: timedelta | None = None) -> str:
        """A new token.

        Args:
            subject: Whom it stands for.
            ttl: How long it is valid.
        """
        now = self.clock.now()
        token = secrets.token_urlsafe()
        with self._lock:
            self._valid = {old: held for old, held in self._valid.items() if held[1] > now}
            self._valid[token] = (subject, now + (self.ttl if ttl is None else ttl))
        return token

    def revoke(self, token: str) -> None:
        """End a token before its time."""
        with self._lock:
            self._valid.pop(token, None)

    def subject(self, token: str) -> str | None:
        """Whom a token stands for; None when it is not valid, or not any more."""
        now = self.clock.now()
        with self._lock:
            subject, expires = self._valid.get(token, (None, now))
        return subject if now < expires else None


class Authentication(grpc.ServerInterceptor):
    """Answers UNAUTHENTICATED to calls without a valid token.

    What clients need to get one is open to all: ``AuthMetadataService``; so is health.
    """

    def __init__(self, tokens: Tokens, engine_key: str = "") -> None:
        self._tokens = tokens
        self._engine_key = engine_key

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
        scheme, _, token = str(metadata.get(_METADATA_KEY, "")).partition(" ")
        subject = self._tokens.subject(token) if scheme.lower() == "bearer" else None
        return _guard(handler, subject)


class AuthMetadata(AuthMetadataServiceServicer):
    """Tells clients where tokens come from.

    Args:
        url: Of the HTTP server, without a path.
        tokens: What it issues.
    """

    def __init__(self, url: str, tokens: Tokens) -> None:
        self._url = url
        self._tokens = tokens

    def get_oauth2_metadata(
        self, request: OAuth2MetadataRequest, context: grpc.ServicerContext
    ) -> OAuth2MetadataResponse:
        """Tell of client credentials, the only grant there is: nobody can log in with a browser."""
        return OAuth2MetadataResponse(
            issuer=self._url,
            token_endpoint=self._url + TOKEN_PATH,
            token_endpoint_auth_methods_supported=["client_secret_basic"],
            grant_types_supported=["client_credentials"],
            scopes_supported=["all"],
        )

    def get_public_client_config(
        self, request: PublicClientAuthConfigRequest, context: grpc.ServicerContext
    ) -> PublicClientAuthConfigResponse:
        """Tell the client's id, and the metadata key that takes the token."""
        return PublicClientAuthConfigResponse(
            client_id=self._tokens.client_id,
            scopes=["all"],
            authorization_metadata_key=_METADATA_KEY,
            service_http_endpoint=self._url,
            audience=self._url,
        )


class Identity(IdentityServiceServicer):
    """Tells callers who they are."""

    def user_info(
        self, request: UserInfoRequest, context: grpc.ServicerContext
    ) -> UserInfoResponse:
        """Show the subject of the call's token."""
        subject = principal(context)
        return UserInfoResponse(subject=subject, name=subject, preferred_username=subject)


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
