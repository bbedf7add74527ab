"""Lists of executions, page by page, and getting what is registered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeAlias

import grpc
import pytest

from flytebind.behaviour.filters import Equal, FilterList, GreaterThan, NotEqual, ValueIn
from flytebind.models.admin.common import ObjectGetRequest, Sort
from flytebind.models.admin.execution import ExecutionState, ExecutionUpdateRequest
from flytebind.models.admin.launch_plan import (
    LaunchPlanCreateRequest,
    LaunchPlanState,
    LaunchPlanUpdateRequest,
)
from flytebind.models.admin.project import Project, ProjectRegisterRequest
from flytebind.models.admin.task import Task, TaskCreateRequest, TaskSpec
from flytebind.models.admin.workflow import (
    Workflow as WorkflowModel,
    WorkflowCreateRequest,
    WorkflowSpec,
)
from flytebind.models.core.execution import WorkflowExecutionPhase
from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.models.core.tasks import TaskTemplate
from flytebind.models.core.workflow import WorkflowTemplate
from flytebind.remote import (
    Config,
    FlyteDataError,
    FlyteInvalidInputError,
    FlyteLaunchPlan,
    FlyteNotFoundError,
    FlyteRemote,
    FlyteTask,
    FlyteValueError,
    FlyteWorkflow,
    FlyteWorkflowExecution,
)
from flytebind.remote._operations import fetch as operation
from flytebind.sandbox import Sandbox
from flytebind.sandbox.play._workflow import Script, Workflow
from flytebind.services.admin import AdminServiceClient, AdminServiceServicer
from tests.remote.conftest import DOMAIN, PROJECT, Face, config, open_face
from tests.remote.scenes.cluster import Cluster
from tests.remote.scenes.entities import step, steps


def launch(sandbox: Sandbox, count: int) -> list[str]:
    """Make executions, and give their names, the newest first."""
    with Cluster(sandbox) as cluster:
        names = []
        for x in range(count):
            sandbox.clock.advance(timedelta(seconds=1))
            names.append(cluster.launch(steps, x=x).id.name)
    return names[::-1]


@pytest.fixture
def made() -> Iterator[tuple[Sandbox, list[str]]]:
    """Twelve executions, and none besides."""
    with Sandbox() as sandbox:
        yield sandbox, launch(sandbox, 12)


@pytest.fixture(params=["sync", "async"])
def lister(request: pytest.FixtureRequest, made: tuple[Sandbox, list[str]]) -> Iterator[Face]:
    with open_face(request.param, made[0]) as face:
        yield face


def names(found: list[FlyteWorkflowExecution]) -> list[str]:
    return [execution.id.name for execution in found]


def test_lists_give_the_newest_first_and_recent_ones_a_few(
    made: tuple[Sandbox, list[str]], lister: Face
) -> None:
    _, expected = made
    assert names(lister.list_executions()) == expected
    assert names(lister.recent_executions()) == expected
    recent = lister.recent_executions(limit=3)
    assert names(recent) == [row["name"] for row in recent.to_dicts()] == expected[:3]
    assert lister.list_executions(domain="staging") == []
    assert lister.recent_executions(PROJECT, "staging") == []


@pytest.mark.parametrize("limit", [0, 1, 5, 6, 12, 99])
def test_a_limit_is_kept_over_pages(
    made: tuple[Sandbox, list[str]], lister: Face, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(operation, "_PAGE", 5)
    sandbox, expected = made
    sandbox.calls.clear()
    assert names(lister.list_executions(limit=limit)) == expected[:limit]
    assert sandbox.calls["ListExecutions"] == min(-(-limit // 5), 3)


def test_pages_are_fetched_as_one_goes_on(
    made: tuple[Sandbox, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operation, "_PAGE", 5)
    sandbox, expected = made
    with FlyteRemote(config(sandbox), PROJECT, DOMAIN) as remote:
        found = remote.list_executions()
        assert sandbox.calls.total() == 0
        assert [next(found).id.name for _ in range(5)] == expected[:5]
        assert sandbox.calls.counts() == {"ListExecutions": 1}
        assert next(found).id.name == expected[5]
        assert sandbox.calls.counts() == {"ListExecutions": 2}


def test_a_list_that_grows_between_pages_gives_everything_once(
    made: tuple[Sandbox, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operation, "_PAGE", 5)
    sandbox, expected = made
    with FlyteRemote(config(sandbox), PROJECT, DOMAIN) as remote:
        found = remote.list_executions(limit=11)
        seen = [next(found).id.name for _ in range(5)]
        launch(sandbox, 3)
        seen += names(list(found))
    assert seen == expected[:11]


def test_filters_are_all_kept_and_sorting_goes_both_ways(
    made: tuple[Sandbox, list[str]], lister: Face
) -> None:
    sandbox, expected = made
    with Cluster(sandbox) as cluster:
        running = cluster.launch(steps, x=1).begin().id.name
    only = lister.list_executions(filters="value_in(phase,RUNNING;QUEUED)")
    assert names(only) == [running]
    both = ["eq(phase,RUNNING)", f"ne(execution_name,{running})"]
    assert lister.list_executions(filters=both) == []
    undefined = "eq(phase,UNDEFINED)"
    assert names(lister.list_executions(filters=[undefined], sort_by="created_at")) == (
        expected[::-1]
    )
    assert names(lister.list_executions(filters=undefined, sort_by="-created_at")) == expected
    by_name = Sort(key="execution_name", direction=Sort.Direction.ASCENDING)
    assert names(lister.list_executions(filters=undefined, sort_by=by_name)) == sorted(expected)


def test_filters_can_be_objects_alone_in_lists_and_beside_text(
    made: tuple[Sandbox, list[str]], lister: Face
) -> None:
    _, expected = made
    undefined, other = Equal("phase", WorkflowExecutionPhase.UNDEFINED), NotEqual(
        "execution_name", "x"
    )
    newest = ValueIn("execution_name", expected[:2])
    assert names(lister.list_executions(filters=newest)) == expected[:2]
    both = FilterList([undefined, newest])
    assert names(lister.list_executions(filters=both)) == expected[:2]
    mixed = [other, f"eq(execution_name,{expected[0]})"]
    assert names(lister.list_executions(filters=mixed)) == expected[:1]
    at = lister.fetch_execution(expected[1]).closure.created_at
    later = GreaterThan("execution_created_at", at)
    assert names(lister.list_executions(filters=later)) == expected[:1]
    assert names(lister.list_executions(filters=FilterList([]))) == expected


@pytest.mark.parametrize("wrong", [{"filters": "nonsense"}, {"sort_by": "shoe_size"}])
def test_what_the_server_does_not_understand_is_an_error(
    lister: Face, wrong: dict[str, str]
) -> None:
    with pytest.raises(FlyteInvalidInputError, match=f"ListExecutions of {PROJECT}/{DOMAIN}: "):
        lister.list_executions(**wrong)


def test_archived_executions_are_left_out_unless_asked_for(
    made: tuple[Sandbox, list[str]], lister: Face
) -> None:
    sandbox, expected = made
    first = lister.fetch_execution(expected[0])
    with sandbox.channel() as channel:
        archive = ExecutionUpdateRequest(id=first.id, state=ExecutionState.EXECUTION_ARCHIVED)
        AdminServiceClient(channel).update_execution(archive)
    assert names(lister.list_executions()) == expected[1:]
    assert names(lister.list_executions(filters="value_in(state,0;1)")) == expected


def test_what_lists_and_fetches_give_can_sync_by_itself(
    made: tuple[Sandbox, list[str]],
) -> None:
    sandbox, expected = made
    with FlyteRemote(config(sandbox), PROJECT, DOMAIN) as remote:
        for execution in (
            next(remote.list_executions()),
            remote.recent_executions(limit=1)[0],
            remote.fetch_execution(expected[0]),
        ):
            assert execution.sync(sync_nodes=True) is execution
            assert execution.execution_url == remote.generate_console_url(execution)
            assert dict(execution.inputs) == {"x": 11}


def test_iterators_of_both_faces_are_what_they_say(made: tuple[Sandbox, list[str]]) -> None:
    sandbox, _ = made
    for kind, expected in (("sync", Iterator), ("async", AsyncIterator)):
        with open_face(kind, sandbox) as face:
            assert isinstance(face.remote.list_executions(), expected)


# What is registered.


def register(sandbox: Sandbox, version: str) -> None:
    """A version of a task, a workflow and a launch plan that are all called the same."""

    def write(w: Workflow) -> None:
        w.output("o0", w.task(step, x=w.input("x", 1)))

    script = Script("versioned", False, write)
    with Cluster(sandbox) as cluster:
        cluster.register(script)
        client = cluster.client
        ids = {
            kind: Identifier(kind, PROJECT, DOMAIN, script.name, version)
            for kind in (ResourceType.TASK, ResourceType.WORKFLOW, ResourceType.LAUNCH_PLAN)
        }
        template = TaskTemplate.from_pb(step.template()).replace(id=ids[ResourceType.TASK])
        task = TaskCreateRequest(id=template.id, spec=TaskSpec(template=template))
        client.create_task(task)
        first = Identifier.from_pb(script.workflow.template.id)
        if version == first.version:
            return
        plan = client.get_launch_plan(ObjectGetRequest(id=Identifier.from_pb(script.id)))
        assert plan.spec is not None
        id = ids[ResourceType.WORKFLOW]
        spec = WorkflowSpec(WorkflowTemplate.from_pb(script.workflow.template), [])
        client.create_workflow(WorkflowCreateRequest(id=id, spec=spec))
        spec_of_plan = plan.spec.replace(workflow_id=id)
        id = ids[ResourceType.LAUNCH_PLAN]
        client.create_launch_plan(LaunchPlanCreateRequest(id=id, spec=spec_of_plan))


@pytest.fixture(scope="module")
def versions(sandbox: Sandbox) -> Sandbox:
    """Three versions, the last of which does not sort last."""
    for version in ("v1", "v3", "v2"):
        sandbox.clock.advance(timedelta(seconds=1))
        register(sandbox, version)
    return sandbox


Kind: TypeAlias = type[FlyteTask] | type[FlyteWorkflow] | type[FlyteLaunchPlan]
FETCHES: list[tuple[str, Kind]] = [
    ("fetch_task", FlyteTask),
    ("fetch_workflow", FlyteWorkflow),
    ("fetch_launch_plan", FlyteLaunchPlan),
]


@pytest.mark.parametrize(("verb", "kind"), FETCHES)
def test_a_fetch_without_a_version_gets_what_was_registered_last(
    versions: Sandbox, face: Face, verb: str, kind: Kind
) -> None:
    fetch = getattr(face, verb)
    newest, named = fetch("versioned"), fetch("versioned", "v3")
    assert isinstance(newest, kind)
    assert isinstance(named, kind)
    assert newest.id is not None
    assert named.id is not None
    assert (newest.id.version, named.id.version) == ("v2", "v3")
    assert newest.name == "versioned"
    assert fetch("versioned", "v1", project=PROJECT, domain=DOMAIN).id.version == "v1"


@pytest.mark.parametrize("verb", ["fetch_task", "fetch_workflow"])
def test_a_version_is_fetched_once(versions: Sandbox, face: Face, verb: str) -> None:
    fetch = getattr(face, verb)
    fetch("versioned", "v1")
    versions.calls.clear()
    fetch("versioned", "v1")
    assert versions.calls.counts() == {}


def set_state(sandbox: Sandbox, version: str, state: LaunchPlanState) -> None:
    id = Identifier(ResourceType.LAUNCH_PLAN, PROJECT, DOMAIN, "versioned", version)
    with sandbox.channel() as channel:
        AdminServiceClient(channel).update_launch_plan(LaunchPlanUpdateRequest(id=id, state=state))


def test_a_launch_plan_is_fetched_in_its_present_state(versions: Sandbox, face: Face) -> None:
    for state in (LaunchPlanState.ACTIVE, LaunchPlanState.INACTIVE):
        set_state(versions, "v3", state)
        assert face.fetch_launch_plan("versioned", "v3").closure.state is state


def test_the_active_launch_plan_can_be_fetched(versions: Sandbox, face: Face) -> None:
    for version in ("v1", "v3"):
        set_state(versions, version, LaunchPlanState.ACTIVE)
        active = face.fetch_launch_plan("versioned", active=True)
        assert isinstance(active, FlyteLaunchPlan)
        assert active.id.version == version
        assert active.closure.state is LaunchPlanState.ACTIVE
    set_state(versions, "v3", LaunchPlanState.INACTIVE)
    for name in ("versioned", "nothing"):
        expected = rf"^GetActiveLaunchPlan of {PROJECT}/{DOMAIN}/{name}: NOT_FOUND: .*active"
        with pytest.raises(FlyteNotFoundError, match=expected):
            face.fetch_launch_plan(name, active=True)
    with pytest.raises(FlyteValueError, match="version 'v1' or the active one"):
        face.fetch_launch_plan("versioned", "v1", active=True)


def test_what_never_changes_of_a_launch_plan_is_asked_for_once(
    versions: Sandbox, face: Face
) -> None:
    plan = face.fetch_launch_plan("versioned", "v3")
    versions.calls.clear()
    for _ in range(2):
        face.execute(plan, {"x": 1})
    assert versions.calls["GetLaunchPlan"] == 0


@pytest.mark.parametrize(("verb", "kind"), FETCHES)
def test_what_is_not_registered_is_not_found(face: Face, verb: str, kind: type) -> None:
    fetch = getattr(face, verb)
    with pytest.raises(FlyteNotFoundError, match=f"{PROJECT}/{DOMAIN}/nothing"):
        fetch("nothing")
    with pytest.raises(FlyteNotFoundError, match=f"Get.* of {PROJECT}/{DOMAIN}/nothing/v9: NOT"):
        fetch("nothing", "v9")
    with pytest.raises(FlyteNotFoundError, match=r"GetExecution of .*/nothing: NOT_FOUND"):
        face.fetch_execution("nothing")


def test_projects_come_from_all_pages_and_have_domains(
    face: Face, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operation, "_PAGE", 2)
    wanted = {PROJECT, *(f"project-{number}" for number in range(4))}
    with sandbox.channel() as channel:
        client = AdminServiceClient(channel)
        for id in wanted - {project.id for project in face.list_projects()}:
            client.register_project(ProjectRegisterRequest(project=Project(id, id, "")))
    assert sorted(project.id for project in face.list_projects()) == sorted(wanted)
    assert {domain.id for domain in face.list_domains()} == {
        "development",
        "staging",
        "production",
    }


class Forgetful(AdminServiceServicer):
    """Knows that things are registered, and nothing more."""

    def get_task(self, request: ObjectGetRequest, context: grpc.ServicerContext) -> Task:
        return Task.from_dict({"id": {"name": "step"}})

    def get_workflow(
        self, request: ObjectGetRequest, context: grpc.ServicerContext
    ) -> WorkflowModel:
        return WorkflowModel.from_dict({"id": {"name": "steps"}})


def test_what_the_server_has_forgotten_is_said_and_not_made_up() -> None:
    server = grpc.server(ThreadPoolExecutor(1))
    Forgetful().add_to_server(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    config = Config.for_endpoint(f"127.0.0.1:{port}", insecure=True)
    with FlyteRemote(config, PROJECT, DOMAIN) as remote:
        for fetch in (remote.fetch_task, remote.fetch_workflow):
            with pytest.raises(FlyteDataError, match="but not what it is made of"):
                fetch("step", "v1")
    server.stop(None).wait()
