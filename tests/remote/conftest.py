"""A sandbox that plays scripts, and both faces of a remote that talk to it."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import grpc
import pytest
from flyteidl.admin.task_pb2 import TaskCreateRequest as CreateTask

from flytebind.models.admin.task import TaskCreateRequest
from flytebind.models.core.identifier import Identifier
from flytebind.models.core.types import LiteralType
from flytebind.remote import (
    AsyncFlyteRemote,
    Config,
    FlyteNodeExecution,
    FlyteRemote,
    FlyteWorkflowExecution,
)
from flytebind.runs._remote import RemoteBase
from flytebind.sandbox import Sandbox
from flytebind.sandbox.play._workflow import OUTPUT, Script, Task, Workflow
from tests.remote.scenes import scripted
from tests.remote.scenes.cluster import Cluster
from tests.remote.scenes.entities import script, step
from tests.remote.scenes.scene import Kind, Node, NodePhase, Scene, TaskPhase, WorkflowPhase

PROJECT, DOMAIN = "flytesnacks", "development"

#: Tells a scene to a sandbox.
Make = Callable[[Sandbox], Scene]


def config(sandbox: Sandbox, **changes: Any) -> Config:
    """How to reach a sandbox."""
    return Config.for_endpoint(sandbox.endpoint, insecure=True, **changes)


class Face:
    """A remote whose verbs all block, so that one test can try both faces.

    Iterators come as lists.
    """

    def __init__(self, remote: FlyteRemote | AsyncFlyteRemote | RemoteBase) -> None:
        self.remote: Any = remote
        self.is_async = hasattr(remote, "__aenter__")
        self._loop = asyncio.new_event_loop()

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        return partial(self._call, getattr(self.remote, verb))

    def close(self) -> None:
        """End the remote and the loop."""
        self.remote.close()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def _call(self, verb: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        result = verb(*args, **kwargs)
        if isinstance(result, AsyncIterator):
            return self._loop.run_until_complete(_collect(result))
        if self.is_async and asyncio.iscoroutine(result):
            return self._loop.run_until_complete(result)
        return list(result) if isinstance(result, Iterator) else result


async def _collect(items: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in items]


@contextmanager
def face_of(kind: str, config: Config, **options: Any) -> Iterator[Face]:
    """A face of either kind, ``sync`` or ``async``, of any server."""
    make = FlyteRemote if kind == "sync" else AsyncFlyteRemote
    face = Face(make(config, PROJECT, DOMAIN, **options))
    try:
        yield face
    finally:
        face.close()


@contextmanager
def open_face(kind: str, sandbox: Sandbox, **options: Any) -> Iterator[Face]:
    """A face of either kind of a sandbox."""
    with face_of(kind, config(sandbox), **options) as face:
        yield face


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One for each module; it plays scripts without pauses. No relay, which saves a fifth."""
    with Sandbox(relay=False) as sandbox:
        sandbox.engine(math.inf)
        yield sandbox


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Face]:
    """Both, one after the other."""
    with open_face(request.param, sandbox) as face:
        yield face


@pytest.fixture(scope="module")
def remote(sandbox: Sandbox) -> Iterator[FlyteRemote]:
    """The blocking one."""
    with FlyteRemote(config(sandbox), PROJECT, DOMAIN) as remote:
        yield remote


def synced(remote: FlyteRemote, scene: Scene, *, data: bool = True) -> FlyteWorkflowExecution:
    """The execution that a scene tells of, with all of its nodes."""
    return remote.fetch_execution(scene.id.name).sync(sync_nodes=True, data=data)


def walk(execution: FlyteWorkflowExecution) -> Iterator[FlyteNodeExecution]:
    """All nodes, at any depth."""
    left = list(execution.node_executions.values())
    while left:
        node = left.pop()
        yield node
        left += node.subworkflow_node_executions.values()
        for child in node.workflow_executions:
            left += child.node_executions.values()


def see(execution: FlyteWorkflowExecution, scene: Scene) -> Scene:
    """What a synced execution shows, as a scene; of what kind nodes are, only the scene knows.

    Nothing here loads anything, so that both faces see the same.
    """
    return Scene(
        execution.id,
        WorkflowPhase(execution.phase),
        _see_nodes(execution.node_executions, scene.nodes),
        dict(execution.inputs),
        dict(execution.outputs) if execution.is_successful else {},
        "" if execution.closure.error is None else execution.closure.error.message,
        "" if (abort := execution.closure.abort_metadata) is None else abort.cause,
    )


def _see_nodes(
    nodes: Mapping[str, FlyteNodeExecution], expected: Mapping[str, Node]
) -> dict[str, Node]:
    assert list(nodes) == list(expected)
    return {id: _see_node(node, expected[id]) for id, node in nodes.items()}


def _see_node(node: FlyteNodeExecution, expected: Node) -> Node:
    is_good = node.phase in (NodePhase.SUCCEEDED, NodePhase.RECOVERED)
    is_boundary = expected.kind in (Kind.START, Kind.END)
    assert node.is_boundary == is_boundary
    return Node(
        node.id.node_id,
        node.metadata.spec_node_id,
        expected.kind,
        NodePhase(node.phase),
        # Nothing runs there, so their data stay lazy.
        expected.inputs if is_boundary else dict(node.inputs),
        expected.outputs if is_boundary else dict(node.outputs) if is_good else {},
        "" if node.closure.error is None else node.closure.error.message,
        tuple(TaskPhase(attempt.phase) for attempt in node.task_executions),
        _see_nodes(node.subworkflow_node_executions, expected.children),
        tuple(map(see, node.workflow_executions, expected.executions)),
    )


@pytest.fixture
def chain(sandbox: Sandbox, remote: FlyteRemote) -> FlyteWorkflowExecution:
    """Three tasks that have succeeded; nothing of it but its message is here."""
    return remote.fetch_execution(scripted.played(sandbox, "chain").id.name)


def register_inputs(sandbox: Sandbox, **types: LiteralType) -> Identifier:
    """The launch plan of a workflow that takes inputs of these types, without defaults."""
    name = f"inputs_{hashlib.sha256(repr(types).encode()).hexdigest()[:8]}"

    def write(w: Workflow) -> None:
        for variable, kind in types.items():
            w.template.interface.inputs.variables[variable].type.CopyFrom(kind.to_pb())
        w.output("o0", w.task(step, x=1))

    script = Script(name, False, write)
    with Cluster(sandbox) as cluster:
        cluster.register(script)
    return Identifier.from_pb(script.id)


def _halve(x: int) -> float:
    return x / 2


_HALVE = Task(_halve, seconds=0, retries=0)


@script
def _halving(w: Workflow) -> None:
    w.output(OUTPUT, w.task(_HALVE, x=w.input("x", 4)))


def whole_float(sandbox: Sandbox) -> Scene:
    """Done; n0 and the workflow gave the whole number 2, which only their types make a float."""
    with Cluster(sandbox) as cluster:
        request = CreateTask(id=_HALVE.id)
        request.spec.template.CopyFrom(_HALVE.template())
        with suppress(grpc.RpcError):  # it is registered already
            cluster.client.create_task(TaskCreateRequest.from_pb(request))
        tale = cluster.launch(_halving, x=4).begin()
        tale.task("n0", task=_HALVE, inputs={"x": 4}, outputs={OUTPUT: 2})
        return tale.succeed(o0=2)
