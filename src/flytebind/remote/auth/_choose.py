"""Chooses the credentials of a connection."""

from __future__ import annotations

import time
from collections.abc import Callable

from flytebind.remote.auth._credentials import Credentials
from flytebind.remote.auth._discovery import Discovery
from flytebind.remote.auth._secrets import has_client_secret
from flytebind.remote.auth._sources import CallableSource, CommandSource, StaticSource
from flytebind.remote.auth._tokens import AnyToken, Renewal, Token, TokenSource, ask
from flytebind.remote.config import AuthMode, Config
from flytebind.remote.errors import FlyteConfigError
from flytebind.runtime.grpcio import grpc

_PROXY_KEY = "proxy-authorization"


def credentials_for(
    config: Config,
    channel: grpc.Channel | None,
    *,
    token: AnyToken | None = None,
    clock: Callable[[], float] = time.time,
) -> tuple[Credentials, ...]:
    """What calls must show: a token for the server, and one for a proxy before it.

    A command, and a token that is given, are used from the first call on, in the header that the
    server names. The other modes need the server to tell where tokens come from, so they begin when
    it first asks for one: the same settings do for a server without authentication.

    Args:
        config: The settings.
        channel: The connection; it is asked where tokens come from. A token or a command can do
            without it.
        token: The token, or what has it; wins over the settings.
        clock: Tells the time in seconds since 1970.

    Returns:
        Nothing, one, or two; the server's come first.

    Raises:
        FlyteConfigError: If the settings of the mode are not complete.
    """
    proxy = None
    if config.proxy_command:
        proxy = Credentials(CommandSource(config.proxy_command), _PROXY_KEY, clock=clock)
    discovery = Discovery(config, channel, proxy) if channel is not None else None
    server = _for_server(config, discovery, token, clock)
    return tuple(each for each in (server, proxy) if each is not None)


def source_of(token: AnyToken) -> TokenSource:
    """The source of what a caller gives as a token."""
    if isinstance(token, (str, Token)):
        return StaticSource(token)
    return CallableSource(token) if callable(token) else token


def _for_server(
    config: Config,
    discovery: Discovery | None,
    token: AnyToken | None,
    clock: Callable[[], float],
) -> Credentials | None:
    if token is not None:
        return _at_once(source_of(token), config, discovery, clock)
    mode = config.auth_mode or _suggested(config)
    if mode is AuthMode.NONE:
        return None
    if mode is AuthMode.EXTERNAL_COMMAND:
        if not config.command:
            raise _missing(config, mode, "command (admin.command)")
        return _at_once(CommandSource(config.command), config, discovery, clock)

    if discovery is None:
        raise _missing(config, mode, "a channel without asyncio, to ask where tokens come from")

    from flytebind.remote.auth._oauth import OAuth

    oauth = OAuth(config, discovery, clock)
    source: TokenSource
    if mode is AuthMode.CLIENT_SECRET:
        from flytebind.remote.auth._client_secret import ClientSecretSource

        if not config.client_id:
            raise _missing(config, mode, "client_id (admin.clientId)")
        if not has_client_secret(config):
            raise _missing(
                config, mode, "client_secret_file (admin.clientSecretLocation) or client_secret_env"
            )
        source = ClientSecretSource(discovery, oauth)
    else:
        from flytebind.remote.auth._login import login_source

        source = login_source(mode, config, discovery, oauth, clock)
    return Credentials(source, lambda: discovery.metadata_key, eager=False, clock=clock)


def _at_once(
    source: TokenSource, config: Config, discovery: Discovery | None, clock: Callable[[], float]
) -> Credentials:
    key = config.authorization_header
    if key or discovery is None:
        return Credentials(source, key or "authorization", clock=clock)
    return Credentials(_Introduced(source, discovery), lambda: discovery.metadata_key, clock=clock)


class _Introduced:
    """Has tokens, once the server has been asked which header takes them."""

    def __init__(self, source: TokenSource, discovery: Discovery) -> None:
        self._source = source
        self._discovery = discovery

    def fetch(self) -> Token:
        """See ``TokenSource``."""
        return self.renew(Renewal())

    def renew(self, renewal: Renewal) -> Token:
        """See ``AttentiveSource``."""
        self._discovery.learn()
        return ask(self._source, renewal)


def _suggested(config: Config) -> AuthMode:
    if config.command:
        return AuthMode.EXTERNAL_COMMAND
    return AuthMode.CLIENT_SECRET if has_client_secret(config) else AuthMode.NONE


def _missing(config: Config, mode: AuthMode, what: str) -> FlyteConfigError:
    source = config.sources["auth_mode"] if config.auth_mode else "suggested by other settings"
    return FlyteConfigError(f"auth_mode {mode.value} ({source}) needs {what}")
