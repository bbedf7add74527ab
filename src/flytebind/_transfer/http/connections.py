"""One connection for one exchange: straight to the server, or through a proxy."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from urllib3.connection import HTTPConnection, HTTPSConnection, ProxyConfig
from urllib3.util import Url, make_headers, parse_url

from flytebind._transfer.http.errors import HttpError
from flytebind._transfer.http.exchanges import Exchange, connect
from flytebind._transfer.http.trust import Settings, Trust

# All that the first line of a request may have. Whatever is there goes as it is: it is signed.
_LEGAL = "!#$%&'()*+,/:;=?@[]~"
_PORTS = {"http": 80, "https": 443}

_is_ours: ContextVar[bool] = ContextVar("flytebind_http", default=False)

# urllib3 quotes the address, signature and all, when it warns of an answer's headers.
logging.getLogger("urllib3.connection").addFilter(lambda _: not _is_ours.get())


@contextmanager
def unlogged() -> Iterator[None]:
    """Keep what urllib3 says in the block to ourselves."""
    before = _is_ours.set(True)
    try:
        yield
    finally:
        _is_ours.reset(before)


class Connection(HTTPConnection):
    """Belongs to one exchange, which can end whatever happens on it."""

    exchange: Exchange

    def _new_conn(self) -> socket.socket:
        return connect(self._dns_host, self.port or 0, self.exchange)


class TlsConnection(Connection, HTTPSConnection):
    """The same, encrypted."""


class Route(NamedTuple):
    """A connection that is not open yet, and how to ask through it."""

    connection: Connection
    target: str
    headers: dict[str, str]


def route_of(exchange: Exchange, config: Settings | None, trust: Trust, *, is_data: bool) -> Route:
    """The way to the server of an exchange's URL.

    Raises:
        HttpError: If there is none: this is no HTTP URL.
        FlyteConfigError: If the settings for TLS make no sense.
    """
    url = urlsplit(exchange.url)
    host, port = _address(url, exchange.url)
    target = quote((url.path or "/") + (f"?{url.query}" if url.query else ""), _LEGAL)
    headers = {"Host": url.netloc.rpartition("@")[2]}
    context = trust.context(exchange.url, is_data=is_data) if url.scheme == "https" else None
    proxy = _proxy_for(url, config)
    if proxy is None:
        connection = _connection(host, port, context)
    else:
        via = parse_url(proxy if "://" in proxy else f"http://{proxy}")
        at = via.host or "", via.port or _PORTS.get(via.scheme or "", 80)
        for_proxy = make_headers(proxy_basic_auth=unquote(via.auth)) if via.auth else {}
        own = trust.context(proxy, is_data=False) if via.scheme == "https" else None
        if context is not None:
            connection = _connection(*at, context, via, ProxyConfig(own, False, None, None))
            connection.set_tunnel(host, port, for_proxy, via.scheme or "http")
        else:
            connection = _connection(*at, own)
            target = f"http://{headers['Host']}{target}"
            headers.update(for_proxy)
    connection.exchange = exchange
    return Route(connection, target, headers)


def _connection(
    host: str,
    port: int,
    context: ssl.SSLContext | None,
    proxy: Url | None = None,
    proxy_config: ProxyConfig | None = None,
) -> Connection:
    # No timeout of the socket's own: it would be one for each of its steps.
    if context is None:
        return Connection(host, port, timeout=None)
    return TlsConnection(
        host,
        port,
        timeout=None,
        ssl_context=context,
        proxy=proxy,
        proxy_config=proxy_config,
    )


def _address(url: SplitResult, given: str) -> tuple[str, int]:
    try:
        host, port = url.hostname, url.port
    except ValueError:
        raise HttpError(given, "the port is none") from None
    if url.scheme not in _PORTS or not host:
        raise HttpError(given, "this is no HTTP URL")
    return host, port or _PORTS[url.scheme]


def _proxy_for(url: SplitResult, config: Settings | None) -> str | None:
    """The proxy on the way to a server: the configured one, or what gRPC heeds, too."""
    if proxy_bypass(url.netloc.rpartition("@")[2]):
        return None
    configured = config.http_proxy_url if config is not None else None
    return configured or getproxies_environment().get(url.scheme)
