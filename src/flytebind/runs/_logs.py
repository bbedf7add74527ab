"""What an action has written, and what has happened to it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import aclosing
from datetime import timedelta
from typing import Any, TypeVar

from flytebind.remote._time import Time
from flytebind.runs._names import label
from flytebind.runs._session import Operation, Session
from flytebind.runtime.model import Model
from flytebind.runtime.rpc import AsyncResponseStream
from flytebind.v2.models.common.identifier import ActionIdentifier
from flytebind.v2.models.dataproxy.dataproxy_service import TailLogsRequest, TailLogsResponse
from flytebind.v2.models.logs.dataplane.payload import LogLine
from flytebind.v2.models.workflow.run_definition import ClusterEvent
from flytebind.v2.models.workflow.run_service import (
    WatchClusterEventsRequest,
    WatchClusterEventsResponse,
)

M = TypeVar("M", bound=Model[Any])


async def logs(
    session: Session,
    id: ActionIdentifier,
    attempt: Callable[[], Awaitable[int]],
    timeout: timedelta | float | None,
) -> AsyncIterator[LogLine]:
    """The lines of an attempt; while it goes on, those that are to come as well."""
    limit = Time(timeout)

    async def begin() -> AsyncResponseStream[TailLogsResponse]:
        request = TailLogsRequest(action_id=id, attempt=await attempt())
        proxy = await session.data_proxy(Operation.TAIL_LOGS, id)
        return proxy.tail_logs(request, timeout=limit.left())

    async with aclosing(_messages(session, begin, limit, f"logs of {label(id)}")) as messages:
        async for message in messages:
            for part in message.logs:
                for line in part.lines:
                    yield line


async def events(
    session: Session,
    id: ActionIdentifier,
    attempt: Callable[[], Awaitable[int]],
    timeout: timedelta | float | None,
) -> AsyncIterator[ClusterEvent]:
    """What the cluster says of an attempt; while it goes on, what is to come as well."""
    limit = Time(timeout)

    async def begin() -> AsyncResponseStream[WatchClusterEventsResponse]:
        request = WatchClusterEventsRequest(id=id, attempt=await attempt())
        return session.runs.watch_cluster_events(request, timeout=limit.left())

    async with aclosing(_messages(session, begin, limit, f"events of {label(id)}")) as messages:
        async for message in messages:
            for event in message.cluster_events:
                yield event


async def _messages(
    session: Session,
    begin: Callable[[], Coroutine[Any, Any, AsyncResponseStream[M]]],
    limit: Time,
    what: str,
) -> AsyncGenerator[M, None]:
    """What a stream says, which ends by itself when the time is over."""
    stream = await session.within(limit, what, begin)
    try:
        async for message in stream:
            yield message
    finally:
        stream.cancel()
