from __future__ import annotations

from datetime import datetime, timezone

import grpc
import pytest
from flyteidl.core.types_pb2 import SimpleType

from flytebind.models.admin.common import (
    Labels,
    NamedEntityIdentifier,
    NamedEntityIdentifierListRequest,
    ObjectGetRequest,
    ResourceListRequest,
)
from flytebind.models.admin.launch_plan import (
    ActiveLaunchPlanListRequest,
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

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
INTEGER = {"type": {"simple": "INTEGER"}}
DATETIME = {"type": {"simple": "DATETIME"}}
SEVEN = {"scalar": {"primitive": {"integer": "7"}}}
WORD = {"scalar": {"primitive": {"stringValue": "seven"}}}
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


def parameters(**types: object) -> dict[str, object]:
    return {"parameters": types}


def expected_inputs(plan: LaunchPlan) -> object:
    assert plan.closure is not None
    assert plan.closure.expected_inputs is not None
    return plan.closure.expected_inputs.to_dict().get("parameters", {})


def test_a_new_launch_plan_is_inactive_and_wants_what_the_workflow_wants(server: Server) -> None:
    server.clock.freeze(NOON)
    plan = create(server)
    assert plan.id == identifier(ResourceType.LAUNCH_PLAN, "plan")
    assert plan.closure is not None
    assert plan.closure.state == LaunchPlanState.INACTIVE
    assert (plan.closure.created_at, plan.closure.updated_at) == (NOON, NOON)
    assert expected_inputs(plan) == {
        "x": {"var": INTEGER, "required": True},
        "when": {"var": DATETIME, "required": True},
    }
    assert plan.closure.expected_outputs is not None
    assert list(plan.closure.expected_outputs.variables) == ["y"]


def test_defaults_and_fixed_inputs_change_what_is_expected(server: Server) -> None:
    default = {"var": INTEGER, "default": SEVEN}
    plan = create(server, defaultInputs=parameters(x=default))
    required = {"var": DATETIME, "required": True}
    assert expected_inputs(plan) == {"x": default, "when": required}
    plan = create(server, "v2", fixedInputs={"literals": {"x": SEVEN}})
    assert expected_inputs(plan) == {"when": required}
    assert plan.spec is not None
    assert plan.closure is not None
    assert plan.spec.default_inputs == plan.closure.expected_inputs


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"fixedInputs": {"literals": {"z": SEVEN}}}, ["fixed_inputs", "'z'"]),
        ({"fixedInputs": {"literals": {"x": WORD}}}, ["fixed_inputs", "x is integer, not string"]),
        ({"fixedInputs": {"literals": {"x": {}}}}, ["fixed_inputs", "x has no value"]),
        (
            {"defaultInputs": parameters(z={"var": INTEGER, "required": True})},
            ["default_inputs", "'z'"],
        ),
        (
            {"defaultInputs": parameters(x={"var": DATETIME, "required": True})},
            ["default_inputs", "x is integer, not datetime"],
        ),
        (
            {"defaultInputs": parameters(x={"var": INTEGER, "default": WORD})},
            ["default_inputs", "x is integer, not string"],
        ),
        ({"defaultInputs": parameters(x={"var": INTEGER})}, ["default_inputs", "no default"]),
        (
            {"defaultInputs": parameters(x={"var": INTEGER, "required": False})},
            ["default_inputs", "no default"],
        ),
        ({"defaultInputs": parameters(x={"required": True})}, ["default_inputs", "no type"]),
        ({"entityMetadata": {"schedule": {"cronExpression": "* * * * *"}}}, ["schedule"]),
        (
            {
                "entityMetadata": {
                    "schedule": {"cronExpression": "* * * * *", "kickoffTimeInputArg": "x"}
                },
                "fixedInputs": {
                    "literals": {
                        "when": {"scalar": {"primitive": {"datetime": "2026-01-01T00:00:00Z"}}}
                    }
                },
            },
            ["kickoff_time_input_arg", "'x'", "datetime"],
        ),
        (
            {
                "entityMetadata": {
                    "schedule": {"rate": {"value": 5}, "kickoffTimeInputArg": "nothing"}
                },
                "defaultInputs": parameters(x={"var": INTEGER, "default": SEVEN}),
                "fixedInputs": {
                    "literals": {
                        "when": {"scalar": {"primitive": {"datetime": "2026-01-01T00:00:00Z"}}}
                    }
                },
            },
            ["kickoff_time_input_arg", "'nothing'"],
        ),
        ({"labels": {"values": {"no key": "x"}}}, ["labels", "no key"]),
    ],
)
def test_what_does_not_fit_the_workflow_is_refused_by_its_name(
    server: Server, fields: dict[str, object], words: list[str]
) -> None:
    with refused(INVALID, *words):
        create(server, **fields)
    assert states(server) == {}


def test_a_schedule_needs_all_inputs_but_the_time_of_the_start(server: Server) -> None:
    plan = create(
        server,
        entityMetadata={
            "schedule": {"cronSchedule": {"schedule": "@hourly"}, "kickoffTimeInputArg": "when"}
        },
        fixedInputs={"literals": {"x": SEVEN}},
    )
    assert plan.spec is not None
    assert plan.spec.entity_metadata is not None
    assert plan.spec.entity_metadata.schedule is not None
    assert plan.spec.entity_metadata.schedule.kickoff_time_input_arg == "when"


def test_the_workflow_must_exist(server: Server) -> None:
    ghost = spec(workflowId=identifier(ResourceType.WORKFLOW, "ghost").to_dict())
    with refused(grpc.StatusCode.NOT_FOUND, "ghost"):
        server.client.create_launch_plan(launch_plan_request("plan", spec=ghost))
    with refused(INVALID, "missing id"):
        nothing = LaunchPlanSpec.from_dict({})
        server.client.create_launch_plan(launch_plan_request("plan", spec=nothing))
    task = spec(workflowId=identifier(ResourceType.TASK, "square").to_dict())
    with refused(INVALID, "resource_type", "workflow"):
        server.client.create_launch_plan(launch_plan_request("plan", spec=task))


def test_registering_again_tells_whether_it_is_the_same(server: Server) -> None:
    create(server)
    set_state(server, "v1", LaunchPlanState.ACTIVE)
    with refused(grpc.StatusCode.ALREADY_EXISTS, "plan"):
        create(server)
    with refused(INVALID, "different structure"):
        create(server, fixedInputs={"literals": {"x": SEVEN}})
    assert states(server) == {"v1": LaunchPlanState.ACTIVE}


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


def test_active_versions_are_listed_in_pages(server: Server) -> None:
    for name in ("a", "b", "c"):
        server.client.create_launch_plan(launch_plan_request(name))
        if name != "b":
            id = identifier(ResourceType.LAUNCH_PLAN, name)
            server.client.update_launch_plan(
                LaunchPlanUpdateRequest(id=id, state=LaunchPlanState.ACTIVE)
            )
    request = ActiveLaunchPlanListRequest(project=PROJECT, domain=DOMAIN, limit=1)
    first = server.client.list_active_launch_plans(request)
    second = server.client.list_active_launch_plans(request.replace(token=first.token))
    names = [plan.id.name for page in (first, second) for plan in page.launch_plans if plan.id]
    assert names == ["a", "c"]
    with refused(INVALID, "project"):
        server.client.list_active_launch_plans(request.replace(project=""))
    with refused(INVALID, "limit"):
        server.client.list_active_launch_plans(request.replace(limit=0))


def test_lists_can_ask_for_the_workflow_and_the_state(server: Server) -> None:
    create(server)
    here = NamedEntityIdentifier(PROJECT, DOMAIN)

    def count(filters: str) -> int:
        request = ResourceListRequest(id=here, limit=9, filters=filters)
        return len(server.client.list_launch_plans(request).launch_plans)

    assert count("eq(workflow.name,flow)+eq(state,0)") == 1
    assert count("eq(workflow.name,other)") == 0
    assert count("eq(schedule_type,CRON)") == 0
    ids = NamedEntityIdentifierListRequest(project=PROJECT, domain=DOMAIN, limit=9)
    assert server.client.list_launch_plan_ids(ids).entities == [NAME]


def test_an_update_refuses_what_it_does_not_know(server: Server) -> None:
    with refused(grpc.StatusCode.NOT_FOUND, "plan"):
        set_state(server, "v1", LaunchPlanState.ACTIVE)
    create(server)
    with refused(INVALID, "state"):
        set_state(server, "v1", LaunchPlanState(17))
    with refused(INVALID, "missing id"):
        server.client.update_launch_plan(LaunchPlanUpdateRequest())
    with refused(INVALID, "missing id"):
        server.client.get_active_launch_plan(ActiveLaunchPlanRequest())


def test_labels_are_kept(server: Server) -> None:
    plan = create(server, labels={"values": {"team": "ml"}})
    assert plan.spec is not None
    assert plan.spec.labels == Labels({"team": "ml"})
