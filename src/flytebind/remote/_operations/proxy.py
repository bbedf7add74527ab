"""The service that signs links and knows what is behind Flyte URLs."""

from __future__ import annotations

from flytebind.remote._calls import RoutedClient
from flytebind.services.dataproxy import DataProxyServiceAsyncClient


class DataProxy(RoutedClient, DataProxyServiceAsyncClient):
    """Its client, with the deadlines and retries of the remote."""

    __slots__ = ()
