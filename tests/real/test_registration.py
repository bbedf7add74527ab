"""What is registered is what flytekit registered on a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flyteidl.admin import workflow_pb2

from flytebind.models.admin.common import ObjectGetRequest
from flytebind.models.admin.launch_plan import LaunchPlan
from flytebind.models.admin.task import Task
from flytebind.models.admin.workflow import Workflow
from flytebind.remote import FlyteRemote, Registration
from flytebind.remote._registration.compare import Stored, difference, is_same
from flytebind.remote._registration.walk import walk
from flytebind.sandbox import Sandbox
from tests.real import recordings
from tests.remote.conftest import DOMAIN, PROJECT, config

PACKAGE = recordings.FOLDER / "packages" / "flows.tgz"
#: What flytekit registered, by the call and the name.
SENT: dict[tuple[str, str], Any] = {}
#: What the server had of it then.
KEPT: dict[tuple[str, str], Any] = {}
for _row in recordings.rows("registration", "flytekit"):
    _request = _row.question.read()
    _name = _row.question.name
    if _name.startswith("Create"):
        SENT[_name.removeprefix("Create"), _request.id.name] = _request
    else:
        _answer = _row.answer.read(_row.question.method)
        KEPT[_name.removeprefix("Get"), _request.id.name] = _answer


def sent(key: tuple[str, str]) -> Stored:
    stored: Stored = SENT[key].spec.template if key[0] == "Task" else SENT[key].spec
    return stored


def kept(answer: Any, kind: str) -> Stored:
    """What a server has, in the form in which it was sent."""
    stored: Stored
    match kind:
        case "Task":
            stored = answer.closure.compiled_task.template
        case "LaunchPlan":
            stored = answer.spec
        case _:
            closure = answer.closure.compiled_workflow
            return workflow_pb2.WorkflowSpec(
                template=closure.primary.template,
                sub_workflows=[each.template for each in closure.sub_workflows],
            )
    return stored


@pytest.mark.parametrize("key", SENT, ids=lambda key: " ".join(key))
def test_what_a_real_server_keeps_is_the_same_as_what_was_sent(key: tuple[str, str]) -> None:
    assert difference(sent(key), kept(KEPT[key], key[0])) == ""
    assert is_same(sent(key), kept(KEPT[key], key[0]))


def test_each_change_is_seen_through_what_the_compiler_adds() -> None:
    key = ("Workflow", "flows.wf_branch_nested")
    theirs = kept(KEPT[key], "Workflow")
    in_arm, in_output = workflow_pb2.WorkflowSpec(), workflow_pb2.WorkflowSpec()
    for changed in (in_arm, in_output):
        changed.CopyFrom(SENT[key].spec)
    in_arm.template.nodes[0].branch_node.if_else.case.then_node.metadata.name = "other"
    in_output.template.outputs[0].binding.promise.node_id = "n9"
    assert difference(in_arm, theirs).endswith(
        '+              name: "other"\n               retries {'
    )
    assert '\n-        node_id: "n0"\n+        node_id: "n9"\n' in difference(in_output, theirs)


@pytest.fixture(scope="module")
def remote() -> Iterator[FlyteRemote]:
    with Sandbox() as sandbox, FlyteRemote(config(sandbox), PROJECT, DOMAIN) as remote:
        yield remote


@pytest.fixture(scope="module")
def done(remote: FlyteRemote) -> Registration:
    return remote.register(PACKAGE, version="v2")


def without_arguments(stored: Stored) -> Stored:
    """The same, but for how a container is run: with code from an archive, or from its image."""
    stored = type(stored).FromString(stored.SerializeToString())
    for message in walk(stored):
        if message.DESCRIPTOR.full_name == "flyteidl.core.Container":
            message.ClearField("args")
            message.ClearField("env")  # of dynamic tasks: settings, which tell of the archive, too
    return stored


def test_a_package_registers_as_flytekit_registered_its_sources(
    remote: FlyteRemote, done: Registration
) -> None:
    kinds = {"task": "Task", "workflow": "Workflow", "launch plan": "LaunchPlan"}
    get: dict[str, Callable[[ObjectGetRequest], Task | Workflow | LaunchPlan]] = {
        "Task": remote.admin.get_task,
        "Workflow": remote.admin.get_workflow,
        "LaunchPlan": remote.admin.get_launch_plan,
    }
    assert len({(each.kind, each.id.name) for each in done.entities}) == 102
    for each in done.entities:
        kind = kinds[each.kind]
        answer = get[kind](ObjectGetRequest(id=each.id))
        ours = without_arguments(kept(answer.to_pb(), kind))
        theirs = without_arguments(kept(KEPT[kind, each.id.name], kind))
        assert difference(ours, theirs) == "", each
