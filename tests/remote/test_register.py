"""Registering what pyflyte has packaged: in order, once, and nothing in place of another."""

from __future__ import annotations

import io
import random
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from flyteidl.admin import launch_plan_pb2, task_pb2, workflow_pb2
from flyteidl.core import identifier_pb2
from google.protobuf.json_format import ParseDict

from flytebind.models.admin.launch_plan import LaunchPlan
from flytebind.models.admin.task import TaskSpec
from flytebind.models.admin.workflow import WorkflowSpec
from flytebind.remote import (
    CallPolicy,
    FlyteInvalidInputError,
    FlyteNotFoundError,
    FlyteRemote,
    FlyteValueError,
    FlyteVersionConflictError,
    RegisteredEntity,
)
from flytebind.remote._registration.order import in_waves
from flytebind.sandbox import Sandbox
from tests.real.recordings import FOLDER
from tests.remote.conftest import DOMAIN, PROJECT, Face, config, open_face

PACKAGE = FOLDER / "packages" / "flows.tgz"
QUICK = CallPolicy(timeout=20, first_pause=0.01, longest_pause=0.05)
COUNTS = "32 tasks, 32 workflows, 38 launch plans"


def contents() -> dict[str, bytes]:
    """The files of the package."""
    with tarfile.open(PACKAGE) as archive:
        members = ((member.name, archive.extractfile(member)) for member in archive)
        return {name: file.read() for name, file in members if file is not None}


def named(name: str) -> bytes:
    """The file of the package for an entity: ``flows.add_1``."""
    (content,) = (data for file, data in contents().items() if file.endswith(f"_{name}.pb"))
    return content


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Face]:
    with open_face(request.param, sandbox, policy=QUICK) as face:
        yield face


@pytest.fixture
def remote(sandbox: Sandbox) -> Iterator[FlyteRemote]:
    with FlyteRemote(config(sandbox), PROJECT, DOMAIN, policy=QUICK) as remote:
        yield remote


def add(**changes: Any) -> TaskSpec:
    """The task ``flows.add`` without code from elsewhere, changed."""
    spec = task_pb2.TaskSpec.FromString(named("flows.add_1"))
    spec.template.container.args[:] = ["run"]
    for name, value in changes.items():
        setattr(spec.template.container, name, value)
    return TaskSpec.from_pb(spec)


def test_a_package_registers_once(sandbox: Sandbox, face: Face) -> None:
    seen: list[RegisteredEntity] = []
    planned = face.register(PACKAGE, version="v1", dry_run=True)
    assert {*sandbox.calls.counts()} == {
        "CreateUploadLocation",  # which makes nothing
        "GetTask",
        "GetWorkflow",
        "GetLaunchPlan",
    }
    assert str(planned) == f"{COUNTS}: 102 would be new, 0 unchanged"
    done = face.register(PACKAGE, version="v1", progress=seen.append)
    assert str(done) == f"{COUNTS}: 102 new, 0 unchanged"
    assert repr(done) == f"<Registration: {done}>"
    assert done.new == planned.new
    assert tuple(seen) == done.entities
    again = face.register(PACKAGE, version="v1")
    assert str(again) == f"{COUNTS}: 0 new, 102 unchanged"
    assert str(face.register(PACKAGE, version="v1", dry_run=True)).endswith(" 102 unchanged")
    assert done.code == planned.code == again.code
    plan = face.fetch_launch_plan("flows.wf_map", "v1")
    assert not plan.is_active
    assert face.fetch_workflow("flows.deep", "v1").node("n0") is not None
    assert str(done.entities[0]) == f"new        task         {PROJECT}/{DOMAIN}/flows.add/v1"


def test_code_is_where_tasks_look_for_it(remote: FlyteRemote, tmp_path: Path) -> None:
    done = remote.register(PACKAGE, version="v1")
    container = remote.fetch_task("flows.add").container
    assert container is not None
    assert list(container.args[:5]) == [
        "pyflyte-fast-execute",
        "--additional-distribution",
        done.code,
        "--dest-dir",
        "/root",
    ]
    assert done.code is not None
    copied = remote.download(done.code, tmp_path / "code.tar.gz")
    (code,) = (data for name, data in contents().items() if name.startswith("fast"))
    assert copied.read_bytes() == code


def unpacked(folder: Path) -> Path:
    for name, content in contents().items():
        (folder / name).write_bytes(content)
    (folder / "README.md").write_text("for people")
    return folder


def repacked(file: Path, *, below: str = "") -> Path:
    """The same files in another order, perhaps in a folder."""
    files = list(contents().items())
    random.Random(1).shuffle(files)
    with tarfile.open(file, "w:gz" if file.suffix == ".tgz" else "w") as archive:
        for name, content in files:
            info = tarfile.TarInfo(f"{below}{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file


@pytest.mark.parametrize(
    "make",
    [
        unpacked,
        lambda folder: repacked(folder / "flows.tar"),
        lambda folder: repacked(folder / "flows.tgz", below="../flows/"),
        lambda folder: str(repacked(folder / "flows.tgz")),
    ],
)
def test_it_may_be_a_folder_or_an_archive_in_any_order(
    remote: FlyteRemote, tmp_path: Path, make: Callable[[Path], Any]
) -> None:
    assert str(remote.register(make(tmp_path), version="v1")) == f"{COUNTS}: 102 new, 0 unchanged"
    assert list(tmp_path.parent.glob("flows/*")) == []


class Theirs:
    """A model as flytekit has it."""

    def __init__(self, pb: task_pb2.TaskSpec) -> None:
        self.pb = pb

    def to_flyte_idl(self) -> task_pb2.TaskSpec:
        return self.pb


def test_models_and_messages_register_and_stay_as_they_are(face: Face) -> None:
    spec = add()
    message = workflow_pb2.WorkflowSpec.FromString(named("flows.wf_nothing_2"))
    noop = task_pb2.TaskSpec.FromString(named("flows.noop_1"))
    noop.template.container.args[:] = ["run"]
    plan = LaunchPlan.from_bytes(named("flows.wf_nothing_3"))
    given = [plan, message, WorkflowSpec.from_pb(message), Theirs(noop), spec]
    done = face.register(given, version="v1", project=PROJECT)
    assert [each.kind for each in done.entities] == ["task", "task", "workflow", "launch plan"]
    assert (spec.template.id.version, message.template.id.version) == ("", "")
    assert done.code is None
    file = named("flows.wf_nothing_3")
    assert face.register([launch_plan_pb2.LaunchPlan.FromString(file)], version="v1").new == []


def test_a_file_registers_whatever_it_is_called(remote: FlyteRemote, tmp_path: Path) -> None:
    for number, content in enumerate((add().to_bytes(), named("flows.sub_3"))):
        path = tmp_path / f"{number}.pb"
        path.write_bytes(content)
    assert [id.name for id in remote.register(tmp_path / "0.pb", version="v1").new] == ["flows.add"]
    with pytest.raises(FlyteNotFoundError, match=r"CreateLaunchPlan of .*flows\.sub/v1"):
        remote.register(tmp_path / "1.pb", version="v1")  # its workflow is not there


def test_another_content_under_one_version_shows_the_difference(face: Face) -> None:
    face.register([add()], version="v1")
    workflow = workflow_pb2.WorkflowSpec.FromString(named("flows.sub_2"))
    plan = launch_plan_pb2.LaunchPlan.FromString(named("flows.sub_3"))
    face.register([workflow, plan], version="v1")
    workflow.template.nodes[0].metadata.name = "other\x1b[31m"
    plan.spec.max_parallelism = 7
    for dry_run in (True, False):
        with pytest.raises(FlyteVersionConflictError) as caught:
            face.register([add(image="other"), workflow], version="v1", dry_run=dry_run)
        first = f"task {PROJECT}/{DOMAIN}/flows.add/v1\n--- registered\n+++ given\n"
        assert first in str(caught.value)
        assert '\n-  image: "x:1"\n+  image: "other"\n' in str(caught.value)
        assert "\x1b" not in str(caught.value)
        assert [id.name for id in caught.value.differences] == ["flows.add"]
        with pytest.raises(FlyteVersionConflictError, match=r"workflow .*flows\.sub/v1"):
            face.register([workflow], version="v1", dry_run=dry_run)
        with pytest.raises(FlyteVersionConflictError, match="max_parallelism: 7"):
            face.register([plan], version="v1", dry_run=dry_run)
    assert face.register([add(image="other")], version="v2").new


def test_all_that_differs_is_told_at_once(remote: FlyteRemote) -> None:
    other = add().to_pb()
    other.template.id.name = "flows.other"
    remote.register([add(), TaskSpec.from_pb(other)], version="v1")
    other.template.container.image = "other"
    with pytest.raises(FlyteVersionConflictError, match=r"^these 2 are registered") as caught:
        remote.register([add(image="other"), TaskSpec.from_pb(other)], version="v1")
    assert {id.name for id in caught.value.differences} == {"flows.add", "flows.other"}


def test_what_the_server_refuses_is_its_error_and_the_rest_is_registered(face: Face) -> None:
    bad = add().to_pb()
    bad.template.id.name = "flows.bad"
    bad.template.ClearField("interface")
    bad.template.container.image = ""
    with pytest.raises(FlyteInvalidInputError, match=r"CreateTask of .*flows\.bad"):
        face.register([TaskSpec.from_pb(bad), add()], version="v1")
    assert face.fetch_task("flows.add").id.version == "v1"


def test_placeholders_are_filled_in(remote: FlyteRemote) -> None:
    spec = add().to_pb()
    id = spec.template.id
    id.project, id.domain = "{{ registration.project }}", "{{registration.domain}}"
    id.version = "{{ .version }}"
    container = spec.template.container
    container.image = "ghcr.io/acme:{{ registration.version }}"
    container.args[:] = ["{{ .dest_dir }}", "{{.input}}", "{{ .project }}/{{ .domain }}"]
    container.env.add(key="VERSION", value="{{ registration.version }}")
    remote.register([TaskSpec.from_pb(spec)], version="v7", destination="/code")
    task = remote.fetch_task("flows.add", "v7")
    assert task.container is not None
    assert task.container.image == "ghcr.io/acme:v7"
    assert list(task.container.args) == ["/code", "{{.input}}", f"{PROJECT}/{DOMAIN}"]
    assert dict(task.container.env or {}) == {"VERSION": "v7"}


def test_pods_get_their_code_as_well(remote: FlyteRemote, tmp_path: Path) -> None:
    spec = add().to_pb()
    args = ["--additional-distribution", "{{ .remote_package_path }}", "{{ .dest_dir }}"]
    pod = {"name": "a", "image": "x:1", "args": args}
    ParseDict({"podSpec": {"containers": [pod]}}, spec.template.k8s_pod)
    (tmp_path / "0_a_1.pb").write_bytes(spec.SerializeToString())
    (tmp_path / "fastabc.tar.gz").write_bytes(b"code")
    done = remote.register(tmp_path, version="v1")
    registered: Any = remote.fetch_task("flows.add").to_dict()
    (container,) = registered["k8sPod"]["podSpec"]["containers"]
    assert container["args"] == [args[0], done.code, "."]


def test_identifiers_of_their_own_stay(remote: FlyteRemote) -> None:
    spec = add().to_pb()
    spec.template.id.version = "own"
    (id,) = remote.register([TaskSpec.from_pb(spec)], version="v1").new
    assert (id.project, id.domain, id.version) == (PROJECT, DOMAIN, "own")
    assert remote.register([TaskSpec.from_pb(spec)]).unchanged == [id]


def test_launch_plans_become_active_when_asked(face: Face) -> None:
    done = face.register(PACKAGE, version="v1", activate=True)
    active = face.list_launch_plans(active=True)
    assert len(active) == sum(each.kind == "launch plan" for each in done.entities) == 38
    assert all(each.is_active for each in active)


def test_what_was_heard_before_the_connection_broke_is_new() -> None:
    with Sandbox(relay=True) as sandbox, open_face("sync", sandbox, policy=QUICK) as face:
        sandbox.faults.cut(method="CreateTask", times=1)
        assert len(face.register([add()], version="v1").new) == 1
        assert sandbox.calls["CreateTask"] == 2


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, "nothing to register: no .pb file"),
        ({"notes.txt": b"x"}, "nothing to register"),
        ({"0_flows.add_1.pb": b"\xff"}, "0_flows.add_1.pb is no TaskSpec"),
        ({"0.pb": b"\xff"}, "0.pb is no TaskSpec, no WorkflowSpec and no LaunchPlan"),
        ({"0_flows.add_1.pb": b""}, "0_flows.add_1.pb has no name"),
        ({"0_flows.add_1.pb": named("flows.add_1")}, "flows.add: what they run comes from an arch"),
        (
            {"fasta.tar.gz": b"", "fastb.tar.gz": b"", "0_a_1.pb": named("flows.add_1")},
            "two archives of code",
        ),
    ],
)
def test_what_is_no_package_is_explained(
    remote: FlyteRemote, sandbox: Sandbox, tmp_path: Path, files: dict[str, bytes], problem: str
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(FlyteValueError, match=problem):
        remote.register(tmp_path, version="v1")
    assert sandbox.calls.counts() == {}


def test_wrong_arguments_are_refused_before_anything_is_sent(
    remote: FlyteRemote, sandbox: Sandbox, tmp_path: Path
) -> None:
    with pytest.raises(FlyteValueError, match=r"flows\.add has no version of its own"):
        remote.register(PACKAGE)
    with pytest.raises(FlyteValueError, match="version of register cannot be ''"):
        remote.register(PACKAGE, version="")
    with pytest.raises(FileNotFoundError):
        remote.register(tmp_path / "nothing.tgz", version="v1")
    cut = tmp_path / "cut.tgz"
    cut.write_bytes(PACKAGE.read_bytes()[:2000])
    with pytest.raises(FlyteValueError, match=r"cut\.tgz cannot be read"):
        remote.register(cut, version="v1")
    other = tmp_path / "flows.zip"
    other.write_bytes(b"PK")
    with pytest.raises(FlyteValueError, match=r"flows\.zip is no \.pb, no folder"):
        remote.register(other, version="v1")
    with pytest.raises(FlyteValueError, match=r"two of .*flows\.add/v1, and they differ"):
        remote.register([add(), add(image="other")], version="v1")
    wrong: Any
    for wrong in (add(), 7, [7], [identifier_pb2.Identifier()]):
        with pytest.raises(TypeError, match=r"^register takes"):
            remote.register(wrong, version="v1")
    assert sandbox.calls.counts() == {}


def test_things_that_need_each_other_have_no_order() -> None:
    one, two = (
        workflow_pb2.WorkflowSpec.FromString(named(name)) for name in ("flows.sub_2", "flows.two_2")
    )
    one.sub_workflows.add(id=two.template.id)
    two.sub_workflows.add(id=one.template.id)
    items = {spec.template.id.SerializeToString(deterministic=True): spec for spec in (one, two)}
    with pytest.raises(FlyteValueError, match=r"needs another one first: flows\.sub, flows\.two"):
        list(in_waves(items))


def test_a_refusal_ends_a_registration(sandbox: Sandbox, face: Face) -> None:
    sandbox.faults.fail(grpc.StatusCode.PERMISSION_DENIED, "not you", method="CreateWorkflow")
    with pytest.raises(Exception, match="PERMISSION_DENIED: not you"):
        face.register(PACKAGE, version="v1")
    assert sandbox.calls["CreateLaunchPlan"] == 0
