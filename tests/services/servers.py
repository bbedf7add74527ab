"""Servers and event loops for tests: real sockets, on a port that the system picks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any, TypeVar

import grpc
from grpc import aio

T = TypeVar("T")

#: How long a test waits for something that must happen, before it fails.
PATIENCE = 20.0

Options = Sequence[tuple[str, object]]

#: No server of an earlier test may answer, should the system hand out its port again.
_OWN_PORT = (("grpc.so_reuseport", 0),)


class Loop:
    """An event loop in a thread of its own, for tests of the asyncio side."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine that runs on the loop."""

        async def in_time() -> T:
            return await asyncio.wait_for(coroutine, PATIENCE)

        return asyncio.run_coroutine_threadsafe(in_time(), self._loop).result()

    @contextmanager
    def within(self, manager: AbstractAsyncContextManager[T]) -> Iterator[T]:
        """Inside of an async context manager, which lives on the loop."""
        entered = self.run(manager.__aenter__())
        try:
            yield entered
        finally:
            self.run(manager.__aexit__(None, None, None))

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()


@contextmanager
def sync_server(
    *adders: Callable[[grpc.Server], None],
    options: Options = (),
    port: int = 0,
    interceptors: Sequence[grpc.ServerInterceptor] = (),
) -> Iterator[str]:
    """A started server with some services; gives its address."""
    pool = ThreadPoolExecutor(8)
    server = grpc.server(pool, interceptors=list(interceptors), options=(*_OWN_PORT, *options))
    for add in adders:
        add(server)
    address = f"127.0.0.1:{server.add_insecure_port(f'127.0.0.1:{port}')}"
    server.start()
    try:
        yield address
    finally:
        server.stop(None).wait(PATIENCE)
        pool.shutdown()


@asynccontextmanager
async def async_server(
    *adders: Callable[[aio.Server], None],
    options: Options = (),
    port: int = 0,
    interceptors: Sequence[aio.ServerInterceptor] = (),
) -> AsyncIterator[str]:
    """A started asyncio server with some services; gives its address."""
    server = aio.server(interceptors=list(interceptors), options=(*_OWN_PORT, *options))
    for add in adders:
        add(server)
    address = f"127.0.0.1:{server.add_insecure_port(f'127.0.0.1:{port}')}"
    await server.start()
    try:
        yield address
    finally:
        await server.stop(None)


@asynccontextmanager
async def async_channel(address: str, options: Options = ()) -> AsyncIterator[aio.Channel]:
    """An asyncio channel, made on the loop that it belongs to."""
    async with aio.insecure_channel(address, options=options) as channel:
        yield channel
