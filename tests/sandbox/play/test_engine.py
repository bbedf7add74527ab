"""What the engine does when things go otherwise than written."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TypeAlias

import pytest

from flytebind.models.admin.common import ObjectGetRequest
from flytebind.models.admin.execution import (
    ExecutionCreateRequest,
    ExecutionMetadata,
    ExecutionRecoverRequest,
    ExecutionRelaunchRequest,
    ExecutionSpec,
)
from flytebind.models.admin.launch_plan import LaunchPlanState
from flytebind.models.core.execution import ExecutionError
from flytebind.models.core.identifier import Identifier, ResourceType, WorkflowExecutionIdentifier
from flytebind.models.core.literals import Literal, LiteralMap, Primitive, Scalar
from flytebind.sandbox import Clock, Sandbox
from flytebind.sandbox.play import SCRIPTS
from flytebind.sandbox.play._tasks import TASKS
from flytebind.sandbox.play._workflow import Task
from flytebind.services.admin import AdminServiceClient
from tests.sandbox.play.watching import NodePhase, Show, TaskPhase, WorkflowPhase, until
from tests.sandbox.support import (
    DOMAIN,
    PROJECT,
    identifier,
    launch_plan_request,
    promise,
    task_node,
    task_request,
    workflow_request,
)

Start: TypeAlias = Callable[[str], Show]
Watch: TypeAlias = Callable[[WorkflowExecutionIdentifier | None], Show]

SLOW = 0.001  # no script gets past its first task before the test is over


@pytest.fixture
def slow() -> Iterator[Sandbox]:
    """A sandbox whose scripts hardly move."""
    with Sandbox() as sandbox:
        sandbox.engine(SLOW)
        yield sandbox


def create(
    client: AdminServiceClient, entity: Identifier, **inputs: int
) -> WorkflowExecutionIdentifier | None:
    """Start an execution as any client does."""
    metadata = ExecutionMetadata(ExecutionMetadata.ExecutionMode.MANUAL, "ada", nesting=0)
    literals = {
        name: Literal(scalar=Scalar(primitive=Primitive(integer=value)))
        for name, value in inputs.items()
    }
    request = ExecutionCreateRequest(
        project=PROJECT,
        domain=DOMAIN,
        spec=ExecutionSpec(entity, metadata),
        inputs=LiteralMap(literals),
    )
    return client.create_execution(request, timeout=10).id


def test_an_unknown_script_is_refused_with_a_hint(sandbox: Sandbox) -> None:
    with pytest.raises(LookupError, match="did you mean 'chain'"):
        sandbox.play("chian")
    with pytest.raises(LookupError, match="there are chain, map"):
        sandbox.play("something else")


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_a_speed_that_goes_nowhere_is_refused(speed: float) -> None:
    with Sandbox() as sandbox, pytest.raises(ValueError, match="speed"):
        sandbox.engine(speed)


def test_launch_plans_of_scripts_are_registered_and_active(client: AdminServiceClient) -> None:
    for name in SCRIPTS:
        id = identifier(ResourceType.LAUNCH_PLAN, name)
        plan = client.get_launch_plan(ObjectGetRequest(id=id), timeout=10)
        assert plan.closure is not None
        assert plan.closure.state == LaunchPlanState.ACTIVE


def test_clients_start_scripts_with_inputs_of_their_own(
    client: AdminServiceClient, watch: Watch
) -> None:
    play = watch(create(client, identifier(ResourceType.LAUNCH_PLAN, "branch"), rows=2))
    play.end()
    assert play.outputs() == {"model": "a small model of 3 rows"}
    assert play.phases("n2") == {"n2-0-n2-n1": NodePhase.SUCCEEDED}


def test_a_task_of_a_script_runs_by_itself_too(client: AdminServiceClient, watch: Watch) -> None:
    play = watch(create(client, identifier(ResourceType.TASK, "play.square"), x=7))
    assert play.end().closure.phase == WorkflowPhase.SUCCEEDED
    assert play.outputs() == {"o0": 49}


def test_executions_of_other_launch_plans_are_left_alone(
    sandbox: Sandbox, client: AdminServiceClient, watch: Watch
) -> None:
    client.create_task(task_request("mine"))
    client.create_workflow(workflow_request("flow", task_node("n0", "mine", promise("x", "", "x"))))
    client.create_launch_plan(launch_plan_request("mine"))
    play = watch(create(client, identifier(ResourceType.LAUNCH_PLAN, "mine"), x=1))
    assert sandbox.engine().wait_idle(30)
    assert play.phase() == WorkflowPhase.UNDEFINED
    assert play.nodes() == {}


def test_the_engine_is_idle_when_all_is_played(sandbox: Sandbox, show: Start) -> None:
    play = show("gate")
    play.until_node("n0", NodePhase.RUNNING)
    assert not sandbox.engine().wait_idle(0)
    play.terminate("enough")
    assert sandbox.engine().wait_idle(30)
    assert play.phase() == WorkflowPhase.ABORTED


def test_an_execution_can_be_terminated_before_it_runs(slow: Sandbox) -> None:
    with slow.channel() as channel:
        play = Show(slow, AdminServiceClient(channel), slow.play("chain"))
        play.terminate("enough")
        closure = play.end().closure
        assert closure.phase == WorkflowPhase.ABORTED
        assert closure.abort_metadata is not None
        assert closure.abort_metadata.cause == "enough"


def test_terminating_a_parent_terminates_its_child(
    show: Start, watch: Watch, slow: Sandbox
) -> None:
    with Sandbox() as sandbox, sandbox.channel() as channel:
        client = AdminServiceClient(channel)
        sandbox.engine(0.5)
        play = Show(sandbox, client, sandbox.play("launch_plan"))
        play.until_node("n0", NodePhase.RUNNING)
        metadata = play.nodes()["n0"].closure.workflow_node_metadata
        assert metadata is not None
        assert metadata.execution_id is not None
        child = Show(sandbox, client, metadata.execution_id)
        play.terminate("enough")
        assert play.end().closure.phase == WorkflowPhase.ABORTED
        assert play.phases()["n0"] == NodePhase.ABORTED
        assert child.end().closure.phase == WorkflowPhase.ABORTED


def test_recovery_takes_over_what_had_succeeded(
    client: AdminServiceClient, show: Start, watch: Watch
) -> None:
    first = show("gate")
    first.until_node("n0", NodePhase.RUNNING)
    first.signal("number", Primitive(integer=3))
    first.until_node("n2", NodePhase.RUNNING)
    first.terminate("later")
    first.end()
    assert first.phases()["n2"] == NodePhase.ABORTED

    request = ExecutionRecoverRequest(id=first.id, name="")
    second = watch(client.recover_execution(request, timeout=10).id)
    second.until_node("n2", NodePhase.RUNNING)
    assert second.phases()["n0"] == second.phases()["n1"] == NodePhase.RECOVERED
    assert second.attempts("n1") == []
    second.signal("sign-off", Primitive(boolean=True))
    assert second.end().closure.phase == WorkflowPhase.SUCCEEDED
    assert second.outputs() == {"summary": "the result is 9"}


def test_a_relaunched_script_runs_again(
    client: AdminServiceClient, show: Start, watch: Watch
) -> None:
    first = show("chain")
    first.end()
    request = ExecutionRelaunchRequest(id=first.id, name="")
    second = watch(client.relaunch_execution(request, timeout=10).id)
    assert second.end().closure.phase == WorkflowPhase.SUCCEEDED
    assert second.outputs() == first.outputs()
    assert NodePhase.RECOVERED not in second.phases().values()


def test_a_mistake_in_a_script_fails_the_execution_and_is_logged(
    show: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def total(values: list[int]) -> int:
        raise ZeroDivisionError("nothing to divide")

    monkeypatch.setitem(TASKS, "play.total", Task(total, seconds=0, retries=0))
    play = show("chain")
    error = play.end().closure.error
    assert play.phase() == WorkflowPhase.FAILED
    assert error is not None
    assert error.kind == ExecutionError.ErrorKind.SYSTEM
    assert "ZeroDivisionError('nothing to divide')" in error.message
    assert play.phases()["n1"] == NodePhase.ABORTED
    assert [task.closure.phase for task in play.attempts("n1")] == [TaskPhase.ABORTED]
    until(lambda: any(record.levelno == logging.ERROR for record in caplog.records))


def test_events_have_the_time_of_the_sandbox() -> None:
    at = datetime(2031, 2, 3, tzinfo=timezone.utc)
    clock = Clock()
    clock.freeze(at)
    with Sandbox(clock=clock) as sandbox, sandbox.channel() as channel:
        sandbox.engine(1000)
        play = Show(sandbox, AdminServiceClient(channel), sandbox.play("chain"))
        assert play.end().closure.started_at == at
        assert play.nodes()["n0"].closure.started_at == at


def test_the_engine_stops_at_once_in_the_middle_of_everything(slow: Sandbox) -> None:
    engine = slow.engine()
    ids = [engine.launch(script) for script in SCRIPTS]
    started = time.monotonic()
    engine.stop()
    assert time.monotonic() - started < 2
    assert slow.admin.created_listeners == []
    assert slow.admin.terminated_listeners == []
    assert slow.signals.set_listeners == []
    with slow.channel() as channel:
        client = AdminServiceClient(channel)
        phases = {Show(slow, client, id).phase() for id in ids}
    assert phases <= {WorkflowPhase.UNDEFINED, WorkflowPhase.QUEUED}  # as it was


def test_what_a_restart_interrupts_fails_and_what_had_ended_stays(tmp_path: Path) -> None:
    db = tmp_path / "flyte.sqlite"
    with Sandbox(db=db) as sandbox, sandbox.channel() as channel:
        client = AdminServiceClient(channel)
        sandbox.engine(1000)
        done = Show(sandbox, client, sandbox.play("chain"))
        done.end()
        open = Show(sandbox, client, sandbox.play("gate"))
        open.until_node("n0", NodePhase.RUNNING)
    with Sandbox(db=db) as sandbox, sandbox.channel() as channel:
        client = AdminServiceClient(channel)
        sandbox.engine(1000)
        closure = Show(sandbox, client, open.id).get().closure
        assert closure.phase == WorkflowPhase.FAILED
        assert closure.error is not None
        assert "interrupted by a restart" in closure.error.message
        assert closure.error.kind == ExecutionError.ErrorKind.SYSTEM
        assert Show(sandbox, client, open.id).phases()["n0"] == NodePhase.ABORTED
        assert Show(sandbox, client, done.id).phase() == WorkflowPhase.SUCCEEDED
        again = Show(sandbox, client, sandbox.play("chain"))
        assert again.end().closure.phase == WorkflowPhase.SUCCEEDED
