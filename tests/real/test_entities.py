"""What real registrations made is fetched with its inputs, its defaults and a card."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from flytebind.remote import FlyteLaunchPlan, FlyteTask, FlyteWorkflow
from tests.real import recordings
from tests.real.recordings import Question
from tests.real.server import RecordedServer
from tests.remote.conftest import DOMAIN, PROJECT, Face, face_of
from tests.support.markup import Page

Entity = FlyteTask | FlyteWorkflow | FlyteLaunchPlan

FETCH = {
    "GetTask": "fetch_task",
    "GetWorkflow": "fetch_workflow",
    "GetLaunchPlan": "fetch_launch_plan",
}


@pytest.fixture(scope="module")
def registered() -> Iterator[RecordedServer]:
    """A server with all that flytekit has registered."""
    server = RecordedServer()
    server.add(recordings.rows("registration", "flytekit"))
    with server:
        yield server


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest, registered: RecordedServer) -> Iterator[Face]:
    with face_of(request.param, registered.config) as face:
        yield face


def fetched(face: Face, question: Question) -> tuple[Entity, Any]:
    """What a question asks for, as the remote has it and as the server said it."""
    id = question.read().id
    fetch = getattr(face, FETCH[question.name])
    entity: Entity = fetch(id.name, id.version, project=id.project, domain=id.domain)
    return entity, id


def test_all_are_fetched_with_what_goes_in_and_out(face: Face, registered: RecordedServer) -> None:
    count = 0
    for name in FETCH:
        for question in registered.known(name):
            entity, id = fetched(face, question)
            answer = registered.answer(question).read(question.method)
            if name == "GetLaunchPlan":
                inputs = answer.closure.expected_inputs.parameters
                outputs = answer.closure.expected_outputs.variables
                required = {each for each in inputs if inputs[each].required}
            else:
                closure = answer.closure
                template = (
                    closure.compiled_task.template
                    if name == "GetTask"
                    else closure.compiled_workflow.primary.template
                )
                inputs = template.interface.inputs.variables
                outputs = template.interface.outputs.variables
                required = set(inputs)
            assert entity.id.to_pb() == id
            assert entity.name == id.name
            assert entity.created_at is not None
            assert list(entity.inputs) == sorted(inputs)
            assert {each for each, it in entity.inputs.items() if it.is_required} == required
            assert list(entity.outputs) == sorted(outputs)
            assert set(entity.interface.inputs if entity.interface else ()) == set(inputs)
            assert entity.console_url is not None
            assert entity.console_url.endswith(f"{id.name}/version/{id.version}")
            shown = str(entity.card())
            assert all(f"input {each} " in shown for each in inputs)
            assert entity.console_url in shown
            page = Page(entity._repr_html_())
            assert page.links == [entity.console_url]
            assert {*inputs, *outputs} <= {*page.text}
            count += 1
    assert count >= 128


def launch_plan(face: Face, registered: RecordedServer, name: str) -> FlyteLaunchPlan:
    (question,) = (
        question
        for question in registered.known("GetLaunchPlan")
        if question.read().id.name == name
    )
    entity, _ = fetched(face, question)
    assert isinstance(entity, FlyteLaunchPlan)
    return entity


def test_defaults_are_python_values(face: Face, registered: RecordedServer) -> None:
    inputs = launch_plan(face, registered, "prims.wf_rich").inputs
    assert {name: each.default for name, each in inputs.items()} == {
        "md": {},
        "lo": [1, None],
        "c": "green",
        "u": "text",
        "m": {"pi": 3.0},
        "ll": [["a"], []],
        "l": [1, 2],
        "n": None,
        "o": None,  # which has to be given
    }
    assert str(inputs["l"]) == "list[int] = [1, 2]"
    assert str(inputs["n"]) == "str | None = None"


def test_schedules_and_fixed_inputs_are_told(face: Face, registered: RecordedServer) -> None:
    cron, rate, fixed = (
        launch_plan(face, registered, name) for name in ("lp_cron", "lp_rate", "lp_fixed")
    )
    assert cron.schedule is not None
    assert cron.schedule.cron_schedule is not None
    assert "schedule      cron */1 * * * *\n" in str(cron.card())
    assert "schedule      every minute\n" in str(rate.card())
    assert fixed.schedule is None
    assert "fixed a       " in str(fixed.card())
    assert "a" not in fixed.inputs


def test_lists_of_a_real_server_are_read(face: Face, registered: RecordedServer) -> None:
    for rpc, verb, rows in (
        ("ListTasks", "list_tasks", "tasks"),
        ("ListWorkflows", "list_workflows", "workflows"),
        ("ListLaunchPlans", "list_launch_plans", "launch_plans"),
    ):
        row = next(
            row
            for row in recordings.rows("calls/more", "list")
            if row.question.name == rpc and f"_{rows}" in row.label and _is_whole(row, rows)
        )
        registered.add([row])
        answer = row.answer.read(row.question.method)
        found: list[Entity] = getattr(face, verb)()
        assert [each.id.to_pb() for each in found] == [each.id for each in getattr(answer, rows)]
        for each in found:
            assert (each.id.project, each.id.domain) == (PROJECT, DOMAIN)
            assert each.created_at is not None
            assert str(each.card())


def _is_whole(row: recordings.Row, rows: str) -> bool:
    answer = row.answer.read(row.question.method)
    return len(getattr(answer, rows)) > 3 and not answer.token
