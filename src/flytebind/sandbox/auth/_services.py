"""The two services that tell about authentication."""

from __future__ import annotations

import grpc

from flytebind.models.service.auth import (
    OAuth2MetadataRequest,
    OAuth2MetadataResponse,
    PublicClientAuthConfigRequest,
    PublicClientAuthConfigResponse,
)
from flytebind.models.service.identity import UserInfoRequest, UserInfoResponse
from flytebind.sandbox.auth._guard import principal
from flytebind.sandbox.auth._oauth import AuthorizationServer
from flytebind.services.auth import AuthMetadataServiceServicer
from flytebind.services.identity import IdentityServiceServicer


class AuthMetadata(AuthMetadataServiceServicer):
    """Tells clients where tokens come from.

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
        """Tell the endpoints, and what they can do."""
        return self._provider.metadata(self._url)

    def get_public_client_config(
        self, request: PublicClientAuthConfigRequest, context: grpc.ServicerContext
    ) -> PublicClientAuthConfigResponse:
        """Tell the client's id, and the metadata key that takes the token."""
        return self._provider.public_client()


class Identity(IdentityServiceServicer):
    """Tells callers who they are."""

    def user_info(
        self, request: UserInfoRequest, context: grpc.ServicerContext
    ) -> UserInfoResponse:
        """Show the subject of the call's token."""
        subject = principal(context)
        return UserInfoResponse(subject=subject, name=subject, preferred_username=subject)
