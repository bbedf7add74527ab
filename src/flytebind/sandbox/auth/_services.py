"""AuthMetadataService and IdentityService."""

from __future__ import annotations

import grpc

from flytebind.models.service.auth import (
    OAuth2MetadataRequest,
    OAuth2MetadataResponse,
    PublicClientAuthConfigRequest,
    PublicClientAuthConfigResponse,
)
from flytebind.models.service.identity import UserInfoRequest, UserInfoResponse
from flytebind.runtime.homes import public_in
from flytebind.sandbox.auth._guard import principal
from flytebind.sandbox.auth._oauth import AuthorizationServer
from flytebind.services.auth import AuthMetadataServiceServicer
from flytebind.services.identity import IdentityServiceServicer


@public_in("flytebind.sandbox.auth")
class AuthMetadata(AuthMetadataServiceServicer):
    """AuthMetadataService: where clients get tokens.

    Args:
        url: Of the HTTP server, without a path.
        provider: What gives them out there.
    """

    def __init__(self, url: str, provider: AuthorizationServer) -> None:
        self._url = url
        self._provider = provider

    def get_oauth2_metadata(
        self, request: OAuth2MetadataRequest, context: grpc.ServicerContext
    ) -> OAuth2MetadataResponse:
        """Show the OAuth 2 endpoints, and what they support."""
        return self._provider.metadata(self._url)

    def get_public_client_config(
        self, request: PublicClientAuthConfigRequest, context: grpc.ServicerContext
    ) -> PublicClientAuthConfigResponse:
        """Show the public client's ID, and the metadata key that carries the token."""
        return self._provider.public_client()


@public_in("flytebind.sandbox.auth")
class Identity(IdentityServiceServicer):
    """IdentityService: who the caller is."""

    def user_info(
        self, request: UserInfoRequest, context: grpc.ServicerContext
    ) -> UserInfoResponse:
        """Show the subject of the call's token."""
        subject = principal(context)
        return UserInfoResponse(subject=subject, name=subject, preferred_username=subject)
