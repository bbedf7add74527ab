from __future__ import annotations

import base64
import hashlib
import http.client
import socket
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import grpc
import pytest
from flyteidl.service.dataproxy_pb2 import (
    CreateDownloadLinkRequest as LinkPb,
    CreateDownloadLocationRequest as LocationPb,
    CreateUploadLocationRequest as UploadPb,
)
from google.protobuf.duration_pb2 import Duration

from flytebind.models.admin.node_execution import NodeExecution
from flytebind.models.admin.task_execution import TaskExecution
from flytebind.models.core.identifier import (
    NodeExecutionIdentifier,
    ResourceType,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flytebind.models.core.literals import Literal, LiteralMap, Primitive, Scalar
from flytebind.models.service.dataproxy import (
    ArtifactType,
    CreateDownloadLinkRequest,
    CreateDownloadLocationRequest,
    CreateUploadLocationRequest,
    CreateUploadLocationResponse,
    GetDataRequest,
    GetDataResponse,
)
from flytebind.sandbox import _http
from flytebind.sandbox._store.tables import NODE_EXECUTIONS, TASK_EXECUTIONS
from tests.sandbox.support import DOMAIN, PROJECT, Server, identifier, refused

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
CONTENT = b"some bytes"
MD5 = hashlib.md5(CONTENT).digest()
HERE = f"flyte://v1/{PROJECT}/{DOMAIN}/run"


def upload(server: Server, **changes: object) -> CreateUploadLocationResponse:
    request = CreateUploadLocationRequest(
        project=PROJECT, domain=DOMAIN, filename="code.tar.gz", filename_root="sources"
    )
    return server.dataproxy_client.create_upload_location(
        CreateUploadLocationRequest.from_dict({**request.to_dict(), **changes})
    )


def as_json(data: bytes) -> str:
    return base64.b64encode(data).decode()


def send(
    method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request(method, url.partition(parts.netloc)[2], body, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def headers_of(location: CreateUploadLocationResponse) -> dict[str, str]:
    """What goes with an upload: the server's own length is that of the digest."""
    return {
        name: value
        for name, value in location.headers.items()
        if value and name != "Content-Length"
    }


def code_of(answer: tuple[int, bytes]) -> tuple[int, str]:
    """The status, and the code in the store's XML."""
    found = ElementTree.fromstring(answer[1]).findtext("Code")
    assert found is not None
    return answer[0], found


def download(server: Server, native_url: str) -> tuple[int, bytes]:
    request = CreateDownloadLocationRequest(native_url=native_url)
    return send("GET", server.dataproxy_client.create_download_location(request).signed_url)


# Uploads and downloads


def test_what_is_uploaded_can_be_downloaded(server: Server) -> None:
    location = upload(server, contentMd5=as_json(MD5))
    assert location.native_url.startswith("file://")
    assert location.native_url.endswith(f"/{PROJECT}/{DOMAIN}/sources/code.tar.gz")
    assert location.headers == {"Content-MD5": as_json(MD5), "Content-Length": "24"}
    assert send("PUT", location.signed_url, CONTENT, headers_of(location)) == (200, b"")
    assert server.blobs.read(location.native_url, limit=99) == CONTENT
    assert download(server, location.native_url) == (200, CONTENT)


def test_a_name_that_urls_must_quote_survives(server: Server) -> None:
    location = upload(server, filename="a b#?%ü.txt")
    assert send("PUT", location.signed_url, CONTENT) == (200, b"")
    assert server.blobs.read(location.native_url, limit=99) == CONTENT
    assert download(server, location.native_url) == (200, CONTENT)


def test_a_link_ends_with_its_time(server: Server) -> None:
    now = server.clock.freeze()
    location = upload(server, expiresIn="60s")
    assert location.expires_at == now + timedelta(seconds=60)
    server.clock.advance(timedelta(seconds=59))
    assert send("PUT", location.signed_url, CONTENT)[0] == 200
    server.clock.advance(timedelta(seconds=1))
    late = send("PUT", location.signed_url, b"late")
    assert code_of(late) == (403, "AccessDenied")
    assert b"<Message>Request has expired</Message>" in late[1]
    assert server.blobs.read(location.native_url, limit=99) == CONTENT


def test_a_link_is_good_for_one_method_file_time_and_content(server: Server) -> None:
    location = upload(server, contentMd5=as_json(MD5))
    link, headers = location.signed_url, headers_of(location)
    assert code_of(send("GET", link, None, headers)) == (403, "SignatureDoesNotMatch")
    for old, new in (
        ("code", "evil"),
        ("X-Amz-Expires=", "X-Amz-Expires=1"),
        ("X-Amz-Signature=", "X-Amz-Signature=0"),
        ("?", "?X=1&"),
    ):
        refused = send("PUT", link.replace(old, new, 1), CONTENT, headers)
        assert code_of(refused) == (403, "SignatureDoesNotMatch"), new
    for old, new, code in (
        ("content-md5%3Bhost", "host", (403, "SignatureDoesNotMatch")),
        ("Credential=", "Credential=X", (403, "InvalidAccessKeyId")),
        ("us-east-1", "us-east-2", (400, "AuthorizationQueryParametersError")),
    ):
        assert code_of(send("PUT", link.replace(old, new, 1), CONTENT, headers)) == code
    assert code_of(send("PUT", link.partition("?")[0], CONTENT)) == (403, "AccessDenied")
    # As MinIO says it: the signature covers what was not sent.
    assert code_of(send("PUT", link, CONTENT)) == (400, "AccessDenied")
    unsigned = {**headers, "X-Amz-Acl": "public-read"}
    assert code_of(send("PUT", link, CONTENT, unsigned)) == (400, "AccessDenied")
    assert send("PUT", link, CONTENT, headers)[0] == 200


@pytest.mark.parametrize(
    ("given", "body", "code"),
    [
        (MD5, b"other bytes", "BadDigest"),
        (MD5, CONTENT, None),
        (None, CONTENT, None),
    ],
)
def test_an_upload_must_match_its_md5(
    server: Server, given: bytes | None, body: bytes, code: str | None
) -> None:
    location = upload(server, **({"contentMd5": as_json(given)} if given else {}))
    answer = send("PUT", location.signed_url, body, headers_of(location))
    assert answer[0] == 200 if code is None else code_of(answer) == (400, code)
    stored = server.blobs.read(location.native_url, limit=99)
    assert stored == (CONTENT if code is None else None)


def test_a_digest_that_is_none_is_refused(server: Server) -> None:
    answer = send("PUT", upload(server).signed_url, CONTENT, {"Content-MD5": "not base64"})
    assert code_of(answer) == (400, "InvalidDigest")


def test_an_upload_that_breaks_off_is_not_stored(server: Server) -> None:
    location = upload(server)
    parts = urlsplit(location.signed_url)
    target = location.signed_url.partition(parts.netloc)[2]
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as client:
        client.sendall(f"PUT {target} HTTP/1.0\r\nContent-Length: 99\r\n\r\nhalf".encode())
        client.shutdown(socket.SHUT_WR)
        assert b" 400 " in client.makefile("rb").readline()
    assert server.blobs.size(location.native_url) is None


def test_a_refused_upload_is_neither_read_nor_waited_for(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_http, "_LINGER_SECONDS", 0.3)
    parts = urlsplit(upload(server).signed_url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as client:
        client.sendall(f"PUT {parts.path}?forged HTTP/1.1\r\nContent-Length: 99\r\n\r\n".encode())
        assert b" 403 " in client.makefile("rb").readline()
        with pytest.raises(OSError, match=r"reset|pipe|aborted"):  # noqa: PT012
            for _ in range(100):  # a byte now and then does not keep it waiting
                client.sendall(b"x")
                time.sleep(0.1)


@pytest.mark.parametrize(
    ("length", "status"), [("", 411), ("x", 411), ("9" * 30, 400), (str((5 << 30) + 1), 400)]
)
def test_an_upload_must_tell_a_length_that_can_be_held(
    server: Server, length: str, status: int
) -> None:
    link = upload(server).signed_url
    assert send("PUT", link, headers={"Content-Length": length})[0] == status


def test_a_folder_is_not_overwritten(server: Server) -> None:
    server.blobs.write(f"{PROJECT}/{DOMAIN}/sources/code.tar.gz/inside", CONTENT)
    assert send("PUT", upload(server).signed_url, CONTENT)[0] == 409


def test_a_link_survives_a_client_that_quotes_in_its_own_way(server: Server) -> None:
    link = upload(server, filename="a~b.txt").signed_url
    assert send("PUT", link.replace("~", "%7E"), CONTENT)[0] == 200


def test_http_serves_nothing_but_signed_files(server: Server, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"hidden words")
    link = upload(server).signed_url
    query = link.partition("?")[2]
    for path in (
        "/",
        "/my-s3-bucket/",
        "/my-s3-bucket",
        "/my-s3-bucket/../secret",
        "/my-s3-bucket/%2e%2e/x",
        "/my-s3-bucket//etc",
    ):
        for method, body in (("GET", None), ("PUT", b"x")):
            status, answer = send(method, f"{server.http.url}{path}?{query}", body)
            assert (status, b"hidden" in answer) == (404, False), (method, path)
    assert send("POST", f"{server.http.url}/oauth2/token", b"")[0] == 404
    assert send("DELETE", link)[0] == 501
    assert (tmp_path / "secret").read_bytes() == b"hidden words"


def test_a_download_of_a_file_that_is_not_there_fails_when_it_is_tried(server: Server) -> None:
    assert download(server, server.blobs.uri("nothing"))[0] == 404


@pytest.mark.parametrize("native_url", ["s3://data/a b.csv", "gs://data/x/y=z"])
def test_any_bucket_may_be_linked_but_there_is_one_alone(server: Server, native_url: str) -> None:
    """A server signs links to whatever it is asked for; the store knows what is there."""
    request = CreateDownloadLocationRequest(native_url=native_url)
    link = server.dataproxy_client.create_download_location(request).signed_url
    status, answer = send("GET", link)
    assert (status, b"<Code>NoSuchBucket</Code>" in answer) == (404, True)
    assert b"<BucketName>data</BucketName>" in answer


def test_a_file_may_be_named_by_the_bucket_it_is_in(server: Server) -> None:
    uri = server.blobs.write("a folder/b=c.txt", CONTENT)
    in_bucket = "s3://my-s3-bucket/a folder/b=c.txt"
    assert download(server, in_bucket) == download(server, uri) == (200, CONTENT)


@pytest.mark.parametrize(
    "native_url", ["", "s3://bucket", "s3:///key", "file:///etc/passwd", "a.tar"]
)
def test_what_is_in_no_store_cannot_be_downloaded(server: Server, native_url: str) -> None:
    request = CreateDownloadLocationRequest(native_url=native_url)
    with refused(INVALID, "native_url"):
        server.dataproxy_client.create_download_location(request)


def test_no_link_leads_out_of_the_folder(server: Server) -> None:
    outside = server.blobs.uri("x").replace("/x", "/../secret")
    with refused(INVALID, "native_url"):
        server.dataproxy_client.create_download_location(
            CreateDownloadLocationRequest(native_url=outside)
        )


def test_a_location_needs_no_name_when_the_content_is_known(server: Server) -> None:
    location = upload(server, filename="", filenameRoot="", contentMd5=as_json(MD5))
    prefix = base64.b32encode(MD5).decode()
    assert f"/{PROJECT}/{DOMAIN}/{prefix}/" in location.native_url  # `=` and all
    assert send("PUT", location.signed_url, CONTENT, headers_of(location))[0] == 200
    assert download(server, location.native_url) == (200, CONTENT)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"project": ""}, "project"),
        ({"domain": ""}, "domain"),
        ({"filenameRoot": ""}, "content_md5 or filename_root"),
        ({"filename": "../../../secret"}, "filename"),
        ({"filenameRoot": ".."}, "filename"),
        ({"filename": "/etc/passwd"}, "filename"),
        ({"filename": "a\0b"}, "filename"),
        ({"expiresIn": "3601s"}, "expires_in"),
        ({"expiresIn": "-1s"}, "expires_in"),
    ],
)
def test_a_bad_upload_is_refused_by_the_name_of_its_field(
    server: Server, changes: dict[str, object], words: str
) -> None:
    with refused(INVALID, words):
        upload(server, **changes)


def test_a_file_is_not_overwritten_with_another_content(server: Server) -> None:
    assert send("PUT", upload(server).signed_url, CONTENT)[0] == 200
    with refused(grpc.StatusCode.ALREADY_EXISTS, "code.tar.gz"):
        upload(server)
    with refused(grpc.StatusCode.ALREADY_EXISTS, "code.tar.gz"):
        upload(server, contentMd5=as_json(hashlib.md5(b"other").digest()))
    same = upload(server, contentMd5=as_json(MD5))
    assert send("PUT", same.signed_url, CONTENT, headers_of(same))[0] == 200


# Data of executions


def node_id(name: str = "n0") -> NodeExecutionIdentifier:
    return NodeExecutionIdentifier(name, WorkflowExecutionIdentifier(PROJECT, DOMAIN, "run"))


def integers(**values: int) -> LiteralMap:
    return LiteralMap(
        {
            name: Literal(scalar=Scalar(primitive=Primitive(integer=value)))
            for name, value in values.items()
        }
    )


def add_node(server: Server, deck_uri: str = "") -> None:
    model = NodeExecution.from_dict(
        {"id": node_id().to_dict(), "closure": {"deckUri": deck_uri, "phase": "SUCCEEDED"}}
    )
    server.store.insert(
        NODE_EXECUTIONS,
        {
            "execution_project": PROJECT,
            "execution_domain": DOMAIN,
            "execution_name": "run",
            "node_id": "n0",
            "phase": "SUCCEEDED",
            "inputs": integers(x=1).to_bytes(),
            "output_uri": server.blobs.write("run/n0/outputs.pb", integers(y=2).to_bytes()),
            "model": model.to_bytes(),
        },
    )


def add_task(server: Server, attempt: int) -> None:
    task = identifier(ResourceType.TASK, "square")
    id = TaskExecutionIdentifier(task, node_id(), attempt)
    node = server.store.find(NODE_EXECUTIONS, node_id="n0")
    assert node is not None
    server.store.insert(
        TASK_EXECUTIONS,
        {
            "project": task.project,
            "domain": task.domain,
            "name": task.name,
            "version": task.version,
            "execution_project": PROJECT,
            "execution_domain": DOMAIN,
            "execution_name": "run",
            "node_id": "n0",
            "retry_attempt": attempt,
            "phase": "FAILED",
            "phase_version": 0,
            "node_execution_id": node["id"],
            "inputs": integers(x=attempt).to_bytes(),
            "outputs": integers(y=attempt).to_bytes(),
            "model": TaskExecution.from_dict({"id": id.to_dict(), "closure": {}}).to_bytes(),
        },
    )


def data(server: Server, path: str) -> GetDataResponse:
    return server.dataproxy_client.get_data(GetDataRequest(flyte_url=f"{HERE}/{path}"))


def test_a_url_leads_to_inline_and_offloaded_data_of_a_node(server: Server) -> None:
    add_node(server)
    assert data(server, "n0/i").literal_map == integers(x=1)
    assert data(server, "n0/o").literal_map == integers(y=2)
    assert data(server, "n0/o/y").literal == integers(y=2).literals["y"]


def test_a_url_with_an_attempt_leads_to_the_data_of_the_task(server: Server) -> None:
    add_node(server)
    for attempt in (0, 1):
        add_task(server, attempt)
    assert data(server, "n0/1/i").literal_map == integers(x=1)
    assert data(server, "n0/0/o/y").literal == integers(y=0).literals["y"]
    with refused(INVALID, "n0 has no attempt 2"):
        data(server, "n0/2/i")


@pytest.mark.parametrize(
    ("path", "code", "word"),
    [
        ("n9/i", NOT_FOUND, "n9"),
        ("n0/i/nothing", INVALID, "'nothing'"),
        ("n0/d", NOT_FOUND, "deck"),
        ("n0/0/d", INVALID, "deck"),
        ("n0/x", INVALID, "flyte_url"),
        ("n0/i/a/b", INVALID, "flyte_url"),
        ("n0", INVALID, "flyte_url"),
    ],
)
def test_a_url_that_leads_nowhere_is_refused(
    server: Server, path: str, code: grpc.StatusCode, word: str
) -> None:
    add_node(server)
    with refused(code, word):
        data(server, path)


@pytest.mark.parametrize("url", ["", "http://example.com", "flyte://v2/a/b/c/d/i"])
def test_a_url_of_another_kind_is_refused(server: Server, url: str) -> None:
    with refused(INVALID, "flyte_url"):
        server.dataproxy_client.get_data(GetDataRequest(flyte_url=url))


def test_a_deck_is_behind_a_link(server: Server) -> None:
    add_node(server, deck_uri=server.blobs.write("run/n0/deck.html", b"<h1>Deck</h1>"))
    signed = data(server, "n0/d").pre_signed_urls
    assert signed is not None
    assert send("GET", signed.signed_url[0]) == (200, b"<h1>Deck</h1>")
    request = CreateDownloadLinkRequest(
        artifact_type=ArtifactType.ARTIFACT_TYPE_DECK, node_execution_id=node_id()
    )
    link = server.dataproxy_client.create_download_link(request)
    assert link.pre_signed_urls is not None
    assert send("GET", link.pre_signed_urls.signed_url[0]) == (200, b"<h1>Deck</h1>")
    with refused(INVALID, "artifact_type"):
        server.dataproxy_client.create_download_link(request.replace(artifact_type=None))
    with refused(INVALID, "source"):
        server.dataproxy_client.create_download_link(request.replace(node_execution_id=None))
    with refused(INVALID, "expires_in"):
        too_long = request.replace(expires_in=timedelta(hours=2))
        server.dataproxy_client.create_download_link(too_long)


def test_a_deck_that_is_not_there_yet_is_not_found(server: Server) -> None:
    add_node(server, deck_uri=server.blobs.uri("run/n0/deck.html"))
    with refused(NOT_FOUND, "deck"):
        data(server, "n0/d")


@pytest.mark.parametrize("seconds", [-(2**63), -1, 3601, 315_576_000_001, 2**63 - 1])
def test_a_lifetime_of_links_that_is_out_of_range_is_invalid(server: Server, seconds: int) -> None:
    client = server.dataproxy_client
    lifetime = Duration(seconds=seconds)  # more than a timedelta holds, perhaps
    upload = UploadPb(project=PROJECT, domain=DOMAIN, filename_root="a", expires_in=lifetime)
    location = LocationPb(native_url="s3://bucket/key", expires_in=lifetime)
    with refused(INVALID, "expires_in"):
        client.create_upload_location(CreateUploadLocationRequest.from_pb(upload))
    with refused(INVALID, "expires_in"):
        client.create_download_location(CreateDownloadLocationRequest.from_pb(location))
    with refused(INVALID, "expires_in"):
        client.create_download_link(CreateDownloadLinkRequest.from_pb(LinkPb(expires_in=lifetime)))
