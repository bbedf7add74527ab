"""What the HTTP client promises, on servers that behave badly."""

from __future__ import annotations

import gzip
import io
import logging
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from flytebind._transfer.http.client import HttpClient
from flytebind._transfer.http.errors import HttpError, HttpTimeout
from flytebind.remote import Config, FlyteError
from flytebind.remote.errors import FlyteConfigError, FlyteTimeout
from tests.transfer.http.conftest import Serve
from tests.transfer.http.peer import Peer, answer, deaf, drip, raw, silent

OK = "HTTP/1.1 200 OK\r\n"
SOON = 0.4
LATER = 10.0  # far more than a loaded machine takes


# Time.


@pytest.mark.parametrize(
    "script",
    [
        silent,
        drip(OK.encode(), 0.05, b"X-More: and more\r\n"),
        drip(f"{OK}Content-Length: 1000\r\n\r\n".encode(), 0.05, b"."),
        drip(f"{OK}\r\n".encode(), 0.05, b"."),
    ],
    ids=["silence", "head", "body", "endless"],
)
def test_a_request_has_one_deadline_however_its_answer_comes(
    client: HttpClient, serve: Serve, script: object
) -> None:
    started = time.monotonic()
    with pytest.raises(HttpTimeout, match=f"no answer within {SOON:g} s"):
        client.request("GET", serve(script).url, timeout=SOON)
    assert time.monotonic() - started < LATER


def test_redirects_do_not_begin_the_deadline_anew(client: HttpClient, serve: Serve) -> None:
    def slow(peer: Peer, connection: socket.socket) -> None:
        peer.read(connection)
        peer.over.wait(0.2)
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")

    peer = serve(slow)
    with pytest.raises(HttpTimeout):
        client.request("GET", peer.url, timeout=0.5, redirects=True)
    assert len(peer.seen) < 5


def test_a_transfer_may_take_as_long_as_something_moves(client: HttpClient, serve: Serve) -> None:
    def slowly(peer: Peer, connection: socket.socket) -> None:
        peer.read(connection)
        connection.sendall(f"{OK}Content-Length: 8000\r\n\r\n".encode())
        for _ in range(8):
            peer.over.wait(SOON / 2)
            connection.sendall(b"." * 1000)

    with client.open(serve(slowly).url, silence=2 * SOON) as content:
        assert content.read() == b"." * 8000


@pytest.mark.skipif(sys.platform != "linux", reason="others do not tell what waits to be sent")
def test_what_the_system_still_sends_moves_too(client: HttpClient, serve: Serve) -> None:
    size = 1 << 20  # the system takes it all at once, and the server bit by bit

    def slowly(peer: Peer, connection: socket.socket) -> None:
        peer.read(connection, body=False)
        left = size
        while left and (piece := connection.recv(1 << 15)):
            left -= len(piece)
            peer.over.wait(SOON / 8)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    peer = serve(slowly, receive_buffer=1 << 15)
    assert client.upload(peer.url, io.BytesIO(bytes(size)), size, silence=SOON).status == 200


@pytest.mark.parametrize("begin", [b"", f"{OK}Content-Length: 10\r\n\r\n...".encode()])
def test_a_transfer_ends_after_too_much_silence(
    client: HttpClient, serve: Serve, begin: bytes
) -> None:
    peer = serve(drip(begin, LATER, b"."))
    with (
        pytest.raises(HttpTimeout, match=f"hardly anything moved for {SOON:g} s"),
        client.open(peer.url, silence=SOON) as content,
    ):
        content.readall()


def test_an_upload_that_nobody_takes_ends_after_too_much_silence(
    client: HttpClient, serve: Serve
) -> None:
    body = bytes(32 << 20)
    with pytest.raises(FlyteTimeout, match="hardly anything moved"):
        client.upload(serve(deaf).url, io.BytesIO(body), len(body), silence=SOON)


# Size.


def test_no_more_is_read_than_is_allowed(client: HttpClient, serve: Serve) -> None:
    assert client.request("GET", serve(answer(b"." * 10)).url, max_bytes=10).body == b"." * 10
    endless = drip(f"{OK}\r\n".encode(), 0.0, b"." * 1000)
    with pytest.raises(HttpError, match="more than 4000 bytes"):
        client.request("GET", serve(endless).url, max_bytes=4000)


def test_no_more_is_unpacked_than_is_allowed(client: HttpClient, serve: Serve) -> None:
    packed = "Content-Encoding: gzip\r\n"
    small = serve(answer(gzip.compress(b'{"a": 1}'), headers=packed))
    assert client.request("GET", small.url).json() == {"a": 1}
    bomb = gzip.compress(bytes(50 << 20))
    with pytest.raises(HttpError, match="more than 1048576 bytes"):
        client.request("GET", serve(answer(bomb, headers=packed)).url)
    with pytest.raises(HttpError, match="cannot be unpacked"):
        client.request("GET", serve(answer(b"no gzip", headers=packed)).url)


def test_data_comes_as_it_lies_there(client: HttpClient, serve: Serve) -> None:
    packed = gzip.compress(b"a file that was packed by its owner")
    peer = serve(answer(packed, headers="Content-Encoding: gzip\r\n"))
    with client.open(peer.url) as content:
        assert content.readall() == packed
    assert peer.seen[0].header("Accept-Encoding") == ["identity"]


# Answers that are none, or not whole.


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"", "the connection was closed without an answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "the answer is no HTTP"),
        (f"{OK}Content-Length: 10\r\n\r\n....".encode(), "ends too early"),
        (f"{OK}Transfer-Encoding: chunked\r\n\r\n4\r\n....\r\n".encode(), "ends too early"),
        (f"{OK}Transfer-Encoding: chunked\r\n\r\n8\r\n....".encode(), "ends too early"),
    ],
)
def test_what_is_not_whole_is_an_error(
    client: HttpClient, serve: Serve, said: bytes, reason: str
) -> None:
    peer = serve(raw(said))
    with pytest.raises(HttpError, match=reason) as caught:
        client.request("GET", f"{peer.url}/at?sig=hush")
    assert caught.value.passing
    assert "hush" not in str(caught.value)
    with pytest.raises(HttpError, match=reason), client.open(peer.url) as content:
        content.readall()


def test_an_answer_says_whether_its_end_can_be_told_from_a_cut(
    client: HttpClient, serve: Serve
) -> None:
    for said, says_end in (
        (b"HTTP/1.0 200 OK\r\n\r\n...", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n...", True),
        (f"{OK}Transfer-Encoding: chunked\r\n\r\n3\r\n...\r\n0\r\n\r\n".encode(), True),
    ):
        with client.open(serve(raw(said)).url) as content:
            assert content.says_end is says_end
            assert content.readall() == b"..."


def test_nobody_there_is_an_error_that_says_so(client: HttpClient) -> None:
    with pytest.raises(HttpError, match=r"^http://127.0.0.1:1/a: connection refused$"):
        client.request("GET", "http://127.0.0.1:1/a?sig=hush")
    with pytest.raises(HttpError, match=r"the name no-such-host[.]invalid cannot be resolved"):
        client.request("GET", "http://no-such-host.invalid/")


@pytest.mark.parametrize(
    "url", ["ftp://host/file", "file:///etc/hosts", "http://:80/", "http://a:b/"]
)
def test_what_is_no_http_url_is_refused(client: HttpClient, url: str) -> None:
    with pytest.raises(HttpError):
        client.request("GET", url)


# Where a request goes, and what goes with it.


def test_redirects_are_followed_where_that_was_asked(client: HttpClient, serve: Serve) -> None:
    there = answer(status="302 Found", headers="Location: /there\r\n")
    here = serve(there, answer(b"found"))
    refused = client.request("GET", here.url)
    assert (refused.status, len(here.seen)) == (302, 1)
    here = serve(there, answer(b"found"))
    assert client.request("GET", here.url, redirects=True).body == b"found"
    assert here.seen[1].line == "GET /there HTTP/1.1"
    here = serve(there, answer(b"found"))
    with client.open(here.url) as content:
        assert content.readall() == b"found"
    with pytest.raises(HttpError, match="leads on and on"):
        client.request("GET", serve(there).url, redirects=True)


def test_secrets_do_not_follow_a_redirect_elsewhere(client: HttpClient, serve: Serve) -> None:
    elsewhere = serve(answer(b""))
    here = serve(answer(status="307 Away", headers=f"Location: {elsewhere.url}/\r\n"))
    headers = {"Authorization": "Basic hush", "X-Kept": "yes"}
    client.request("GET", here.url, headers=headers, redirects=True)
    assert here.seen[0].header("Authorization") == ["Basic hush"]
    assert elsewhere.seen[0].header("Authorization") == []
    assert elsewhere.seen[0].header("X-Kept") == ["yes"]


def test_a_netrc_is_not_looked_at(
    client: HttpClient, serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password hush\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    peer = serve(answer())
    client.request("POST", peer.url, form={"a": "1 &"})
    assert peer.seen[0].header("Authorization") == []
    assert peer.seen[0].body == b"a=1+%26"
    assert peer.seen[0].header("Content-Type") == ["application/x-www-form-urlencoded"]


def test_a_link_goes_out_as_it_is(client: HttpClient, serve: Serve) -> None:
    peer = serve(answer())
    for path in (
        "/a%20b/../c%3D%3d//d?x=%2F&y=a/b+c",
        "/a'(b)*~?",
        "/@:!$&,;=x?a=%C3%A4&sig=a%2Bb",
    ):
        with client.open(peer.url + path) as content:
            content.readall()
        assert peer.seen[-1].line == f"GET {path.removesuffix('?')} HTTP/1.1"
        assert peer.seen[-1].header("Host") == [f"127.0.0.1:{peer.port}"]


# Proxies.


def test_the_configured_proxy_is_used_for_all(serve: Serve) -> None:
    proxy = serve(answer(b"by proxy"))
    host = f"//ada:h%40sh@127.0.0.1:{proxy.port}"
    config = Config("flyte.test", http_proxy_url=f"http:{host}")
    client = HttpClient(config)
    assert client.request("GET", "http://idp.test/token?a=1").body == b"by proxy"
    with client.open("http://store.test:9000/data") as content:
        assert content.readall() == b"by proxy"
    assert [seen.line for seen in proxy.seen] == [
        "GET http://idp.test/token?a=1 HTTP/1.1",
        "GET http://store.test:9000/data HTTP/1.1",
    ]
    assert proxy.seen[0].header("Host") == ["idp.test"]
    assert proxy.seen[0].header("Proxy-Authorization") == ["Basic YWRhOmhAc2g="]


def test_tls_goes_through_a_tunnel(serve: Serve, ca: trustme.CA, ca_file: str) -> None:
    def tunnel(peer: Peer, connection: socket.socket) -> None:
        peer.read(connection, body=False)
        connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("store.test").configure_cert(context)
        with context.wrap_socket(connection, server_side=True) as inner:
            peer.read(inner)
            inner.sendall(f"{OK}Content-Length: 2\r\n\r\nok".encode())

    proxy = serve(tunnel)
    client = HttpClient(Config("f.test", http_proxy_url=proxy.url, ca_cert_file=ca_file))
    with client.open("https://store.test/data") as content:
        assert content.readall() == b"ok"
    assert [seen.line.rpartition(" ")[0] for seen in proxy.seen] == [
        "CONNECT store.test:443",
        "GET /data",
    ]
    refusing = serve(raw(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"))
    client = HttpClient(Config("f.test", http_proxy_url=refusing.url))
    with pytest.raises(HttpError, match="the proxy refuses: 407 Proxy Authentication Required"):
        client.request("GET", "https://store.test/data")


def test_the_environment_names_proxies_as_it_does_for_grpc(
    serve: Serve, client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer, proxy = serve(answer(b"straight")), serve(answer(b"by proxy"))
    monkeypatch.setenv("all_proxy", proxy.url)
    assert client.request("GET", peer.url).body == b"straight"
    monkeypatch.setenv("http_proxy", proxy.url)
    assert client.request("GET", peer.url).body == b"by proxy"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert client.request("GET", peer.url).body == b"straight"
    configured = HttpClient(Config("flyte.test", http_proxy_url=proxy.url))
    assert configured.request("GET", peer.url).body == b"straight"


# TLS.


def test_a_certificate_that_nobody_knows_is_refused_with_advice(
    client: HttpClient, serve: Serve, ca: trustme.CA
) -> None:
    peer = serve(answer(b"ok"), certificate=ca.issue_cert("127.0.0.1"))
    for ask in (client.request, lambda _, url: client.open(url)):
        with pytest.raises(
            HttpError, match=r"not trusted: .*ca_cert_file or SSL_CERT_FILE"
        ) as caught:
            ask("GET", peer.url)
        assert not caught.value.passing
    assert peer.seen == []


@pytest.mark.parametrize("source", ["ca_cert_file", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_whom_to_trust_can_be_said_in_each_usual_way(
    serve: Serve, ca: trustme.CA, ca_file: str, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    config = Config("flyte.test")
    if source == "ca_cert_file":
        config = Config("flyte.test", ca_cert_file=ca_file)
    else:
        monkeypatch.setenv(source, ca_file)
    peer = serve(answer(b"ok"), certificate=ca.issue_cert("127.0.0.1"))
    client = HttpClient(config)
    assert client.request("GET", peer.url).body == b"ok"
    with client.open(peer.url) as content:
        assert content.readall() == b"ok"
    other = serve(answer(b"ok"), certificate=ca.issue_cert("other.test"))
    with pytest.raises(HttpError, match=r"not trusted: .*mismatch"):
        client.request("GET", other.url)


def test_skipping_verification_is_for_the_flyte_server_and_its_data(
    serve: Serve, ca: trustme.CA
) -> None:
    peer = serve(answer(b"ok"), certificate=ca.issue_cert("elsewhere.test"))
    config = Config("flyte.test", insecure_skip_verify=True)
    with HttpClient(config).open(peer.url) as content:
        assert content.readall() == b"ok"
    with pytest.raises(HttpError, match="not trusted"):
        HttpClient(config).request("POST", peer.url, form={"client_secret": "hush"})
    own = Config(f"127.0.0.1:{peer.port}", insecure_skip_verify=True)
    assert HttpClient(own).request("GET", peer.url).body == b"ok"


def test_the_clients_certificate_is_shown_to_the_flyte_server_alone(
    serve: Serve, ca: trustme.CA, ca_file: str, tmp_path: Path
) -> None:
    mine = ca.issue_cert("ada@example.com")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    mine.cert_chain_pems[0].write_to_path(str(cert))
    mine.private_key_pem.write_to_path(str(key))
    peer = serve(answer(b"ok"), certificate=ca.issue_cert("127.0.0.1"), clients=ca)
    own = Config(
        "127.0.0.1", client_cert_file=str(cert), client_key_file=str(key), ca_cert_file=ca_file
    )
    assert HttpClient(own).request("GET", peer.url).body == b"ok"
    with pytest.raises(HttpError):
        HttpClient(replace(own, endpoint="flyte.test")).request("GET", peer.url)


def test_files_that_are_no_certificates_are_named(serve: Serve, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.pem"
    with pytest.raises(FlyteConfigError, match=r"ca_cert_file \(argument\): .*nothing.pem"):
        HttpClient(Config("f.test", ca_cert_file=str(nothing))).request("GET", "https://f.test")


# What is said.


def test_nothing_that_is_logged_shows_a_link(
    client: HttpClient, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    odd = raw(f"{OK}Content-Length: 2\r\nno header at all\r\nX: y\r\n\r\nok".encode())
    for peer in (serve(odd), serve(answer(b"", status="500 Oh"))):
        client.request("GET", f"{peer.url}/file?sig=hush")
        client.upload(f"{peer.url}/file?sig=hush", io.BytesIO(b"abc"), 3)
    assert "hush" not in caplog.text


def test_every_error_is_one_of_the_remotes(client: HttpClient, serve: Serve) -> None:
    with pytest.raises(FlyteError):
        client.request("GET", serve(raw(b"nonsense")).url)


def test_no_http_library_is_loaded_before_it_is_needed() -> None:
    program = (
        "import sys; from flytebind.remote import FlyteRemote, Config\n"
        "with FlyteRemote(Config.for_sandbox()): pass\n"
        "assert 'urllib3' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# Uploads.


@pytest.mark.parametrize("size", [0, 10, 3 << 20])
def test_an_upload_says_its_length_and_nothing_of_its_type(
    client: HttpClient, serve: Serve, size: int
) -> None:
    body = bytes(size)
    peer = serve(answer(status="201 Created"))
    told: list[int] = []
    file = io.BytesIO(b"read already" + body)
    file.seek(12)
    done = client.upload(peer.url, file, size, headers={"X-A": "b"}, moved=told.append)
    assert (done.status, done.is_success) == (201, True)
    seen = peer.seen[0]
    assert seen.line == "PUT / HTTP/1.1"
    assert seen.body == body
    assert (seen.header("Content-Length"), seen.header("X-A")) == ([str(size)], ["b"])
    assert seen.header("Content-Type") == seen.header("Transfer-Encoding") == []
    assert sum(told) == size


@pytest.mark.parametrize("lingers", [False, True])
@pytest.mark.parametrize("tls", [False, True])
def test_an_answer_that_comes_early_is_read(
    serve: Serve, ca: trustme.CA, ca_file: str, tls: bool, lingers: bool
) -> None:
    def early(peer: Peer, connection: socket.socket) -> None:
        peer.read(connection, body=False)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 14\r\n\r\nEntityTooLarge")
        if lingers:
            peer.over.wait()

    peer = serve(early, certificate=ca.issue_cert("127.0.0.1") if tls else None)
    client = HttpClient(Config("flyte.test", ca_cert_file=ca_file))
    size = 64 << 20
    answered = client.upload(peer.url, io.BytesIO(bytes(size)), size, silence=2.0)
    assert (answered.status, answered.body) == (400, b"EntityTooLarge")


@pytest.mark.parametrize("status", ["307 Temporary Redirect", "308 Permanent Redirect"])
def test_an_upload_goes_where_the_store_sends_it(
    client: HttpClient, serve: Serve, status: str
) -> None:
    there = serve(answer())
    here = serve(answer(status=status, headers=f"Location: {there.url}/there\r\n"))
    body = bytes(range(256)) * 1000
    headers = {"Content-MD5": "abc"}
    assert client.upload(here.url, io.BytesIO(body), len(body), headers=headers).status == 200
    assert there.seen[0].line == "PUT /there HTTP/1.1"
    assert (there.seen[0].body, there.seen[0].header("Content-MD5")) == (body, ["abc"])
    elsewhere = serve(answer(status="303 See Other", headers=f"Location: {there.url}/\r\n"))
    assert client.upload(elsewhere.url, io.BytesIO(b""), 0).status == 303


def test_a_file_that_shrinks_meanwhile_is_an_error(client: HttpClient, serve: Serve) -> None:
    with pytest.raises(FlyteError, match="became shorter while it was sent"):
        client.upload(serve(answer()).url, io.BytesIO(bytes(100)), 200)
