"""Workflows that flytekit registered on a real server register on the sandbox, and run there."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from flyteidl.admin import launch_plan_pb2, task_pb2, workflow_pb2
from flyteidl.core.execution_pb2 import NodeExecution, TaskExecution, WorkflowExecution
from flytekit.core.type_engine import LiteralsResolver
from flytekit.remote import FlyteNodeExecution, FlyteRemote, FlyteWorkflowExecution

from flytebind.sandbox import Sandbox
from tests.real.flytekit.clients import DOMAIN, PROJECT, connect, pyflyte
from tests.real.flytekit.cluster import Cluster
from tests.real.recordings import FOLDER, expected

WORKFLOWS = FOLDER / "workflows"
VERSION = "v2"
KINDS: dict[str, Any] = {
    "CreateTask": task_pb2.TaskCreateRequest,
    "CreateWorkflow": workflow_pb2.WorkflowCreateRequest,
    "CreateLaunchPlan": launch_plan_pb2.LaunchPlanCreateRequest,
}
#: A map task over four items, of which one fails.
ONE_FAILS = "f94064817406a5f3bfd5"
#: An input and an approval.
GATES = "f7cf8de010279bea89f1"
#: Executions of tasks, one after the other, with values that JSON has.
PLAIN = {
    "wf_cached": "f92fb6ef941272b0c502",
    "wf_map": ONE_FAILS,
    "wf_map_fail": "f917ce5fdaabf4aa32fb",
    "wf_nothing": "fa244517ff00a834d089",
    "wf_user_error": "f5d142fa464485052804",
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def said(sandbox: Sandbox) -> str:
    """What pyflyte says of the registration of all workflows."""
    options = ("-p", PROJECT, "-d", DOMAIN, "--copy", "none", "--image", "x:1", "-v", VERSION)
    files = sorted(path.name for path in WORKFLOWS.glob("*.py"))
    return pyflyte(sandbox, WORKFLOWS, "register", *options, *files)


def names_taken_by_a_real_server() -> dict[str, set[str]]:
    """By the call that registered them."""
    names: dict[str, set[str]] = {kind: set() for kind in KINDS}
    with gzip.open(FOLDER / "registration" / "flytekit.jsonl.gz", "rt") as file:
        for row in map(json.loads, file):
            rpc = row["method"].rpartition("/")[2]
            if rpc in KINDS:
                assert row["code"] == "OK"
                names[rpc].add(KINDS[rpc].FromString(b64decode(row["request"])).id.name)
    return names


def test_all_that_a_real_server_took_registers(sandbox: Sandbox, said: str) -> None:
    names = names_taken_by_a_real_server()
    assert sum(map(len, names.values())) == said.count("[✔]") == 128
    assert len(names["CreateWorkflow"]) == 39
    remote = connect(sandbox)
    lists = {
        "CreateTask": remote.client.list_task_ids_paginated,
        "CreateWorkflow": remote.client.list_workflow_ids_paginated,
        "CreateLaunchPlan": remote.client.list_launch_plan_ids_paginated,
    }
    for kind, ids in lists.items():
        found, _ = ids(PROJECT, DOMAIN, limit=1000)
        assert {each.name for each in found} == names[kind]
    for name in names["CreateWorkflow"]:
        assert remote.fetch_workflow(name=name, version=VERSION).id.name == name


@pytest.mark.usefixtures("said")
@pytest.mark.parametrize("name", PLAIN)
def test_flytekit_reads_what_it_read_of_a_real_server(sandbox: Sandbox, name: str) -> None:
    right = expected()[PLAIN[name]]
    execution = become(connect(sandbox), sandbox, f"flows.{name}", PLAIN[name])
    got = {"nodes": {}, **result(execution)}
    for id, node in execution.node_executions.items():
        got["nodes"][id] = result(node)
        got["nodes"][id]["tasks"] = [
            {"attempt": task.id.retry_attempt, "name": task.id.task_id.name}
            for task in node.task_executions
        ]
    assert got == {key: value for key, value in right.items() if key != "launch_plan"}


@pytest.mark.usefixtures("said")
def test_a_map_task_shows_the_item_that_failed(sandbox: Sandbox) -> None:
    execution = become(connect(sandbox), sandbox, "flows.wf_map", ONE_FAILS)
    (attempt,) = execution.node_executions["n1"].task_executions
    items = attempt.closure.metadata.external_resources
    assert [TaskExecution.Phase.Name(item.phase) for item in items] == [
        "SUCCEEDED",
        "SUCCEEDED",
        "FAILED",
        "SUCCEEDED",
    ]


@pytest.mark.usefixtures("said")
def test_gates_that_flytekit_opens_hand_on_what_they_were_given(sandbox: Sandbox) -> None:
    remote = connect(sandbox)
    execution = start(remote, "flows.wf_gates", GATES)
    name = execution.id.name
    with sandbox.channel() as channel:
        cluster = Cluster(channel, GATES, name, VERSION)
        assert cluster.reach_gates() == {}
        assert {each.id.signal_id for each in remote.list_signals(name)} == {
            "is-it-good",
            "the-name",
        }
        remote.set_input("the-name", name, "zoë")
        remote.approve("is-it-good", name)
        told = cluster.reach_gates()
        assert told["the-name"].scalar.primitive.string_value == "zoë"
        assert told["is-it-good"].scalar.primitive.boolean
        cluster.run()
    remote.sync(execution, sync_nodes=True)
    assert execution.outputs["o0"] == "6 zoë True"
    nodes = execution.node_executions
    asked, approved = (
        remote.client.get_node_execution_data(nodes[id].id).full_outputs.literals["o0"]
        for id in ("n2", "n3")
    )
    assert asked.scalar.primitive.string_value == "zoë"
    assert approved.scalar.primitive.integer == 6


def become(
    remote: FlyteRemote, sandbox: Sandbox, launch_plan: str, recording: str
) -> FlyteWorkflowExecution:
    """Execute a launch plan, let a recording happen to it, and read all of it."""
    execution = start(remote, launch_plan, recording)
    with sandbox.channel() as channel:
        Cluster(channel, recording, execution.id.name, VERSION).run()
    return remote.sync(execution, sync_nodes=True)


def start(remote: FlyteRemote, launch_plan: str, recording: str) -> FlyteWorkflowExecution:
    plan = remote.fetch_launch_plan(name=launch_plan, version=VERSION)
    return remote.execute(plan, inputs=expected()[recording]["inputs"])


def result(it: FlyteWorkflowExecution | FlyteNodeExecution) -> dict[str, Any]:
    """What an execution came to, in the form of what is expected."""
    phases = WorkflowExecution if isinstance(it, FlyteWorkflowExecution) else NodeExecution
    shown = {"phase": phases.Phase.Name(it.closure.phase), "inputs": values(it.inputs)}
    if it.error is not None:
        message = it.error.message
        if isinstance(it, FlyteNodeExecution):
            message = message.splitlines()[-1]  # this much of it is in what is expected
        return shown | {"error": [it.error.code, message]}
    return shown | {"outputs": values(it.outputs)}


def values(literals: LiteralsResolver | None) -> dict[str, Any] | None:
    return None if literals is None else {name: literals[name] for name in literals.literals}
