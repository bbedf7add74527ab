"""Files that go up, to stores that answer as real ones did, and to two that check what comes."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import signal
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import grpc
import pytest
from botocore.config import Config as BotoConfig
from moto.server import ThreadedMotoServer

from flytebind.models.core.types import BlobType, LiteralType, SimpleType
from flytebind.models.service.dataproxy import (
    CreateUploadLocationRequest,
    CreateUploadLocationResponse,
)
from flytebind.remote import (
    AsyncFlyteRemote,
    FlyteAssertion,
    FlyteCallError,
    FlyteDataError,
    FlyteError,
    FlytePermissionError,
    FlyteValueError,
)
from flytebind.remote._operations import uploads
from flytebind.remote._operations.uploads import headers_for, legal_name
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox import Sandbox
from flytebind.values import RemoteDirectory, RemoteFile, to_literal
from tests.real import recordings
from tests.remote.conftest import DOMAIN, PROJECT, Face, config, open_face, register_inputs
from tests.remote.io.driving import when
from tests.remote.scenes.data import give
from tests.remote.uploading import Locate, linking
from tests.transfer.http.conftest import Serve, serve  # noqa: F401 - a fixture
from tests.transfer.http.peer import Peer, answer, deaf, raw, silent

TEN = b"0123456789"
NATIVE = "s3://bucket/key"


def md5(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content).digest()).decode()


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ten(tmp_path: Path) -> Path:
    path = tmp_path / "ten.bin"
    path.write_bytes(TEN)
    return path


def at(url: str, **headers: str) -> Locate:
    """Always the same link."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: CreateUploadLocationResponse(signed_url=url, native_url=NATIVE, headers=named)


# Whatever stores have answered.


def store_answers() -> list[Any]:
    """Each kind of answer that a store gave to an upload, with its request."""
    seen, found = set(), []
    for store in ("minio", "moto", "azure", "gcs"):
        for row in recordings.exchanges(store):
            if not row["request"].startswith("PUT ") or "status" not in row:
                continue
            key = (store, row["mode"], row["status"], row.get("error_body", "")[:200])
            if key not in seen:
                seen.add(key)
                found.append(pytest.param(row, id=f"{store}-{row['mode']}-{row['status']}"))
    return found


def replay(row: dict[str, Any], content: bytes) -> bytes:
    """The answer of a store, as bytes; what it says of the file is said of this one."""
    body: bytes = row.get("error_body", "").encode()
    lines = [f"HTTP/1.1 {row['status']}"]
    for name, value in row.get("response_headers", []):
        if name.lower() in ("content-length", "transfer-encoding", "connection", "location"):
            continue
        if name.lower() == "etag" and len(value) == 34:
            value = f'"{hashlib.md5(content).hexdigest()}"'
        lines.append(f"{name}: {md5(content) if name.lower() == 'content-md5' else value}")
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.mark.parametrize("row", store_answers())
def test_what_stores_answered_is_understood(
    serve: Serve, ten: Path, row: dict[str, Any], monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:
    monkeypatch.setattr(uploads, "_MAX_PAUSE", 0.01)
    status = int(row["status"].split()[0])
    body = row.get("error_body", "")
    is_page = body.startswith("<html")
    passes = status in (503, 307) or "expired" in body.lower()
    target = row["request"].split()[1].replace("...", "x")
    good = answer(headers=f'ETag: "{hashlib.md5(TEN).hexdigest()}"\r\n')
    peer = serve(raw(replay(row, TEN)), good) if passes else serve(raw(replay(row, TEN)))
    headers = (
        {} if "noheaders" in row["mode"] else {"Content_Length": "24", "Content_MD5": md5(TEN)}
    )
    with linking("sync", at(peer.url + target, **headers)) as (face, _):
        if (status < 300 and not is_page) or (passes and status != 307):
            assert face.upload(ten) == NATIVE
        else:
            with pytest.raises(FlyteDataError) as caught:
                face.upload(ten)
            said = str(caught.value)
            assert str(ten) in said
            for part in ("Code", "Message"):
                assert body.partition(f"<{part}>")[2].partition("</")[0][:100] in said
            for secret in ("StringToSign", "Signature=", "sig=", "\n", "RequestId"):
                assert secret not in said
    seen = peer.seen[0]
    assert seen.line == f"PUT {target} HTTP/1.1"
    assert (seen.header("Content-Length"), seen.body) == (["10"], TEN)
    assert seen.header("Content-Type") == seen.header("Transfer-Encoding") == []


def test_all_kinds_of_answers_are_tried() -> None:
    assert len(store_answers()) > 40


# Headers.


def test_the_clients_own_length_wins_in_any_spelling(
    serve: Serve, kind: str, ten: Path  # noqa: F811
) -> None:
    for name in ("Content_Length", "content_length", "CONTENT_LENGTH", "Transfer_Encoding", "host"):
        peer = serve(answer())
        with linking(kind, at(peer.url, **{name: "24", "x_a": "b"})) as (face, _):
            assert face.upload(ten) == NATIVE
        (seen,) = peer.seen
        assert (seen.header("Content-Length"), seen.body) == (["10"], TEN)
        assert seen.header("Transfer-Encoding") == []
        assert seen.header("Host") == [f"127.0.0.1:{peer.port}"]
        assert seen.header("x-a") == ["b"]


SIGNED = "https://s3/b/k?X-Amz-SignedHeaders=content-md5%3Bhost&X-Amz-Signature=x"
GOOGLE = "https://storage.googleapis.com/b/k?Expires=1&GoogleAccessId=a&Signature=b"
AZURE = "https://a.blob.core.windows.net/c/k?se=2026&sig=x&sp=aw&spr=https&sr=b&sv=2024-05-04"


@pytest.mark.parametrize(
    ("url", "given", "sent"),
    [
        (SIGNED, {}, {"Content-MD5": md5(TEN)}),
        (SIGNED, {"content-md5": "given"}, {"content-md5": "given"}),
        (SIGNED.replace("content-md5%3B", ""), {}, {}),
        (SIGNED.replace("content-md5%3B", ""), {"Content-Length": "0", "Content-MD5": ""}, {}),
        (GOOGLE, {}, {"Content-MD5": md5(TEN)}),
        (GOOGLE, {"x-goog-meta-a": "b"}, {"x-goog-meta-a": "b"}),
        (AZURE, {}, {"x-ms-blob-type": "BlockBlob"}),
        (AZURE, {"X-Ms-Blob-Type": "AppendBlob"}, {"X-Ms-Blob-Type": "AppendBlob"}),
        ("http://store/plain", {"Content-Length": "24"}, {}),
        ("http://store/plain", {"Content-Type": "a/b"}, {"Content-Type": "a/b"}),
    ],
)
def test_headers_that_a_link_needs_are_sent_even_if_the_server_names_none(
    url: str, given: dict[str, str], sent: dict[str, str]
) -> None:
    assert headers_for(url, given, hashlib.md5(TEN).digest()) == sent


# Stores that check what comes.


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.mark.parametrize("size", [0, 10, 3 << 20])
@pytest.mark.parametrize("encryption", [{}, {"ServerSideEncryption": "aws:kms"}])
def test_files_arrive_in_another_store(
    moto: str, kind: str, tmp_path: Path, size: int, encryption: dict[str, str]
) -> None:
    options: Any = {
        "endpoint_url": moto,
        "aws_access_key_id": "minio",
        "aws_secret_access_key": "miniostorage",
        "config": BotoConfig(signature_version="s3v4", s3={"addressing_style": "path"}),
    }
    client = boto3.client("s3", "us-east-1", **options)
    client.create_bucket(Bucket="my-s3-bucket")

    def locate(request: CreateUploadLocationRequest) -> CreateUploadLocationResponse:
        digest = base64.b64encode(request.content_md5).decode()
        key = f"{request.project}/{request.domain}/{digest}/{request.filename}"
        params = {"Bucket": "my-s3-bucket", "Key": key, "ContentMD5": digest, **encryption}
        headers = {"Content-Length": "24", "Content-MD5": digest}
        if encryption:
            headers["x-amz-server-side-encryption"] = "aws:kms"
        return CreateUploadLocationResponse(
            signed_url=client.generate_presigned_url("put_object", Params=params),
            native_url=f"s3://my-s3-bucket/{key}",
            headers=headers,
        )

    content = os.urandom(size)
    path = tmp_path / "a b#ü.bin"
    path.write_bytes(content)
    with linking(kind, locate) as (face, _):
        uri = face.upload(path)
    assert uri.endswith("/a_b__.bin")
    stored = client.get_object(Bucket="my-s3-bucket", Key=uri.removeprefix("s3://my-s3-bucket/"))
    assert stored["Body"].read() == content


@pytest.mark.parametrize(
    "name", ["a b.txt", "ümläut €.txt", "h#ash", "q?uery", "pct%41", "plain-1_2.txt"]
)
def test_names_mean_the_same_to_all(face: Face, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(name.encode())
    uri = face.upload(path)
    assert set("%#?ü ").isdisjoint(uri)
    assert face.download(uri, tmp_path / "copy").read_bytes() == name.encode()


def test_a_name_leads_nowhere_else(sandbox: Sandbox, face: Face, ten: Path) -> None:
    for name in ("..", ".", "../../../other/x", "/etc/passwd", "a/../../b"):
        uri = face.upload(ten, filename=name)
        assert f"/{PROJECT}/{DOMAIN}/" in uri
        assert uri.count("/") == face.upload(ten).count("/")
    assert legal_name("..") == "__"
    assert legal_name(".profile") == ".profile"


def test_the_sandbox_takes_what_is_signed_and_whole(
    sandbox: Sandbox, face: Face, ten: Path
) -> None:
    uri = face.upload(ten)
    assert sandbox.admin.blobs.read(uri, limit=99) == TEN
    assert "======/" in uri  # as a server's URIs are: not quoted


def test_a_link_that_has_expired_is_replaced(sandbox: Sandbox, face: Face, ten: Path) -> None:
    location = sandbox_location(sandbox)
    sandbox.clock.advance(timedelta(hours=2))
    with linking("sync", location) as (other, server):
        assert other.upload(ten).endswith("/ten.bin")
    assert len(server.asked) == 2


def sandbox_location(sandbox: Sandbox) -> Locate:
    """First a link that was made before the clock went on, then good ones."""
    from flytebind.services.dataproxy import DataProxyServiceClient

    request = CreateUploadLocationRequest(
        project=PROJECT,
        domain=DOMAIN,
        filename="ten.bin",
        content_md5=hashlib.md5(TEN).digest(),
    )
    channel = sandbox.channel()
    client = DataProxyServiceClient(channel)
    old = [client.create_upload_location(request)]
    return lambda asked: old.pop() if old else client.create_upload_location(asked)


# Trouble on the way.


BUSY = raw(
    b"HTTP/1.1 503 Slow Down\r\nContent-Length: 37\r\n\r\n<Error><Code>SlowDown</Code></Error>\r\n"
)


def reset(peer: Peer, connection: socket.socket) -> None:
    """Take half of it, and break the connection."""
    peer.read(connection, body=False)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


@pytest.mark.parametrize(
    "trouble", [BUSY, reset, raw(b""), raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")]
)
def test_trouble_that_passes_is_survived(
    serve: Serve, kind: str, ten: Path, trouble: Any  # noqa: F811
) -> None:
    peer = serve(trouble, trouble, answer())
    with linking(kind, at(peer.url)) as (face, server):
        assert face.upload(ten) == NATIVE
    assert (len(peer.seen), len(server.asked)) == (3, 1)
    assert peer.seen[-1].body == TEN


def test_trouble_that_does_not_pass_is_told_as_the_store_does(
    serve: Serve, kind: str, ten: Path, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:
    monkeypatch.setattr(uploads, "SILENCE", 0.3)
    peer = serve(BUSY)
    with (
        linking(kind, at(f"{peer.url}/b/k?sig=hush")) as (face, _),
        pytest.raises(FlyteDataError, match=r"HTTP 503 .*: SlowDown") as caught,
    ):
        face.upload(ten)
    assert len(peer.seen) > 1
    assert "hush" not in str(caught.value)


def test_a_store_that_has_something_else_is_found_out(
    serve: Serve, kind: str, ten: Path  # noqa: F811
) -> None:
    other = hashlib.md5(b"other").hexdigest()
    for header in (
        f'ETag: "{other}"',
        f"Content-MD5: {md5(b'')}",
        f"x-goog-hash: crc32c=a,md5={md5(b'')}",
    ):
        with (
            linking(kind, at(serve(answer(headers=f"{header}\r\n")).url)) as (face, _),
            pytest.raises(FlyteDataError, match="is not what was sent"),
        ):
            face.upload(ten)
    for header in ('ETag: "0x8DC"', f'ETag: "{other}"\r\nx-amz-server-side-encryption: aws:kms'):
        with linking(kind, at(serve(answer(headers=f"{header}\r\n")).url)) as (face, _):
            assert face.upload(ten) == NATIVE


def test_a_file_that_changes_meanwhile_is_told_apart(
    serve: Serve, sandbox: Sandbox, ten: Path  # noqa: F811
) -> None:
    location = sandbox_location(sandbox)

    def change(to: bytes) -> Locate:
        def locate(request: CreateUploadLocationRequest) -> CreateUploadLocationResponse:
            ten.write_bytes(to)
            return location(request)

        return locate

    for changed, said in (
        (b"9876543210", r"BadDigest: .*was the file changed"),
        (b"0", "was changed while it was uploaded"),
    ):
        ten.write_bytes(TEN)
        with (
            linking("sync", change(changed)) as (face, _),
            pytest.raises(FlyteDataError, match=said),
        ):
            face.upload(ten)
    ten.write_bytes(TEN)
    with linking("sync", change(TEN + b"more")) as (face, _):
        uri = face.upload(ten)  # what was there at first has arrived
    assert sandbox.admin.blobs.read(uri, limit=99) == TEN


def test_what_is_too_large_is_refused_before_it_is_read(face: Face, tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate((5 << 30) + 1)  # it takes no space
    with pytest.raises(FlyteDataError, match=r"has 5368709121 bytes.*5 GiB"):
        face.upload(path)


def test_what_is_no_file_is_not_uploaded(face: Face, tmp_path: Path) -> None:
    with pytest.raises(FlyteAssertion, match=f"{tmp_path} has no files"):
        face.upload(tmp_path)
    with pytest.raises(FlyteAssertion, match=r"nothing is no file"):
        face.upload(tmp_path / "nothing")


def test_the_proxy_and_the_certificates_of_the_remote_hold_for_uploads(
    serve: Serve, kind: str, ten: Path  # noqa: F811
) -> None:
    proxy = serve(answer())
    with linking(kind, at("http://store.test/b/k"), http_proxy_url=proxy.url) as (face, _):
        assert face.upload(ten) == NATIVE
    assert proxy.seen[0].line == "PUT http://store.test/b/k HTTP/1.1"


# Ended before the end.


@pytest.mark.parametrize("script", [silent, deaf])
def test_cancellation_and_closing_end_an_upload_at_once(
    serve: Serve, tmp_path: Path, script: Any  # noqa: F811
) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(16 << 20))

    async def cancelled(face: Face, peer: Peer) -> None:
        assert isinstance(face.remote, AsyncFlyteRemote)
        task = asyncio.ensure_future(face.remote.upload(path))
        while not peer.seen:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    peer = serve(script)
    with linking("async", at(peer.url)) as (face, _):
        asyncio.run(cancelled(face, peer))
    peer = serve(script)
    with linking("sync", at(peer.url)) as (face, _):
        interrupt = when(lambda: peer.seen, lambda: os.kill(os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            face.upload(path)
        interrupt.join()
    peer = serve(script)
    with linking("sync", at(peer.url)) as (face, _):
        closer = when(lambda: peer.seen, face.remote.close)
        with pytest.raises(FlyteError, match="closed"):
            face.upload(path)
        closer.join()


def test_stalled_uploads_hold_nobody_up(serve: Serve, tmp_path: Path) -> None:  # noqa: F811
    stalled, good = serve(silent), serve(answer())
    path = tmp_path / "ten.bin"
    path.write_bytes(TEN)

    def locate(request: CreateUploadLocationRequest) -> CreateUploadLocationResponse:
        peer = good if request.filename == "good" else stalled
        return CreateUploadLocationResponse(signed_url=peer.url, native_url=NATIVE)

    async def main(remote: AsyncFlyteRemote) -> None:
        tasks = [asyncio.ensure_future(remote.upload(path)) for _ in range(40)]
        while len(stalled.seen) < 40:
            await asyncio.sleep(0.01)
        assert await asyncio.wait_for(remote.upload(path, filename="good"), 30) == NATIVE
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    with linking("async", locate) as (face, _):
        assert isinstance(face.remote, AsyncFlyteRemote)
        asyncio.run(main(face.remote))


# Files among inputs.


FILE = LiteralType(blob=BlobType("", BlobType.BlobDimensionality.SINGLE))
FOLDER = LiteralType(blob=BlobType("", BlobType.BlobDimensionality.MULTIPART))


def files_plan(sandbox: Sandbox) -> Any:
    return register_inputs(sandbox, f=FILE, many=LiteralType(collection_type=FILE), d=FOLDER)


def test_many_executions_with_files_start_at_once(sandbox: Sandbox, tmp_path: Path) -> None:
    plan = files_plan(sandbox)
    paths = [tmp_path / f"{number}.txt" for number in range(48)]  # more than any pool has threads
    for path in paths:
        path.write_text(path.name)

    async def main() -> list[Any]:
        async with AsyncFlyteRemote(config(sandbox), PROJECT, DOMAIN) as remote:
            starts = (
                remote.execute(plan, {"f": path, "many": [path], "d": "s3://b/folder"})
                for path in paths
            )
            return await asyncio.wait_for(asyncio.gather(*starts), 60)

    assert len({execution.id.name for execution in asyncio.run(main())}) == len(paths)


def test_uris_are_inputs(sandbox: Sandbox, face: Face, ten: Path) -> None:
    plan = files_plan(sandbox)
    uri = face.upload(ten)
    execution = face.execute(plan, {"f": uri, "many": [uri, ten], "d": "s3://b/folder"})
    face.sync(execution)
    assert execution.inputs["f"].uri == uri
    assert [each.uri for each in execution.inputs["many"]] == [uri, uri]
    assert execution.inputs["d"].uri == "s3://b/folder"
    with pytest.raises(
        FlyteValueError, match=r"inputs\['f'\]: there is no file 'none.bin'; .*a URI"
    ):
        face.execute(plan, {"f": "none.bin", "many": [], "d": "s3://b"})


def test_a_folder_goes_up_whole_and_comes_down_as_it_was(face: Face, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "sub" / "deeper").mkdir(parents=True)
    (folder / "one.txt").write_text("1")
    (folder / "sub" / "one.txt").write_text("2")
    (folder / "sub" / "deeper" / "a b.txt").write_text("3")
    (folder / ".hidden").symlink_to(folder / "one.txt")
    uri = face.upload(folder)
    assert f"/{PROJECT}/{DOMAIN}/" in uri
    found = {
        name: face.download(f"{uri}/{name}", tmp_path / "copy").read_text()
        for name in ("one.txt", "sub/one.txt", "sub/deeper/a_b.txt", ".hidden")
    }
    assert list(found.values()) == ["1", "2", "3", "1"]
    assert face.upload(folder) == uri  # the same has the same place
    (folder / "sub" / "one.txt").rename(folder / "sub" / "two.txt")
    assert face.upload(folder) != uri  # and what is called otherwise another, without the old names
    with pytest.raises(FlyteValueError, match="folder is a folder, whose files keep their names"):
        face.upload(folder, filename="x")
    (folder / "sub" / "deeper" / "a_b.txt").touch()
    with pytest.raises(FlyteAssertion, match=r"would both be called sub/deeper/a_b.txt; rename"):
        face.upload(folder)


def test_folders_and_lists_of_files_are_inputs(
    sandbox: Sandbox, face: Face, tmp_path: Path
) -> None:
    plan = files_plan(sandbox)
    folder = tmp_path / "folder"
    folder.mkdir()
    paths = [folder / "a.txt", folder / "b.txt"]
    for path in paths:
        path.write_text(path.name)
    uris = []
    for given in (folder, str(folder), paths, tuple(map(str, paths))):
        execution = face.execute(plan, {"f": str(paths[0]), "many": paths, "d": given})
        face.sync(execution)
        assert execution.inputs["f"] == execution.inputs["many"][0]
        uris.append(execution.inputs["d"].uri)
    assert len(set(uris)) == 1
    for path in paths:
        assert face.download(f"{uris[0]}/{path.name}", tmp_path / "c").read_text() == path.name


def test_a_flyte_url_is_the_file_that_it_leads_to(sandbox: Sandbox, face: Face) -> None:
    plan = files_plan(sandbox)
    outputs = {
        "file": to_literal(RemoteFile("s3://b/k"), FILE),
        "folder": to_literal(RemoteDirectory("s3://b/d"), FOLDER),
        "number": to_literal(3, LiteralType(simple=SimpleType.INTEGER)),
    }
    url = f"flyte://v1/{PROJECT}/{DOMAIN}/{give(sandbox, outputs).id.name}/n0/o"
    given = {"f": f"{url}/file", "many": [f"{url}/file"], "d": f"{url}/folder"}
    execution = face.sync(face.execute(plan, given))
    assert execution.inputs["f"] == execution.inputs["many"][0] == RemoteFile("s3://b/k")
    assert execution.inputs["d"] == RemoteDirectory("s3://b/d")
    with pytest.raises(FlyteDataError, match=rf"^inputs\['f'\]: {url}/number is no file.* but int"):
        face.execute(plan, {**given, "f": f"{url}/number"})
    with pytest.raises(FlyteCallError, match=rf"{url}/none"):
        face.execute(plan, {**given, "f": f"{url}/none"})


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (["s3://b/k"], r"\[0\]: expected a Path of a file, got str .*by its one URI"),
        ([b"x"], r"\[0\]: expected a Path of a file, got bytes"),
        (["one", "none"], r"\[1\]: there is no file 'none'"),
        (["one", "sub/one"], r"\[1\]: two files are called 'one'"),
        (["sub"], r"\[0\]: there is no file 'sub'"),
        ([], ": .* has no files"),
    ],
)
def test_a_list_that_is_no_folder_is_refused(
    sandbox: Sandbox,
    face: Face,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    items: list[object],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    for name in ("one", "sub/one"):
        (tmp_path / name).touch()
    with pytest.raises(FlyteValueError, match=rf"^inputs\['d'\]{message}"):
        face.execute(files_plan(sandbox), {"f": "s3://b/k", "many": [], "d": items})


@pytest.mark.parametrize(
    ("native", "message"),
    [
        ("s3://b/{0.content_md5[0]}/{0.filename}", "its files have come to several places"),
        ("s3://b/key", "has come to s3://b/key, not below one prefix"),
    ],
)
def test_a_server_that_knows_no_prefixes_is_told(
    serve: Serve, kind: str, tmp_path: Path, native: str, message: str  # noqa: F811
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    store = serve(answer(), answer())

    def locate(ask: CreateUploadLocationRequest) -> CreateUploadLocationResponse:
        uri = native.format(ask)
        return CreateUploadLocationResponse(signed_url=store.url, native_url=uri)

    with linking(kind, locate) as (face, server):
        with pytest.raises(FlyteDataError, match=message):
            face.upload(tmp_path)
        assert len({ask.filename_root for ask in server.asked}) == 1


def test_refusals_name_the_input(sandbox: Sandbox, face: Face, tmp_path: Path) -> None:
    plan = files_plan(sandbox)
    large, small = tmp_path / "large", tmp_path / "small"
    with large.open("wb") as file:
        file.truncate((5 << 30) + 1)
    small.touch()
    rest = {"f": "s3://b/k", "d": "s3://b/k", "many": []}
    with pytest.raises(FlyteDataError, match=r"^inputs\['many'\]\[1\]: .*large has 5368709121"):
        face.execute(plan, {**rest, "many": [small, large]})
    with pytest.raises(FlyteValueError, match=r"^inputs\['f'\]: '.*' is a folder, not a file$"):
        face.execute(plan, {**rest, "f": tmp_path})
    with pytest.raises(FlyteValueError, match=r"^inputs\['d'\]: '.*' is a file, not a folder$"):
        face.execute(plan, {**rest, "d": small})
    with pytest.raises(FlyteValueError, match=r"^inputs\['f'\]: there is no file '.*nothing'$"):
        face.execute(plan, {**rest, "f": tmp_path / "nothing"})
    with pytest.raises(FlyteDataError, match=r"^inputs\['d'\]: .*large has 5368709121"):
        face.execute(plan, {**rest, "d": tmp_path})
    (tmp_path / "none").mkdir()
    with pytest.raises(FlyteValueError, match=r"^inputs\['d'\]: .*none has no files"):
        face.execute(plan, {**rest, "d": tmp_path / "none"})


def test_a_store_that_refuses_is_told_with_the_input(kind: str, ten: Path) -> None:
    with Sandbox() as sandbox, open_face(kind, sandbox) as face:
        plan = files_plan(sandbox)
        blobs = sandbox.admin.blobs.folder
        (blobs / PROJECT).mkdir(exist_ok=True)
        (blobs / PROJECT / DOMAIN).write_text("a file where a folder should be")
        with pytest.raises(FlyteDataError, match=r"^inputs\['many'\]\[0\]: .*: ParentIsObject"):
            face.execute(plan, {"f": "s3://b/k", "d": "s3://b/k", "many": [ten]})


def test_nothing_goes_up_unless_all_inputs_fit(kind: str, ten: Path) -> None:
    with Sandbox() as sandbox, open_face(kind, sandbox) as face:
        plan = files_plan(sandbox)
        with pytest.raises(FlyteValueError, match=r"inputs\['d'\] is missing"):
            face.execute(plan, {"f": ten, "many": [ten]})
        assert not list(sandbox.admin.blobs.folder.rglob("ten.bin"))


def test_a_server_that_gives_no_place_says_why(kind: str, ten: Path) -> None:
    def refuse(request: CreateUploadLocationRequest) -> CreateUploadLocationResponse:
        raise StatusError(grpc.StatusCode.PERMISSION_DENIED, "not for you")

    with (
        linking(kind, refuse) as (face, _),
        pytest.raises(FlytePermissionError, match=r"CreateUploadLocation.*not for you"),
    ):
        face.upload(ten)
