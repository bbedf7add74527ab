"""What pyflyte packages and serializes registers as flytekit itself registered it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flyteidl.admin import launch_plan_pb2, task_pb2, workflow_pb2
from flyteidl.core import tasks_pb2
from flytekit.models.admin.workflow import WorkflowSpec
from flytekit.models.launch_plan import LaunchPlan
from flytekit.models.task import TaskSpec

from flytebind.models.admin.common import ObjectGetRequest
from flytebind.remote import Config, FlyteRemote
from flytebind.remote._registration.compare import Stored, difference
from flytebind.remote._registration.walk import walk
from flytebind.sandbox import Sandbox
from tests.real.flytekit.clients import DOMAIN, PROJECT, pyflyte
from tests.real.recordings import FOLDER
from tests.real.test_registration import KEPT, SENT, kept, without_arguments

WORKFLOWS = FOLDER / "workflows"
VERSION = "v2"
MODULES = [path.stem for path in sorted(WORKFLOWS.glob("*.py"))]
KINDS = {"task": "Task", "workflow": "Workflow", "launch plan": "LaunchPlan"}


def without_settings(stored: Stored) -> Stored:
    """The same, but for the settings that dynamic tasks bring along: they name folders."""
    stored = type(stored).FromString(stored.SerializeToString())
    for message in walk(stored):
        if isinstance(message, tasks_pb2.Container):
            message.ClearField("env")
    return stored


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def remote(sandbox: Sandbox) -> Iterator[FlyteRemote]:
    config = Config.for_endpoint(sandbox.endpoint, insecure=True)
    with FlyteRemote(config, PROJECT, DOMAIN) as remote:
        yield remote


def packages() -> list[str]:
    return [word for module in MODULES for word in ("--pkgs", module)]


def compare(
    remote: FlyteRemote, entities: Any, aside: Callable[[Stored], Stored] = lambda stored: stored
) -> set[tuple[str, str]]:
    """Compare what is registered with what a real server had; returns what that is."""
    seen = set()
    for each in entities:
        kind = KINDS[each.kind]
        get: Any = getattr(remote.admin, f"get_{each.kind.replace(' ', '_')}")
        ours = aside(kept(get(ObjectGetRequest(id=each.id)).to_pb(), kind))
        theirs = aside(kept(KEPT[kind, each.id.name], kind))
        assert difference(ours, theirs) == "", each
        seen.add((kind, each.id.name))
    return seen


def test_a_package_registers_as_a_real_server_has_it(
    sandbox: Sandbox, remote: FlyteRemote, tmp_path: Path
) -> None:
    package = str(tmp_path / "flows.tgz")
    arguments = ("package", "--image", "x:1", "-o", package, "--fast")
    pyflyte(sandbox, WORKFLOWS, *packages(), *arguments)
    done = remote.register(package, version=VERSION)
    assert compare(remote, done.entities, without_arguments) == SENT.keys()
    assert done.code is not None
    assert remote.register(package, version=VERSION).new == []


def test_a_folder_of_files_registers_and_so_do_flytekits_models(
    sandbox: Sandbox, remote: FlyteRemote, tmp_path: Path
) -> None:
    arguments = ("serialize", "--image", "x:1", "workflows", "-f", str(tmp_path))
    pyflyte(sandbox, WORKFLOWS, *packages(), *arguments)
    done = remote.register(tmp_path, version=VERSION)
    assert compare(remote, done.entities, without_settings) == SENT.keys()
    assert done.code is None
    kinds: dict[str, tuple[Any, Any]] = {
        "1": (task_pb2.TaskSpec, TaskSpec),
        "2": (workflow_pb2.WorkflowSpec, WorkflowSpec),
        "3": (launch_plan_pb2.LaunchPlan, LaunchPlan),
    }
    models = []
    for path in tmp_path.glob("*.pb"):
        message, model = kinds[path.stem[-1]]
        models.append(model.from_flyte_idl(message.FromString(path.read_bytes())))
    assert len(remote.register(models, version="v3").new) == len(models) == 128
