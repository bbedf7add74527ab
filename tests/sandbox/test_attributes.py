from __future__ import annotations

import grpc
import pytest

from flytebind.models.admin.matchable_resource import (
    ExecutionClusterLabel,
    ListMatchableAttributesRequest,
    MatchableResource,
    MatchingAttributes,
    PluginOverride,
    PluginOverrides,
)
from flytebind.models.admin.project import Project
from flytebind.models.admin.project_attributes import (
    ProjectAttributes,
    ProjectAttributesDeleteRequest,
    ProjectAttributesGetRequest,
    ProjectAttributesUpdateRequest,
)
from flytebind.models.admin.project_domain_attributes import (
    ProjectDomainAttributes,
    ProjectDomainAttributesDeleteRequest,
    ProjectDomainAttributesGetRequest,
    ProjectDomainAttributesUpdateRequest,
)
from flytebind.models.admin.workflow_attributes import (
    WorkflowAttributes,
    WorkflowAttributesDeleteRequest,
    WorkflowAttributesGetRequest,
    WorkflowAttributesUpdateRequest,
)
from tests.sandbox.support import DOMAIN, PROJECT, Server, refused

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
LABEL = MatchableResource.EXECUTION_CLUSTER_LABEL


def label(value: str) -> MatchingAttributes:
    return MatchingAttributes(execution_cluster_label=ExecutionClusterLabel(value))


def set_project(server: Server, attributes: MatchingAttributes | None) -> None:
    of = ProjectAttributes(project=PROJECT, matching_attributes=attributes)
    server.client.update_project_attributes(ProjectAttributesUpdateRequest(attributes=of))


def set_domain(server: Server, attributes: MatchingAttributes | None) -> None:
    of = ProjectDomainAttributes(project=PROJECT, domain=DOMAIN, matching_attributes=attributes)
    server.client.update_project_domain_attributes(
        ProjectDomainAttributesUpdateRequest(attributes=of)
    )


def set_workflow(server: Server, attributes: MatchingAttributes | None) -> None:
    of = WorkflowAttributes(
        project=PROJECT, domain=DOMAIN, workflow="flow", matching_attributes=attributes
    )
    server.client.update_workflow_attributes(WorkflowAttributesUpdateRequest(attributes=of))


def project(server: Server, kind: MatchableResource = LABEL) -> ProjectAttributes | None:
    request = ProjectAttributesGetRequest(project=PROJECT, resource_type=kind)
    return server.client.get_project_attributes(request).attributes


def domain(server: Server) -> ProjectDomainAttributes | None:
    request = ProjectDomainAttributesGetRequest(project=PROJECT, domain=DOMAIN, resource_type=LABEL)
    return server.client.get_project_domain_attributes(request).attributes


def workflow(server: Server) -> WorkflowAttributes | None:
    request = WorkflowAttributesGetRequest(
        project=PROJECT, domain=DOMAIN, workflow="flow", resource_type=LABEL
    )
    return server.client.get_workflow_attributes(request).attributes


def test_attributes_come_back_where_they_were_set_and_can_be_replaced(server: Server) -> None:
    for value in ("old", "new"):
        set_project(server, label(f"{value} p"))
        set_domain(server, label(f"{value} d"))
        set_workflow(server, label(f"{value} w"))
    assert project(server) == ProjectAttributes(project=PROJECT, matching_attributes=label("new p"))
    assert domain(server) == ProjectDomainAttributes(
        project=PROJECT, domain=DOMAIN, matching_attributes=label("new d")
    )
    assert workflow(server) == WorkflowAttributes(
        project=PROJECT, domain=DOMAIN, workflow="flow", matching_attributes=label("new w")
    )


def test_the_most_specific_attributes_that_match_are_shown(server: Server) -> None:
    with refused(NOT_FOUND, "flytesnacks:development:flow", "EXECUTION_CLUSTER_LABEL"):
        workflow(server)
    set_project(server, label("p"))
    expected = WorkflowAttributes(project=PROJECT, matching_attributes=label("p"))
    assert workflow(server) == expected
    set_domain(server, label("d"))
    assert workflow(server) == expected.replace(domain=DOMAIN, matching_attributes=label("d"))
    set_workflow(server, label("w"))
    assert domain(server) == ProjectDomainAttributes(
        project=PROJECT, domain=DOMAIN, matching_attributes=label("d")
    )


def test_a_project_does_not_show_the_attributes_of_its_domains(server: Server) -> None:
    set_domain(server, label("d"))
    with refused(NOT_FOUND, PROJECT):
        project(server)


def test_deleted_attributes_are_gone_and_may_be_deleted_again(server: Server) -> None:
    set_project(server, label("p"))
    set_domain(server, label("d"))
    set_workflow(server, label("w"))
    for _ in range(2):
        server.client.delete_workflow_attributes(
            WorkflowAttributesDeleteRequest(
                project=PROJECT, domain=DOMAIN, workflow="flow", resource_type=LABEL
            )
        )
        server.client.delete_project_attributes(
            ProjectAttributesDeleteRequest(project=PROJECT, resource_type=LABEL)
        )
    found = workflow(server)
    assert found is not None
    assert found.matching_attributes == label("d")
    server.client.delete_project_domain_attributes(
        ProjectDomainAttributesDeleteRequest(project=PROJECT, domain=DOMAIN, resource_type=LABEL)
    )
    with refused(NOT_FOUND):
        workflow(server)


def test_overrides_of_plugins_are_merged_by_task_type(server: Server) -> None:
    def overrides(**plugins: str) -> MatchingAttributes:
        return MatchingAttributes(
            plugin_overrides=PluginOverrides(
                [
                    PluginOverride(kind, [plugin], PluginOverride.MissingPluginBehavior.FAIL)
                    for kind, plugin in plugins.items()
                ]
            )
        )

    set_project(server, overrides(spark="a", ray="b"))
    set_project(server, overrides(ray="c", dask="d"))
    found = project(server, MatchableResource.PLUGIN_OVERRIDE)
    assert found is not None
    assert found.matching_attributes == overrides(spark="a", ray="c", dask="d")


def test_a_list_has_all_of_one_kind_the_most_specific_first(server: Server) -> None:
    set_project(server, label("p"))
    set_workflow(server, label("w"))
    set_domain(server, label("d"))
    set_domain(server, MatchingAttributes(plugin_overrides=PluginOverrides([])))
    request = ListMatchableAttributesRequest(resource_type=LABEL)
    configurations = server.client.list_matchable_attributes(request).configurations
    assert [configuration.attributes for configuration in configurations] == [
        label("w"),
        label("d"),
        label("p"),
    ]
    assert (configurations[0].workflow, configurations[2].domain) == ("flow", "")
    with refused(INVALID, "resource_type"):
        server.client.list_matchable_attributes(
            ListMatchableAttributesRequest(resource_type=MatchableResource(99))
        )


@pytest.mark.parametrize("set", [set_project, set_domain, set_workflow])
def test_attributes_need_a_target(server: Server, set: object) -> None:
    assert callable(set)
    with refused(INVALID, "matching_attributes"):
        set(server, None)
    with refused(INVALID, "target"):
        set(server, MatchingAttributes())


def test_attributes_need_a_place_that_exists(server: Server) -> None:
    client = server.client
    with refused(INVALID, "attributes"):
        client.update_project_attributes(ProjectAttributesUpdateRequest())
    with refused(INVALID, "ghost"):
        client.get_project_attributes(ProjectAttributesGetRequest(project="ghost"))
    with refused(INVALID, "ghost"):
        client.update_project_domain_attributes(
            ProjectDomainAttributesUpdateRequest(
                attributes=ProjectDomainAttributes(
                    project=PROJECT, domain="ghost", matching_attributes=label("d")
                )
            )
        )
    with refused(INVALID, "workflow"):
        client.get_workflow_attributes(
            WorkflowAttributesGetRequest(project=PROJECT, domain=DOMAIN, resource_type=LABEL)
        )


def test_an_archived_project_shows_its_attributes_but_takes_no_more(server: Server) -> None:
    set_project(server, label("p"))
    server.client.update_project(Project(PROJECT, "", "", Project.ProjectState.ARCHIVED))
    assert project(server) is not None
    with refused(INVALID, "not active"):
        set_project(server, label("q"))
