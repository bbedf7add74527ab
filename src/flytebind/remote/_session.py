"""What all operations of a remote for Flyte 1 share."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from flytebind.remote._calls import Caller, CallPolicy
from flytebind.remote._clients import async_client
from flytebind.remote._connection import Connection
from flytebind.remote._io import Io
from flytebind.remote._io.turns import Turns
from flytebind.remote._sessions import SessionBase
from flytebind.remote._single_flight import SingleFlight
from flytebind.remote.executions import Remote
from flytebind.runtime.model import Model
from flytebind.services.admin import AdminServiceAsyncClient

M = TypeVar("M", bound=Model[Any])

_MAX_CACHED = 256


class Session(SessionBase):
    """The clients of one connection, what they wait through, and what need not be asked twice.

    Args:
        remote: The face that results are attached to.
        connection: Where calls go.
        io: What coroutines wait through.
        turns: How many calls may be in flight.
        policy: Deadlines and retries.
        project: The project of calls that name none.
        domain: The domain of calls that name none.
    """

    def __init__(
        self,
        remote: Remote,
        connection: Connection,
        io: Io,
        turns: Turns,
        policy: CallPolicy,
        *,
        project: str | None,
        domain: str | None,
    ) -> None:
        super().__init__(io, turns, policy, project, domain)
        self.remote = remote
        self.can_load_later: bool = remote.can_load_later
        """Whether executions may load what they lack when they are touched."""
        self.connection = connection
        self.caller: Caller = Caller(connection, io, policy)
        self.admin: AdminServiceAsyncClient = async_client(AdminServiceAsyncClient, self.caller)
        self._entities: OrderedDict[tuple[type, bytes], Any] = OrderedDict()
        self._flights = SingleFlight(io, policy.timeout)
        self.signs = True
        """Whether the server has signed a link when it was asked last."""
        self._lock = threading.Lock()

    def close(self) -> None:
        """End all calls and close the connection. Twice does no harm."""
        self.connection.close()

    async def cached(self, kind: type[M], id: Model[Any], fetch: Callable[[], Awaitable[M]]) -> M:
        """Something that never changes on the server, such as a version of a task or workflow.

        Args:
            kind: What it is.
            id: Which one.
            fetch: Gets it when it is not known; once for all who want it at the same time.
        """
        key = (kind, id.to_bytes())

        async def known_or_fetched() -> M:
            found: M | None = self._known(key)
            if found is None:
                found = await fetch()
                self.keep(id, found)
            return found

        found: M | None = self._known(key)
        return await self._flights.share(key, known_or_fetched) if found is None else found

    def keep(self, id: Model[Any], fetched: Model[Any]) -> None:
        """Know something that has come for another reason."""
        with self._lock:
            self._entities[type(fetched), id.to_bytes()] = fetched
            while len(self._entities) > _MAX_CACHED:
                self._entities.popitem(last=False)

    def _known(self, key: tuple[type, bytes]) -> Any:
        with self._lock:
            if key in self._entities:
                self._entities.move_to_end(key)
            return self._entities.get(key)
