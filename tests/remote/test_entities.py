"""What can be run: its lists, what it says of itself, and which launch plan is active."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator

import pytest

from flytebind.behaviour.filters import Equal
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
from tests.remote.conftest import Face, open_face
from tests.remote.registering import INTEGER, Registrar, register_two_versions

KINDS = ["task", "workflow", "launch_plan"]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        register_two_versions(sandbox)
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


def test_the_latest_version_of_each_is_listed_by_name(sandbox: Sandbox, face: Face) -> None:
    assert versions(face.list_tasks(latest=True)) == ["a v2", "b v2"]
    assert versions(face.list_tasks("a", latest=True)) == ["a v2"]
    older = face.list_launch_plans(latest=True, filters=Equal("version", "v1"))
    assert versions(older) == ["nightly v1", "plan v1"]
    sandbox.calls.clear()
    assert versions(face.list_workflows(latest=True, limit=1)) == ["other v2"]
    assert sandbox.calls["ListWorkflows"] == 1
    assert face.list_tasks("nobody", latest=True) == []
    with pytest.raises(FlyteValueError, match="no sort_by"):
        face.list_tasks(latest=True, sort_by="name")


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_what_a_server_makes_to_run_a_task_is_no_name_of_anybodys(kind: str) -> None:
    with Sandbox() as sandbox, open_face(kind, sandbox) as face:
        register_two_versions(sandbox)
        face.execute(face.fetch_task("a"), {"rows": 1, "title": "x"})
        assert ".flytegen.a" in [each.name for each in face.list_workflows()]
        assert face.list_workflow_names() == ["other", "wf"]
        assert face.list_launch_plan_names(limit=1) == ["nightly"]
        assert versions(face.list_workflows(latest=True)) == ["other v2", "wf v2"]


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
