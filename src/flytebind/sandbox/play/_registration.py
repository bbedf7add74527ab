"""Registers what scripts are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import grpc
from flyteidl.admin.launch_plan_pb2 import LaunchPlanCreateRequest as CreateLaunchPlan
from flyteidl.admin.task_pb2 import TaskCreateRequest as CreateTask
from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest as CreateWorkflow
from flyteidl.core.compiler_pb2 import CompiledTask, CompiledWorkflowClosure
from flyteidl.core.identifier_pb2 import Identifier

from flytebind.models.admin.common import ObjectGetRequest
from flytebind.models.admin.launch_plan import (
    LaunchPlanCreateRequest,
    LaunchPlanState,
    LaunchPlanUpdateRequest,
)
from flytebind.models.admin.task import TaskCreateRequest
from flytebind.models.admin.workflow import WorkflowCreateRequest
from flytebind.models.core.identifier import Identifier as IdentifierModel
from flytebind.sandbox._admin.compiler import compile_workflow
from flytebind.sandbox.play._workflow import Script, Task, Workflow
from flytebind.services.admin import AdminServiceClient


def register(client: AdminServiceClient, tasks: Iterable[Task], scripts: Iterable[Script]) -> None:
    """Register tasks, workflows and launch plans that are not there, and activate the last.

    Raises:
        grpc.RpcError: If the server does not take them; its project or domain may be missing.
    """
    for task in tasks:
        if not _exists(client.get_task, task.id):
            _create_task(client, task)
    for script in scripts:
        if not _exists(client.get_workflow, script.workflow.template.id):
            _create_workflow(client, script)
        if not _exists(client.get_launch_plan, script.id):
            _create_launch_plan(client, script)


def compile_yielded(client: AdminServiceClient, workflow: Workflow) -> CompiledWorkflowClosure:
    """Compile what a dynamic task yields; it may use tasks that are registered."""

    def find_task(id: Identifier) -> CompiledTask:
        request = ObjectGetRequest(id=IdentifierModel.from_pb(id))
        return client.get_task(request).to_pb().closure.compiled_task

    sub_workflows = list(workflow.sub_workflows.values())
    return compile_workflow(workflow.template, sub_workflows, find_task, lambda _: None)


def _exists(get: Callable[[ObjectGetRequest], object], id: Identifier) -> bool:
    try:
        get(ObjectGetRequest(id=IdentifierModel.from_pb(id)))
    except grpc.RpcError as error:
        if error.code() == grpc.StatusCode.NOT_FOUND:
            return False
        raise
    return True


def _create_task(client: AdminServiceClient, task: Task) -> None:
    create = CreateTask(id=task.id)
    create.spec.template.CopyFrom(task.template())
    client.create_task(TaskCreateRequest.from_pb(create))


def _create_workflow(client: AdminServiceClient, script: Script) -> None:
    workflow = script.workflow
    create = CreateWorkflow(id=workflow.template.id)
    create.spec.template.CopyFrom(workflow.template)
    create.spec.sub_workflows.extend(workflow.sub_workflows.values())
    create.spec.description.short_description = script.summary
    client.create_workflow(WorkflowCreateRequest.from_pb(create))


def _create_launch_plan(client: AdminServiceClient, script: Script) -> None:
    workflow = script.workflow
    create = CreateLaunchPlan(id=script.id)
    create.spec.workflow_id.CopyFrom(workflow.template.id)
    create.spec.entity_metadata.SetInParent()
    inputs = workflow.template.interface.inputs.variables
    for name, default in workflow.defaults.items():
        parameter = create.spec.default_inputs.parameters[name]
        parameter.var.CopyFrom(inputs[name])
        parameter.default.CopyFrom(default)
    client.create_launch_plan(LaunchPlanCreateRequest.from_pb(create))
    client.update_launch_plan(
        LaunchPlanUpdateRequest(id=IdentifierModel.from_pb(script.id), state=LaunchPlanState.ACTIVE)
    )
