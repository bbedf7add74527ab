"""Starting executions and ending them: what was asked for happens, and happens once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import grpc
import pytest

from flytebind.models.admin.common import (
    Annotations,
    EmailNotification,
    Envs,
    Labels,
    Notification,
)
from flytebind.models.admin.execution import ExecutionMetadata
from flytebind.models.core.identifier import Identifier, ResourceType, WorkflowExecutionIdentifier
from flytebind.models.core.security import Identity, SecurityContext
from flytebind.remote import (
    FlyteAlreadyExistsError,
    FlyteAssertion,
    FlyteCallError,
    FlyteExecutionTimeout,
    FlyteInvalidInputError,
    FlyteNotFoundError,
    FlyteRemote,
    FlyteUnavailableError,
    FlyteValueError,
    LaunchOptions,
)
from flytebind.remote._calls import CallPolicy
from flytebind.sandbox import Sandbox
from flytebind.sandbox._settings import Settings
from tests.remote.conftest import DOMAIN, PROJECT, Face, config, open_face
from tests.remote.scenes import executions, scripted
from tests.remote.scenes.scene import NodePhase, WorkflowPhase

QUICK = CallPolicy(first_pause=0.01, longest_pause=0.05)


def names(face: Face) -> list[str]:
    return [execution.id.name for execution in face.list_executions()]


def chain_id(kind: ResourceType) -> Identifier:
    return Identifier(kind, PROJECT, DOMAIN, "chain", "v1")


# Execute.


@pytest.mark.parametrize("what", ["launch plan", "workflow", "plan id", "workflow id"])
def test_a_workflow_runs_with_python_inputs(face: Face, what: str) -> None:
    match what:
        case "launch plan":
            entity = face.fetch_launch_plan("chain")
        case "workflow":
            entity = face.fetch_workflow("chain")
        case "plan id":
            entity = chain_id(ResourceType.LAUNCH_PLAN)
        case _:
            entity = chain_id(ResourceType.WORKFLOW)
    execution = face.execute(entity, {"rows": 3})
    assert execution.spec.launch_plan == chain_id(ResourceType.LAUNCH_PLAN)
    assert execution.spec.metadata.mode is ExecutionMetadata.ExecutionMode.MANUAL
    assert face.wait(execution, timeout=60, poll_interval=0.02) is execution
    assert dict(execution.inputs) == {"rows": 3}
    assert dict(execution.outputs) == {"summary": "the result is 6"}


@pytest.mark.parametrize("by_id", [False, True])
def test_a_task_runs_by_itself(face: Face, by_id: bool) -> None:
    task = face.fetch_task("play.square")
    execution = face.execute(task.id if by_id else task, {"x": 7})
    assert execution.spec.launch_plan == task.id
    face.sync(execution)
    assert dict(execution.inputs) == {"x": 7}


def test_inputs_with_defaults_may_be_left_out(face: Face) -> None:
    execution = face.execute(face.fetch_launch_plan("chain"))
    face.wait(execution, timeout=60, poll_interval=0.02)
    assert dict(execution.inputs) == {"rows": 5}
    assert dict(execution.outputs) == {"summary": "the result is 15"}


@pytest.mark.parametrize(
    ("entity", "inputs", "message"),
    [
        ("chain", {"rows": "three"}, "rows.*int"),
        ("chain", {"rows": 2.5}, "rows"),
        ("chain", {"row": 3}, "'row'.*did you mean 'rows'"),
        ("chain", {"rows": 3, "columns": 2}, "columns"),
        ("play.square", {}, "x"),
        ("play.square", {"x": None}, "x"),
        ("play.total", {"values": [1, "2"]}, r"values.*1.*int"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_before_the_server_hears_of_them(
    sandbox: Sandbox, face: Face, entity: str, inputs: dict[str, object], message: str
) -> None:
    fetch = face.fetch_task if entity.startswith("play.") else face.fetch_launch_plan
    found = fetch(entity)
    sandbox.calls.clear()
    with pytest.raises(FlyteValueError, match=message):
        face.execute(found, inputs)
    assert sandbox.calls["CreateExecution"] == 0


def test_an_execution_has_the_name_that_it_was_given(face: Face) -> None:
    name = f"mine-{'a' if face.is_async else 's'}"
    execution = face.execute(face.fetch_launch_plan("chain"), execution_name=name)
    assert execution.id == WorkflowExecutionIdentifier(PROJECT, DOMAIN, name)
    with pytest.raises(FlyteAlreadyExistsError, match=f"CreateExecution.*{name}"):
        face.execute(face.fetch_launch_plan("chain"), execution_name=name)


def test_names_that_are_not_given_are_good_ones(face: Face) -> None:
    plan = face.fetch_launch_plan("chain")
    made = [face.execute(plan).id.name for _ in range(3)]
    assert len(set(made)) == 3
    assert all(re.fullmatch("f[a-z0-9]{1,19}", name) for name in made)


def test_an_execution_runs_where_it_is_sent(face: Face) -> None:
    plan = face.fetch_launch_plan("chain")
    execution = face.execute(plan, domain="staging")
    assert (execution.id.project, execution.id.domain) == (PROJECT, "staging")
    assert execution.spec.launch_plan.domain == DOMAIN


def test_options_reach_the_server(face: Face) -> None:
    failure = Notification([WorkflowPhase.FAILED], email=EmailNotification(["a@b.c"]))
    options = LaunchOptions(
        overwrite_cache=True,
        interruptible=False,
        max_parallelism=3,
        labels={"team": "blue"},
        annotations={"note": "a test"},
        envs={"MODE": "fast"},
        tags=["nightly"],
        raw_output_prefix="s3://bucket/folder",
        security_context=SecurityContext(run_as=Identity(k8s_service_account="runner")),
        cluster_pool="gpu",
        execution_cluster_label="west",
        notifications=[failure],
    )
    spec = face.execute(face.fetch_launch_plan("chain"), options=options).spec
    assert (spec.overwrite_cache, spec.interruptible, spec.max_parallelism) == (True, False, 3)
    assert spec.labels.values == {"team": "blue"}
    assert spec.annotations.values == {"note": "a test"}
    assert spec.envs.envs == {"MODE": "fast"}
    assert spec.tags == ["nightly"]
    assert spec.raw_output_data_config.output_location_prefix == "s3://bucket/folder"
    assert spec.security_context.run_as.k8s_service_account == "runner"
    assert spec.cluster_assignment.cluster_pool_name == "gpu"
    assert spec.execution_cluster_label.value == "west"
    assert spec.notifications.notifications == [failure]
    assert not spec.disable_all


def test_options_are_taken_as_the_models_that_flytekit_wants(face: Face) -> None:
    options = LaunchOptions(
        labels=Labels({"team": "blue"}),
        annotations=Annotations({"note": "x"}),
        envs=Envs({"MODE": "fast"}),
        disable_notifications=True,
    )
    spec = face.execute(face.fetch_launch_plan("chain"), options=options).spec
    assert spec.labels.values == {"team": "blue"}
    assert spec.annotations.values == {"note": "x"}
    assert spec.envs.envs == {"MODE": "fast"}
    assert spec.disable_all
    with pytest.raises(FlyteValueError, match="notifications, or disable_notifications"):
        LaunchOptions(notifications=[Notification([])], disable_notifications=True)


def test_what_options_do_not_say_is_the_servers_choice(face: Face) -> None:
    spec = face.execute(face.fetch_launch_plan("chain")).spec
    assert spec.interruptible is None
    assert (spec.labels, spec.annotations, spec.envs) == (None, None, None)
    assert spec.max_parallelism == Settings().max_parallelism


def test_type_hints_tell_what_outputs_become(face: Face) -> None:
    plan = face.fetch_launch_plan("map")
    execution = face.execute(plan, {"rows": 3}, type_hints={"total": float})
    face.wait(execution, timeout=60, poll_interval=0.02)
    assert isinstance(execution.outputs["total"], float)
    again = face.fetch_execution(execution.id.name, type_hints={"total": float})
    face.sync(again)
    assert isinstance(again.outputs["total"], float)


def test_what_the_server_refuses_names_the_call_and_the_execution(face: Face) -> None:
    expected = f"CreateExecution of {PROJECT}/{DOMAIN}/Not_A_Name: INVALID"
    with pytest.raises(FlyteInvalidInputError, match=expected):
        face.execute(face.fetch_launch_plan("chain"), execution_name="Not_A_Name")
    with pytest.raises(FlyteNotFoundError, match=r"GetLaunchPlan of .*/nothing/v1: NOT_FOUND"):
        face.execute(Identifier(ResourceType.LAUNCH_PLAN, PROJECT, DOMAIN, "nothing", "v1"))


# Twice asked, once done.


@pytest.fixture(params=["sync", "async"])
def shaky(request: pytest.FixtureRequest) -> Iterator[tuple[Sandbox, Face]]:
    """A sandbox of its own whose connections can break, and a remote that tries again at once."""
    with Sandbox() as sandbox:
        sandbox.engine(float("inf"))
        with open_face(request.param, sandbox, policy=QUICK) as face:
            yield sandbox, face


def test_an_execution_is_made_once_though_the_answer_is_lost(
    shaky: tuple[Sandbox, Face],
) -> None:
    sandbox, face = shaky
    plan = face.fetch_launch_plan("chain")
    sandbox.faults.cut(method="CreateExecution")
    execution = face.execute(plan, {"rows": 3})
    assert sandbox.calls["CreateExecution"] == 2
    assert names(face) == [execution.id.name]

    sandbox.faults.cut(method="CreateExecution")
    named = face.execute(plan, {"rows": 3}, execution_name="mine")
    assert named.id.name == "mine"
    assert sorted(names(face)) == sorted([execution.id.name, "mine"])


def test_an_execution_of_somebody_else_is_not_taken_for_ones_own(
    shaky: tuple[Sandbox, Face],
) -> None:
    sandbox, face = shaky
    face.execute(face.fetch_launch_plan("chain"), execution_name="taken")
    # The first attempt is not heard; the second one finds the name taken.
    sandbox.faults.fail(method="CreateExecution", times=1)
    with pytest.raises(FlyteAlreadyExistsError):
        face.execute(face.fetch_launch_plan("map"), execution_name="taken")
    assert names(face) == ["taken"]


def test_an_older_execution_of_the_same_plan_is_not_taken_for_ones_own(
    shaky: tuple[Sandbox, Face],
) -> None:
    sandbox, face = shaky
    plan = face.fetch_launch_plan("chain")
    face.execute(plan, {"rows": 3}, execution_name="taken")
    sandbox.faults.fail(method="CreateExecution", times=1)
    with pytest.raises(FlyteAlreadyExistsError):
        face.execute(plan, {"rows": 4}, execution_name="taken")


@pytest.mark.parametrize("name", [None, "again"])
@pytest.mark.parametrize(
    ("verb", "rpc"), [("relaunch", "RelaunchExecution"), ("recover", "RecoverExecution")]
)
def test_another_run_is_made_once_though_the_answer_is_lost(
    shaky: tuple[Sandbox, Face], verb: str, rpc: str, name: str | None
) -> None:
    sandbox, face = shaky
    scene = scripted.played(sandbox, "failure")
    sandbox.faults.cut(method=rpc)
    execution = getattr(face, verb)(scene.id, name=name)
    assert sandbox.calls[rpc] == 2
    assert name in (None, execution.id.name)
    assert sorted(names(face)) == sorted([scene.id.name, execution.id.name])


def test_an_execution_is_terminated_though_the_answer_is_lost(
    shaky: tuple[Sandbox, Face],
) -> None:
    sandbox, face = shaky
    execution = face.fetch_execution(scripted.live_gate(sandbox).id.name)
    sandbox.faults.cut(method="TerminateExecution")
    face.terminate(execution, "enough")
    assert sandbox.calls["TerminateExecution"] == 2
    face.wait(execution, timeout=60, poll_interval=0.02)
    assert execution.phase is WorkflowPhase.ABORTED


def test_a_server_that_stays_away_is_an_error_in_the_end(shaky: tuple[Sandbox, Face]) -> None:
    sandbox, face = shaky
    plan = face.fetch_launch_plan("chain")
    sandbox.faults.fail(method="CreateExecution")
    with pytest.raises(FlyteUnavailableError, match="CreateExecution of f") as caught:
        face.execute(plan)
    assert caught.value.attempts == sandbox.calls["CreateExecution"] == QUICK.max_attempts
    assert isinstance(caught.value.__cause__, grpc.RpcError)


@pytest.mark.parametrize(
    "code",
    [
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.ALREADY_EXISTS,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
    ],
)
def test_what_trying_again_cannot_mend_is_tried_once(
    sandbox: Sandbox, face: Face, code: grpc.StatusCode
) -> None:
    plan = face.fetch_launch_plan("chain")
    sandbox.calls.clear()
    sandbox.faults.fail(code, "no", method="CreateExecution")
    with pytest.raises(FlyteCallError, match=f"{code.name}: no") as caught:
        face.execute(plan)
    sandbox.faults.clear()
    assert caught.value.code is code
    assert sandbox.calls["CreateExecution"] == 1


# When there is no time left.


@pytest.mark.parametrize(
    ("verb", "mute", "words"),
    [
        ("execute", "GetLaunchPlan", "nothing was started"),
        ("execute", "CreateExecution", "may have been started all the same"),
        ("execute", "GetExecution", "was started, and goes on"),
        ("relaunch", "GetExecution", "was started, and goes on"),
        ("recover", "RecoverExecution", "may have been started all the same"),
    ],
)
def test_what_was_started_is_not_lost_when_the_time_is_over(
    sandbox: Sandbox, face: Face, verb: str, mute: str, words: str
) -> None:
    what: Any = chain_id(ResourceType.LAUNCH_PLAN)
    if verb != "execute":
        what = scripted.played(sandbox, "failure").id
    before = set(names(face))
    sandbox.faults.latency(60, method=mute)
    expected = rf"^{verb}.* took longer than the 0\.3 s that were allowed; .*{words}$"
    with pytest.raises(FlyteExecutionTimeout, match=expected) as caught:
        getattr(face, verb)(what, timeout=0.3)
    sandbox.faults.clear()
    id = caught.value.execution_id
    assert (id is None) == (words == "nothing was started")
    assert id is None or f"{PROJECT}/{DOMAIN}/{id.name}" in str(caught.value)
    if mute == "GetExecution":
        assert id is not None
        assert set(names(face)) - before == {id.name}


def test_the_time_of_execute_is_for_waiting_as_well(face: Face) -> None:
    plan = Identifier(ResourceType.LAUNCH_PLAN, PROJECT, DOMAIN, "gate", "v1")
    with pytest.raises(FlyteExecutionTimeout, match=r"is still RUNNING after 0\.5 s") as caught:
        face.execute(plan, wait=True, timeout=timedelta(seconds=0.5))
    assert caught.value.execution_id is not None
    assert not face.fetch_execution(caught.value.execution_id.name).is_done


# Again, and the end.


@pytest.mark.parametrize("how", ["execution", "id", "name"])
def test_relaunch_runs_the_same_again(sandbox: Sandbox, face: Face, how: str) -> None:
    first = face.execute(face.fetch_launch_plan("chain"), {"rows": 2})
    what = {"execution": first, "id": first.id, "name": first.id.name}[how]
    second = face.relaunch(what)
    assert second.id != first.id
    assert second.spec.metadata.mode is ExecutionMetadata.ExecutionMode.RELAUNCH
    assert second.spec.metadata.reference_execution == first.id
    face.wait(second, timeout=60, poll_interval=0.02)
    assert dict(second.outputs) == {"summary": "the result is 3"}


def test_relaunch_can_name_the_new_one_and_pass_the_cache_over(
    sandbox: Sandbox, face: Face
) -> None:
    first = face.execute(face.fetch_launch_plan("chain"))
    name = f"again-{'a' if face.is_async else 's'}"
    second = face.relaunch(first, name=name, overwrite_cache=True)
    assert (second.id.name, second.spec.overwrite_cache) == (name, True)
    with pytest.raises(FlyteAlreadyExistsError):
        face.relaunch(first, name=name)


def test_recover_takes_over_what_has_succeeded(sandbox: Sandbox, face: Face) -> None:
    first = scripted.played(sandbox, "failure")
    second = face.recover(first.id)
    assert second.spec.metadata.mode is ExecutionMetadata.ExecutionMode.RECOVERED
    face.wait(second, timeout=60, poll_interval=0.02)
    recovered = second.node_executions["n0"]
    assert recovered.phase in (NodePhase.RECOVERED, NodePhase.SUCCEEDED)
    assert recovered.is_done
    assert recovered.outputs["o0"] == list(range(1, 17))


@pytest.mark.parametrize("how", ["execution", "id", "name"])
def test_terminate_says_why(sandbox: Sandbox, face: Face, how: str) -> None:
    scene = executions.in_phase(sandbox, WorkflowPhase.RUNNING)
    execution = face.fetch_execution(scene.id.name)
    what: Any = {"execution": execution, "id": scene.id, "name": scene.id.name}[how]
    assert face.terminate(what, "nobody needs it") is None
    face.terminate(what, "indeed")  # it is still ABORTING
    face.sync(execution)
    assert execution.phase is WorkflowPhase.ABORTING
    assert execution.closure.abort_metadata.cause == "indeed"


def test_what_has_ended_cannot_be_terminated(sandbox: Sandbox, face: Face) -> None:
    scene = executions.in_phase(sandbox, WorkflowPhase.SUCCEEDED)
    with pytest.raises(FlyteCallError, match=r"TerminateExecution of .*FAILED_PRECONDITION"):
        face.terminate(scene.id, "too late")


@pytest.mark.parametrize("verb", ["relaunch", "recover"])
def test_only_what_there_is_runs_again(face: Face, verb: str) -> None:
    with pytest.raises(FlyteNotFoundError, match="Execution of flytesnacks/development/nothing:"):
        getattr(face, verb)("nothing")


def test_where_to_run_must_be_known(sandbox: Sandbox) -> None:
    with FlyteRemote(config(sandbox)) as remote:
        plan = remote.fetch_launch_plan("chain", project=PROJECT, domain=DOMAIN)
        with pytest.raises(FlyteAssertion, match="which project"):
            remote.execute(plan)
        with pytest.raises(FlyteAssertion, match="which domain"):
            remote.execute(plan, project=PROJECT)
        assert remote.execute(plan, project=PROJECT, domain=DOMAIN).id.project == PROJECT
