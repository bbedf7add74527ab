"""Executions that are synced while they run say each time what they would say if they were new."""

from __future__ import annotations

from typing import Any

import pytest

from flytebind.remote import FlyteNotFoundError, FlyteRemote, FlyteWorkflowExecution
from flytebind.remote.looks.tree import Tree
from tests.real.differing import differences
from tests.real.recordings import TIMELINES
from tests.real.seeing import seen
from tests.real.server import RecordedServer


class Story:
    """A recorded execution that goes on as told."""

    def __init__(self, server: RecordedServer, remote: FlyteRemote, name: str) -> None:
        self._server = server
        self._remote = remote
        self._name = name
        self._fresh: dict[int, dict[str, Any]] = {}
        # Before the first answer about the execution there is none.
        self.moments = [at for at in server.moments_of(name) if self._has_begun(at)]

    def at(self, moment: int) -> None:
        """Go on to a moment, or back."""
        self._server.moments[self._name] = moment

    def fetch(self) -> FlyteWorkflowExecution:
        """The execution as it is now."""
        return self._remote.fetch_execution(self._name)

    def fresh(self, moment: int) -> dict[str, Any]:
        """What a new object says of a moment."""
        if moment not in self._fresh:
            self.at(moment)
            self._fresh[moment] = told(self.fetch().sync(sync_nodes=True))
        return self._fresh[moment]

    def _has_begun(self, moment: int) -> bool:
        self.at(moment)
        try:
            self.fetch()
        except FlyteNotFoundError:
            return False
        return True


def told(execution: FlyteWorkflowExecution) -> dict[str, Any]:
    """All that a synced execution says, but for times that go on."""
    return {"data": seen(execution), "tree": _told(execution.tree())}


def _told(tree: Tree) -> dict[str, Any]:
    shown = {"kind": tree.kind, "phase": tree.phase, "attempts": tree.attempts}
    words = {"error": tree.error, "problem": tree.problem}
    return {**shown, **words, "children": {child.name: _told(child) for child in tree.children}}


@pytest.fixture(params=TIMELINES)
def story(request: pytest.FixtureRequest, server: RecordedServer, remote: FlyteRemote) -> Story:
    return Story(server, remote, request.param)


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
