"""Tasks and workflows."""

from __future__ import annotations

import grpc
from flyteidl.admin.launch_plan_pb2 import LaunchPlan as LaunchPlanMessage
from flyteidl.admin.task_pb2 import Task as TaskMessage
from flyteidl.admin.workflow_pb2 import Workflow as WorkflowMessage
from flyteidl.core.compiler_pb2 import CompiledTask
from flyteidl.core.identifier_pb2 import Identifier as IdentifierMessage
from flyteidl.core.workflow_pb2 import WorkflowTemplate

from flytebind.models.admin.common import (
    NamedEntityIdentifierList,
    NamedEntityIdentifierListRequest,
    ObjectGetRequest,
    ResourceListRequest,
)
from flytebind.models.admin.description_entity import DescriptionEntity
from flytebind.models.admin.task import Task, TaskCreateRequest, TaskCreateResponse, TaskList
from flytebind.models.admin.workflow import (
    CreateWorkflowFailureReason,
    Workflow,
    WorkflowCreateRequest,
    WorkflowCreateResponse,
    WorkflowErrorExistsDifferentStructure,
    WorkflowErrorExistsIdenticalStructure,
    WorkflowList,
)
from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._admin.checks import (
    check_identifier,
    filled,
    invalid,
    of_kind,
    required,
    show,
)
from flytebind.sandbox._admin.compiler import compile_workflow
from flytebind.sandbox._admin.description_entities import add_description
from flytebind.sandbox._admin.named_entities import add_name
from flytebind.sandbox._admin.part import Part
from flytebind.sandbox._admin.projects import check_project_domain
from flytebind.sandbox._admin.resources import (
    digest,
    get_version,
    key,
    list_names,
    list_versions,
)
from flytebind.sandbox._admin.task_checks import check_template
from flytebind.sandbox._store import Row
from flytebind.sandbox._store.tables import LAUNCH_PLANS, TASKS, WORKFLOWS


class Registry(Part):
    """Registers and shows tasks and workflows."""

    def create_task(
        self, request: TaskCreateRequest, context: grpc.ServicerContext
    ) -> TaskCreateResponse:
        """Register a version of a task.

        Raises:
            StatusError: INVALID_ARGUMENT, also for an id that has another content already;
                ALREADY_EXISTS for one that has this content.
        """
        id = check_identifier(request.id, ResourceType.TASK)
        check_project_domain(self.store, self.settings, id.project, id.domain)
        spec = required(request.spec, "spec")
        if not spec.to_pb().HasField("template"):
            invalid("missing spec")
        task = TaskMessage(
            id=id.replace(org="").to_pb(), short_description=_short(spec.description)
        )
        template = task.closure.compiled_task.template
        template.CopyFrom(spec.to_pb().template)
        template.id.CopyFrom(id.to_pb())
        check_template(template, self.settings.task_limits)
        content = digest(task.closure.compiled_task)
        task.closure.created_at.FromDatetime(self.clock.now())
        with self.store.transaction():
            if (row := self.store.find(TASKS, **key(id))) is not None:
                _refuse_again(id, same=row["digest"] == content)
            self.store.insert(
                TASKS,
                {
                    **key(id),
                    "type": template.type,
                    "short_description": task.short_description,
                    "digest": content,
                    "model": task.SerializeToString(),
                },
            )
            add_name(self.store, id)
            if spec.description is not None:
                add_description(self.store, id, spec.description)
        return TaskCreateResponse()

    def get_task(self, request: ObjectGetRequest, context: grpc.ServicerContext) -> Task:
        """Show a version of a task."""
        id = of_kind(request.id, ResourceType.TASK)
        return Task.from_bytes(get_version(self.store, TASKS, id)["model"])

    def list_tasks(self, request: ResourceListRequest, context: grpc.ServicerContext) -> TaskList:
        """Show versions of one task, or of all in a project and domain."""
        page = list_versions(self.store, TASKS, request)
        return TaskList(
            tasks=[Task.from_bytes(row["model"]) for row in page.rows], token=page.token
        )

    def list_task_ids(
        self, request: NamedEntityIdentifierListRequest, context: grpc.ServicerContext
    ) -> NamedEntityIdentifierList:
        """Show the names of tasks."""
        return list_names(self.store, TASKS, request)

    def create_workflow(
        self, request: WorkflowCreateRequest, context: grpc.ServicerContext
    ) -> WorkflowCreateResponse:
        """Compile and register a version of a workflow.

        Raises:
            StatusError: INVALID_ARGUMENT for a workflow that does not compile, and for an id that
                has another content already; ALREADY_EXISTS for one that has this content.
        """
        id = check_identifier(request.id, ResourceType.WORKFLOW)
        check_project_domain(self.store, self.settings, id.project, id.domain)
        spec = required(request.spec, "spec")
        if not spec.to_pb().HasField("template"):
            invalid("missing spec")
        workflow = WorkflowMessage(
            id=id.replace(org="").to_pb(), short_description=_short(spec.description)
        )
        given = spec.to_pb()
        given.template.id.CopyFrom(id.to_pb())
        with self.store.transaction():
            compiled = compile_workflow(
                given.template, given.sub_workflows, self._find_task, self._find_launch_plan
            )
            self._check_size(compiled.primary.template)
            content = digest(compiled)
            if (row := self.store.find(WORKFLOWS, **key(id))) is not None:
                _refuse_again(id, same=row["digest"] == content)
            workflow.closure.compiled_workflow.CopyFrom(compiled)
            workflow.closure.created_at.FromDatetime(self.clock.now())
            self.store.insert(
                WORKFLOWS,
                {
                    **key(id),
                    "short_description": workflow.short_description,
                    "digest": content,
                    "model": workflow.SerializeToString(),
                },
            )
            add_name(self.store, id)
            if spec.description is not None:
                add_description(self.store, id, spec.description)
        return WorkflowCreateResponse()

    def get_workflow(self, request: ObjectGetRequest, context: grpc.ServicerContext) -> Workflow:
        """Show a version of a workflow, compiled."""
        id = filled(request.id, ResourceType.WORKFLOW)
        return Workflow.from_bytes(get_version(self.store, WORKFLOWS, id)["model"])

    def list_workflows(
        self, request: ResourceListRequest, context: grpc.ServicerContext
    ) -> WorkflowList:
        """Show versions of one workflow, or of all in a project and domain.

        Of the closures only the time and the interface are there.
        """
        page = list_versions(self.store, WORKFLOWS, request)
        return WorkflowList(workflows=[_outline(row) for row in page.rows], token=page.token)

    def list_workflow_ids(
        self, request: NamedEntityIdentifierListRequest, context: grpc.ServicerContext
    ) -> NamedEntityIdentifierList:
        """Show the names of workflows."""
        return list_names(self.store, WORKFLOWS, request)

    def _check_size(self, template: WorkflowTemplate) -> None:
        most = self.settings.max_workflow_nodes
        if most and len(template.nodes) > most:
            invalid(
                f"the workflow has {len(template.nodes)} nodes, start and end among them: "
                f"at most {most} are allowed"
            )

    def _find_task(self, id: IdentifierMessage) -> CompiledTask | None:
        row = self.store.find(TASKS, **key(Identifier.from_pb(id)))
        return TaskMessage.FromString(row["model"]).closure.compiled_task if row else None

    def _find_launch_plan(self, id: IdentifierMessage) -> LaunchPlanMessage | None:
        row = self.store.find(LAUNCH_PLANS, **key(Identifier.from_pb(id)))
        return LaunchPlanMessage.FromString(row["model"]) if row else None


def _short(description: DescriptionEntity | None) -> str:
    return description.short_description if description is not None else ""


def _outline(row: Row) -> Workflow:
    workflow = WorkflowMessage.FromString(row["model"])
    outline = WorkflowMessage(id=workflow.id, short_description=workflow.short_description)
    outline.closure.created_at.CopyFrom(workflow.closure.created_at)
    outline.closure.compiled_workflow.primary.template.interface.CopyFrom(
        workflow.closure.compiled_workflow.primary.template.interface
    )
    return Workflow.from_pb(outline)


def _refuse_again(id: Identifier, *, same: bool) -> None:
    if same:
        raise StatusError(
            grpc.StatusCode.ALREADY_EXISTS,
            f"{show(id)} already exists, with the same structure",
            details=_reason(id, same=True),
        )
    raise StatusError(
        grpc.StatusCode.INVALID_ARGUMENT,
        f"{show(id)} already exists, with a different structure: register a new version",
        details=_reason(id, same=False),
    )


def _reason(id: Identifier, *, same: bool) -> list[CreateWorkflowFailureReason]:
    if id.resource_type != ResourceType.WORKFLOW:
        return []
    if same:
        return [
            CreateWorkflowFailureReason(
                exists_identical_structure=WorkflowErrorExistsIdenticalStructure(id=id)
            )
        ]
    return [
        CreateWorkflowFailureReason(
            exists_different_structure=WorkflowErrorExistsDifferentStructure(id=id)
        )
    ]
