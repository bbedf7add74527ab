"""Waiting for an execution while the server, or the way to it, has trouble."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from flytebind.remote import (
    AsyncFlyteRemote,
    Config,
    FlyteRemote,
    FlyteWorkflowExecution,
    _channel as channel,
)
from flytebind.remote._calls import CallPolicy
from flytebind.remote.auth import _credentials as credentials
from flytebind.remote.auth._tokens import away, refused
from flytebind.remote.errors import (
    FlyteAuthenticationError,
    FlyteCallError,
    FlyteNotFoundError,
    FlyteTimeout,
)
from flytebind.remote.executions import adopt
from flytebind.sandbox import Sandbox
from tests.remote.conftest import DOMAIN, PROJECT, Face, open_face
from tests.remote.faults.leftovers import until
from tests.remote.faults.silence import SilentProxy
from tests.remote.io.driving import when
from tests.remote.scenes.bulk import wide
from tests.remote.scenes.cluster import Cluster
from tests.remote.scenes.entities import steps
from tests.remote.scenes.scene import WorkflowPhase
from tests.remote.scenes.telling import Tale
from tests.support.children import ending_with_us

QUICK = CallPolicy(timeout=4, max_attempts=3, first_pause=0.01, longest_pause=0.05)
OFTEN = 0.02


@pytest.fixture
def tale(sandbox: Sandbox) -> Iterator[Tale]:
    """An execution that runs until somebody ends it."""
    with Cluster(sandbox) as cluster:
        yield cluster.launch(steps, x=1).begin()


@pytest.fixture
def face(kind: str, sandbox: Sandbox) -> Iterator[Face]:
    with open_face(kind, sandbox, policy=QUICK) as face:
        yield face


@contextmanager
def ending(tale: Tale, after: Callable[[], object]) -> Iterator[None]:
    """The execution succeeds once something is true."""
    thread = when(after, lambda: tale.succeed(o0=3))
    try:
        yield
    finally:
        thread.join()


def test_the_end_is_noticed(sandbox: Sandbox, face: Face, tale: Tale) -> None:
    execution = face.fetch_execution(tale.id.name)
    with ending(tale, lambda: sandbox.calls["GetExecution"] > 3):
        assert face.wait(execution, poll_interval=OFTEN) is execution
    assert execution.is_successful
    assert execution.outputs["o0"] == 3
    assert execution.node_executions


def test_a_poll_is_one_call_whatever_the_size(sandbox: Sandbox, face: Face) -> None:
    scene = wide(sandbox, 50)
    execution = face.fetch_execution(scene.id.name)
    _set_back(execution)
    sandbox.calls.clear()
    face.wait(execution, sync_nodes=False)
    assert sandbox.calls["GetExecution"] == 1
    assert not sandbox.calls["ListNodeExecutions"]


def test_polls_ask_for_the_execution_alone(sandbox: Sandbox, face: Face, tale: Tale) -> None:
    execution = face.fetch_execution(tale.id.name)
    sandbox.calls.clear()
    with pytest.raises(FlyteTimeout):
        face.wait(execution, timeout=0.2, poll_interval=OFTEN)
    assert set(sandbox.calls.counts()) == {"GetExecution"}
    assert sandbox.calls.total() > 2


def test_waiting_for_what_is_done_costs_no_poll(sandbox: Sandbox, face: Face, tale: Tale) -> None:
    tale.succeed(o0=3)
    execution = face.fetch_execution(tale.id.name)
    sandbox.calls.clear()
    face.wait(execution)
    assert sandbox.calls["GetExecution"] == 0
    first = sandbox.calls.total()
    face.wait(execution)
    assert sandbox.calls.total() == first


@pytest.mark.parametrize("timeout", [0, 0.1, timedelta(milliseconds=100)])
def test_a_timeout_says_what_was_waited_for(
    face: Face, tale: Tale, timeout: float | timedelta
) -> None:
    execution = face.fetch_execution(tale.id.name)
    with pytest.raises(FlyteTimeout, match=f"{tale.id.name} is still RUNNING after"):
        face.wait(execution, timeout=timeout, poll_interval=30)


def test_a_timeout_is_kept_while_the_server_does_not_answer(
    sandbox: Sandbox, face: Face, tale: Tale
) -> None:
    execution = face.fetch_execution(tale.id.name)
    sandbox.faults.latency(60)
    with pytest.raises(FlyteTimeout, match="is still RUNNING"):
        face.wait(execution, timeout=0.3, poll_interval=OFTEN)


def test_a_timeout_is_kept_while_the_server_is_away(
    sandbox: Sandbox, face: Face, tale: Tale
) -> None:
    execution = face.fetch_execution(tale.id.name)
    sandbox.faults.fail()
    with pytest.raises(FlyteTimeout, match="is still RUNNING"):
        face.wait(execution, timeout=0.3, poll_interval=OFTEN)


@pytest.fixture
def patient(kind: str, sandbox: Sandbox) -> Iterator[Face]:
    """A face whose single calls may last for a minute; the test must not."""
    began = time.monotonic()
    with open_face(kind, sandbox, policy=CallPolicy(first_pause=0.01)) as face:
        yield face
    assert time.monotonic() - began < 30


SLOW = ["ListNodeExecutions", "GetExecutionData", "GetNodeExecutionData", "ListTaskExecutions"]


@pytest.mark.parametrize("method", SLOW)
def test_a_timeout_covers_what_is_brought_in_the_end(
    sandbox: Sandbox, patient: Face, method: str
) -> None:
    execution = patient.fetch_execution(wide(sandbox, 5).id.name)
    sandbox.faults.latency(60, method=method)
    with pytest.raises(FlyteTimeout, match=r"is SUCCEEDED, but not all of it came in 0\.3 s"):
        patient.wait(execution, timeout=0.3)
    sandbox.faults.clear()
    patient.wait(execution, timeout=60)  # goes on from where it was
    assert all(n.outputs for n in execution.node_executions.values() if not n.is_boundary)


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL])
@pytest.mark.parametrize("method", SLOW[:2])
def test_a_timeout_covers_an_outage_in_the_end(
    sandbox: Sandbox, patient: Face, method: str, code: grpc.StatusCode
) -> None:
    execution = patient.fetch_execution(wide(sandbox, 5).id.name)
    sandbox.faults.fail(code, method=method)
    with pytest.raises(FlyteTimeout, match="is SUCCEEDED, but not all of it"):
        patient.wait(execution, timeout=0.3, poll_interval=OFTEN)


@pytest.mark.parametrize("method", ["GetExecution", "ListNodeExecutions"])
def test_a_timeout_covers_all_that_is_watched(
    sandbox: Sandbox, patient: Face, tale: Tale, method: str
) -> None:
    execution = patient.fetch_execution(tale.id.name)
    sandbox.faults.latency(60, method=method)
    with pytest.raises(FlyteTimeout, match="is still RUNNING"):
        patient.watch(execution, timeout=0.3, poll_interval=OFTEN)


def test_a_timeout_covers_the_nodes_that_are_shown(
    sandbox: Sandbox, patient: Face, tale: Tale
) -> None:
    execution = patient.fetch_execution(tale.id.name)
    sandbox.faults.latency(60, method="ListNodeExecutions")
    with pytest.raises(FlyteTimeout, match="is still RUNNING"):
        patient.wait(execution, timeout=0.3, poll_interval=OFTEN, progress=True)
    assert sandbox.calls["ListNodeExecutions"] == 1


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL])
def test_an_outage_at_the_end_of_watching_loses_no_change(
    sandbox: Sandbox, face: Face, code: grpc.StatusCode
) -> None:
    execution = face.fetch_execution(wide(sandbox, 5).id.name)
    sandbox.faults.fail(code, method="ListNodeExecutions", times=2 * QUICK.max_attempts)
    changes = face.watch(execution, poll_interval=OFTEN, timeout=60)
    assert len([change for change in changes if change.node is not None]) == 7


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL])
def test_bursts_of_trouble_are_waited_out(
    sandbox: Sandbox,
    face: Face,
    tale: Tale,
    caplog: pytest.LogCaptureFixture,
    code: grpc.StatusCode,
) -> None:
    execution = face.fetch_execution(tale.id.name)
    sandbox.calls.clear()
    sandbox.faults.fail(code, times=20)  # far more than one call tries
    with ending(tale, lambda: sandbox.calls["GetExecution"] > 22):
        face.wait(execution, poll_interval=OFTEN)
    assert execution.is_successful
    assert "no answer, asking again" in caplog.text


def test_deadline_exceeded_on_one_poll_is_not_the_end(
    sandbox: Sandbox, face: Face, tale: Tale
) -> None:
    execution = face.fetch_execution(tale.id.name)
    sandbox.calls.clear()
    sandbox.faults.fail(grpc.StatusCode.DEADLINE_EXCEEDED, times=1)
    with ending(tale, lambda: sandbox.calls["GetExecution"] > 2):
        face.wait(execution, poll_interval=OFTEN)
    assert execution.is_successful


def test_connections_that_break_are_made_again(sandbox: Sandbox, face: Face, tale: Tale) -> None:
    execution = face.fetch_execution(tale.id.name)
    sandbox.calls.clear()
    sandbox.faults.drop(times=2)
    with ending(tale, lambda: sandbox.calls["GetExecution"] > 3):
        face.wait(execution, poll_interval=OFTEN)
    assert execution.is_successful


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL])
def test_an_outage_after_the_last_poll_is_waited_out_too(
    sandbox: Sandbox, face: Face, tale: Tale, code: grpc.StatusCode
) -> None:
    tale.succeed(o0=3)
    execution = face.fetch_execution(tale.id.name)
    _set_back(execution)
    sandbox.faults.fail(code, method="GetExecutionData", times=QUICK.max_attempts)
    face.wait(execution, poll_interval=OFTEN)
    assert execution.outputs["o0"] == 3


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (grpc.StatusCode.NOT_FOUND, FlyteNotFoundError),
        (grpc.StatusCode.UNAUTHENTICATED, FlyteCallError),
        (grpc.StatusCode.PERMISSION_DENIED, FlyteCallError),
        (grpc.StatusCode.UNKNOWN, FlyteCallError),
    ],
)
def test_what_time_does_not_mend_ends_the_wait(
    sandbox: Sandbox, face: Face, tale: Tale, code: grpc.StatusCode, error: type[FlyteCallError]
) -> None:
    execution = face.fetch_execution(tale.id.name)
    sandbox.faults.fail(code)
    with pytest.raises(error) as caught:
        face.wait(execution, poll_interval=OFTEN)
    assert caught.value.code is code


def test_a_connection_that_goes_silent_is_noticed_and_replaced(
    kind: str, sandbox: Sandbox, tale: Tale, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "_KEEPALIVE_TIMEOUT", 0.3)
    policy = CallPolicy(timeout=0.5, first_pause=0.01)
    with SilentProxy(sandbox.endpoint) as proxy:
        config = Config(proxy.endpoint, insecure=True, keepalive=0.3)
        make = FlyteRemote if kind == "sync" else AsyncFlyteRemote
        with closing(Face(make(config, PROJECT, DOMAIN, policy=policy))) as face:
            execution = face.fetch_execution(tale.id.name)
            proxy.fall_silent()
            sandbox.calls.clear()
            with ending(tale, lambda: sandbox.calls["GetExecution"] > 1):
                face.wait(execution, poll_interval=OFTEN, timeout=30)
    assert execution.is_successful


class Provider:
    """Has tokens of a sandbox, until it is away for a while."""

    def __init__(self, sandbox: Sandbox) -> None:
        assert sandbox.tokens is not None
        self._tokens = sandbox.tokens
        self._last = ""
        self.failures: list[Exception] = []
        """What comes of the next questions."""
        self.gate = threading.Event()
        """Nobody gets a token while it is not set."""
        self.gate.set()

    def __call__(self) -> str:
        assert self.gate.wait(30)
        if self.failures:
            raise self.failures.pop()
        self._last = self._tokens.issue_token("ada")
        return self._last

    def go_away(self, *failures: Exception) -> None:
        """The token ends, and there is none for a while."""
        self.failures[:] = failures
        self._tokens.revoke(self._last)


@pytest.fixture
def provided(kind: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Face, Provider, Tale]]:
    """A face whose tokens are another's, and an execution that runs."""
    monkeypatch.setattr(credentials, "_REST", 0.02)
    make = FlyteRemote if kind == "sync" else AsyncFlyteRemote
    with Sandbox(auth=True) as sandbox, Cluster(sandbox) as cluster:
        tale = cluster.launch(steps, x=1).begin()
        provider = Provider(sandbox)
        config = Config(sandbox.endpoint, insecure=True)
        with closing(Face(make(config, PROJECT, DOMAIN, token=provider, policy=QUICK))) as face:
            yield face, provider, tale


@pytest.mark.parametrize(
    "failure", [ConnectionRefusedError(), RuntimeError("of its own kind"), away("be back soon")]
)
def test_tokens_that_cannot_be_had_for_a_while_are_waited_for(
    provided: tuple[Face, Provider, Tale], failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    face, provider, tale = provided
    execution = face.fetch_execution(tale.id.name)
    provider.go_away(*[failure] * 5)
    with ending(tale, lambda: not provider.failures):
        face.wait(execution, poll_interval=OFTEN, timeout=60)
    assert execution.is_successful
    assert "no answer, asking again" in caplog.text


def test_a_timeout_covers_tokens_that_take_their_time(
    provided: tuple[Face, Provider, Tale],
) -> None:
    face, provider, tale = provided
    execution = face.fetch_execution(tale.id.name)
    provider.go_away()
    provider.gate.clear()
    with pytest.raises(FlyteTimeout, match="is still RUNNING"):
        face.wait(execution, poll_interval=OFTEN, timeout=0.3)
    provider.gate.set()
    assert face.list_projects()


def test_tokens_that_are_refused_end_the_wait(provided: tuple[Face, Provider, Tale]) -> None:
    face, provider, tale = provided
    execution = face.fetch_execution(tale.id.name)
    provider.go_away(refused("your password has changed"))
    with pytest.raises(FlyteAuthenticationError, match="your password has changed"):
        face.wait(execution, poll_interval=OFTEN, timeout=60)


def test_a_server_that_is_killed_and_comes_back_is_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    db = tmp_path / "flyte.sqlite"
    with Sandbox(db=db) as first, Cluster(first) as cluster:
        id = cluster.launch(steps, x=1).begin().id
    server = subprocess.Popen(
        [sys.executable, "-m", "flytebind.sandbox", "--port=0", f"--db={db}", "-q"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    endpoint = server.stdout.readline().split()[1]
    second: list[Sandbox] = []

    def restart() -> None:
        server.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        server.wait()
        until(lambda: "asking again" in caplog.text, "the client misses the server")
        second.append(Sandbox(db=db, port=int(endpoint.rpartition(":")[2])))
        until(lambda: bool(second[0].calls["GetExecution"]), "the client is back")
        with Cluster(second[0]) as cluster:
            tale = Tale(second[0], cluster.client, id, {"x": 1})
            tale.succeed(o0=3)

    with (
        ending_with_us(server),
        FlyteRemote(Config(endpoint, insecure=True), PROJECT, DOMAIN, policy=QUICK) as remote,
    ):
        execution = remote.fetch_execution(id.name)
        restarting = when(lambda: True, restart)
        try:
            remote.wait(execution, poll_interval=OFTEN, timeout=60)
        finally:
            restarting.join()
            server.kill()
            server.stdout.close()
            for sandbox in second:
                sandbox.stop()
    assert execution.is_successful
    assert execution.outputs["o0"] == 3


def _set_back(execution: FlyteWorkflowExecution) -> None:
    """Let an object know only that its execution runs."""
    message = execution.to_flyte_idl()
    message.closure.phase = WorkflowPhase.RUNNING
    adopt(execution, execution.from_pb(message))
    assert not execution.is_done
