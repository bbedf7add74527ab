"""The verbs of both faces that no other module is about, and the life of a remote."""

from __future__ import annotations

import inspect
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import grpc
import pytest

from flytebind.models.admin.execution import Execution
from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.remote import (
    AsyncFlyteRemote,
    Change,
    Config,
    FlyteAssertion,
    FlyteCallTimeout,
    FlyteLaunchPlan,
    FlyteNotFoundError,
    FlyteRemote,
    FlyteTimeout,
    FlyteWorkflowExecution,
)
from flytebind.remote._calls import CallPolicy
from flytebind.sandbox import Sandbox
from tests.remote.conftest import DOMAIN, PROJECT, Face, config, open_face, see
from tests.remote.scenes import executions, scripted, tasks
from tests.remote.scenes.bulk import wide
from tests.remote.scenes.scene import NodePhase, WorkflowPhase

# One implementation, two faces.


def verbs(kind: type) -> dict[str, inspect.Signature]:
    found = inspect.getmembers(kind, callable)
    return {name: inspect.signature(verb) for name, verb in found if not name.startswith("_")}


def test_both_faces_have_the_same_verbs_with_the_same_parameters_and_docs() -> None:
    sync, aio = verbs(FlyteRemote), verbs(AsyncFlyteRemote)
    assert aio.keys() - sync.keys() == {"aclose"}
    assert sync.keys() - aio.keys() == set()
    for name, signature in sync.items():
        assert signature.parameters == aio[name].parameters
        assert getattr(FlyteRemote, name).__doc__ == getattr(AsyncFlyteRemote, name).__doc__
        assert getattr(FlyteRemote, name).__doc__


# What they refuse.


@pytest.mark.parametrize("verb", ["sync", "wait", "watch", "load"])
def test_a_name_instead_of_an_execution_is_refused(remote: FlyteRemote, verb: str) -> None:
    with pytest.raises(TypeError, match=f"^{verb} takes"):
        getattr(remote, verb)("f7a9c2")


def test_a_node_cannot_be_synced_by_itself(sandbox: Sandbox, remote: FlyteRemote) -> None:
    execution = remote.fetch_execution(tasks.retries(sandbox).id.name).sync(sync_nodes=True)
    node: Any = next(iter(execution.node_executions.values()))
    expected = "sync takes FlyteWorkflowExecution, not FlyteNodeExecution; fetch_execution"
    with pytest.raises(TypeError, match=expected):
        remote.sync(node)


def test_what_cannot_be_run_is_refused(remote: FlyteRemote) -> None:
    plan = Identifier(ResourceType.LAUNCH_PLAN, PROJECT, DOMAIN, "chain", "v1")
    name: Any = "chain"
    inputs: Any = [1]
    with pytest.raises(TypeError, match="not str; fetch_launch_plan gets one by its name"):
        remote.execute(name)
    with pytest.raises(TypeError, match="takes Mapping, not list; inputs are values by name"):
        remote.execute(plan, inputs)
    with pytest.raises(TypeError, match=r"takes FlyteWorkflowExecution, .* or Identifier, not str"):
        remote.generate_console_url(name)
    with pytest.raises(TypeError, match="not list"):
        remote.terminate(inputs, "for a reason")


def test_a_plan_without_an_identifier_cannot_be_run_or_shown(remote: FlyteRemote) -> None:
    plan = FlyteLaunchPlan.from_bytes(b"")
    with pytest.raises(FlyteAssertion, match="the launch plan has no identifier"):
        remote.execute(plan)
    with pytest.raises(FlyteAssertion, match="has no identifier"):
        remote.generate_console_url(plan)


# Sync, load, wait and watch, as verbs of the remote.


def test_remotes_sync_what_came_without_one(sandbox: Sandbox, face: Face) -> None:
    scene = tasks.retries(sandbox)
    model = Execution.from_bytes(face.fetch_execution(scene.id.name).to_bytes())
    execution = FlyteWorkflowExecution.promote_from_model(model)
    assert face.sync(execution, sync_nodes=True) is execution
    assert see(execution, scene) == scene
    assert execution.execution_url == face.remote.generate_console_url(scene.id)


def test_load_brings_whatever_touching_would(sandbox: Sandbox, face: Face) -> None:
    scene = tasks.retries(sandbox)
    execution = face.fetch_execution(scene.id.name)
    face.sync(execution, sync_nodes=True, data=False)
    node = execution.node_executions["n0"]
    for each in (execution, node):
        assert face.load(each) is each
    attempt = node.task_executions[-1]
    assert face.load(attempt) is attempt
    sandbox.calls.clear()
    assert dict(execution.inputs) == {"x": 1}
    assert dict(execution.outputs) == {"o0": 3}
    assert execution.interface == execution.flyte_workflow.interface
    assert (dict(node.inputs), dict(node.outputs)) == ({"x": 1}, {"o0": 2})
    assert node.interface is not None
    assert len(node.task_executions) == 3
    assert dict(attempt.outputs) == {"o0": 2}
    assert attempt.task.interface == attempt.interface
    assert sandbox.calls.counts() == {}


@pytest.mark.parametrize("phase", list(WorkflowPhase))
def test_load_works_in_every_phase(sandbox: Sandbox, face: Face, phase: WorkflowPhase) -> None:
    execution = face.fetch_execution(executions.in_phase(sandbox, phase).id.name)
    assert face.load(execution) is execution
    assert dict(execution.inputs) == {"x": 1}


def test_wait_brings_everything_at_the_end(sandbox: Sandbox, face: Face) -> None:
    execution = face.fetch_execution(sandbox.play("chain").name)
    assert face.wait(execution, timeout=60, poll_interval=0.02) is execution
    sandbox.calls.clear()
    assert execution.is_successful
    assert len(execution.outputs) == 1
    assert list(execution.node_executions) == ["start-node", "n0", "n1", "n2", "end-node"]
    assert sandbox.calls.counts() == {}


def test_wait_gives_up_in_time(sandbox: Sandbox, face: Face) -> None:
    scene = executions.in_phase(sandbox, WorkflowPhase.RUNNING)
    execution = face.fetch_execution(scene.id.name)
    expected = f"execution {PROJECT}/{DOMAIN}/{scene.id.name} is still RUNNING after 0.05 s"
    with pytest.raises(FlyteTimeout, match=expected):
        face.wait(execution, timeout=0.05, poll_interval=0.01)


def test_watch_gives_each_change_and_ends(sandbox: Sandbox, face: Face) -> None:
    execution = face.fetch_execution(sandbox.play("chain").name)
    changes: list[Change] = face.watch(execution, timeout=60, poll_interval=0.01)
    assert all(change.execution is execution for change in changes)
    last = changes[-1]
    assert (last.node, last.phase) == (None, WorkflowPhase.SUCCEEDED)
    ended = {
        change.node.id.node_id
        for change in changes
        if change.node is not None and change.phase == NodePhase.SUCCEEDED
    }
    assert ended == {"start-node", "n0", "n1", "n2", "end-node"}


def test_a_change_is_a_line_to_print(sandbox: Sandbox, face: Face) -> None:
    execution = face.fetch_execution(tasks.retries(sandbox).id.name)
    face.sync(execution, sync_nodes=True)
    node = execution.node_executions["n0"]
    where = f"{PROJECT}/{DOMAIN}/{execution.id.name}"
    first = Change(execution, None, None, WorkflowPhase.RUNNING)
    assert str(first) == f"execution {where}: RUNNING"
    next = Change(execution, node, NodePhase.RUNNING, NodePhase.FAILED)
    assert str(next) == f"node execution {where}/n0: RUNNING -> FAILED"


# Metrics and links.


def test_metrics_say_where_the_time_went(sandbox: Sandbox, face: Face) -> None:
    scene = scripted.played(sandbox, "chain")
    span = face.get_execution_metrics(scene.id)
    assert span.workflow_id == scene.id
    assert {each.node_id.node_id for each in span.spans if each.node_id} >= {"n0", "n1", "n2"}
    assert face.get_execution_metrics(scene.id.name, depth=0).spans == []
    with pytest.raises(FlyteNotFoundError, match=r"GetExecutionMetrics of .*/nothing"):
        face.get_execution_metrics("nothing")


@pytest.mark.parametrize(
    ("changes", "base"),
    [
        ({}, "http://ENDPOINT"),
        ({"insecure": False}, "https://ENDPOINT"),
        ({"console_endpoint": "flyte.example"}, "https://flyte.example"),
        ({"console_endpoint": "http://localhost:30080/"}, "http://localhost:30080"),
    ],
)
def test_console_links(changes: dict[str, Any], base: str, chain: FlyteWorkflowExecution) -> None:
    settings = replace(Config.for_endpoint("ENDPOINT", insecure=True), **changes)
    remote = FlyteRemote(settings, PROJECT, DOMAIN)
    where = f"{base}/console/projects/{PROJECT}/domains/{DOMAIN}"
    url = remote.generate_console_url
    assert url(chain) == url(chain.id) == f"{where}/executions/{chain.id.name}"
    for kind, part in (
        (ResourceType.TASK, "task"),
        (ResourceType.WORKFLOW, "workflow"),
        (ResourceType.LAUNCH_PLAN, "launch_plan"),
    ):
        id = Identifier(kind, PROJECT, DOMAIN, "chain", "v1")
        assert url(id) == f"{where}/{part}/chain/version/v1"
    remote.close()


def test_nodes_and_attempts_have_the_console_link_of_the_node(sandbox: Sandbox, face: Face) -> None:
    execution = face.fetch_execution(tasks.retries(sandbox).id.name)
    face.sync(execution, sync_nodes=True)
    node = execution.node_executions["n0"]
    url = face.remote.generate_console_url
    assert url(node) == url(node.id) == f"{url(execution)}/nodeId/n0/nodes"
    for attempt in node.task_executions:
        assert url(attempt) == url(attempt.id) == url(node)


def test_what_means_something_in_a_link_is_escaped(remote: FlyteRemote) -> None:
    id = Identifier(ResourceType.TASK, PROJECT, DOMAIN, "a b", "feature/x?y#z%")
    assert remote.generate_console_url(id).endswith("/task/a%20b/version/feature%2Fx%3Fy%23z%25")


def test_what_is_fetched_has_a_console_link(face: Face) -> None:
    for fetched, part in (
        (face.fetch_task("play.square"), "task/play.square"),
        (face.fetch_workflow("chain"), "workflow/chain"),
        (face.fetch_launch_plan("chain"), "launch_plan/chain"),
    ):
        assert face.remote.generate_console_url(fetched).endswith(f"/{part}/version/v1")


# How many calls, and how long.


class Gauge(grpc.ServerInterceptor):
    """How many calls were in the server at once, at most."""

    def __init__(self) -> None:
        self.most = self._now = 0
        self._lock = threading.Lock()

    def intercept_service(self, continuation: Any, details: grpc.HandlerCallDetails) -> Any:
        handler = continuation(details)

        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            with self._lock:
                self._now += 1
                self.most = max(self.most, self._now)
            try:
                return handler.unary_unary(request, context)
            finally:
                with self._lock:
                    self._now -= 1

        return grpc.unary_unary_rpc_method_handler(
            answer, handler.request_deserializer, handler.response_serializer
        )


@pytest.fixture(scope="module")
def gauged(sandbox: Sandbox) -> Iterator[tuple[str, Gauge]]:
    """A server in front of the sandbox's servicers that counts calls in flight."""
    gauge = Gauge()
    server = grpc.server(ThreadPoolExecutor(32), interceptors=[gauge])
    sandbox.admin.add_to_server(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}", gauge
    server.stop(None).wait()


@pytest.mark.parametrize("kind", [FlyteRemote, AsyncFlyteRemote])
@pytest.mark.parametrize("max_calls", [1, 3])
def test_no_more_calls_are_in_flight_than_allowed(
    sandbox: Sandbox,
    gauged: tuple[str, Gauge],
    kind: type[FlyteRemote] | type[AsyncFlyteRemote],
    max_calls: int,
) -> None:
    scene = wide(sandbox, 12)
    endpoint, gauge = gauged
    gauge.most = 0
    settings = Config.for_endpoint(endpoint, insecure=True)
    face = Face(kind(settings, PROJECT, DOMAIN, max_calls=max_calls))
    execution = face.fetch_execution(scene.id.name)
    face.sync(execution, sync_nodes=True)
    face.close()
    assert 1 <= gauge.most <= max_calls
    assert see(execution, scene) == scene


@pytest.mark.parametrize("max_calls", [0, -1])
@pytest.mark.parametrize("kind", [FlyteRemote, AsyncFlyteRemote])
def test_no_calls_at_all_are_not_allowed(
    sandbox: Sandbox, kind: type[FlyteRemote] | type[AsyncFlyteRemote], max_calls: int
) -> None:
    with pytest.raises(ValueError, match="max_calls"):
        kind(config(sandbox), max_calls=max_calls)


def test_a_call_that_gets_no_answer_ends_at_its_deadline(sandbox: Sandbox) -> None:
    for kind in ("sync", "async"):
        with open_face(kind, sandbox, policy=CallPolicy(timeout=0.1)) as face:
            sandbox.faults.latency(30, method="GetExecution", times=1)
            with pytest.raises(FlyteCallTimeout, match=r"GetExecution of .*/any: DEADLINE"):
                face.fetch_execution("any")
            sandbox.faults.clear()


# The life of a remote.


def test_a_closed_remote_says_so(sandbox: Sandbox, chain: FlyteWorkflowExecution) -> None:
    for kind in ("sync", "async"):
        with open_face(kind, sandbox) as face:
            face.fetch_execution(chain.id.name)
            face.remote.close()
            face.remote.close()
            with pytest.raises(FlyteAssertion, match="closed"):
                face.fetch_execution(chain.id.name)


def test_a_block_closes_the_remote(sandbox: Sandbox) -> None:
    with FlyteRemote(config(sandbox), PROJECT, DOMAIN) as remote:
        assert remote.list_domains()
    with pytest.raises(FlyteAssertion, match="closed"):
        remote.list_domains()


def test_a_remote_that_is_never_used_opens_nothing(sandbox: Sandbox) -> None:
    before = threading.active_count()
    for _ in range(20):
        FlyteRemote("127.0.0.1:1", PROJECT, DOMAIN)
    assert threading.active_count() == before


def test_a_channel_of_ones_own_stays_open(sandbox: Sandbox, chain: FlyteWorkflowExecution) -> None:
    with sandbox.channel() as channel:
        for kind in (FlyteRemote, AsyncFlyteRemote):
            for _ in range(2):
                face = Face(kind(None, PROJECT, DOMAIN, channel=channel))
                execution = face.fetch_execution(chain.id.name)
                face.sync(execution, sync_nodes=True)
                assert len(execution.node_executions) == 5
                face.close()


def test_a_channel_of_ones_own_that_is_closed_is_said_to_be(sandbox: Sandbox) -> None:
    with sandbox.channel() as channel:
        remotes = [kind(None, channel=channel) for kind in (FlyteRemote, AsyncFlyteRemote)]
    for remote in remotes:
        face = Face(remote)
        with pytest.raises(FlyteAssertion, match="GetDomains: the channel is closed"):
            face.list_domains()
        face.close()


def test_a_remote_with_a_channel_alone_has_no_console(
    sandbox: Sandbox, chain: FlyteWorkflowExecution
) -> None:
    with sandbox.channel() as channel, FlyteRemote(None, PROJECT, DOMAIN, channel=channel) as one:
        execution = one.fetch_execution(chain.id.name)
        with pytest.raises(FlyteAssertion, match="channel does not tell where the console is"):
            one.generate_console_url(execution)


def test_threads_can_share_a_remote(sandbox: Sandbox, remote: FlyteRemote) -> None:
    scenes = [tasks.retries(sandbox) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        found = list(
            threads.map(
                lambda scene: remote.fetch_execution(scene.id.name).sync(sync_nodes=True), scenes
            )
        )
    assert [see(*pair) for pair in zip(found, scenes, strict=True)] == scenes


def test_a_remote_shows_where_it_goes(sandbox: Sandbox, face: Face) -> None:
    assert repr(face.remote) == f"{type(face.remote).__name__}({sandbox.endpoint!r})"


def test_iterators_that_are_left_early_leave_nothing_running(
    sandbox: Sandbox, face: Face, chain: FlyteWorkflowExecution
) -> None:
    found = face.remote.list_executions()
    if isinstance(found, AsyncIterator):
        loop = face._loop
        assert loop.run_until_complete(anext(found)).id
        loop.run_until_complete(found.aclose())  # type: ignore[attr-defined]
    else:
        assert next(found).id
        found.close()
    assert face.fetch_execution(chain.id.name) == chain
