"""What an action has written, and what has happened to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from flytebind.runs._session import Operation, Session
from flytebind.v2.models.common.identifier import ActionIdentifier
from flytebind.v2.models.dataproxy.dataproxy_service import TailLogsRequest
from flytebind.v2.models.logs.dataplane.payload import LogLine
from flytebind.v2.models.workflow.run_definition import ClusterEvent
from flytebind.v2.models.workflow.run_service import WatchClusterEventsRequest


async def logs(
    session: Session, id: ActionIdentifier, attempt: int, timeout: float | None
) -> AsyncIterator[LogLine]:
    """The lines of an attempt; while it goes on, those that are to come as well."""
    proxy = await session.data_proxy(Operation.TAIL_LOGS, id)
    stream = proxy.tail_logs(TailLogsRequest(action_id=id, attempt=attempt), timeout=timeout)
    try:
        async for message in stream:
            for part in message.logs:
                for line in part.lines:
                    yield line
    finally:
        stream.cancel()


async def events(
    session: Session, id: ActionIdentifier, attempt: int, timeout: float | None
) -> AsyncIterator[ClusterEvent]:
    """What the cluster says of an attempt; while it goes on, what is to come as well."""
    request = WatchClusterEventsRequest(id=id, attempt=attempt)
    stream = session.runs.watch_cluster_events(request, timeout=timeout)
    try:
        async for message in stream:
            for event in message.cluster_events:
                yield event
    finally:
        stream.cancel()
