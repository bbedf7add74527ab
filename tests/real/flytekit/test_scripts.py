"""flytekit executes the scripts of the sandbox, and reads what came of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flytekit.remote import FlyteRemote, FlyteWorkflowExecution

from flytebind.sandbox import Sandbox
from tests.real.flytekit.clients import connect, finish, pyflyte

#: By script: what goes in, and what comes out.
SCRIPTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "chain": ({"rows": 3}, {"summary": "the result is 6"}),
    "map": ({"rows": 4}, {"total": 30}),
    "branch": ({"rows": 12}, {"model": "a large model of 78 rows"}),
    "subworkflow": ({"x": 3}, {"summary": "the result is 81"}),
    "dynamic": ({"width": 3}, {"summary": "the result is 14"}),
    "launch_plan": ({"rows": 3}, {"message": "the result is 6 has been told"}),
    "retries": ({}, {"page": "what https://example.org has to say"}),
    "offloaded": ({"rows": 1000}, {"total": 500500}),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        sandbox.engine(speed=1000)
        yield sandbox


@pytest.fixture
def remote(sandbox: Sandbox) -> FlyteRemote:
    return connect(sandbox)


def start(remote: FlyteRemote, script: str, inputs: dict[str, Any]) -> FlyteWorkflowExecution:
    return remote.execute(remote.fetch_launch_plan(name=script), inputs=inputs)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_runs_to_its_end(remote: FlyteRemote, script: str) -> None:
    inputs, outputs = SCRIPTS[script]
    execution = finish(remote, start(remote, script, inputs))
    assert execution.is_successful
    assert {name: execution.outputs[name] for name in outputs} == outputs
    assert {name: execution.inputs[name] for name in inputs} == inputs
    assert all(node.is_done for node in execution.node_executions.values())


def test_a_failure_is_told(remote: FlyteRemote) -> None:
    execution = finish(remote, start(remote, "failure", {"rows": 16}))
    assert not execution.is_successful
    assert "136 rows were read" in execution.error.message
    assert execution.node_executions["n2"].error is not None


def test_a_gate_opens_with_what_it_was_given(remote: FlyteRemote) -> None:
    execution = start(remote, "gate", {})
    eventually(lambda: signals(remote, execution) == {"number"})
    remote.set_input("number", execution.id.name, 7)
    eventually(lambda: signals(remote, execution) == {"number", "sign-off"})
    remote.approve("sign-off", execution.id.name)
    assert finish(remote, execution).outputs["summary"] == "the result is 49"


def test_a_gate_that_is_rejected_fails(remote: FlyteRemote) -> None:
    execution = start(remote, "gate", {})
    eventually(lambda: signals(remote, execution) == {"number"})
    remote.set_input("number", execution.id.name, 7)
    eventually(lambda: signals(remote, execution) == {"number", "sign-off"})
    remote.reject("sign-off", execution.id.name)
    assert not finish(remote, execution).is_successful


def test_pyflyte_runs_a_launch_plan_and_waits_for_it(
    sandbox: Sandbox, remote: FlyteRemote, tmp_path: Path
) -> None:
    run = ("run", "--remote", "--wait", "--poll-interval", "1")
    said = pyflyte(sandbox, tmp_path, *run, "remote-launchplan", "chain", "--rows", "3")
    execution, *_ = remote.recent_executions(limit=1)
    assert f"Execution {execution.id.name} has succeeded" in said


def signals(remote: FlyteRemote, execution: FlyteWorkflowExecution) -> set[str]:
    return {signal.id.signal_id for signal in remote.list_signals(execution.id.name)}


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
