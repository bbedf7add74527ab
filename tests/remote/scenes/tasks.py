"""Task nodes in every state."""

from __future__ import annotations

from flyteidl.core.catalog_pb2 import CatalogCacheStatus, CatalogMetadata
from flyteidl.core.identifier_pb2 import ResourceType
from flyteidl.event.event_pb2 import TaskNodeMetadata

from flytebind.models.core.catalog import CatalogCacheStatus as CacheStatus
from flytebind.sandbox import Sandbox
from flytebind.sandbox.play._workflow import OUTPUT, Workflow, identifier
from tests.remote.scenes.cluster import begun
from tests.remote.scenes.entities import remember, rename, script, step, steps
from tests.remote.scenes.scene import Kind, Node, NodePhase, Scene, TaskPhase
from tests.remote.scenes.telling import Tale

LONG_ERROR = (
    "ValueError: 17 rows were read, and the column 'größe' holds text in 3 of them: expected whole "
    "numbers, found 'unbekannt' in row 3, 'n/a' in row 101 and '' in row 102\n\nTraceback (most "
    "recent call last):\n" + '  File "steps.py", line 7, in step\n    return next(rows)\n' * 20
)
"""Of more than 100 bytes, where lists cut."""
NAMES = ("send-node", "my-start-node-x", "weekend-node", "start-node-2", "the-end-node")
LONG_NAME = "a-step-with-a-long-name"
"""Longer than the ids of node executions may be."""


@script
def _named_steps(w: Workflow) -> None:
    value = w.input("x", 1)
    for name in NAMES:
        value = rename(w, w.task(step, x=value), name)
    w.output("o0", value)


@script
def _long_names(w: Workflow) -> None:
    inner = Workflow("scenes.long_names.inner")
    inner.output("o0", rename(inner, inner.task(step, x=inner.input("x", 1)), LONG_NAME))
    first = rename(w, w.task(step, x=w.input("x", 1)), LONG_NAME)
    w.output("o0", rename(w, w.subworkflow(inner, x=first), "a-workflow-of-long-names"))


@script
def _remembered(w: Workflow) -> None:
    w.output("o0", w.task(remember, x=w.task(remember, x=w.input("x", 1))))


def names_like_start_and_end(sandbox: Sandbox) -> Scene:
    """Tasks in nodes whose ids contain the words of start and end nodes."""
    with begun(sandbox, _named_steps, x=0) as tale:
        for number, name in enumerate(NAMES):
            tale.task(name, inputs={"x": number}, outputs={"o0": number + 1})
        return tale.succeed(o0=len(NAMES))


def long_names(sandbox: Sandbox) -> Scene:
    """Nodes that are known by ``spec_node_id`` alone: their ids are hashes, also a start node's."""
    with begun(sandbox, _long_names, x=1) as tale:
        tale.task(LONG_NAME, inputs={"x": 1}, outputs={"o0": 2})
        parent = tale.queue("a-workflow-of-long-names", Kind.SUBWORKFLOW, inputs={"x": 2})
        tale.run(parent)
        tale.start_node(parent)
        tale.task(LONG_NAME, parent=parent, inputs={"x": 2}, outputs={"o0": 3})
        tale.end_node({"o0": 3}, parent)
        tale.tell(parent, NodePhase.SUCCEEDED, outputs={"o0": 3})
        return tale.succeed(o0=3)


def retries(sandbox: Sandbox) -> Scene:
    """Done; n0 had three attempts, n1 had one."""
    with begun(sandbox, steps, x=1) as tale:
        attempts = TaskPhase.RETRYABLE_FAILED, TaskPhase.FAILED, TaskPhase.SUCCEEDED
        tale.task("n0", *attempts, inputs={"x": 1}, outputs={"o0": 2}, error="connection reset")
        tale.task("n1", inputs={"x": 2}, outputs={"o0": 3})
        return tale.succeed(o0=3)


def retrying(sandbox: Sandbox) -> Scene:
    """Running; one attempt of n0 has failed, the next one runs."""
    with begun(sandbox, steps, x=1) as tale:
        attempts = TaskPhase.FAILED, TaskPhase.RUNNING
        tale.task("n0", *attempts, inputs={"x": 1}, error="connection reset")
        return tale.scene()


def failed(sandbox: Sandbox) -> Scene:
    """Failed; n1 had three attempts that failed, with errors that lists cut."""
    with begun(sandbox, steps, x=1) as tale:
        tale.task("n0", inputs={"x": 1}, outputs={"o0": 2})
        tale.task("n1", *[TaskPhase.FAILED] * 3, inputs={"x": 2}, error=LONG_ERROR)
        return tale.fail(f"[n1]: {LONG_ERROR}")


def cached(sandbox: Sandbox) -> Scene:
    """Done; n0 was found in the cache and has no task executions, n1 was put into it."""
    with begun(sandbox, _remembered, x=1) as tale:
        hit = tale.queue("n0", Kind.TASK, inputs={"x": 1})
        _end_with_cache(tale, hit, CacheStatus.CACHE_HIT, 1)
        put = tale.queue("n1", Kind.TASK, inputs={"x": 1})
        tale.attempt(put, TaskPhase.SUCCEEDED, task=remember.id, outputs={"o0": 1})
        _end_with_cache(tale, put, CacheStatus.CACHE_POPULATED, 1)
        return tale.succeed(o0=1)


def early(sandbox: Sandbox) -> Scene:
    """Running; n0 has an attempt in each phase before RUNNING, n1 has none, nor any data."""
    with begun(sandbox, steps, x=1) as tale:
        attempts = (
            TaskPhase.QUEUED,
            TaskPhase.INITIALIZING,
            TaskPhase.WAITING_FOR_RESOURCES,
            TaskPhase.UNDEFINED,
        )
        tale.task("n0", *attempts, inputs={"x": 1})
        tale.queue("n1", Kind.TASK)
        return tale.scene()


def bare(sandbox: Sandbox, phase: NodePhase = NodePhase.RUNNING) -> Scene:
    """Running; n0 is in a phase of which nothing else is known: no data, no task executions.

    UNDEFINED, QUEUED, RUNNING, FAILING and the like come to be this way for a moment.
    """
    with begun(sandbox, steps, x=1) as tale:
        node = tale.queue("n0", Kind.TASK)
        if phase != NodePhase.QUEUED:
            tale.tell(node, phase)
        return tale.scene()


def skipped(sandbox: Sandbox) -> Scene:
    """Done; n1 was SKIPPED, so its output and the workflow's are empty."""
    with begun(sandbox, steps, x=1) as tale:
        tale.task("n0", inputs={"x": 1}, outputs={"o0": 2})
        tale.tell(tale.queue("n1", Kind.TASK), NodePhase.SKIPPED)
        return tale.succeed()


def _end_with_cache(tale: Tale, node: Node, status: CacheStatus, result: int) -> None:
    dataset = identifier(ResourceType.DATASET, f"flyte_task-{remember.name}")
    told = TaskNodeMetadata(
        cache_status=CatalogCacheStatus.Value(status.name),
        catalog_key=CatalogMetadata(dataset_id=dataset),
    )
    tale.tell(node, NodePhase.SUCCEEDED, outputs={OUTPUT: result}, task=told)
