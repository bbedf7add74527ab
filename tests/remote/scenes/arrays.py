"""Array nodes: one node, one attempt, and many items in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flyteidl.core.catalog_pb2 import CatalogCacheStatus
from flyteidl.core.execution_pb2 import TaskExecution, TaskLog
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.event.event_pb2 import ExternalResourceInfo

from flytebind.sandbox import Sandbox
from flytebind.sandbox.play._values import literal_type
from flytebind.sandbox.play._workflow import OUTPUT, Workflow
from tests.remote.scenes.cluster import Cluster, begun
from tests.remote.scenes.entities import script, step, steps
from tests.remote.scenes.scene import Kind, Node, NodePhase, Scene, TaskPhase
from tests.remote.scenes.telling import Tale

RUNNING_ITEMS = (
    (0, 0, TaskPhase.SUCCEEDED),
    (1, 0, TaskPhase.RETRYABLE_FAILED),
    (1, 1, TaskPhase.SUCCEEDED),
    (2, 0, TaskPhase.RETRYABLE_FAILED),
    (2, 1, TaskPhase.RUNNING),
    (3, 0, TaskPhase.SUCCEEDED),
    (4, 0, TaskPhase.QUEUED),
)
"""Index, attempt and phase of each item of ``map_running``; the one of index 3 was cached."""
FAILED_ITEMS = ((0, 0, TaskPhase.SUCCEEDED), (1, 0, TaskPhase.FAILED), (2, 0, TaskPhase.ABORTED))
"""Those of ``map_failed``."""


@script
def _map_steps(w: Workflow) -> None:
    w.output("o0", w.map(step, x=w.input("x", [0, 1, 2, 3, 4])))


@script
def _map_plans(w: Workflow) -> None:
    # A server takes an array's interface from what it runs, and this launch plan takes one number.
    promise = w.map(step, x=w.input("x", 0))
    (node,) = w.template.nodes
    node.array_node.node.workflow_node.launchplan_ref.CopyFrom(steps.id)
    node.array_node.node.ClearField("metadata")
    w.output("o0", promise._replace(type=literal_type(int)))


def map_running(sandbox: Sandbox) -> Scene:
    """Running; n0 maps a task over five values. See ``RUNNING_ITEMS``."""
    with begun(sandbox, _map_steps) as tale:
        node = tale.queue("n0", Kind.ARRAY, inputs={"x": [0, 1, 2, 3, 4]})
        tale.attempt(node, TaskPhase.RUNNING, resources=_items(tale, node, RUNNING_ITEMS))
        return tale.scene()


def map_failed(sandbox: Sandbox) -> Scene:
    """Failed; n0 maps a task over three values. See ``FAILED_ITEMS``."""
    error = "[1]: user error: no step left"
    with begun(sandbox, _map_steps, x=[0, 1, 2]) as tale:
        node = tale.queue("n0", Kind.ARRAY, inputs={"x": [0, 1, 2]})
        resources = _items(tale, node, FAILED_ITEMS)
        tale.attempt(node, TaskPhase.FAILED, error=error, resources=resources)
        tale.tell(node, NodePhase.FAILED, error=error)
        return tale.fail(error)


def map_launch_plans(sandbox: Sandbox, *, running: bool = False) -> Scene:
    """An array n0 of two launch plans, whose executions its items tell.

    Args:
        sandbox: Where it is put.
        running: Whether the second one, and all around it, still runs; otherwise all is done.
    """
    with Cluster(sandbox) as cluster:
        cluster.register(steps)
        tale = cluster.launch(_map_plans).begin()
        node = tale.queue("n0", Kind.ARRAY, inputs={"x": [0, 1]})
        first, second = (cluster.launch(steps, by=(tale, node), x=x).begin() for x in range(2))
        _finish_steps(first, 0)
        if running:
            second.task("n0", TaskPhase.RUNNING, inputs={"x": 1})
        else:
            _finish_steps(second, 1)
        phases = TaskPhase.SUCCEEDED, TaskPhase.RUNNING if running else TaskPhase.SUCCEEDED
        resources = list(_items(tale, node, [(i, 0, phase) for i, phase in enumerate(phases)]))
        for resource, child in zip(resources, (first, second), strict=True):
            resource.workflow_node_metadata.execution_id.CopyFrom(child.id.to_pb())
            resource.external_id = child.id.name
        # Admin takes the ids of tasks alone, so there is a made-up one.
        made_up = Identifier()
        made_up.CopyFrom(steps.id)
        made_up.resource_type = ResourceType.TASK
        if running:
            tale.attempt(node, TaskPhase.RUNNING, task=made_up, resources=resources)
            return tale.scene()
        results = {OUTPUT: [2, 3]}
        tale.attempt(node, TaskPhase.SUCCEEDED, task=made_up, outputs=results, resources=resources)
        tale.tell(node, NodePhase.SUCCEEDED, outputs=results)
        return tale.succeed(**results)


def _finish_steps(tale: Tale, x: int) -> None:
    tale.task("n0", inputs={"x": x}, outputs={OUTPUT: x + 1})
    tale.task("n1", inputs={"x": x + 1}, outputs={OUTPUT: x + 2})
    tale.succeed(o0=x + 2)


def _items(
    tale: Tale, node: Node, items: Iterable[tuple[int, int, TaskPhase]]
) -> Iterator[ExternalResourceInfo]:
    for index, attempt, phase in items:
        name = f"{tale.id.name}-{node.id}-0-n{index}-{attempt}"
        item = ExternalResourceInfo(
            external_id=name,
            index=index,
            retry_attempt=attempt,
            phase=TaskExecution.Phase.Value(phase.name),
            logs=[TaskLog(name=f"Pretended Logs-{index}", uri=f"https://logs.example/{name}")],
        )
        if index == 3:
            item.cache_status = CatalogCacheStatus.CACHE_HIT
            del item.logs[:]
        yield item
