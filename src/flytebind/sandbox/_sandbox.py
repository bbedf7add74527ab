"""An admin server in this process."""

from __future__ import annotations

import secrets
import socket
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import grpc
from grpc import aio

from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.runtime.homes import public_in
from flytebind.runtime.rpc import Servicer
from flytebind.runtime.typing import Self
from flytebind.sandbox._admin import Admin
from flytebind.sandbox._blobs import BlobStore
from flytebind.sandbox._calls import Calls
from flytebind.sandbox._clock import Clock
from flytebind.sandbox._console import Console
from flytebind.sandbox._dataproxy import DataProxy
from flytebind.sandbox._engine_key import EngineMark
from flytebind.sandbox._faults import Faults
from flytebind.sandbox._http import HttpServer
from flytebind.sandbox._probes import add_probes
from flytebind.sandbox._relay import Relay
from flytebind.sandbox._settings import Settings
from flytebind.sandbox._signals import Signals
from flytebind.sandbox._store import Store, StoreError
from flytebind.sandbox.auth import (
    Authentication,
    AuthMetadata,
    AuthorizationServer,
    AuthSettings,
    Identity,
    Tokens,
)
from flytebind.sandbox.play import Engine

# The store takes one call at a time. More threads than these only take turns with one another: with
# 64 of them, 32 clients get a third fewer answers. Calls that faults delay wait elsewhere.
_WORKERS = 2
# Of tools that look at what the server serves.
_MAX_TALKS = 16

_CHANNEL_OPTIONS = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))


@public_in("flytebind.sandbox")
class Sandbox:
    """A Flyte admin to test against: real gRPC on a real port, without a cluster.

    It serves from the moment it is made until ``stop``, or the end of a ``with`` block. Executions
    do nothing by themselves: send events, or let ``play`` run scripted workflows.

        >>> with Sandbox() as sandbox, sandbox.channel() as channel:
        ...     domains = AdminServiceClient(channel).get_domains(GetDomainRequest())

    Args:
        host: Where to listen.
        port: Where to listen; 0 takes a free port.
        db: A SQLite file that keeps everything, made when absent; None keeps it in memory.
        data: The folder of offloaded data. By default a temporary one or, with ``db``, the file's
            name with ``.data`` after it.
        auth: Whether calls need a token, see ``tokens``; or how they get one, in settings.
        relay: Whether connections go through a relay, so that browsers find the console at
            ``endpoint``, and ``faults`` can break connections. It costs some speed.
        settings: Limits and the like.
        clock: The sandbox's time; a new one by default.

    Raises:
        OSError: If the port is taken, or a file or folder cannot be used.
        StoreError: If ``db`` is no file of a sandbox, is damaged, or another one has it open, or
            ``data`` has no name.
    """

    endpoint: str
    """Where clients connect to, as ``host:port``."""
    console_url: str
    """Where people look at executions, with a browser. It is at ``endpoint``, as links of clients
    have it, unless there is no relay."""
    settings: Settings
    clock: Clock
    """Move it to see what time does."""
    calls: Calls
    """What clients have called so far."""
    faults: Faults
    """Trouble on request."""
    tokens: Tokens | None
    """Makes and revokes access tokens; None when authentication is off."""
    admin: Admin
    """The admin service's side of the server."""
    signals: Signals
    """The signal service's side of the server."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        db: str | Path | None = None,
        data: str | Path | None = None,
        auth: bool | AuthSettings = False,
        relay: bool = True,
        settings: Settings | None = None,
        clock: Clock | None = None,
    ) -> None:
        _check_address(host, port)
        engine_key = secrets.token_hex()
        self._engine_key = engine_key
        self._engine: Engine | None = None
        self.settings = settings or Settings()
        self.clock = clock or Clock()
        self.calls = Calls(engine_key)
        self.faults = Faults(engine_key)
        provider = _provider(self.clock, auth)
        self.tokens = None if provider is None else provider.tokens
        if data is not None and not str(data):
            raise StoreError("the folder of data has no name; leave it out for a temporary one")
        if data is None and db is not None:
            data = f"{db}.data"
        with ExitStack() as closers:
            store = Store(db, now=self.clock.now)
            closers.callback(store.close)
            blobs = BlobStore(None if data is None else Path(data))
            closers.callback(blobs.close)
            http = HttpServer(blobs, self.clock, provider, host)
            closers.callback(http.close)
            try:
                self.admin = Admin(store, blobs, http, self.clock, self.settings)
            except sqlite3.DatabaseError as error:
                raise StoreError(f"{db}: {error}") from error
            self.signals = Signals(store)
            interceptors: list[grpc.ServerInterceptor] = [self.calls, self.faults]
            if provider is not None:
                key = provider.settings.metadata_key
                interceptors.append(Authentication(provider.tokens, engine_key, key))
            server = grpc.server(
                ThreadPoolExecutor(_WORKERS, thread_name_prefix="sandbox"),
                interceptors=interceptors,
                options=[
                    ("grpc.max_receive_message_length", self.settings.max_message_bytes),
                    ("grpc.max_send_message_length", -1),
                    ("grpc.so_reuseport", 0),  # a port that is taken is an error
                    # Clients may see by pings whether the connection lives, as often as they like.
                    ("grpc.http2.max_ping_strikes", 0),
                ],
            )
            servicers: list[Servicer] = [self.admin, self.signals]
            servicers.append(DataProxy(self.admin, blobs, self.clock, http))
            if provider is not None:
                servicers += [AuthMetadata(http.url, provider), Identity()]
            for servicer in servicers:
                servicer.add_to_server(server)
            probes = ThreadPoolExecutor(_MAX_TALKS, thread_name_prefix="sandbox-probes")
            closers.callback(probes.shutdown)
            add_probes(server, [servicer.SERVICE_NAME for servicer in servicers], probes)
            own_port = _bind(server, host, 0 if relay else port)
            self._address = self.endpoint = f"{host}:{own_port}"
            closers.callback(self.faults.close)
            server.start()
            closers.callback(lambda: server.stop(grace=None).wait())
            closers.callback(self.faults.clear)  # wakes calls that are being delayed
            if relay:
                front = Relay(host, port, (host, own_port), http.take)
                closers.callback(front.close)
                self.faults.use_relay(front)
                self.endpoint = f"{host}:{front.port}"
            self._site = f"http://{self.endpoint}" if relay else http.url
            self.console_url = f"{self._site}/console"
            channel = closers.enter_context(self.engine_channel())
            http.use_site(Console(channel, self.endpoint, store, self.clock, host, self.tokens))
            self._closers = closers.pop_all()

    def channel(self) -> grpc.Channel:
        """A new channel to the sandbox, yours to close. It takes messages of any size."""
        return grpc.insecure_channel(self.endpoint, _CHANNEL_OPTIONS)

    def async_channel(self) -> aio.Channel:
        """A new asyncio channel to the sandbox, yours to close. It takes messages of any size."""
        return aio.insecure_channel(self.endpoint, _CHANNEL_OPTIONS)

    def engine_channel(self) -> grpc.Channel:
        """A channel for what plays the cluster's part, yours to close.

        Its calls need no token, meet no faults, and are not counted.
        """
        channel = grpc.insecure_channel(self._address, _CHANNEL_OPTIONS)
        return grpc.intercept_channel(channel, EngineMark(self._engine_key))

    def play(self, script: str) -> WorkflowExecutionIdentifier:
        """Start a scripted workflow, which then runs by itself.

        From the first call on, executions of scripted launch plans run whoever creates them.
        ``flytebind.sandbox.play.SCRIPTS`` has their names.

        Returns:
            The id of the execution.

        Raises:
            LookupError: If there is no such script.
        """
        return self.engine().launch(script)

    def engine(self, speed: float = 1.0) -> Engine:
        """What runs scripted workflows, started when it is first asked for.

        Args:
            speed: How many times faster than written; counts for the first call only.
        """
        if self._engine is None:
            channel = self._closers.enter_context(self.engine_channel())
            self._engine = Engine(
                channel,
                self.admin,
                self.signals,
                self.clock,
                speed=speed,
                logs_url=f"{self._site}/logs",
            )
            self._closers.callback(self._engine.stop)
        return self._engine

    def stop(self) -> None:
        """Stop serving and close all files. Stopping twice does no harm."""
        self._closers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"Sandbox({self.endpoint!r})"


def _provider(clock: Clock, auth: bool | AuthSettings) -> AuthorizationServer | None:
    if not auth:
        return None
    settings = auth if isinstance(auth, AuthSettings) else AuthSettings()
    tokens = Tokens(clock, settings.client_id, settings.client_secret, settings.token_lifetime)
    return AuthorizationServer(tokens, settings)


def _check_address(host: str, port: int) -> None:
    """Listen for a moment: gRPC's core would write a line of its own to stderr about a failure.

    Raises:
        OSError: If nobody can listen there.
    """
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {reason}") from None


def _bind(server: grpc.Server, host: str, port: int) -> int:
    try:
        return server.add_insecure_port(f"{host}:{port}")
    except RuntimeError as error:  # somebody was faster
        raise OSError(str(error)) from None
