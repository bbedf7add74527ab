"""Generated clients whose calls have the deadlines, retries and tokens of a remote."""

from __future__ import annotations

from typing import Any, TypeVar

from flytebind.remote._calls import AsyncRoute, Caller
from flytebind.remote._io.blocking import run
from flytebind.remote._io.turns import Turns
from flytebind.runtime.rpc import AsyncClient, Client, Metadata, Method
from flytebind.runtime.rpc.method import Req, Res

A = TypeVar("A", bound=AsyncClient)
C = TypeVar("C", bound=Client)


def async_client(kind: type[A], caller: Caller) -> A:
    """A client to be awaited, whose calls go through a ``Caller``.

    Args:
        kind: What it is a client of: a service without streams.
        caller: What makes its calls.
    """
    client: A = _routed(AsyncRoute, kind)(caller)
    return client


def blocking_client(kind: type[C], caller: Caller, turns: Turns) -> C:
    """A client whose methods return when they are done, and whose calls go through a ``Caller``.

    Args:
        kind: What it is a client of: a service without streams.
        caller: What makes its calls.
        turns: How many of them may be in flight.
    """
    client: C = _routed(_Route, kind)(caller, turns)
    return client


_made: dict[tuple[type[Any], type[Any]], type[Any]] = {}


def _routed(route: type[Any], kind: type[Any]) -> type[Any]:
    # Written out, ten classes would say the same thing.
    made = _made.get((route, kind))
    if made is None:
        about = {"__slots__": (), "__doc__": kind.__doc__, "__module__": kind.__module__}
        made = _made[route, kind] = type(kind.__name__, (route, kind), about)
    return made


class _Route(Client):
    __slots__ = ("_caller", "_turns")

    def __init__(self, caller: Caller, turns: Turns) -> None:
        self._caller = caller
        self._turns = turns

    def _unary_unary(
        self,
        method: Method[Req, Res],
        request: Req,
        timeout: float | None,
        metadata: Metadata | None,
        wait_for_ready: bool | None,
    ) -> Res:
        call = self._caller.call(method, request, timeout, metadata or (), wait_for_ready)
        return run(call, self._turns)
