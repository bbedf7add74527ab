"""One channel to the server, opened when it is first needed."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Sequence

from flytebind._transfer.http.client import HttpClient
from flytebind.remote import auth
from flytebind.remote._channel import open_channel
from flytebind.remote._reading import AsyncReadingClient, ReadingClient
from flytebind.remote.config import Config
from flytebind.remote.errors import FlyteAssertion
from flytebind.runtime.grpcio import aio, grpc
from flytebind.runtime.rpc.client import AsyncClient, Client

_log = logging.getLogger("flytebind.remote")

# gRPC's threads do not survive a fork, and without its own support a call in the child hangs for
# ever, deaf to its timeout, whichever channel it goes through.
_first_opened_in: int | None = None

_MAX_RETIRED = 3


class Connection:
    """Opens the channel, and knows which credentials go with it. Safe to share between threads.

    Args:
        config: Where the server is; needed unless there is a channel.
        channel: The caller's own channel, which stays theirs to close.
        token: A token or what has one, instead of what the config says.
        interceptors: What calls go through, outermost first.
    """

    def __init__(
        self,
        config: Config | None,
        channel: grpc.Channel | aio.Channel | None,
        token: auth.AnyToken | None,
        interceptors: Sequence[grpc.UnaryUnaryClientInterceptor] = (),
    ) -> None:
        self.config = config
        self._interceptors = tuple(interceptors)
        self._given = channel
        self._token = token
        self._lock = threading.RLock()
        self.client: Client | AsyncClient | None = None
        """What makes calls of the channel, while it is open."""
        self._channel: grpc.Channel | None = None
        self._retired: list[grpc.Channel] = []
        self._http: HttpClient | None = None
        self._credentials: tuple[auth.Credentials, ...] = ()
        self._closed = False
        self._opened_in: int | None = None
        self._opened_at = 0.0

    @property
    def is_asyncio(self) -> bool:
        """Whether calls can be made in one event loop alone."""
        return isinstance(self._given, aio.Channel)

    def open(self) -> tuple[auth.Credentials, ...]:
        """Open the channel if it is not; returns what each call must show.

        Raises:
            FlyteAssertion: If the connection is closed, or gRPC cannot work in this process: it
                was forked, or is about to end.
            FlyteConfigError: If the settings do not lead to a channel.
        """
        _check_end()
        _check_fork()
        if self._opened_in not in (None, os.getpid()):
            self._forget()
        if self.client is None:
            with self._lock:
                if self.client is None:
                    self._open()
        return self._credentials

    def replace(self, silent_since: float) -> None:
        """Make calls through a new channel from now on, unless the channel is the caller's.

        A connection that has gone silent looks open. Calls that are in flight keep the old one.

        Args:
            silent_since: When nothing came through any more, on the monotonic clock. A channel that
                was opened later stays: many calls may notice the same silence.
        """
        with self._lock:
            if self._channel is None or self.config is None or self._opened_at > silent_since:
                return
            _log.info("%s: no answer, making a new connection", self.config.endpoint)
            self._retired.append(self._channel)
            # Credentials ask the first one where tokens come from; those between are forgotten.
            forgotten = self._retired.pop(1) if len(self._retired) > _MAX_RETIRED else None
            self._channel = open_channel(self.config)
            self._opened_at = time.monotonic()
            self.client = self._client_of(self._channel)
        if forgotten is not None:
            forgotten.close()

    @property
    def http(self) -> HttpClient:
        """What speaks HTTP with the settings of this connection.

        Raises:
            FlyteAssertion: If the connection is closed.
        """
        with self._lock:
            if self._closed:
                raise closed()
            if self._http is None:
                self._http = HttpClient(self.config)
            return self._http

    def close(self) -> None:
        """End all calls and close the channel, unless it is the caller's. Twice does no harm."""
        with self._lock:
            self._closed = True
            channel, self._channel, self.client = self._channel, None, None
            credentials, self._credentials = self._credentials, ()
            retired, self._retired = self._retired, []
            http, self._http = self._http, None
        if http is not None:
            http.close()
        for each in credentials:
            each.close()
        for each_channel in (*retired, channel):
            if each_channel is not None:
                each_channel.close()

    def _open(self) -> None:
        global _first_opened_in
        if self._closed:
            raise closed()
        channel = self._given
        if channel is None:
            assert self.config is not None  # the remote sees to it
            channel = self._channel = open_channel(self.config)
        self._opened_in = os.getpid()
        self._opened_at = time.monotonic()
        _first_opened_in = _first_opened_in or self._opened_in
        if isinstance(channel, grpc.Channel):
            self._credentials = self._make_credentials(channel)
            self.client = self._client_of(channel)
        else:
            self._credentials = self._make_credentials(None)
            self.client = AsyncReadingClient(channel)

    def _client_of(self, channel: grpc.Channel) -> Client:
        if self._interceptors:
            channel = grpc.intercept_channel(channel, *self._interceptors)
        return ReadingClient(channel)

    def _forget(self) -> None:
        """Leave to the parent of this process what the parent has opened.

        Even with its support for forks, gRPC 1.60 takes an inherited channel for closed.
        """
        with self._lock:
            if self._opened_in != os.getpid():
                self._channel, self.client, self._retired = None, None, []
                self._credentials = ()
                self._http = None
                self._opened_in = None

    def _make_credentials(self, channel: grpc.Channel | None) -> tuple[auth.Credentials, ...]:
        if self._given is not None and self._token is None:
            return ()  # whoever makes a channel sees to its credentials, too
        if self.config is None:
            assert self._token is not None  # there is a channel instead
            return (auth.Credentials(auth.source_of(self._token)),)
        return auth.credentials_for(self.config, channel, token=self._token)


def _check_end() -> None:
    """Refuse calls of threads that outlive the main one, where Python starts no thread any more.

    gRPC needs one for a call, and without it would wait for ever while the interpreter ends.
    """
    if sys.version_info >= (3, 12) and not threading.main_thread().is_alive():
        raise FlyteAssertion(
            "the program is ending, and Python starts no thread any more, which a call needs; let"
            " the main thread wait for the threads that make calls"
        )


def _check_fork() -> None:
    if _first_opened_in is None or os.getpid() == _first_opened_in:
        return
    if os.environ.get("GRPC_ENABLE_FORK_SUPPORT", "").lower() in ("1", "true", "yes", "y", "t"):
        return
    raise FlyteAssertion(
        "this process was forked from one that had a connection to Flyte already, and gRPC does"
        " not survive that: start the process with 'spawn' or 'forkserver', connect after the"
        " fork only, or set GRPC_ENABLE_FORK_SUPPORT=1 before Python starts"
    )


def closed() -> FlyteAssertion:
    """What a connection raises that is closed."""
    return FlyteAssertion("this remote is closed; make another one")
