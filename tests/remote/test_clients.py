"""The typed services of a remote: each RPC with the remote's tokens, deadlines and retries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, TypeVar

import grpc
import pytest
from grpc import aio

from flytebind.models.admin.common import ObjectGetRequest
from flytebind.models.admin.execution import (
    ExecutionCreateRequest,
    ExecutionRecoverRequest,
    ExecutionRelaunchRequest,
)
from flytebind.models.admin.project import ProjectListRequest
from flytebind.models.admin.signal import SignalListRequest
from flytebind.models.core.identifier import Identifier, ResourceType, WorkflowExecutionIdentifier
from flytebind.models.service.auth import OAuth2MetadataRequest, PublicClientAuthConfigRequest
from flytebind.models.service.dataproxy import CreateDownloadLocationRequest
from flytebind.models.service.identity import UserInfoRequest
from flytebind.remote import (
    AsyncFlyteRemote,
    CallPolicy,
    FlyteAuthenticationError,
    FlyteCallTimeout,
    FlyteNotFoundError,
    FlyteRemote,
    FlyteUnavailableError,
)
from flytebind.runtime.rpc import AsyncClient, Client
from flytebind.sandbox import Sandbox
from flytebind.services import auth, dataproxy, identity, signal
from flytebind.services.admin import AdminServiceAsyncClient, AdminServiceClient
from tests.remote.conftest import DOMAIN, PROJECT, Face, config, open_face
from tests.remote.scenes import gates

Req = TypeVar("Req")
Res = TypeVar("Res")

QUICK = CallPolicy(timeout=20, first_pause=0.01, longest_pause=0.05)
NOBODY = Identifier(ResourceType.TASK, PROJECT, DOMAIN, "nobody", "v1")
EXECUTION = WorkflowExecutionIdentifier(PROJECT, DOMAIN, "f7a9c2")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Face]:
    with open_face(request.param, sandbox, policy=QUICK) as face:
        yield face


def ask(face: Face, service: str, rpc: str, request: object, **options: Any) -> Any:
    """Call an RPC of a remote's service, whichever face it has."""
    return face._call(getattr(getattr(face.remote, service), rpc), request, **options)


def test_services_are_the_generated_clients_of_each_face(sandbox: Sandbox) -> None:
    blocking: dict[str, type[Client]] = {
        "admin": AdminServiceClient,
        "signals": signal.SignalServiceClient,
        "data_proxy": dataproxy.DataProxyServiceClient,
        "auth_metadata": auth.AuthMetadataServiceClient,
        "identity": identity.IdentityServiceClient,
    }
    awaited: dict[str, type[AsyncClient]] = {
        "admin": AdminServiceAsyncClient,
        "signals": signal.SignalServiceAsyncClient,
        "data_proxy": dataproxy.DataProxyServiceAsyncClient,
        "auth_metadata": auth.AuthMetadataServiceAsyncClient,
        "identity": identity.IdentityServiceAsyncClient,
    }
    for remote, kinds in (
        (FlyteRemote(config(sandbox)), blocking),
        (AsyncFlyteRemote(config(sandbox)), awaited),
    ):
        for name, kind in kinds.items():
            client = getattr(remote, name)
            assert isinstance(client, kind)
            assert client is getattr(remote, name)
            assert type(client).__name__ == kind.__name__
            assert type(client).__doc__ == kind.__doc__


def test_each_service_answers(sandbox: Sandbox, face: Face) -> None:
    projects = ask(face, "admin", "list_projects", ProjectListRequest(limit=5)).projects
    assert [project.id for project in projects] == [PROJECT]
    scene = gates.waiting(sandbox)
    listed = ask(
        face, "signals", "list_signals", SignalListRequest(workflow_execution_id=scene.id, limit=5)
    )
    assert listed.signals
    uri = face.upload(__file__)
    link = ask(
        face,
        "data_proxy",
        "create_download_location",
        CreateDownloadLocationRequest(native_url=uri),
    )
    assert link.signed_url.startswith("http")


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_calls_carry_the_token_of_the_remote(kind: str) -> None:
    with Sandbox(auth=True) as sandbox:
        assert sandbox.tokens is not None
        token = sandbox.tokens.issue_token("ada")
        with open_face(kind, sandbox, token=token) as face:
            assert ask(face, "identity", "user_info", UserInfoRequest()).subject == "ada"
            about = ask(face, "auth_metadata", "get_oauth2_metadata", OAuth2MetadataRequest())
            assert about.token_endpoint
            client = ask(
                face, "auth_metadata", "get_public_client_config", PublicClientAuthConfigRequest()
            )
            assert client.client_id
        with (
            open_face(kind, sandbox, token="made up") as face,
            pytest.raises(FlyteAuthenticationError),
        ):
            ask(face, "identity", "user_info", UserInfoRequest())


def test_calls_are_tried_again_and_end_in_errors_of_the_remote(
    sandbox: Sandbox, face: Face
) -> None:
    sandbox.faults.fail(method="ListProjects", times=3)
    assert ask(face, "admin", "list_projects", ProjectListRequest(limit=5)).projects
    assert sandbox.calls["ListProjects"] == 4
    with pytest.raises(FlyteNotFoundError) as caught:
        ask(face, "admin", "get_task", ObjectGetRequest(id=NOBODY))
    assert isinstance(caught.value.__cause__, grpc.RpcError)


def test_a_call_has_the_deadline_of_the_policy_or_its_own(sandbox: Sandbox) -> None:
    sandbox.faults.latency(5, method="ListProjects")
    request = ProjectListRequest(limit=5)
    short = CallPolicy(timeout=0.2)
    for policy, options in ((short, {}), (QUICK, {"timeout": 0.2})):
        for kind in ("sync", "async"):
            with (
                open_face(kind, sandbox, policy=policy) as face,
                pytest.raises(FlyteCallTimeout),
            ):
                ask(face, "admin", "list_projects", request, **options)


@pytest.mark.parametrize(
    ("rpc", "request_"),
    [
        ("create_execution", ExecutionCreateRequest(project=PROJECT, domain=DOMAIN, name="")),
        ("relaunch_execution", ExecutionRelaunchRequest(id=EXECUTION)),
        ("recover_execution", ExecutionRecoverRequest(id=EXECUTION)),
    ],
)
def test_what_the_server_would_name_is_not_started_twice(
    sandbox: Sandbox, face: Face, rpc: str, request_: Any
) -> None:
    sandbox.faults.fail()
    method = rpc.title().replace("_", "")
    with pytest.raises(FlyteUnavailableError):
        ask(face, "admin", rpc, request_)
    assert sandbox.calls[method] == 1
    with pytest.raises(FlyteUnavailableError):
        ask(face, "admin", rpc, request_.replace(name="a1"))
    assert sandbox.calls[method] == 1 + QUICK.max_attempts


def test_metadata_goes_along(sandbox: Sandbox, face: Face) -> None:
    seen = Seen()
    with open_face("async" if face.is_async else "sync", sandbox, interceptors=[seen]) as traced:
        ask(
            traced,
            "admin",
            "list_projects",
            ProjectListRequest(limit=1),
            metadata=[("tenant", "a")],
        )
    assert ("tenant", "a") in seen.metadata


class Seen(grpc.UnaryUnaryClientInterceptor):
    """Notes calls."""

    def __init__(self, name: str = "", order: list[str] | None = None) -> None:
        self.name = name
        self.order: list[str] = [] if order is None else order
        self.calls: list[str] = []
        self.codes: list[grpc.StatusCode] = []
        self.metadata: list[tuple[str, str | bytes]] = []

    def intercept_unary_unary(
        self,
        continuation: Callable[[grpc.ClientCallDetails, Req], Any],
        client_call_details: grpc.ClientCallDetails,
        request: Req,
    ) -> Any:
        self.order.append(self.name)
        self.calls.append(client_call_details.method.rpartition("/")[2])
        self.metadata += client_call_details.metadata or ()
        call = continuation(client_call_details, request)
        call.add_done_callback(lambda done: self.codes.append(done.code()))
        return call


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_interceptors_see_each_attempt_of_each_call(sandbox: Sandbox, kind: str) -> None:
    order: list[str] = []
    outer, inner = Seen("outer", order), Seen("inner", order)
    sandbox.faults.fail(times=1)
    with open_face(kind, sandbox, policy=QUICK, interceptors=[outer, inner]) as face:
        face.list_projects()
        ask(face, "admin", "list_projects", ProjectListRequest(limit=1))
    assert outer.calls == inner.calls == ["ListProjects"] * 3
    assert order == ["outer", "inner"] * 3
    assert outer.codes == [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.OK, grpc.StatusCode.OK]


def test_interceptors_stay_when_a_silent_connection_is_replaced(sandbox: Sandbox) -> None:
    seen = Seen()
    with FlyteRemote(
        config(sandbox), policy=CallPolicy(timeout=0.2), interceptors=[seen]
    ) as remote:
        remote.list_projects()
        before = remote._session.connection.client
        sandbox.faults.latency(1, times=1)
        with pytest.raises(FlyteCallTimeout):
            remote.list_projects()
        assert remote.list_projects()
        assert remote._session.connection.client is not before
    assert seen.calls == ["ListProjects"] * 3


def test_interceptors_go_before_a_channel_of_ones_own(sandbox: Sandbox) -> None:
    seen = Seen()
    with (
        sandbox.channel() as channel,
        closing(FlyteRemote(channel=channel, interceptors=[seen])) as remote,
    ):
        assert remote.list_projects()
    assert seen.calls == ["ListProjects"]


def test_what_no_interceptor_can_be_is_refused(sandbox: Sandbox) -> None:
    class Awaited(aio.UnaryUnaryClientInterceptor):
        async def intercept_unary_unary(
            self, continuation: Any, client_call_details: Any, request: Any
        ) -> Any:
            return await continuation(client_call_details, request)

    wrong: Any = [Awaited()]
    with pytest.raises(TypeError, match="interceptors takes UnaryUnaryClientInterceptor, not Awai"):
        AsyncFlyteRemote(config(sandbox), interceptors=wrong)

    async def with_channel() -> None:
        async with aio.insecure_channel(sandbox.endpoint) as channel:
            AsyncFlyteRemote(channel=channel, interceptors=[Seen()])

    with pytest.raises(TypeError, match="takes interceptors where it is made"):
        asyncio.run(with_channel())


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_an_error_of_an_interceptor_comes_out_as_it_is(sandbox: Sandbox, kind: str) -> None:
    class Broken(grpc.UnaryUnaryClientInterceptor):
        def intercept_unary_unary(
            self, continuation: Any, client_call_details: Any, request: Any
        ) -> Any:
            raise LookupError("no tenant")

    with (
        open_face(kind, sandbox, interceptors=[Broken()]) as face,
        pytest.raises(LookupError, match="no tenant"),
    ):
        face.list_projects()
