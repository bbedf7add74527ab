"""Executions that are synced while they run say each time what they would say if they were new."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flyteidl.admin.execution_pb2 import WorkflowExecutionGetRequest

from flytebind.looks._errors import in_brief
from flytebind.looks._rows import Row
from flytebind.remote import (
    FlyteNotFoundError,
    FlyteRemote,
    FlyteWorkflowExecution,
)
from tests.real import plain
from tests.real.differing import differences
from tests.real.recordings import TIMELINES, Question
from tests.real.seeing import seen
from tests.real.server import RecordedServer
from tests.remote.conftest import DOMAIN, PROJECT, Face

#: What new objects have said, by name, moment, and whether they were synced with data.
_fresh: dict[tuple[str, int, bool], dict[str, Any]] = {}


class Story:
    """A recorded execution that goes on as told."""

    def __init__(self, server: RecordedServer, name: str) -> None:
        self._server = server
        self.name = name
        self._remote = FlyteRemote(server.config, PROJECT, DOMAIN)
        # Before the first answer about the execution there is none.
        self.moments = [at for at in server.moments_of(name) if self._has_begun(at)]

    def at(self, moment: int) -> None:
        """Go on to a moment, or back."""
        self._server.moments[self.name] = moment

    def fetch(self) -> FlyteWorkflowExecution:
        """The execution as it is now."""
        return self._remote.fetch_execution(self.name)

    def fresh(self, moment: int, data: bool = True) -> dict[str, Any]:
        """What a new object says of a moment."""
        key = self.name, moment, data
        if key not in _fresh:
            self.at(moment)
            _fresh[key] = told(self.fetch().sync(sync_nodes=True, data=data), data)
        return _fresh[key]

    def close(self) -> None:
        """Tell no more."""
        self._remote.close()

    def _has_begun(self, moment: int) -> bool:
        self.at(moment)
        try:
            self.fetch()
        except FlyteNotFoundError:
            return False
        return True


def told(execution: FlyteWorkflowExecution, data: bool = True) -> dict[str, Any]:
    """All that a synced execution says, but for times that go on."""
    return {"data": seen(execution) if data else {}, "tree": _told(execution.tree().root)}


def _told(tree: Row) -> dict[str, Any]:
    assert tree.kind != "unknown", tree.name
    shown = {"kind": tree.kind, "phase": tree.phase, "attempts": tree.attempts}
    words = {"error": in_brief(tree.error), "problem": tree.problem}
    children = {child.id.removeprefix(f"{tree.id}/"): _told(child) for child in tree.children}
    return {**shown, **words, "children": children}


@pytest.fixture(params=TIMELINES)
def story(request: pytest.FixtureRequest, server: RecordedServer) -> Iterator[Story]:
    story = Story(server, request.param)
    yield story
    story.close()


@pytest.mark.parametrize("step", [1, 2, 5])
def test_an_object_that_is_synced_again_and_again_says_what_a_new_one_says(
    story: Story, step: int
) -> None:
    story.at(story.moments[0])
    execution = story.fetch()
    for moment in (*story.moments[::step], story.moments[-1]):
        right = story.fresh(moment)
        story.at(moment)
        assert differences(told(execution.sync(sync_nodes=True)), right) == [], moment


def test_an_object_that_is_synced_once_and_at_the_end_says_what_a_new_one_says(
    story: Story,
) -> None:
    end = story.moments[-1]
    right = story.fresh(end)
    for moment in story.moments:
        story.at(moment)
        execution = story.fetch().sync(sync_nodes=True)
        story.at(end)
        assert differences(told(execution.sync(sync_nodes=True)), right) == [], moment


def test_states_alone_are_those_of_a_new_object(story: Story) -> None:
    story.at(story.moments[0])
    execution = story.fetch()
    for moment in (*story.moments[::5], story.moments[-1]):
        right = story.fresh(moment, data=False)
        story.at(moment)
        execution.sync(sync_nodes=True, data=False)
        assert differences(told(execution, data=False), right) == [], moment


@pytest.mark.parametrize("face", ["async"], indirect=True)
def test_asyncio_says_what_a_new_object_says(story: Story, face: Face) -> None:
    story.at(story.moments[0])
    execution = face.fetch_execution(story.name)
    for moment in (*story.moments[::5], story.moments[-1]):
        right = story.fresh(moment)
        story.at(moment)
        face.sync(execution, sync_nodes=True)
        assert differences(told(execution), right) == [], moment


@pytest.mark.parametrize("name", TIMELINES)
def test_waiting_ends_with_all_that_was_recorded(
    server: RecordedServer, face: Face, name: str
) -> None:
    _go_on_with_each_poll(server, name)
    execution = face.fetch_execution(name)
    face.wait(execution, timeout=60, poll_interval=0.001)
    assert differences(seen(execution), plain.right(name)) == []


@pytest.mark.parametrize("name", TIMELINES)
def test_watching_ends_with_the_states_that_were_recorded(
    server: RecordedServer, face: Face, name: str
) -> None:
    _go_on_with_each_poll(server, name)
    execution = face.fetch_execution(name)
    last: dict[str, str] = {}
    for change in face.watch(execution, timeout=60, poll_interval=0.001):
        part = change.execution if change.node is None else change.node
        last[str(part.id)] = change.phase.name
    assert last[str(execution.id)] == plain.right(name)["phase"]
    phases = {node.id.node_id: last[str(node.id)] for node in execution.node_executions.values()}
    assert phases == {id: node["phase"] for id, node in plain.right(name)["nodes"].items()}


def _go_on_with_each_poll(server: RecordedServer, name: str) -> None:
    """The next moments come when somebody asks how the execution is."""
    moments = iter(server.moments_of(name)[::5])
    server.moments[name] = next(moments)
    while server.answer(_execution(name)).response == b"":
        server.moments[name] = next(moments)

    def go_on(question: Question, message: Any) -> None:
        if question == _execution(name):
            server.moments[name] = next(moments, 10**9)

    server.rewrite = go_on


def _execution(name: str) -> Question:
    request = WorkflowExecutionGetRequest()
    request.id.project, request.id.domain, request.id.name = PROJECT, DOMAIN, name
    return Question.of("/flyteidl.service.AdminService/GetExecution", request.SerializeToString())
