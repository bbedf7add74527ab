"""Working with executions through a remote, with and without asyncio."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import grpc
from typing_extensions import assert_type

from flytebind.models.admin.launch_plan import LaunchPlan
from flytebind.models.admin.project import Domain, Project
from flytebind.models.admin.schedule import Schedule
from flytebind.models.admin.signal import Signal
from flytebind.models.admin.task import TaskSpec
from flytebind.models.admin.version import GetVersionRequest, GetVersionResponse
from flytebind.models.admin.workflow import WorkflowSpec
from flytebind.models.core.execution import (
    ExecutionError,
    NodeExecution,
    TaskExecution,
    WorkflowExecution,
)
from flytebind.models.core.identifier import (
    Identifier,
    NodeExecutionIdentifier,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flytebind.models.core.interface import TypedInterface, Variable
from flytebind.models.core.literals import Literal
from flytebind.models.core.metrics import Span
from flytebind.models.core.tasks import TaskTemplate
from flytebind.models.core.workflow import WorkflowTemplate
from flytebind.models.execution import Execution, ExecutionClosure, ExecutionSpec
from flytebind.models.service.identity import UserInfoRequest, UserInfoResponse
from flytebind.remote import (
    AsyncFlyteRemote,
    CallPolicy,
    Change,
    Config,
    ExecutionList,
    FlyteAssertion,
    FlyteCallError,
    FlyteError,
    FlyteLaunchPlan,
    FlyteNodeExecution,
    FlyteRemote,
    FlyteTask,
    FlyteTaskExecution,
    FlyteTimeout,
    FlyteWorkflow,
    FlyteWorkflowExecution,
    Input,
    LaunchOptions,
    LiteralsResolver,
    NodeMapping,
    RegisteredEntity,
    Registration,
    RemoteExecutionBase,
)
from flytebind.services import AdminServiceClient, DataProxyServiceAsyncClient

Phase = WorkflowExecution.Phase | NodeExecution.Phase | TaskExecution.Phase


class Nightly(FlyteWorkflowExecution):
    """Users may add to an execution what they need."""

    def rows(self) -> int:
        return self.outputs.get("rows", as_type=int)


def takes_models(model: Execution, base: RemoteExecutionBase) -> None: ...


def takes_mappings(mapping: Mapping[str, object]) -> None: ...


def takes_templates(template: TaskTemplate) -> None: ...


def takes_assertions(error: AssertionError) -> None: ...


def an_execution(execution: FlyteWorkflowExecution) -> None:
    assert_type(execution.id, WorkflowExecutionIdentifier)
    assert_type(execution.spec, ExecutionSpec)
    assert_type(execution.closure, ExecutionClosure)
    assert_type(execution.phase, Phase)
    assert_type(execution.is_done, bool)
    assert_type(execution.is_successful, bool)
    assert_type(execution.error, ExecutionError | None)
    assert_type(execution.inputs, LiteralsResolver)
    assert_type(execution.outputs, LiteralsResolver)
    assert_type(execution.interface, TypedInterface | None)
    assert_type(execution.node_executions, NodeMapping[FlyteNodeExecution])
    assert_type(execution.flyte_workflow, FlyteWorkflow)
    assert_type(execution.execution_url, str | None)
    assert_type(execution.verbose_string(), str)
    assert_type(execution.sync(), FlyteWorkflowExecution)
    assert_type(execution.sync(sync_nodes=True, data=False), FlyteWorkflowExecution)
    assert_type(execution.wait(), FlyteWorkflowExecution)
    assert_type(execution.wait(timedelta(hours=1), 5, sync_nodes=False), FlyteWorkflowExecution)
    while not execution.is_done:
        execution.sync()
    takes_models(execution, execution)
    assert_type({execution: 1}, dict[FlyteWorkflowExecution, int])


def promoted(model: Execution, remote: FlyteRemote, aio: AsyncFlyteRemote) -> None:
    promote = FlyteWorkflowExecution.promote_from_model
    assert_type(promote(model), FlyteWorkflowExecution)
    assert_type(promote(model, remote, {"rows": int}), FlyteWorkflowExecution)
    assert_type(promote(model, aio), FlyteWorkflowExecution)
    nightly = Nightly.promote_from_model(model, remote)
    assert_type(nightly, Nightly)
    assert_type(nightly.sync(), Nightly)
    assert_type(remote.sync(nightly), Nightly)
    assert_type(nightly.rows(), int)


def built(
    id: WorkflowExecutionIdentifier,
    spec: ExecutionSpec,
    closure: ExecutionClosure,
    remote: FlyteRemote,
) -> None:
    by_place = FlyteWorkflowExecution({"rows": int}, remote, id, spec, closure)
    assert_type(by_place, FlyteWorkflowExecution)
    assert_type(FlyteWorkflowExecution(id=id, spec=spec, closure=closure), FlyteWorkflowExecution)


def a_node(node: FlyteNodeExecution) -> None:
    assert_type(node.id, NodeExecutionIdentifier)
    assert_type(node.problem, FlyteError | None)
    assert_type(node.is_boundary, bool)
    assert_type(node.task_executions, list[FlyteTaskExecution])
    assert_type(node.workflow_executions, list[FlyteWorkflowExecution])
    assert_type(node.subworkflow_node_executions, NodeMapping[FlyteNodeExecution])
    assert_type(
        node.executions,
        list[FlyteTaskExecution] | list[FlyteWorkflowExecution] | list[FlyteNodeExecution],
    )
    assert_type(node.closure.phase, NodeExecution.Phase)
    assert_type(FlyteNodeExecution.promote_from_model(node), FlyteNodeExecution)


def an_attempt(attempt: FlyteTaskExecution) -> None:
    assert_type(attempt.id, TaskExecutionIdentifier)
    assert_type(attempt.task, FlyteTask)
    assert_type(attempt.task.name, str)
    assert_type(attempt.outputs["o0"], object)
    assert_type(FlyteTaskExecution.promote_from_model(attempt), FlyteTaskExecution)


def values(outputs: LiteralsResolver) -> None:
    assert_type(outputs.get("rows", as_type=int), int)
    assert_type(outputs.get("rows", None, as_type=int), int | None)
    assert_type(outputs.get_literal("rows"), Literal)
    assert_type(outputs.as_dict(), dict[str, object])
    assert_type(outputs.variable_map, Mapping[str, Variable] | None)
    takes_mappings(outputs)


def what_runs(workflow: FlyteWorkflow, task: FlyteTask, plan: FlyteLaunchPlan) -> None:
    assert_type(workflow.template, WorkflowTemplate)
    assert_type(workflow.task(task.id), FlyteTask | None)
    assert_type(workflow.sub_workflow(workflow.id), WorkflowTemplate | None)
    assert_type(workflow.interface, TypedInterface)
    assert_type(plan.name, str)
    takes_templates(task)


def blocking() -> None:
    with FlyteRemote(Config.auto(), "flytesnacks", domain="development", max_calls=8) as remote:
        assert_type(remote, FlyteRemote)
        assert_type(remote.fetch_execution("f7a9c2"), FlyteWorkflowExecution)
        assert_type(remote.list_executions(limit=3), Iterator[FlyteWorkflowExecution])
        assert_type(remote.recent_executions(), ExecutionList[FlyteWorkflowExecution])
        assert_type(remote.fetch_task("steps.step"), FlyteTask)
        assert_type(remote.fetch_workflow("steps", "v1"), FlyteWorkflow)
        plan = remote.fetch_launch_plan("steps", project="flytesnacks")
        assert_type(plan, FlyteLaunchPlan)
        assert_type(remote.list_tasks("steps.step", limit=3), Iterator[FlyteTask])
        assert_type(remote.list_workflow_names(), Iterator[str])
        assert_type(remote.activate_launch_plan(plan), FlyteLaunchPlan)
        done = remote.register("flows.tgz", version="v1", dry_run=True)
        assert_type(done, Registration)
        assert_type(done.entities[0], RegisteredEntity)
        specs: list[TaskSpec | WorkflowSpec | LaunchPlan] = []
        assert_type(remote.register(specs).new, list[Identifier])
        assert_type(remote.register([*specs, TaskSpec.from_dict({})]), Registration)
        assert_type(plan.inputs["x"], Input)
        assert_type(plan.schedule, Schedule | None)
        assert_type(plan.console_url, str | None)
        options = LaunchOptions(overwrite_cache=True, labels={"team": "blue"})
        execution = remote.execute(plan, {"x": 1, "file": Path("x")}, options=options)
        assert_type(execution, FlyteWorkflowExecution)
        assert_type(remote.sync(execution, sync_nodes=True), FlyteWorkflowExecution)
        for node in execution.node_executions.values():
            assert_type(remote.load(node), FlyteNodeExecution)
            for attempt in node.task_executions:
                assert_type(remote.load(attempt), FlyteTaskExecution)
        assert_type(remote.wait(execution, timeout=60), FlyteWorkflowExecution)
        assert_type(remote.watch(execution), Iterator[Change])
        for change in remote.watch(execution, nodes=False):
            assert_type(change.phase, Phase)
            assert_type(change.node, FlyteNodeExecution | None)
        assert_type(remote.relaunch(execution), FlyteWorkflowExecution)
        assert_type(remote.recover(execution.id), FlyteWorkflowExecution)
        remote.terminate("f7a9c2", "enough")
        assert_type(remote.list_signals(execution), list[Signal])
        remote.approve("sign-off", execution)
        remote.set_input("number", execution, 7)
        assert_type(remote.get("flyte://v1/p/d/f7a9c2/n0/o"), object)
        assert_type(remote.upload("rows.csv"), str)
        assert_type(remote.download("s3://rows.csv", Path("rows.csv")), Path)
        assert_type(remote.get_execution_metrics(execution), Span)
        assert_type(remote.generate_console_url(plan), str)
        assert_type(remote.list_projects(), list[Project])
        assert_type(remote.list_domains(), list[Domain])
        assert_type(remote.admin, AdminServiceClient)
        assert_type(remote.admin.get_version(GetVersionRequest()), GetVersionResponse)
        assert_type(remote.identity.user_info(UserInfoRequest()), UserInfoResponse)


async def awaiting(channel: grpc.Channel) -> None:
    policy = CallPolicy(timeout=10, max_attempts=3)
    async with AsyncFlyteRemote(channel=channel, policy=policy) as remote:
        assert_type(remote, AsyncFlyteRemote)
        execution = await remote.fetch_execution("f7a9c2")
        assert_type(execution, FlyteWorkflowExecution)
        assert_type(await remote.sync(execution), FlyteWorkflowExecution)
        node = execution.node_executions["n0"]
        assert_type(await remote.load(node), FlyteNodeExecution)
        assert_type(remote.list_executions(), AsyncIterator[FlyteWorkflowExecution])
        assert_type(
            [each.id async for each in remote.list_executions()], list[WorkflowExecutionIdentifier]
        )
        async for change in remote.watch(execution):
            assert_type(change, Change)
        plan = await remote.fetch_launch_plan("steps")
        assert_type(await remote.execute(plan, {"x": 1}), FlyteWorkflowExecution)
        assert_type([each async for each in remote.list_workflows()], list[FlyteWorkflow])
        assert_type(await remote.deactivate_launch_plan("steps"), FlyteLaunchPlan)
        assert_type(await remote.upload("rows.csv"), str)
        assert_type(
            await asyncio.gather(remote.list_projects(), remote.list_domains()),
            tuple[list[Project], list[Domain]],
        )
        assert_type(remote.data_proxy, DataProxyServiceAsyncClient)
        assert_type(await remote.admin.get_version(GetVersionRequest()), GetVersionResponse)
        nightly = Nightly.promote_from_model(execution)
        assert_type((await remote.wait(nightly)).rows(), int)


def errors(remote: FlyteRemote) -> None:
    try:
        remote.fetch_execution("f7a9c2").wait(timeout=1)
    except FlyteTimeout as timeout:
        assert_type(str(timeout), str)
    except FlyteCallError as error:
        assert_type(error.code, grpc.StatusCode)
        assert_type(error.details, str)
        assert_type(error.attempts, int)
    except FlyteAssertion as refusal:
        takes_assertions(refusal)
