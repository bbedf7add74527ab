"""A channel stands on the settings of a connection: TLS, proxies, tokens, sizes."""

from __future__ import annotations

import socket

import grpc
import pytest
import trustme

from flytebind.models.admin.project import Project, ProjectListRequest, Projects
from flytebind.remote import CallPolicy, Config, FlyteRemote
from flytebind.remote._channel import open_channel
from flytebind.remote.errors import FlyteCallError, FlyteUnavailableError
from flytebind.services.admin import AdminServiceClient
from tests.transfer.http.conftest import Serve
from tests.transfer.http.peer import Peer, Script, answer

PROTO = "Content-Type: application/proto\r\n"
PROJECTS = Projects(projects=[Project("flytesnacks", "Flytesnacks", "")])


def projects() -> Script:
    return answer(PROJECTS.to_bytes(), headers=PROTO)


def test_a_generated_client_speaks_it_over_tls(serve: Serve, ca: trustme.CA, ca_file: str) -> None:
    peer = serve(projects(), certificate=ca.issue_cert("127.0.0.1"))
    config = Config(f"127.0.0.1:{peer.port}", transport="connect", ca_cert_file=ca_file)
    with open_channel(config) as channel:
        assert AdminServiceClient(channel).list_projects(ProjectListRequest()) == PROJECTS
    assert peer.seen[0].line == "POST /flyteidl.service.AdminService/ListProjects HTTP/1.1"


def test_a_certificate_that_is_not_trusted_is_told_apart(serve: Serve, ca: trustme.CA) -> None:
    peer = serve(projects(), certificate=ca.issue_cert("127.0.0.1"))
    config = Config(f"127.0.0.1:{peer.port}", transport="connect")
    with open_channel(config) as channel, pytest.raises(grpc.RpcError) as refused:
        AdminServiceClient(channel).list_projects(ProjectListRequest())
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    assert "not trusted" in (refused.value.details() or "")
    assert not peer.seen


def test_the_proxy_of_the_settings_is_used(serve: Serve) -> None:
    proxy = serve(projects())
    config = Config("flyte.test:80", insecure=True, transport="connect", http_proxy_url=proxy.url)
    with open_channel(config) as channel:
        assert AdminServiceClient(channel).list_projects(ProjectListRequest()) == PROJECTS
    assert proxy.seen[0].line.startswith("POST http://flyte.test:80/flyteidl.service")


def test_a_remote_calls_by_it_with_its_token_and_tries_again(serve: Serve) -> None:
    busy = answer(b'{"code":"unavailable","message":"later"}', "503 Service Unavailable")
    peer = serve(busy, projects())
    config = Config(
        f"127.0.0.1:{peer.port}",
        insecure=True,
        transport="connect",
        authorization_header="authorization",
    )
    with FlyteRemote(config, token="hush", policy=CallPolicy(first_pause=0.01)) as remote:
        assert [each.id for each in remote.list_projects()] == ["flytesnacks"]
    assert [seen.header("Authorization") for seen in peer.seen] == [["Bearer hush"]] * 2
    assert peer.seen[0].header("User-Agent")[0].startswith("flytebind/")


def test_what_the_server_refuses_is_the_error_that_it_is_by_grpc(serve: Serve) -> None:
    peer = serve(answer(b'{"code":"permission_denied","message":"not yours"}', "403 Forbidden"))
    config = Config(f"127.0.0.1:{peer.port}", insecure=True, transport="connect")
    with FlyteRemote(config) as remote, pytest.raises(FlyteCallError, match="not yours") as refused:
        remote.list_projects()
    assert type(refused.value).__name__ == "FlytePermissionError"


def test_a_server_of_another_protocol_is_no_answer(serve: Serve) -> None:
    def nonsense(peer: Peer, connection: socket.socket) -> None:
        peer.read(connection)
        connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

    peer = serve(nonsense)
    config = Config(f"127.0.0.1:{peer.port}", insecure=True, transport="connect")
    remote = FlyteRemote(config, policy=CallPolicy(max_attempts=1))
    with remote, pytest.raises(FlyteUnavailableError, match="no HTTP"):
        remote.list_projects()
