"""What attributes say where nobody has set any; the rest is replayed from a real flyteadmin."""

from __future__ import annotations

from flytebind.models.admin.matchable_resource import (
    MatchableResource,
    MatchingAttributes,
    WorkflowExecutionConfig,
)
from flytebind.models.admin.project_attributes import (
    ProjectAttributes,
    ProjectAttributesGetRequest,
    ProjectAttributesUpdateRequest,
)
from tests.sandbox.support import PROJECT, Server


def config(server: Server) -> WorkflowExecutionConfig | None:
    request = ProjectAttributesGetRequest(
        project=PROJECT, resource_type=MatchableResource.WORKFLOW_EXECUTION_CONFIG
    )
    attributes = server.client.get_project_attributes(request).attributes
    assert attributes is not None
    assert attributes.matching_attributes is not None
    return attributes.matching_attributes.workflow_execution_config


def test_a_project_runs_as_the_server_is_configured_where_it_does_not_say(server: Server) -> None:
    assert config(server) == WorkflowExecutionConfig(max_parallelism=25)
    own = WorkflowExecutionConfig(overwrite_cache=True)
    server.client.update_project_attributes(
        ProjectAttributesUpdateRequest(
            attributes=ProjectAttributes(
                project=PROJECT,
                matching_attributes=MatchingAttributes(workflow_execution_config=own),
            )
        )
    )
    assert config(server) == own.replace(max_parallelism=25)
