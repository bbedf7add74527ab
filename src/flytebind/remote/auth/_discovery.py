"""What the server says about how to get tokens for it."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from ipaddress import ip_address
from urllib.parse import urlsplit

from flytebind._transfer.uris import public
from flytebind.models.service.auth import (
    OAuth2MetadataRequest,
    OAuth2MetadataResponse,
    PublicClientAuthConfigRequest,
    PublicClientAuthConfigResponse,
)
from flytebind.remote._causes import CallFailure
from flytebind.remote.auth._credentials import Credentials
from flytebind.remote.auth._tokens import away, refused
from flytebind.remote.config import Config
from flytebind.remote.errors import FlyteAuthenticationError, FlyteCallError
from flytebind.runtime.grpcio import grpc
from flytebind.services.auth import AuthMetadataServiceClient

_TIMEOUT = 15.0
_AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


class Discovery:
    """Asks the server once, when it is first needed. The server answers without a token.

    Args:
        config: Its settings win over what the server says.
        channel: The connection.
        proxy: Credentials for a proxy before the server.
        timeout: How many seconds each question may take.
    """

    def __init__(
        self,
        config: Config,
        channel: grpc.Channel,
        proxy: Credentials | None = None,
        timeout: float = _TIMEOUT,
    ) -> None:
        self._config = config
        self._client = AuthMetadataServiceClient(channel)
        self._proxy = proxy
        self._timeout = timeout

    @property
    def metadata_key(self) -> str:
        """The metadata key that takes the token, as far as it is known by now."""
        if self._config.authorization_header:
            return self._config.authorization_header
        known: PublicClientAuthConfigResponse | None = self.__dict__.get("client")
        key = known.authorization_metadata_key if known is not None else ""
        return key.lower() or "authorization"

    def learn(self) -> None:
        """Ask which header takes the token, unless that is known. A server need not say.

        Raises:
            FlyteUnavailableError: If the server is away.
        """
        if not self._config.authorization_header:
            with suppress(FlyteAuthenticationError):
                _ = self.client

    @property
    def client_id(self) -> str:
        """The client to get tokens for."""
        return self._config.client_id or self.client.client_id

    @property
    def scopes(self) -> tuple[str, ...]:
        """What to ask for."""
        return self._config.scopes or tuple(self.client.scopes)

    @property
    def robot_scopes(self) -> tuple[str, ...]:
        """What to ask for without a person: those of the public client are for people.

        Flyte's own tokens are good for nothing without the one scope that it knows.
        """
        if self._config.scopes or not self.is_flytes_own:
            return self._config.scopes
        return tuple(self.endpoints.scopes_supported)

    @property
    def audience(self) -> str:
        """The audience of the tokens; may be empty."""
        if self._config.audience:
            return self._config.audience
        try:
            return self.client.audience
        except FlyteAuthenticationError:
            if self._config.token_url:
                return ""  # the settings do without what the server does not say
            raise

    @cached_property
    def client(self) -> PublicClientAuthConfigResponse:
        """The settings of the server's public client.

        Raises:
            FlyteAuthenticationError: If the server does not tell.
            FlyteUnavailableError: If it is away.
        """
        try:
            return self._client.get_public_client_config(
                PublicClientAuthConfigRequest(), timeout=self._timeout, metadata=self._metadata()
            )
        except grpc.RpcError as error:
            raise _failure(error) from CallFailure(error)

    @cached_property
    def endpoints(self) -> OAuth2MetadataResponse:
        """Where tokens are to be had.

        Raises:
            FlyteAuthenticationError: If the server does not tell.
            FlyteUnavailableError: If it is away.
        """
        try:
            return self._client.get_oauth2_metadata(
                OAuth2MetadataRequest(), timeout=self._timeout, metadata=self._metadata()
            )
        except grpc.RpcError as error:
            raise _failure(error) from CallFailure(error)

    def endpoint(self, name: str) -> str:
        """The URL of an endpoint, by its field's name.

        Raises:
            FlyteAuthenticationError: If there is none.
        """
        own = self._config.token_url if name == "token_endpoint" else None
        url: str = own or getattr(self.endpoints, name)
        if url.lower().startswith("https://"):
            return url
        if url.lower().startswith("http://"):
            if not own and not self._config.insecure and not _is_loopback(url):
                raise refused(
                    f"the server names a {name} without TLS ({public(url, is_url=True)}), where "
                    "all that is secret would be sent in clear: correct its settings, or set "
                    "token_url (admin.tokenUrl)"
                )
            return url
        if own:
            source = self._config.sources["token_url"]
            raise refused(f"token_url ({source}) is no usable URL: {public(url, is_url=True)!r}")
        shown = public(url, is_url=True)
        raise refused(f"the server names no usable {name} ({shown!r}): use another auth_mode")

    @property
    def takes_basic(self) -> bool:
        """Whether a client shows its secret in a header, as all providers have to take it."""
        try:
            methods = self.endpoints.token_endpoint_auth_methods_supported
        except FlyteAuthenticationError:
            return True
        return "client_secret_basic" in methods or "client_secret_post" not in methods

    @property
    def is_flytes_own(self) -> bool:
        """Whether it is the Flyte server itself that gives out tokens.

        It does not say so; its endpoints have these paths.
        """
        if self._config.token_url:
            return False
        token_url = self.endpoint("token_endpoint")
        return (
            token_url.endswith("/oauth2/token")
            and self.endpoints.jwks_uri == f"{token_url.removesuffix('token')}jwks"
        )

    def _metadata(self) -> list[tuple[str, str | bytes]]:
        if self._proxy is None:
            return []
        return [self._proxy.header(self._proxy.fresh() or self._proxy.renew())]


def _is_loopback(url: str) -> bool:
    """Whether it stays on this machine. A name that only resolves to that does not count."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _failure(error: grpc.RpcError) -> FlyteCallError:
    if error.code() is grpc.StatusCode.UNIMPLEMENTED:
        return refused(
            "the server has no AuthMetadataService to tell where tokens come from: "
            "use a token or an external command"
        )
    problem = (
        "the server does not tell where tokens come from: "
        f"{error.code().name}: {error.details()}"
    )
    return away(problem) if error.code() in _AWAY else refused(problem)
