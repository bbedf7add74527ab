"""What can be run: its lists, what it says of itself, and which launch plan is active."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from flytebind.behaviour.filters import Equal
from flytebind.models.admin.launch_plan import (
    LaunchPlanCreateRequest,
    LaunchPlanMetadata,
    LaunchPlanSpec,
)
from flytebind.models.admin.schedule import FixedRate, FixedRateUnit, Schedule
from flytebind.models.admin.task import TaskCreateRequest, TaskSpec
from flytebind.models.admin.workflow import WorkflowCreateRequest, WorkflowSpec
from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.models.core.interface import (
    Parameter,
    ParameterMap,
    TypedInterface,
    Variable,
)
from flytebind.models.core.literals import Literal, LiteralMap, Primitive, Scalar
from flytebind.models.core.tasks import TaskTemplate
from flytebind.models.core.types import LiteralType, SimpleType
from flytebind.models.core.workflow import WorkflowTemplate
from flytebind.remote import (
    FlyteAssertion,
    FlyteInvalidInputError,
    FlyteLaunchPlan,
    FlyteNotFoundError,
    FlyteRemote,
    FlyteTask,
    FlyteValueError,
    FlyteWorkflow,
)
from flytebind.sandbox import Sandbox
from flytebind.services.admin import AdminServiceClient
from tests.remote.conftest import DOMAIN, PROJECT, Face, open_face

INTEGER = LiteralType(simple=SimpleType.INTEGER)
TEXT = LiteralType(simple=SimpleType.STRING)
INTERFACE = TypedInterface(
    {"rows": Variable(INTEGER, "how many rows"), "title": Variable(TEXT, "")},
    {"o0": Variable(INTEGER, "")},
)
KINDS = ["task", "workflow", "launch_plan"]


def text(value: str) -> Literal:
    return Literal(scalar=Scalar(primitive=Primitive(string_value=value)))


class Registrar:
    """Registers, a second apart."""

    def __init__(self, sandbox: Sandbox, client: AdminServiceClient) -> None:
        self.sandbox = sandbox
        self.client = client

    def task(self, name: str, version: str) -> None:
        id = self._id(ResourceType.TASK, name, version)
        template = TaskTemplate.from_dict(
            {
                "type": "python-task",
                "metadata": {"runtime": {"type": "FLYTE_SDK", "version": "1"}},
                "container": {"image": "image", "args": ["run"]},
            }
        ).replace(id=id, interface=INTERFACE)
        self.client.create_task(TaskCreateRequest(id=id, spec=TaskSpec(template=template)))

    def workflow(self, name: str, version: str) -> None:
        id = self._id(ResourceType.WORKFLOW, name, version)
        template = WorkflowTemplate.from_dict(
            {
                "nodes": [{"id": "n0", "taskNode": {"referenceId": self._any_task()}}],
                "outputs": [{"var": "o0", "binding": {"promise": {"nodeId": "n0", "var": "o0"}}}],
            }
        ).replace(id=id, interface=INTERFACE)
        pb = template.to_pb()
        for variable in ("rows", "title"):
            binding = pb.nodes[0].inputs.add(var=variable)
            binding.binding.promise.var = variable
        template = WorkflowTemplate.from_pb(pb)
        spec = WorkflowSpec(template, [])
        self.client.create_workflow(WorkflowCreateRequest(id=id, spec=spec))

    def launch_plan(self, name: str, version: str, schedule: Schedule | None = None) -> None:
        workflow = Identifier(ResourceType.WORKFLOW, PROJECT, DOMAIN, "wf", "v1")
        id = self._id(ResourceType.LAUNCH_PLAN, name, version)
        variable = Variable(INTEGER, "how many rows")
        three = Literal(scalar=Scalar(primitive=Primitive(integer=3)))
        rows = Parameter(variable, required=True)
        if schedule is not None:
            rows = Parameter(variable, default=three)
        spec = LaunchPlanSpec.from_dict({}).replace(
            workflow_id=workflow,
            entity_metadata=LaunchPlanMetadata(schedule or Schedule(""), []),
            default_inputs=ParameterMap({"rows": rows}),
            fixed_inputs=LiteralMap({"title": text("all of it")}),
        )
        self.client.create_launch_plan(LaunchPlanCreateRequest(id=id, spec=spec))

    def _id(self, kind: ResourceType, name: str, version: str) -> Identifier:
        self.sandbox.clock.advance(timedelta(seconds=1))
        return Identifier(kind, PROJECT, DOMAIN, name, version)

    def _any_task(self) -> dict[str, str]:
        place = {"project": PROJECT, "domain": DOMAIN}
        return {"resourceType": "TASK", **place, "name": "a", "version": "v1"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Tasks a and b, workflows wf and other, launch plans plan and nightly; two versions each."""
    with Sandbox() as sandbox, sandbox.channel() as channel:
        registrar = Registrar(sandbox, AdminServiceClient(channel))
        for version in ("v1", "v2"):
            for name in ("a", "b"):
                registrar.task(name, version)
            for name in ("wf", "other"):
                registrar.workflow(name, version)
            registrar.launch_plan("plan", version)
            rate = FixedRate(3, FixedRateUnit.HOUR)
            registrar.launch_plan("nightly", version, Schedule("", rate=rate))
        yield sandbox


def versions(found: list[FlyteTask | FlyteWorkflow | FlyteLaunchPlan]) -> list[str]:
    return [f"{each.name} {each.id.version}" for each in found]


NAMES = {"task": ["a", "b"], "workflow": ["other", "wf"], "launch_plan": ["nightly", "plan"]}


@pytest.mark.parametrize("kind", KINDS)
def test_versions_come_newest_first_and_names_in_order(face: Face, kind: str) -> None:
    later, sooner = {"task": "ba", "workflow": ("other", "wf"), "launch_plan": ("nightly", "plan")}[
        kind
    ]
    found = getattr(face, f"list_{kind}s")()
    assert versions(found) == [f"{n} {v}" for v in ("v2", "v1") for n in (later, sooner)]
    times = [each.created_at for each in found]
    assert times == sorted(times, reverse=True)
    assert versions(getattr(face, f"list_{kind}s")(sooner)) == [f"{sooner} v2", f"{sooner} v1"]
    assert getattr(face, f"list_{kind}s")("nobody") == []
    assert getattr(face, f"list_{kind}_names")() == NAMES[kind]
    assert getattr(face, f"list_{kind}_names")(limit=1) == NAMES[kind][:1]


def test_filters_columns_and_limits_choose(face: Face) -> None:
    assert versions(face.list_tasks(filters=Equal("version", "v1"))) == ["b v1", "a v1"]
    assert versions(face.list_workflows(filters="contains(name,the)")) == ["other v2", "other v1"]
    by_name = face.list_launch_plans(sort_by="name", limit=2)
    assert [each.name for each in by_name] == ["nightly", "nightly"]
    assert face.list_tasks(limit=0) == []
    with pytest.raises(FlyteInvalidInputError, match="ListTasks"):
        face.list_tasks(filters="eq(colour,blue)")
    with pytest.raises(FlyteValueError, match="limit"):
        face.list_tasks(limit=-1)
    with pytest.raises(FlyteValueError, match="name of list_workflows cannot be ' '"):
        face.list_workflows(" ")


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_long_lists_come_page_by_page_whatever_is_registered_meanwhile(kind: str) -> None:
    with Sandbox() as sandbox, sandbox.channel() as channel, open_face(kind, sandbox) as face:
        registrar = Registrar(sandbox, AdminServiceClient(channel))
        for number in range(205):
            registrar.task(f"t{number:03}", "v1")
        assert len(face.list_tasks(limit=150)) == 150
        assert sandbox.calls["ListTasks"] == 2
        if not face.is_async:
            assert isinstance(face.remote, FlyteRemote)
            found = []
            for task in face.remote.list_tasks():
                found.append(task.name)
                if len(found) == 50:
                    registrar.task("new", "v1")
            assert found == [f"t{number:03}" for number in range(205)][::-1]
        assert face.list_task_names()[-1] >= "t204"


def test_a_listed_workflow_knows_its_interface_and_says_that_it_has_no_nodes(face: Face) -> None:
    listed = face.list_workflows("wf", limit=1)[0]
    fetched = face.fetch_workflow("wf")
    assert listed.id == fetched.id
    assert listed.interface == fetched.interface
    assert listed.inputs == fetched.inputs
    with pytest.raises(FlyteAssertion, match=r"fetch it: fetch_workflow\('wf', 'v2'\)$"):
        assert listed.template
    with pytest.raises(FlyteAssertion, match="does not say what workflow"):
        listed.node("n0")
    assert fetched.node("n0") is not None


CARD = """\
launch plan   flytesnacks/development/nightly/v2
workflow      flytesnacks/development/wf/v1
state         inactive
schedule      every 3 hours
fixed title   'all of it'
registered    {at}
console       http://{endpoint}/console/projects/flytesnacks/domains/development/launch_plan/nightly/version/v2
input rows    int = 3
output o0     int"""


def test_a_card_has_all_that_matters(sandbox: Sandbox, face: Face) -> None:
    plan = face.fetch_launch_plan("nightly")
    at = f"{plan.created_at:%Y-%m-%d %H:%M:%S}Z"
    console = plan.console_url.partition("/console/")[0].removeprefix("http://")
    assert str(plan.card()) == CARD.format(at=at, endpoint=console)
    assert "input title   str" in str(face.fetch_task("a").card())
    assert "type          python-task" in str(face.fetch_task("a").card())


def test_inputs_tell_types_and_defaults(face: Face) -> None:
    plan = face.fetch_launch_plan("nightly")
    rows = plan.inputs["rows"]
    assert (rows.name, rows.type, rows.is_required) == ("rows", INTEGER, False)
    assert (rows.description, rows.type_name, rows.default) == ("how many rows", "int", 3)
    asked = face.fetch_launch_plan("plan").inputs["rows"]
    assert (asked.is_required, asked.default, str(asked)) == (True, None, "int")
    assert list(plan.interface.inputs) == ["rows"]
    assert list(plan.interface.outputs) == list(plan.outputs) == ["o0"]


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
@pytest.mark.parametrize("kind", KINDS)
def test_copies_and_pickles_know_as_much(
    face: Face, kind: str, again: Callable[[FlyteTask], FlyteTask]
) -> None:
    (entity,) = getattr(face, f"list_{kind}s")(limit=1)
    twin = again(entity)
    assert twin == entity
    assert str(twin.card()) == str(entity.card())
    assert twin.console_url is not None


def test_one_version_is_active_at_a_time(face: Face) -> None:
    first = face.activate_launch_plan("nightly", "v1")
    assert (first.id.version, first.is_active) == ("v1", True)
    second = face.activate_launch_plan(face.fetch_launch_plan("nightly"))
    assert (second.id.version, second.is_active) == ("v2", True)
    assert not face.fetch_launch_plan("nightly", "v1").is_active
    assert versions(face.list_launch_plans(active=True)) == ["nightly v2"]
    assert versions(face.list_launch_plans("plan", active=True)) == []
    ended = face.deactivate_launch_plan("nightly")
    assert (ended.id.version, ended.is_active) == ("v2", False)
    assert face.list_launch_plans(active=True) == []
    with pytest.raises(FlyteNotFoundError, match="active"):
        face.deactivate_launch_plan("nightly")
    assert not face.deactivate_launch_plan(second.id).is_active
    assert face.activate_launch_plan("nightly").id.version == "v2"
    face.deactivate_launch_plan("nightly", "v2")


def test_what_is_activated_must_be_one_version_of_a_launch_plan(face: Face) -> None:
    plan = face.fetch_launch_plan("plan")
    with pytest.raises(FlyteValueError, match="version 'v1', or 'v2' as it has"):
        face.activate_launch_plan(plan, "v1")
    with pytest.raises(TypeError, match="launch_plan of activate_launch_plan takes FlyteLaunchPl"):
        face.activate_launch_plan(face.fetch_task("a"))
    with pytest.raises(FlyteNotFoundError):
        face.activate_launch_plan("nobody")
    with pytest.raises(FlyteValueError, match="launch_plan of deactivate_launch_plan cannot be"):
        face.deactivate_launch_plan("")
