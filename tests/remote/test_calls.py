"""Deadlines, retries and errors of single calls, over real sockets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

import grpc
import pytest
from flyteidl.service import admin_pb2, dataproxy_pb2, signal_pb2

from flytebind.models.core.execution import WorkflowExecution
from flytebind.remote import AsyncFlyteRemote, Config, FlyteAssertion, FlyteRemote
from flytebind.remote._calls import CallPolicy, is_read
from flytebind.remote.errors import (
    FlyteAlreadyExistsError,
    FlyteAuthenticationError,
    FlyteCallError,
    FlyteCallTimeout,
    FlyteInvalidInputError,
    FlyteNotFoundError,
    FlytePermissionError,
    FlyteUnavailableError,
)
from flytebind.sandbox import Sandbox
from tests.remote.conftest import DOMAIN, PROJECT, Face, open_face
from tests.remote.faults.leftovers import nothing_left
from tests.remote.faults.proxies import BrokenProxy
from tests.remote.io.driving import when
from tests.remote.scenes import executions

QUICK = CallPolicy(timeout=20, first_pause=0.01, longest_pause=0.05)


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with nothing_left():
        yield


@pytest.fixture
def sandbox(_nothing_left: None) -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Face]:
    with open_face(request.param, sandbox, policy=QUICK) as face:
        yield face


def test_a_burst_of_unavailable_is_got_over(sandbox: Sandbox, face: Face) -> None:
    sandbox.faults.fail(times=5)
    assert face.list_projects()
    assert sandbox.calls["ListProjects"] == 6


def test_an_outage_is_an_error_in_the_end(sandbox: Sandbox, face: Face) -> None:
    sandbox.faults.fail()
    with pytest.raises(FlyteUnavailableError) as caught:
        face.list_projects()
    assert caught.value.attempts == sandbox.calls["ListProjects"] == QUICK.max_attempts


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (grpc.StatusCode.NOT_FOUND, FlyteNotFoundError),
        (grpc.StatusCode.INVALID_ARGUMENT, FlyteInvalidInputError),
        (grpc.StatusCode.ALREADY_EXISTS, FlyteAlreadyExistsError),
        (grpc.StatusCode.PERMISSION_DENIED, FlytePermissionError),
        (grpc.StatusCode.UNAUTHENTICATED, FlyteAuthenticationError),
        (grpc.StatusCode.DEADLINE_EXCEEDED, FlyteCallTimeout),
        (grpc.StatusCode.FAILED_PRECONDITION, FlyteCallError),
        (grpc.StatusCode.UNKNOWN, FlyteCallError),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, FlyteCallError),
    ],
)
def test_what_another_attempt_does_not_mend_is_tried_once(
    sandbox: Sandbox, face: Face, code: grpc.StatusCode, error: type[FlyteCallError]
) -> None:
    sandbox.faults.fail(code, "so it is", method="GetExecution")
    with pytest.raises(error) as caught:
        face.fetch_execution("f7a9c2")
    assert type(caught.value) is error
    assert sandbox.calls["GetExecution"] == caught.value.attempts == 1


def test_internal_errors_of_reads_are_got_over(sandbox: Sandbox, face: Face) -> None:
    sandbox.faults.fail(grpc.StatusCode.INTERNAL, "no room on the disk", times=5)
    assert face.list_projects()
    assert sandbox.calls["ListProjects"] == 6


def test_an_internal_error_that_stays_is_raised_in_the_end(sandbox: Sandbox, face: Face) -> None:
    sandbox.faults.fail(grpc.StatusCode.INTERNAL, "no room on the disk")
    with pytest.raises(FlyteCallError, match="INTERNAL: no room on the disk") as caught:
        face.list_projects()
    assert type(caught.value) is FlyteCallError
    assert caught.value.attempts == sandbox.calls["ListProjects"] == QUICK.max_attempts


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL])
def test_whoever_wants_one_attempt_gets_one(sandbox: Sandbox, code: grpc.StatusCode) -> None:
    sandbox.faults.fail(code, "unexpected error type for: dial tcp: connection refused")
    once = CallPolicy(max_attempts=1)
    with open_face("sync", sandbox, policy=once) as face, pytest.raises(FlyteUnavailableError):
        face.list_projects()
    assert sandbox.calls["ListProjects"] == 1


@pytest.mark.parametrize(
    ("code", "details"),
    [
        (grpc.StatusCode.INTERNAL, "no room on the disk"),
        # What PostgreSQL says when it is stopped in good order, as flyteadmin passes it on.
        (
            grpc.StatusCode.UNKNOWN,
            "failed database operation with terminating connection due to administrator command",
        ),
    ],
)
def test_writes_are_not_repeated_while_the_server_is_in_trouble(
    sandbox: Sandbox, face: Face, code: grpc.StatusCode, details: str
) -> None:
    name = executions.in_phase(sandbox, WorkflowExecution.Phase.RUNNING).id.name
    sandbox.faults.fail(code, details)
    for verb, arguments, call in (
        (face.terminate, (name, "enough"), "TerminateExecution"),
        (face.relaunch, (name,), "RelaunchExecution"),
        (face.recover, (name,), "RecoverExecution"),
        (face.approve, ("gate", name), "SetSignal"),
    ):
        with pytest.raises(FlyteCallError) as caught:
            verb(*arguments)
        assert (caught.value.call, caught.value.attempts) == (call, 1)
        assert sandbox.calls[call] == 1


def test_a_missing_object_is_no_trouble_that_may_pass(sandbox: Sandbox, face: Face) -> None:
    details = (
        "failed to get object size for s3://b/o.pb with NotFound: Not Found\n\tstatus code: 404"
    )
    sandbox.faults.fail(grpc.StatusCode.INTERNAL, details)
    with pytest.raises(FlyteCallError) as caught:
        face.get("flyte://v1/flytesnacks/development/f7a9c2/o")
    assert caught.value.attempts == sandbox.calls["GetData"] == 1


def test_reads_are_told_from_writes_by_their_names() -> None:
    services = [
        service
        for file in (admin_pb2, dataproxy_pb2, signal_pb2)
        for service in file.DESCRIPTOR.services_by_name.values()
    ]
    names = [method.name for service in services for method in service.methods]
    writes = {name for name in names if not is_read(name)}
    starts = "Create|Update|Delete|Recover|Register|Relaunch|Set|Terminate|GetOrCreate"
    assert all(re.match(starts, name) for name in writes)
    assert {"CreateExecution", "TerminateExecution", "SetSignal", "GetOrCreateSignal"} <= writes
    assert not {"GetExecution", "ListSignals", "GetData", "CreateDownloadLocation"} & writes


def test_an_error_names_the_call_its_subject_and_the_cause(sandbox: Sandbox, face: Face) -> None:
    with pytest.raises(FlyteNotFoundError) as caught:
        face.fetch_execution("f7a9c2")
    error = caught.value
    assert (error.call, error.code) == ("GetExecution", grpc.StatusCode.NOT_FOUND)
    assert f"{PROJECT}/{DOMAIN}/f7a9c2" in error.subject
    assert str(error).startswith(f"GetExecution of {error.subject}: NOT_FOUND: ")
    assert isinstance(error.__cause__, grpc.RpcError)


def test_a_connection_that_breaks_is_made_again(sandbox: Sandbox, face: Face) -> None:
    assert face.list_projects()
    sandbox.faults.drop()
    assert face.list_projects()
    sandbox.faults.cut(4)
    assert face.list_projects()


def test_the_deadline_covers_all_attempts(sandbox: Sandbox) -> None:
    policy = CallPolicy(timeout=0.5, max_attempts=1000, first_pause=0.01, longest_pause=0.02)
    sandbox.faults.fail()
    with (
        open_face("sync", sandbox, policy=policy) as face,
        pytest.raises(FlyteUnavailableError) as caught,
    ):
        face.list_projects()
    assert 1 < caught.value.attempts < 1000


def test_a_call_without_an_answer_ends_at_its_deadline(sandbox: Sandbox) -> None:
    sandbox.faults.latency(60)
    for kind in ("sync", "async"):
        with open_face(kind, sandbox, policy=CallPolicy(timeout=0.2)) as face:
            with pytest.raises(FlyteCallTimeout) as caught:
                face.list_projects()
            assert isinstance(caught.value, TimeoutError)


def test_the_last_moment_of_a_call_does_not_hide_what_was_wrong(sandbox: Sandbox) -> None:
    policy = CallPolicy(timeout=1, first_pause=0.01, longest_pause=0.02, max_attempts=1000)
    for kind in ("sync", "async"):
        sandbox.faults.clear()
        sandbox.faults.fail()
        sandbox.faults.latency(0.6, method="ListProjects")
        with open_face(kind, sandbox, policy=policy) as face:
            with pytest.raises(FlyteUnavailableError) as caught:
                face.list_projects()
            assert caught.value.attempts == 2


def test_too_large_an_answer_says_which_setting_helps(sandbox: Sandbox) -> None:
    name = executions.in_phase(sandbox, WorkflowExecution.Phase.SUCCEEDED).id.name
    config = Config(sandbox.endpoint, insecure=True, max_message_bytes=100)
    with (
        FlyteRemote(config, PROJECT, DOMAIN) as remote,
        pytest.raises(FlyteCallError, match=r"Config\.max_message_bytes") as caught,
    ):
        remote.fetch_execution(name)
    assert caught.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_closing_a_remote_ends_its_calls(sandbox: Sandbox, face: Face) -> None:
    sandbox.faults.latency(60)
    closing = when(lambda: sandbox.calls["ListProjects"], face.remote.close)
    with pytest.raises(FlyteCallError) as caught:
        face.list_projects()
    closing.join()
    assert caught.value.code is grpc.StatusCode.CANCELLED
    assert caught.value.attempts == 1


def test_a_closed_remote_says_so(sandbox: Sandbox, face: Face) -> None:
    face.remote.close()
    face.remote.close()
    with pytest.raises(FlyteAssertion, match="closed"):
        face.list_projects()


def test_a_channel_of_ones_own_may_be_closed_elsewhere(sandbox: Sandbox) -> None:
    channel = sandbox.channel()
    with FlyteRemote(channel=channel) as remote:
        assert remote.list_projects()
        channel.close()
        with pytest.raises(FlyteAssertion, match="ListProjects: the channel is closed"):
            remote.list_projects()


def test_a_channel_of_ones_own_outlives_the_remote(sandbox: Sandbox) -> None:
    with sandbox.channel() as channel:
        for _ in range(2):
            with FlyteRemote(channel=channel) as remote:
                assert remote.list_projects()


def test_pauses_grow_to_their_limit_and_vary() -> None:
    policy = CallPolicy(first_pause=1, longest_pause=5)
    pauses = [[policy.pause_after(attempt) for _ in range(200)] for attempt in range(1, 6)]
    for most, each in zip((1, 2, 4, 5, 5), pauses, strict=True):
        assert most / 2 <= min(each) < max(each) <= most
    # A wait of days has many attempts behind it.
    assert policy.pause_after(5000) <= 5


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(
    ("status", "reset"),
    # What a proxy says that has no server behind it, is itself in trouble, or breaks a call off.
    [(500, 0), (503, 0), (None, 2), (None, 8), (None, 11)],
)
def test_reads_are_tried_again_when_a_proxy_is_in_trouble(
    kind: str, status: int | None, reset: int
) -> None:
    make = FlyteRemote if kind == "sync" else AsyncFlyteRemote
    with BrokenProxy(status, reset) as proxy:
        remote = make(Config(proxy.endpoint, insecure=True), PROJECT, DOMAIN, policy=QUICK)
        with closing(Face(remote)) as face:
            with pytest.raises(FlyteCallError) as caught:
                face.list_projects()
            assert proxy.calls >= QUICK.max_attempts  # gRPC repeats some of them by itself
            assert caught.value.attempts == QUICK.max_attempts


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(("status", "reset"), [(500, 0), (None, 2), (None, 8)])
def test_writes_are_not_repeated_when_a_proxy_has_broken_them_off(
    kind: str, status: int | None, reset: int
) -> None:
    make = FlyteRemote if kind == "sync" else AsyncFlyteRemote
    with BrokenProxy(status, reset) as proxy:
        remote = make(Config(proxy.endpoint, insecure=True), PROJECT, DOMAIN, policy=QUICK)
        with closing(Face(remote)) as face:
            with pytest.raises(FlyteCallError) as caught:
                face.terminate("f7a9c2", "enough")
            assert proxy.calls == caught.value.attempts == 1
