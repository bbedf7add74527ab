"""Executions by themselves: what they are, what they say, and what copies of them keep."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest

from flytebind.looks import Work, card, timeline, tree
from flytebind.models.admin.execution import (
    AbortMetadata,
    Execution,
    ExecutionClosure,
    ExecutionMetadata,
    ExecutionSpec,
)
from flytebind.models.admin.node_execution import (
    NodeExecution,
    NodeExecutionClosure,
    NodeExecutionMetaData,
)
from flytebind.models.admin.task_execution import TaskExecution, TaskExecutionClosure
from flytebind.models.core.execution import ExecutionError
from flytebind.models.core.identifier import (
    Identifier,
    NodeExecutionIdentifier,
    ResourceType,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flytebind.remote import (
    AsyncFlyteRemote,
    FlyteAssertion,
    FlyteNodeExecution,
    FlyteRemote,
    FlyteTaskExecution,
    FlyteTimeout,
    FlyteWorkflowExecution,
    RemoteExecutionBase,
)
from flytebind.sandbox import Sandbox
from tests.remote.conftest import DOMAIN, PROJECT, whole_float
from tests.remote.scenes import arrays, executions, parents, strange, tasks
from tests.remote.scenes.scene import NodePhase, TaskPhase, WorkflowPhase

EXECUTION_ID = WorkflowExecutionIdentifier(PROJECT, DOMAIN, "f7a9c2")
NODE_ID = NodeExecutionIdentifier("n0", EXECUTION_ID)
TASK = Identifier(ResourceType.TASK, PROJECT, DOMAIN, "steps.step", "v1")
TASK_ID = TaskExecutionIdentifier(TASK, NODE_ID, 2)
SPEC = ExecutionSpec(
    Identifier(ResourceType.LAUNCH_PLAN, PROJECT, DOMAIN, "steps", "v1"),
    ExecutionMetadata(ExecutionMetadata.ExecutionMode.MANUAL, "ada", 0),
)
ERROR = ExecutionError("USER:Unknown", "ValueError: no rows\n", "", ExecutionError.ErrorKind.USER)
NAMES = {
    FlyteWorkflowExecution: "execution flytesnacks/development/f7a9c2",
    FlyteNodeExecution: "node execution flytesnacks/development/f7a9c2/n0",
    FlyteTaskExecution: "task execution flytesnacks/development/f7a9c2/n0/2",
}


def workflow(
    phase: WorkflowPhase = WorkflowPhase.SUCCEEDED,
    error: ExecutionError | None = None,
    abort: AbortMetadata | None = None,
) -> FlyteWorkflowExecution:
    closure = ExecutionClosure(phase, None, None, error, abort_metadata=abort)
    return FlyteWorkflowExecution(id=EXECUTION_ID, spec=SPEC, closure=closure)


def node(
    phase: NodePhase = NodePhase.SUCCEEDED, error: ExecutionError | None = None
) -> FlyteNodeExecution:
    closure = NodeExecutionClosure(phase, None, None, error=error)
    return FlyteNodeExecution(NODE_ID, "", closure, NodeExecutionMetaData(spec_node_id="n0"))


def task(
    phase: TaskPhase = TaskPhase.SUCCEEDED, error: ExecutionError | None = None
) -> FlyteTaskExecution:
    closure = TaskExecutionClosure(phase, [], None, None, None, None, error=error)
    return FlyteTaskExecution(TASK_ID, "", closure, False)


def phased(phase: object) -> FlyteWorkflowExecution | FlyteNodeExecution | FlyteTaskExecution:
    match phase:
        case WorkflowPhase():
            return workflow(phase)
        case NodePhase():
            return node(phase)
        case TaskPhase():
            return task(phase)
    raise TypeError(phase)


PHASES = [*WorkflowPhase, *NodePhase, *TaskPhase]
DONE = {
    (type(phase), phase.name)
    for phase in (
        WorkflowPhase.SUCCEEDED,
        WorkflowPhase.FAILED,
        WorkflowPhase.ABORTED,
        WorkflowPhase.TIMED_OUT,
        NodePhase.SUCCEEDED,
        NodePhase.FAILED,
        NodePhase.ABORTED,
        NodePhase.SKIPPED,
        NodePhase.TIMED_OUT,
        NodePhase.RECOVERED,
        TaskPhase.SUCCEEDED,
        TaskPhase.FAILED,
        TaskPhase.ABORTED,
        TaskPhase.RETRYABLE_FAILED,
    )
}


def describe(phase: object) -> str:
    return f"{type(phase).__qualname__}-{getattr(phase, 'name', phase)}"


# What they are.


def test_a_workflow_execution_takes_hints_and_a_remote_before_its_model_parts(
    remote: FlyteRemote,
) -> None:
    closure = ExecutionClosure(WorkflowPhase.RUNNING, None, None)
    by_place = FlyteWorkflowExecution({"o0": int}, remote, EXECUTION_ID, SPEC, closure)
    by_name = FlyteWorkflowExecution(id=EXECUTION_ID, spec=SPEC, closure=closure)
    assert by_place == by_name
    assert by_place.execution_url == remote.generate_console_url(EXECUTION_ID)
    assert by_name.execution_url is None
    assert (by_place.id, by_place.spec, by_place.closure) == (EXECUTION_ID, SPEC, closure)


def test_constructors_refuse_what_their_models_refuse() -> None:
    with pytest.raises(TypeError, match="closure"):
        FlyteWorkflowExecution(id=EXECUTION_ID, spec=SPEC)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="closure"):
        FlyteNodeExecution(NODE_ID, "", None, NodeExecutionMetaData())  # type: ignore[arg-type]


def test_nodes_and_tasks_have_the_fields_of_their_models() -> None:
    one, other = node(), task()
    assert (one.id, one.input_uri, one.metadata.spec_node_id) == (NODE_ID, "", "n0")
    assert (other.id, other.input_uri, other.is_parent) == (TASK_ID, "", False)
    assert one.closure.phase is NodePhase.SUCCEEDED
    assert other.closure.phase is TaskPhase.SUCCEEDED


@pytest.mark.parametrize("execution", [workflow(), node(), task()])
def test_promoted_models_share_their_message(
    execution: FlyteWorkflowExecution | FlyteNodeExecution | FlyteTaskExecution,
) -> None:
    promoted: object
    match execution:
        case FlyteWorkflowExecution():
            plain: Execution | NodeExecution | TaskExecution = Execution.from_bytes(
                execution.to_bytes()
            )
            assert isinstance(plain, Execution)
            promoted = FlyteWorkflowExecution.promote_from_model(plain)
        case FlyteNodeExecution():
            plain = NodeExecution.from_bytes(execution.to_bytes())
            promoted = FlyteNodeExecution.promote_from_model(plain)
        case FlyteTaskExecution():
            plain = TaskExecution.from_bytes(execution.to_bytes())
            promoted = FlyteTaskExecution.promote_from_model(plain)
    assert type(promoted) is type(execution)
    assert isinstance(promoted, RemoteExecutionBase)
    assert isinstance(promoted, type(plain))
    assert promoted == execution
    assert promoted._pb is plain._pb


def test_a_promoted_execution_has_the_remote_and_the_hints_that_it_was_given(
    remote: FlyteRemote, chain: FlyteWorkflowExecution
) -> None:
    model = Execution.from_bytes(chain.to_bytes())
    promoted = FlyteWorkflowExecution.promote_from_model(model, remote, {"summary": bytes})
    assert promoted.sync() is promoted
    assert promoted.execution_url == remote.generate_console_url(chain)
    with pytest.raises(ValueError, match=r"outputs\['summary'\].*bytes"):
        promoted.outputs["summary"]


@pytest.mark.parametrize("execution", [workflow(), node(), task()])
def test_executions_speak_idl_as_models_do(
    execution: FlyteWorkflowExecution | FlyteNodeExecution | FlyteTaskExecution,
) -> None:
    kind = type(execution)
    pb = execution.to_flyte_idl()
    back = kind.from_flyte_idl(pb)  # type: ignore[arg-type]
    assert type(back) is kind
    assert back == execution
    assert kind.from_bytes(execution.serialize_to_string()) == execution
    assert not execution.is_empty
    assert kind.from_bytes(b"").is_empty
    assert "f7a9c2" in execution.short_string()
    assert "f7a9c2" in execution.verbose_string()
    assert "f7a9c2" in repr(execution)


def test_short_strings_are_cut_and_verbose_ones_are_not() -> None:
    failed = workflow(WorkflowPhase.FAILED, ERROR.replace(message="x" * 300))
    assert "x" * 300 in failed.verbose_string()
    assert "x" * 300 not in failed.short_string()
    assert max(map(len, failed.short_string().splitlines())) <= 80


# What they say.


@pytest.mark.parametrize("phase", PHASES, ids=describe)
def test_executions_know_when_they_are_done(
    phase: WorkflowPhase | NodePhase | TaskPhase,
) -> None:
    execution = phased(phase)
    assert execution.phase is phase
    assert execution.is_done == ((type(phase), phase.name) in DONE)
    if isinstance(execution, FlyteWorkflowExecution):
        assert execution.is_successful == (phase is WorkflowPhase.SUCCEEDED)


@pytest.mark.parametrize("phase", [WorkflowPhase(42), NodePhase(42), TaskPhase(42)])
def test_a_phase_of_a_flyteidl_to_come_is_not_the_end(
    phase: WorkflowPhase | NodePhase | TaskPhase,
) -> None:
    execution = phased(phase)
    assert not execution.is_done
    with pytest.raises(FlyteAssertion, match=f"{NAMES[type(execution)]} is UNRECOGNIZED_42;"):
        _ = execution.outputs


@pytest.mark.parametrize(
    "phase",
    [phase for phase in PHASES if (type(phase), phase.name) not in DONE],
    ids=describe,
)
@pytest.mark.parametrize("what", ["error", "outputs"])
def test_what_is_in_progress_has_neither_error_nor_outputs(
    phase: WorkflowPhase | NodePhase | TaskPhase, what: str
) -> None:
    execution = phased(phase)
    expected = f"{NAMES[type(execution)]} is {phase.name}; wait until it is done to ask for its"
    with pytest.raises(FlyteAssertion) as caught:
        getattr(execution, what)
    assert str(caught.value) == f"{expected} {what}"


@pytest.mark.parametrize(
    "execution",
    [
        workflow(WorkflowPhase.FAILED, ERROR),
        node(NodePhase.FAILED, ERROR),
        task(TaskPhase.FAILED, ERROR),
    ],
)
def test_what_has_failed_has_an_error(
    execution: FlyteWorkflowExecution | FlyteNodeExecution | FlyteTaskExecution,
) -> None:
    assert execution.error == ERROR


@pytest.mark.parametrize("execution", [workflow(), node(), task(), workflow(WorkflowPhase.ABORTED)])
def test_what_ended_without_an_error_has_none(
    execution: FlyteWorkflowExecution | FlyteNodeExecution | FlyteTaskExecution,
) -> None:
    assert execution.error is None


OVERDUE = AbortMetadata("took too long", "ada")
ENDINGS: list[tuple[FlyteWorkflowExecution | FlyteNodeExecution | FlyteTaskExecution, str]] = [
    (workflow(WorkflowPhase.FAILED, ERROR), "failed: USER:Unknown: ValueError: no rows"),
    (workflow(WorkflowPhase.FAILED), "failed"),
    (workflow(WorkflowPhase.ABORTED, abort=OVERDUE), "was aborted by ada: took too long"),
    (
        workflow(WorkflowPhase.ABORTED, abort=AbortMetadata("took too long", "")),
        "was aborted: took too long",
    ),
    (workflow(WorkflowPhase.ABORTED, abort=AbortMetadata("", "ada")), "was aborted by ada"),
    (workflow(WorkflowPhase.ABORTED), "was aborted"),
    (workflow(WorkflowPhase.TIMED_OUT), "timed out"),
    (node(NodePhase.FAILED, ERROR), "failed: USER:Unknown: ValueError: no rows"),
    (node(NodePhase.ABORTED), "was aborted"),
    (node(NodePhase.SKIPPED), "was skipped"),
    (node(NodePhase.TIMED_OUT, ERROR), "timed out: USER:Unknown: ValueError: no rows"),
    (task(TaskPhase.FAILED, ERROR), "failed: USER:Unknown: ValueError: no rows"),
    (task(TaskPhase.ABORTED), "was aborted"),
    (task(TaskPhase.RETRYABLE_FAILED), "failed, and was tried again"),
]


@pytest.mark.parametrize(("execution", "how"), ENDINGS)
def test_what_ended_badly_says_how_when_it_is_asked_for_outputs(
    execution: FlyteWorkflowExecution | FlyteNodeExecution | FlyteTaskExecution, how: str
) -> None:
    with pytest.raises(FlyteAssertion) as caught:
        _ = execution.outputs
    assert str(caught.value) == f"{NAMES[type(execution)]} has no outputs: it {how}"


@pytest.mark.parametrize("execution", [workflow(), node(), task(), node(NodePhase.RECOVERED)])
@pytest.mark.parametrize("what", ["inputs", "outputs", "interface"])
def test_nothing_loads_without_a_remote(
    execution: FlyteWorkflowExecution | FlyteNodeExecution | FlyteTaskExecution, what: str
) -> None:
    name = NAMES[type(execution)]
    with pytest.raises(FlyteAssertion, match=f"{what} of {name} is not here, .* no remote"):
        getattr(execution, what)


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (lambda: workflow().sync(), "cannot sync execution flytesnacks/development/f7a9c2: it has"),
        (lambda: workflow().wait(), "cannot wait execution flytesnacks/development/f7a9c2: it has"),
        (lambda: workflow().flyte_workflow, "the workflow of execution"),
        (lambda: node().task_executions, "the task executions of node execution"),
        (lambda: node().executions, "the task executions of node execution"),
        (lambda: task().task, "the task of task execution"),
    ],
)
def test_errors_without_a_remote_say_what_was_asked_of_what(
    read: Callable[[], object], expected: str
) -> None:
    with pytest.raises(FlyteAssertion, match=f"^{expected}.* no remote"):
        read()


def test_nothing_is_below_what_was_never_synced() -> None:
    assert workflow().node_executions == {}
    assert node().workflow_executions == []
    assert node().subworkflow_node_executions == {}
    assert node().problem is None


def test_start_and_end_nodes_have_no_task_executions() -> None:
    for name in ("start-node", "end-node"):
        id = NodeExecutionIdentifier(name, EXECUTION_ID)
        closure = NodeExecutionClosure(NodePhase.SUCCEEDED, None, None)
        assert FlyteNodeExecution(id, "", closure, NodeExecutionMetaData()).task_executions == []


# Equality.


@pytest.mark.parametrize("make", [workflow, node, task])
def test_executions_hash_by_their_identifier_and_compare_by_their_state(
    make: Callable[..., FlyteWorkflowExecution | FlyteNodeExecution | FlyteTaskExecution],
) -> None:
    one, same = make(), make()
    phases = {workflow: WorkflowPhase.FAILED, node: NodePhase.FAILED, task: TaskPhase.FAILED}
    later = make(phases[make])
    assert one == same
    assert one != later
    assert len({hash(one), hash(same), hash(later), hash(one.id)}) == 1
    assert len({one, same, later}) == 2
    assert one != "f7a9c2"


@pytest.mark.parametrize(
    ("execution", "plain"),
    [(workflow(), Execution), (node(), NodeExecution), (task(), TaskExecution)],
)
def test_a_plain_model_never_equals_an_execution(
    execution: RemoteExecutionBase,
    plain: type[Execution] | type[NodeExecution] | type[TaskExecution],
) -> None:
    model = plain.from_pb(execution._pb)
    assert model != execution
    assert execution != model
    assert len({model, execution}) == 2


def test_an_execution_stays_in_a_set_when_it_is_synced(
    remote: FlyteRemote, chain: FlyteWorkflowExecution
) -> None:
    early = FlyteWorkflowExecution(
        None, remote, chain.id, chain.spec, ExecutionClosure(WorkflowPhase.RUNNING, None, None)
    )
    watched = {early: "mine"}
    assert early != chain
    early.sync()
    assert early == chain
    assert watched[early] == "mine"


# Copies.

COPIES: dict[str, Callable[[FlyteWorkflowExecution], FlyteWorkflowExecution]] = {
    "pickle": lambda execution: pickle.loads(pickle.dumps(execution)),
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}


@pytest.mark.parametrize("make_copy", COPIES.values(), ids=COPIES)
def test_copies_keep_what_was_loaded_and_drop_the_remote(
    sandbox: Sandbox,
    remote: FlyteRemote,
    make_copy: Callable[[FlyteWorkflowExecution], FlyteWorkflowExecution],
) -> None:
    scene = arrays.map_launch_plans(sandbox)
    execution = remote.fetch_execution(scene.id.name).sync(sync_nodes=True)
    interface = execution.interface
    assert len(execution.inputs) == len(execution.outputs) == 1
    twin = make_copy(execution)
    sandbox.calls.clear()
    assert twin == execution
    assert type(twin) is FlyteWorkflowExecution
    assert twin.execution_url is None
    assert (dict(twin.inputs), dict(twin.outputs)) == (scene.inputs, scene.outputs)
    assert twin.interface == interface
    assert list(twin.node_executions) == list(scene.nodes)
    mapped = twin.node_executions["n0"]
    assert mapped == execution.node_executions["n0"]
    assert dict(mapped.outputs) == scene.nodes["n0"].outputs
    assert [attempt.phase for attempt in mapped.task_executions] == [TaskPhase.SUCCEEDED]
    children = [dict(child.outputs) for child in mapped.workflow_executions]
    assert children == [child.outputs for child in scene.nodes["n0"].executions]
    if make_copy is not copy.copy:  # its nodes are those of the original, remote included
        assert sandbox.calls.total() == 0
    with pytest.raises(FlyteAssertion, match="has no remote"):
        twin.sync()


@pytest.mark.parametrize("name", ["pickle", "deepcopy"])
def test_nodes_of_copies_drop_the_remote_too(
    sandbox: Sandbox, remote: FlyteRemote, name: str
) -> None:
    scene = parents.subworkflow_failed(sandbox)
    execution = remote.fetch_execution(scene.id.name).sync(sync_nodes=True, data=False)
    twin = COPIES[name](execution)
    for node in (
        twin.node_executions["n0"],
        twin.node_executions["n0"].subworkflow_node_executions["n0-0-n0"],
    ):
        with pytest.raises(FlyteAssertion, match="no remote"):
            _ = node.inputs
    assert dict(execution.node_executions["n0"].inputs) == {"x": 1}


@pytest.mark.parametrize("name", ["pickle", "deepcopy"])
def test_a_single_node_can_be_copied(chain: FlyteWorkflowExecution, name: str) -> None:
    node = chain.sync(sync_nodes=True).node_executions["n1"]
    (attempt,) = node.task_executions
    assert attempt.outputs["o0"] == 15
    twin, other = (
        pickle.loads(pickle.dumps((node, attempt)))
        if name == "pickle"
        else copy.deepcopy((node, attempt))
    )
    assert (type(twin), type(other)) == (FlyteNodeExecution, FlyteTaskExecution)
    assert (twin, other) == (node, attempt)
    assert twin.outputs["o0"] == other.outputs["o0"] == 15


def test_problems_survive_a_pickle(sandbox: Sandbox, remote: FlyteRemote) -> None:
    execution = remote.fetch_execution(strange.strange_nodes(sandbox).id.name)
    problem = execution.sync(sync_nodes=True).node_executions["n9"].problem
    copied = pickle.loads(pickle.dumps(execution)).node_executions["n9"].problem
    assert type(copied) is type(problem)
    assert str(copied) == str(problem)


@pytest.mark.parametrize("name", COPIES)
@pytest.mark.parametrize("is_touched", [False, True])
def test_values_of_copies_have_their_declared_types(
    sandbox: Sandbox, remote: FlyteRemote, name: str, is_touched: bool
) -> None:
    execution = remote.fetch_execution(whole_float(sandbox).id.name).sync(sync_nodes=True)
    node = execution.node_executions["n0"]
    assert execution.interface is not None
    assert node.interface is not None
    if is_touched:
        assert len(execution.outputs) == len(node.outputs) == 1
    twin = COPIES[name](execution)
    for values in (twin.outputs, twin.node_executions["n0"].outputs):
        assert values["o0"] == 2.0
        assert isinstance(values["o0"], float)


@pytest.mark.parametrize("name", ["pickle", "deepcopy"])
def test_a_copy_works_again_once_a_remote_has_synced_it(
    sandbox: Sandbox, remote: FlyteRemote, name: str
) -> None:
    scene = parents.launch_plan_of_launch_plan(sandbox)
    execution = remote.fetch_execution(scene.id.name).sync(sync_nodes=True, data=False)
    twin = COPIES[name](execution)
    assert remote.sync(twin) is twin
    assert dict(twin.outputs) == scene.outputs
    node = twin.node_executions["n0"]
    assert remote.sync(twin, sync_nodes=True, data=False) is twin
    assert node is twin.node_executions["n0"]
    assert dict(node.outputs) == scene.nodes["n0"].outputs
    (child,) = node.workflow_executions
    assert dict(child.outputs) == scene.nodes["n0"].executions[0].outputs
    assert dict(child.node_executions["n0"].outputs) == {"o0": 3}


def test_a_node_of_a_copy_can_be_loaded(sandbox: Sandbox, remote: FlyteRemote) -> None:
    execution = remote.fetch_execution(tasks.retries(sandbox).id.name)
    execution.sync(sync_nodes=True, data=False)
    node = copy.deepcopy(execution).node_executions["n0"]
    assert remote.load(node) is node
    assert dict(node.outputs) == {"o0": 2}
    assert len(node.task_executions) == 3


def test_a_replaced_field_leaves_the_execution_as_it_was(chain: FlyteWorkflowExecution) -> None:
    chain.sync(sync_nodes=True)
    other = chain.replace(closure=chain.closure.replace(phase=WorkflowPhase.RUNNING))
    assert not other.is_done
    assert chain.is_done
    assert other.id == chain.id


def test_an_execution_of_the_asyncio_face_names_what_to_await(
    sandbox: Sandbox, chain: FlyteWorkflowExecution
) -> None:
    remote = AsyncFlyteRemote(sandbox.endpoint, PROJECT, DOMAIN)
    execution = FlyteWorkflowExecution.promote_from_model(chain, remote)
    for verb in ("sync", "wait"):
        with pytest.raises(FlyteAssertion, match=rf"await remote\.{verb}\(execution\)"):
            getattr(execution, verb)()
    remote.close()


def test_an_execution_is_work_as_a_run_is(chain: FlyteWorkflowExecution) -> None:
    work: Work = chain
    assert (work.name, work.url) == (chain.id.name, chain.execution_url)
    assert work.wait(5) is chain
    assert work.is_successful
    assert work.started_at == chain.closure.started_at
    assert work.duration == chain.closure.duration
    assert work.error is None
    assert tree(work).text() == chain.tree().text()
    assert work.name in timeline(work).text()
    assert work.name in card(work).html()


def test_work_that_goes_on_has_not_taken_its_time_yet() -> None:
    going_on = workflow(WorkflowPhase.RUNNING)
    assert going_on.duration is None


def test_an_execution_ends_itself(sandbox: Sandbox, remote: FlyteRemote) -> None:
    scene = executions.in_phase(sandbox, WorkflowPhase.RUNNING)
    execution = remote.fetch_execution(scene.id.name)
    work: Work = execution
    sandbox.faults.latency(5, method="TerminateExecution", times=1)
    with pytest.raises(FlyteTimeout, match=r"^terminate of .* longer than the 0\.1 s"):
        work.abort("nobody needs it", timeout=0.1)
    assert work.abort("nobody needs it") is work
    assert execution.sync().closure.abort_metadata is not None
    assert execution.phase is WorkflowPhase.ABORTING
