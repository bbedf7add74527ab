from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import cast

import grpc
import pytest
import trustme

from flytebind.models.admin.project import (
    GetDomainRequest,
    GetDomainsResponse,
    Project,
    ProjectListRequest,
    Projects,
)
from flytebind.remote import _channel
from flytebind.remote._channel import connection_hint, open_channel
from flytebind.remote.config import Config
from flytebind.remote.errors import FlyteConfigError, FlyteUnavailableError
from flytebind.services.admin import AdminServiceClient, AdminServiceServicer

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE

Serve = Callable[..., str]


class Admin(AdminServiceServicer):
    """Tells the caller's user agent and common name; lists as many bytes as it is asked for."""

    def get_domains(
        self, request: GetDomainRequest, context: grpc.ServicerContext
    ) -> GetDomainsResponse:
        metadata = dict(context.invocation_metadata())
        names = cast("Mapping[str, list[bytes]]", context.auth_context())
        context.set_trailing_metadata(
            (
                ("agent", str(metadata["user-agent"])),
                ("name", b"".join(names.get("x509_common_name", [])).decode()),
            )
        )
        return GetDomainsResponse()

    def list_projects(self, request: ProjectListRequest, context: grpc.ServicerContext) -> Projects:
        return Projects(projects=[Project("a" * request.limit, "", "")])


@pytest.fixture(autouse=True)
def no_roots_of_grpcs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", raising=False)


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server with a certificate, or without TLS; returns where it listens."""
    with ExitStack() as stack:

        def start(
            certificate: trustme.LeafCert | None = None, clients: trustme.CA | None = None
        ) -> str:
            server = grpc.server(ThreadPoolExecutor(2))
            Admin().add_to_server(server)
            if certificate is None:
                port = server.add_insecure_port("127.0.0.1:0")
            else:
                key = certificate.private_key_pem.bytes()
                chain = b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
                roots = clients.cert_pem.bytes() if clients else None
                credentials = grpc.ssl_server_credentials(
                    [(key, chain)], roots, require_client_auth=clients is not None
                )
                port = server.add_secure_port("127.0.0.1:0", credentials)
            server.start()
            stack.callback(lambda: server.stop(None).wait())
            return f"localhost:{port}"

        yield start


@pytest.fixture
def ca_file(ca: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return str(path)


def call(config: Config) -> dict[str, str]:
    with open_channel(config) as channel:
        domains = channel.unary_unary(
            "/flyteidl.service.AdminService/GetDomains",
            GetDomainRequest.serialize_to_string,
            GetDomainsResponse.from_bytes,
        )
        _, done = domains.with_call(GetDomainRequest(), timeout=20)
        return {key: str(value) for key, value in done.trailing_metadata()}


def failure(config: Config) -> str:
    with pytest.raises(grpc.RpcError) as caught:
        call(config)
    assert caught.value.code() is UNAVAILABLE
    return caught.value.details() or ""


def test_a_server_is_called_without_tls_and_hears_who_calls(serve: Serve) -> None:
    assert call(Config(serve(), insecure=True))["agent"].startswith("flytebind/")


def test_a_server_is_trusted_by_its_ca_file(serve: Serve, ca: trustme.CA, ca_file: str) -> None:
    call(Config(serve(ca.issue_cert("localhost")), ca_cert_file=ca_file))


def test_a_server_is_trusted_by_the_roots_of_the_system(
    serve: Serve, ca: trustme.CA, ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ssl.get_default_verify_paths().openssl_cafile_env, ca_file)
    call(Config(serve(ca.issue_cert("localhost"))))


def test_grpcs_own_variable_for_roots_is_left_to_grpc(
    monkeypatch: pytest.MonkeyPatch, ca_file: str
) -> None:
    from flytebind.remote._channel import _system_roots

    monkeypatch.setenv(ssl.get_default_verify_paths().openssl_cafile_env, ca_file)
    assert _system_roots() == Path(ca_file).read_bytes()
    monkeypatch.setenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", ca_file)
    assert _system_roots() is None


def test_an_unknown_ca_is_refused_with_a_hint(serve: Serve, ca_file: str) -> None:
    stranger = trustme.CA(key_type=trustme.KeyType.ECDSA)
    details = failure(Config(serve(stranger.issue_cert("localhost")), ca_cert_file=ca_file))
    assert "is not trusted" in connection_hint(details, insecure=False)


def test_a_certificate_of_another_host_is_refused_with_a_hint(
    serve: Serve, ca: trustme.CA, ca_file: str
) -> None:
    details = failure(Config(serve(ca.issue_cert("other.example")), ca_cert_file=ca_file))
    assert "is for another host name" in connection_hint(details, insecure=False)


def test_an_expired_certificate_is_refused_with_a_hint(
    serve: Serve, ca: trustme.CA, ca_file: str
) -> None:
    yesterday = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    expired = ca.issue_cert("localhost", not_after=yesterday)
    details = failure(Config(serve(expired), ca_cert_file=ca_file))
    assert "has expired" in connection_hint(details, insecure=False)


def test_a_server_without_tls_is_told_apart(serve: Serve, ca_file: str) -> None:
    details = failure(Config(serve(), ca_cert_file=ca_file))
    assert "speak without TLS: set insecure" in connection_hint(details, insecure=False)


def test_a_server_with_tls_is_told_apart(serve: Serve, ca: trustme.CA) -> None:
    details = failure(Config(serve(ca.issue_cert("localhost")), insecure=True))
    assert "may want TLS" in connection_hint(details, insecure=True)


#: What nginx says on the port of an ingress with TLS.
NGINX = (
    b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Type: text/html\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


@contextmanager
def ingress(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Something that answers each connection with other bytes than gRPC's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, suppress(OSError):
                        answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"localhost:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def says_that_it_wants_tls(connection: socket.socket) -> None:
    connection.recv(1000)
    connection.sendall(NGINX)


def breaks_off(connection: socket.socket) -> None:
    """What is left unread resets the connection."""
    connection.recv(1)


@pytest.mark.parametrize("answer", [says_that_it_wants_tls, breaks_off])
def test_an_ingress_that_wants_tls_is_told_apart(
    answer: Callable[[socket.socket], None],
) -> None:
    with ingress(answer) as endpoint:
        details = failure(Config(endpoint, insecure=True))
    assert "may want TLS: unset insecure" in connection_hint(details, insecure=True)


@pytest.mark.parametrize("protocols", [["http/1.1"], ["h2"]])
def test_a_web_server_is_told_apart(ca: trustme.CA, ca_file: str, protocols: list[str]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(protocols)
    ca.issue_cert("localhost").configure_cert(context)

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as encrypted:
            says_that_it_wants_tls(encrypted)

    with ingress(answer) as endpoint:
        details = failure(Config(endpoint, ca_cert_file=ca_file))
    assert "speaks HTTP/1" in connection_hint(details, insecure=False)


def test_no_hint_is_given_where_nothing_is_known() -> None:
    details = failure(Config("localhost:1", insecure=True))
    assert connection_hint(details, insecure=True) == ""


@pytest.fixture
def me(ca: trustme.CA, tmp_path: Path) -> tuple[str, str]:
    """The files of a client's certificate and key."""
    certificate = ca.issue_cert("ada@example.com", common_name="ada")
    chain, key = tmp_path / "me.pem", tmp_path / "me.key"
    chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(str(key))
    return str(chain), str(key)


def test_a_client_certificate_tells_the_server_who_calls(
    serve: Serve, ca: trustme.CA, ca_file: str, me: tuple[str, str]
) -> None:
    endpoint = serve(ca.issue_cert("localhost"), ca)
    config = Config(endpoint, ca_cert_file=ca_file, client_cert_file=me[0], client_key_file=me[1])
    assert call(config)["name"] == "ada"


def test_a_server_that_wants_a_client_certificate_refuses_others_with_a_hint(
    serve: Serve, ca: trustme.CA, ca_file: str
) -> None:
    details = failure(Config(serve(ca.issue_cert("localhost"), ca), ca_cert_file=ca_file))
    assert "may want a client certificate" in connection_hint(details, insecure=False)


@pytest.mark.parametrize("name", ["localhost", "other.example", "*.other.example", "10.9.8.7"])
def test_any_certificate_does_if_verification_is_skipped(serve: Serve, name: str) -> None:
    stranger = trustme.CA(key_type=trustme.KeyType.ECDSA)
    call(Config(serve(stranger.issue_cert(name)), insecure_skip_verify=True))


def test_skipping_verification_needs_a_server_that_shows_a_certificate(serve: Serve) -> None:
    endpoint = serve()
    with pytest.raises(FlyteUnavailableError, match=f"the certificate of {endpoint} cannot be"):
        open_channel(Config(endpoint, insecure_skip_verify=True))


@pytest.mark.parametrize("name", ["ca_cert_file", "client_cert_file", "client_key_file"])
def test_a_file_that_cannot_be_read_is_named_with_its_source(
    name: str, tmp_path: Path, ca_file: str, me: tuple[str, str]
) -> None:
    good = {"ca_cert_file": ca_file, "client_cert_file": me[0], "client_key_file": me[1]}
    variables = {
        "ca_cert_file": "FLYTE_PLATFORM_CA_CERT_FILE_PATH",
        "client_cert_file": "FLYTE_PLATFORM_CLIENT_CERT_FILE_PATH",
        "client_key_file": "FLYTE_PLATFORM_CLIENT_KEY_FILE_PATH",
    }
    env = {"FLYTE_PLATFORM_URL": "host", **{variables[key]: good[key] for key in good}}
    missing, wrong = tmp_path / "missing.pem", tmp_path / "wrong.pem"
    wrong.write_text("not a certificate")
    for path, problem in ((missing, "cannot be read: No such file"), (wrong, "is no PEM file")):
        config = Config.auto(env={**env, variables[name]: str(path)})
        with pytest.raises(FlyteConfigError, match=rf"{name} \(env {variables[name]}\).*{problem}"):
            open_channel(config)


def test_messages_above_the_limit_are_refused_and_the_limit_can_be_raised(serve: Serve) -> None:
    endpoint = serve()

    def ask(size: int, config: Config) -> None:
        with open_channel(config) as channel:
            AdminServiceClient(channel).list_projects(ProjectListRequest(limit=size), timeout=20)

    # gRPC's own limit is 4 MiB.
    ask(5_000_000, Config(endpoint, insecure=True))
    ask(5_000_000, Config(endpoint, insecure=True, max_message_bytes=-1))
    with pytest.raises(grpc.RpcError) as caught:
        ask(2000, Config(endpoint, insecure=True, max_message_bytes=1000))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_quiet_connection_may_do_without_keepalive(serve: Serve) -> None:
    call(Config(serve(), insecure=True, keepalive=0))


def test_a_server_that_is_away_is_looked_for_as_often_as_the_longest_pause_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_channel, "_LONGEST_RECONNECT_PAUSE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as stack:
        config = Config(f"127.0.0.1:{listener.getsockname()[1]}", insecure=True)
        channel = stack.enter_context(open_channel(config))
        method: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/a/b")
        call = method.future(b"", timeout=30, wait_for_ready=True)
        listener.settimeout(8)  # the sixth pause of gRPC itself is of 10 s
        for _ in range(7):
            listener.accept()[0].close()
        call.cancel()
