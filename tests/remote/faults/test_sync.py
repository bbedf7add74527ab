"""Syncing while single calls, or all of them, go wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import grpc
import pytest

from flytebind.remote import AsyncFlyteRemote, Config, FlyteRemote
from flytebind.remote._calls import CallPolicy
from flytebind.remote.auth import CallableSource
from flytebind.remote.errors import (
    FlyteAuthenticationError,
    FlyteCallError,
    FlyteNotFoundError,
    FlyteOutageError,
    FlyteUnavailableError,
)
from flytebind.sandbox import Sandbox
from tests.remote.conftest import DOMAIN, PROJECT, Face, open_face
from tests.remote.io.driving import when
from tests.remote.scenes.bulk import wide
from tests.remote.scenes.cluster import Cluster
from tests.remote.scenes.entities import steps
from tests.remote.scenes.scene import TaskPhase

QUICK = CallPolicy(timeout=20, first_pause=0.01, longest_pause=0.05)
NODES = 150


@pytest.fixture
def face(kind: str, sandbox: Sandbox) -> Iterator[Face]:
    with open_face(kind, sandbox, policy=QUICK) as face:
        yield face


def test_data_that_a_running_node_has_not_yet_is_no_problem(sandbox: Sandbox, face: Face) -> None:
    with Cluster(sandbox) as cluster:
        tale = cluster.launch(steps, x=1).begin()
        told = tale.task("n0", TaskPhase.RUNNING, inputs={"x": 1})
        execution = face.fetch_execution(tale.id.name)
        sandbox.faults.fail(grpc.StatusCode.NOT_FOUND, method="GetNodeExecutionData")
        face.sync(execution, sync_nodes=True)
        node = execution.node_executions["n0"]
        assert node.problem is None
        assert not node.is_done
        sandbox.faults.clear()
        face.sync(execution, sync_nodes=True)
        assert execution.node_executions["n0"] is node
        assert dict(node.inputs) == dict(told.inputs)


def test_data_that_a_finished_node_lacks_is_its_problem(sandbox: Sandbox, face: Face) -> None:
    scene = wide(sandbox, 5)
    execution = face.fetch_execution(scene.id.name)
    sandbox.faults.fail(grpc.StatusCode.NOT_FOUND, method="GetNodeExecutionData", times=1)
    face.sync(execution, sync_nodes=True)
    problems = [node.problem for node in execution.node_executions.values() if node.problem]
    assert [type(problem) for problem in problems] == [FlyteNotFoundError]


@pytest.mark.parametrize("method", ["GetNodeExecutionData", "ListTaskExecutions"])
@pytest.mark.parametrize("code", [grpc.StatusCode.UNKNOWN, grpc.StatusCode.PERMISSION_DENIED])
def test_one_bad_node_does_not_lose_the_rest(
    sandbox: Sandbox, face: Face, method: str, code: grpc.StatusCode
) -> None:
    scene = wide(sandbox, 20)
    execution = face.fetch_execution(scene.id.name)
    sandbox.faults.fail(code, "broken", method=method, times=1)
    face.sync(execution, sync_nodes=True)
    bad = [node for node in execution.node_executions.values() if node.problem is not None]
    assert len(bad) == 1
    problem = bad[0].problem
    assert isinstance(problem, FlyteCallError)
    assert (problem.code, problem.call) == (code, method)
    assert bad[0].id.node_id in problem.subject
    nodes = execution.node_executions.values()
    good = [node for node in nodes if not (node.is_boundary or node is bad[0])]
    assert all(node.inputs and node.outputs and node.task_executions for node in good)
    sandbox.calls.clear()
    face.sync(execution, sync_nodes=True)  # which asks for nothing but what is missing
    assert bad[0].problem is None
    assert sandbox.calls.total() <= 2


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (grpc.StatusCode.UNAUTHENTICATED, FlyteAuthenticationError),
        (grpc.StatusCode.UNAVAILABLE, FlyteUnavailableError),
    ],
)
def test_trouble_with_the_connection_is_no_nodes_problem(
    sandbox: Sandbox, face: Face, code: grpc.StatusCode, error: type[FlyteCallError]
) -> None:
    scene = wide(sandbox, NODES)
    execution = face.fetch_execution(scene.id.name)
    sandbox.faults.fail(code, method="GetNodeExecutionData")
    with pytest.raises(error):
        face.sync(execution, sync_nodes=True)
    sandbox.faults.clear()
    face.sync(execution, sync_nodes=True)  # goes on from where it was
    assert len(execution.node_executions) == NODES + 2
    assert not any(node.problem for node in execution.node_executions.values())


def test_a_database_that_stays_away_is_no_nodes_problem(kind: str, sandbox: Sandbox) -> None:
    scene = wide(sandbox, 5)
    away = "unexpected error type for: dial error: dial tcp 127.0.0.1:5433: connection refused"
    with open_face(kind, sandbox, policy=CallPolicy(timeout=0.5, first_pause=0.01)) as face:
        execution = face.fetch_execution(scene.id.name)
        sandbox.faults.fail(grpc.StatusCode.INTERNAL, away, method="GetNodeExecutionData")
        with pytest.raises(FlyteOutageError):
            face.sync(execution, sync_nodes=True)
        sandbox.faults.clear()
        face.sync(execution, sync_nodes=True)
    assert not any(node.problem for node in execution.node_executions.values())


def test_a_database_that_goes_away_in_mid_sync_is_waited_for(sandbox: Sandbox, face: Face) -> None:
    scene = wide(sandbox, NODES)
    execution = face.fetch_execution(scene.id.name)
    away = "unexpected error type for: dial error: dial tcp 127.0.0.1:5433: connection refused"
    sandbox.faults.fail(
        grpc.StatusCode.INTERNAL, away, method="GetNodeExecutionData", times=10 * NODES
    )
    face.sync(execution, sync_nodes=True)
    assert sandbox.calls["GetNodeExecutionData"] > 10 * NODES
    assert not any(node.problem for node in execution.node_executions.values())


def test_connections_that_break_in_mid_sync_are_made_again(sandbox: Sandbox, face: Face) -> None:
    scene = wide(sandbox, NODES)
    execution = face.fetch_execution(scene.id.name)
    sandbox.faults.drop(method="GetNodeExecutionData", times=2)
    sandbox.faults.cut(method="ListTaskExecutions", times=1)
    face.sync(execution, sync_nodes=True)
    assert not any(node.problem for node in execution.node_executions.values())
    assert all(n.outputs for n in execution.node_executions.values() if not n.is_boundary)


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL])
def test_trouble_now_and_then_loses_nothing(
    sandbox: Sandbox, face: Face, code: grpc.StatusCode
) -> None:
    scene = wide(sandbox, NODES)
    execution = face.fetch_execution(scene.id.name)
    sandbox.faults.fail(code, share=0.1)
    face.sync(execution, sync_nodes=True)
    assert not any(node.problem for node in execution.node_executions.values())


def test_a_remote_that_is_closed_in_mid_sync_ends_it(sandbox: Sandbox, face: Face) -> None:
    scene = wide(sandbox, NODES)
    execution = face.fetch_execution(scene.id.name)
    sandbox.faults.latency(60, method="GetNodeExecutionData")
    closing = when(lambda: sandbox.calls["GetNodeExecutionData"] > 20, face.remote.close)
    with pytest.raises((FlyteCallError, AssertionError), match=r"closed|CANCELLED"):
        face.sync(execution, sync_nodes=True)
    closing.join()


class Counting:
    """Issues tokens of a sandbox, and counts."""

    def __init__(self, sandbox: Sandbox) -> None:
        assert sandbox.tokens is not None
        self._tokens = sandbox.tokens
        self._lock = threading.Lock()
        self.issued: list[str] = []

    def __call__(self) -> str:
        with self._lock:
            self.issued.append(self._tokens.issue_token("somebody"))
            return self.issued[-1]

    def revoke(self) -> None:
        """The token in use is good no more."""
        self._tokens.revoke(self.issued[-1])


def test_a_token_that_ends_in_mid_sync_is_renewed_once(kind: str) -> None:
    with Sandbox(auth=True) as sandbox:
        scene = wide(sandbox, NODES)
        source = Counting(sandbox)
        make = FlyteRemote if kind == "sync" else AsyncFlyteRemote
        config = Config(sandbox.endpoint, insecure=True)
        face = Face(make(config, PROJECT, DOMAIN, token=CallableSource(source), max_calls=64))
        try:
            execution = face.fetch_execution(scene.id.name)
            sandbox.faults.latency(0.2, method="GetNodeExecutionData")
            sandbox.calls.clear()
            revoking = when(lambda: sandbox.calls["GetNodeExecutionData"] > 30, source.revoke)
            face.sync(execution, sync_nodes=True)
            revoking.join()
        finally:
            face.close()
    assert len(source.issued) == 2
    assert not any(node.problem for node in execution.node_executions.values())
    assert sandbox.calls["GetNodeExecutionData"] > NODES  # some had to be sent again


def test_a_client_secret_renews_once_too(kind: str) -> None:
    with Sandbox(auth=True) as sandbox:
        assert sandbox.tokens is not None
        issued: list[str] = []
        issue = sandbox.tokens.issue_token

        def counting(*args: object, **kwargs: object) -> str:
            issued.append(issue(*args, **kwargs))  # type: ignore[arg-type]  # passed on
            return issued[-1]

        sandbox.tokens.issue_token = counting  # type: ignore[method-assign]  # to count
        scene = wide(sandbox, NODES)
        config = Config(
            sandbox.endpoint,
            insecure=True,
            client_id=sandbox.tokens.client_id,
            client_secret_env="FLYTEBIND_TEST_SECRET",
        )
        make = FlyteRemote if kind == "sync" else AsyncFlyteRemote
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("FLYTEBIND_TEST_SECRET", sandbox.tokens.client_secret)
            face = Face(make(config, PROJECT, DOMAIN))
            try:
                execution = face.fetch_execution(scene.id.name)
                assert len(issued) == 1
                sandbox.tokens.revoke(issued[0])
                face.sync(execution, sync_nodes=True)
            finally:
                face.close()
        assert len(issued) == 2
    assert not any(node.problem for node in execution.node_executions.values())


def test_a_token_that_is_refused_again_is_an_error(kind: str) -> None:
    with Sandbox(auth=True) as sandbox:
        make = FlyteRemote if kind == "sync" else AsyncFlyteRemote
        config = Config(sandbox.endpoint, insecure=True)
        numbers = iter(range(100))
        source = CallableSource(lambda: f"wrong-{next(numbers)}")
        face = Face(make(config, PROJECT, DOMAIN, token=source))
        try:
            with pytest.raises(FlyteAuthenticationError) as caught:
                face.list_projects()
        finally:
            face.close()
        assert "wrong" not in str(caught.value)
        # Once more than there are kinds: what a source remembers, and what it makes.
        assert sandbox.calls["ListProjects"] == 3
    assert next(numbers) == 3
