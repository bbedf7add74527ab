"""Items of array nodes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flytebind.looks._items import items_in
from flytebind.models.core.catalog import CatalogCacheStatus
from flytebind.models.core.execution import TaskExecution, TaskLog
from flytebind.models.event.event import ExternalResourceInfo
from flytebind.sandbox import Sandbox
from tests.remote.conftest import Face
from tests.remote.scenes import arrays, tasks
from tests.remote.scenes.scene import Scene

Phase = TaskExecution.Phase


def test_the_last_try_of_an_item_counts() -> None:
    tries = [
        ExternalResourceInfo(index=2, phase=Phase.RUNNING),
        ExternalResourceInfo(index=0, retry_attempt=1, phase=Phase.SUCCEEDED),
        ExternalResourceInfo(index=0, phase=Phase.RETRYABLE_FAILED),
    ]
    found = items_in(tries)
    assert [(item.index, item.phase, item.attempts) for item in found] == [
        (0, Phase.SUCCEEDED, 2),
        (2, Phase.RUNNING, 1),
    ]
    assert [item.is_done for item in found] == [True, False]


def test_an_item_tells_of_its_logs_and_of_the_cache() -> None:
    log = TaskLog("https://logs.example/1", "pod", TaskLog.MessageFormat.JSON, None)
    (item,) = items_in(
        [ExternalResourceInfo(index=1, cache_status=CatalogCacheStatus.CACHE_HIT, logs=[log])]
    )
    assert item.is_cached
    assert item.logs == (log,)


@pytest.mark.parametrize(
    ("make", "phases"),
    [
        (arrays.map_failed, ["SUCCEEDED", "FAILED", "ABORTED"]),
        (arrays.map_launch_plans, ["SUCCEEDED", "SUCCEEDED"]),
        (tasks.retries, []),
    ],
)
def test_a_node_tells_of_its_items(
    sandbox: Sandbox, face: Face, make: Callable[[Sandbox], Scene], phases: list[str]
) -> None:
    execution = face.fetch_execution(make(sandbox).id.name)
    face.sync(execution, sync_nodes=True)
    node = execution.node_executions["n0"]
    assert [item.phase.name for item in node.array_items] == phases
    launched = [each.id for each in node.workflow_executions]
    assert [item.execution_id for item in node.array_items if item.execution_id] == launched
    # Those that are executions are shown as such.
    (shown,) = (child for child in execution.tree().root.children if child.name == "n0")
    assert len(shown.children) == len(phases)
