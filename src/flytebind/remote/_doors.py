"""What the doors to servers have in common, whichever Flyte is behind them."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from flytebind.remote._channel import check_channel, check_interceptors
from flytebind.remote._io import Io
from flytebind.remote._io.asynchronous import AsyncIo
from flytebind.remote._io.blocking import BlockingIo
from flytebind.remote._io.turns import Turns
from flytebind.remote._sessions import SessionBase
from flytebind.remote.config import Config
from flytebind.runtime.grpcio import aio, grpc
from flytebind.runtime.typing import Self


class Door:
    """A server, as far as it matters neither which Flyte it has nor how one waits for it.

    Args:
        face: What the door is called whose verbs block.
        config: Where the server is, or just its address; None for what is configured, unless there
            is a channel.
        channel: The caller's own channel.
        interceptors: What calls go through.
        max_calls: How many calls may be in flight at once.
        flyte2: Whether it is one of Flyte 2.

    Raises:
        FlyteConfigError: If there is no config to be found, or it makes no sense.
        ValueError: If no call is allowed at all.
        TypeError: If the channel is one that only the other face can use, or something is no
            interceptor of it.
    """

    config: Config | None
    """The settings of the connection; None if it was made of a channel alone."""

    can_load_later: bool
    """Whether what comes from here may load what it lacks when it is touched."""

    _session: SessionBase

    def __init__(
        self,
        face: str,
        config: Config | str | None,
        channel: grpc.Channel | aio.Channel | None,
        interceptors: Sequence[grpc.UnaryUnaryClientInterceptor],
        max_calls: int,
        *,
        flyte2: bool = False,
    ) -> None:
        if max_calls < 1:
            raise ValueError(f"max_calls must be at least 1, not {max_calls}")
        if isinstance(config, str):
            config = Config.for_endpoint(config)
        elif config is None and channel is None:
            config = Config.auto(flyte2=flyte2)
        check_channel(channel, face, any_kind=not self.can_load_later)
        check_interceptors(interceptors, channel)
        self.config = config
        self._turns = Turns(max_calls)

    def close(self) -> None:
        """End all calls and close the connection. Twice does no harm."""
        self._session.close()

    def __repr__(self) -> str:
        of = repr(self.config.endpoint) if self.config is not None else "a channel"
        return f"{type(self).__name__}({of})"

    def _make_io(self) -> Io:
        raise NotImplementedError


class AsyncDoor(Door):
    """One whose verbs are awaited."""

    can_load_later = False

    async def aclose(self) -> None:
        """End all calls and close the connection. Twice does no harm."""
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _make_io(self) -> Io:
        return AsyncIo(self._turns)


class BlockingDoor(Door):
    """One whose verbs return when they are done."""

    can_load_later = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _make_io(self) -> Io:
        return BlockingIo()
