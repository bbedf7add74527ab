"""The remote for programs without asyncio: each verb of the other one, and waits for its end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

import grpc
from grpc import aio

from flytebind.remote._async_remote import AsyncFlyteRemote
from flytebind.remote._base import RemoteBase
from flytebind.remote._io import Io
from flytebind.remote._io.blocking import BlockingIo, run
from flytebind.remote.executions import Load, RemoteExecutionBase

if TYPE_CHECKING:
    from types import TracebackType

    from flytebind.runtime.typing import Self

P = ParamSpec("P")
T = TypeVar("T")


def _blocking(
    verb: Callable[Concatenate[AsyncFlyteRemote, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[FlyteRemote, P], T]:
    """The same verb, which returns when it is done."""

    @wraps(verb)
    def call(self: FlyteRemote, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with _as_own():
            doing = verb(self._coroutines, *args, **kwargs)
        return run(doing, self._max_calls)

    call.__qualname__ = f"FlyteRemote.{call.__name__}"
    return call


def _iterating(
    verb: Callable[Concatenate[AsyncFlyteRemote, P], AsyncIterator[T]],
) -> Callable[Concatenate[FlyteRemote, P], Iterator[T]]:
    """The same verb, as a plain iterator."""

    @wraps(verb)
    def call(self: FlyteRemote, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        with _as_own():
            items = verb(self._coroutines, *args, **kwargs)
        return _plain(items, self._max_calls)

    call.__qualname__ = f"FlyteRemote.{call.__name__}"
    shown = signature(verb)
    returned = str(shown.return_annotation).removeprefix("Async")
    call.__dict__["__signature__"] = shown.replace(return_annotation=returned)
    return call


def _plain(items: AsyncIterator[T], max_calls: int) -> Iterator[T]:
    try:
        while True:
            try:
                yield run(_next(items), max_calls)
            except StopAsyncIteration:
                return
    finally:
        run(_close(items), max_calls)


@contextmanager
def _as_own() -> Iterator[None]:
    """Arguments that do not fit are wrong for the verb that was called, and not its twin."""
    try:
        yield
    except TypeError as error:
        message = str(error).replace(f"{AsyncFlyteRemote.__name__}.", "FlyteRemote.")
        raise TypeError(message) from None


class FlyteRemote(RemoteBase):
    """A Flyte server.

    Safe to share between threads; works in notebooks, too. Ctrl-C ends a call at once, and leaves
    nothing running here.

        >>> with FlyteRemote(Config.auto()) as remote:
        ...     execution = remote.fetch_execution("f7a9c2")
        ...     print(execution.wait().outputs["o0"])
    """

    can_load_later = True

    # Executions
    fetch_execution = _blocking(AsyncFlyteRemote.fetch_execution)
    list_executions = _iterating(AsyncFlyteRemote.list_executions)
    recent_executions = _blocking(AsyncFlyteRemote.recent_executions)
    sync = _blocking(AsyncFlyteRemote.sync)
    load = _blocking(AsyncFlyteRemote.load)
    wait = _blocking(AsyncFlyteRemote.wait)
    watch = _iterating(AsyncFlyteRemote.watch)
    get_execution_metrics = _blocking(AsyncFlyteRemote.get_execution_metrics)

    # Starting and ending them
    execute = _blocking(AsyncFlyteRemote.execute)
    terminate = _blocking(AsyncFlyteRemote.terminate)
    relaunch = _blocking(AsyncFlyteRemote.relaunch)
    recover = _blocking(AsyncFlyteRemote.recover)

    # What can be executed
    fetch_task = _blocking(AsyncFlyteRemote.fetch_task)
    fetch_workflow = _blocking(AsyncFlyteRemote.fetch_workflow)
    fetch_launch_plan = _blocking(AsyncFlyteRemote.fetch_launch_plan)
    list_projects = _blocking(AsyncFlyteRemote.list_projects)
    list_domains = _blocking(AsyncFlyteRemote.list_domains)

    # Gates
    list_signals = _blocking(AsyncFlyteRemote.list_signals)
    approve = _blocking(AsyncFlyteRemote.approve)
    reject = _blocking(AsyncFlyteRemote.reject)
    set_input = _blocking(AsyncFlyteRemote.set_input)

    # Data
    get = _blocking(AsyncFlyteRemote.get)
    upload = _blocking(AsyncFlyteRemote.upload)
    download = _blocking(AsyncFlyteRemote.download)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def _coroutines(self) -> AsyncFlyteRemote:
        # The verbs touch nothing but what both faces have.
        return cast("AsyncFlyteRemote", self)

    def _check_channel(self, channel: grpc.Channel | aio.Channel) -> None:
        if not isinstance(channel, grpc.Channel):
            raise TypeError(
                f"FlyteRemote takes a grpc.Channel, not {type(channel).__module__}."
                f"{type(channel).__qualname__}; AsyncFlyteRemote takes both kinds"
            )

    def _make_io(self, max_calls: int) -> Io:
        self._max_calls = max_calls
        return BlockingIo()

    def _bring(self, what: str, execution: RemoteExecutionBase, load: Load) -> None:
        run(load(self._session), self._max_calls)


async def _next(items: AsyncIterator[T]) -> T:
    return await anext(items)


async def _close(items: AsyncIterator[Any]) -> None:
    await cast("AsyncGenerator[Any, None]", items).aclose()
