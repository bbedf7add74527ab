"""Clients for answers that may not be readable: gRPC would say INTERNAL, and not why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flytebind.runtime.model import Model
from flytebind.runtime.rpc.client import AsyncClient, Client
from flytebind.runtime.rpc.method import Method


class Unreadable:
    """An answer that is not what its method answers.

    Args:
        data: What came.
        kind: What it should be.
    """

    def __init__(self, data: bytes, kind: type[Model[Any]]) -> None:
        self._data = data
        self._kind = kind

    def reason(self) -> str:
        """Why it cannot be read: ``is no Execution``."""
        from flytebind.runtime.depth import unreadable

        return unreadable(self._data, self._kind)


class ReadingClient(Client):
    """A client of ``grpc.Channel`` whose answers may be ``Unreadable``."""

    __slots__ = ()

    def _reader(self, method: Method[Any, Any]) -> Callable[[bytes], Any]:
        return _reader(method)


class AsyncReadingClient(AsyncClient):
    """A client of ``grpc.aio.Channel`` whose answers may be ``Unreadable``."""

    __slots__ = ()

    def _reader(self, method: Method[Any, Any]) -> Callable[[bytes], Any]:
        return _reader(method)


def _reader(method: Method[Any, Any]) -> Callable[[bytes], Any]:
    def read(data: bytes) -> Any:
        try:
            return method.response.from_bytes(data)
        except ValueError:
            return Unreadable(data, method.response)

    return read
