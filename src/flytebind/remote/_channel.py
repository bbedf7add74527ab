"""Opens gRPC channels from settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flytebind.remote._arguments import must_be
from flytebind.remote.config import Config
from flytebind.remote.errors import FlyteAssertion, FlyteConfigError, FlyteUnavailableError
from flytebind.runtime._version import __version__
from flytebind.runtime.extras import explained
from flytebind.runtime.grpcio import aio, grpc

if TYPE_CHECKING:
    from flytebind._transfer.connect import ConnectChannel

_Option = tuple[str, "str | int"]

_CERTIFICATE_TIMEOUT = 10.0
_KEEPALIVE_TIMEOUT = 10.0
# gRPC's own is two minutes: so long would a server that was away seem to be away still.
_LONGEST_RECONNECT_PAUSE = 5.0
# The variable by which gRPC itself lets users choose the roots.
_ROOTS_VARIABLE = "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"


@explained("flytebind.remote")
def open_channel(config: Config) -> grpc.Channel:
    """A new channel to the server, yours to close.

    It connects when it is first used, except that gRPC with ``insecure_skip_verify`` asks the
    server for its certificate at once.

    Raises:
        FlyteConfigError: If a certificate or key file cannot be read.
        FlyteUnavailableError: If the server shows no certificate.
        ModuleNotFoundError: If grpcio is missing, with the command that brings it.
    """
    if config.transport == "connect":
        return _connect_channel(config)
    options = _options(config)
    if config.insecure:
        return grpc.insecure_channel(config.endpoint, options)
    key = _read(config, "client_key_file")
    chain = _read(config, "client_cert_file")
    roots: bytes | None
    if config.insecure_skip_verify:
        roots, name = _shown_certificate(config)
        if name:
            options.append(("grpc.ssl_target_name_override", name))
    else:
        roots = _read(config, "ca_cert_file") or _system_roots()
    credentials = grpc.ssl_channel_credentials(roots, key, chain)
    return grpc.secure_channel(config.endpoint, credentials, options)


def _connect_channel(config: Config) -> ConnectChannel:
    from flytebind._transfer.connect import ConnectChannel

    scheme = "http" if config.insecure else "https"
    most = sys.maxsize if config.max_message_bytes == -1 else config.max_message_bytes
    return ConnectChannel(f"{scheme}://{config.endpoint}", config, max_message_bytes=most)


def connection_hint(details: str, insecure: bool) -> str:
    """What may help when gRPC cannot connect; empty where nothing is known.

    Args:
        details: What gRPC says of the failed call.
        insecure: Whether the connection is one without TLS.
    """
    if "certificate has expired" in details:
        return "the server's certificate has expired: its keeper must renew it"
    if "CERTIFICATE_VERIFY_FAILED" in details:
        return (
            "the server's certificate is not trusted, or has expired: set ca_cert_file "
            "(admin.caCertFilePath) to the certificate that it descends from"
        )
    # gRPC's words for it have changed.
    if "Hostname Verification" in details or "is not in peer certificate" in details:
        return "the server's certificate is for another host name: connect to the name that it has"
    if "WRONG_VERSION_NUMBER" in details:
        return "the server seems to speak without TLS: set insecure (admin.insecure)"
    if "failed to connect" not in details:
        return ""
    hung_up = "Socket closed" in details
    # Ingresses answer in HTTP/1 that they want TLS; others break off.
    speaks_http1 = "http1.x server" in details or "missing selected ALPN" in details
    if insecure and (hung_up or speaks_http1 or "Connection reset" in details):
        return "the server may want TLS: unset insecure (admin.insecure)"
    if speaks_http1:
        return "what answers there speaks HTTP/1, and gRPC needs HTTP/2: is it the port of gRPC?"
    if hung_up:
        return "the server may want a client certificate: set client_cert_file and client_key_file"
    return ""


def check_channel(channel: object, face: str, *, any_kind: bool) -> None:
    """Refuse a caller's own channel that a face cannot use.

    Args:
        channel: The channel; None for none.
        face: The face that blocks, whose asyncio twin takes both kinds.
        any_kind: Whether this is that twin.

    Raises:
        TypeError: If it is of the wrong kind.
    """
    if channel is not None and not any_kind and not isinstance(channel, grpc.Channel):
        raise TypeError(
            f"{face} takes a grpc.Channel, not {type(channel).__module__}."
            f"{type(channel).__qualname__}; Async{face} takes both kinds"
        )


def check_interceptors(
    interceptors: Sequence[grpc.UnaryUnaryClientInterceptor], channel: object
) -> None:
    """Refuse what calls cannot go through.

    Raises:
        TypeError: If something is no interceptor, or the channel is one of asyncio.
    """
    for each in interceptors:
        hint = "its intercept_unary_unary sees each call, on asyncio, too"
        must_be(each, grpc.UnaryUnaryClientInterceptor, "interceptors", hint)
    if interceptors and isinstance(channel, aio.Channel):
        raise TypeError("a grpc.aio.Channel takes interceptors where it is made, and none later")


def console_root(config: Config | None) -> str:
    """Where the web console is.

    Raises:
        FlyteAssertion: If there is no config, which alone tells.
    """
    if config is None:
        raise FlyteAssertion(
            "a channel does not tell where the console is; give the remote a config, too"
        )
    if config.console_endpoint:
        given = config.console_endpoint.rstrip("/")
        return given if "://" in given else f"https://{given}"
    return f"{'http' if config.insecure else 'https'}://{config.endpoint}"


def _options(config: Config) -> list[_Option]:
    options: list[_Option] = [
        ("grpc.max_receive_message_length", config.max_message_bytes),
        ("grpc.max_send_message_length", config.max_message_bytes),
        # None but "identity": gRPC up to 1.82 unpacks an answer before it looks at how large it is.
        ("grpc.compression_enabled_algorithms_bitset", 1),
        ("grpc.primary_user_agent", f"flytebind/{__version__}"),
        # Or a new channel would share the old one's connection, dead as it may be.
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.max_reconnect_backoff_ms", int(_LONGEST_RECONNECT_PAUSE * 1000)),
    ]
    if config.keepalive:
        options += [
            ("grpc.keepalive_time_ms", int(config.keepalive * 1000)),
            ("grpc.keepalive_timeout_ms", int(_KEEPALIVE_TIMEOUT * 1000)),
            # Servers take pings without calls for an attack, and close the connection.
            ("grpc.keepalive_permit_without_calls", 0),
            ("grpc.http2.max_pings_without_data", 0),
        ]
    return options


def _read(config: Config, name: str) -> bytes | None:
    path: str | None = getattr(config, name)
    if not path:
        return None
    try:
        with open(os.path.expanduser(path), "rb") as file:
            content = file.read()
    except OSError as error:
        raise FlyteConfigError(
            f"{name} ({config.sources[name]}): {path} cannot be read: {error.strerror}"
        ) from error
    if b"-----BEGIN " not in content:
        raise FlyteConfigError(f"{name} ({config.sources[name]}): {path} is no PEM file")
    return content


def _system_roots() -> bytes | None:
    """The certificates that this system trusts; None leaves the choice to gRPC, which has its own.

    Windows keeps them elsewhere than in a file.
    """
    import ssl

    if os.environ.get(_ROOTS_VARIABLE):
        return None
    places = ssl.get_default_verify_paths()
    debian = os.path.join(places.capath or "", "ca-certificates.crt")
    for path in (places.cafile, debian):
        if path and os.path.isfile(path):
            with open(path, "rb") as file:
                return file.read()
    return None


def _shown_certificate(config: Config) -> tuple[bytes, str]:
    """The certificate that the server shows, and its name if it is not that of the endpoint."""
    import ssl
    from socket import create_connection

    host, port = _address(config)
    try:
        pem = ssl.get_server_certificate((host, port), timeout=_CERTIFICATE_TIMEOUT)
        # Not the default context: it may be too strict for a certificate that somebody has made.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=pem)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.check_hostname = False
        with (
            create_connection((host, port), timeout=_CERTIFICATE_TIMEOUT) as plain,
            context.wrap_socket(plain, server_hostname=host) as connection,
        ):
            certificate = connection.getpeercert() or {}
    except OSError as error:  # ssl.SSLError is one
        raise FlyteUnavailableError(
            grpc.StatusCode.UNAVAILABLE,
            f"the certificate of {config.endpoint} cannot be had: {error}",
        ) from error
    return pem.encode(), _other_name(certificate, host)


def _address(config: Config) -> tuple[str, int]:
    host, colon, port = config.endpoint.rpartition(":")
    if not colon or "]" in port:
        host, port = config.endpoint, "443"
    return host.strip("[]"), int(port)


def _other_name(certificate: Mapping[str, Any], host: str) -> str:
    """A name that the certificate is valid for, unless the host's is one of them."""
    names = [name for kind, name in certificate.get("subjectAltName", ()) if kind != "DirName"]
    if not names or host in names:
        return ""
    parent = host.partition(".")[2]
    if parent and f"*.{parent}" in names:
        return ""
    return str(names[0]).replace("*", "any")
