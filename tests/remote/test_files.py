"""Files that go up and come down, data behind links, and literals that lie elsewhere."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flytebind.models.admin.node_execution import NodeExecutionGetDataRequest
from flytebind.models.core.literals import Literal, LiteralOffloadedMetadata
from flytebind.models.core.types import BlobType, LiteralType, SimpleType
from flytebind.remote import (
    FlyteAssertion,
    FlyteCallError,
    FlyteDataError,
    FlyteNotFoundError,
    FlyteRemote,
    LiteralsResolver,
)
from flytebind.sandbox import Sandbox
from flytebind.sandbox._settings import Settings
from flytebind.sandbox.play._values import to_literal
from flytebind.services.admin import AdminServiceClient
from tests.remote.conftest import DOMAIN, PROJECT, Face, config, open_face, register_inputs
from tests.remote.scenes import data, scripted
from tests.remote.scenes.data import give

# Flyte URLs.


def test_a_flyte_url_gives_what_is_behind_it(sandbox: Sandbox, face: Face) -> None:
    scene = scripted.played(sandbox, "chain")
    url = f"flyte://v1/{PROJECT}/{DOMAIN}/{scene.id.name}/n1"
    for side, expected in (("i", {"values": [1, 2, 3, 4, 5]}), ("o", {"o0": 15})):
        found = face.get(f"{url}/{side}")
        assert isinstance(found, LiteralsResolver)
        assert dict(found) == expected
        assert dict(face.get(f"{url}/0/{side}")) == expected
    assert face.get(f"{url}/i/values") == [1, 2, 3, 4, 5]
    assert face.get(f"{url}/o/o0") == face.get(f"{url}/0/o/o0") == 15


def test_urls_of_the_server_can_be_used(sandbox: Sandbox, remote: FlyteRemote) -> None:
    scene = scripted.played(sandbox, "chain")
    execution = remote.fetch_execution(scene.id.name).sync(sync_nodes=True)
    node = execution.node_executions["n0"]
    with sandbox.channel() as channel:
        request = NodeExecutionGetDataRequest(id=node.id)
        answer = AdminServiceClient(channel).get_node_execution_data(request)
    assert answer.flyte_urls is not None
    assert remote.get(answer.flyte_urls.inputs) == node.inputs
    assert remote.get(answer.flyte_urls.outputs) == node.outputs


@pytest.mark.parametrize("rest", ["n9/o", "n1/o/o7", "n1/4/o", "n1/d"])
def test_a_flyte_url_without_anything_behind_it_is_an_error(
    sandbox: Sandbox, face: Face, rest: str
) -> None:
    url = f"flyte://v1/{PROJECT}/{DOMAIN}/{scripted.played(sandbox, 'chain').id.name}/{rest}"
    with pytest.raises(FlyteCallError, match=f"GetData of {url}: "):
        face.get(url)


# Up and down.


def test_a_file_goes_up_and_comes_down(face: Face, tmp_path: Path) -> None:
    source = tmp_path / "rows.csv"
    source.write_bytes(b"a,b\n1,2\n" * 100_000)
    uri = face.upload(source)
    assert uri.endswith("/rows.csv")
    assert f"/{PROJECT}/{DOMAIN}/" in uri
    assert face.upload(str(source)) == uri  # the same file has the same place
    target = face.download(uri, tmp_path / "copy.csv")
    assert target == tmp_path / "copy.csv"
    assert target.read_bytes() == source.read_bytes()
    (tmp_path / "folder").mkdir()
    assert face.download(uri, str(tmp_path / "folder")) == tmp_path / "folder" / "rows.csv"


def test_an_upload_can_be_called_otherwise_and_go_elsewhere(face: Face, tmp_path: Path) -> None:
    source = tmp_path / "rows.csv"
    source.write_bytes(b"")
    uri = face.upload(source, domain="staging", filename="other.csv")
    assert uri.endswith("/other.csv")
    assert f"/{PROJECT}/staging/" in uri
    assert face.download(uri, tmp_path / "copy").read_bytes() == b""


def test_a_download_that_fails_leaves_what_was_there(
    sandbox: Sandbox, face: Face, tmp_path: Path
) -> None:
    target = tmp_path / "copy"
    target.write_text("before")
    gone = sandbox.admin.blobs.uri("nothing")
    with pytest.raises(FlyteDataError, match="HTTP 404") as caught:
        face.download(gone, target)
    assert "?" not in str(caught.value)  # signed links are secrets
    with pytest.raises(FlyteDataError, match=r"NoSuchBucket.*nor with credentials"):
        face.download("s3://elsewhere/file", target)
    assert target.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_files_among_the_inputs_are_uploaded(sandbox: Sandbox, face: Face, tmp_path: Path) -> None:
    blob = LiteralType(blob=BlobType("csv", BlobType.BlobDimensionality.SINGLE))
    plan = register_inputs(sandbox, file=blob, files=LiteralType(collection_type=blob))
    sources = []
    for number in range(3):
        sources.append(tmp_path / f"rows{number}.csv")
        sources[-1].write_text(f"{number}\n")
    execution = face.execute(plan, {"file": sources[0], "files": sources[1:]})
    face.sync(execution)
    handles = [execution.inputs["file"], *execution.inputs["files"]]
    for number, handle in enumerate(handles):
        assert face.download(handle.uri, tmp_path / "copy").read_text() == f"{number}\n"


# Links.


@pytest.fixture
def linking() -> Iterator[Sandbox]:
    """A sandbox that answers with links for all but the smallest data."""
    settings = Settings(max_download_bytes=100, signed_urls=True)
    with Sandbox(settings=settings) as sandbox:
        yield sandbox


@pytest.fixture(params=["sync", "async"])
def linked(request: pytest.FixtureRequest, linking: Sandbox) -> Iterator[Face]:
    with open_face(request.param, linking) as face:
        yield face


def test_data_behind_a_link_is_fetched_when_it_is_touched(linking: Sandbox, linked: Face) -> None:
    scene = data.offloaded(linking, size=1000)
    execution = linked.fetch_execution(scene.id.name)
    linked.sync(execution, sync_nodes=True)
    node = execution.node_executions["n0"]
    assert node.problem is None
    if linked.is_async:
        for each, kind in ((node, "node execution"), (execution, "execution")):
            with pytest.raises(FlyteAssertion, match=f"outputs of {kind}.*await remote.load"):
                _ = each.outputs
        linked.load(node)
        linked.load(node.task_executions[0])
    expected = scene.nodes["n0"]
    assert (dict(node.inputs), dict(node.outputs)) == (expected.inputs, expected.outputs)
    (attempt,) = node.task_executions
    assert dict(attempt.outputs) == expected.outputs
    twin = pickle.loads(pickle.dumps(node))
    assert dict(twin.outputs) == expected.outputs


def test_a_link_that_has_expired_is_asked_for_again(linking: Sandbox, linked: Face) -> None:
    scene = data.offloaded(linking, size=1000)
    execution = linked.fetch_execution(scene.id.name)
    linked.sync(execution, sync_nodes=True)
    linking.clock.advance(timedelta(hours=1))
    node = execution.node_executions["n0"]
    linked.load(node)
    assert dict(node.outputs) == scene.nodes["n0"].outputs


def test_what_cannot_be_had_behind_a_link_is_an_error_that_keeps_it_secret(
    linking: Sandbox, linked: Face
) -> None:
    scene = data.offloaded(linking, size=1000)
    execution = linked.fetch_execution(scene.id.name)
    linked.sync(execution, sync_nodes=True)
    for file in data.files(linking, scene.id):
        file.write_bytes(file.read_bytes()[:-1])
    node = execution.node_executions["n0"]
    with pytest.raises(FlyteDataError, match=r"inputs of node execution .*/n0: ") as caught:
        linked.load(node)
    assert "?" not in str(caught.value)


# Literals that were too large to travel.


def offload(sandbox: Sandbox, value: object, kind: SimpleType | None) -> Literal:
    """A literal that says where another one is."""
    content = to_literal(value).SerializeToString()
    return Literal(
        offloaded_metadata=LiteralOffloadedMetadata(
            uri=sandbox.admin.blobs.write(f"offloaded/{value}", content),
            size_bytes=len(content),
            inferred_type=None if kind is None else LiteralType(simple=kind),
        )
    )


@pytest.mark.parametrize("kind", [SimpleType.INTEGER, None])
def test_an_offloaded_literal_is_fetched_when_it_is_touched(
    sandbox: Sandbox, face: Face, kind: SimpleType | None
) -> None:
    literal = offload(sandbox, 17, kind)
    execution = face.fetch_execution(give(sandbox, {"o0": literal}).id.name)
    face.sync(execution, sync_nodes=True)
    node = execution.node_executions["n0"]
    assert node.outputs.literals["o0"] == literal
    if face.is_async:
        with pytest.raises(FlyteAssertion, match=r"offloaded part of the outputs.*await remote"):
            node.outputs["o0"]
        face.load(node)
    assert node.outputs["o0"] == 17
    assert node.outputs.get("o0", as_type=int) == 17


@pytest.mark.parametrize("is_touched", [False, True])
def test_copies_keep_the_offloaded_literals_that_were_fetched(
    sandbox: Sandbox, remote: FlyteRemote, is_touched: bool
) -> None:
    scene = give(sandbox, {"o0": offload(sandbox, 17, SimpleType.INTEGER)})
    node = remote.fetch_execution(scene.id.name).sync(sync_nodes=True).node_executions["n0"]
    remote.load(node)
    if is_touched:
        assert node.outputs["o0"] == 17
    for twin in (pickle.loads(pickle.dumps(node)), copy.deepcopy(node), copy.copy(node)):
        assert twin.outputs["o0"] == 17


def test_an_offloaded_literal_of_another_size_is_an_error(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    literal = offload(sandbox, 18, SimpleType.INTEGER)
    execution = remote.fetch_execution(give(sandbox, {"o0": literal}).id.name).sync(sync_nodes=True)
    outputs = execution.node_executions["n0"].outputs
    sandbox.admin.blobs.write("offloaded/18", b"something else")
    with pytest.raises(FlyteDataError, match=r"outputs of node execution .*/n0.* bytes instead of"):
        outputs["o0"]


def test_data_of_nothing_is_not_found(face: Face) -> None:
    with pytest.raises(FlyteNotFoundError, match="GetData of flyte://"):
        face.get(f"flyte://v1/{PROJECT}/{DOMAIN}/nothing/n0/o")


def test_a_remote_without_a_place_cannot_upload(sandbox: Sandbox, tmp_path: Path) -> None:
    with FlyteRemote(config(sandbox)) as remote, pytest.raises(FlyteAssertion, match="project"):
        remote.upload(tmp_path / "file")
