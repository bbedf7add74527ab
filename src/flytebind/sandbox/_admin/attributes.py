"""Attributes that admin matches with executions: by project, domain and workflow."""

from __future__ import annotations

import grpc
from flyteidl.admin.matchable_resource_pb2 import MatchingAttributes as MatchingAttributesPb

from flytebind.models.admin.matchable_resource import (
    ListMatchableAttributesRequest,
    ListMatchableAttributesResponse,
    MatchableAttributesConfiguration,
    MatchableResource,
    MatchingAttributes,
    PluginOverrides,
)
from flytebind.models.admin.project_attributes import (
    ProjectAttributes,
    ProjectAttributesDeleteRequest,
    ProjectAttributesDeleteResponse,
    ProjectAttributesGetRequest,
    ProjectAttributesGetResponse,
    ProjectAttributesUpdateRequest,
    ProjectAttributesUpdateResponse,
)
from flytebind.models.admin.project_domain_attributes import (
    ProjectDomainAttributes,
    ProjectDomainAttributesDeleteRequest,
    ProjectDomainAttributesDeleteResponse,
    ProjectDomainAttributesGetRequest,
    ProjectDomainAttributesGetResponse,
    ProjectDomainAttributesUpdateRequest,
    ProjectDomainAttributesUpdateResponse,
)
from flytebind.models.admin.workflow_attributes import (
    WorkflowAttributes,
    WorkflowAttributesDeleteRequest,
    WorkflowAttributesDeleteResponse,
    WorkflowAttributesGetRequest,
    WorkflowAttributesGetResponse,
    WorkflowAttributesUpdateRequest,
    WorkflowAttributesUpdateResponse,
)
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._admin.checks import invalid, required
from flytebind.sandbox._admin.part import Part
from flytebind.sandbox._admin.projects import check_project, check_project_domain
from flytebind.sandbox._store import Row
from flytebind.sandbox._store.tables import ATTRIBUTES

_RESOURCES = {
    "task_resource_attributes": MatchableResource.TASK_RESOURCE,
    "cluster_resource_attributes": MatchableResource.CLUSTER_RESOURCE,
    "execution_queue_attributes": MatchableResource.EXECUTION_QUEUE,
    "execution_cluster_label": MatchableResource.EXECUTION_CLUSTER_LABEL,
    "quality_of_service": MatchableResource.QUALITY_OF_SERVICE_SPECIFICATION,
    "plugin_overrides": MatchableResource.PLUGIN_OVERRIDE,
    "workflow_execution_config": MatchableResource.WORKFLOW_EXECUTION_CONFIG,
    "cluster_assignment": MatchableResource.CLUSTER_ASSIGNMENT,
}


class Attributes(Part):
    """Keeps attributes; the most specific ones that match are shown.

    What nobody has set is NOT_FOUND, but for a project's configuration of executions: that comes
    from the settings, as far as it is not set.
    """

    def update_project_attributes(
        self, request: ProjectAttributesUpdateRequest, context: grpc.ServicerContext
    ) -> ProjectAttributesUpdateResponse:
        """Set attributes of a project."""
        attributes = required(request.attributes, "attributes")
        check_project(self.store, attributes.project, explains=False)
        self._update(attributes.matching_attributes, attributes.project)
        return ProjectAttributesUpdateResponse()

    def get_project_attributes(
        self, request: ProjectAttributesGetRequest, context: grpc.ServicerContext
    ) -> ProjectAttributesGetResponse:
        """Show attributes of a project, which need not be active."""
        check_project(self.store, request.project, active=False)
        if request.resource_type is MatchableResource.WORKFLOW_EXECUTION_CONFIG:
            attributes = self._execution_config(request.project)
        else:
            attributes = _attributes(self._get(request.resource_type, request.project))
        return ProjectAttributesGetResponse(
            attributes=ProjectAttributes(project=request.project, matching_attributes=attributes)
        )

    def delete_project_attributes(
        self, request: ProjectAttributesDeleteRequest, context: grpc.ServicerContext
    ) -> ProjectAttributesDeleteResponse:
        """Remove attributes of a project, of its domains and of their workflows."""
        check_project(self.store, request.project, explains=False)
        self._delete(request.resource_type, request.project)
        return ProjectAttributesDeleteResponse()

    def update_project_domain_attributes(
        self, request: ProjectDomainAttributesUpdateRequest, context: grpc.ServicerContext
    ) -> ProjectDomainAttributesUpdateResponse:
        """Set attributes of a project's domain."""
        attributes = required(request.attributes, "attributes")
        check_project_domain(self.store, self.settings, attributes.project, attributes.domain)
        self._update(attributes.matching_attributes, attributes.project, attributes.domain)
        return ProjectDomainAttributesUpdateResponse()

    def get_project_domain_attributes(
        self, request: ProjectDomainAttributesGetRequest, context: grpc.ServicerContext
    ) -> ProjectDomainAttributesGetResponse:
        """Show attributes of a project's domain, or else of the project."""
        check_project_domain(self.store, self.settings, request.project, request.domain)
        row = self._get(request.resource_type, request.project, request.domain)
        return ProjectDomainAttributesGetResponse(
            attributes=ProjectDomainAttributes(
                project=row["project"], domain=row["domain"], matching_attributes=_attributes(row)
            )
        )

    def delete_project_domain_attributes(
        self, request: ProjectDomainAttributesDeleteRequest, context: grpc.ServicerContext
    ) -> ProjectDomainAttributesDeleteResponse:
        """Remove attributes of a project's domain, and of its workflows."""
        check_project_domain(self.store, self.settings, request.project, request.domain)
        self._delete(request.resource_type, request.project, request.domain)
        return ProjectDomainAttributesDeleteResponse()

    def update_workflow_attributes(
        self, request: WorkflowAttributesUpdateRequest, context: grpc.ServicerContext
    ) -> WorkflowAttributesUpdateResponse:
        """Set attributes of a workflow in a project's domain; it need not exist."""
        attributes = required(request.attributes, "attributes")
        check_project_domain(self.store, self.settings, attributes.project, attributes.domain)
        workflow = required(attributes.workflow, "workflow")
        self._update(
            attributes.matching_attributes, attributes.project, attributes.domain, workflow
        )
        return WorkflowAttributesUpdateResponse()

    def get_workflow_attributes(
        self, request: WorkflowAttributesGetRequest, context: grpc.ServicerContext
    ) -> WorkflowAttributesGetResponse:
        """Show attributes of a workflow, or else of its domain, or of the project."""
        check_project_domain(self.store, self.settings, request.project, request.domain)
        workflow = required(request.workflow, "workflow")
        row = self._get(request.resource_type, request.project, request.domain, workflow)
        return WorkflowAttributesGetResponse(
            attributes=WorkflowAttributes(
                project=row["project"],
                domain=row["domain"],
                workflow=row["workflow"],
                matching_attributes=_attributes(row),
            )
        )

    def delete_workflow_attributes(
        self, request: WorkflowAttributesDeleteRequest, context: grpc.ServicerContext
    ) -> WorkflowAttributesDeleteResponse:
        """Remove attributes of a workflow, if there are any."""
        check_project_domain(self.store, self.settings, request.project, request.domain)
        workflow = required(request.workflow, "workflow")
        self._delete(request.resource_type, request.project, request.domain, workflow)
        return WorkflowAttributesDeleteResponse()

    def list_matchable_attributes(
        self, request: ListMatchableAttributesRequest, context: grpc.ServicerContext
    ) -> ListMatchableAttributesResponse:
        """Show all attributes of one kind, the most specific first."""
        _check(request.resource_type)
        rows = self.store.rows(ATTRIBUTES, resource_type=int(request.resource_type))
        rows.sort(key=lambda row: (not row["workflow"], not row["domain"]))
        return ListMatchableAttributesResponse(
            configurations=[
                MatchableAttributesConfiguration(
                    attributes=_attributes(row),
                    project=row["project"],
                    domain=row["domain"],
                    workflow=row["workflow"],
                    launch_plan=row["launch_plan"],
                )
                for row in rows
            ]
        )

    def _update(
        self,
        attributes: MatchingAttributes | None,
        project: str,
        domain: str = "",
        workflow: str = "",
    ) -> None:
        attributes = required(attributes, "matching_attributes")
        target = attributes.which_target
        if target is None:
            invalid("matching_attributes: no target is set")
        kind = _RESOURCES[target[0]]
        if kind is MatchableResource.QUALITY_OF_SERVICE_SPECIFICATION:
            invalid("quality_of_service is not among the attributes that can be set")
        if kind is MatchableResource.PLUGIN_OVERRIDE and not domain:
            # flyteadmin looks for what is there in a way that wants a domain.
            message = "plugin_overrides: a project's cannot be set, only those of its domains"
            raise StatusError(grpc.StatusCode.INTERNAL, message)
        where = _where(kind, project, domain, workflow)
        with self.store.transaction():
            row = self.store.find(ATTRIBUTES, **where)
            if row is None:
                self.store.insert(ATTRIBUTES, {**where, "model": attributes.to_bytes()})
            else:
                merged = _merge(_attributes(row), attributes)
                self.store.update(ATTRIBUTES, row["id"], {"model": merged.to_bytes()})

    def _get(
        self, kind: MatchableResource, project: str, domain: str = "", workflow: str = ""
    ) -> Row:
        for scope in dict.fromkeys(((domain, workflow), (domain, ""), ("", ""))):
            row = self.store.find(ATTRIBUTES, **_where(kind, project, *scope))
            if row is not None:
                return row
        scope_name = ":".join(filter(None, (project, domain, workflow)))
        message = f"Resource {scope_name} {kind.name} not found"
        raise StatusError(grpc.StatusCode.NOT_FOUND, message)

    def _delete(
        self, kind: MatchableResource, project: str, domain: str = "", workflow: str = ""
    ) -> None:
        """As with flyteadmin, what is more specific goes too."""
        scope = {"project": project, "domain": domain, "workflow": workflow}
        given = {part: value for part, value in scope.items() if value}
        with self.store.transaction():
            for row in self.store.rows(ATTRIBUTES, resource_type=int(kind), **given):
                self.store.delete(ATTRIBUTES, row["id"])

    def _execution_config(self, project: str) -> MatchingAttributes:
        """What is set for a project, and for the rest the settings."""
        kind = MatchableResource.WORKFLOW_EXECUTION_CONFIG
        row = self.store.find(ATTRIBUTES, **_where(kind, project, "", ""))
        attributes = MatchingAttributesPb()
        if row is not None:
            attributes.ParseFromString(row["model"])
        config = attributes.workflow_execution_config
        config.max_parallelism = config.max_parallelism or self.settings.max_parallelism
        return MatchingAttributes.from_pb(attributes)


def _where(
    kind: MatchableResource, project: str, domain: str, workflow: str
) -> dict[str, str | int]:
    return {
        "resource_type": int(kind),
        "project": project,
        "domain": domain,
        "workflow": workflow,
        "launch_plan": "",
    }


def _check(kind: MatchableResource) -> None:
    if not kind.is_recognized:
        invalid("invalid value for resource_type")


def _attributes(row: Row) -> MatchingAttributes:
    return MatchingAttributes.from_bytes(row["model"])


def _merge(old: MatchingAttributes, new: MatchingAttributes) -> MatchingAttributes:
    """The new ones; but plugin overrides of other task types stay."""
    if old.plugin_overrides is None or new.plugin_overrides is None:
        return new
    overrides = {
        override.task_type: override
        for override in (*old.plugin_overrides.overrides, *new.plugin_overrides.overrides)
    }
    return new.replace(plugin_overrides=PluginOverrides(overrides=list(overrides.values())))
