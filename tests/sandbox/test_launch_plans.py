from __future__ import annotations

from datetime import datetime, timezone

import grpc
import pytest
from flyteidl.core.types_pb2 import SimpleType

from flytebind.models.admin.common import (
    NamedEntityIdentifier,
    ObjectGetRequest,
    ResourceListRequest,
)
from flytebind.models.admin.launch_plan import (
    ActiveLaunchPlanRequest,
    LaunchPlan,
    LaunchPlanSpec,
    LaunchPlanState,
    LaunchPlanUpdateRequest,
)
from flytebind.models.admin.workflow import WorkflowCreateRequest
from flytebind.models.core.identifier import ResourceType
from tests.sandbox.support import (
    DOMAIN,
    PROJECT,
    Server,
    identifier,
    launch_plan_request,
    refused,
    task_request,
    workflow_request,
)

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
NAME = NamedEntityIdentifier(PROJECT, DOMAIN, "plan")


@pytest.fixture
def server(server: Server) -> Server:
    """With a workflow ``flow`` that takes an integer ``x`` and a time ``when``."""
    server.client.create_task(task_request("square"))
    request = workflow_request("flow").to_pb()
    inputs = request.spec.template.interface.inputs.variables
    inputs["when"].type.simple = SimpleType.DATETIME
    server.client.create_workflow(WorkflowCreateRequest.from_pb(request))
    return server


def spec(**fields: object) -> LaunchPlanSpec:
    workflow = identifier(ResourceType.WORKFLOW, "flow").to_dict()
    return LaunchPlanSpec.from_dict({"workflowId": workflow, **fields})


def create(server: Server, version: str = "v1", /, **fields: object) -> LaunchPlan:
    request = launch_plan_request("plan", version, spec(**fields))
    server.client.create_launch_plan(request)
    return get(server, version)


def get(server: Server, version: str) -> LaunchPlan:
    id = identifier(ResourceType.LAUNCH_PLAN, "plan", version)
    return server.client.get_launch_plan(ObjectGetRequest(id=id))


def set_state(server: Server, version: str, state: LaunchPlanState) -> None:
    id = identifier(ResourceType.LAUNCH_PLAN, "plan", version)
    server.client.update_launch_plan(LaunchPlanUpdateRequest(id=id, state=state))


def states(server: Server) -> dict[str, LaunchPlanState]:
    request = ResourceListRequest(id=NAME, limit=9)
    return {
        plan.id.version: plan.closure.state
        for plan in server.client.list_launch_plans(request).launch_plans
        if plan.id is not None and plan.closure is not None
    }


def test_only_one_version_is_active(server: Server) -> None:
    server.clock.freeze(NOON)
    create(server, "v1")
    create(server, "v2")
    with refused(grpc.StatusCode.NOT_FOUND, "plan"):
        server.client.get_active_launch_plan(ActiveLaunchPlanRequest(id=NAME))
    set_state(server, "v1", LaunchPlanState.ACTIVE)
    later = server.clock.freeze(NOON.replace(hour=13))
    set_state(server, "v2", LaunchPlanState.ACTIVE)
    assert states(server) == {"v1": LaunchPlanState.INACTIVE, "v2": LaunchPlanState.ACTIVE}
    active = server.client.get_active_launch_plan(ActiveLaunchPlanRequest(id=NAME))
    assert active == get(server, "v2")
    assert active.closure is not None
    assert (active.closure.created_at, active.closure.updated_at) == (NOON, later)
    set_state(server, "v2", LaunchPlanState.ACTIVE)
    assert states(server)["v2"] == LaunchPlanState.ACTIVE
    set_state(server, "v2", LaunchPlanState.INACTIVE)
    with refused(grpc.StatusCode.NOT_FOUND):
        server.client.get_active_launch_plan(ActiveLaunchPlanRequest(id=NAME))
