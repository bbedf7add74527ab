from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import grpc
import pytest

from flytebind.models.admin.agent import (
    GetTaskLogsRequest,
    GetTaskLogsResponse,
    GetTaskLogsResponseBody,
)
from flytebind.models.admin.project import GetDomainRequest, GetDomainsResponse, Project
from flytebind.models.service.auth import PublicClientAuthConfigRequest
from flytebind.models.service.identity import UserInfoRequest
from flytebind.sandbox._clock import Clock
from flytebind.sandbox.auth import Authentication, Tokens, principal
from flytebind.services.admin import AdminServiceClient, AdminServiceServicer
from flytebind.services.agent import AsyncAgentServiceClient, AsyncAgentServiceServicer
from tests.sandbox.support import PROJECT, Server, refused

UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(Clock(), "robot", "pass:word%", ttl=timedelta(minutes=10))


@pytest.fixture
def guarded(tmp_path: Path, tokens: Tokens) -> Iterator[Server]:
    """A server that wants tokens."""
    server = Server(tmp_path, tokens=tokens)
    yield server
    server.close()


def bearer(token: str | bytes, key: str = "authorization") -> list[tuple[str, str | bytes]]:
    return [(key, f"Bearer {token!s}")]


def test_calls_without_a_token_are_refused(guarded: Server) -> None:
    with refused(UNAUTHENTICATED):
        guarded.client.get_domains(GetDomainRequest())
    with refused(UNAUTHENTICATED):
        guarded.client.update_project(Project(PROJECT, "changed", ""))
    with refused(UNAUTHENTICATED):
        guarded.identity_client.user_info(UserInfoRequest())


@pytest.mark.parametrize("value", ["Bearer", "Bearer x", "Basic {}", "{}", "Bearer {} x"])
def test_only_a_bearer_of_a_known_token_gets_in(
    guarded: Server, tokens: Tokens, value: str
) -> None:
    metadata = [("authorization", value.format(tokens.issue_token("ada")))]
    with refused(UNAUTHENTICATED):
        guarded.client.get_domains(GetDomainRequest(), metadata=metadata)


def test_a_token_works_until_it_expires(guarded: Server, tokens: Tokens) -> None:
    guarded.clock.freeze()
    metadata = bearer(tokens.issue_token("ada", ttl=timedelta(seconds=5)))
    assert len(guarded.client.get_domains(GetDomainRequest(), metadata=metadata).domains) == 3
    guarded.clock.advance(timedelta(seconds=5))
    with refused(UNAUTHENTICATED):
        guarded.client.get_domains(GetDomainRequest(), metadata=metadata)


def test_a_revoked_token_works_no_more(guarded: Server, tokens: Tokens) -> None:
    token, other = tokens.issue_token("ada"), tokens.issue_token("bob")
    tokens.revoke(token)
    with refused(UNAUTHENTICATED):
        guarded.client.get_domains(GetDomainRequest(), metadata=bearer(token))
    guarded.client.get_domains(GetDomainRequest(), metadata=bearer(other))


def test_identity_tells_the_subject_of_the_token(guarded: Server, tokens: Tokens) -> None:
    metadata = bearer(tokens.issue_token("ada"))
    assert guarded.identity_client.user_info(UserInfoRequest(), metadata=metadata).subject == "ada"


class Servicer(Protocol):
    def add_to_server(self, server: grpc.Server) -> None: ...


class Spy(AdminServiceServicer):
    """Remembers who has called."""

    def __init__(self) -> None:
        self.principals: list[str] = []

    def get_domains(
        self, request: GetDomainRequest, context: grpc.ServicerContext
    ) -> GetDomainsResponse:
        self.principals.append(principal(context))
        return GetDomainsResponse()


class StreamSpy(AsyncAgentServiceServicer):
    """Answers with who has called, as logs."""

    def get_task_logs(
        self, request: GetTaskLogsRequest, context: grpc.ServicerContext
    ) -> Iterator[GetTaskLogsResponse]:
        yield GetTaskLogsResponse(body=GetTaskLogsResponseBody(results=[principal(context)]))


@contextmanager
def serving(tokens: Tokens | None, *servicers: Servicer) -> Iterator[grpc.Channel]:
    interceptors: list[grpc.ServerInterceptor] = [Authentication(tokens)] if tokens else []
    server = grpc.server(ThreadPoolExecutor(4), interceptors=interceptors)
    for servicer in servicers:
        servicer.add_to_server(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    server.stop(None).wait()


def test_handlers_learn_the_principal_of_each_call(tokens: Tokens) -> None:
    spy = Spy()
    with serving(tokens, spy) as channel:
        client = AdminServiceClient(channel)
        for subject in ("ada", "bob"):
            metadata = bearer(tokens.issue_token(subject))
            client.get_domains(GetDomainRequest(), metadata=metadata)
        with refused(UNAUTHENTICATED):
            client.get_domains(GetDomainRequest())
    assert spy.principals == ["ada", "bob"]


def test_streams_are_guarded_too(tokens: Tokens) -> None:
    with serving(tokens, StreamSpy()) as channel:
        client = AsyncAgentServiceClient(channel)
        metadata = bearer(tokens.issue_token("ada"))
        (answer,) = client.get_task_logs(GetTaskLogsRequest(), metadata=metadata)
        assert answer.body is not None
        assert answer.body.results == ["ada"]
        with refused(UNAUTHENTICATED):
            list(client.get_task_logs(GetTaskLogsRequest()))


def test_without_authentication_there_is_no_principal() -> None:
    spy = Spy()
    with serving(None, spy) as channel:
        AdminServiceClient(channel).get_domains(GetDomainRequest(), metadata=bearer("forged"))
    assert spy.principals == [""]


def test_health_and_unknown_methods_answer_without_a_token(tokens: Tokens) -> None:
    def check(request: bytes, context: grpc.ServicerContext) -> bytes:
        return b"healthy"

    class Health:
        def add_to_server(self, server: grpc.Server) -> None:
            handler = grpc.unary_unary_rpc_method_handler(check, bytes, bytes)
            service = grpc.method_handlers_generic_handler(
                "grpc.health.v1.Health", {"Check": handler}
            )
            server.add_generic_rpc_handlers((service,))

    with serving(tokens, Health()) as channel:
        assert channel.unary_unary("/grpc.health.v1.Health/Check", bytes, bytes)(b"") == b"healthy"
        with refused(grpc.StatusCode.UNIMPLEMENTED):
            channel.unary_unary("/nobody.knows/This", bytes, bytes)(b"")


def test_a_token_may_come_in_the_key_that_clients_are_told(guarded: Server, tokens: Tokens) -> None:
    config = guarded.auth_client.get_public_client_config(PublicClientAuthConfigRequest())
    assert config.authorization_metadata_key == "flyte-authorization"
    told = bearer(tokens.issue_token("ada"), config.authorization_metadata_key)
    assert guarded.identity_client.user_info(UserInfoRequest(), metadata=told).subject == "ada"
    # As with a real admin, the standard key wins where there are both.
    both = [*told, *bearer("forged")]
    with refused(UNAUTHENTICATED):
        guarded.client.get_domains(GetDomainRequest(), metadata=both)
    with refused(UNAUTHENTICATED):
        guarded.client.get_domains(GetDomainRequest(), metadata=bearer(told[0][1], "x-other"))


def test_a_token_is_good_for_what_it_was_asked_for(guarded: Server, tokens: Tokens) -> None:
    metadata = bearer(tokens.issue_token("ada", scopes=["offline"]))
    with refused(UNAUTHENTICATED):
        guarded.client.get_domains(GetDomainRequest(), metadata=metadata)
