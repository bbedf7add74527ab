"""TLS: which certificates a connection trusts, and which one it presents."""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

from flytebind.runtime.errors import FlyteConfigError


class Settings(Protocol):
    """The settings of a connection, as far as they are about HTTP; see ``Config``."""

    @property
    def endpoint(self) -> str: ...
    @property
    def insecure_skip_verify(self) -> bool: ...
    @property
    def ca_cert_file(self) -> str | None: ...
    @property
    def client_cert_file(self) -> str | None: ...
    @property
    def client_key_file(self) -> str | None: ...
    @property
    def http_proxy_url(self) -> str | None: ...
    @property
    def sources(self) -> Mapping[str, str]:
        """Where each setting is from."""
        ...


class Trust:
    """Makes the TLS contexts of a connection, each once.

    All trust what the system does (OpenSSL heeds ``SSL_CERT_FILE``), and besides it
    ``ca_cert_file`` and what ``REQUESTS_CA_BUNDLE`` names: the server, the identity provider and
    the store need not have their certificates from the same place.

    Args:
        config: The settings; None for the system's alone.
    """

    def __init__(self, config: Settings | None) -> None:
        self._config = config
        self._contexts: dict[tuple[bool, bool], ssl.SSLContext] = {}
        self._lock = threading.Lock()

    def context(self, url: str, *, is_data: bool) -> ssl.SSLContext:
        """How to talk to the server of a URL.

        ``insecure_skip_verify`` is about the Flyte server and the data that it links to. Secrets go
        to nobody else unverified; and the client's certificate is for the Flyte server alone.

        Args:
            url: Whose server.
            is_data: Whether the URL is a link to data.

        Raises:
            FlyteConfigError: If a file with certificates cannot be used.
        """
        config = self._config
        is_flyte = config is not None and (
            urlsplit(f"//{config.endpoint}").hostname == urlsplit(url).hostname
        )
        skips = config is not None and config.insecure_skip_verify and (is_flyte or is_data)
        with self._lock:
            context = self._contexts.get((skips, is_flyte))
            if context is None:
                context = self._contexts[skips, is_flyte] = self._make(skips, is_flyte)
            return context

    def _make(self, skips: bool, is_flyte: bool) -> ssl.SSLContext:
        context = ssl.create_default_context()
        config = self._config
        bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
        if bundle:
            _load(context, bundle, "REQUESTS_CA_BUNDLE")
        if config is not None and config.ca_cert_file:
            where = f"ca_cert_file ({config.sources['ca_cert_file']})"
            _load(context, config.ca_cert_file, where)
        if config is not None and config.client_cert_file and is_flyte:
            try:
                context.load_cert_chain(
                    os.path.expanduser(config.client_cert_file),
                    os.path.expanduser(config.client_key_file or ""),
                )
            except OSError as error:
                pair = f"{config.client_cert_file} with {config.client_key_file}"
                raise FlyteConfigError(
                    f"client_cert_file ({config.sources['client_cert_file']}): {pair} cannot be "
                    f"used: {error}"
                ) from error
        if skips:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def _load(context: ssl.SSLContext, path: str, source: str) -> None:
    expanded = os.path.expanduser(path)
    try:
        if os.path.isdir(expanded):
            context.load_verify_locations(capath=expanded)
        else:
            context.load_verify_locations(expanded)
    except OSError as error:
        raise FlyteConfigError(f"{source}: {path} cannot be used: {error}") from error
