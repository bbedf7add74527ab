"""Trouble on request, as clients see it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import grpc
import pytest

from flytebind.models.admin.project import (
    GetDomainRequest,
    Project,
    ProjectListRequest,
    ProjectRegisterRequest,
)
from flytebind.models.admin.version import GetVersionRequest
from flytebind.sandbox import Sandbox
from flytebind.services import AdminServiceClient

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
DOMAINS = GetDomainRequest()
VERSION = GetVersionRequest()


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with Sandbox(relay=True) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared: Sandbox) -> Iterator[Sandbox]:
    yield shared
    shared.faults.clear()
    shared.calls.clear()


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[AdminServiceClient]:
    # Without a subchannel of its own a test would inherit the backoff of the one before.
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.initial_reconnect_backoff_ms", 100)]
    with grpc.insecure_channel(sandbox.endpoint, options) as channel:
        yield AdminServiceClient(channel)


def outcome(client: AdminServiceClient) -> grpc.StatusCode:
    return status_of(lambda: client.get_domains(DOMAINS, timeout=20, wait_for_ready=True))


def status_of(call: Callable[[], object]) -> grpc.StatusCode:
    try:
        call()
    except grpc.RpcError as error:
        return error.code()
    return grpc.StatusCode.OK


def once_connected_again(call: Callable[[], object]) -> grpc.StatusCode:
    """The first status that is not the network's: a channel may take its time to see a break."""
    deadline = time.monotonic() + 20
    while (code := status_of(call)) is UNAVAILABLE and time.monotonic() < deadline:
        pass
    return code


def test_the_next_calls_fail_with_the_code_that_was_asked_for(
    sandbox: Sandbox, client: AdminServiceClient
) -> None:
    sandbox.faults.fail(grpc.StatusCode.RESOURCE_EXHAUSTED, "too much", times=2)
    for _ in range(2):
        with pytest.raises(grpc.RpcError) as caught:
            client.get_domains(DOMAINS)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert caught.value.details() == "too much"
    assert outcome(client) is grpc.StatusCode.OK


def test_only_the_methods_that_were_named_fail(
    sandbox: Sandbox, client: AdminServiceClient
) -> None:
    sandbox.faults.fail(method="Get*")
    assert outcome(client) is UNAVAILABLE
    assert client.list_projects(ProjectListRequest(limit=1), timeout=20).projects


def test_nothing_is_done_for_a_call_that_fails(
    sandbox: Sandbox, client: AdminServiceClient
) -> None:
    sandbox.faults.fail(method="RegisterProject", times=1)
    project = Project("not-registered", "x", "")
    with pytest.raises(grpc.RpcError):
        client.register_project(ProjectRegisterRequest(project=project))
    found = client.list_projects(ProjectListRequest(limit=100), timeout=20).projects
    assert "not-registered" not in [item.id for item in found]


def test_a_share_of_calls_fails_and_the_same_ones_in_every_run() -> None:
    def run() -> list[grpc.StatusCode]:
        with Sandbox() as sandbox, sandbox.channel() as channel:
            sandbox.faults.fail(share=0.5)
            client = AdminServiceClient(channel)
            return [outcome(client) for _ in range(40)]

    first = run()
    assert 5 < first.count(UNAVAILABLE) < 35
    assert run() == first


def test_latency_is_added_and_delays_add_up(sandbox: Sandbox, client: AdminServiceClient) -> None:
    sandbox.faults.latency(0.05)
    sandbox.faults.latency(timedelta(seconds=0.05), method="GetDomains")
    started = time.perf_counter()
    client.get_domains(DOMAINS, timeout=20)
    assert time.perf_counter() - started >= 0.1
    with pytest.raises(grpc.RpcError) as caught:
        client.get_domains(DOMAINS, timeout=0.02)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_slow_calls_do_not_hold_up_one_another(
    sandbox: Sandbox, client: AdminServiceClient
) -> None:
    sandbox.faults.latency(0.3)
    started = time.perf_counter()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: client.get_domains(DOMAINS, timeout=20), range(16)))
    assert time.perf_counter() - started < 16 * 0.3 / 2


def test_a_dropped_connection_fails_the_call_and_the_next_one_connects_again(
    sandbox: Sandbox, client: AdminServiceClient
) -> None:
    assert outcome(client) is grpc.StatusCode.OK
    sandbox.faults.drop(method="GetDomains")
    with pytest.raises(grpc.RpcError) as caught:
        client.get_domains(DOMAINS, timeout=20)
    assert caught.value.code() is UNAVAILABLE
    assert "injected" not in (caught.value.details() or "")  # it came from the transport
    again = once_connected_again(lambda: client.get_domains(DOMAINS, timeout=20))
    assert again is grpc.StatusCode.OK


def test_a_cut_response_is_lost_although_the_call_was_done(
    sandbox: Sandbox, client: AdminServiceClient
) -> None:
    assert outcome(client) is grpc.StatusCode.OK
    sandbox.faults.cut(after=5, method="RegisterProject")
    project = Project("half-known", "x", "")
    with pytest.raises(grpc.RpcError) as caught:
        client.register_project(ProjectRegisterRequest(project=project), timeout=20)
    assert caught.value.code() is UNAVAILABLE
    request = ProjectRegisterRequest(project=project)
    again = once_connected_again(lambda: client.register_project(request, timeout=20))
    assert again is grpc.StatusCode.ALREADY_EXISTS


def test_all_connections_can_be_dropped_at_once(
    sandbox: Sandbox, client: AdminServiceClient
) -> None:
    sandbox.faults.latency(30, method="GetVersion", times=1)
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(client.get_version, VERSION, timeout=20)
        while not sandbox.calls["GetVersion"]:
            time.sleep(0.001)
        assert sandbox.faults.drop_connections() >= 1
        error = pending.exception()
    assert isinstance(error, grpc.RpcError)
    assert error.code() is UNAVAILABLE
    again = once_connected_again(lambda: client.get_domains(DOMAINS, timeout=20))
    assert again is grpc.StatusCode.OK


def test_the_first_fault_that_applies_happens_and_the_next_after_it_is_used_up(
    sandbox: Sandbox, client: AdminServiceClient
) -> None:
    sandbox.faults.fail(grpc.StatusCode.ABORTED, times=1)
    sandbox.faults.fail(grpc.StatusCode.INTERNAL, times=1)
    codes = [outcome(client) for _ in range(3)]
    assert codes == [grpc.StatusCode.ABORTED, grpc.StatusCode.INTERNAL, grpc.StatusCode.OK]


def test_clear_ends_all_trouble(sandbox: Sandbox, client: AdminServiceClient) -> None:
    sandbox.faults.fail()
    assert outcome(client) is UNAVAILABLE
    sandbox.faults.clear()
    assert outcome(client) is grpc.StatusCode.OK


def test_calls_are_counted_by_rpc_those_that_fail_too(
    sandbox: Sandbox, client: AdminServiceClient
) -> None:
    sandbox.faults.fail(times=1)
    outcome(client)
    outcome(client)
    client.get_version(VERSION, timeout=20)
    assert sandbox.calls.counts() == {"GetDomains": 2, "GetVersion": 1}
    assert sandbox.calls.total() == 3
    sandbox.calls.clear()
    assert sandbox.calls["GetDomains"] == 0


def test_the_engine_meets_no_faults_and_is_not_counted(sandbox: Sandbox) -> None:
    sandbox.faults.fail()
    with sandbox.engine_channel() as channel:
        assert outcome(AdminServiceClient(channel)) is grpc.StatusCode.OK
    assert sandbox.calls.total() == 0


def test_connections_cannot_be_broken_without_a_relay() -> None:
    with Sandbox(relay=False) as sandbox:
        for trouble in (
            sandbox.faults.drop,
            sandbox.faults.cut,
            sandbox.faults.drop_connections,
        ):
            with pytest.raises(RuntimeError, match=r"without relay=False"):
                trouble()


def test_impossible_faults_are_refused(sandbox: Sandbox, client: AdminServiceClient) -> None:
    faults = sandbox.faults
    with pytest.raises(ValueError, match="OK is no fault"):
        faults.fail(grpc.StatusCode.OK)
    with pytest.raises(ValueError, match=r"a share is from 0 to 1, not 1\.5"):
        faults.fail(share=1.5)
    with pytest.raises(ValueError, match="cannot happen -1 times"):
        faults.drop(times=-1)
    with pytest.raises(ValueError, match="a delay cannot be negative"):
        faults.latency(-1)
    with pytest.raises(ValueError, match="cannot let -1 bytes through"):
        faults.cut(after=-1)
    assert outcome(client) is grpc.StatusCode.OK
