"""The pages about one execution."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

import grpc

from flytebind.looks._errors import in_full
from flytebind.looks._page import box
from flytebind.looks._rows import name_of
from flytebind.looks._words import moment, spoken
from flytebind.models.admin.task_execution import TaskExecution, TaskExecutionListRequest
from flytebind.models.core.identifier import NodeExecutionIdentifier, WorkflowExecutionIdentifier
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._console.layout import anchor, crumbs, page, plain
from flytebind.sandbox._console.listing import Wanted
from flytebind.sandbox._reply import Reply
from flytebind.services.admin import AdminServiceClient

if TYPE_CHECKING:
    from flytebind.remote import FlyteNodeExecution, FlyteWorkflowExecution

_Key: TypeAlias = tuple[str, WorkflowExecutionIdentifier]

#: What is over is not asked for again, in as many executions as these.
_MOST_HELD = 32
_MOST_ATTEMPTS = 1000


class Details:
    """Makes pages about executions, as whoever asks the server sees them.

    Args:
        channel: To the server.
        endpoint: Its address.
    """

    def __init__(self, channel: grpc.Channel, endpoint: str) -> None:
        self._channel = channel
        self._endpoint = endpoint
        self._admin = AdminServiceClient(channel)
        self._held: OrderedDict[_Key, FlyteWorkflowExecution] = OrderedDict()
        self._lock = threading.Lock()  # executions are synced by one at a time

    def page(self, site: str, id: WorkflowExecutionIdentifier, node_id: str = "") -> Reply:
        """An execution as it stands now, or one of its nodes.

        Args:
            site: Where pages are, as the browser knows it.
            id: The execution.
            node_id: The node; empty for all of it.

        Raises:
            StatusError: NOT_FOUND.
        """
        with self._lock:
            execution = self._synced(site, id)
            shown = _part(execution, node_id).card()
        root, scope = f"{site}/console", Wanted(id.project, id.domain)
        steps = [
            anchor(root, "Executions"),
            anchor(root + scope.path, f"{id.project} / {id.domain}"),
        ]
        if node_id:
            steps.append(anchor(execution.execution_url or "", id.name))
        return page(
            f"{node_id or id.name} {shown.root.phase}",
            crumbs(*steps),
            box(shown.content()),
            root=root,
            refreshes=not execution.is_done,
        )

    def log(self, id: WorkflowExecutionIdentifier, node_id: str, number: int) -> Reply:
        """What an attempt at a task has to tell: what ran there only pretended to, and wrote none.

        Raises:
            StatusError: NOT_FOUND.
        """
        node = NodeExecutionIdentifier(node_id, id)
        request = TaskExecutionListRequest(node_execution_id=node, limit=_MOST_ATTEMPTS)
        for attempt in self._admin.list_task_executions(request).task_executions:
            if attempt.id.retry_attempt == number:
                return plain("\n".join(_told(attempt)))
        raise StatusError(grpc.StatusCode.NOT_FOUND, f"There is no attempt {number} at {node_id}.")

    def _synced(self, site: str, id: WorkflowExecutionIdentifier) -> FlyteWorkflowExecution:
        from flytebind.remote.errors import FlyteError

        key = site, id
        execution = self._held.pop(key, None) or self._fetched(site, id)
        execution.sync(sync_nodes=True)
        with suppress(FlyteError):  # a page with less on it is better than none
            _ = execution.flyte_workflow  # which knows what nodes run, and their order
            _ = execution.timeline()  # which knows what has been measured
        self._held[key] = execution
        if len(self._held) > _MOST_HELD:
            self._held.popitem(last=False)
        return execution

    def _fetched(self, site: str, id: WorkflowExecutionIdentifier) -> FlyteWorkflowExecution:
        # Not before somebody looks: most sandboxes are never looked at.
        from flytebind.remote import Config, FlyteRemote
        from flytebind.remote.errors import FlyteNotFoundError

        config = Config(self._endpoint, insecure=True, console_endpoint=site)
        remote = FlyteRemote(config, channel=self._channel)
        try:
            return remote.fetch_execution(id.name, project=id.project, domain=id.domain)
        except FlyteNotFoundError as error:
            raise StatusError(grpc.StatusCode.NOT_FOUND, error.details) from None


def _part(
    execution: FlyteWorkflowExecution, node_id: str
) -> FlyteWorkflowExecution | FlyteNodeExecution:
    """All of an execution, or its node of this id."""
    from flytebind.remote.executions import walk

    if not node_id:
        return execution
    for node in walk(execution):
        if node.id.node_id == node_id and node.id.execution_id == execution.id:
            return node
    what = f"{execution.id.name} has no node {node_id}, or none yet."
    raise StatusError(grpc.StatusCode.NOT_FOUND, what)


def _told(attempt: TaskExecution) -> Iterator[str]:
    closure, task = attempt.closure, attempt.id.task_id
    what = f"attempt {attempt.id.retry_attempt + 1} at {name_of(task)} {task.version}"
    yield f"{moment(closure.created_at)}  {what} is asked for"
    if closure.started_at is not None:
        yield f"{moment(closure.started_at)}  it begins"
    yield f"{moment(closure.updated_at)}  it is {closure.phase.name}, {spoken(closure.duration)}"
    if closure.error is not None:
        yield ""
        yield in_full(closure.error)
