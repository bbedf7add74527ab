"""Files, folders and tables that come down through links of the server, or in another way."""

from __future__ import annotations

import asyncio
import copy
import os
import pickle
import resource
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
import trustme
from grpc import aio

from flytebind._transfer import linked
from flytebind.models.core.literals import Literal
from flytebind.models.core.types import BlobType
from flytebind.models.service.dataproxy import (
    CreateDownloadLocationRequest,
    CreateDownloadLocationResponse,
)
from flytebind.remote import (
    AsyncFlyteRemote,
    Config,
    FlyteAssertion,
    FlyteDataError,
    FlyteNodeExecution,
    FlyteRemote,
    FlyteValueError,
    _transfers as transfers,
)
from flytebind.remote._calls import CallPolicy
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox import Sandbox
from flytebind.sandbox._dataproxy import DataProxy
from flytebind.values import (
    RemoteDirectory,
    RemoteFile,
    RemotePickle,
    RemoteTable,
)
from flytebind.values._handles import PICKLE_FORMAT
from tests.remote.conftest import DOMAIN, PROJECT, Face, config, open_face
from tests.remote.faults import programs
from tests.remote.scenes.data import give
from tests.support.s3 import Bucket, without_credentials
from tests.transfer.http.peer import Peer, Script, answer, silent, whole
from tests.values import samples as s

SINGLE, MULTIPART = BlobType.BlobDimensionality.SINGLE, BlobType.BlobDimensionality.MULTIPART


class Signing:
    """A server whose links a test makes; it notes what it was asked for."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.sign: Callable[[str], str] = self.refuse
        signing = self

        def create(
            self: DataProxy, request: CreateDownloadLocationRequest, context: grpc.ServicerContext
        ) -> CreateDownloadLocationResponse:
            signing.asked.append(request.native_url)
            return CreateDownloadLocationResponse(signed_url=signing.sign(request.native_url))

        patch.setattr(DataProxy, "create_download_location", create)

    def refuse(self, uri: str) -> str:
        """As a server does that has no store which signs."""
        raise StatusError(grpc.StatusCode.INTERNAL, "failed to create a signed url")


@pytest.fixture(scope="module")
def signing_server() -> Iterator[tuple[Sandbox, Signing]]:
    with pytest.MonkeyPatch.context() as patch:
        signing = Signing(patch)
        with Sandbox() as sandbox:
            yield sandbox, signing


@pytest.fixture
def sandbox(signing_server: tuple[Sandbox, Signing]) -> Sandbox:
    return signing_server[0]


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Face]:
    """Both, with short pauses."""
    with open_face(request.param, sandbox, policy=CallPolicy(first_pause=0.01)) as face:
        yield face


@pytest.fixture
def signing(signing_server: tuple[Sandbox, Signing]) -> Iterator[Signing]:
    signing = signing_server[1]
    signing.asked.clear()
    yield signing
    signing.sign = signing.refuse


@pytest.fixture
def store(bucket: Bucket, signing: Signing, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A store that only the server has credentials for."""
    without_credentials(monkeypatch)
    monkeypatch.setenv("FLYTE_AWS_ENDPOINT", bucket.endpoint)
    signing.sign = bucket.link
    return bucket


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linked, "_MAX_PAUSE", 0.02)


@pytest.fixture
def serve() -> Iterator[Callable[..., Peer]]:
    peers = []

    def start(*scripts: Script, certificate: trustme.LeafCert | None = None) -> Peer:
        peers.append(Peer(list(scripts), certificate))
        return peers[-1]

    yield start
    for peer in peers:
        peer.close()


def outputs_of(sandbox: Sandbox, face: Face, **outputs: Literal) -> FlyteNodeExecution:
    """A node that has given these."""
    execution = face.fetch_execution(give(sandbox, outputs).id.name)
    face.sync(execution, sync_nodes=True)
    node: FlyteNodeExecution = execution.node_executions["n0"]
    return node


def test_handles_read_through_their_remote(sandbox: Sandbox, face: Face, store: Bucket) -> None:
    store.put({"f.csv": b"1,2\n", "d/a": b"a", "d/b/c": b"c", "p": pickle.dumps([1, 2])})
    node = outputs_of(
        sandbox,
        face,
        file=s.blob(store.uri("f.csv"), "csv", SINGLE),
        folder=s.blob(store.uri("d"), "", MULTIPART),
        pickled=s.blob(store.uri("p"), PICKLE_FORMAT, SINGLE),
        files=s.collection(s.mapping(a=s.blob(store.uri("f.csv"), "csv", SINGLE))),
        packed=s.packed({"path": store.uri("f.csv")}),
    )
    file = node.outputs.get("file", as_type=RemoteFile)
    with file.open() as stream:
        assert stream.read() == b"1,2\n"
    assert file.download().read_bytes() == b"1,2\n"
    with node.outputs.get("folder", as_type=RemoteDirectory).open("b/c") as stream:
        assert stream.read() == b"c"
    assert node.outputs.get("pickled", as_type=RemotePickle).unpickle() == [1, 2]
    assert node.outputs.get("packed", as_type=RemoteFile).download().read_bytes() == b"1,2\n"
    (inner,) = node.outputs.get("files", as_type=list[dict[str, RemoteFile]])
    assert inner["a"].download().read_bytes() == b"1,2\n"


def test_where_a_handle_is_from_is_no_part_of_it(
    sandbox: Sandbox, face: Face, store: Bucket
) -> None:
    store.put({"f": b"f"})
    node = outputs_of(sandbox, face, file=s.blob(store.uri("f"), "csv", SINGLE))
    handle = node.outputs.get("file", as_type=RemoteFile)
    assert handle == RemoteFile(store.uri("f"), "csv")
    assert hash(handle) == hash(RemoteFile(store.uri("f"), "csv"))
    assert repr(handle) == repr(RemoteFile(store.uri("f"), "csv"))
    for twin in (copy.copy(handle), copy.deepcopy(handle), pickle.loads(pickle.dumps(handle))):
        assert twin == handle
        with pytest.raises(FlyteDataError, match=r"Credentials|Forbidden"):
            twin.download()
        assert face.download(twin).read_bytes() == b"f"


def test_a_remote_downloads_every_kind_of_handle(
    face: Face, bucket: Bucket, signing: Signing, tmp_path: Path
) -> None:
    signing.sign = bucket.link
    bucket.put({"f.csv": b"f", "d/a": b"a", "t/00000": b"0", "t2/00000": b"0", "t2/00001": b"1"})
    (tmp_path / "here").mkdir()
    file = RemoteFile(bucket.uri("f.csv"))
    assert face.download(file, tmp_path / "here") == tmp_path / "here" / "f.csv"
    assert face.download(RemotePickle(bucket.uri("f.csv"))).read_bytes() == b"f"
    assert face.download(bucket.uri("f.csv"), f"{tmp_path}/new/").name == "f.csv"
    folder = face.download(RemoteDirectory(bucket.uri("d")), tmp_path / "d")
    assert [path.name for path in folder.iterdir()] == ["a"]
    for table, names in (("t", ["00000"]), ("t2", ["00000", "00001"])):
        copied = face.download(RemoteTable(bucket.uri(table)))
        assert sorted(path.name for path in copied.iterdir()) == names
    with pytest.raises(FlyteValueError, match="exists already"):
        face.download(RemoteDirectory(bucket.uri("d")), tmp_path)


def test_tables_of_one_file_need_no_list(
    face: Face,
    sandbox: Sandbox,
    store: Bucket,
    serve: Callable[..., Peer],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    denied = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    monkeypatch.setenv("FLYTE_AWS_ENDPOINT", serve(answer(denied, "403 Forbidden")).url)
    store.put({"t/00000": b"rows", "one.parquet": b"one", "m/00000": b"0", "m/00001": b"1"})

    def table(key: str) -> RemoteTable:
        node = outputs_of(sandbox, face, table=s.dataset(store.uri(key)))
        return node.outputs.get("table", as_type=RemoteTable)

    with table("t").open() as stream:
        assert stream.seekable()
        assert stream.read() == b"rows"
    with table("one.parquet").open() as stream:
        assert stream.read() == b"one"
    assert (table("t").download() / "00000").read_bytes() == b"rows"
    with table("m").open("00001") as stream:
        assert stream.read() == b"1"
    # With several there must be a list, which takes credentials.
    with pytest.raises(FlyteDataError, match="to list a folder takes credentials"):
        table("m").open()
    with pytest.raises(FlyteDataError, match="to list a folder takes credentials"):
        table("m").download()


def test_a_table_of_several_files_says_so(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put({"t/part-0": b"0", "t/part-1": b"1"})
    (tmp_path / "a").write_bytes(b"")
    (tmp_path / "b").write_bytes(b"")
    for table in (RemoteTable(bucket.uri("t")), RemoteTable(str(tmp_path))):
        with pytest.raises(FlyteDataError, match=r"it has 2 files .*open one by its name"):
            table.open()


def test_who_gets_no_link_reads_with_own_credentials(
    face: Face, sandbox: Sandbox, bucket: Bucket, signing: Signing, tmp_path: Path
) -> None:
    bucket.put({"f": b"f"})
    node = outputs_of(sandbox, face, file=s.blob(bucket.uri("f"), "", SINGLE))
    file = node.outputs.get("file", as_type=RemoteFile)
    signings: list[Callable[[str], str]] = [
        signing.refuse,  # no link
        lambda uri: bucket.link(bucket.uri("none")),  # one to another store, where it is not
        lambda uri: "http://127.0.0.1:1/away",  # one to where nobody is, from here
    ]
    for sign in signings:
        signing.sign = sign
        assert file.download().read_bytes() == b"f"
        assert face.download(bucket.uri("f"), tmp_path / "f").read_bytes() == b"f"
        with file.open() as stream:
            assert stream.read() == b"f"


def test_a_server_that_cannot_sign_is_not_pressed(
    face: Face, bucket: Bucket, signing: Signing
) -> None:
    bucket.put({"f": b"f"})
    face.download(bucket.uri("f"))
    assert len(signing.asked) > 1  # it may have been a passing trouble
    for _ in range(3):
        signing.asked.clear()
        face.download(bucket.uri("f"))
        assert len(signing.asked) == 1
    signing.sign = bucket.link
    face.download(bucket.uri("f"))
    signing.asked.clear()
    signing.sign = signing.refuse
    face.download(bucket.uri("f"))
    assert len(signing.asked) > 1


def test_what_cannot_be_had_in_any_way_says_why_for_each(
    face: Face, store: Bucket, tmp_path: Path
) -> None:
    with pytest.raises(FlyteDataError) as caught:
        face.download(store.uri("none"), tmp_path / "f")
    assert str(caught.value).startswith(f"{store.uri('none')}: HTTP 404 Not Found: NoSuchKey: ")
    assert "nor with credentials of this machine: " in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_offloaded_literals_come_through_links(sandbox: Sandbox, face: Face, store: Bucket) -> None:
    content = s.string("large").to_bytes()
    store.put({"l.pb": content})
    literal = s.offloaded(store.uri("l.pb"), len(content))
    node = outputs_of(sandbox, face, o0=literal, o1=s.collection(literal, s.string("small")))
    face.load(node)
    assert node.outputs.as_dict() == {"o0": "large", "o1": ["large", "small"]}


def test_what_a_flyte_url_gives_reads_through_the_remote(
    sandbox: Sandbox, face: Face, store: Bucket
) -> None:
    content = s.string("large").to_bytes()
    store.put({"l.pb": content, "f": b"f"})
    scene = give(
        sandbox,
        {
            "file": s.blob(store.uri("f"), "", SINGLE),
            "gone": s.offloaded(store.uri("gone.pb"), 10),
            "large": s.offloaded(store.uri("l.pb"), len(content)),
        },
    )
    url = f"flyte://v1/{PROJECT}/{DOMAIN}/{scene.id.name}/n0/o"
    outputs = face.get(url)
    assert outputs["large"] == face.get(f"{url}/large") == "large"
    for file in (outputs["file"], face.get(f"{url}/file")):
        assert file.download().read_bytes() == b"f"
    with pytest.raises(FlyteDataError, match="NoSuchKey"):
        outputs["gone"]
    with pytest.raises(FlyteDataError, match="NoSuchKey"):
        face.get(f"{url}/gone")


def test_one_value_that_is_gone_does_not_lose_the_others(
    sandbox: Sandbox, face: Face, store: Bucket
) -> None:
    content, lost = s.string("large").to_bytes(), s.string("found").to_bytes()
    store.put({"l.pb": content})
    node = outputs_of(
        sandbox,
        face,
        gone=s.offloaded(store.uri("gone.pb"), len(lost)),
        here=s.offloaded(store.uri("l.pb"), len(content)),
        plain=s.integer(3),
    )
    with pytest.raises(FlyteDataError, match="NoSuchKey"):
        face.load(node)
    assert node.outputs["plain"] == 3
    assert node.outputs["here"] == "large"
    with pytest.raises(FlyteDataError, match="NoSuchKey"):
        node.outputs["gone"]
    store.put({"gone.pb": lost})
    face.load(node)
    assert node.outputs["gone"] == "found"


def test_after_its_end_a_remote_signs_no_more(
    sandbox: Sandbox, store: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put({"f": b"f"}, acl="public-read")
    with open_face("sync", sandbox) as face:
        link = s.blob(store.link(store.uri("f")), "", SINGLE)
        node = outputs_of(sandbox, face, f=s.blob(store.uri("f"), "", SINGLE), link=link)
        file = node.outputs.get("f", as_type=RemoteFile)
        linked_file = node.outputs.get("link", as_type=RemoteFile)
    assert linked_file.download().read_bytes() == b"f"
    assert file.download().read_bytes() == b"f"  # as anybody may


def test_an_asyncio_channel_serves_links_beside_its_loop(
    sandbox: Sandbox, store: Bucket, tmp_path: Path
) -> None:
    store.put({"f": b"f"})

    async def main() -> None:
        async with aio.insecure_channel(sandbox.endpoint) as channel:
            remote = AsyncFlyteRemote(None, PROJECT, DOMAIN, channel=channel)
            scene = give(sandbox, {"f": s.blob(store.uri("f"), "", SINGLE)})
            execution = await remote.fetch_execution(scene.id.name)
            await remote.sync(execution, sync_nodes=True)
            file = execution.node_executions["n0"].outputs.get("f", as_type=RemoteFile)
            assert (await remote.download(file, tmp_path / "f")).read_bytes() == b"f"
            assert (await asyncio.to_thread(file.download)).read_bytes() == b"f"
            with pytest.raises(FlyteDataError, match=r"would block the event loop"):
                file.download()
            remote.close()

    asyncio.run(main())


def test_the_stores_certificate_is_checked_as_the_servers_is(
    sandbox: Sandbox,
    signing: Signing,
    serve: Callable[..., Peer],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_credentials(monkeypatch)
    ca = trustme.CA(key_type=trustme.KeyType.ECDSA)
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    peer = serve(whole(), certificate=ca.issue_cert("127.0.0.1"))
    signing.sign = lambda uri: f"{peer.url}/f"
    channel = grpc.insecure_channel(sandbox.endpoint)
    for settings, is_trusted in (
        (Config("localhost"), False),
        (Config("localhost", ca_cert_file=str(tmp_path / "ca.pem")), True),
        (Config("localhost", insecure_skip_verify=True), True),
    ):
        with FlyteRemote(settings, PROJECT, DOMAIN, channel=channel) as remote:
            if is_trusted:
                assert remote.download("file:///none/f", tmp_path / "f") == tmp_path / "f"
            else:
                with pytest.raises(FlyteDataError, match="certificate is not trusted"):
                    remote.download("file:///none/f", tmp_path / "f")
    channel.close()


def test_a_folder_is_never_read_as_a_file(
    face: Face, bucket: Bucket, signing: Signing, tmp_path: Path
) -> None:
    signing.sign = bucket.link
    bucket.put({"d/": b"", "d/a": b"a"})
    for key in ("d", "d/"):
        with pytest.raises(FlyteDataError, match="is a folder"):
            face.download(bucket.uri(key), tmp_path / "file")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_an_error_about_the_target(
    face: Face, bucket: Bucket, signing: Signing, tmp_path: Path
) -> None:
    bucket.put({"d/a": b"a" * 100_000})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        for sign in (bucket.link, signing.refuse):
            signing.sign = sign
            with pytest.raises(FlyteDataError, match=f"^{tmp_path}.*: File too large"):
                face.download(bucket.uri("d/a"), tmp_path / "a")
        with pytest.raises(FlyteDataError, match=f"^{tmp_path}.*: File too large"):
            face.download(RemoteDirectory(bucket.uri("d")), tmp_path / "d")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())


def test_what_takes_long_is_shown(
    face: Face, bucket: Bucket, signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[tuple[str, int | None, int]] = []

    class Board:
        def add(self, what: str, size: int | None, done: int) -> int:
            shown.append((what, size, done))
            return len(shown) - 1

        def update(self, line: int, done: int) -> None:
            shown[line] = (*shown[line][:2], done)

        def remove(self, line: int) -> None:
            pass

    monkeypatch.setattr(transfers, "_board", Board())
    monkeypatch.setattr(transfers, "PATIENCE", -1.0)
    bucket.put({"d/a": b"a" * 1_000_000, "d/b": b"b" * 10})
    signing.sign = bucket.link
    face.download(bucket.uri("d/a"))
    face.download(RemoteDirectory(bucket.uri("d")))
    signing.sign = signing.refuse
    face.download(bucket.uri("d/a"))
    assert shown == [
        ("downloading a", 1_000_000, 1_000_000),
        ("downloading d", 1_000_010, 1_000_010),
        ("downloading a", 1_000_000, 1_000_000),
    ]


# Ends before the end.


def test_a_download_that_is_cancelled_ends_and_leaves_what_was_there(
    sandbox: Sandbox, signing: Signing, serve: Callable[..., Peer], tmp_path: Path
) -> None:
    peer = serve(halfway)
    signing.sign = lambda uri: f"{peer.url}/f"
    target = tmp_path / "target"
    target.write_bytes(b"old")

    async def main() -> None:
        async with AsyncFlyteRemote(config(sandbox), PROJECT, DOMAIN) as remote:
            task = asyncio.create_task(remote.download("s3://b/f", target))
            while not peer.seen:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def halfway(peer: Peer, connection: socket.socket) -> None:
    """Send a half, and nothing more."""
    peer.read(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 500)
    peer.over.wait()


@pytest.mark.parametrize(
    "download",
    [
        "FlyteRemote(config).download('s3://b/f', sys.argv[2])",
        "asyncio.run(AsyncFlyteRemote(config).download('s3://b/f', sys.argv[2]))",
        "remote = FlyteRemote(config)\n"
        "    with read_through(lambda: remote._links):\n"
        "        file = RemoteFile('s3://b/f')\n"
        "    file.download(sys.argv[2])",
    ],
)
def test_ctrl_c_ends_a_download_at_once_and_replaces_nothing(
    sandbox: Sandbox, signing: Signing, serve: Callable[..., Peer], tmp_path: Path, download: str
) -> None:
    peer = serve(halfway)
    signing.sign = lambda uri: f"{peer.url}/f"
    target = tmp_path / "target"
    target.write_bytes(b"old")
    program = f"""
from flytebind.values._handles import RemoteFile, read_through
sys.argv.append({str(target)!r})
try:
    {download}
except KeyboardInterrupt:
    print("interrupted")
"""
    process = programs.start(program, sandbox.endpoint)
    while not peer.seen and process.poll() is None:
        os.sched_yield()
    programs.interrupt(process)
    ended = programs.finish(process)
    assert ended.output == "interrupted\n"
    assert "Traceback" not in ended.errors
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def listing(peer: Peer, connection: socket.socket) -> None:
    """A store that lists a folder of three files, and sends none of them."""
    seen = peer.read(connection)
    if "list-type=2" not in seen.line:
        peer.over.wait()
    files = "".join(f"<Contents><Key>d/{name}</Key><Size>9</Size></Contents>" for name in "abc")
    body = f"<ListBucketResult>{files}</ListBucketResult>".encode()
    head = f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)


@pytest.mark.parametrize(
    "download",
    [
        "FlyteRemote(config).download(folder, sys.argv[2])",
        "asyncio.run(AsyncFlyteRemote(config).download(folder, sys.argv[2]))",
        "folder.download(sys.argv[2])",
    ],
)
def test_ctrl_c_ends_the_download_of_a_folder_and_leaves_nothing(
    sandbox: Sandbox, serve: Callable[..., Peer], tmp_path: Path, download: str
) -> None:
    pytest.importorskip("s3fs")
    peer = serve(listing)
    program = f"""
from flytebind.values._handles import RemoteDirectory
folder = RemoteDirectory("s3://bucket/d")
sys.argv.append({str(tmp_path / "target")!r})
try:
    {download}
except KeyboardInterrupt:
    print("interrupted")
"""
    keys = {"FLYTE_AWS_ACCESS_KEY_ID": "key", "FLYTE_AWS_SECRET_ACCESS_KEY": "secret"}
    process = programs.start(program, sandbox.endpoint, FLYTE_AWS_ENDPOINT=peer.url, **keys)
    while len(peer.seen) < 4 and process.poll() is None:
        os.sched_yield()
    programs.interrupt(process)
    ended = programs.finish(process)
    assert ended.output == "interrupted\n", ended.errors
    assert not list(tmp_path.iterdir())


def test_downloads_that_stall_hold_up_no_others(
    sandbox: Sandbox, signing: Signing, serve: Callable[..., Peer], tmp_path: Path
) -> None:
    peer, good = serve(silent), serve(whole())
    signing.sign = lambda uri: f"{(good if uri.endswith('good') else peer).url}/f"

    async def main() -> None:
        async with AsyncFlyteRemote(config(sandbox), PROJECT, DOMAIN) as remote:
            stalled = [
                asyncio.create_task(remote.download(f"s3://b/{number}", tmp_path / str(number)))
                for number in range(40)
            ]
            while len(peer.seen) < len(stalled):
                await asyncio.sleep(0.01)
            await asyncio.wait_for(remote.download("s3://b/good", tmp_path / "good"), 30)
            for task in stalled:
                task.cancel()
            await asyncio.gather(*stalled, return_exceptions=True)

    asyncio.run(main())
    assert [path.name for path in tmp_path.iterdir()] == ["good"]


def test_a_closed_remote_refuses_what_needs_it(sandbox: Sandbox, signing: Signing) -> None:
    remote = FlyteRemote(config(sandbox), PROJECT, DOMAIN)
    remote.close()
    with pytest.raises((FlyteAssertion, FlyteDataError), match="closed"):
        remote.download("file:///none/f")
